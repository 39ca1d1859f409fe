/* SPDX-License-Identifier: MIT */
/* uptime: how long domains have run. Dom0 knows its own; for guests the store has the time they
 * were made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xl/output.h"
#include "xl/xl.h"

static long long own_uptime(void)
{
	FILE *file = fopen("/proc/uptime", "re");
	double seconds = 0;

	if (file && fscanf(file, "%lf", &seconds) != 1)
		seconds = 0;
	if (file)
		fclose(file);
	return (long long)seconds;
}

static long long guest_uptime(struct xl *xl, uint32_t domid)
{
	char *vm = read_node(xl, "/local/domain/%u/vm", domid);
	char *start = vm ? read_node(xl, "%s/start_time", vm) : NULL;
	long long began = start ? atoll(start) : 0, now = time(NULL);

	free(start);
	free(vm);
	return began > 0 && began <= now ? now - began : 0;
}

static void short_line(const char *name, uint32_t domid, long long seconds)
{
	time_t now = time(NULL);
	struct tm tm;
	char clock[16] = "";
	long long days = seconds / 86400;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf(" %s up ", clock);
	if (days)
		printf("%lld day%s, ", days, days > 1 ? "s" : "");
	printf("%2lld:%02lld, %s (%u)\n", seconds / 3600 % 24, seconds / 60 % 60, name, domid);
}

static void uptime_row(struct xl *xl, struct output *out, uint32_t domid, bool brief)
{
	char text[48], *name = domain_name_of(xl, domid);
	long long seconds = domid ? guest_uptime(xl, domid) : own_uptime(), days = seconds / 86400;
	int used = 0;

	if (brief && !out->json) {
		short_line(name ? name : "(null)", domid, seconds);
	} else {
		if (days)
			used =
			    snprintf(text, sizeof(text), "%lld day%s, ", days, days > 1 ? "s" : "");
		snprintf(text + used, sizeof(text) - (size_t)used, "%2lld:%02lld:%02lld",
			 seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
		row_begin(out);
		cell_text(out, "name", "", -33, name || out->json ? name : "(null)");
		cell_number(out, "domid", " ", 4, domid);
		if (out->json)
			cell_number(out, "seconds", "", 0, seconds);
		only_text(out, " ");
		only_text(out, text);
		row_end(out);
	}
	free(name);
}

int cmd_uptime(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "short", 0, NULL, 's' }, JSON_OPTION, HELP_OPTION, END_OPTIONS
	};
	struct domains domains = { 0 };
	struct output out;
	bool brief = false;
	uint32_t *domid = calloc((size_t)argc, sizeof(*domid));
	int option, nr = 0, code;

	while ((option = next_option(xl, argc, argv, "sh", longs)) != -1)
		brief |= option == 's';
	for (int i = optind; domid && i < argc; i++)
		if (!domain_lookup(xl, argv[i], &domid[nr++]))
			return EXIT_FAILED;
	if (!domid || !store(xl) || (!nr && !domains_get(xl, &domains)))
		return EXIT_FAILED;
	output_begin(&out, xl->json, false,
		     brief ? NULL : "Name                                ID Uptime");
	for (int i = 0; i < nr; i++)
		uptime_row(xl, &out, domid[i], brief);
	for (unsigned int i = 0; i < domains.count; i++)
		uptime_row(xl, &out, domains.info[i].domain, brief);
	code = output_end(&out);
	free(domains.info);
	free(domid);
	return code;
}
