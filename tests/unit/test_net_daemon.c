/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/net/daemon/class.c pv-drivers/ring/pv_negotiate.c dom0-tools/net/modes.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include
// cflags: -Ipv-drivers/ring -Ipv-drivers/back -Idom0-tools -Idom0-tools/lib/include
/*
 * The network class in serai-backd: when an interface is placed and when it stands already, and
 * what a frontend's nodes make of a connection. The loopback interface stands for a tap that is
 * there.
 */
#include "pv_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/daemon/net_daemon.h"

extern const struct back_class *const __start_back_classes[];

static struct {
	char key[48], value[64];
} nodes[64];
static unsigned int nr_nodes, placings, errors;
static uint32_t offloads;

static struct net_device net;
static struct back_device device = { .domid = 7, .devid = 0, .state = &net };

static char *find(const char *key)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strcmp(nodes[i].key, key))
			return nodes[i].value;
	return NULL;
}

static void set(const char *key, const char *value)
{
	char *there = find(key);

	assert_true(nr_nodes < 64);
	if (!there) {
		snprintf(nodes[nr_nodes].key, sizeof(nodes[0].key), "%s", key);
		there = nodes[nr_nodes++].value;
	}
	snprintf(there, sizeof(nodes[0].value), "%s", value);
}

/* The frontend's keys begin with "f:". */
static char *read_node(const char *prefix, const char *key)
{
	char whole[80], *value;

	snprintf(whole, sizeof(whole), "%s%s", prefix, key);
	value = find(whole);
	return value ? strdup(value) : NULL;
}

char *back_read(struct back_device *d, const char *key)
{
	return read_node("", key);
}

static int read_number(const char *prefix, const char *key, uint32_t max, uint32_t *number)
{
	char *text = read_node(prefix, key), *end = NULL;
	unsigned long value = text ? strtoul(text, &end, 10) : 0;
	int rc = !text ? -ENOENT : *end || value > max ? -EINVAL : 0;

	free(text);
	if (!rc)
		*number = (uint32_t)value;
	return rc;
}

int back_read_number(struct back_device *d, const char *key, uint32_t max, uint32_t *number)
{
	return read_number("", key, max, number);
}

int back_read_front_number(struct back_device *d, const char *key, uint32_t max, uint32_t *number)
{
	return read_number("f:", key, max, number);
}

int back_write(struct back_device *d, const char *key, const char *format, ...)
{
	char value[64];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	set(key, value);
	return 0;
}

int back_error(struct back_device *d, int rc, const char *format, ...)
{
	errors++;
	return rc;
}

struct xs_handle *back_store(void)
{
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	errno = ENOENT;
	return NULL;
}

int tap_make(const char *name)
{
	return 0;
}

int tap_open(const char *name)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int tap_set_offloads(int fd, uint32_t wanted)
{
	offloads = wanted;
	return 0;
}

void tap_remove(const char *name)
{
}

void tap_remove_stale(bool (*in_use)(unsigned int domid, unsigned int devid))
{
}

int net_place(struct back_device *d)
{
	placings++;
	return BACK_LATER;
}

void net_unplace(struct back_device *d)
{
}

static void begin(const char *name, const char *mode, const char *ip)
{
	nr_nodes = placings = errors = 0;
	net = (struct net_device){ 0 };
	set("vifname", name);
	set("mode", mode);
	set("ip", ip);
}

static int advertise(void)
{
	return __start_back_classes[0]->advertise(&device);
}

static void a_new_interface_is_placed(void **state)
{
	begin("lo", "routed", "192.0.2.9");
	assert_int_equal(advertise(), BACK_LATER);
	assert_int_equal(placings, 1);
	net.placed = true;
	assert_int_equal(advertise(), 0);
	assert_int_equal(placings, 1);
	assert_string_equal(find("feature-rx-copy"), "1");
}

/* Of an earlier serai-backd: not placed again, since that takes time and may fail. */
static void one_that_stands_is_left(void **state)
{
	begin("lo", "routed", "192.0.2.9");
	set("hotplug-status", "connected");
	assert_int_equal(advertise(), 0);
	assert_int_equal(placings, 0);
	assert_true(net.placed);
	assert_string_equal(find("feature-sg"), "1");
}

static void one_that_does_not_stand_is_placed(void **state)
{
	begin("nosuch0", "routed", "192.0.2.9"); /* it is gone */
	set("hotplug-status", "connected");
	assert_int_equal(advertise(), BACK_LATER);
	begin("lo", "nat", ""); /* it has left its bridge */
	set("hotplug-status", "connected");
	assert_int_equal(advertise(), BACK_LATER);
	begin("lo", "routed", "192.0.2.9"); /* the toolstack's word before anything was done */
	set("hotplug-status", "");
	assert_int_equal(advertise(), BACK_LATER);
	assert_int_equal(placings, 1);
}

static void a_script_runs_once(void **state)
{
	begin("lo", "", "");
	set("script", "/bin/true");
	assert_int_equal(advertise(), BACK_LATER);
	begin("lo", "", "");
	set("script", "/bin/true");
	set("hotplug-status", "connected");
	assert_int_equal(advertise(), 0);
	assert_int_equal(placings, 0);
}

static int prepare(struct back_connect *connect)
{
	static uint8_t body[BACK_BODY_BYTES] __attribute__((aligned(8)));
	int rc;

	memset(body, 0, sizeof(body));
	*connect = (struct back_connect){ .body = body };
	rc = __start_back_classes[0]->prepare(&device, connect, false);
	while (connect->nr_fds && connect->fds[connect->nr_fds - 1] > 2)
		close(connect->fds[--connect->nr_fds]);
	return rc;
}

static void one_queue(void **state)
{
	struct back_connect connect;
	const struct net_connect *body;

	begin("lo", "routed", "192.0.2.9");
	set("f:request-rx-copy", "1");
	set("f:tx-ring-ref", "8");
	set("f:rx-ring-ref", "9");
	set("f:event-channel", "5");
	set("f:feature-sg", "1");
	set("f:feature-gso-tcpv4", "1");
	set("rate", "100000,50000");
	assert_int_equal(prepare(&connect), 0);
	body = (const void *)connect.body;
	assert_int_equal(body->nr_queues, 1);
	assert_int_equal(body->queue[0].tx_ref, 8);
	assert_int_equal(body->queue[0].rx_port, 5);
	assert_int_equal(body->offloads, NET_SG | NET_CSUM_V4 | NET_GSO_V4);
	assert_int_equal(offloads, body->offloads);
	assert_int_equal(body->rate_bytes, 100000);
	assert_int_equal(connect.journal_bytes, sizeof(struct net_journal));
}

/* Each lacks or contradicts something: an error that is told. */
static void frontends_that_are_wrong(void **state)
{
	static const char *const rows[][2] = {
		{ "f:request-rx-copy", "0" },
		{ "f:multi-queue-num-queues", "0" },
		{ "f:multi-queue-num-queues", "99" },
		{ "f:tx-ring-ref", "x" },
		{ "f:event-channel", "-1" },
		{ "rate", "1" },
		{ "rate", "1,0" },
		{ "rate", "1,2,3" },
	};
	struct back_connect connect;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("lo", "routed", "192.0.2.9");
		set("f:request-rx-copy", "1");
		set("f:tx-ring-ref", "8");
		set("f:rx-ring-ref", "9");
		set("f:event-channel", "5");
		set(rows[i][0], rows[i][1]);
		assert_true(prepare(&connect) < 0);
		assert_int_equal(errors, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_interface_is_placed),
		cmocka_unit_test(one_that_stands_is_left),
		cmocka_unit_test(one_that_does_not_stand_is_placed),
		cmocka_unit_test(a_script_runs_once),
		cmocka_unit_test(one_queue),
		cmocka_unit_test(frontends_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
