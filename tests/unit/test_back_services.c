/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/9pfs/worker/*.c pv-drivers/back/vfb/worker/vfb_service.c pv-drivers/back/vfb/worker/vnc*.c pv-drivers/back/vfb/worker/fb*.c pv-drivers/back/vfb/keymap*.c pv-drivers/back/frame/worker/connect.c pv-drivers/back/vkbd/worker/*.c pv-drivers/back/console/worker/*.c pv-drivers/ring/pv_stream.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back -Idom0-tools/lib/include -Ipv-drivers/back/9pfs/worker
// libs: -lvncserver -lpthread
/*
 * Share, screen, keyboard and channel as devices of the worker, over a guest that is an array of
 * pages: whatever a frontend offers, connecting either serves or leaves nothing behind and says
 * why, and a lie while serving costs the device.
 */
#include "p9_fixture.h"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <xen/io/fbif.h>
#include <xen/io/kbdif.h>

#include "9pfs/p9_connect.h"
#include "9pfs/worker/p9_ring.h"
#include "back_worker.h"
#include "console/channel_connect.h"
#include "console/worker/channel.h"
#include "vfb/vfb_connect.h"
#include "vfb/worker/foreign.h"

#define PAGES	 2048
#define BAD_PORT 99

extern const struct back_service *const __start_back_services[];
extern const struct back_service *const __stop_back_services[];

static uint8_t guest[PAGES][4096] __attribute__((aligned(4096)));
static int nr_mapped, nr_bound;
static bool failed, explained, again;
static struct back_link link_;
static struct back_counters counters;
static struct p9_journal journal_;
static int open_before;

/* --- What the frame offers. Grants and frames are numbers of pages, which must follow each other.
 */

void *back_map(struct back_link *link, const uint32_t *refs, uint32_t nr, int prot)
{
	for (uint32_t i = 0; i < nr; i++)
		if (refs[i] >= PAGES || refs[i] != refs[0] + i)
			return NULL;
	nr_mapped += (int)nr;
	return guest[refs[0]];
}

void back_unmap(struct back_link *link, void *address, uint32_t nr)
{
	nr_mapped -= (int)nr;
}

void *foreign_map(int privcmd, uint32_t domid, const uint64_t *frames, uint32_t nr, int prot)
{
	for (uint32_t i = 0; i < nr; i++)
		if (frames[i] >= PAGES || frames[i] != frames[0] + i) {
			errno = EINVAL;
			return NULL;
		}
	nr_mapped += (int)nr;
	return guest[frames[0]];
}

void foreign_unmap(void *address, uint32_t nr)
{
	nr_mapped -= (int)nr;
}

int back_bind(struct back_link *link, uint32_t remote_port)
{
	if (remote_port == BAD_PORT)
		return -EINVAL;
	nr_bound++;
	return (int)remote_port + 1000;
}

void back_unbind(struct back_link *link, int port)
{
	nr_bound--;
}

void back_notify(struct back_link *link, int port)
{
}

void back_again(struct back_link *link)
{
	again = true;
}

int back_poll_fd(struct back_link *link, int fd, uint32_t events)
{
	return 0;
}

void back_tick(struct back_link *link, int ms)
{
}

void back_why(struct back_link *link, const char *format, ...)
{
	explained = true;
}

void back_fail(struct back_link *link, const char *format, ...)
{
	failed = true;
}

/* --- The worker ------------------------------------------------------------------------------ */

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int setup(void **state)
{
	memset(guest, 0, sizeof(guest));
	memset(&counters, 0, sizeof(counters));
	memset(&journal_, 0, sizeof(journal_));
	failed = explained = again = false;
	p9_make_dir();
	open_before = count_fds();
	return 0;
}

static int teardown(void **state)
{
	p9_remove_dir();
	return 0;
}

static int plug(const char *kind, const void *body, size_t bytes, const int *fds, uint32_t nr_fds)
{
	struct back_message message = { .bytes = (uint32_t)bytes, .nr_fds = nr_fds };
	int rc;

	memcpy(message.body, body, bytes);
	memset(&link_, 0, sizeof(link_));
	for (const struct back_service *const *s = __start_back_services; s < __stop_back_services;
	     s++)
		if (!strcmp((*s)->kind, kind))
			link_.service = *s;
	assert_non_null(link_.service);
	link_.domid = 1;
	link_.state = calloc(1, link_.service->state_bytes);
	link_.journal = &journal_;
	link_.journal_bytes = sizeof(journal_);
	link_.counters = &counters;
	explained = false;
	rc = link_.service->connect(&link_, &message, fds);
	if (rc)
		free(link_.state);
	return rc;
}

static void unplug(void)
{
	assert_true(link_.service->disconnect(&link_));
	free(link_.state);
	assert_int_equal(nr_mapped, 0);
	assert_int_equal(nr_bound, 0);
	assert_int_equal(count_fds(), open_before);
}

static void expect_refused(int rc)
{
	assert_true(rc < 0);
	assert_true(explained);
	assert_int_equal(nr_mapped, 0);
	assert_int_equal(nr_bound, 0);
	assert_int_equal(count_fds(), open_before);
}

/* --- Shares ---------------------------------------------------------------------------------- */

static struct p9_connect share;

static struct xen_9pfs_data_intf *offer_ring(uint32_t at, uint32_t order, uint32_t first)
{
	struct xen_9pfs_data_intf *intf = (struct xen_9pfs_data_intf *)guest[at];

	memset(intf, 0, 4096);
	intf->ring_order = order;
	for (uint32_t i = 0; i < 512; i++)
		intf->ref[i] = first + i;
	return intf;
}

static int plug_share(void)
{
	int fd = open(p9_dir, O_RDONLY | O_DIRECTORY);

	return plug("9pfs", &share, sizeof(share), &fd, 1);
}

static void shares(void **state)
{
	static const uint32_t orders[] = { 0, 10, 31, 32, 0xffffffff };
	struct xen_9pfs_data_intf *intf = offer_ring(1, 3, 16);
	uint32_t size;

	share = (struct p9_connect){ .nr_rings = 2, .rings = { { 1, 5 }, { 2, 6 } } };
	offer_ring(2, 9, 512);
	assert_int_equal(plug_share(), 0);
	assert_true(again);
	size = p9_build(guest[16] + p9_ring_bytes(3), 4096, P9_TVERSION, 0xffff, "ws", 8192,
			"9P2000.L");
	intf->out_prod = size;
	link_.service->event(&link_, 1005);
	assert_int_equal(intf->out_cons, size);
	assert_int_equal(intf->in_prod, size);
	assert_false(failed);
	intf->out_prod += 0x10000;
	link_.service->event(&link_, 1005);
	assert_true(failed);
	unplug();

	for (unsigned int i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		offer_ring(2, orders[i], 512);
		expect_refused(plug_share());
	}
	offer_ring(2, 9, PAGES - 100);
	expect_refused(plug_share());
	offer_ring(2, 3, 600)->in_prod = 50000;
	expect_refused(plug_share());
	offer_ring(2, 3, 600);
	share.rings[1].ref = 0xffffffff;
	expect_refused(plug_share());
	share.rings[1] = share.rings[0];
	share.rings[0].port = BAD_PORT;
	expect_refused(plug_share());
	share.nr_rings = 9;
	expect_refused(plug_share());
}

/* --- Screens --------------------------------------------------------------------------------- */

static struct vfb_connect screen;

static int plug_screen(void)
{
	int pair[2], fds[VFB_FDS];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	close(pair[1]);
	fds[0] = open("/dev/null", O_RDWR);
	fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	fds[2] = pair[0];
	return plug("vfb", &screen, sizeof(screen), fds, VFB_FDS);
}

static void screens(void **state)
{
	struct xenfb_page *page = (struct xenfb_page *)guest[3];
	uint64_t *list = (uint64_t *)guest[4];

	screen = (struct vfb_connect){ .frame = 3, .port = 7, .words = 8, .updates = 1 };
	page->width = 800;
	page->height = 600;
	page->depth = 32;
	page->line_length = 3200;
	page->mem_length = 2 << 20;
	page->pd[0] = 4;
	for (uint32_t i = 0; i < 512; i++)
		list[i] = 100 + i;
	assert_int_equal(plug_screen(), 0);
	page->out_prod = 10;
	link_.service->event(&link_, 1007);
	assert_int_equal(page->out_cons, 10);
	assert_false(failed);
	page->out_prod = 1000;
	link_.service->event(&link_, 1007);
	assert_true(failed);
	unplug();

	page->out_prod = page->out_cons = 0;
	list[77] = 5; /* one that cannot be mapped */
	expect_refused(plug_screen());
	list[77] = 177;
	page->pd[0] = ~0ul;
	expect_refused(plug_screen());
	page->pd[0] = 4;
	page->height = 60000;
	expect_refused(plug_screen());
	page->height = 600;
	page->mem_length = 0xffffffff;
	expect_refused(plug_screen());
	page->mem_length = 2 << 20;
	screen.port = BAD_PORT;
	expect_refused(plug_screen());
	screen.port = 7;
	screen.frame = ~0ull;
	expect_refused(plug_screen());
	screen.frame = 3;
	assert_int_equal(plug_screen(), 0);
	unplug();
}

/* --- Keyboards and channels ------------------------------------------------------------------- */

static void keyboards(void **state)
{
	struct vkbd_connect keyboard = {
		.ref = 3, .port = 8, .absolute = 1, .keyboard = 1, .pointer = 1
	};
	struct vfb_input key = { .type = VFB_INPUT_KEY, .code = 30, .pressed = 1 };
	struct xenkbd_page *page = (struct xenkbd_page *)guest[3];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(plug("vkbd", &keyboard, sizeof(keyboard), pair, 1), 0);
	assert_int_equal(send(pair[1], &key, sizeof(key), 0), sizeof(key));
	assert_int_equal(send(pair[1], &key, 3, 0), 3);
	link_.service->ready(&link_, pair[0], EPOLLIN);
	assert_int_equal(page->in_prod, 1);
	assert_int_equal(XENKBD_IN_RING_REF(page, 0).key.keycode, 30);
	page->in_cons = 5;
	assert_int_equal(send(pair[1], &key, sizeof(key), 0), sizeof(key));
	link_.service->ready(&link_, pair[0], EPOLLIN);
	assert_true(failed);
	close(pair[1]);
	unplug();

	keyboard.ref = PAGES;
	pair[0] = open("/dev/null", O_RDWR);
	expect_refused(plug("vkbd", &keyboard, sizeof(keyboard), pair, 1));
	pair[0] = open("/dev/null", O_RDWR);
	expect_refused(plug("vkbd", &keyboard, 3, pair, 1));
}

static void channels(void **state)
{
	struct channel_connect channel = { .ref = 3, .port = 9 };
	struct xencons_interface *page = (struct xencons_interface *)guest[3];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(plug("console", &channel, sizeof(channel), pair, 1), 0);
	page->out_prod = 5;
	link_.service->event(&link_, 1009);
	assert_int_equal(page->out_cons, 5);
	page->out_prod = 5000;
	link_.service->event(&link_, 1009);
	assert_true(failed);
	close(pair[1]);
	unplug();
	pair[0] = open("/dev/null", O_RDWR);
	expect_refused(plug("console", &channel, sizeof(channel), pair, 1));
	memset(page, 0, 4096);
	channel.port = BAD_PORT;
	pair[0] = open("/dev/null", O_RDWR);
	expect_refused(plug("console", &channel, sizeof(channel), pair, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares, setup, teardown),
		cmocka_unit_test_setup_teardown(screens, setup, teardown),
		cmocka_unit_test_setup_teardown(keyboards, setup, teardown),
		cmocka_unit_test_setup_teardown(channels, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
