/* SPDX-License-Identifier: MIT */
/*
 * sched-credit2 and sched-credit: weights, caps and rates. Both commands are one, over what the two
 * schedulers have in common; each speaks only of pools with its own scheduler.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/output.h"
#include "xl/pools.h"

struct values {
	int weight, cap;	      /* of a domain; -1: not given */
	long long slice, rate, delay; /* of a pool; -1 */
};

struct scheduler {
	const char *name;
	int (*get)(xc_interface *xc, uint32_t domid, struct values *values);
	int (*set)(xc_interface *xc, uint32_t domid, const struct values *values);
	int (*pool_get)(xc_interface *xc, uint32_t pool, struct values *values);
	int (*pool_set)(xc_interface *xc, uint32_t pool, const struct values *values);
};

static int credit2_get(xc_interface *xc, uint32_t domid, struct values *values)
{
	struct xen_domctl_sched_credit2 sched;
	int error = xc_sched_credit2_domain_get(xc, domid, &sched);

	values->weight = sched.weight;
	values->cap = sched.cap;
	return error;
}

static int credit2_set(xc_interface *xc, uint32_t domid, const struct values *values)
{
	struct xen_domctl_sched_credit2 sched = { (uint16_t)values->weight, (uint16_t)values->cap };

	return xc_sched_credit2_domain_set(xc, domid, &sched);
}

static int credit2_pool_get(xc_interface *xc, uint32_t pool, struct values *values)
{
	struct xen_sysctl_credit2_schedule schedule = { 0 };
	int error = xc_sched_credit2_params_get(xc, pool, &schedule);

	values->rate = schedule.ratelimit_us;
	return error;
}

static int credit2_pool_set(xc_interface *xc, uint32_t pool, const struct values *values)
{
	struct xen_sysctl_credit2_schedule schedule = { (uint32_t)values->rate };

	return xc_sched_credit2_params_set(xc, pool, &schedule);
}

static int credit_get(xc_interface *xc, uint32_t domid, struct values *values)
{
	struct xen_domctl_sched_credit sched;
	int error = xc_sched_credit_domain_get(xc, domid, &sched);

	values->weight = sched.weight;
	values->cap = sched.cap;
	return error;
}

static int credit_set(xc_interface *xc, uint32_t domid, const struct values *values)
{
	struct xen_domctl_sched_credit sched = { (uint16_t)values->weight, (uint16_t)values->cap };

	return xc_sched_credit_domain_set(xc, domid, &sched);
}

static int credit_pool_get(xc_interface *xc, uint32_t pool, struct values *values)
{
	struct xen_sysctl_credit_schedule schedule = { 0 };
	int error = xc_sched_credit_params_get(xc, pool, &schedule);

	values->slice = schedule.tslice_ms;
	values->rate = schedule.ratelimit_us;
	values->delay = schedule.vcpu_migr_delay_us;
	return error;
}

static int credit_pool_set(xc_interface *xc, uint32_t pool, const struct values *values)
{
	struct xen_sysctl_credit_schedule schedule = { .tslice_ms = (uint32_t)values->slice,
						       .ratelimit_us = (uint32_t)values->rate,
						       .vcpu_migr_delay_us =
							   (uint32_t)values->delay };

	return xc_sched_credit_params_set(xc, pool, &schedule);
}

static const struct scheduler credit2 = { "credit2", credit2_get, credit2_set, credit2_pool_get,
					  credit2_pool_set };
static const struct scheduler credit = { "credit", credit_get, credit_set, credit_pool_get,
					 credit_pool_set };

struct request {
	const struct scheduler *scheduler;
	struct values values;
	const char *domain, *pool;
	bool of_pool; /* -s */
};

static void domain_row(struct xl *xl, struct output *out, uint32_t domid,
		       const struct values *values)
{
	char *name = domain_name_of(xl, domid);

	row_begin(out);
	cell_text(out, "name", "", -33, name || out->json ? name : "(null)");
	cell_number(out, "domid", " ", 4, domid);
	cell_number(out, "weight", " ", 6, values->weight);
	cell_number(out, "cap", " ", 4, values->cap);
	row_end(out);
	free(name);
}

#define HEADER "Name                                ID Weight  Cap"

/* The pool a domain is in must have this command's scheduler. */
static bool right_scheduler(struct xl *xl, const struct request *request,
			    const xc_domaininfo_t *info)
{
	struct pools pools;
	const char *has = request->scheduler->name;

	if (!pools_get(xl, &pools))
		return false;
	for (unsigned int i = 0; i < pools.count; i++)
		if (pools.pool[i].id == info->cpupool)
			has = scheduler_of(pools.pool[i].scheduler);
	pools_free(&pools);
	if (!strcmp(has, request->scheduler->name))
		return true;
	fail(xl, "this domain's scheduler is %s, not %s; %s%s", has, request->scheduler->name,
	     !strncmp(has, "credit", 6) ? "use xl sched-"
					: "xl cpupool-migrate moves it to a pool of that scheduler",
	     !strncmp(has, "credit", 6) ? has : "");
	return false;
}

static int change_domain(struct xl *xl, const struct request *request, uint32_t domid,
			 struct values old)
{
	if (request->values.weight >= 0)
		old.weight = request->values.weight;
	if (request->values.cap >= 0)
		old.cap = request->values.cap;
	if (!request->scheduler->set(xl->session.xc, domid, &old))
		return EXIT_DONE;
	return fail(xl, "weight %d and cap %d of domain %u were refused: %s", old.weight, old.cap,
		    domid, strerror(errno));
}

static int one_domain(struct xl *xl, const struct request *request)
{
	struct output out;
	struct values values;
	xc_domaininfo_t info;
	uint32_t domid;

	if (!domain_lookup(xl, request->domain, &domid) || !domain_get(xl, domid, &info) ||
	    !right_scheduler(xl, request, &info))
		return EXIT_FAILED;
	if (request->scheduler->get(xl->session.xc, domid, &values))
		return fail(xl, "the hypervisor does not tell domain %u's weight: %s", domid,
			    strerror(errno));
	if (request->values.weight >= 0 || request->values.cap >= 0)
		return change_domain(xl, request, domid, values);
	output_begin(&out, xl->json, false, HEADER);
	domain_row(xl, &out, domid, &values);
	return output_end(&out);
}

static void pool_line(struct xl *xl, const struct request *request, const struct pool *pool)
{
	struct values values = { 0 };

	if (request->scheduler->pool_get(xl->session.xc, pool->id, &values))
		printf("Cpupool %s: [sched params unavailable]\n", pool->name);
	else if (request->scheduler == &credit)
		printf("Cpupool %s: tslice=%lldms ratelimit=%lldus migration-delay=%lldus\n",
		       pool->name, values.slice, values.rate, values.delay);
	else
		printf("Cpupool %s: ratelimit=%lldus\n", pool->name, values.rate);
}

static void pool_domains(struct xl *xl, const struct request *request, struct output *out,
			 const struct pool *pool, const struct domains *domains)
{
	struct values values;

	if (!xl->json) {
		pool_line(xl, request, pool);
		if (!request->of_pool)
			puts(HEADER);
	}
	for (unsigned int i = 0; !request->of_pool && i < domains->count; i++)
		if (domains->info[i].cpupool == pool->id &&
		    !request->scheduler->get(xl->session.xc, domains->info[i].domain, &values))
			domain_row(xl, out, domains->info[i].domain, &values);
}

static int show_pools(struct xl *xl, const struct request *request, struct pools *pools)
{
	struct domains domains = { 0 };
	struct output out;
	int code;

	if (!domains_get(xl, &domains))
		return EXIT_FAILED;
	output_begin(&out, xl->json, false, NULL);
	for (unsigned int i = 0; i < pools->count; i++)
		if ((!request->pool || pools_find(pools, request->pool) == &pools->pool[i]) &&
		    !strcmp(scheduler_of(pools->pool[i].scheduler), request->scheduler->name))
			pool_domains(xl, request, &out, &pools->pool[i], &domains);
	free(domains.info);
	code = output_end(&out);
	return xl->session.xs ? code : EXIT_FAILED;
}

/* -s: rates of a pool, the first unless named. */
static int change_pool(struct xl *xl, const struct request *request, struct pools *pools)
{
	const struct pool *pool =
	    request->pool ? pools_find(pools, request->pool) : &pools->pool[0];
	struct values now = { 0 };

	if (request->scheduler->pool_get(xl->session.xc, pool->id, &now))
		return fail(xl, "%s does not run %s: its scheduler is %s", pool->name,
			    request->scheduler->name, scheduler_of(pool->scheduler));
	if (request->values.slice >= 0)
		now.slice = request->values.slice;
	if (request->values.rate >= 0)
		now.rate = request->values.rate;
	if (request->values.delay >= 0)
		now.delay = request->values.delay;
	if (!request->scheduler->pool_set(xl->session.xc, pool->id, &now))
		return EXIT_DONE;
	return fail(xl, "the hypervisor refused these rates for %s: %s", pool->name,
		    strerror(errno));
}

static int run_request(struct xl *xl, const struct request *request)
{
	const struct values *values = &request->values;
	bool rates = values->slice >= 0 || values->rate >= 0 || values->delay >= 0;
	struct pools pools;
	int code;

	if (request->domain && (request->pool || request->of_pool))
		return fail(xl, "-d is for a domain, -p and -s are for pools: not both at once");
	if (!request->domain && (values->weight >= 0 || values->cap >= 0))
		return fail(xl, "weight and cap are a domain's: name it by -d");
	if (rates && !request->of_pool)
		return fail(xl, "rates are a pool's: give -s as well");
	if (request->domain)
		return one_domain(xl, request);
	if (!pools_get(xl, &pools))
		return EXIT_FAILED;
	if (request->pool && !pools_find(&pools, request->pool))
		code = fail(xl, "there is no CPU pool %s; xl cpupool-list shows those there are",
			    request->pool);
	else if (!pools.count)
		code = fail(xl, "the hypervisor lists no CPU pool");
	else
		code = rates ? change_pool(xl, request, &pools) : show_pools(xl, request, &pools);
	pools_free(&pools);
	return code;
}

static bool take_option(struct xl *xl, struct request *request, int option)
{
	long long number = 0;

	switch (option) {
	case 'd':
		request->domain = optarg;
		return true;
	case 'p':
		request->pool = optarg;
		return true;
	case 's':
		request->of_pool = true;
		return true;
	case 'w':
		if (!number_read(xl, "weight", optarg, 1, 65535, &number))
			return false;
		request->values.weight = (int)number;
		return true;
	case 'c':
		if (!number_read(xl, "cap", optarg, 0, 65535, &number))
			return false;
		request->values.cap = (int)number;
		return true;
	case 't':
		return number_read(xl, "time slice in ms", optarg, 1, 1000, &request->values.slice);
	case 'r':
		return number_read(xl, "rate limit in us (0: none)", optarg, 0, 500000,
				   &request->values.rate);
	default:
		return number_read(xl, "migration delay in us", optarg, 0, 100000,
				   &request->values.delay);
	}
}

static int run_command(struct xl *xl, int argc, char **argv, const struct scheduler *scheduler,
		       const char *shorts)
{
	static const struct option longs[] = {
		{ "domain", 1, NULL, 'd' },
		{ "weight", 1, NULL, 'w' },
		{ "cap", 1, NULL, 'c' },
		{ "schedparam", 0, NULL, 's' },
		{ "tslice_ms", 1, NULL, 't' },
		{ "ratelimit_us", 1, NULL, 'r' },
		{ "migration_delay_us", 1, NULL, 'm' },
		{ "cpupool", 1, NULL, 'p' },
		JSON_OPTION,
		HELP_OPTION,
		END_OPTIONS,
	};
	struct request request = { .scheduler = scheduler, .values = { -1, -1, -1, -1, -1 } };
	int option;

	while ((option = next_option(xl, argc, argv, shorts, longs)) != -1)
		if (!take_option(xl, &request, option))
			return EXIT_FAILED;
	return run_request(xl, &request);
}

int cmd_sched_credit2(struct xl *xl, int argc, char **argv)
{
	return run_command(xl, argc, argv, &credit2, "d:w:c:sr:p:h");
}

int cmd_sched_credit(struct xl *xl, int argc, char **argv)
{
	return run_command(xl, argc, argv, &credit, "d:w:c:st:r:m:p:h");
}
