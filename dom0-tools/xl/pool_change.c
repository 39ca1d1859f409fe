/* SPDX-License-Identifier: MIT */
/* Making, naming and ending CPU pools: the hypervisor has the pool, the store its name and UUID. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "xl/pool_change.h"

bool pool_set_name(struct xl *xl, uint32_t id, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/pool/%u/name", id);
	if (write_node(xl, path, name))
		return true;
	if (xl->session.xs)
		fail(xl, "the name of CPU pool %u could not be written to the store: %s", id,
		     strerror(errno));
	return false;
}

static bool set_uuid(struct xl *xl, uint32_t id)
{
	char path[64], text[UUID_STR_LEN];
	uuid_t uuid;

	uuid_generate(uuid);
	uuid_unparse_lower(uuid, text);
	snprintf(path, sizeof(path), "/local/pool/%u/uuid", id);
	return write_node(xl, path, text);
}

static bool clear_cpus(struct xl *xl, uint32_t id, const uint8_t *bits, unsigned int nr)
{
	for (unsigned int cpu = 0; cpu < nr; cpu++)
		if (bits[cpu / 8] >> (cpu % 8) & 1 &&
		    xc_cpupool_removecpu(xl->session.xc, id, (int)cpu) && errno != ENODEV &&
		    errno != EINVAL)
			return false;
	return true;
}

static bool fill(struct xl *xl, uint32_t id, const struct cpu_map *cpus)
{
	for (unsigned int cpu = 0; cpus && cpu < cpus->nr; cpu++)
		if (cpus->bits[cpu / 8] >> (cpu % 8) & 1 &&
		    xc_cpupool_addcpu(xl->session.xc, id, (int)cpu)) {
			fail(xl, "CPU %u could not be given to the pool: %s", cpu, strerror(errno));
			return false;
		}
	return true;
}

bool pool_create(struct xl *xl, const char *name, uint32_t scheduler, const struct cpu_map *cpus,
		 uint32_t *id)
{
	*id = XC_CPUPOOL_POOLID_ANY;
	if (xc_cpupool_create(xl->session.xc, id, scheduler)) {
		fail(xl, "the hypervisor did not make the pool: %s",
		     errno == ENOENT || errno == EINVAL ? "it has no such scheduler"
							: strerror(errno));
		return false;
	}
	if (fill(xl, *id, cpus) && set_uuid(xl, *id) && pool_set_name(xl, *id, name))
		return true;
	if (cpus)
		clear_cpus(xl, *id, cpus->bits, cpus->nr);
	xc_cpupool_destroy(xl->session.xc, *id);
	return false;
}

bool pool_destroy(struct xl *xl, const struct pool *pool, unsigned int nr_cpus)
{
	char path[64];

	if (!clear_cpus(xl, pool->id, pool->cpus, nr_cpus) ||
	    xc_cpupool_destroy(xl->session.xc, pool->id)) {
		fail(xl, "%s could not be destroyed: %s", pool->name, strerror(errno));
		return false;
	}
	snprintf(path, sizeof(path), "/local/pool/%u", pool->id);
	store_guard(true);
	xs_rm(xl->session.xs, XBT_NULL, path);
	store_guard(false);
	return true;
}
