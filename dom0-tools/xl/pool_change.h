/* SPDX-License-Identifier: MIT */
/* What makes, names and ends CPU pools. */
#ifndef SERAI_XL_POOL_CHANGE_H
#define SERAI_XL_POOL_CHANGE_H

#include "xl/pools.h"

/* Room for "0,1,2,…" of as many CPUs as a set may name. */
#define CPU_LIST_BYTES 24576

/* A pool of the free CPUs in the map; all or nothing. False (told). */
bool pool_create(struct xl *xl, const char *name, uint32_t scheduler, const struct cpu_map *cpus, uint32_t *id);
/* Its CPUs become free. */
bool pool_destroy(struct xl *xl, const struct pool *pool, unsigned int nr_cpus);
bool pool_set_name(struct xl *xl, uint32_t id, const char *name);

#endif
