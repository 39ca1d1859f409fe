/* SPDX-License-Identifier: MIT */
/*
 * A queue of bytes: appended at the tail, consumed at the head, always contiguous.
 */
#ifndef XSD_BUF_H
#define XSD_BUF_H

#include "alloc.h"

struct buf {
	char *data;
	size_t head, len, size; /* the queue is data[head .. head + len) */
};

static inline char *buf_head(const struct buf *buf)
{
	return buf->data + buf->head;
}

/* Room for n more bytes at the tail; the caller fills them and then calls buf_filled(). */
static inline char *buf_reserve(struct buf *buf, size_t n)
{
	if (buf->head + buf->len + n > buf->size) {
		if (buf->head) {
			memmove(buf->data, buf_head(buf), buf->len);
			buf->head = 0;
		}
		if (buf->len + n > buf->size) {
			buf->size = (buf->len + n) * 2;
			buf->data = xrealloc(buf->data, buf->size);
		}
	}
	return buf->data + buf->head + buf->len;
}

static inline void buf_filled(struct buf *buf, size_t n)
{
	buf->len += n;
}

static inline void buf_append(struct buf *buf, const void *bytes, size_t n)
{
	if (!n)
		return;
	memcpy(buf_reserve(buf, n), bytes, n);
	buf->len += n;
}

static inline void buf_consume(struct buf *buf, size_t n)
{
	buf->head += n;
	buf->len -= n;
	if (!buf->len)
		buf->head = 0;
}

static inline void buf_clear(struct buf *buf)
{
	buf->head = buf->len = 0;
}

static inline void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

#endif
