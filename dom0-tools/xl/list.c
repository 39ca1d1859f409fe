/* SPDX-License-Identifier: MIT */
/* list, vm-list, claims: tables of domains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/json_config.h"
#include "xl/output.h"
#include "xl/xl.h"

struct columns {
	bool uuid, label, pool, nodes, claim;
};

static void state_letters(const xc_domaininfo_t *info, char text[7])
{
	bool shutdown = domain_flag(info, XEN_DOMINF_shutdown);
	bool crashed = shutdown && domain_shutdown_reason(info) == SHUTDOWN_crash;

	snprintf(text, 7, "%c%c%c%c%c%c", domain_flag(info, XEN_DOMINF_running) ? 'r' : '-',
		 domain_flag(info, XEN_DOMINF_blocked) ? 'b' : '-',
		 domain_flag(info, XEN_DOMINF_paused) ? 'p' : '-', shutdown ? 's' : '-',
		 crashed ? 'c' : '-', domain_flag(info, XEN_DOMINF_dying) ? 'd' : '-');
}

static unsigned long long mebibytes(const xc_domaininfo_t *info)
{
	return (info->tot_pages + info->outstanding_pages) >> (20 - XC_PAGE_SHIFT);
}

static void uuid_cells(struct output *out, const xc_domaininfo_t *info)
{
	char uuid[37], reason[12] = "-";

	format_uuid(info->handle, uuid);
	if (domain_flag(info, XEN_DOMINF_shutdown))
		snprintf(reason, sizeof(reason), "%x", domain_shutdown_reason(info));
	cell_text(out, "uuid", " ", 0, uuid);
	cell_text(out, "shutdown_reason", " ", 8, out->json && *reason == '-' ? NULL : reason);
}

static void node_cell(struct xl *xl, struct output *out, uint32_t domid, unsigned int nr_nodes)
{
	int nr = xc_get_max_nodes(xl->session.xc);
	uint8_t *bits = calloc(1, nr > 0 ? ((size_t)nr + 63) / 64 * 8 : 8);
	char text[256] = "";

	if (bits && nr > 0 && !xc_domain_node_getaffinity(xl->session.xc, domid, bits))
		print_map(text, sizeof(text), bits, (unsigned int)nr, nr_nodes);
	cell_text(out, "node_affinity", " ", 0, *text ? text : NULL);
	free(bits);
}

static void domain_row(struct xl *xl, struct output *out, const xc_domaininfo_t *info,
		       const struct columns *columns, unsigned int nr_nodes)
{
	char state[7], *name = domain_name_of(xl, info->domain), *pool;

	state_letters(info, state);
	row_begin(out);
	cell_text(out, "name", "", -40, name || out->json ? name : "(null)");
	cell_number(out, "domid", " ", 5, info->domain);
	cell_number(out, "memory_mb", " ", 5, (long long)mebibytes(info));
	cell_number(out, "vcpus", " ", 5, info->nr_online_vcpus);
	cell_text(out, "state", "     ", 0, state);
	cell_fixed(out, "cpu_seconds", "  ", 8, (double)info->cpu_time / 1e9);
	if (columns->uuid)
		uuid_cells(out, info);
	if (columns->claim)
		cell_number(out, "claimed_mb", " ", 5,
			    (long long)(info->outstanding_pages >> (20 - XC_PAGE_SHIFT)));
	if (columns->uuid || columns->label)
		cell_text(out, "security_label", " ", 16, NULL);
	if (columns->pool) {
		pool = pool_name(xl, info->cpupool);
		cell_text(out, "cpupool", "", 16, pool);
		free(pool);
	}
	if (columns->nodes)
		node_cell(xl, out, info->domain, nr_nodes);
	row_end(out);
	free(name);
}

/* Titles stand where they always stood, tabs and all: scripts cut by position. */
static void print_header(const struct columns *columns)
{
	printf("Name                                        ID   Mem VCPUs\tState\tTime(s)");
	if (columns->uuid)
		printf("   UUID                            Reason-Code\tSecurity Label");
	else if (columns->label)
		printf("   Security Label");
	if (columns->claim)
		printf("  Claimed");
	if (columns->pool)
		printf("         Cpupool");
	if (columns->nodes)
		printf(" NODE Affinity");
	putchar('\n');
}

/* One named domain or all; false (told) if there is none. */
static bool wanted_domains(struct xl *xl, const char *name, struct domains *domains)
{
	uint32_t domid;

	if (!name)
		return domains_get(xl, domains);
	*domains = (struct domains){ malloc(sizeof(*domains->info)), 1 };
	if (domains->info && domain_lookup(xl, name, &domid) &&
	    domain_get(xl, domid, domains->info))
		return true;
	free(domains->info);
	return false;
}

static int print_domains(struct xl *xl, const struct domains *domains,
			 const struct columns *columns)
{
	struct output out;
	xc_physinfo_t machine = { 0 };
	int code;

	if (columns->nodes && xc_physinfo(xl->session.xc, &machine))
		return fail(xl, "the hypervisor does not tell how many nodes there are");
	/* Without names the table is still worth having; store() has told why. */
	if (store(xl))
		domains_learn_names(xl, domains);
	output_begin(&out, xl->json, false, NULL);
	if (!xl->json)
		print_header(columns);
	for (unsigned int i = 0; i < domains->count; i++)
		domain_row(xl, &out, &domains->info[i], columns, machine.nr_nodes);
	code = output_end(&out);
	return xl->session.xs ? code : EXIT_FAILED;
}

/* What is known of a domain nobody recorded a configuration for: Dom0, and those of other
 * toolstacks. */
static void write_known(struct xl *xl, struct json *json, const xc_domaininfo_t *info)
{
	struct xen_domctl_sched_credit2 sched;
	char uuid[37], *name = domain_name_of(xl, info->domain);
	char *target = read_node(xl, "/local/domain/%u/memory/target", info->domain);

	format_uuid(info->handle, uuid);
	json_map(json, "config");
	json_map(json, "c_info");
	json_text(json, "type", domain_flag(info, XEN_DOMINF_hvm_guest) ? "hvm" : "pv");
	json_text(json, "name", name);
	if (info->domain)
		json_text(json, "uuid", uuid);
	json_end_map(json);
	json_map(json, "b_info");
	json_number(json, "max_memkb", (long long)info->max_pages << (XC_PAGE_SHIFT - 10));
	json_number(json, "target_memkb",
		    target ? atoll(target) : (long long)info->tot_pages << (XC_PAGE_SHIFT - 10));
	json_map(json, "sched_params");
	if (!xc_sched_credit2_domain_get(xl->session.xc, info->domain, &sched)) {
		json_text(json, "sched", "credit2");
		json_number(json, "weight", sched.weight);
		json_number(json, "cap", sched.cap);
	}
	json_end_map(json);
	json_map(json, domain_flag(info, XEN_DOMINF_hvm_guest) ? "type.hvm" : "type.pv");
	json_end_map(json);
	json_map(json, "arch_arm");
	json_end_map(json);
	json_map(json, "arch_x86");
	json_end_map(json);
	json_end_map(json);
	json_end_map(json);
	free(target);
	free(name);
}

/* Online vCPUs as the store has them asked for, which a paused guest has not seen yet. */
static unsigned int vcpus_wanted(struct xl *xl, uint32_t domid, unsigned int all)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < all; i++) {
		char *state = read_node(xl, "/local/domain/%u/cpu/%u/availability", domid, i);

		count += state && !strcmp(state, "online");
		free(state);
	}
	return count ? count : 1;
}

/* The recorded configuration, with what has changed since the domain was made. */
static struct domain_config *current_config(struct xl *xl, uint32_t domid)
{
	struct domain_config *config = domid ? domain_stored_config(&xl->session, domid) : NULL;
	struct xen_domctl_sched_credit2 sched;
	char *target, *most;

	if (!config)
		return NULL;
	target = read_node(xl, "/local/domain/%u/memory/target", domid);
	most = read_node(xl, "/local/domain/%u/memory/static-max", domid);
	if (target && atoll(target) > 0)
		config->memory_kb = (uint64_t)atoll(target);
	if (most && atoll(most) > 0)
		config->max_memory_kb = (uint64_t)atoll(most);
	free(target);
	free(most);
	config->vcpus = vcpus_wanted(xl, domid, config->max_vcpus);
	if (!xc_sched_credit2_domain_get(xl->session.xc, domid, &sched)) {
		config->weight = sched.weight;
		config->cap = sched.cap;
	}
	return config;
}

static int print_long(struct xl *xl, const struct domains *domains)
{
	struct json *json = json_start();
	char *text;

	if (!store(xl))
		return EXIT_FAILED;
	json_list(json, NULL);
	for (unsigned int i = 0; i < domains->count; i++) {
		uint32_t domid = domains->info[i].domain;
		struct domain_config *config = current_config(xl, domid);

		json_map(json, NULL);
		json_number(json, "domid", domid);
		if (config)
			config_write_json(json, "config", config);
		else
			write_known(xl, json, &domains->info[i]);
		json_end_map(json);
		config_free(config);
	}
	json_end_list(json);
	text = json_finish(json);
	if (!text)
		return fail(xl, "the configurations could not be put into JSON: a name is no "
				"UTF-8, or memory ran out");
	puts(text);
	free(text);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

int cmd_list(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "long", 0, NULL, 'l' },
		{ "verbose", 0, NULL, 'v' },
		{ "context", 0, NULL, 'Z' },
		{ "cpupool", 0, NULL, 'c' },
		{ "numa", 0, NULL, 'n' },
		JSON_OPTION,
		HELP_OPTION,
		END_OPTIONS,
	};
	struct columns columns = { 0 };
	struct domains domains;
	bool full = false;
	int option, code;

	while ((option = next_option(xl, argc, argv, "lvZcnh", longs)) != -1) {
		full |= option == 'l';
		columns.uuid |= option == 'v';
		columns.label |= option == 'Z';
		columns.pool |= option == 'c';
		columns.nodes |= option == 'n';
	}
	if (argc - optind > 1)
		return usage_error(xl, "list takes one domain, not %d", argc - optind);
	if (xl->json)
		columns = (struct columns){ .uuid = true, .pool = true, .nodes = columns.nodes };
	if (!wanted_domains(xl, argv[optind], &domains))
		return EXIT_FAILED;
	code = full ? print_long(xl, &domains) : print_domains(xl, &domains, &columns);
	free(domains.info);
	return code;
}

int cmd_claims(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { JSON_OPTION, HELP_OPTION, END_OPTIONS };
	static const struct columns columns = { .claim = true };
	struct domains domains;
	int code;

	while (next_option(xl, argc, argv, "h", longs) != -1)
		;
	if (!domains_get(xl, &domains))
		return EXIT_FAILED;
	code = print_domains(xl, &domains, &columns);
	free(domains.info);
	return code;
}

int cmd_vm_list(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { JSON_OPTION, HELP_OPTION, END_OPTIONS };
	struct domains domains;
	struct output out;
	int code;

	while (next_option(xl, argc, argv, "h", longs) != -1)
		;
	if (!domains_get(xl, &domains))
		return EXIT_FAILED;
	if (store(xl))
		domains_learn_names(xl, &domains);
	output_begin(&out, xl->json, false, "UUID                                  ID    name");
	for (unsigned int i = 0; i < domains.count; i++) {
		const xc_domaininfo_t *info = &domains.info[i];
		char uuid[37], *name = domain_name_of(xl, info->domain);

		format_uuid(info->handle, uuid);
		row_begin(&out);
		cell_text(&out, "uuid", "", 0, uuid);
		cell_number(&out, "domid", "  ", 0, info->domain);
		cell_text(&out, "name", "    ", -30, name);
		row_end(&out);
		free(name);
	}
	free(domains.info);
	code = output_end(&out);
	return xl->session.xs ? code : EXIT_FAILED;
}
