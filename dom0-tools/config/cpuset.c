/* SPDX-License-Identifier: MIT */
/* Reading sets of CPUs; see cpuset.h. */
#include <stdlib.h>
#include <string.h>

#include "config/cpuset.h"

static void put(struct cpuset *set, unsigned int cpu, bool value)
{
	uint64_t bit = (uint64_t)1 << (cpu % 64);

	if (value)
		set->bits[cpu / 64] |= bit;
	else
		set->bits[cpu / 64] &= ~bit;
}

static bool take_number(const char **text, unsigned int *number)
{
	char *end;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoul(*text, &end, 10);
	*text = end;
	*number = value > CPUSET_MAX ? CPUSET_MAX : (unsigned int)value;
	return true;
}

static void put_nodes(struct cpuset *set, const struct cpu_nodes *nodes, unsigned int first,
		      unsigned int last, bool value)
{
	for (unsigned int cpu = 0; cpu < nodes->nr_cpus && cpu < CPUSET_MAX; cpu++)
		if (nodes->node[cpu] >= first && nodes->node[cpu] <= last)
			put(set, cpu, value);
}

/* One item between commas; NULL if it is good. */
static const char *item(const char **text, const struct cpu_nodes *nodes, struct cpuset *set)
{
	bool value = **text != '^', by_node = false;
	unsigned int first, last;

	*text += !value;
	if (!strncmp(*text, "node", 4)) {
		*text += 4;
		*text += **text == 's';
		if (*(*text)++ != ':')
			return "after node there must be a colon and a number, as in node:0";
		by_node = true;
	}
	if (!strncmp(*text, "all", 3) || (!by_node && !strncmp(*text, "none", 4))) {
		value = value == (**text == 'a');
		*text += **text == 'a' ? 3 : 4;
		if (set)
			memset(set, value ? 0xff : 0, sizeof(*set));
		return NULL;
	}
	if (!take_number(text, &first))
		return "there must be a CPU's number, a range as 0-3, node:0, or all";
	last = first;
	if (**text == '-' && (++*text, !take_number(text, &last)))
		return "a range needs a number on both sides of its dash";
	if (last < first)
		return "a range's end is below its start";
	if (first >= CPUSET_MAX)
		return "a number is beyond what any machine has";
	if (by_node && set && !nodes)
		return "this machine's nodes are not known";
	if (by_node && set)
		put_nodes(set, nodes, first, last, value);
	for (unsigned int cpu = first; set && !by_node && cpu <= last && cpu < CPUSET_MAX; cpu++)
		put(set, cpu, value);
	return NULL;
}

const char *cpuset_parse(const char *text, const struct cpu_nodes *nodes, struct cpuset *set)
{
	if (set)
		memset(set, 0, sizeof(*set));
	for (;;) {
		const char *wrong;

		text += strspn(text, " \t");
		wrong = item(&text, nodes, set);
		if (wrong)
			return wrong;
		text += strspn(text, " \t");
		if (!*text)
			return NULL;
		if (*text++ != ',')
			return "CPUs are separated by commas";
	}
}
