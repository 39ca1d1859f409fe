/* SPDX-License-Identifier: MIT */
// sources: dom0-tools/net/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
// libs: -lmnl
/*
 * The five network modes: their words, where an interface of each goes, what contradicts itself,
 * and the rules a bridge gets. What they do to a kernel is a system test's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <errno.h>

#include "net/helpers.h"

static void words(void **state)
{
	static const struct {
		const char *word;
		int rc;
		enum net_mode mode;
	} rows[] = {
		{ "bridged", 0, NET_BRIDGED },
		{ "nat", 0, NET_NAT },
		{ "NAT", 0, NET_NAT },
		{ "host", 0, NET_HOST },
		{ "host-only", 0, NET_HOST },
		{ "hostonly", 0, NET_HOST },
		{ "internal", 0, NET_INTERNAL },
		{ "routed", 0, NET_ROUTED },
		{ "", -EINVAL, NET_DEFAULT },
		{ "natted", -EINVAL, NET_DEFAULT },
		{ "bridge", -EINVAL, NET_DEFAULT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum net_mode mode = NET_DEFAULT;

		assert_int_equal(net_mode_parse(rows[i].word, &mode), rows[i].rc);
		assert_int_equal(mode, rows[i].mode);
	}
	assert_string_equal(net_mode_word(NET_NAT), "nat");
	assert_string_equal(net_mode_word(NET_DEFAULT), "");
}

static void plans(void **state)
{
	static const struct {
		struct net_vif vif;
		enum net_mode mode;
		const char *bridge; /* NULL: refused */
	} rows[] = {
		{ { "vif1.0", .mode = NET_BRIDGED }, NET_BRIDGED, "xenbr0" },
		{ { "vif1.0", .bridge = "br7" }, NET_BRIDGED, "br7" },
		{ { "vif1.0", .mode = NET_NAT }, NET_NAT, "serai-nat" },
		{ { "vif1.0", .mode = NET_HOST }, NET_HOST, "serai-host" },
		{ { "vif1.0", .mode = NET_INTERNAL }, NET_INTERNAL, "serai-int" },
		{ { "vif1.0", .mode = NET_INTERNAL, .bridge = "lab" }, NET_INTERNAL, "lab" },
		{ { "vif1.0", .mode = NET_ROUTED }, NET_ROUTED, "serai-routed" },
		{ { "vif1.0", .mode = NET_ROUTED, .ip = "192.0.2.7" }, NET_ROUTED, "" },
		{ { "vif1.0", .mode = NET_ROUTED, .ip = " 192.0.2.7  2001:db8::7 " },
		  NET_ROUTED,
		  "" },
		{ { "vif1.0", .mode = NET_ROUTED, .gatewaydev = "eth0" }, NET_ROUTED, NULL },
		{ { "vif1.0", .mode = NET_ROUTED, .ip = "192.0.2.7", .bridge = "b" }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .ip = "192.0.2" }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .ip = "192.0.2.7 nonsense" }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .mtu = 9000 }, NET_NAT, "serai-nat" },
		{ { "vif1.0", .mode = NET_NAT, .mtu = 67 }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .mtu = 65536 }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .mac = "00:16:3e\n1,2" }, 0, NULL },
		{ { "", .mode = NET_NAT }, 0, NULL },
		{ { "a b", .mode = NET_NAT }, 0, NULL },
		{ { "-x", .mode = NET_NAT }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .bridge = "x\" drop" }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .bridge = "../x" }, 0, NULL },
		{ { "vif1.0", .mode = NET_NAT, .bridge = ".." }, 0, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char bridge[IFNAMSIZ] = "?", why[NET_WHY] = "?";
		enum net_mode mode;
		int rc = net_plan(&rows[i].vif, &mode, bridge, why);

		if (!rows[i].bridge) {
			assert_int_equal(rc, -EINVAL);
			assert_true(strlen(why) > 10);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(mode, rows[i].mode);
		assert_string_equal(bridge, rows[i].bridge);
		assert_string_equal(why, "");
	}
}

static void rules(void **state)
{
	struct net_addresses address = {
		.four = { .family = AF_INET, .address = { 192, 168, 177, 1 }, .prefix = 24 },
	};
	char text[2048];

	assert_true(net_rules(text, sizeof(text), net_kind(NET_NAT), "serai-nat", &address) > 0);
	assert_non_null(strstr(text, "delete table inet serai_serai-nat\n"));
	assert_non_null(
	    strstr(text, "ip saddr 192.168.177.0/24 oifname != \"serai-nat\" masquerade"));
	assert_null(strstr(text, "chain input"));
	assert_null(strstr(text, "ip6 saddr"));
	address.six = (struct link_address){ .family = AF_INET6,
					     .address = { 0xfd, 1, 2, 3, 4, 5, 6, 7, [15] = 1 },
					     .prefix = 64 };
	assert_true(net_rules(text, sizeof(text), net_kind(NET_NAT), "serai-nat", &address) > 0);
	assert_non_null(
	    strstr(text, "ip6 saddr fd01:203:405:607::/64 oifname != \"serai-nat\" masquerade"));

	assert_true(net_rules(text, sizeof(text), net_kind(NET_HOST), "h", &address) > 0);
	assert_non_null(strstr(text, "iifname \"h\" oifname != \"h\" drop"));
	assert_non_null(strstr(text, "oifname \"h\" iifname != \"h\" drop"));
	assert_null(strstr(text, "masquerade"));
	assert_null(strstr(text, "chain input")); /* Dom0 is there */

	assert_true(net_rules(text, sizeof(text), net_kind(NET_INTERNAL), "i", &address) > 0);
	assert_non_null(strstr(text, "chain input"));
	assert_int_equal(net_rules(text, 100, net_kind(NET_NAT), "serai-nat", &address), -ENOSPC);
}

static void lists_of_addresses(void **state)
{
	const char *list = " 192.0.2.7,2001:db8::7\t10.0.0.1";
	uint8_t address[16];
	int family;

	assert_int_equal(net_address_next(&list, &family, address), 1);
	assert_int_equal(family, AF_INET);
	assert_int_equal(address[3], 7);
	assert_int_equal(net_address_next(&list, &family, address), 1);
	assert_int_equal(family, AF_INET6);
	assert_int_equal(address[15], 7);
	assert_int_equal(net_address_next(&list, &family, address), 1);
	assert_int_equal(net_address_next(&list, &family, address), 0);
	list = "1234567890123456789012345678901234567890123456789012345678901234567890";
	assert_int_equal(net_address_next(&list, &family, address), -EINVAL);
}

static void missing_interface(void **state)
{
	const struct net_vif vif = { .name = "no-such-vif", .mode = NET_NAT };
	char why[NET_WHY];

	assert_int_equal(net_join(&vif, why), -ENODEV);
	assert_non_null(strstr(why, "no-such-vif"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(plans),
		cmocka_unit_test(rules),
		cmocka_unit_test(lists_of_addresses),
		cmocka_unit_test(missing_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
