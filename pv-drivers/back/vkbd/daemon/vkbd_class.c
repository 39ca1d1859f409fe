/* SPDX-License-Identifier: MIT */
/* The keyboard and pointer as a device of serai-backd: what both sides say of it. */
#include <errno.h>
#include <string.h>

#include <xen/io/kbdif.h>

#include "../../vfb/daemon/input_pair.h"
#include "../../vfb/vfb_connect.h"
#include "back_daemon.h"

#define MAX_SIDE 0x7fff

/* A flag of the toolstack's or the frontend's; absent: no. */
static uint32_t flag(struct back_device *device, const char *key)
{
	uint32_t value = 0;

	return back_read_number(device, key, 1, &value) ? 0 : value;
}

static uint32_t front_flag(struct back_device *device, const char *key)
{
	uint32_t value = 0;

	return back_read_front_number(device, key, 1, &value) ? 0 : value;
}

/* Unless the toolstack has said something else. */
static int offer(struct back_device *device, const char *key)
{
	uint32_t value;

	if (back_read_number(device, key, 1, &value) != -ENOENT)
		return 0;
	return back_write(device, key, "1");
}

static int advertise(struct back_device *device)
{
	int rc = offer(device, XENKBD_FIELD_FEAT_ABS_POINTER);

	return rc ? rc : offer(device, XENKBD_FIELD_FEAT_RAW_POINTER);
}

static int32_t read_side(struct back_device *device, const char *key)
{
	uint32_t side = 0;

	return back_read_number(device, key, MAX_SIDE, &side) ? 0 : (int32_t)side;
}

static int read_frontend(struct back_device *device, struct vkbd_connect *c)
{
	int rc = back_read_front_number(device, XENKBD_FIELD_RING_GREF, UINT32_MAX, &c->ref);

	if (rc)
		return back_error(device, rc, "the frontend's %s is missing or no number",
				  XENKBD_FIELD_RING_GREF);
	rc = back_read_front_number(device, XENKBD_FIELD_EVT_CHANNEL, UINT32_MAX, &c->port);
	if (rc)
		return back_error(device, rc, "the frontend's %s is missing or no number",
				  XENKBD_FIELD_EVT_CHANNEL);
	c->absolute = front_flag(device, XENKBD_FIELD_REQ_ABS_POINTER);
	c->raw = front_flag(device, XENKBD_FIELD_REQ_RAW_POINTER);
	return 0;
}

static int prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct vkbd_connect *c = (struct vkbd_connect *)connect->body;
	int rc = read_frontend(device, c);

	if (rc)
		return rc;
	c->keyboard = !flag(device, XENKBD_FIELD_FEAT_DSBL_KEYBRD);
	c->pointer = !flag(device, XENKBD_FIELD_FEAT_DSBL_POINTER);
	c->width = read_side(device, XENKBD_FIELD_WIDTH);
	c->height = read_side(device, XENKBD_FIELD_HEIGHT);
	rc = input_pair_get(device->domid, device->devid, INPUT_KEYBOARD);
	if (rc < 0)
		return back_error(device, rc, "cannot make the socket from the screen: %s",
				  strerror(-rc));
	connect->fds[connect->nr_fds++] = rc;
	connect->bytes = sizeof(*c);
	return 0;
}

static void gone(struct back_device *device)
{
	input_pair_put(device->domid, device->devid, INPUT_KEYBOARD);
}

static const struct back_class keyboard_class = {
	.kind = "vkbd",
	.front = PV_FRONT,
	.advertise = advertise,
	.prepare = prepare,
	.gone = gone,
};
BACK_CLASS(keyboard_class);
