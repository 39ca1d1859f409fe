/* SPDX-License-Identifier: MIT */
/* CPU pools, as their commands and the schedulers' see them. */
#ifndef SERAI_XL_POOLS_H
#define SERAI_XL_POOLS_H

#include "xl/xl.h"

struct pool {
	uint32_t id, scheduler, nr_domains;
	char *name;
	uint8_t *cpus; /* bits */
};

struct pools {
	struct pool *pool;
	unsigned int count;
	unsigned int nr_cpus; /* bits of each map */
};

/* All pools, by id; false (told). */
bool pools_get(struct xl *xl, struct pools *pools);
void pools_free(struct pools *pools);
struct pool *pools_find(struct pools *pools, const char *name_or_id); /* NULL: none */

/* "credit2" of its number, and back (-1); as the hypervisor numbers them. */
const char *scheduler_of(uint32_t number);
int scheduler_number(const char *name);

#endif
