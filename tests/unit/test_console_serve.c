// sources: dom0-tools/console/daemon/console.c dom0-tools/console/daemon/serve.c dom0-tools/console/daemon/ring.c dom0-tools/console/daemon/backlog.c dom0-tools/console/daemon/logfile.c dom0-tools/console/daemon/pty.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include -Idom0-tools/lib/include -Idom0-tools/console/daemon
/* SPDX-License-Identifier: MIT */
/*
 * A guest's console as xenconsoled serves it, with the hypervisor and xenstore played by this file: the
 * page is memory, the port counts what is done to it, real terminals stand for clients.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"

#define DOMID 7
#define PORT  5

struct xenconsoled self;

/* The machine. */
static struct xencons_interface *page;
static bool mapped, bound, map_fails;
static int notified, unmasked, messages;
static bool tick_wanted;
static char state_dir[] = "/tmp/test-console-XXXXXX";
static char tty[64], type[32], vm[32];
static bool gone;
static uint64_t clock_ms;

void say(int priority, const char *format, ...)
{
	messages += priority != LOG_DEBUG;
}

uint64_t now_ms(void)
{
	return clock_ms;
}

int loop_add(int fd, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	return epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

void loop_change(int fd, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	epoll_ctl(self.epoll, EPOLL_CTL_MOD, fd, &e);
}

void loop_remove(int fd)
{
	epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, NULL);
}

void loop_need_tick(void)
{
	tick_wanted = true;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref, int prot)
{
	assert_int_equal(domid, DOMID);
	assert_int_equal(ref, 0);
	errno = EINVAL;
	mapped = !map_fails;
	return map_fails ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *h, void *start, uint32_t count)
{
	assert_true(mapped);
	mapped = false;
	return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t dom, int prot, size_t pages, const xen_pfn_t arr[],
			   int err[])
{
	assert_int_equal(arr[0], 1234);
	errno = ESRCH;
	return NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *addr, size_t pages)
{
	fail();
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h, uint32_t domid, evtchn_port_t remote)
{
	assert_int_equal(remote, 3);
	bound = true;
	return PORT;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
	assert_true(bound);
	bound = false;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
	notified++;
	return 0;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
	assert_true(bound);
	unmasked++;
	return 0;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	const struct {
		const char *path, *value;
	} nodes[] = {
		{ "/local/domain/7/console/ring-ref", "1234" }, { "/local/domain/7/console/port", "3" },
		{ "/local/domain/7/console/type", type },	{ "/local/domain/7/console/limit", "65536" },
		{ "/local/domain/7/name", "g" },		{ "/local/domain/7/vm", vm },
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (!strcmp(path, nodes[i].path))
			return strdup(nodes[i].value);
	errno = ENOENT;
	return NULL;
}

/* `gone`: destroyed since the daemon has read the nodes. */
bool xs_write_if(struct xs_handle *h, const char *node, const char *path, const void *data, unsigned int len)
{
	assert_string_equal(node, "/local/domain/7/console/ring-ref");
	assert_string_equal(path, "/local/domain/7/console/tty");
	errno = ENOENT;
	if (!gone)
		snprintf(tty, sizeof(tty), "%.*s", (int)len, (const char *)data);
	return !gone;
}

/* What the real loop does, until nothing happens any more. */
static void pump(int ms)
{
	struct epoll_event e[8];
	char buffer[4096];
	int nr;

	do {
		if (read(self.inotify, buffer, sizeof(buffer)) > 0)
			console_opened_or_closed(-1);
		nr = epoll_wait(self.epoll, e, 8, ms);
		for (int i = 0; i < nr; i++) {
			struct source *source = e[i].data.ptr;

			source->handle(source, e[i].events);
		}
	} while (nr > 0);
}

static void guest_writes(const char *text)
{
	for (; *text; text++)
		page->out[MASK_XENCONS_IDX(page->out_prod++, page->out)] = *text;
}

static void rings(struct console *c, const char *text)
{
	guest_writes(text);
	clock_ms += 10;
	usleep(1500); /* a guest at ease */
	console_event(c);
}

static struct console *begin(void)
{
	struct console *c = console_new(DOMID);

	console_configure(c);
	return c;
}

static int setup(void **state)
{
	page = calloc(1, sizeof(*page));
	mapped = bound = map_fails = tick_wanted = false;
	notified = unmasked = messages = 0;
	clock_ms = 1000000;
	strcpy(type, "xenconsoled");
	strcpy(vm, "/vm/a");
	tty[0] = '\0';
	gone = false;
	self.options.log = LOG_GUEST;
	self.options.keep = false;
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; console_next(NULL) && i < 400; i++) {
		if (!console_is_ending(console_next(NULL)))
			console_end(console_next(NULL));
		clock_ms += 100;
		console_tick();
	}
	assert_null(console_next(NULL));
	assert_false(mapped);
	assert_false(bound);
	free(page);
	return 0;
}

static int attach(void)
{
	int fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK);

	assert_true(fd >= 0);
	pump(20);
	return fd;
}

static void expect(int fd, const char *wanted)
{
	char got[300] = "";
	size_t at = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (at < strlen(wanted) && poll(&p, 1, 1000) == 1) {
		ssize_t n = read(fd, got + at, sizeof(got) - 1 - at);

		if (n <= 0)
			break;
		at += n;
		pump(0);
	}
	assert_string_equal(got, wanted);
}

static void a_late_client_gets_all(void **state)
{
	struct console *c = begin();
	int fd;

	assert_true(mapped && bound && tty[0]);
	rings(c, "early ");
	rings(c, "words ");
	assert_int_equal(page->out_cons, page->out_prod);
	fd = attach();
	expect(fd, "early words ");
	rings(c, "now");
	expect(fd, "now");
	close(fd);
	pump(20);
	rings(c, "between");
	fd = attach();
	expect(fd, "between");
	close(fd);
	pump(20);
	assert_int_equal(messages, 0);
}

static void input_reaches_the_guest_as_it_takes_it(void **state)
{
	struct console *c = begin();
	int fd = attach(), before = notified;
	char block[1500];

	assert_int_equal(write(fd, "ls\n", 3), 3);
	pump(20);
	assert_int_equal(page->in_prod, 3);
	assert_memory_equal(page->in, "ls\n", 3);
	assert_true(notified > before);
	memset(block, 'x', sizeof(block));
	assert_int_equal(write(fd, block, sizeof(block)), (int)sizeof(block));
	pump(20);
	assert_int_equal(page->in_prod, sizeof(page->in));
	page->in_cons = page->in_prod;
	console_event(c);
	pump(20);
	assert_int_equal(page->in_prod, 3 + sizeof(block));
	close(fd);
	pump(20);
}

static void a_guest_that_only_rings_is_left_masked(void **state)
{
	struct console *c = begin();
	int before = unmasked, served = 0;

	for (; !tick_wanted && served < 100000; served++)
		console_event(c);
	assert_true(served < 2000);
	assert_int_equal(unmasked - before, served - 1);
	before = unmasked;
	console_tick();
	assert_int_equal(unmasked, before);
	clock_ms += 200;
	console_tick();
	assert_int_equal(unmasked, before + 1);
}

static void a_busy_guest_is_looked_at_by_the_clock(void **state)
{
	struct console *c = begin();
	int before = unmasked, events = 0;

	for (; !c->polled && events < 100; events++) {
		guest_writes("line\n");
		console_event(c);
	}
	assert_true(c->polled);
	assert_int_equal(unmasked - before, events - 1);
	before = notified;
	guest_writes("found without an event\n");
	pump(30); /* and falls silent */
	assert_int_equal(notified, before + 1);
	assert_int_equal(page->out_cons, page->out_prod);
	assert_false(c->polled);
}

static void the_rest_of_a_dead_guest_is_shown(void **state)
{
	struct console *c = begin();
	int fd = attach();

	guest_writes("panic");
	console_end(c);
	assert_false(mapped);
	assert_false(bound);
	console_tick();
	assert_ptr_equal(console_next(NULL), c);
	usleep(20000);
	clock_ms += 100;
	console_tick();
	assert_ptr_equal(console_next(NULL), c); /* not read yet */
	expect(fd, "panic");
	console_tick();
	assert_null(console_next(NULL));
	assert_int_equal(read(fd, type, 1), 0);
	close(fd);
}

static void a_dead_guest_waits_a_moment_for_its_first_client(void **state)
{
	struct console *c = begin();
	int fd;

	guest_writes("born to die");
	console_end(c);
	clock_ms += 1000;
	console_tick();
	assert_ptr_equal(console_next(NULL), c);
	fd = attach();
	expect(fd, "born to die");
	usleep(10000);
	clock_ms += 100;
	console_tick();
	assert_null(console_next(NULL));
	close(fd);

	page->out_cons = page->out_prod;
	c = begin();
	guest_writes("nobody comes");
	console_end(c);
	clock_ms += 3000;
	console_tick();
	assert_null(console_next(NULL));
}

/* What is left of a console when its process is gone: the file, and the guest's page. */
static void kill_daemon(struct console *c)
{
	stop_polling(c);
	set_attached(c, false);
	pty_close(&c->pty, self.inotify);
	log_close(&c->log);
	backlog_close(&c->backlog);
	LIST_REMOVE(c, next);
	LIST_REMOVE(c, bucket_next);
	free(c->name);
	free(c);
	mapped = bound = false;
}

/* A daemon killed between any two steps: its successor finds file and page as they were. */
static void a_killed_daemon_loses_and_repeats_nothing(void **state)
{
	struct console *c = begin();
	uint32_t before;
	int fd;

	rings(c, "one ");
	before = page->out_cons;
	rings(c, "two ");
	page->out_cons = before; /* killed before it told the guest */
	guest_writes("three ");
	kill_daemon(c);
	c = begin();
	rings(c, "four");
	fd = attach();
	expect(fd, "one two three four");
	close(fd);
	pump(20);
}

static void another_guests_backlog_is_not_shown(void **state)
{
	struct console *old = begin(), *c;
	int fd;

	rings(old, "secret");
	kill_daemon(old);
	strcpy(vm, "/vm/b");
	memset(page, 0, sizeof(*page));
	c = begin();
	rings(c, "mine");
	fd = attach();
	expect(fd, "mine");
	close(fd);
	pump(20);
}

static void what_cannot_be_mapped_is_tried_again(void **state)
{
	map_fails = true;
	begin();
	assert_false(bound);
	assert_true(tick_wanted);
	assert_int_equal(messages, 1);
	console_tick();
	assert_int_equal(messages, 1);
	map_fails = false;
	guest_writes("at last");
	console_tick();
	assert_true(mapped && bound);
	assert_int_equal(page->out_cons, page->out_prod);
}

static void a_device_models_console_is_left_alone(void **state)
{
	strcpy(type, "ioemu");
	begin();
	assert_false(mapped);
	assert_int_equal(tty[0], '\0');
}

static void a_destroyed_domains_nodes_stay_gone(void **state)
{
	struct console *c;

	gone = true;
	c = begin();
	assert_true(mapped);
	assert_int_equal(tty[0], '\0');
	clock_ms += 1500;
	console_tick();
	assert_int_equal(tty[0], '\0');
	assert_int_equal(messages, 0);
	console_end(c);
}

static void a_full_backlog_may_make_the_guest_wait(void **state)
{
	struct console *c;
	char block[2001];
	int fd;

	self.options.keep = true;
	c = begin();
	memset(block, 'x', 2000);
	block[2000] = '\0';
	for (int i = 0; page->out_cons == page->out_prod && i < 100; i++)
		rings(c, block);
	assert_int_equal(page->out_cons, BACKLOG_MIN);
	fd = attach();
	while (read(fd, block, sizeof(block)) > 0)
		pump(5);
	assert_int_equal(page->out_cons, page->out_prod);
	close(fd);
	pump(20);
}

static void wild_indices_are_reported_once(void **state)
{
	struct console *c = begin();

	for (uint32_t i = 1; i < 50; i++) {
		page->out_prod += 0x1000000 * i;
		page->in_cons = i * 0x7654321;
		rings(c, "");
	}
	assert_true(messages <= 1);
	rings(c, "");
	guest_writes("fine");
	rings(c, "");
	assert_int_equal(page->out_cons, page->out_prod);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_late_client_gets_all),
		CASE(input_reaches_the_guest_as_it_takes_it),
		CASE(a_guest_that_only_rings_is_left_masked),
		CASE(a_busy_guest_is_looked_at_by_the_clock),
		CASE(the_rest_of_a_dead_guest_is_shown),
		CASE(a_dead_guest_waits_a_moment_for_its_first_client),
		CASE(a_killed_daemon_loses_and_repeats_nothing),
		CASE(another_guests_backlog_is_not_shown),
		CASE(what_cannot_be_mapped_is_tried_again),
		CASE(a_device_models_console_is_left_alone),
		CASE(a_destroyed_domains_nodes_stay_gone),
		CASE(a_full_backlog_may_make_the_guest_wait),
		CASE(wild_indices_are_reported_once),
	};
	char command[100];
	int code;

	if (!mkdtemp(state_dir))
		return 1;
	self.options.state_dir = self.options.log_dir = state_dir;
	self.epoll = epoll_create1(0);
	self.inotify = inotify_init1(IN_NONBLOCK);
	LIST_INIT(&self.consoles);
	if (serve_start())
		return 1;
	code = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", state_dir);
	return system(command) ? 1 : code;
}
