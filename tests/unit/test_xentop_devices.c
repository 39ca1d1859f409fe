// SPDX-License-Identifier: MIT
// sources: dom0-tools/xentop/reading.c dom0-tools/xentop/collect_devices.c
// sources: dom0-tools/xentop/collect_journals.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ipv-drivers/back
/* Where xentop takes devices' counters from, with a sysfs made of files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "back.h"
#include "xentop/collect.h"
#include "xentop_fixture.h"

static char top[64];

static void put(const char *path, const char *text)
{
	char full[300];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	for (char *slash = full + strlen(top) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_sysfs(void **state)
{
	strcpy(top, "/tmp/xentop-test-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_sysfs(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

static void what_a_backend_receives_its_guest_sent(void **state)
{
	struct reading reading = { 0 };
	struct domain_counters *domain = add_domain(&reading, 7, "g");

	put("class/net/vif7.1/statistics/rx_bytes", "18446744073709551615\n");
	put("class/net/vif7.1/statistics/rx_packets", "3\n");
	put("class/net/vif7.1/statistics/tx_bytes", "200\n");
	put("class/net/vif7.1/statistics/tx_dropped", "4\n");
	put("class/net/vif7.0/statistics/tx_bytes", "1\n");
	put("class/net/vif7.0-emu/statistics/tx_bytes", "1\n");
	put("class/net/vif8.0/statistics/tx_bytes", "1\n");
	put("class/net/eth0/statistics/tx_bytes", "1\n");
	assert_int_equal(collect_nets(&reading, top), 0);
	assert_int_equal(domain->nr_nets, 2);
	assert_int_equal(domain->nets[0].id, 0);
	assert_true(domain->nets[1].tx_bytes == UINT64_MAX);
	assert_int_equal(domain->nets[1].tx_packets, 3);
	assert_int_equal(domain->nets[1].rx_bytes, 200);
	assert_int_equal(domain->nets[1].rx_drops, 4);
	reading_free(&reading);
}

static void disks_are_found_below_the_backend_bus(void **state)
{
	struct reading reading = { 0 };
	struct domain_counters *domain;

	add_domain(&reading, 0, "Domain-0");
	domain = add_domain(&reading, 12, "g");
	put("bus/xen-backend/devices/vbd-12-51728/statistics/rd_req", "5\n");
	put("bus/xen-backend/devices/vbd-12-51728/statistics/wr_sect", "16\n");
	put("bus/xen-backend/devices/vbd-12-51712/nodename", "backend/vbd/12/51712\n");
	put("bus/xen-backend/devices/vif-12-0/statistics/rd_req", "5\n");
	put("bus/xen-backend/devices/vbd-99-1/statistics/rd_req", "5\n");
	assert_int_equal(collect_disks(&reading, top), 0);
	assert_int_equal(reading.domains[0].nr_disks, 0);
	assert_int_equal(domain->nr_disks, 2);
	assert_int_equal(domain->disks[0].dev, 51712);
	assert_false(domain->disks[0].counted);
	assert_true(domain->disks[1].counted);
	assert_int_equal(domain->disks[1].reads, 5);
	assert_int_equal(domain->disks[1].written_sectors, 16);
	reading_free(&reading);
}

static void put_journal(const char *name, const struct back_journal *head)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(head, sizeof(*head), 1, file), 1);
	fclose(file);
}

static void journals_are_disks_of_our_own(void **state)
{
	struct back_journal head = { .magic = BACK_JOURNAL_MAGIC };
	struct reading reading = { 0 };
	struct domain_counters *domain = add_domain(&reading, 3, "g");

	head.counters.to_guest.operations = 7;
	head.counters.to_guest.bytes = 7 * 4096;
	head.counters.from_guest.operations = 2;
	head.counters.from_guest.bytes = 1024;
	head.counters.waits = 1;
	put_journal("3-qdisk-51728", &head);
	put_journal("3-qdisk-51712", &head);
	put_journal("3-qdisk-51712.pid", &head);
	put_journal("3-qnic-0", &head);
	put_journal("9-qdisk-51712", &head);
	head.magic = 0;
	put_journal("3-qdisk-51744", &head);
	put("3-qdisk-51760", "short");
	assert_int_equal(collect_journals(&reading, top), 0);
	assert_int_equal(domain->nr_disks, 2);
	assert_int_equal(domain->disks[0].dev, 51712);
	assert_true(domain->disks[0].counted);
	assert_int_equal(domain->disks[1].reads, 7);
	assert_int_equal(domain->disks[1].writes, 2);
	assert_int_equal(domain->disks[1].read_sectors, 56);
	assert_int_equal(domain->disks[1].written_sectors, 2);
	assert_int_equal(domain->disks[1].out_of_requests, 1);
	reading_free(&reading);
}

static void a_system_without_devices_is_fine(void **state)
{
	struct reading reading = { 0 };

	add_domain(&reading, 0, "Domain-0");
	assert_int_equal(collect_nets(&reading, "/nowhere"), 0);
	assert_int_equal(collect_disks(&reading, "/nowhere"), 0);
	assert_int_equal(collect_journals(&reading, "/nowhere"), 0);
	reading_free(&reading);
}

static void arrays_grow(void **state)
{
	struct reading reading = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		add_domain(&reading, i, "x");
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(reading_find(&reading, i)->domid, i);
	assert_null(reading_find(&reading, 1000));
	reading_free(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_backend_receives_its_guest_sent),
		cmocka_unit_test(disks_are_found_below_the_backend_bus),
		cmocka_unit_test(journals_are_disks_of_our_own),
		cmocka_unit_test(a_system_without_devices_is_fine),
		cmocka_unit_test(arrays_grow),
	};

	return cmocka_run_group_tests(tests, make_sysfs, remove_sysfs);
}
