/* SPDX-License-Identifier: MIT */
/* A keyboard's shared page: see kbd_page.h. */
#include "kbd_page.h"

#include <errno.h>
#include <string.h>

#include "pv_shared.h"

#define FIRST_BUTTON 0x100u
#define LAST_BUTTON  0x15fu

void kbd_init(struct kbd *k, struct xenkbd_page *page, const struct vkbd_connect *what)
{
	*k = (struct kbd){
		.page = page,
		.prod = pv_load(&page->in_prod),
		.absolute = what->absolute,
		.raw = what->absolute && what->raw,
		.keyboard = what->keyboard,
		.pointer = what->pointer,
		.width = what->width,
		.height = what->height,
	};
}

/* Events of the backend's that the guest has not taken; -EIO. */
static int waiting(const struct kbd *k)
{
	uint32_t n = k->prod - pv_load(&k->page->in_cons);

	return n > XENKBD_IN_RING_LEN ? -EIO : (int)n;
}

static int put(struct kbd *k, const union xenkbd_in_event *event)
{
	int n = waiting(k);

	if (n < 0)
		return n;
	if (n == XENKBD_IN_RING_LEN) {
		k->dropped++;
		return 0;
	}
	pv_copy(&XENKBD_IN_RING_REF(k->page, k->prod), event, sizeof(*event));
	pv_store(&k->page->in_prod, ++k->prod);
	k->sent++;
	return 1;
}

static bool is_button(uint32_t code)
{
	return code >= FIRST_BUTTON && code <= LAST_BUTTON;
}

static int put_key(struct kbd *k, uint32_t code, bool pressed)
{
	union xenkbd_in_event event = { 0 };
	uint8_t bit, *byte;
	int rc;

	if (!code || code >= KBD_CODES || !(is_button(code) ? k->pointer : k->keyboard))
		return 0;
	bit = (uint8_t)(1u << code % 8);
	byte = &k->pressed[code / 8];
	if (!pressed && !(*byte & bit))
		return 0; /* its press was dropped, or never was */
	event.key.type = XENKBD_TYPE_KEY;
	event.key.pressed = pressed;
	event.key.keycode = code;
	rc = put(k, &event);
	if (rc > 0)
		*byte = (uint8_t)(pressed ? *byte | bit : *byte & ~bit);
	return rc;
}

/* at of 0 to size - 1, onto 0 to limit. */
static int32_t scale(int32_t at, int32_t size, int32_t limit)
{
	if (at < 0)
		at = 0;
	if (at >= size)
		at = size - 1;
	return size > 1 ? (int32_t)((int64_t)at * limit / (size - 1)) : 0;
}

static int put_position(struct kbd *k, int32_t x, int32_t y, int32_t wheel)
{
	union xenkbd_in_event event = { 0 };

	event.pos.type = XENKBD_TYPE_POS;
	event.pos.abs_x = x;
	event.pos.abs_y = y;
	event.pos.rel_z = wheel;
	return put(k, &event);
}

static int put_motion(struct kbd *k, int32_t dx, int32_t dy, int32_t wheel)
{
	union xenkbd_in_event event = { 0 };

	event.motion.type = XENKBD_TYPE_MOTION;
	event.motion.rel_x = dx;
	event.motion.rel_y = dy;
	event.motion.rel_z = wheel;
	return put(k, &event);
}

/* Onto the guest's coordinates. */
static void place(const struct kbd *k, const struct vfb_input *in, int32_t *x, int32_t *y)
{
	if (k->raw) {
		*x = scale(in->x, in->width, KBD_RAW_SIDE);
		*y = scale(in->y, in->height, KBD_RAW_SIDE);
	} else if (k->absolute && k->width > 0 && k->height > 0) {
		*x = scale(in->x, in->width, k->width - 1);
		*y = scale(in->y, in->height, k->height - 1);
	} else {
		*x = scale(in->x, in->width, in->width - 1);
		*y = scale(in->y, in->height, in->height - 1);
	}
}

static int point(struct kbd *k, const struct vfb_input *in)
{
	int32_t x, y, dx, dy;
	int rc;

	if (!k->pointer || in->width < 1 || in->height < 1)
		return 0;
	place(k, in, &x, &y);
	dx = x - k->x;
	dy = y - k->y;
	if (k->placed && !dx && !dy)
		return 0;
	if (k->absolute)
		rc = put_position(k, x, y, 0);
	else
		rc = k->placed ? put_motion(k, dx, dy, 0) : 0;
	if (rc > 0 || !k->placed) {
		k->x = x;
		k->y = y;
		k->placed = true;
	}
	return rc;
}

static int turn_wheel(struct kbd *k, int32_t steps)
{
	if (!k->pointer || !steps || steps < -16 || steps > 16)
		return 0;
	return k->absolute ? put_position(k, k->x, k->y, steps) : put_motion(k, 0, 0, steps);
}

int kbd_input(struct kbd *k, const struct vfb_input *in)
{
	switch (in->type) {
	case VFB_INPUT_KEY:
		return put_key(k, in->code, in->pressed);
	case VFB_INPUT_POINTER:
		return point(k, in);
	case VFB_INPUT_WHEEL:
		return turn_wheel(k, in->wheel);
	case VFB_INPUT_RELEASE:
		return kbd_release_all(k);
	default:
		return 0;
	}
}

int kbd_release_all(struct kbd *k)
{
	int any = 0;

	for (uint32_t code = 0; code < KBD_CODES; code++) {
		int rc;

		if (!(k->pressed[code / 8] & 1u << code % 8))
			continue;
		rc = put_key(k, code, false);
		if (rc < 0)
			return rc;
		any |= rc;
	}
	return any;
}
