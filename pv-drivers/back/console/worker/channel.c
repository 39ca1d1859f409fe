/* SPDX-License-Identifier: MIT */
/* A channel's bytes: see channel.h. */
#include "channel.h"

#include <errno.h>
#include <unistd.h>

int channel_init(struct channel *c, struct xencons_interface *page)
{
	*c = (struct channel){ .page = page };
	c->cons = c->published = pv_load(&page->out_cons);
	if (pv_stream_init_reader(&c->out, page->out, sizeof(page->out), &page->out_prod,
				  &c->cons) ||
	    pv_stream_init_writer(&c->in, page->in, sizeof(page->in), &page->in_prod,
				  &page->in_cons))
		return -EIO;
	return 0;
}

/* False: the peer is gone. */
static bool write_pending(struct channel *c, int fd, int *result)
{
	ssize_t n = write(fd, c->pending, c->nr_pending);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*result |= CHANNEL_WANTS_WRITE;
		return true;
	}
	if (n <= 0)
		return false;
	c->nr_pending -= (uint32_t)n;
	memmove(c->pending, c->pending + n, c->nr_pending);
	c->published += (uint32_t)n;
	pv_store(&c->page->out_cons, c->published);
	c->from_guest += (uint64_t)n;
	*result |= CHANNEL_NOTIFY | (c->nr_pending ? CHANNEL_WANTS_WRITE : 0);
	return true;
}

static int move_out(struct channel *c, int fd, int *result)
{
	int64_t n;

	if (!c->nr_pending) {
		n = pv_stream_read(&c->out, c->pending, sizeof(c->pending));
		if (n < 0)
			return -EIO;
		c->nr_pending = (uint32_t)n;
	}
	if (c->nr_pending && fd >= 0 && !write_pending(c, fd, result))
		*result |= CHANNEL_HUNG_UP;
	return 0;
}

static int move_in(struct channel *c, int fd, int *result)
{
	uint8_t bytes[sizeof(c->page->in)];
	int64_t room = pv_stream_ready(&c->in), put;
	ssize_t n;

	if (room < 0)
		return -EIO;
	if (!room)
		return 0;
	n = read(fd, bytes, (size_t)room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*result |= CHANNEL_WANTS_READ;
		return 0;
	}
	if (n <= 0) {
		*result |= CHANNEL_HUNG_UP;
		return 0;
	}
	put = pv_stream_write(&c->in, bytes, (uint32_t)n);
	if (put < 0)
		return -EIO;
	c->to_guest += (uint64_t)put;
	*result |= CHANNEL_NOTIFY | (n < room ? CHANNEL_WANTS_READ : 0);
	return 0;
}

int channel_run(struct channel *c, int fd)
{
	int result = 0, rc = move_out(c, fd, &result);

	if (!rc && fd >= 0 && !(result & CHANNEL_HUNG_UP))
		rc = move_in(c, fd, &result);
	return rc ? rc : result;
}
