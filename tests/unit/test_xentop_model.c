// SPDX-License-Identifier: MIT
// sources: dom0-tools/xentop/reading.c dom0-tools/xentop/model.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
/* xentop's model: speeds from two readings, counters that wrap or start anew, domains that come and
 * go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xentop/model.h"
#include "xentop_fixture.h"

#define SECOND 1000000000ULL

static void update(struct model *model, struct reading *reading)
{
	assert_int_equal(model_update(model, reading), 0);
	assert_null(reading->domains);
}

static void a_counter_that_fell_wrapped_or_began_anew(void **state)
{
	assert_int_equal(counter_delta(5, 5), 0);
	assert_int_equal(counter_delta(5, 9), 4);
	assert_int_equal(counter_delta(UINT32_MAX - 9, 10), 20);
	assert_int_equal(counter_delta(1000, 10), 10);
	assert_int_equal(counter_delta((uint64_t)UINT32_MAX * 4, 10), 10);
}

static void the_first_reading_has_no_speeds(void **state)
{
	struct model model = { 0 };
	struct reading reading = { .when_ns = 50 * SECOND };

	add_domain(&reading, 0, "Domain-0")->cpu_ns = 40 * SECOND;
	update(&model, &reading);
	assert_int_equal(model.nr_views, 1);
	assert_false(model.views[0]->known);
	assert_true(model.views[0]->speed[SERIES_CPU] == 0);
	assert_int_equal(model.views[0]->nr_history, 0);
	model_free(&model);
}

static void speeds_are_differences_over_time(void **state)
{
	struct model model = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct reading reading = { .when_ns = (10 + 2 * i) * SECOND };
		struct domain_counters *domain = add_domain(&reading, 3, "g");
		struct net_counters *net = add_net(domain, 0);
		struct disk_counters *disk = add_disk(domain, 51712);

		domain->cpu_ns = 5 * SECOND + i * 3 * SECOND;
		add_vcpu(domain, 0, i * SECOND);
		add_vcpu(domain, 1, i * 2 * SECOND);
		net->tx_bytes = 100 + i * 2000;
		net->rx_bytes = UINT32_MAX - 99 + i * 300ULL;
		disk->read_sectors = 8 + i * 16;
		if (i)
			net->rx_bytes &= UINT32_MAX;
		update(&model, &reading);
	}
	assert_true(model.views[0]->known);
	assert_true(model.views[0]->speed[SERIES_CPU] == 150);
	assert_true(model.views[0]->vcpu_percent[0] == 50);
	assert_true(model.views[0]->vcpu_percent[1] == 100);
	assert_true(model.views[0]->speed[SERIES_NET_TX] == 1000);
	assert_true(model.views[0]->speed[SERIES_NET_RX] == 150);
	assert_true(model.views[0]->speed[SERIES_DISK_READ] == 4096);
	model_free(&model);
}

static void devices_that_come_do_not_count_as_traffic(void **state)
{
	struct model model = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct reading reading = { .when_ns = (1 + i) * SECOND };
		struct domain_counters *domain = add_domain(&reading, 1, "g");

		add_net(domain, i)->tx_bytes = 1000000;
		add_disk(domain, i)->written_sectors = 1000000;
		update(&model, &reading);
	}
	assert_true(model.views[0]->speed[SERIES_NET_TX] == 0);
	assert_true(model.views[0]->speed[SERIES_DISK_WRITE] == 0);
	model_free(&model);
}

static void processor_time_that_runs_backwards_is_no_work(void **state)
{
	struct model model = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct reading reading = { .when_ns = (1 + i) * SECOND };

		add_domain(&reading, 1, "g")->cpu_ns = (5 - i) * SECOND;
		update(&model, &reading);
	}
	assert_true(model.views[0]->speed[SERIES_CPU] == 0);
	model_free(&model);
}

static void domains_come_and_go(void **state)
{
	struct model model = { 0 };
	static const unsigned int present[][3] = { { 0, 1, 2 }, { 0, 2, 5 } };

	for (unsigned int i = 0; i < 2; i++) {
		struct reading reading = { .when_ns = (1 + i) * SECOND };

		for (unsigned int j = 0; j < 3; j++)
			add_domain(&reading, present[i][j], "x")->cpu_ns = i * SECOND / 2;
		update(&model, &reading);
	}
	assert_int_equal(model.nr_views, 3);
	assert_true(model.views[1]->known && model.views[1]->domid == 2);
	assert_true(model.views[1]->speed[SERIES_CPU] == 50);
	assert_false(model.views[2]->known);
	assert_true(model.views[2]->speed[SERIES_CPU] == 0);
	model_free(&model);
}

static void no_domains_at_all(void **state)
{
	struct model model = { 0 };
	struct reading reading = { .when_ns = SECOND };

	update(&model, &reading);
	assert_int_equal(model.nr_views, 0);
	assert_int_equal(model_count(&model, STATE_RUNNING), 0);
	model_free(&model);
}

static void a_number_used_again_starts_afresh(void **state)
{
	struct model model = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		struct reading reading = { .when_ns = (1 + i) * SECOND };
		struct domain_counters *domain = add_domain(&reading, 1, "x");

		domain->handle[15] = (uint8_t)i;
		domain->cpu_ns = i * SECOND;
		update(&model, &reading);
	}
	assert_false(model.views[0]->known);
	assert_true(model.views[0]->speed[SERIES_CPU] == 0);
	model_free(&model);
}

static void history_keeps_the_newest(void **state)
{
	struct model model = { 0 };
	uint64_t cpu = 0;

	for (unsigned int i = 0; i < HISTORY + 20; i++) {
		struct reading reading = { .when_ns = (1 + i) * SECOND };

		cpu += i * SECOND / 1000;
		add_domain(&reading, 1, "x")->cpu_ns = cpu;
		update(&model, &reading);
		assert_true(model.views[0]->nr_history == (i < HISTORY ? i : HISTORY));
	}
	for (unsigned int age = 0; age < HISTORY; age++) {
		double expected = (HISTORY + 19 - age) / 10.0;
		double got = view_history(model.views[0], SERIES_CPU, age);

		assert_true(got > expected - 0.01 && got < expected + 0.01);
	}
	assert_true(view_history(model.views[0], SERIES_CPU, HISTORY) == 0);
	model_free(&model);
}

static void states_are_counted(void **state)
{
	struct model model = { 0 };
	struct reading reading = { .when_ns = SECOND };

	add_domain(&reading, 0, "a")->state = STATE_RUNNING;
	add_domain(&reading, 1, "b")->state = STATE_BLOCKED | STATE_PAUSED;
	add_domain(&reading, 2, "c")->state = STATE_BLOCKED;
	update(&model, &reading);
	assert_int_equal(model_count(&model, STATE_RUNNING), 1);
	assert_int_equal(model_count(&model, STATE_BLOCKED), 2);
	assert_int_equal(model_count(&model, STATE_PAUSED), 1);
	assert_int_equal(model_count(&model, STATE_CRASHED), 0);
	model_free(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_that_fell_wrapped_or_began_anew),
		cmocka_unit_test(the_first_reading_has_no_speeds),
		cmocka_unit_test(speeds_are_differences_over_time),
		cmocka_unit_test(devices_that_come_do_not_count_as_traffic),
		cmocka_unit_test(processor_time_that_runs_backwards_is_no_work),
		cmocka_unit_test(domains_come_and_go),
		cmocka_unit_test(no_domains_at_all),
		cmocka_unit_test(a_number_used_again_starts_afresh),
		cmocka_unit_test(history_keeps_the_newest),
		cmocka_unit_test(states_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
