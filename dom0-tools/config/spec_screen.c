/* SPDX-License-Identifier: MIT */
/* Screens with their keyboards, and keyboards alone: vfb= and vkb=. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec_words.h"

#define VFB_AT(member) SPEC_AT(vfb_spec, member)
#define VKB_AT(member) SPEC_AT(vkb_spec, member)

static const char *const vkb_backends[] = { "qemu", "linux", NULL };

/* clang-format off */
static const struct spec_key vfb_keys[] = {
	{ .name = "vnc", .kind = SPEC_BOOL, VFB_AT(vnc) },
	{ .name = "vnclisten", .kind = SPEC_TEXT, VFB_AT(vnclisten) },
	{ .name = "vncpasswd", .kind = SPEC_TEXT, VFB_AT(vncpasswd) },
	{ .name = "vncdisplay", .kind = SPEC_NUMBER, VFB_AT(vncdisplay), .least = 0, .most = 59635 },
	{ .name = "vncunused", .kind = SPEC_BOOL, VFB_AT(vncunused) },
	{ .name = "keymap", .kind = SPEC_TEXT, VFB_AT(keymap) },
	{ .name = "sdl", .kind = SPEC_BOOL, VFB_AT(sdl) },
	{ .name = "opengl", .kind = SPEC_BOOL, VFB_AT(opengl) },
	{ .name = "display", .kind = SPEC_TEXT, VFB_AT(display) },
	{ .name = "xauthority", .kind = SPEC_TEXT, VFB_AT(xauthority) },
	{ .name = "backend", .kind = SPEC_TEXT, VFB_AT(backend) },
	{ .name = "type", .kind = SPEC_IGNORED }, /* older files say type=vnc or sdl */
	{ .name = NULL },
};

static const struct spec_key vkb_keys[] = {
	{ .name = "unique-id", .kind = SPEC_TEXT, VKB_AT(unique_id) },
	{ .name = "backend", .kind = SPEC_TEXT, VKB_AT(backend) },
	{ .name = "backend-type", .kind = SPEC_WORD, VKB_AT(type), .words = vkb_backends },
	{ .name = "feature-disable-keyboard", .kind = SPEC_BOOL, VKB_AT(disable_keyboard) },
	{ .name = "feature-disable-pointer", .kind = SPEC_BOOL, VKB_AT(disable_pointer) },
	{ .name = "feature-abs-pointer", .kind = SPEC_BOOL, VKB_AT(abs_pointer) },
	{ .name = "feature-raw-pointer", .kind = SPEC_BOOL, VKB_AT(raw_pointer) },
	{ .name = "feature-multi-touch", .kind = SPEC_BOOL, VKB_AT(multi_touch) },
	{ .name = "multi-touch-width", .kind = SPEC_NUMBER, VKB_AT(touch_width), .least = 0, .most = 65535 },
	{ .name = "multi-touch-height", .kind = SPEC_NUMBER, VKB_AT(touch_height), .least = 0, .most = 65535 },
	{ .name = "multi-touch-num-contacts", .kind = SPEC_NUMBER, VKB_AT(touch_contacts), .least = 0, .most = 255 },
	{ .name = "width", .kind = SPEC_NUMBER, VKB_AT(width), .least = 0, .most = 65535 },
	{ .name = "height", .kind = SPEC_NUMBER, VKB_AT(height), .least = 0, .most = 65535 },
	{ .name = "devid", .kind = SPEC_NUMBER, VKB_AT(devid), .least = 0, .most = 65535 },
	{ .name = NULL },
};
/* clang-format on */

/* "127.0.0.1:3": the display's number may follow the address. */
static bool split_listen(struct vfb_spec *vfb, struct spec_fault *fault)
{
	char *colon = strrchr(vfb->vnclisten, ':'), *end;
	unsigned long number;

	if (!colon || strchr(vfb->vnclisten, ':') != colon)
		return true; /* none, or an IPv6 address */
	number = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end || number > 59635)
		return spec_wrong(fault, 0,
				  "vnclisten=%s: after : there must be a display's number",
				  vfb->vnclisten);
	if (vfb->vncdisplay >= 0)
		return spec_wrong(
		    fault, 0, "vnclisten=%s names a display and vncdisplay= another: leave one out",
		    vfb->vnclisten);
	*colon = '\0';
	vfb->vncdisplay = (int)number;
	return true;
}

bool vfb_spec_read(const char *text, struct vfb_spec *vfb, struct spec_fault *fault)
{
	*vfb = (struct vfb_spec){ .vnc = true, .vncunused = true, .vncdisplay = -1 };
	if (!spec_read(text, vfb_keys, "vfb", vfb, fault))
		return false;
	return split_listen(vfb, fault);
}

bool vkb_spec_read(const char *text, struct vkb_spec *vkb, struct spec_fault *fault)
{
	*vkb = (struct vkb_spec){ .devid = -1 };
	if (!spec_read(text, vkb_keys, "vkb", vkb, fault))
		return false;
	if (vkb->type == VKB_LINUX && !vkb->unique_id[0])
		return spec_wrong(
		    fault, 0, "backend-type=linux needs unique-id=…, the id of an input device");
	return true;
}
