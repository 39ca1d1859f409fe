/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/vfb/worker/fb_page.c pv-drivers/back/vfb/worker/fb_copy.c pv-drivers/back/vfb/keymap.c pv-drivers/back/vfb/keymap_layouts.c pv-drivers/back/vkbd/worker/kbd_page.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/vfb -Ipv-drivers/back/vfb/worker -Ipv-drivers/back/vkbd/worker
/*
 * The shared pages of screen and keyboard against guests that lie about sizes, frames, indexes and
 * rectangles; pixels of each depth; keys.
 */
#include "pv_fixture.h"

#include <errno.h>

#include "fb_copy.h"
#include "fb_page.h"
#include "kbd_page.h"
#include "keymap.h"

static union {
	struct xenfb_page fb;
	struct xenkbd_page kbd;
	uint8_t bytes[4096];
} page;

static int setup(void **state)
{
	memset(&page, 0, sizeof(page));
	return 0;
}

static void set_screen(int32_t width, int32_t height, uint32_t line, uint32_t bytes, uint8_t depth)
{
	page.fb.width = width;
	page.fb.height = height;
	page.fb.line_length = line;
	page.fb.mem_length = bytes;
	page.fb.depth = depth;
}

static int read_screen(void)
{
	struct fb_geometry g;
	uint32_t bytes;

	return fb_page_read(&page.fb, 8, &g, &bytes);
}

static void possible_and_impossible_screens(void **state)
{
	static const int32_t wrong[] = { 0, -1, INT32_MIN, INT32_MAX, FB_MAX_SIDE + 1 };

	set_screen(800, 600, 3200, 2 << 20, 32);
	assert_int_equal(read_screen(), 0);
	set_screen(800, 600, 3200, 800 * 600 * 4, 32);
	assert_int_equal(read_screen(), 0);
	set_screen(800, 600, 3200, 800 * 600 * 4 - 1, 32);
	assert_int_equal(read_screen(), -EINVAL);
	set_screen(800, 600, 3199, 2 << 20, 32);
	assert_int_equal(read_screen(), -EINVAL);
	set_screen(800, 600, UINT32_MAX, 2 << 20, 32);
	assert_int_equal(read_screen(), -EINVAL);
	set_screen(800, 600, 3200, UINT32_MAX, 32);
	assert_int_equal(read_screen(), -EINVAL);
	set_screen(800, 600, 3200, 2 << 20, 31);
	assert_int_equal(read_screen(), -EINVAL);
	for (unsigned int i = 0; i < 5; i++) {
		set_screen(wrong[i], 600, 3200, 2 << 20, 32);
		assert_int_equal(read_screen(), -EINVAL);
		set_screen(800, wrong[i], 3200, 2 << 20, 32);
		assert_int_equal(read_screen(), -EINVAL);
	}
}

static void directories_of_both_sizes(void **state)
{
	uint64_t frames[64];
	uint32_t narrow = 0x1234, list32[1024];

	page.fb.pd[0] = 0x123456789;
	page.fb.pd[1] = 7;
	assert_int_equal(fb_page_directories(&page.fb, 8, 3 << 20, frames, 64), 2);
	assert_int_equal(frames[0], 0x123456789);
	assert_int_equal(frames[1], 7);
	memcpy(page.bytes + 36, &narrow, 4);
	assert_int_equal(fb_page_directories(&page.fb, 4, 3 << 20, frames, 64), 1);
	assert_int_equal(frames[0], 0x1234);
	assert_int_equal(fb_page_directories(&page.fb, 8, FB_MAX_BYTES, frames, 5), 5);
	for (uint32_t i = 0; i < 1024; i++)
		list32[i] = i * 3;
	fb_directory_read(list32, 4, frames, 64);
	assert_int_equal(frames[63], 189);
}

static void events_taken_once(void **state)
{
	struct fb_events events = { &page.fb, 0xfffffff0 };
	union xenfb_out_event event;

	page.fb.out_prod = page.fb.out_cons = 0xfffffff0;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(fb_events_take(&events, &event), 0);
		XENFB_OUT_RING_REF(&page.fb, page.fb.out_prod).update =
		    (struct xenfb_update){ XENFB_TYPE_UPDATE, (int32_t)i, 0, 1, 1 };
		page.fb.out_prod++;
		assert_int_equal(fb_events_take(&events, &event), 1);
		assert_int_equal(event.update.x, i);
		fb_events_done(&events);
		assert_int_equal(page.fb.out_cons, page.fb.out_prod);
	}
	page.fb.out_cons = 5; /* ours: never read back */
	assert_int_equal(fb_events_take(&events, &event), 0);
	page.fb.out_prod = events.cons + XENFB_OUT_RING_LEN + 1;
	assert_int_equal(fb_events_take(&events, &event), -EIO);
	page.fb.out_prod = events.cons - 1;
	assert_int_equal(fb_events_take(&events, &event), -EIO);
}

/* What comes out lies on the screen, and in memory, whatever comes in. */
static void random_rectangles_and_sizes(void **state)
{
	static const int32_t edges[] = { 0,	  1,	  -1,	     799,	800,	       801,
					 8192,	  8193,	  INT32_MAX, INT32_MIN, INT32_MIN + 1, 3200,
					 1 << 16, 1 << 30 };
	const struct fb_geometry screen = { 800, 600, 32, 3200, 0 };
	uint64_t seed = 0xfb;

	for (int i = 0; i < 500000; i++) {
		union xenfb_out_event event;
		struct fb_geometry g;
		struct fb_rect r;
		int32_t words[5];

		for (int k = 0; k < 5; k++)
			words[k] = pv_random(&seed) % 4 ? edges[pv_random(&seed) % 14]
							: (int32_t)pv_random(&seed);
		event.update = (struct xenfb_update){ 2, words[0], words[1], words[2], words[3] };
		if (fb_update_rect(&event.update, &screen, &r)) {
			assert_true(r.x1 < r.x2 && r.x2 <= 800);
			assert_true(r.y1 < r.y2 && r.y2 <= 600);
		}
		event.resize = (struct xenfb_resize){
			3, words[0], words[1], words[2], (words[3] & 3) * 8 + 8, words[4]
		};
		if (fb_resize_geometry(&event.resize, 2 << 20, &g))
			assert_true(g.offset + (uint64_t)g.stride * (g.height - 1) +
					g.width * g.depth / 8 <=
				    2 << 20);
	}
}

static void pixels_of_each_depth(void **state)
{
	static const struct {
		uint32_t depth;
		uint8_t bytes[4];
		uint32_t pixel;
	} kinds[] = {
		{ 32, { 0x11, 0x22, 0x33, 0xff }, 0x112233 },
		{ 24, { 0x11, 0x22, 0x33 }, 0x112233 },
		{ 16, { 0x1f, 0xf8 }, 0xff00ff },
		{ 16, { 0xe0, 0x07 }, 0x00ff00 },
		{ 8, { 0xe0 }, 0x0000ff },
		{ 8, { 0x03 }, 0xff0000 },
	};
	uint8_t memory[8 * 4 * 4];
	uint32_t ours[32];

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct fb_geometry g = { 8, 4, kinds[i].depth, kinds[i].depth, 0 };
		struct fb_rect all = { 0, 0, 8, 4 }, changed;
		uint32_t step = g.depth / 8;

		memset(memory, 0, sizeof(memory));
		memset(ours, 0, sizeof(ours));
		assert_false(fb_copy(ours, memory, &g, &all, &changed));
		memcpy(memory + 2 * g.stride + 3 * step, kinds[i].bytes, step);
		memcpy(memory + 3 * g.stride + 5 * step, kinds[i].bytes, step);
		assert_true(fb_copy(ours, memory, &g, &all, &changed));
		assert_int_equal(ours[2 * 8 + 3], kinds[i].pixel);
		assert_int_equal(changed.x1, 3);
		assert_int_equal(changed.x2, 6);
		assert_int_equal(changed.y1, 2);
		assert_int_equal(changed.y2, 4);
		assert_false(fb_copy(ours, memory, &g, &all, &changed));
	}
}

static void begin_kbd(struct kbd *k, bool absolute, bool raw)
{
	struct vkbd_connect c = { .absolute = absolute, .raw = raw, .keyboard = 1, .pointer = 1 };

	memset(&page, 0, sizeof(page));
	page.kbd.in_prod = page.kbd.in_cons = 0xfffffffe;
	kbd_init(k, &page.kbd, &c);
}

static const union xenkbd_in_event *take_in(void)
{
	assert_int_not_equal(page.kbd.in_cons, page.kbd.in_prod);
	return &XENKBD_IN_RING_REF(&page.kbd, page.kbd.in_cons++);
}

static int press(struct kbd *k, uint32_t code, bool down)
{
	return kbd_input(
	    k, &(struct vfb_input){ .type = VFB_INPUT_KEY, .code = code, .pressed = down });
}

static int point(struct kbd *k, int32_t x, int32_t y)
{
	return kbd_input(
	    k, &(struct vfb_input){
		   .type = VFB_INPUT_POINTER, .x = x, .y = y, .width = 800, .height = 600 });
}

static void keys_and_pointer(void **state)
{
	const union xenkbd_in_event *event;
	struct kbd k;

	begin_kbd(&k, true, false);
	assert_int_equal(press(&k, 30, true), 1);
	event = take_in();
	assert_int_equal(event->key.type, XENKBD_TYPE_KEY);
	assert_int_equal(event->key.pressed, 1);
	assert_int_equal(event->key.keycode, 30);
	assert_int_equal(press(&k, 31, false), 0); /* was never pressed */
	assert_int_equal(press(&k, 30, false), 1);
	assert_int_equal(take_in()->key.pressed, 0);
	assert_int_equal(point(&k, 100, 200), 1);
	assert_int_equal(point(&k, 100, 200), 0);
	event = take_in();
	assert_int_equal(event->pos.type, XENKBD_TYPE_POS);
	assert_int_equal(event->pos.abs_x, 100);
	assert_int_equal(event->pos.abs_y, 200);
	assert_int_equal(point(&k, INT32_MAX, INT32_MIN), 1);
	event = take_in();
	assert_int_equal(event->pos.abs_x, 799);
	assert_int_equal(event->pos.abs_y, 0);

	begin_kbd(&k, true, true);
	assert_int_equal(point(&k, 799, 0), 1);
	assert_int_equal(take_in()->pos.abs_x, KBD_RAW_SIDE);
}

static void relative_pointer(void **state)
{
	const union xenkbd_in_event *event;
	struct kbd k;

	begin_kbd(&k, false, false);
	assert_int_equal(point(&k, 10, 10), 0); /* from where? */
	assert_int_equal(point(&k, 15, 7), 1);
	event = take_in();
	assert_int_equal(event->motion.type, XENKBD_TYPE_MOTION);
	assert_int_equal(event->motion.rel_x, 5);
	assert_int_equal(event->motion.rel_y, -3);
}

static void a_guest_that_does_not_type(void **state)
{
	struct kbd k;

	begin_kbd(&k, true, false);
	for (unsigned int i = 0; i < XENKBD_IN_RING_LEN; i++)
		assert_int_equal(press(&k, 1 + i, true), 1);
	assert_int_equal(press(&k, 200, true), 0);
	assert_int_equal(k.dropped, 1);
	page.kbd.in_cons = page.kbd.in_prod;
	/* What was dropped was never pressed. */
	assert_int_equal(press(&k, 200, false), 0);
	assert_int_equal(kbd_input(&k, &(struct vfb_input){ .type = VFB_INPUT_RELEASE }), 1);
	for (unsigned int i = 0; i < XENKBD_IN_RING_LEN; i++)
		assert_int_equal(take_in()->key.pressed, 0);
	assert_int_equal(kbd_release_all(&k), 0);
	page.kbd.in_cons = page.kbd.in_prod + 1;
	assert_int_equal(press(&k, 5, true), -EIO);
	page.kbd.in_cons = page.kbd.in_prod - XENKBD_IN_RING_LEN - 1;
	assert_int_equal(press(&k, 5, true), -EIO);
}

/* The screen's worker may be broken into: it can type, and no more. */
static void random_input(void **state)
{
	uint64_t seed = 0x6b;
	struct kbd k;

	begin_kbd(&k, true, false);
	for (int i = 0; i < 300000; i++) {
		struct vfb_input input;
		uint32_t *words = (uint32_t *)&input;

		for (unsigned int w = 0; w < sizeof(input) / 4; w++)
			words[w] =
			    pv_random(&seed) % 2 ? pv_random(&seed) % 1000 : pv_random(&seed);
		input.type %= 5;
		assert_in_range(kbd_input(&k, &input) + 1, 1, 2);
		if (!(i % 7))
			page.kbd.in_cons = page.kbd.in_prod;
	}
}

static void symbols_are_keys(void **state)
{
	static const struct {
		const char *map;
		uint32_t keysym;
		enum keymap_level level;
		uint32_t code;
	} rows[] = {
		{ "", 'a', KEYMAP_PLAIN, 30 },
		{ "", 'A', KEYMAP_SHIFT, 30 },
		{ "", 'A', KEYMAP_PLAIN, 30 }, /* by Caps Lock */
		{ "", '!', KEYMAP_SHIFT, 2 },
		{ "", '(', KEYMAP_SHIFT, 10 },
		{ "", '*', KEYMAP_SHIFT, 9 },
		{ "", '?', KEYMAP_SHIFT, 53 },
		{ "", '<', KEYMAP_SHIFT, 51 },
		{ "", '<', KEYMAP_PLAIN, 86 },
		{ "", ' ', KEYMAP_PLAIN, 57 },
		{ "", 0xff0d, KEYMAP_PLAIN, 28 },  /* Return */
		{ "", 0xffff, KEYMAP_PLAIN, 111 }, /* Delete */
		{ "", 0xfe03, KEYMAP_PLAIN, 100 }, /* AltGr */
		{ "", 0xe4, KEYMAP_PLAIN, 0 },	   /* ä */
		{ "", 0, KEYMAP_PLAIN, 0 },
		{ "", 0x1f, KEYMAP_PLAIN, 0 },
		{ "", 0x7f, KEYMAP_PLAIN, 0 },
		{ "", 0xa0, KEYMAP_PLAIN, 0 },
		{ "", 0xffffffff, KEYMAP_ALTGR, 0 },
		{ "de", 'z', KEYMAP_PLAIN, 21 },
		{ "de", 'Y', KEYMAP_SHIFT, 44 },
		{ "de", 0xe4, KEYMAP_PLAIN, 40 },      /* ä */
		{ "de", 0x10000e4, KEYMAP_PLAIN, 40 }, /* the same as Unicode */
		{ "de", '@', KEYMAP_ALTGR, 16 },
		{ "de", 0x20ac, KEYMAP_ALTGR, 18 }, /* € */
		{ "de", 0xfe51, KEYMAP_PLAIN, 13 }, /* ´ waiting for a letter */
		{ "de", 0xfe52, KEYMAP_PLAIN, 41 },
		{ "de", 0xffac, KEYMAP_PLAIN, 83 }, /* the keypad's comma */
		{ "fr", 'a', KEYMAP_PLAIN, 16 },
		{ "fr", '1', KEYMAP_SHIFT, 2 },
		{ "fr", 0xe9, KEYMAP_PLAIN, 3 }, /* é */
		{ "sv", 0xe5, KEYMAP_PLAIN, 26 }, /* å */
		{ "pt-br", '/', KEYMAP_PLAIN, 89 },
		{ "pt-br", 0xffac, KEYMAP_PLAIN, 121 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(keymap_code(keymap_find(rows[i].map), rows[i].keysym,
					     rows[i].level),
				 rows[i].code);
	assert_ptr_equal(keymap_find(""), keymap_find("en-us"));
	assert_null(keymap_find("klingon"));
	assert_null(keymap_find("d"));
}

/* Each that a message offers is there, and has all of ASCII. */
static void keyboards_are_whole(void **state)
{
	char names[256], *rest = names, *name;
	unsigned int count = 0;

	snprintf(names, sizeof(names), "%s", keymap_names);
	while ((name = strsep(&rest, ", ")) != NULL) {
		const struct keymap *map = keymap_find(name);

		if (!*name || !strcmp(name, "or"))
			continue;
		count++;
		assert_non_null(map);
		for (uint32_t s = 0x20; s < 0x7f; s++)
			if (!keymap_code(map, s, KEYMAP_PLAIN))
				fail_msg("%s has no %c", name, (int)s);
		for (unsigned int i = 0; i < KEYMAP_KEYS - 1; i++)
			if (i != 36) /* the key left of Z is not everywhere */
				assert_true(map->signs[KEYMAP_PLAIN][i] > ' ');
	}
	assert_int_equal(count, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(possible_and_impossible_screens, setup),
		cmocka_unit_test_setup(directories_of_both_sizes, setup),
		cmocka_unit_test_setup(events_taken_once, setup),
		cmocka_unit_test_setup(random_rectangles_and_sizes, setup),
		cmocka_unit_test_setup(pixels_of_each_depth, setup),
		cmocka_unit_test_setup(keys_and_pointer, setup),
		cmocka_unit_test_setup(relative_pointer, setup),
		cmocka_unit_test_setup(a_guest_that_does_not_type, setup),
		cmocka_unit_test_setup(random_input, setup),
		cmocka_unit_test_setup(symbols_are_keys, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
