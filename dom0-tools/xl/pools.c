/* SPDX-License-Identifier: MIT */
/* Reading CPU pools; names of schedulers. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xl/pools.h"

static const char *const schedulers[] = { [4] = "sedf", "credit", "credit2",
					  "arinc653",	"rtds",	  "null" };
#define NR_SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

const char *scheduler_of(uint32_t number)
{
	return number < NR_SCHEDULERS && schedulers[number] ? schedulers[number] : "unknown";
}

int scheduler_number(const char *name)
{
	for (size_t i = 0; i < NR_SCHEDULERS; i++)
		if (schedulers[i] && !strcmp(schedulers[i], name))
			return (int)i;
	return -1;
}

static bool add_pool(struct xl *xl, struct pools *pools, const xc_cpupoolinfo_t *info)
{
	size_t bytes = ((size_t)pools->nr_cpus + 7) / 8;
	struct pool *grown = realloc(pools->pool, (pools->count + 1) * sizeof(*grown)), *pool;

	if (!grown)
		return false;
	pools->pool = grown;
	pool = &grown[pools->count++];
	*pool = (struct pool){ info->cpupool_id, info->sched_id, info->n_dom,
			       pool_name(xl, info->cpupool_id), calloc(1, bytes + 8) };
	if (pool->cpus)
		memcpy(pool->cpus, info->cpumap, bytes);
	return pool->cpus && pool->name;
}

bool pools_get(struct xl *xl, struct pools *pools)
{
	int nr = hypervisor(xl) ? xc_get_max_cpus(xl->session.xc) : -1;
	uint32_t next = 0;

	*pools = (struct pools){ .nr_cpus = nr > 0 ? (unsigned int)nr : 0 };
	if (nr <= 0)
		return false;
	for (;;) {
		xc_cpupoolinfo_t *info = xc_cpupool_getinfo(xl->session.xc, next);
		bool good;

		if (!info || info->cpupool_id < next) {
			if (info)
				xc_cpupool_infofree(xl->session.xc, info);
			return true;
		}
		next = info->cpupool_id + 1;
		good = add_pool(xl, pools, info);
		xc_cpupool_infofree(xl->session.xc, info);
		if (!good) {
			fail(xl, "out of memory");
			pools_free(pools);
			return false;
		}
	}
}

void pools_free(struct pools *pools)
{
	for (unsigned int i = 0; i < pools->count; i++) {
		free(pools->pool[i].name);
		free(pools->pool[i].cpus);
	}
	free(pools->pool);
	*pools = (struct pools){ 0 };
}

struct pool *pools_find(struct pools *pools, const char *name_or_id)
{
	bool number = isdigit((unsigned char)*name_or_id);
	char *end;
	unsigned long id = strtoul(name_or_id, &end, 10);

	for (unsigned int i = 0; i < pools->count; i++)
		if (!strcmp(pools->pool[i].name, name_or_id) ||
		    (number && !*end && pools->pool[i].id == id))
			return &pools->pool[i];
	return NULL;
}
