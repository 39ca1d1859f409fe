/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/fb.c pv-drivers/front/kbd.c pv-drivers/front/event_ring.c pv-drivers/front/device.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * Framebuffer and keyboard frontends: what is told of changes, events of all kinds, peers that
 * stall and lie.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "fb.h"
#include "kbd.h"

#define FB_BACK	 "/local/domain/7/backend/vfb/1/0"
#define KBD_BACK "/local/domain/7/backend/vkbd/1/0"

static struct fb_front fb;
static struct kbd_front kbd;
static struct xenkbd_page *keys;

static void device(const char *front, const char *back)
{
	char path[XS_PATH_MAX];

	snprintf(path, sizeof(path), "%s/backend", front);
	store_set(path, back);
	snprintf(path, sizeof(path), "%s/backend-id", front);
	store_set_number(path, FAKE_PEER);
	snprintf(path, sizeof(path), "%s/state", back);
	store_set_number(path, XenbusStateInitWait);
}

static void step(struct front_device *d)
{
	fake.now += TIME_MS;
	(void)front_device_step(d);
}

static void go_fb(uint32_t width, uint32_t height)
{
	fake_reset();
	device("device/vfb/0", FB_BACK);
	store_set_number(FB_BACK "/request-update", 1);
	assert_int_equal(fb_init(&fb, 0, width, height), 0);
	step(&fb.device);
	store_set_number(FB_BACK "/state", XenbusStateConnected);
	step(&fb.device);
	assert_true(fb.running);
}

static struct xenfb_update next_update(void)
{
	struct xenfb_update update = { 0 };

	if (fb.page->out_cons != fb.page->out_prod) {
		memcpy(&update, &XENFB_OUT_RING_REF(fb.page, fb.page->out_cons), sizeof(update));
		assert_int_equal(update.type, XENFB_TYPE_UPDATE);
		fb.page->out_cons++;
	}
	return update;
}

static void is(struct xenfb_update u, int x, int y, int width, int height)
{
	assert_int_equal(u.x, x);
	assert_int_equal(u.y, y);
	assert_int_equal(u.width, width);
	assert_int_equal(u.height, height);
}

static void picture(void **state)
{
	go_fb(400, 300);
	assert_int_equal(store_get_number("device/vfb/0/page-ref"), page_frame(fb.page));
	assert_int_equal(fb.page->pd[0], page_frame(fb.directory));
	assert_int_equal(fb.nr_pages, 118);
	for (uint32_t i = 0; i < fb.nr_pages; i++)
		assert_int_equal(fb.directory[i],
				 page_frame((uint8_t *)fb.pixels + i * PV_PAGE_SIZE));
	is(next_update(), 0, 0, 400, 300);
	fb_update(&fb, 10, 20, 5, 6);
	is(next_update(), 10, 20, 5, 6);
	fb_update(&fb, -3, 298, 10, 100);
	is(next_update(), 0, 298, 7, 2);
	fb_update(&fb, 400, 0, 1, 1);
	fb_update(&fb, INT32_MIN, INT32_MIN, UINT32_MAX, UINT32_MAX);
	fb_update(&fb, INT32_MAX, INT32_MAX, UINT32_MAX, UINT32_MAX);
	is(next_update(), 0, 0, 400, 300); /* from far up and left it reaches over all */
	is(next_update(), 0, 0, 0, 0);
}

static void backend_does_not_look(void **state)
{
	go_fb(40, 30);
	(void)next_update();
	for (int i = 0; i < 200; i++)
		fb_update(&fb, i % 20, i % 10, 1, 1);
	for (uint32_t i = 0; i < XENFB_OUT_RING_LEN; i++)
		(void)next_update();
	assert_int_equal(next_update().width, 0);
	peer_event(fb.port);
	is(next_update(), 0, 0, 20, 10);
	assert_int_equal(next_update().width, 0);
}

/* The next backend has the same pages; the last may have them still. */
static void same_pages(void **state)
{
	const void *page, *pixels;

	go_fb(40, 30);
	page = fb.page;
	pixels = fb.pixels;
	store_set_number(FB_BACK "/state", XenbusStateClosed);
	step(&fb.device);
	assert_false(fb.running);
	fb_update(&fb, 0, 0, 1, 1);
	fake.now += TIME_S;
	store_set_number(FB_BACK "/state", XenbusStateInitWait);
	step(&fb.device);
	step(&fb.device);
	store_set_number(FB_BACK "/state", XenbusStateConnected);
	step(&fb.device);
	assert_ptr_equal(fb.page, page);
	assert_ptr_equal(fb.pixels, pixels);
	is(next_update(), 0, 0, 40, 30);
}

static void screen_lies(void **state)
{
	go_fb(40, 30);
	fb.page->out_cons = fb.page->out_prod + 1;
	fb_update(&fb, 0, 0, 1, 1);
	assert_true(fb.device.fault);
	assert_false(fb.running);
	go_fb(40, 30);
	fb.page->in_prod = XENFB_IN_RING_LEN + 1;
	peer_event(fb.port);
	assert_true(fb.device.fault);
	go_fb(40, 30);
	fb.page->in_prod = XENFB_IN_RING_LEN;
	memset(XENFB_IN_RING(fb.page), 0xff, XENFB_IN_RING_SIZE);
	peer_event(fb.port);
	assert_false(fb.device.fault);
	assert_int_equal(fb.page->in_cons, XENFB_IN_RING_LEN);
}

static void sizes(void **state)
{
	fake_reset();
	device("device/vfb/0", FB_BACK);
	assert_int_equal(fb_init(&fb, 0, 0, 10), -XEN_EINVAL);
	assert_int_equal(fb_init(&fb, 0, 65536, 65536), -XEN_EINVAL);
	assert_int_equal(fb_init(&fb, 0, 8192, 8192), -XEN_EINVAL);
	fake.most_pages = 10;
	assert_int_equal(fb_init(&fb, 0, 400, 300), -XEN_ENOMEM);
	fake_assert_clean();
}

static void go_kbd(void)
{
	fake_reset();
	device("device/vkbd/0", KBD_BACK);
	store_set_number(KBD_BACK "/feature-abs-pointer", 1);
	assert_int_equal(kbd_init(&kbd, 0), 0);
	step(&kbd.device);
	assert_int_equal(store_get_number("device/vkbd/0/request-abs-pointer"), 1);
	keys = peer_map(store_get_number("device/vkbd/0/page-gref"));
	assert_non_null(keys);
	store_set_number(KBD_BACK "/state", XenbusStateConnected);
	step(&kbd.device);
}

static void press(uint8_t type, uint32_t code)
{
	union xenkbd_in_event event = { .key = { .type = type, .pressed = 1, .keycode = code } };

	XENKBD_IN_RING_REF(keys, keys->in_prod) = event;
	keys->in_prod++;
}

static void typing(void **state)
{
	union xenkbd_in_event event;

	go_kbd();
	for (uint32_t i = 0; i < 500; i++) {
		press(XENKBD_TYPE_KEY, i);
		press((uint8_t)(6 + i), 0); /* of no type, until it wraps round to one */
		assert_int_equal(kbd_read(&kbd, &event, fake.now + TIME_S), 0);
		assert_int_equal(event.type, XENKBD_TYPE_KEY);
		assert_int_equal(event.key.keycode, i);
		while (keys->in_cons != keys->in_prod)
			(void)kbd_read(&kbd, &event, fake.now);
	}
	assert_int_equal(kbd_read(&kbd, &event, fake.now + TIME_S), -XEN_ETIMEDOUT);
	front_device_close(&kbd.device);
	step(&kbd.device);
	assert_int_equal(kbd_read(&kbd, &event, TIME_NEVER), -XEN_ENODEV);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		peer_unmap(ref);
	grants_reap();
	fake_assert_clean();
}

static void keyboard_lies(void **state)
{
	union xenkbd_in_event event;

	go_kbd();
	keys->in_prod = XENKBD_IN_RING_LEN + 1;
	assert_int_equal(kbd_read(&kbd, &event, fake.now + TIME_S), -XEN_ETIMEDOUT);
	assert_true(kbd.device.fault);
	step(&kbd.device);
	assert_int_equal(store_get_number("device/vkbd/0/state"), XenbusStateClosed);
}

/* Any word of a shared page, and any state. */
static void spoil(uint32_t *words, const char *back, uint64_t *seed)
{
	char path[XS_PATH_MAX];

	for (int n = 0; n < 4; n++)
		words[pv_random(seed) % 1024] = pv_random(seed);
	for (int n = 0; n < 4; n++)
		if (!(pv_random(seed) % 8))
			words[n] += pv_random(seed) % 40 ? pv_random(seed) % 3 : pv_random(seed);
	snprintf(path, sizeof(path), "%s/state", back);
	if (!(pv_random(seed) % 200))
		store_set_number(path, pv_random(seed) % 10);
}

static void a_wild_screen(void **state)
{
	uint64_t seed = 0xf8, updates = 0;

	for (int round = 0; round < 400; round++) {
		go_fb(40, 30);
		for (int i = 0; i < 300 && !fb.device.dead; i++) {
			fb_update(&fb, (int32_t)pv_random(&seed) % 60,
				  (int32_t)pv_random(&seed) % 60, pv_random(&seed) % 60, 5);
			spoil((uint32_t *)(void *)fb.page, FB_BACK, &seed);
			if (fb.port)
				peer_event(fb.port);
			if (!(i % 8))
				step(&fb.device);
			updates += fb.running;
		}
	}
	assert_true(updates > 2000);
}

static void a_wild_keyboard(void **state)
{
	uint64_t seed = 0x6b, keys_read = 0;
	union xenkbd_in_event event;

	for (int round = 0; round < 400; round++) {
		go_kbd();
		for (int i = 0; i < 300 && !kbd.device.dead; i++) {
			press((uint8_t)(pv_random(&seed) % 6), pv_random(&seed));
			if (!(pv_random(&seed) % 8))
				spoil((uint32_t *)(void *)keys, KBD_BACK, &seed);
			keys_read += !kbd_read(&kbd, &event, fake.now + TIME_MS);
			if (!(i % 8))
				step(&kbd.device);
		}
		for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
			peer_unmap(ref);
	}
	assert_true(keys_read > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picture),	 cmocka_unit_test(backend_does_not_look),
		cmocka_unit_test(same_pages),	 cmocka_unit_test(screen_lies),
		cmocka_unit_test(sizes),	 cmocka_unit_test(typing),
		cmocka_unit_test(keyboard_lies), cmocka_unit_test(a_wild_screen),
		cmocka_unit_test(a_wild_keyboard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
