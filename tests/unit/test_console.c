// sources: hypervisor/common/console/output.c hypervisor/common/console/ring.c hypervisor/common/console/input.c hypervisor/common/console/console_io.c hypervisor/common/event/*.c hypervisor/common/rangeset.c hypervisor/lib/vsnprintf.c tests/unit/fake_hv.c
// cflags: -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/* The console: prefix, levels, rate limit, ring reads, input switching, console_io's permissions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/console.h>
#include <hv/hypercall.h>
#include <hv/keyhandler.h>
#include <hv/time.h>
#include <public/sysctl.h>
#include "fake_hv.h"
#include <hv/console_options.h>

static char shown[200000];
static size_t nr_shown;
static char keys[16];
static unsigned int nr_keys;
static s_time_t now;

s_time_t NOW(void)
{
	return now;
}

void handle_keypress(unsigned char key)
{
	keys[nr_keys++ % sizeof(keys)] = (char)key;
}

void keyhandlers_run_pending(void)
{
}

void open_softirq(enum softirq nr, void (*handler)(void))
{
}

static void show(const char *s, size_t len)
{
	memcpy(shown + nr_shown, s, len);
	nr_shown += len;
	shown[nr_shown] = '\0';
}

static struct console_device screen = { .name = "test", .write = show };
static struct domain *dom0, *domu;
static uint32_t mark; /* ring index at the start of a case */

static struct xen_sysctl_readconsole read_ring(char *to, uint32_t room, uint32_t index, bool clear)
{
	struct xen_sysctl_readconsole op = { .incremental = 1, .index = index, .count = room,
					     .clear = clear };

	memset(to, 0, room);
	op.buffer.p = to;
	assert_int_equal(console_read_ring(&op), 0);
	return op;
}

static int setup(void **state)
{
	static char drain[100000];

	now += SECONDS(100);
	dom0 = fake_domain(0, 1, true);
	domu = fake_domain(3, 2, false);
	fake_run_as(dom0->vcpu[0]);
	mark = read_ring(drain, sizeof(drain), 0, true).index;
	nr_shown = 0;
	shown[0] = '\0';
	nr_keys = 0;
	memset(&fake_counts, 0, sizeof(fake_counts));
	return 0;
}

static int teardown(void **state)
{
	console_send_ring_notice();
	fake_domain_free(domu);
	fake_domain_free(dom0);
	return 0;
}

static void text_before_the_first_device_is_replayed(void **state)
{
	printk("early\n");
	assert_int_equal(nr_shown, 0);
	console_register(&screen);
	assert_string_equal(shown, "(XEN) early\n");
}

static void each_line_gets_the_prefix_once(void **state)
{
	printk("one\ntwo ");
	printk("words %d\n", 3);
	printk("\nx\n");
	assert_string_equal(shown, "(XEN) one\n(XEN) two words 3\n(XEN) \n(XEN) x\n");
	assert_int_equal(fake_counts.softirqs, 1); /* one notice for all */
}

static void guest_messages_name_the_vcpu(void **state)
{
	assert_int_equal(console_opt_guest_loglvl("all"), 0);
	fake_run_as(domu->vcpu[1]);
	printk("unfinished");
	gprintk(LOG_DEBUG, "bad %s\n", "thing");
	assert_string_equal(shown, "(XEN) unfinished\n(XEN) d3v1 bad thing\n");
}

static void levels_and_rate_are_as_set(void **state)
{
	assert_int_equal(console_opt_loglvl("error/info"), 0);
	log_at(LOG_DEBUG, "debug\n");
	log_at(LOG_ERR, "error\n");
	assert_string_equal(shown, "(XEN) error\n");
	nr_shown = 0;
	for (int i = 0; i < 25; i++)
		log_at(LOG_INFO, "i\n");
	assert_int_equal(nr_shown, 10 * strlen("(XEN) i\n"));
	for (int i = 0; i < 25; i++)
		log_at(LOG_ERR, "e\n"); /* below the lower threshold: no limit */
	assert_int_equal(nr_shown, 35 * strlen("(XEN) i\n"));
	now += SECONDS(1);
	nr_shown = 0;
	log_at(LOG_INFO, "again\n");
	assert_string_equal(shown, "(XEN) 15 messages suppressed\n(XEN) again\n");
	assert_int_equal(console_opt_loglvl("loud"), -EINVAL);
	assert_int_equal(console_opt_loglvl("info/"), -EINVAL);
	assert_int_equal(console_opt_loglvl("info/all/none"), -EINVAL);
}

static void incremental_reads_go_on_where_they_stopped(void **state)
{
	char buf[64];
	struct xen_sysctl_readconsole r;

	printk("abc\n");
	r = read_ring(buf, 6, mark, false);
	assert_memory_equal(buf, "(XEN) ", 6);
	r = read_ring(buf, 60, r.index, false);
	assert_string_equal(buf, "abc\n");
	r = read_ring(buf, 60, r.index, false);
	assert_int_equal(r.count, 0);
	printk("d\n");
	r = read_ring(buf, 60, r.index, false);
	assert_string_equal(buf, "(XEN) d\n");
	r = read_ring(buf, 60, r.index + 1000, false); /* from the future: all there is */
	assert_string_equal(buf, "(XEN) abc\n(XEN) d\n");
	r = read_ring(buf, 60, mark, true);
	r = read_ring(buf, 60, mark, false); /* cleared */
	assert_int_equal(r.count, 0);
}

static void the_ring_keeps_the_newest_text(void **state)
{
	static char buf[100000];
	struct xen_sysctl_readconsole r;

	for (int i = 0; i < 5000; i++)
		printk("line %04d\n", i);
	r = read_ring(buf, sizeof(buf) - 1, mark, false);
	assert_int_equal(r.count, 16 << 10);
	assert_string_equal(buf + r.count - 10, "line 4999\n");
	console_set_ring_size(60000);
	console_init();
	r = read_ring(buf, sizeof(buf) - 1, mark, false);
	assert_int_equal(r.count, 16 << 10);
	for (int i = 0; i < 5000; i++)
		printk("line %04d\n", i);
	r = read_ring(buf, sizeof(buf) - 1, mark, false);
	assert_int_equal(r.count, 64 << 10);
	r.index = mark;
	r.count = 10;
	fake_guest_memory_faults = true;
	assert_int_equal(console_read_ring(&r), -EFAULT);
	fake_guest_memory_faults = false;
}

static void dom0_writes_raw_and_others_may_not(void **state)
{
	char text[] = "login: ";

	assert_int_equal(do_console_io(CONSOLEIO_write, 7, (unsigned long)text), 0);
	assert_string_equal(shown, "login: ");
	printk("note\n");
	assert_string_equal(shown, "login: \n(XEN) note\n");
	fake_run_as(domu->vcpu[0]);
	assert_int_equal(do_console_io(CONSOLEIO_write, 7, (unsigned long)text), -EPERM);
	assert_int_equal(do_console_io(CONSOLEIO_read, 7, (unsigned long)text), -EPERM);
	assert_int_equal(do_console_io(2, 7, (unsigned long)text), -ENOSYS);
	fake_run_as(dom0->vcpu[0]);
	assert_int_equal(do_console_io(CONSOLEIO_write, 0xffffffff, (unsigned long)text), -EINVAL);
	assert_int_equal(do_console_io(CONSOLEIO_write, 7, 0), -EFAULT);
}

static void input_goes_to_dom0_until_switched(void **state)
{
	struct evtchn_bind_virq virq = { .virq = VIRQ_CONSOLE };
	char got[16] = "";

	assert_int_equal(do_event_channel_op(EVTCHNOP_bind_virq, (unsigned long)&virq), 0);
	console_receive('h'); /* before Dom0 runs: a debug key */
	assert_int_equal(nr_keys, 1);
	console_end_boot();
	console_receive('a');
	console_receive(1);
	console_receive('b');
	assert_true(evtchn_port_is_pending(dom0, virq.port));
	assert_int_equal(do_console_io(CONSOLEIO_read, 15, (unsigned long)got), 3);
	assert_string_equal(got, "a\001b");
	assert_int_equal(do_console_io(CONSOLEIO_read, 15, (unsigned long)got), 0);
	for (int i = 0; i < 3; i++)
		console_receive(1);
	console_receive('q');
	assert_int_equal(nr_keys, 2);
	assert_int_equal(keys[1], 'q');
	for (int i = 0; i < 3; i++)
		console_receive(1);
	for (int i = 0; i < 1000; i++)
		console_receive('x'); /* more than Dom0 reads */
	assert_int_equal(nr_keys, 2);
	assert_int_equal(do_console_io(CONSOLEIO_read, 200, (unsigned long)shown), 128);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(text_before_the_first_device_is_replayed),
		CASE(each_line_gets_the_prefix_once),
		CASE(guest_messages_name_the_vcpu),
		CASE(levels_and_rate_are_as_set),
		CASE(incremental_reads_go_on_where_they_stopped),
		CASE(the_ring_keeps_the_newest_text),
		CASE(dom0_writes_raw_and_others_may_not),
		CASE(input_goes_to_dom0_until_switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
