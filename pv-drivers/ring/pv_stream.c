/* SPDX-License-Identifier: MIT */
/* Byte streams: see pv_stream.h. look() is the only reader of the peer's index. */
#include "pv_stream.h"

#include <xen/errno.h>

#define MAX_STREAM_BYTES (1u << 30)

/* Bytes in the buffer, as of the last look. */
static uint32_t filled(const struct pv_stream *stream)
{
	return stream->writer ? stream->mine - stream->theirs : stream->theirs - stream->mine;
}

static uint32_t ready(const struct pv_stream *stream)
{
	PV_ASSERT(filled(stream) <= stream->size);
	return stream->writer ? stream->size - filled(stream) : filled(stream);
}

static int attach(struct pv_stream *stream, void *buffer, uint32_t size, uint32_t *ours,
		  uint32_t *peers, bool writer)
{
	if (!size || size & (size - 1) || size > MAX_STREAM_BYTES)
		return -XEN_EINVAL;
	if ((uintptr_t)ours % sizeof(*ours) || (uintptr_t)peers % sizeof(*peers))
		return -XEN_EINVAL;
	*stream = (struct pv_stream){
		.buffer = buffer,
		.size = size,
		.our_index = ours,
		.peer_index = peers,
		.mine = pv_load(ours),
		.theirs = pv_load(peers),
		.writer = writer,
	};
	if (filled(stream) > size) {
		stream->fault = PV_FAULT_INDEX_AHEAD;
		return -XEN_EIO;
	}
	return 0;
}

int pv_stream_init_writer(struct pv_stream *stream, void *buffer, uint32_t size, uint32_t *prod,
			  uint32_t *cons)
{
	return attach(stream, buffer, size, prod, cons, true);
}

int pv_stream_init_reader(struct pv_stream *stream, void *buffer, uint32_t size, uint32_t *prod,
			  uint32_t *cons)
{
	return attach(stream, buffer, size, cons, prod, false);
}

/* The peer may only have made more ready for us, up to the whole buffer. */
static int look(struct pv_stream *stream)
{
	uint32_t shown = pv_load(stream->peer_index);
	uint32_t step = shown - stream->theirs;

	if (stream->fault)
		return -XEN_EIO;
	if (step > stream->size - ready(stream)) {
		stream->fault = (int32_t)step < 0 ? PV_FAULT_INDEX_BACK : PV_FAULT_INDEX_AHEAD;
		return -XEN_EIO;
	}
	stream->theirs = shown;
	return 0;
}

int64_t pv_stream_ready(struct pv_stream *stream)
{
	int rc = look(stream);

	return rc ? rc : (int64_t)ready(stream);
}

/* Copies to or from the buffer, in two parts where it wraps; exactly one of in and out is given. */
static void move(struct pv_stream *stream, const uint8_t *in, uint8_t *out, uint32_t len)
{
	uint32_t at = stream->mine & (stream->size - 1);
	uint32_t first = stream->size - at < len ? stream->size - at : len;

	PV_ASSERT(len <= ready(stream) && first <= len);
	if (in) {
		pv_copy(stream->buffer + at, in, first);
		pv_copy(stream->buffer, in + first, len - first);
	} else {
		pv_copy(out, stream->buffer + at, first);
		pv_copy(out + first, stream->buffer, len - first);
	}
	stream->mine += len;
	pv_store(stream->our_index, stream->mine);
}

static int64_t move_some(struct pv_stream *stream, const void *in, void *out, uint32_t len)
{
	int64_t can = pv_stream_ready(stream);

	if (can < 0)
		return can;
	if (len > (uint32_t)can)
		len = (uint32_t)can;
	if (len)
		move(stream, in, out, len);
	return len;
}

static int move_all(struct pv_stream *stream, const void *in, void *out, uint32_t len)
{
	int64_t can = pv_stream_ready(stream);

	if (can < 0)
		return (int)can;
	if (len > stream->size)
		return -XEN_EMSGSIZE;
	if (len > (uint32_t)can)
		return -XEN_EAGAIN;
	if (len)
		move(stream, in, out, len);
	return 0;
}

int64_t pv_stream_write(struct pv_stream *stream, const void *bytes, uint32_t len)
{
	PV_ASSERT(stream->writer);
	return move_some(stream, bytes, NULL, len);
}

int64_t pv_stream_read(struct pv_stream *stream, void *bytes, uint32_t len)
{
	PV_ASSERT(!stream->writer);
	return move_some(stream, NULL, bytes, len);
}

int pv_stream_write_all(struct pv_stream *stream, const void *bytes, uint32_t len)
{
	PV_ASSERT(stream->writer);
	return move_all(stream, bytes, NULL, len);
}

int pv_stream_read_all(struct pv_stream *stream, void *bytes, uint32_t len)
{
	PV_ASSERT(!stream->writer);
	return move_all(stream, NULL, bytes, len);
}
