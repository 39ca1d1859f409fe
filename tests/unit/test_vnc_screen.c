/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/vfb/worker/vnc_screen.c pv-drivers/back/vfb/worker/vnc_viewer.c pv-drivers/back/vfb/worker/fb_page.c pv-drivers/back/vfb/worker/fb_copy.c pv-drivers/back/vfb/keymap.c pv-drivers/back/vfb/keymap_layouts.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/vfb/worker
// libs: -lvncserver -lvncclient -lpthread
/*
 * A screen and its viewers: pictures and input through libvncclient, passwords, and viewers that
 * stall, flood, send nonsense or come in crowds while another one looks on.
 */
#include "pv_fixture.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rfb/rfbclient.h>

#include "../keymap.h"
#include "vnc_screen.h"

#define WIDTH  320u
#define HEIGHT 200u

static struct vnc_screen screen;
static uint32_t memory[WIDTH * HEIGHT];
static int keyboard; /* the other end of screen.input */
static const char *typed_password;
static unsigned int updated; /* pixels */

static void start(const char *password)
{
	struct fb_geometry g = { WIDTH, HEIGHT, 32, WIDTH * 4, 0 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	memset(&screen, 0, sizeof(screen));
	screen.memory = (const uint8_t *)memory;
	screen.bytes = sizeof(memory);
	screen.updates = true;
	screen.input = pair[0];
	keyboard = pair[1];
	strcpy(screen.name, "guest");
	screen.keymap = keymap_find("");
	strcpy(screen.password, password);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		memory[i] = i * 2654435761u >> 8;
	assert_int_equal(vnc_screen_init(&screen, &g), 0);
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	rfbEnableClientLogging = FALSE;
	start("");
	return 0;
}

static int teardown(void **state)
{
	vnc_screen_free(&screen);
	close(keyboard);
	return 0;
}

/* A raw connection. */
static int come(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	vnc_screen_reap(&screen);
	if (vnc_screen_accept(&screen, pair[0])) {
		close(pair[1]);
		return -1;
	}
	return pair[1];
}

static char *give_password(rfbClient *client)
{
	return strdup(typed_password);
}

static void note_update(rfbClient *client, int x, int y, int w, int h)
{
	updated += (unsigned int)(w * h);
}

static rfbClient *look(void)
{
	rfbClient *client = rfbGetClient(8, 3, 4);

	client->GetPassword = give_password;
	client->GotFrameBufferUpdate = note_update;
	client->canHandleNewFBSize = TRUE;
	client->appData.encodingsString = "zrle hextile raw";
	client->sock = come();
	if (client->sock >= 0 && InitialiseRFBConnection(client)) {
		client->width = client->si.framebufferWidth;
		client->height = client->si.framebufferHeight;
		client->updateRect.x = client->updateRect.y = 0;
		client->updateRect.w = client->width;
		client->updateRect.h = client->height;
		if (client->MallocFrameBuffer(client) && SetFormatAndEncodings(client))
			return client;
	}
	rfbClientCleanup(client);
	return NULL;
}

static void leave(rfbClient *client)
{
	free(client->frameBuffer);
	client->frameBuffer = NULL;
	rfbClientCleanup(client);
}

/* Until this pixel shows; false: not within five seconds. */
static bool wait_pixel(rfbClient *client, uint32_t at, uint32_t value)
{
	for (int i = 0; i < 500; i++) {
		int rc = WaitForMessage(client, 10000);

		if (rc < 0 || (rc > 0 && !HandleRFBServerMessage(client)))
			return false;
		if ((((uint32_t *)client->frameBuffer)[at] & 0xffffff) == value)
			return true;
	}
	return false;
}

/* Red and blue change places on the way: see fb_copy.h. */
static uint32_t seen(uint32_t pixel)
{
	return (pixel & 0xff) << 16 | (pixel & 0xff00) | (pixel >> 16 & 0xff);
}

static void expect_picture(rfbClient *client, uint32_t pixels)
{
	assert_true(wait_pixel(client, pixels - 1, seen(memory[pixels - 1])));
	for (uint32_t i = 0; i < pixels; i++)
		assert_int_equal(((uint32_t *)client->frameBuffer)[i] & 0xffffff, seen(memory[i]));
}

static void pictures_and_changes(void **state)
{
	const struct fb_rect spot = { 100, 50, 110, 55 };
	const struct fb_geometry smaller = { 160, 100, 32, 640, 0 };
	rfbClient *client = look();

	assert_non_null(client);
	assert_string_equal(client->desktopName, "guest");
	SendFramebufferUpdateRequest(client, 0, 0, WIDTH, HEIGHT, FALSE);
	expect_picture(client, WIDTH * HEIGHT);

	updated = 0;
	memory[52 * WIDTH + 105] = 0x123456;
	vnc_screen_dirty(&screen, &spot);
	assert_true(wait_pixel(client, 52 * WIDTH + 105, seen(0x123456)));
	assert_int_equal(updated, 1);

	vnc_screen_resize(&screen, &smaller);
	SendFramebufferUpdateRequest(client, 0, 0, WIDTH, HEIGHT, TRUE);
	for (int i = 0; i < 500 && client->width != 160; i++)
		if (WaitForMessage(client, 10000) > 0)
			assert_true(HandleRFBServerMessage(client));
	assert_int_equal(client->width, 160);
	assert_int_equal(client->height, 100);
	SendFramebufferUpdateRequest(client, 0, 0, 160, 100, FALSE);
	expect_picture(client, 160 * 100);
	leave(client);
}

static struct vfb_input take_input(void)
{
	struct pollfd fd = { keyboard, POLLIN, 0 };
	struct vfb_input input;

	assert_int_equal(poll(&fd, 1, 5000), 1);
	assert_int_equal(recv(keyboard, &input, sizeof(input), 0), sizeof(input));
	return input;
}

static void keys_and_pointer(void **state)
{
	rfbClient *client = look();
	struct vfb_input input;

	assert_non_null(client);
	SendKeyEvent(client, 'A', TRUE);
	input = take_input();
	assert_int_equal(input.type, VFB_INPUT_KEY);
	assert_int_equal(input.code, 30);
	assert_int_equal(input.pressed, 1);
	SendPointerEvent(client, 17, 19, 1 | 8);
	input = take_input();
	assert_int_equal(input.type, VFB_INPUT_POINTER);
	assert_int_equal(input.x, 17);
	assert_int_equal(input.y, 19);
	assert_int_equal(input.width, WIDTH);
	assert_int_equal(take_input().code, 0x110);
	assert_int_equal(take_input().wheel, -1);
	/* Whoever leaves lets go of the keys. */
	leave(client);
	input = take_input();
	assert_int_equal(input.code, 30);
	assert_int_equal(input.pressed, 0);
	assert_int_equal(take_input().code, 0x110);
}

static void passwords(void **state)
{
	rfbClient *client;

	teardown(state);
	start("caravan");
	typed_password = "caravan";
	client = look();
	assert_non_null(client);
	SendFramebufferUpdateRequest(client, 0, 0, WIDTH, HEIGHT, FALSE);
	expect_picture(client, WIDTH * HEIGHT);
	leave(client);
	typed_password = "caravat";
	assert_null(look());
}

/* The server's bytes until it hangs up or is silent for a while. */
static void read_some(int fd)
{
	char bytes[512];
	struct pollfd p = { fd, POLLIN, 0 };

	while (poll(&p, 1, 50) > 0 && read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void log_in_raw(int fd)
{
	static const char hello[] = "RFB 003.008\n";

	read_some(fd);
	assert_int_equal(write(fd, hello, 12), 12);
	read_some(fd);
	assert_int_equal(write(fd, "\1", 1), 1);
	read_some(fd);
	assert_int_equal(write(fd, "\1", 1), 1);
	read_some(fd);
}

/* One stalls within a message, one does not read its pictures, one drips while logging in. */
static void bad_company(void **state)
{
	static const uint8_t want[] = { 3, 0, 0, 0, 0, 0, WIDTH >> 8, WIDTH & 255, 0, HEIGHT };
	const struct fb_rect all = { 0, 0, WIDTH, HEIGHT };
	int stalled = come(), deaf = come(), dripping = come();
	rfbClient *client = look();

	log_in_raw(stalled);
	log_in_raw(deaf);
	assert_int_equal(write(stalled, "\3\0\0", 3), 3);
	assert_int_equal(write(dripping, "RFB", 3), 3);
	for (int i = 0; i < 50; i++)
		assert_int_equal(write(deaf, want, sizeof(want)), sizeof(want));
	assert_non_null(client);
	SendFramebufferUpdateRequest(client, 0, 0, WIDTH, HEIGHT, FALSE);
	for (uint32_t i = 1; i <= 5; i++) {
		memory[WIDTH * HEIGHT - 1] = i;
		vnc_screen_dirty(&screen, &all);
		assert_true(wait_pixel(client, WIDTH * HEIGHT - 1, seen(i)));
	}
	leave(client);
	close(stalled);
	close(deaf);
	close(dripping);
}

static void crowds(void **state)
{
	int fds[VNC_MAX_VIEWERS];

	for (unsigned int i = 0; i < VNC_MAX_VIEWERS; i++) {
		fds[i] = come();
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(come(), -1);
	close(fds[3]);
	for (int i = 0; i < 500 && screen.nr_viewers == VNC_MAX_VIEWERS; i++) {
		poll(NULL, 0, 10);
		vnc_screen_reap(&screen);
	}
	fds[3] = come();
	assert_true(fds[3] >= 0);
	for (unsigned int i = 0; i < VNC_MAX_VIEWERS; i++)
		close(fds[i]);
}

static void random_messages(void **state)
{
	uint64_t seed = 0x7266;

	for (int round = 0; round < 12; round++) {
		int fd = come();

		if (fd < 0)
			break;
		if (round % 3)
			log_in_raw(fd);
		for (int i = 0; i < 300; i++) {
			uint8_t bytes[40];

			for (unsigned int k = 0; k < sizeof(bytes); k++)
				bytes[k] = (uint8_t)(pv_random(&seed) % 3 ? 0 : pv_random(&seed));
			bytes[0] %= 8;
			if (send(fd, bytes, 8 + pv_random(&seed) % 32,
				 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
				break;
		}
		close(fd);
	}
	rfbClient *client = look();

	assert_non_null(client);
	SendFramebufferUpdateRequest(client, 0, 0, WIDTH, HEIGHT, FALSE);
	expect_picture(client, WIDTH * HEIGHT);
	leave(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pictures_and_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_and_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(passwords, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_company, setup, teardown),
		cmocka_unit_test_setup_teardown(crowds, setup, teardown),
		cmocka_unit_test_setup_teardown(random_messages, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
