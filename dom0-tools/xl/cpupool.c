/* SPDX-License-Identifier: MIT */
/* cpupool-list, -destroy, -rename, -migrate, -cpu-add, -cpu-remove: pools that exist. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/output.h"
#include "xl/pool_change.h"
#include "xl/pools.h"

static bool in(const uint8_t *bits, unsigned int cpu)
{
	return bits[cpu / 8] >> (cpu % 8) & 1;
}

/* Every CPU by its number, as this one output has always had them. */
static void cpu_list(const struct pools *pools, const struct pool *pool, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (unsigned int cpu = 0; cpu < pools->nr_cpus && used < size; cpu++)
		if (in(pool->cpus, cpu))
			used += (size_t)snprintf(text + used, size - used, "%s%u", used ? "," : "",
						 cpu);
}

static void pool_row(struct output *out, const struct pools *pools, const struct pool *pool,
		     bool cpus)
{
	static char list[CPU_LIST_BYTES];
	unsigned int count = 0;

	for (unsigned int cpu = 0; cpu < pools->nr_cpus; cpu++)
		count += in(pool->cpus, cpu);
	cpu_list(pools, pool, list, sizeof(list));
	row_begin(out);
	cell_text(out, "name", "", -19, pool->name);
	if (out->json)
		cell_number(out, "id", "", 0, pool->id);
	if (cpus || out->json)
		cell_text(out, "cpu_list", "", 0, list);
	if (!cpus || out->json) {
		cell_number(out, "cpus", "", 3, count);
		cell_text(out, "scheduler", " ", 9, scheduler_of(pool->scheduler));
		only_text(out, "       y");
		cell_number(out, "domains", "       ", 4, pool->nr_domains);
	}
	row_end(out);
}

int cmd_cpupool_list(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "cpus", 0, NULL, 'c' }, JSON_OPTION, HELP_OPTION, END_OPTIONS
	};
	struct pools pools;
	struct pool *only;
	struct output out;
	bool cpus = false;
	int option, code;

	while ((option = next_option(xl, argc, argv, "ch", longs)) != -1)
		cpus |= option == 'c';
	if (!pools_get(xl, &pools))
		return EXIT_FAILED;
	only = argv[optind] ? pools_find(&pools, argv[optind]) : NULL;
	if (argv[optind] && !only)
		return fail(xl, "there is no CPU pool %s; xl cpupool-list shows those there are",
			    argv[optind]);
	output_begin(&out, xl->json, false,
		     cpus ? "Name               CPU list"
			  : "Name               CPUs   Sched     Active   Domain count");
	for (unsigned int i = 0; i < pools.count; i++)
		if (!only || only == &pools.pool[i])
			pool_row(&out, &pools, &pools.pool[i], cpus);
	pools_free(&pools);
	code = output_end(&out);
	return xl->session.xs ? code : EXIT_FAILED;
}

int cmd_cpupool_destroy(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1), code = EXIT_FAILED;
	struct pools pools;
	struct pool *pool;

	if (!whole_session(xl) || !pools_get(xl, &pools))
		return EXIT_FAILED;
	pool = pools_find(&pools, argv[at]);
	if (!pool)
		fail(xl, "there is no CPU pool %s; xl cpupool-list shows those there are",
		     argv[at]);
	else if (!pool->id)
		fail(xl,
		     "%s cannot be destroyed: it is the hypervisor's first pool and holds Domain-0",
		     pool->name);
	else if (pool->nr_domains)
		fail(xl, "%s still has %u domains; xl cpupool-migrate moves them", pool->name,
		     pool->nr_domains);
	else
		code = pool_destroy(xl, pool, pools.nr_cpus) ? EXIT_DONE : EXIT_FAILED;
	pools_free(&pools);
	return code;
}

int cmd_cpupool_rename(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2), code = EXIT_FAILED;
	struct pools pools;
	struct pool *pool;

	if (!whole_session(xl) || !pools_get(xl, &pools))
		return EXIT_FAILED;
	pool = pools_find(&pools, argv[at]);
	if (!pool)
		fail(xl, "there is no CPU pool %s; xl cpupool-list shows those there are",
		     argv[at]);
	else if (pools_find(&pools, argv[at + 1]))
		fail(xl, "there is a CPU pool %s already; choose another name", argv[at + 1]);
	else
		code = pool_set_name(xl, pool->id, argv[at + 1]) ? EXIT_DONE : EXIT_FAILED;
	pools_free(&pools);
	return code;
}

int cmd_cpupool_migrate(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);
	uint32_t domid, pool;

	if (!domain_lookup(xl, argv[at], &domid) || !pool_lookup(xl, argv[at + 1], &pool))
		return EXIT_FAILED;
	if (!xc_cpupool_movedomain(xl->session.xc, pool, domid))
		return EXIT_DONE;
	return fail(xl, "domain %u could not be moved to %s: %s", domid, argv[at + 1],
		    errno == EINVAL || errno == ENOENT ? "the pool has no CPU" : strerror(errno));
}

/* Each CPU of the set, moved; those that cannot be are told in one line. */
static int move_cpus(struct xl *xl, const char *pool_name_or_id, const char *text, bool add)
{
	char left[256] = "";
	struct cpu_map set, failed;
	bool any = false, all = !strcmp(text, "all");
	uint32_t pool;
	int error = 0;

	if (!cpus_read(xl, text, &set))
		return EXIT_FAILED;
	if (!pool_lookup(xl, pool_name_or_id, &pool)) {
		free(set.bits);
		return EXIT_FAILED;
	}
	failed = cpus_new(xl);
	for (unsigned int cpu = 0; failed.bits && cpu < set.nr; cpu++) {
		if (!in(set.bits, cpu))
			continue;
		any = true;
		if (add ? !xc_cpupool_addcpu(xl->session.xc, pool, (int)cpu)
			: !xc_cpupool_removecpu(xl->session.xc, pool, (int)cpu))
			continue;
		/* "all" means all that can be: CPUs of other pools, or not there, are no failure.
		 */
		if (all && (errno == ENODEV || errno == EINVAL || errno == EEXIST ||
			    (add && errno == EBUSY)))
			continue;
		error = errno;
		failed.bits[cpu / 8] |= (uint8_t)(1u << (cpu % 8));
	}
	if (error)
		print_map(left, sizeof(left), failed.bits, failed.nr, 0);
	free(failed.bits);
	free(set.bits);
	if (!any)
		return fail(xl, "%s holds no CPU of this machine", text);
	if (!error)
		return EXIT_DONE;
	return fail(xl, "CPUs %s could not be %s %s: %s", left, add ? "added to" : "removed from",
		    pool_name_or_id,
		    error != EBUSY && error != ENODEV && error != EEXIST && error != EINVAL
			? strerror(error)
		    : add	     ? "they are not free (xl cpupool-cpu-remove frees them)"
		    : error == EBUSY ? "a domain of the pool would be left without a CPU"
				     : "they are not its own");
}

int cmd_cpupool_cpu_add(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);

	return move_cpus(xl, argv[at], argv[at + 1], true);
}

int cmd_cpupool_cpu_remove(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);

	return move_cpus(xl, argv[at], argv[at + 1], false);
}
