/* SPDX-License-Identifier: MIT */
/*
 * Uses all its devices at once, come what may of their backends: a disk that is good (disk=ID, the
 * first one otherwise) is written and read and compared all the time, the others get requests until
 * they are dead, or data/stop is in the store. Then tells what the good disk did meanwhile.
 */
#include "blk.h"
#include "fb.h"
#include "kbd.h"
#include "kit.h"
#include "net.h"
#include "p9.h"

#define SOON (time_now() + TIME_S)

static struct blk_front good, bad;
static struct net_front net;
static struct p9_front share;
static struct fb_front fb;
static struct kbd_front kbd;
static unsigned int nr_alive, nr_dead;
static bool stop;
static uint64_t rounds, wrong, tries;

/* --- the good disk --------------------------------------------------------------------------- */

static void one_round(uint64_t *page)
{
	uint64_t sector = rounds % 64 * 8;

	for (unsigned int i = 0; i < 512; i++)
		page[i] = rounds * 0x9e3779b97f4a7c15u + i;
	if (blk_transfer(&good, BLK_WRITE, sector, page, 8, time_now() + 60 * TIME_S))
		wrong++;
	memset(page, 0xee, PV_PAGE_SIZE);
	if (blk_transfer(&good, BLK_READ, sector, page, 8, time_now() + 60 * TIME_S))
		wrong++;
	for (unsigned int i = 0; i < 512; i++)
		wrong += page[i] != rounds * 0x9e3779b97f4a7c15u + i;
	rounds++;
}

/* --- the others ------------------------------------------------------------------------------ */

static void over(const struct front_device *device)
{
	printf("%s is %s\n", device->node, device->dead ? "dead" : "not dead");
	nr_dead += device->dead;
	nr_alive--;
}

static void use_disk(void *page)
{
	while (!bad.device.dead && !stop) {
		(void)blk_transfer(&bad, tries % 3 ? BLK_READ : BLK_WRITE, tries % 32, page, 8,
				   SOON);
		tries++;
		thread_yield();
	}
	over(&bad.device);
}

static void receive(void *context, const void *frame, size_t len)
{
	uint64_t *sum = context;

	for (size_t i = 0; i < len; i++)
		*sum += ((const uint8_t *)frame)[i];
}

static void use_card(void *page)
{
	uint64_t sum = 0;

	while (!net.device.dead && !stop) {
		(void)net_send(&net, page, 60 + tries % 1400);
		while (net_poll(&net, receive, &sum))
			;
		(void)wait_on(&net.events, time_now() + 5 * TIME_MS);
		tries++;
	}
	over(&net.device);
}

static void use_share(void *page)
{
	struct p9_file *file;

	while (!share.device.dead && !stop) {
		if (!p9_open(&share, "a/file", P9_READ, &file, SOON)) {
			(void)p9_read(&share, file, 0, page, PV_PAGE_SIZE, SOON);
			p9_close(&share, file, SOON);
		}
		tries++;
		thread_sleep(TIME_MS);
	}
	over(&share.device);
}

static void use_screen(void *unused)
{
	(void)unused;
	while (!fb.device.dead && !stop) {
		fb_update(&fb, (int32_t)(tries % 90), 1, 20, 20);
		tries++;
		thread_sleep(2 * TIME_MS);
	}
	over(&fb.device);
}

static void use_keyboard(void *unused)
{
	union xenkbd_in_event event;

	(void)unused;
	while (!kbd.device.dead && !stop)
		(void)kbd_read(&kbd, &event, SOON);
	over(&kbd.device);
}

static void start(const char *kind, uint32_t id, int error, struct front_device *device,
		  void (*use)(void *page))
{
	void *page = pages_alloc(1);

	if (error || !page || device_start(device) || !thread_start(kind, use, page))
		panic("no %s %u: error %d", kind, id, -error);
	nr_alive++;
}

static void start_others(uint32_t good_id)
{
	uint32_t id;

	for (unsigned int n = 0; !front_device_find("vbd", n, &id); n++)
		if (id != good_id && !bad.device.class)
			start("vbd", id, blk_init(&bad, id), &bad.device, use_disk);
	if (!front_device_find("vif", 0, &id))
		start("vif", id, net_init(&net, id), &net.device, use_card);
	if (!front_device_find("9pfs", 0, &id))
		start("9pfs", id, p9_init(&share, id), &share.device, use_share);
	if (!front_device_find("vfb", 0, &id))
		start("vfb", id, fb_init(&fb, id, 100, 60), &fb.device, use_screen);
	if (!front_device_find("vkbd", 0, &id))
		start("vkbd", id, kbd_init(&kbd, id), &kbd.device, use_keyboard);
}

void guest_main(void)
{
	uint32_t id = 0;
	int rc = front_device_find("vbd", 0, &id);
	uint64_t *page = pages_alloc(1);
	char value[8];

	id = (uint32_t)option_number("disk", id);
	if (rc || !page || blk_init(&good, id) || device_start(&good.device))
		panic("no disk: error %d", -rc);
	rc = front_device_wait_connected(&good.device, time_now() + 60 * TIME_S);
	if (rc)
		panic("disk %u does not connect: error %d", id, -rc);
	start_others(id);
	printf("begun with %u others\n", nr_alive);
	while (nr_alive && !stop) {
		one_round(page);
		stop = xs_read(XS_NO_TX, "data/stop", value, sizeof(value)) >= 0;
	}
	while (nr_alive)
		thread_sleep(TIME_MS);
	for (unsigned int i = 0; i < 20; i++)
		one_round(page);
	printf("%u dead after %lu tries; good disk: %lu rounds, %lu wrong\ndone\n", nr_dead, tries,
	       rounds, wrong);
}
