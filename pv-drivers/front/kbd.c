/* SPDX-License-Identifier: MIT */
/* The keyboard and pointer frontend. */
#include "kbd.h"

#include <string.h>

static struct kbd_front *kbd_of(struct front_device *device)
{
	return (struct kbd_front *)device;
}

static void kbd_event(void *context)
{
	struct kbd_front *kbd = context;

	wake_all(&kbd->events);
}

int kbd_read(struct kbd_front *kbd, union xenkbd_in_event *event, uint64_t deadline)
{
	for (;;) {
		int rc = kbd->running ? event_ring_take(&kbd->in, event) : 0;

		if (rc < 0) {
			kbd->running = false;
			front_device_fault(&kbd->device);
		}
		if (rc == 1 && (event->type == XENKBD_TYPE_MOTION ||
				event->type == XENKBD_TYPE_KEY || event->type == XENKBD_TYPE_POS))
			return 0;
		if (rc == 1) {
			if (time_now() >= deadline) /* or a flood of others would never end */
				return -XEN_ETIMEDOUT;
			continue;
		}
		if (kbd->device.dead)
			return -XEN_ENODEV;
		if (wait_on(&kbd->events, deadline))
			return -XEN_ETIMEDOUT;
	}
}

static int offer(struct front_device *device)
{
	struct kbd_front *kbd = kbd_of(device);
	struct xenkbd_page *page = pages_alloc(1);
	int rc;

	if (!page)
		return -XEN_ENOMEM;
	rc = front_grant(device, page, false, &kbd->ref);
	if (rc) {
		pages_free(page, 1);
		return rc;
	}
	kbd->page = page;
	kbd->in = (struct event_ring){ .events = (uint8_t *)page + XENKBD_IN_RING_OFFS,
				       .nr = XENKBD_IN_RING_LEN,
				       .our_index = &page->in_cons,
				       .peer_index = &page->in_prod };
	return event_open(device->peer, kbd_event, kbd, &kbd->port);
}

static int publish(struct front_device *device, uint32_t tx)
{
	struct kbd_front *kbd = kbd_of(device);
	uint64_t absolute = 0;
	int rc = front_read_number(device->backend, XENKBD_FIELD_FEAT_ABS_POINTER, 1, 0, &absolute);

	if (!rc)
		rc = front_write_number(device, tx, XENKBD_FIELD_REQ_ABS_POINTER,
					(uint32_t)absolute);
	if (!rc)
		rc = front_write_number(device, tx, XENKBD_FIELD_RING_GREF, kbd->ref);
	return rc ? rc : front_write_number(device, tx, XENKBD_FIELD_EVT_CHANNEL, kbd->port);
}

static void connected(struct front_device *device)
{
	kbd_of(device)->running = true;
	wake_all(&kbd_of(device)->events);
}

static void quiesce(struct front_device *device)
{
	kbd_of(device)->running = false;
}

static void release(struct front_device *device)
{
	struct kbd_front *kbd = kbd_of(device);

	kbd->running = false;
	if (kbd->port)
		event_close(kbd->port);
	kbd->port = 0;
	if (kbd->page)
		front_ungrant(kbd->page, kbd->ref);
	kbd->page = NULL;
}

static void dead(struct front_device *device, int error)
{
	(void)error;
	wake_all(&kbd_of(device)->events);
}

static const struct front_class kbd_class = {
	.kind = "vkbd",
	.half = PV_FRONT,
	.nr_grants = 2,
	.offer = offer,
	.publish = publish,
	.connected = connected,
	.quiesce = quiesce,
	.release = release,
	.dead = dead,
};

int kbd_init(struct kbd_front *kbd, uint32_t id)
{
	memset(kbd, 0, sizeof(*kbd));
	return front_device_init(&kbd->device, &kbd_class, id);
}
