/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs: from words to the hypervisor's bitmaps and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/cpuset.h"
#include "xl/xl.h"

static bool test(const uint8_t *bits, unsigned int bit)
{
	return bits[bit / 8] >> (bit % 8) & 1;
}

/* The end of the run of set bits that starts here. */
static unsigned int run_end(const uint8_t *bits, unsigned int nr, unsigned int from)
{
	while (from + 1 < nr && test(bits, from + 1))
		from++;
	return from;
}

void print_map(char *text, size_t size, const uint8_t *bits, unsigned int nr, unsigned int online)
{
	size_t used = 0;

	if (online && run_end(bits, online, 0) == online - 1 && test(bits, 0)) {
		snprintf(text, size, "all");
		return;
	}
	snprintf(text, size, "none");
	for (unsigned int i = 0; i < nr && used < size; i++) {
		unsigned int end = test(bits, i) ? run_end(bits, nr, i) : i;
		int n;

		if (!test(bits, i))
			continue;
		n = snprintf(text + used, size - used, end > i ? "%s%u-%u" : "%s%u",
			     used ? "," : "", i, end);
		used += n > 0 ? (size_t)n : 0;
		i = end;
	}
}

struct cpu_map cpus_new(struct xl *xl)
{
	struct cpu_map map = { 0 };
	int nr = hypervisor(xl) ? xc_get_max_cpus(xl->session.xc) : 0;

	if (nr <= 0) {
		if (xl->session.xc)
			fail(xl, "the hypervisor does not tell how many CPUs there are: %s",
			     strerror(errno));
		return map;
	}
	map.bits = calloc(1, ((size_t)nr + 63) / 64 * 8);
	if (map.bits)
		map.nr = (unsigned int)nr;
	else
		fail(xl, "out of memory");
	return map;
}

/* Nodes are asked for only if the text names one. */
static uint32_t *nodes_of_cpus(struct xl *xl, unsigned int *nr)
{
	xc_cputopo_t *topology;
	uint32_t *node;

	*nr = 0;
	if (xc_cputopoinfo(xl->session.xc, nr, NULL) || !*nr)
		return NULL;
	topology = calloc(*nr, sizeof(*topology));
	node = calloc(*nr, sizeof(*node));
	if (topology && node && !xc_cputopoinfo(xl->session.xc, nr, topology)) {
		for (unsigned int i = 0; i < *nr; i++)
			node[i] = topology[i].node;
	} else {
		free(node);
		node = NULL;
	}
	free(topology);
	return node;
}

bool cpus_read(struct xl *xl, const char *text, struct cpu_map *map)
{
	struct cpuset set;
	struct cpu_nodes nodes = { 0 };
	uint32_t *node;
	const char *wrong;

	*map = cpus_new(xl);
	if (!map->bits)
		return false;
	node = strstr(text, "node") ? nodes_of_cpus(xl, &nodes.nr_cpus) : NULL;
	nodes.node = node;
	wrong = cpuset_parse(text, node ? &nodes : NULL, &set);
	free(node);
	if (wrong) {
		fail(xl, "%s is no set of CPUs: %s", text, wrong);
		free(map->bits);
		*map = (struct cpu_map){ 0 };
		return false;
	}
	for (unsigned int i = 0; i < map->nr && i < CPUSET_MAX; i++)
		if (cpuset_test(&set, i))
			map->bits[i / 8] |= (uint8_t)(1u << (i % 8));
	return true;
}
