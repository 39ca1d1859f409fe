/* SPDX-License-Identifier: MIT */
/* Screens, and keyboards with pointers: served over VNC by Serai's backend. */
#include "domain/device.h"

#include <stdio.h>
#include <string.h>

#include "../../pv-drivers/back/vfb/keymap.h"

static void write_bool(struct store_batch *batch, bool value, const char *at, const char *node)
{
	store_write(batch, value ? "1" : "0", "%s/%s", at, node);
}

static bool vfb_read(const char *text, struct device *device, struct spec_fault *fault)
{
	return vfb_spec_read(text, &device->vfb, fault);
}

static const char *vfb_backend(const struct device *device)
{
	return device->vfb.backend;
}

static int vfb_choose(struct session *session, struct device *device)
{
	snprintf(device->back_type, sizeof(device->back_type), "vfb");
	if (device->vfb.sdl)
		warn(session, "vfb: sdl=1 has no effect: screens are served over VNC");
	if (!keymap_find(device->vfb.keymap))
		return tell(session, -EINVAL, "vfb: keymap=%s is not known: it may be %s",
				device->vfb.keymap, keymap_names);
	return backd_needed(session, device);
}

static void vfb_back(struct store_batch *batch, const struct device *device, const char *at)
{
	const struct vfb_spec *vfb = &device->vfb;

	write_bool(batch, vfb->vnc, at, "vnc");
	store_write(batch, vfb->vnclisten[0] ? vfb->vnclisten : "127.0.0.1", "%s/vnclisten", at);
	store_write(batch, vfb->vncpasswd, "%s/vncpasswd", at);
	store_write_number(batch, vfb->vncdisplay < 0 ? 0 : (uint64_t)vfb->vncdisplay,
			   "%s/vncdisplay", at);
	write_bool(batch, vfb->vncunused && vfb->vncdisplay < 0, at, "vncunused");
	write_bool(batch, vfb->sdl, at, "sdl");
	write_bool(batch, vfb->opengl, at, "opengl");
	if (vfb->xauthority[0])
		store_write(batch, vfb->xauthority, "%s/xauthority", at);
	if (vfb->display[0])
		store_write(batch, vfb->display, "%s/display", at);
	if (vfb->keymap[0])
		store_write(batch, vfb->keymap, "%s/keymap", at);
}

const struct device_kind vfb_kind = {
	.key = "vfb",
	.noun = "screen",
	.front_type = "vfb",
	.list = offsetof(struct domain_config, vfbs),
	.read = vfb_read,
	.backend = vfb_backend,
	.choose = vfb_choose,
	.back_nodes = vfb_back,
};

static bool vkb_read(const char *text, struct device *device, struct spec_fault *fault)
{
	if (!vkb_spec_read(text, &device->vkb, fault))
		return false;
	device->numbered = device->vkb.devid >= 0;
	device->number = device->numbered ? (uint32_t)device->vkb.devid : 0;
	return true;
}

static const char *vkb_backend(const struct device *device)
{
	return device->vkb.backend;
}

static int vkb_choose(struct session *session, struct device *device)
{
	bool own = device->vkb.type == VKB_QEMU;

	snprintf(device->back_type, sizeof(device->back_type), "%s", own ? "vkbd" : "vinput");
	return own ? backd_needed(session, device) : 0;
}

static void vkb_back(struct store_batch *batch, const struct device *device, const char *at)
{
	const struct vkb_spec *vkb = &device->vkb;

	const struct {
		bool set;
		const char *node;
	} features[] = {
		{ vkb->disable_keyboard, "feature-disable-keyboard" },
		{ vkb->disable_pointer, "feature-disable-pointer" },
		{ vkb->abs_pointer, "feature-abs-pointer" },
		{ vkb->raw_pointer, "feature-raw-pointer" },
		{ vkb->multi_touch, "feature-multi-touch" },
	};

	if (vkb->unique_id[0])
		store_write(batch, vkb->unique_id, "%s/unique-id", at);
	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (features[i].set)
			store_write(batch, "1", "%s/%s", at, features[i].node);
	if (vkb->multi_touch) {
		store_write_number(batch, vkb->touch_width, "%s/multi-touch-width", at);
		store_write_number(batch, vkb->touch_height, "%s/multi-touch-height", at);
		store_write_number(batch, vkb->touch_contacts, "%s/multi-touch-num-contacts", at);
	}
	if (vkb->width && vkb->height) {
		store_write_number(batch, vkb->width, "%s/width", at);
		store_write_number(batch, vkb->height, "%s/height", at);
	}
}

const struct device_kind vkb_kind = {
	.key = "vkb",
	.noun = "keyboard",
	.front_type = "vkbd",
	.list = offsetof(struct domain_config, vkbs),
	.read = vkb_read,
	.backend = vkb_backend,
	.choose = vkb_choose,
	.back_nodes = vkb_back,
};
