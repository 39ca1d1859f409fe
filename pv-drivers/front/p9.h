/* SPDX-License-Identifier: MIT */
/*
 * A shared folder (public/io/9pfs.h): 9P2000.L over two byte streams, one call at a time.
 *
 * Files are known by path. If the backend goes away, an open file is opened again at the next one,
 * and the read or write that was under way is done again: each says where, so twice is as good as
 * once. What creates or empties a file is not repeated by that.
 *
 * Replies are checked: length, number, type; one that is wrong is a fault of the backend's. One
 * that is late belongs to nobody.
 */
#ifndef FRONT_P9_H
#define FRONT_P9_H

#include <xen/io/9pfs.h>

#include "device.h"
#include "pv_stream.h"

#define P9_ORDER    1 /* of the ring's pages: 4 KiB each way */
#define P9_MESSAGE  4096u
#define P9_FILES    8
#define P9_PATH_MAX 256

enum p9_mode { P9_READ, P9_WRITE, P9_CREATE /* or empty it, and write */ };

struct p9_file {
	bool open;
	enum p9_mode mode;
	uint32_t session; /* in which its fid is known to the backend */
	char path[P9_PATH_MAX];
};

struct p9_front {
	struct front_device device; /* first */
	bool running;
	struct xen_9pfs_data_intf *page;
	grant_ref_t page_ref;
	uint8_t *data; /* the ring's pages in a row */
	grant_ref_t data_refs[1 << P9_ORDER];
	unsigned int nr_granted;
	uint32_t order;
	evtchn_port_t port; /* 0: none */
	struct pv_stream out, in;
	struct wait_queue events, turn;
	bool busy;
	uint16_t tag;
	uint32_t session;  /* counts connections */
	uint32_t attached; /* the one whose root we have */
	uint32_t calling;  /* the one the call under way began with */
	uint32_t message_max;
	struct p9_file files[P9_FILES];
	uint8_t request[P9_MESSAGE], reply[P9_MESSAGE];
	uint32_t request_len, reply_len;
};

/* id: as in device/9pfs/ID. The caller steps p9->device. */
int p9_init(struct p9_front *p9, uint32_t id);

/*
 * All of these wait, until deadline at most: -XEN_ETIMEDOUT, -XEN_ENODEV (the device is dead), or
 * the error the backend gives.
 */

/*
 * path is relative to the share's root, names with slashes between. -XEN_EMFILE: P9_FILES are open.
 */
int p9_open(struct p9_front *p9, const char *path, enum p9_mode mode, struct p9_file **file,
	    uint64_t deadline);
/* Bytes moved: maybe fewer than len; 0 at the end of the file. */
int p9_read(struct p9_front *p9, struct p9_file *file, uint64_t offset, void *bytes, uint32_t len,
	    uint64_t deadline);
int p9_write(struct p9_front *p9, struct p9_file *file, uint64_t offset, const void *bytes,
	     uint32_t len, uint64_t deadline);
void p9_close(struct p9_front *p9, struct p9_file *file, uint64_t deadline);

/*
 * For p9.c and p9_client.c: sends request, waits for the reply of type + 1. -XEN_EAGAIN: the
 * backend went.
 */
void p9_begin(struct p9_front *p9, uint8_t type);
void p9_put(struct p9_front *p9, uint64_t value, unsigned int bytes);
void p9_put_bytes(struct p9_front *p9, const void *bytes, uint32_t len);
int p9_exchange(struct p9_front *p9, uint64_t deadline);
/* A little-endian number in the reply's body; 0 past its end. */
uint64_t p9_get(const struct p9_front *p9, uint32_t at, unsigned int bytes);

#endif
