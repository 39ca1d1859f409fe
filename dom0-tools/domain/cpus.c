/* SPDX-License-Identifier: MIT */
/*
 * Reads sets of CPUs as xl.cfg writes them: "all", "none", or a list of "3", "0-5", "node:1",
 * "nodes:0-1", each of which a leading "^" takes away instead of adding.
 */
#include "domain/internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void change(uint8_t *bitmap, unsigned int cpu, bool in)
{
	if (in)
		bitmap[cpu / 8] |= 1 << cpu % 8;
	else
		bitmap[cpu / 8] &= ~(1 << cpu % 8);
}

static int change_nodes(struct session *session, uint8_t *bitmap, unsigned int nr_cpus,
			unsigned long first, unsigned long last, bool in)
{
	unsigned int count = nr_cpus;
	xc_cputopo_t *topology = calloc(nr_cpus, sizeof(*topology));
	int error = 0;

	if (!topology || xc_cputopoinfo(session->xc, &count, topology))
		error = -errno;
	for (unsigned int cpu = 0; !error && cpu < count && cpu < nr_cpus; cpu++)
		if (topology[cpu].node >= first && topology[cpu].node <= last)
			change(bitmap, cpu, in);
	free(topology);
	return error;
}

/* "3" or "0-5"; false if it is neither. */
static bool parse_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	*first = *last = strtoul(text, &end, 10);
	if (end == text || *text == '-')
		return false;
	if (*end == '-') {
		text = end + 1;
		*last = strtoul(text, &end, 10);
		if (end == text || *text == '-')
			return false;
	}
	return !*end && *first <= *last && *last < INT_MAX;
}

static int parse_item(struct session *session, const char *item, uint8_t *bitmap,
		      unsigned int nr_cpus)
{
	bool in = *item != '^', nodes;
	unsigned long first, last;

	item += !in;
	if (!strcmp(item, "all") || !strcmp(item, "none")) {
		in = in == !strcmp(item, "all");
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			change(bitmap, cpu, in);
		return 0;
	}
	nodes = !strncmp(item, "node:", 5) || !strncmp(item, "nodes:", 6);
	if (!parse_range(nodes ? strchr(item, ':') + 1 : item, &first, &last))
		return -EINVAL;
	if (nodes)
		return change_nodes(session, bitmap, nr_cpus, first, last, in);
	if (first >= nr_cpus)
		return -ERANGE;
	for (unsigned long cpu = first; cpu <= last && cpu < nr_cpus; cpu++)
		change(bitmap, cpu, in);
	return 0;
}

int cpus_parse(struct session *session, const char *text, uint8_t *bitmap, unsigned int nr_cpus)
{
	char *copy = strdup(text), *rest = copy, *item;
	int error = copy ? 0 : -ENOMEM;

	memset(bitmap, 0, (nr_cpus + 7) / 8);
	while (!error && (item = strsep(&rest, ", ")) != NULL)
		if (*item)
			error = parse_item(session, item, bitmap, nr_cpus);
	free(copy);
	if (error == -ERANGE)
		return tell(session, error, "CPUs \"%s\": this machine has only CPUs 0 to %u", text,
			    nr_cpus - 1);
	return error ? tell(session, error,
			    "CPUs \"%s\" are not like \"0-3,^2\", \"all\" or \"node:0\"", text)
		     : 0;
}
