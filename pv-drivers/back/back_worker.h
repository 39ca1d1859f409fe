/* SPDX-License-Identifier: MIT */
/*
 * What a class is to the worker, and what the worker offers it.
 *
 * The worker is one thread with one loop, for one guest: a device that misbehaves costs its guest's
 * devices time, nobody else's. No call here blocks. Unit tests bring these functions themselves,
 * over a fake grant map.
 */
#ifndef BACK_WORKER_H
#define BACK_WORKER_H

#include "back.h"

#include <liburing.h>
#include <sys/uio.h>
#include <xengnttab.h>

struct back_link;

/*
 * Return values are 0 or -errno. connect() that fails leaves nothing behind and has said why by
 * back_why().
 */
struct back_service {
	const char *kind;
	size_t state_bytes; /* link->state, zeroed before connect() */
	/* For classes with own_worker: system calls beside the common ones (ended by -1), and
	   capabilities to keep (bits 1 << CAP_...). */
	const int *syscalls;
	uint64_t capabilities;

	/*
	 * Map and bind what message tells of, take the fds over (closing them is the class's
	 * affair from now on, also on failure), and serve. With BACK_RESUME in flags the journal's
	 * part is that of the connection to go on with, else it is zeroed.
	 */
	int (*connect)(struct back_link *link, const struct back_message *message, const int *fds);
	/* The guest rang this port, or back_again() was called (port -1; also while it drains). */
	void (*event)(struct back_link *link, int port);
	/* A descriptor given to back_poll_fd() is ready. */
	void (*ready)(struct back_link *link, int fd, uint32_t events);
	void (*tick)(struct back_link *link);
	void (*change)(struct back_link *link, const struct back_message *message, const int *fds);
	/*
	 * Take nothing more; what is in flight may end. True: everything is given back. False:
	 * back_drained() will say so. Also called for a device that failed.
	 */
	bool (*disconnect)(struct back_link *link);
};

/* Services register themselves. */
#define BACK_SERVICE(service)                                                                      \
	static const struct back_service *const service##_entry                                    \
	    __attribute__((used, section("back_services"))) = &service

/* A connected device. */
struct back_link {
	const struct back_service *service;
	uint32_t domid, devid;
	void *state;
	void *journal; /* the class's part, zeroed unless resumed */
	uint32_t journal_bytes;
	bool resume;
	struct back_counters *counters;
	struct back_link_private *private; /* the frame's */
};

/* Maps nr granted pages in a row; NULL with errno. prot as for mmap(). */
void *back_map(struct back_link *link, const uint32_t *refs, uint32_t nr, int prot);
void back_unmap(struct back_link *link, void *address, uint32_t nr);
/* Copies from and to grants; 0 if each segment went well, else -EFAULT. */
int back_copy(struct back_link *link, xengnttab_grant_copy_segment_t *segments, uint32_t nr);

/* A local port joined to the guest's, or -errno. Its events reach event(), already unmasked. */
int back_bind(struct back_link *link, uint32_t remote_port);
void back_unbind(struct back_link *link, int port);
void back_notify(struct back_link *link, int port);
/* Calls event(link, -1) in the loop's next round: for who has used up its turn. */
void back_again(struct back_link *link);

/* Waits for epoll's events on a descriptor; 0 ends that (before closing it). 0 or -errno. */
int back_poll_fd(struct back_link *link, int fd, uint32_t events);
/* tick() once, after so many milliseconds; < 0: not any more. */
void back_tick(struct back_link *link, int ms);

/* --- connect()'s usual steps, each of which says why it fails -------------------------------- */

/* The message is not the service's: what came with it is closed. -EINVAL. */
int back_refuse(struct back_link *link, const struct back_message *message, const int *fds);
/* One page, to be read and written; NULL. */
void *back_map_page(struct back_link *link, uint32_t ref);
/* back_bind(). */
int back_join(struct back_link *link, uint32_t remote_port);

/* An operation of io_uring's. done() gets its result and may start others. */
struct back_io {
	void (*done)(struct back_io *io, int result);
};
/*
 * An empty submission whose user_data is io; submitted at the end of the loop's round. NULL: too
 * many are under way, try again after a done() or by back_again().
 */
struct io_uring_sqe *back_submission(struct back_link *link, struct back_io *io);
/* Submits now what was prepared, e.g. before a descriptor it uses is closed. */
void back_submit(void);

/* A packet of two parts for back_write_each(): written whole or not at all. */
struct back_write {
	struct iovec part[2];
	int result; /* bytes, or -errno */
	struct back_io io;
};
/*
 * Writes each packet to fd, which never blocks, in their order: by one system call, so that who is
 * woken by the first finds all of them. Meanwhile done() of other operations may be called.
 */
void back_write_each(struct back_link *link, int fd, struct back_write *writes, uint32_t nr);

/* Why connect() fails, for whoever reads the device's node error. */
void back_why(struct back_link *link, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Gives the device up: serai-backd closes it. disconnect() is called from the loop, not here. */
void back_fail(struct back_link *link, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void back_drained(struct back_link *link);
/* News for the class's half in serai-backd; lost if that is not there. */
void back_tell(struct back_link *link, const void *body, size_t bytes);
uint64_t back_now_ms(void);    /* monotonic */
uint64_t back_recent_ms(void); /* of another origin, some milliseconds late, for nearly nothing */

#endif
