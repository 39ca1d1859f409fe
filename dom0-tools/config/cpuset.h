/* SPDX-License-Identifier: MIT */
/*
 * Sets of physical CPUs as xl writes them: "all", "none", "3", "0-3", "node:0", "nodes:0-1", each with ^
 * to take away, joined by commas and applied from left to right.
 */
#ifndef SERAI_CONFIG_CPUSET_H
#define SERAI_CONFIG_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUSET_MAX 4096 /* CPUs a set may name */

struct cpuset {
	uint64_t bits[CPUSET_MAX / 64];
};

/* What node: needs to know. nodes may be NULL: then node: is a fault, unless only checking. */
struct cpu_nodes {
	unsigned int nr_cpus;	/* CPUs with ids at or above this are in no node */
	const uint32_t *node;	/* of each CPU; ~0u: not there */
};

/*
 * Reads text into a set. NULL if it is good, else what is wrong with it (a constant sentence). With set
 * NULL the text is only checked. "all" sets every bit below CPUSET_MAX: callers limit to what is there.
 */
const char *cpuset_parse(const char *text, const struct cpu_nodes *nodes, struct cpuset *set);

static inline bool cpuset_test(const struct cpuset *set, unsigned int cpu)
{
	return cpu < CPUSET_MAX && (set->bits[cpu / 64] >> (cpu % 64) & 1);
}

#endif
