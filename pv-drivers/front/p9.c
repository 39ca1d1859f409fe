/* SPDX-License-Identifier: MIT */
/* A shared folder's device and messages: what the calls of p9_client.c travel on. */
#include "p9.h"

#include <string.h>

#define HEAD   7u /* size[4] type[1] tag[2] */
#define RERROR 7

static struct p9_front *p9_of(struct front_device *device)
{
	return (struct p9_front *)device;
}

/* Messages. */

void p9_put(struct p9_front *p9, uint64_t value, unsigned int bytes)
{
	PV_ASSERT(bytes <= P9_MESSAGE - p9->request_len);
	for (; bytes; bytes--, value >>= 8)
		p9->request[p9->request_len++] = (uint8_t)value;
}

void p9_put_bytes(struct p9_front *p9, const void *bytes, uint32_t len)
{
	PV_ASSERT(len <= P9_MESSAGE - p9->request_len);
	memcpy(p9->request + p9->request_len, bytes, len);
	p9->request_len += len;
}

/* Numbers repeat only after 65535 calls: by then no answer to the first is still to come. */
void p9_begin(struct p9_front *p9, uint8_t type)
{
	p9->request_len = 0;
	p9->tag = p9->tag == 0xfffe ? 0 : (uint16_t)(p9->tag + 1);
	p9_put(p9, 0, 4);
	p9_put(p9, type, 1);
	p9_put(p9, p9->tag, 2);
}

static uint64_t number(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

uint64_t p9_get(const struct p9_front *p9, uint32_t at, unsigned int bytes)
{
	if (at > p9->reply_len - HEAD || bytes > p9->reply_len - HEAD - at)
		return 0;
	return number(p9->reply + HEAD + at, bytes);
}

static int fault(struct p9_front *p9)
{
	p9->running = false;
	front_device_fault(&p9->device);
	return -XEN_EAGAIN;
}

/* All of len, in as many pieces as it takes. Streams of a later connection are not this call's. */
static int move(struct p9_front *p9, bool out, uint8_t *bytes, uint32_t len, uint64_t deadline)
{
	while (len) {
		int64_t moved;

		if (!p9->running || p9->session != p9->calling)
			return -XEN_EAGAIN;
		moved = out ? pv_stream_write(&p9->out, bytes, len)
			    : pv_stream_read(&p9->in, bytes, len);
		if (moved < 0)
			return fault(p9);
		bytes += moved;
		len -= (uint32_t)moved;
		if (moved)
			event_send(p9->port);
		else if (wait_on(&p9->events, deadline))
			return -XEN_ETIMEDOUT;
	}
	return 0;
}

/*
 * One message, whole. A time-out in the middle of one leaves streams nobody understands any more.
 */
static int receive(struct p9_front *p9, uint64_t deadline)
{
	int rc = move(p9, false, p9->reply, HEAD, deadline);

	if (rc)
		return rc;
	p9->reply_len = (uint32_t)number(p9->reply, 4);
	if (p9->reply_len < HEAD || p9->reply_len > p9->message_max)
		return fault(p9);
	return move(p9, false, p9->reply + HEAD, p9->reply_len - HEAD, deadline);
}

static int exchange(struct p9_front *p9, uint64_t deadline)
{
	uint8_t type = p9->request[4];
	int rc = move(p9, true, p9->request, p9->request_len, deadline);

	while (!rc) {
		rc = receive(p9, deadline);
		if (!rc && number(p9->reply + 5, 2) == p9->tag)
			break;
	}
	if (rc)
		return rc;
	if (p9->reply[4] == RERROR) {
		uint64_t error = p9_get(p9, 0, 4);

		return error && error < 4096 ? -(int)error : -XEN_EIO;
	}
	return p9->reply[4] == type + 1 ? 0 : fault(p9);
}

int p9_exchange(struct p9_front *p9, uint64_t deadline)
{
	int rc;

	p9->calling = p9->session;
	memcpy(p9->request, &p9->request_len, 4);
	rc = exchange(p9, deadline);
	/* Whatever was under way is lost with the streams: a new connection has new ones. */
	if (rc == -XEN_ETIMEDOUT && p9->session == p9->calling) {
		p9->running = false;
		front_device_restart(&p9->device);
	}
	return rc;
}

/* What xenbus asks for. */

static void p9_event(void *context)
{
	struct p9_front *p9 = context;

	wake_all(&p9->events);
}

static int offer_pages(struct p9_front *p9)
{
	uint32_t nr = 1u << p9->order;
	int rc;

	p9->page = pages_alloc(1);
	if (!p9->page)
		return -XEN_ENOMEM;
	rc = front_grant(&p9->device, p9->page, false, &p9->page_ref);
	if (rc) {
		pages_free(p9->page, 1);
		p9->page = NULL;
		return rc;
	}
	p9->data = pages_alloc(nr);
	if (!p9->data)
		return -XEN_ENOMEM;
	while (p9->nr_granted < nr) {
		grant_ref_t *ref = &p9->data_refs[p9->nr_granted];

		rc = front_grant(&p9->device, p9->data + p9->nr_granted * PV_PAGE_SIZE, false, ref);
		if (rc)
			return rc;
		p9->page->ref[p9->nr_granted++] = *ref;
	}
	p9->page->ring_order = p9->order;
	return 0;
}

static int offer(struct front_device *device)
{
	struct p9_front *p9 = p9_of(device);
	uint64_t order;
	int rc = front_read_number(device->backend, "max-ring-page-order", 32, -1, &order);

	if (rc)
		return rc;
	p9->order = order < P9_ORDER ? (uint32_t)order : P9_ORDER;
	p9->message_max = (uint32_t)XEN_FLEX_RING_SIZE(p9->order);
	rc = offer_pages(p9);
	if (!rc)
		rc = pv_stream_init_writer(&p9->out, p9->data + p9->message_max, p9->message_max,
					   &p9->page->out_prod, &p9->page->out_cons);
	if (!rc)
		rc = pv_stream_init_reader(&p9->in, p9->data, p9->message_max, &p9->page->in_prod,
					   &p9->page->in_cons);
	return rc ? rc : event_open(device->peer, p9_event, p9, &p9->port);
}

static int publish(struct front_device *device, uint32_t tx)
{
	struct p9_front *p9 = p9_of(device);
	int rc = front_write_number(device, tx, "version", 1);

	if (!rc)
		rc = front_write_number(device, tx, "num-rings", 1);
	if (!rc)
		rc = front_write_number(device, tx, "ring-ref0", p9->page_ref);
	return rc ? rc : front_write_number(device, tx, "event-channel-0", p9->port);
}

static void connected(struct front_device *device)
{
	struct p9_front *p9 = p9_of(device);

	p9->session++;
	p9->running = true;
}

static void quiesce(struct front_device *device)
{
	struct p9_front *p9 = p9_of(device);

	p9->running = false;
	wake_all(&p9->events);
}

static void release(struct front_device *device)
{
	struct p9_front *p9 = p9_of(device);

	quiesce(device);
	if (p9->port)
		event_close(p9->port);
	p9->port = 0;
	for (uint32_t i = 0; p9->data && i < 1u << p9->order; i++) {
		uint8_t *page = p9->data + i * PV_PAGE_SIZE;

		if (i < p9->nr_granted)
			front_ungrant(page, p9->data_refs[i]);
		else
			pages_free(page, 1);
	}
	p9->data = NULL;
	p9->nr_granted = 0;
	if (p9->page)
		front_ungrant(p9->page, p9->page_ref);
	p9->page = NULL;
}

static void dead(struct front_device *device, int error)
{
	(void)error;
	wake_all(&p9_of(device)->events);
}

static const struct front_class p9_class = {
	.kind = "9pfs",
	.half = PV_FRONT,
	.nr_grants = 2 * (1 + (1 << P9_ORDER)),
	.offer = offer,
	.publish = publish,
	.connected = connected,
	.quiesce = quiesce,
	.release = release,
	.dead = dead,
};

int p9_init(struct p9_front *p9, uint32_t id)
{
	memset(p9, 0, sizeof(*p9));
	return front_device_init(&p9->device, &p9_class, id);
}
