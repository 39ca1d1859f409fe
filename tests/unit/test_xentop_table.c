// SPDX-License-Identifier: MIT
// sources: dom0-tools/xentop/reading.c dom0-tools/xentop/model.c dom0-tools/xentop/columns.c
// sources: dom0-tools/xentop/lines.c dom0-tools/xentop/report*.c dom0-tools/xentop/options.c
// sources: dom0-tools/config/json.c dom0-tools/xentop/hypercalls.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
// libs: -lyajl
/*
 * xentop's table against lines that Debian's xentop 4.17 printed of the same numbers, its order,
 * its reports for programs, its options.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "xentop/options.h"
#include "xentop/report.h"
#include "xentop_fixture.h"

#define SECOND 1000000000ULL
#define HEADER                                                                                     \
	"      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS "   \
	"NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID\n"
#define DOMAIN_0                                                                                   \
	"  Domain-0 -----r         67    0.0    1048576   33.3    1048576      33.3     1    0  "  \
	"      0        0    0        0        0        0          0          0    0\n"
#define GUEST                                                                                      \
	"        g1 --b---         20    0.0     262144    8.3     263168       8.4     2    1  "  \
	"      1        0    1        0       12        8       2328       2048    0\n"

/* The machine of the sample: Dom0 and a guest with one interface and one disk. */
static void sample_machine(struct model *model)
{
	struct reading reading = { .when_ns = SECOND,
				   .total_kb = 3145340,
				   .free_kb = 1800000,
				   .nr_cpus = 1,
				   .cpu_khz = 2000123,
				   .version = "4.17.7" };
	struct domain_counters *domain = add_domain(&reading, 0, "Domain-0");

	domain->state = STATE_RUNNING;
	domain->cpu_ns = 67 * SECOND + 1;
	domain->mem_kb = domain->max_kb = 1048576;
	add_vcpu(domain, 0, 67 * SECOND);
	domain = add_domain(&reading, 1, "g1");
	domain->state = STATE_BLOCKED;
	domain->cpu_ns = 20 * SECOND + 999;
	domain->mem_kb = 262144;
	domain->max_kb = 263168;
	add_vcpu(domain, 0, 13 * SECOND);
	add_vcpu(domain, 1, 7 * SECOND);
	*add_net(domain, 0) = (struct net_counters){ .rx_bytes = 1234, .tx_bytes = 90 };
	*add_disk(domain, 51712) = (struct disk_counters){ .dev = 51712,
							   .counted = true,
							   .reads = 12,
							   .writes = 8,
							   .read_sectors = 2328,
							   .written_sectors = 2048 };
	assert_int_equal(model_update(model, &reading), 0);
}

static char *text_of(int (*make)(FILE *, const struct model *, const struct show *),
		     const struct model *model, const struct show *show)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(make(out, model, show), 0);
	fclose(out);
	return text;
}

static void expect_batch(const struct show *show, const char *expected)
{
	struct model model = { 0 };
	char *text;

	sample_machine(&model);
	text = text_of(report_batch, &model, show);
	assert_string_equal(text, expected);
	free(text);
	model_free(&model);
}

static void batch_mode_prints_what_debians_prints(void **state)
{
	struct show show = { .sort = SORT_DOMID };

	expect_batch(&show, HEADER DOMAIN_0 GUEST);
	show.vcpus = true;
	expect_batch(&show, HEADER DOMAIN_0 "VCPUs(sec):   0:         67s\n" GUEST
					    "VCPUs(sec):   0:         13s  1:          7s\n");
	show = (struct show){ .repeat_header = true };
	expect_batch(&show, HEADER DOMAIN_0 HEADER GUEST);
}

static void devices_have_lines(void **state)
{
	struct show show = { .networks = true, .vbds = true };

	expect_batch(&show, HEADER DOMAIN_0 GUEST
		     "Net0 RX:       90bytes        0pkts        0err        0drop  "
		     "TX:     1234bytes        0pkts        0err        0drop\n"
		     "VBD BlkBack 51712 [ca: 0]  OO:        0   RD:       12   WR:        8"
		     "   RSECT:       2328   WSECT:       2048\n");
}

static void many_vcpus_take_several_lines(void **state)
{
	struct reading reading = { 0 };
	struct domain_counters *domain = add_domain(&reading, 1, "g");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (unsigned int i = 0; i < 6; i++)
		add_vcpu(domain, i, i * SECOND)->online = i != 2;
	write_vcpus(out, domain);
	fclose(out);
	assert_string_equal(text, "VCPUs(sec):   0:          0s  1:          1s  3:          3s"
				  "  4:          4s\n          5:          5s\n");
	free(text);
	reading_free(&reading);
}

static void no_limit_and_long_names(void **state)
{
	struct model model = { 0 };
	struct reading reading = { .total_kb = 1000 };
	struct domain_counters *domain = add_domain(&reading, 9, "a-very-long-name");
	struct show show = { .sort = SORT_DOMID };
	char *text;

	domain->max_kb = NO_LIMIT;
	domain->state = STATE_DYING | STATE_SHUTDOWN | STATE_PAUSED | STATE_CRASHED;
	assert_int_equal(model_update(&model, &reading), 0);
	text = text_of(report_batch, &model, &show);
	assert_non_null(strstr(text, "\na-very-lon ds-cp-          0    0.0          0    0.0"
				     "   no limit       n/a     0"));
	free(text);
	show.full_name = true;
	text = text_of(report_batch, &model, &show);
	assert_memory_equal(text, "            NAME  STATE ", 24);
	assert_non_null(strstr(text, "\na-very-long-name ds-cp- "));
	free(text);
	model_free(&model);
}

static void columns_are_found_by_title(void **state)
{
	struct model model = { 0 };
	int start, width;

	assert_int_equal(column_named("cpu(%)"), 3);
	assert_int_equal(column_named("nettx"), 10);
	assert_int_equal(column_named("domid"), SORT_DOMID);
	assert_int_equal(column_named("nothing"), -2);
	assert_int_equal(column_named(""), -2);
	for (int i = 0; i < NR_COLUMNS; i++) {
		size_t length = strlen(column_title(i));

		column_span(&model, &(struct show){ .sort = i }, &start, &width);
		assert_memory_equal(HEADER + start + width - length, column_title(i), length);
	}
}

static void expect_order(struct model *model, struct show show, const char *order)
{
	sort_views(model, &show);
	for (size_t i = 0; order[i]; i++)
		assert_int_equal(model->views[i]->now->name[0], order[i]);
}

static void any_column_sorts(void **state)
{
	struct model model = { 0 };
	struct reading reading = { .total_kb = 1000 };
	struct domain_counters *domain = add_domain(&reading, 0, "D");

	domain->mem_kb = 50;
	add_net(domain, 0);
	domain = add_domain(&reading, 1, "c");
	domain->mem_kb = 70;
	domain = add_domain(&reading, 2, "b");
	domain->mem_kb = 70;
	domain->max_kb = NO_LIMIT;
	assert_int_equal(model_update(&model, &reading), 0);
	expect_order(&model, (struct show){ .sort = SORT_DOMID }, "Dcb");
	expect_order(&model, (struct show){ .sort = SORT_DOMID, .reverse = true }, "bcD");
	expect_order(&model, (struct show){ .sort = column_named("NAME") }, "bcD");
	expect_order(&model, (struct show){ .sort = column_named("MEM(k)") }, "cbD");
	expect_order(&model, (struct show){ .sort = column_named("MEM(k)"), .dom0_first = true },
		     "Dcb");
	expect_order(&model, (struct show){ .sort = column_named("MAXMEM(k)") }, "bDc");
	expect_order(&model, (struct show){ .sort = column_named("NETS") }, "Dcb");
	for (int i = SORT_DOMID; i < NR_COLUMNS; i++)
		sort_views(&model, &(struct show){ .sort = i });
	model_free(&model);
}

static void the_summary_is_three_lines(void **state)
{
	struct model model = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	sample_machine(&model);
	write_summary(out, &model);
	fclose(out);
	assert_memory_equal(text, "xentop - ", 9);
	assert_string_equal(
	    text + 17,
	    "   Xen 4.17.7\n"
	    "2 domains: 1 running, 1 blocked, 0 paused, 0 crashed, 0 dying, 0 shutdown \n"
	    "Mem: 3145340k total, 1345340k used, 1800000k free    CPUs: 1 @ 2000MHz\n");
	free(text);
	model_free(&model);
}

static void json_is_well_formed(void **state)
{
	static const char *guest[] = { "domains", NULL };
	struct model model = { 0 };
	struct show show = { .sort = SORT_DOMID };
	yajl_val tree, domains;
	char *text, error[80];

	sample_machine(&model);
	add_calls_made(&model.reading.domains[1], 29, 12);
	model.reading.domains[1].vcpus[0].waits_known = true;
	model.reading.domains[1].vcpus[0].waited_ns = 2500000000;
	text = text_of(report_json, &model, &show);
	assert_non_null(strstr(text, "\"hypercalls\": null"));
	assert_non_null(strstr(text, "\"sched_op\": 12"));
	assert_non_null(strstr(text, "\"waited_seconds\": null"));
	assert_non_null(strstr(text, "\"waited_seconds\": 2.500000"));
	tree = yajl_tree_parse(text, error, sizeof(error));
	assert_non_null(tree);
	domains = yajl_tree_get(tree, guest, yajl_t_array);
	assert_int_equal(domains->u.array.len, 2);
	assert_non_null(strstr(text, "\"cpu_percent\": null"));
	assert_non_null(strstr(text, "\"cpu_seconds\": 13.000000"));
	assert_non_null(strstr(text, "\"written_sectors\": 2048"));
	yajl_tree_free(tree);
	free(text);
	model_free(&model);
}

static void metrics_escape_names_and_end(void **state)
{
	struct model model = { 0 };
	struct show show = { .sort = SORT_DOMID };
	char *text;

	sample_machine(&model);
	strcpy(model.reading.domains[1].name, "g\"\\1");
	add_calls_made(&model.reading.domains[1], 29, 12);
	model.reading.domains[1].vcpus[0].waits_known = true;
	model.reading.domains[1].vcpus[0].waited_ns = 500000000;
	text = text_of(report_metrics, &model, &show);
	assert_non_null(strstr(text, "\nxen_domain_cpu_seconds_total{domid=\"1\","
				     "domain=\"g\\\"\\\\1\"} 20.000000999\n"));
	assert_non_null(strstr(text, "\nxen_net_receive_bytes_total{domid=\"1\","
				     "domain=\"g\\\"\\\\1\",net=\"0\"} 1234\n"));
	assert_non_null(strstr(text, ",vbd=\"51712\"} 1048576\n"));
	assert_non_null(strstr(text, ",number=\"29\",name=\"sched_op\"} 12\n"));
	assert_non_null(strstr(text, "xen_vcpu_waited_seconds_total{domid=\"1\",domain=\"g\\\"\\\\1\",vcpu=\"0\"} 0.500000000\n"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	model_free(&model);
}

static enum options_result parse(struct options *options, const char *line)
{
	char copy[200], *words[20];
	int nr = 0;

	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[nr++] = word;
	words[nr] = NULL;
	optind = 0;
	return options_parse(options, nr, words);
}

static void options_are_xentops(void **state)
{
	struct options options;

	assert_int_equal(parse(&options, "xentop"), OPTIONS_RUN);
	assert_int_equal(options.show.sort, 0);
	assert_true(options.delay == 3 && !options.iterations && options.output == OUTPUT_SCREEN);
	assert_int_equal(parse(&options, "xentop -bvnxrfz -i2 -d0.5"), OPTIONS_RUN);
	assert_true(options.delay == 0.5 && options.iterations == 2);
	assert_true(options.show.vcpus && options.show.networks && options.show.vbds);
	assert_true(options.show.repeat_header && options.show.full_name &&
		    options.show.dom0_first);
	assert_int_equal(options.output, OUTPUT_BATCH);
	assert_int_equal(parse(&options, "xentop --json --sort cpu(%)"), OPTIONS_RUN);
	assert_true(options.iterations == 1 && options.show.sort == 3);
	assert_int_equal(parse(&options, "xentop --metrics -i 3"), OPTIONS_RUN);
	assert_int_equal(options.iterations, 3);
	for (const char *const *wrong =
		 (const char *const[]){ "xentop -d x", "xentop -d -1", "xentop -d 1e9",
					"xentop -d nan", "xentop -i 0", "xentop -i 2x",
					"xentop -i -1", "xentop -s size", "xentop -Q",
					"xentop word", NULL };
	     *wrong; wrong++)
		assert_int_equal(parse(&options, *wrong), OPTIONS_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_mode_prints_what_debians_prints),
		cmocka_unit_test(devices_have_lines),
		cmocka_unit_test(many_vcpus_take_several_lines),
		cmocka_unit_test(no_limit_and_long_names),
		cmocka_unit_test(columns_are_found_by_title),
		cmocka_unit_test(any_column_sorts),
		cmocka_unit_test(the_summary_is_three_lines),
		cmocka_unit_test(json_is_well_formed),
		cmocka_unit_test(metrics_escape_names_and_end),
		cmocka_unit_test(options_are_xentops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
