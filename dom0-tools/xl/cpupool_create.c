/* SPDX-License-Identifier: MIT */
/*
 * cpupool-create and cpupool-numa-split: new pools, from a file of xl.cfg's grammar (name=, sched=,
 * cpus=, nodes=) or from the machine's nodes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/conf.h"
#include "xl/pool_change.h"

struct plan {
	const char *source; /* for the user */
	char *name;
	uint32_t scheduler;
	struct cpu_map cpus;
	unsigned int count;
};

static bool read_file(struct xl *xl, struct syntax *syntax, const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(text, 1, sizeof(text), file) : 0;

	if (!file) {
		fail(xl, "the configuration %s cannot be read: %s", path, strerror(errno));
		return false;
	}
	fclose(file);
	return syntax_add(syntax, path, text, length);
}

/* "0-3", 2 or ["0", "2-3"]; joined into one set. */
static bool read_cpus(struct xl *xl, const struct setting *setting, const char *prefix,
		      struct cpu_map *map)
{
	char text[1024] = "";
	const struct node *value = setting->value;
	unsigned int count = value->kind == NODE_LIST ? value->count : 1;

	for (unsigned int i = 0; i < count; i++) {
		const struct node *item = value->kind == NODE_LIST ? value->item[i] : value;
		size_t used = strlen(text);

		if (item->kind == NODE_LIST)
			return fail(xl, "%s must be a number, a range or a list of them",
				    setting->key),
			       false;
		snprintf(text + used, sizeof(text) - used, "%s%s%s", used ? "," : "", prefix,
			 item->text);
	}
	if (!*text)
		return true;
	return cpus_read(xl, text, map);
}

static bool read_scheduler(struct xl *xl, struct syntax *syntax, uint32_t *scheduler)
{
	const struct setting *setting = syntax_find(syntax, "sched");
	int number = 0;

	if (!setting) {
		if (xc_sched_id(xl->session.xc, &number))
			return fail(xl, "the hypervisor does not tell its scheduler: %s",
				    strerror(errno)),
			       false;
	} else {
		number = setting->value->text ? scheduler_number(setting->value->text) : -1;
		if (number < 0)
			return fail(xl, "%s is no scheduler: there are credit, credit2, rtds, null",
				    setting->value->text ? setting->value->text : "a list"),
			       false;
	}
	*scheduler = (uint32_t)number;
	return true;
}

static bool read_plan(struct xl *xl, struct syntax *syntax, struct plan *plan)
{
	const struct setting *name = syntax_find(syntax, "name"),
			     *cpus = syntax_find(syntax, "cpus");
	const struct setting *nodes = syntax_find(syntax, "nodes");

	if (!name || !name->value->text || !*name->value->text)
		return fail(xl, "the pool has no name: add name=\"…\""), false;
	if (cpus && nodes)
		return fail(xl, "cpus and nodes exclude each other: leave one out"), false;
	plan->name = name->value->text;
	if (!read_scheduler(xl, syntax, &plan->scheduler))
		return false;
	if (cpus && !read_cpus(xl, cpus, "", &plan->cpus))
		return false;
	if (nodes && !read_cpus(xl, nodes, "node:", &plan->cpus))
		return false;
	for (unsigned int i = 0; i < plan->cpus.nr; i++)
		plan->count += plan->cpus.bits[i / 8] >> (i % 8) & 1;
	return true;
}

static bool check_plan(struct xl *xl, const struct plan *plan)
{
	xc_cpumap_t free_map = xc_cpupool_freeinfo(xl->session.xc);
	struct pools pools;
	bool good = free_map && pools_get(xl, &pools);

	if (good && pools_find(&pools, plan->name)) {
		fail(xl, "there is a CPU pool %s already; choose another name", plan->name);
		good = false;
	}
	for (unsigned int i = 0; good && i < plan->cpus.nr; i++)
		if (plan->cpus.bits[i / 8] & (1u << (i % 8)) &&
		    !(free_map[i / 8] & (1u << (i % 8)))) {
			fail(xl, "CPU %u belongs to a pool; xl cpupool-cpu-remove frees it", i);
			good = false;
		}
	if (free_map)
		pools_free(&pools);
	free(free_map);
	return good;
}

static int carry_out(struct xl *xl, const struct plan *plan, bool dry_run)
{
	uint32_t id;

	if (!check_plan(xl, plan))
		return EXIT_FAILED;
	printf("Using config file \"%s\"\ncpupool name:   %s\nscheduler:      %s\nnumber of cpus: "
	       "%u\n",
	       plan->source, plan->name, scheduler_of(plan->scheduler), plan->count);
	fflush(stdout);
	if (dry_run)
		return EXIT_DONE;
	return pool_create(xl, plan->name, plan->scheduler, plan->cpus.bits ? &plan->cpus : NULL,
			   &id)
		   ? EXIT_DONE
		   : EXIT_FAILED;
}

int cmd_cpupool_create(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "defconfig", 1, NULL, 'f' }, { "dryrun", 0, NULL, 'n' }, HELP_OPTION, END_OPTIONS
	};
	struct plan plan = { 0 };
	const char *file = NULL, **overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	struct syntax syntax;
	bool dry_run = xl->dry_run, good = overrides;
	int option, nr = 0, code = EXIT_FAILED;

	while ((option = next_option(xl, argc, argv, "nf:h", longs)) != -1) {
		dry_run |= option == 'n';
		if (option == 'f')
			file = optarg;
	}
	for (int i = optind; overrides && i < argc; i++) {
		if (strchr(argv[i], '='))
			overrides[nr++] = argv[i];
		else
			file = argv[i];
	}
	syntax_init(&syntax, print_fault, xl);
	plan.source = file ? file : "command line";
	good = good && (!file || read_file(xl, &syntax, file)) &&
	       syntax_add_overrides(&syntax, overrides) && syntax_fold(&syntax);
	if (good && whole_session(xl) && read_plan(xl, &syntax, &plan))
		code = carry_out(xl, &plan, dry_run);
	free(plan.cpus.bits);
	syntax_free(&syntax);
	free(overrides);
	return code;
}

/* The CPUs of one node, if it has any, leave the first pool for one of their own. */
static bool split_off(struct xl *xl, const struct pool *first, unsigned int node)
{
	char text[32], name[32];
	struct cpu_map cpus;
	uint32_t id;
	bool good = true, any = false;

	snprintf(text, sizeof(text), "node:%u", node);
	snprintf(name, sizeof(name), "Pool-node%u", node);
	if (!cpus_read(xl, text, &cpus))
		return false;
	for (unsigned int cpu = 0; cpu < cpus.nr; cpu++) {
		if (!(cpus.bits[cpu / 8] & (1u << (cpu % 8))))
			continue;
		any = true;
		if (xc_cpupool_removecpu(xl->session.xc, first->id, (int)cpu)) {
			fail(xl, "CPU %u could not leave %s: %s", cpu, first->name,
			     strerror(errno));
			free(cpus.bits);
			return false;
		}
	}
	if (any)
		good = pool_create(xl, name, first->scheduler, &cpus, &id);
	free(cpus.bits);
	return good;
}

int cmd_cpupool_numa_split(struct xl *xl, int argc, char **argv)
{
	struct pools pools;
	xc_physinfo_t machine;
	bool good = true;

	plain_arguments(xl, argc, argv, 0);
	if (!whole_session(xl) || !pools_get(xl, &pools))
		return EXIT_FAILED;
	if (pools.count != 1 || xc_physinfo(xl->session.xc, &machine)) {
		pools_free(&pools);
		return fail(xl, "there must be just one CPU pool to be split; xl cpupool-destroy "
				"removes the others");
	}
	for (unsigned int node = 1; good && node <= machine.max_node_id; node++)
		good = split_off(xl, &pools.pool[0], node);
	good = good && pool_set_name(xl, pools.pool[0].id, "Pool-node0");
	pools_free(&pools);
	return good ? EXIT_DONE : EXIT_FAILED;
}
