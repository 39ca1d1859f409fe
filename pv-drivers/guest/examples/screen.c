/* SPDX-License-Identifier: MIT */
/*
 * A screen: colour bars, a square that follows the pointer, and keys told on the console. Options:
 * width=, height= (default 320x200); quit=CODE ends it at that key.
 */
#include "fb.h"
#include "kbd.h"
#include "kit.h"

#define SIDE 8

static struct fb_front fb;
static struct kbd_front kbd;

static uint32_t bar(uint32_t x)
{
	static const uint32_t colours[] = { 0xffffff, 0xffff00, 0x00ffff, 0x00ff00,
					    0xff00ff, 0xff0000, 0x0000ff, 0x000000 };

	return colours[x * 8 / fb.width];
}

static void square(int32_t at_x, int32_t at_y, bool draw)
{
	for (int32_t y = at_y; y < at_y + SIDE && y < (int32_t)fb.height; y++)
		for (int32_t x = at_x; x < at_x + SIDE && x < (int32_t)fb.width; x++)
			fb.pixels[(uint32_t)y * fb.width + (uint32_t)x] =
			    draw ? 0x808080 : bar((uint32_t)x);
	fb_update(&fb, at_x, at_y, SIDE, SIDE);
}

static int32_t within(int64_t at, uint32_t most)
{
	return at < 0 ? 0 : at >= most ? (int32_t)most - 1 : (int32_t)at;
}

static void move_to(int64_t to_x, int64_t to_y)
{
	static int32_t x, y;

	square(x, y, false);
	x = within(to_x, fb.width);
	y = within(to_y, fb.height);
	square(x, y, true);
}

void guest_main(void)
{
	uint32_t width = (uint32_t)option_number("width", 320),
		 height = (uint32_t)option_number("height", 200);
	uint64_t quit = option_number("quit", UINT64_MAX);
	int64_t x = 0, y = 0;
	uint32_t id;
	int rc = front_device_find("vfb", 0, &id);

	if (!rc)
		rc = fb_init(&fb, id, width, height);
	if (rc)
		panic("no screen: error %d", -rc);
	for (uint32_t i = 0; i < width * height; i++)
		fb.pixels[i] = bar(i % width);
	rc = device_start(&fb.device);
	if (!rc)
		rc = front_device_wait_connected(&fb.device, time_now() + 30 * TIME_S);
	printf("screen: %s\n", rc ? "nobody connects" : "shown");
	if (front_device_find("vkbd", 0, &id) || kbd_init(&kbd, id) || device_start(&kbd.device))
		panic("no keyboard");
	for (;;) {
		union xenkbd_in_event event;

		if (kbd_read(&kbd, &event, TIME_NEVER))
			break;
		if (event.type == XENKBD_TYPE_KEY) {
			printf("key %u %s\n", event.key.keycode, event.key.pressed ? "down" : "up");
			if (event.key.keycode == quit)
				break;
		} else if (event.type == XENKBD_TYPE_POS) {
			x = event.pos.abs_x;
			y = event.pos.abs_y;
			move_to(x, y);
		} else {
			x = within(x + event.motion.rel_x, fb.width);
			y = within(y + event.motion.rel_y, fb.height);
			move_to(x, y);
		}
	}
	printf("done\n");
}
