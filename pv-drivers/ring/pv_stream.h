/* SPDX-License-Identifier: MIT */
/*
 * One direction of a byte stream in shared memory: console, xenstore, 9pfs. The other end is
 * hostile.
 *
 * The writer owns prod, the reader cons; both grow freely and are masked to the buffer. With mine
 * and theirs the private copies of our index and of the peer's, last checked:
 *
 *	writer: mine - theirs <= size, theirs <= mine, theirs only grows
 *	reader: theirs - mine <= size, mine <= theirs, theirs only grows
 *
 * Our own index is never read back. There is no peeking: bytes leave the buffer by being copied
 * once, so a header that was checked cannot change before its body is read.
 *
 * Streams have no event indexes: after each call that moved bytes, notify the peer.
 */
#ifndef PV_STREAM_H
#define PV_STREAM_H

#include "pv_shared.h"

struct pv_stream {
	uint8_t *buffer;      /* shared */
	uint32_t size;	      /* a power of two */
	uint32_t *our_index;  /* shared, written by us only */
	uint32_t *peer_index; /* shared */
	uint32_t mine, theirs;
	bool writer;
	enum pv_fault fault;
};

/*
 * Attaches to a stream, new or in use: it goes on where the shared indexes stand. size is a power
 * of two up to 2^30, the indexes are aligned.
 * -XEN_EINVAL: not so. -XEN_EIO: the indexes are further apart than size.
 */
PV_MUST_CHECK int pv_stream_init_writer(struct pv_stream *stream, void *buffer, uint32_t size,
					uint32_t *prod, uint32_t *cons);
PV_MUST_CHECK int pv_stream_init_reader(struct pv_stream *stream, void *buffer, uint32_t size,
					uint32_t *prod, uint32_t *cons);

/*
 * Writer: bytes that fit now. Reader: bytes that wait.
 * -XEN_EIO: the peer's index is impossible, now or earlier.
 */
PV_MUST_CHECK int64_t pv_stream_ready(struct pv_stream *stream);

/* Moves at most len bytes and publishes that. How many, maybe 0; -XEN_EIO as above. */
PV_MUST_CHECK int64_t pv_stream_write(struct pv_stream *stream, const void *bytes, uint32_t len);
PV_MUST_CHECK int64_t pv_stream_read(struct pv_stream *stream, void *bytes, uint32_t len);

/*
 * All of len or nothing, for messages that must not be cut by a peer that dies or stalls.
 * 0: done. -XEN_EAGAIN: not now. -XEN_EMSGSIZE: never, len is above the stream's size.
 * -XEN_EIO: as above.
 */
PV_MUST_CHECK int pv_stream_write_all(struct pv_stream *stream, const void *bytes, uint32_t len);
PV_MUST_CHECK int pv_stream_read_all(struct pv_stream *stream, void *bytes, uint32_t len);

#endif
