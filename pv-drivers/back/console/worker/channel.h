/* SPDX-License-Identifier: MIT */
/*
 * A channel: the bytes of a console page, to and from a descriptor that does not block.
 *
 * Bytes of the guest's are taken off the ring only once the descriptor has them, so a worker that
 * dies loses none (the last few may come twice); where nobody reads, the guest waits. Bytes for the
 * guest are read only as far as its ring has room.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <xen/io/console.h>

#include "pv_stream.h"

struct channel {
	struct xencons_interface *page;
	struct pv_stream out, in;
	uint32_t cons, published; /* of out: copied, shown to the guest */
	uint8_t pending[sizeof(((struct xencons_interface *)0)->out)];
	uint32_t nr_pending;	       /* copied, not yet written */
	uint64_t to_guest, from_guest; /* bytes */
};

/* What to do after channel_run(). Bits. */
enum { CHANNEL_NOTIFY = 1, CHANNEL_HUNG_UP = 2, CHANNEL_WANTS_WRITE = 4, CHANNEL_WANTS_READ = 8 };

/* -EIO: the shared indexes make no sense. */
int channel_init(struct channel *c, struct xencons_interface *page);

/*
 * Moves what can be moved; fd -1: there is no peer.
 * Bits as above, or -EIO: the guest's indexes are impossible.
 */
int channel_run(struct channel *c, int fd);

#endif
