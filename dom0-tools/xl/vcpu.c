/* SPDX-License-Identifier: MIT */
/* vcpu-list and vcpu-pin: where vCPUs run, may run and like to run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/conf.h"
#include "xl/output.h"
#include "xl/xl.h"

struct vcpu_table {
	struct xl *xl;
	struct output out;
	struct cpu_map hard, soft;
	unsigned int online; /* CPUs of the machine */
};

static void vcpu_row(struct vcpu_table *table, const char *name, uint32_t domid,
		     const xc_vcpuinfo_t *vcpu)
{
	struct output *out = &table->out;
	char state[4] = "--p", hard[512], soft[512];

	if (vcpu->online)
		snprintf(state, sizeof(state), "%c%c-", vcpu->running ? 'r' : '-',
			 vcpu->blocked ? 'b' : '-');
	print_map(hard, sizeof(hard), table->hard.bits, table->hard.nr, table->online);
	print_map(soft, sizeof(soft), table->soft.bits, table->soft.nr, table->online);
	row_begin(out);
	cell_text(out, "name", "", -32, name || out->json ? name : "(null)");
	cell_number(out, "domid", " ", 5, domid);
	cell_number(out, "vcpu", " ", 5, vcpu->vcpu);
	if (vcpu->online)
		cell_number(out, "cpu", "", 5, vcpu->cpu);
	else
		cell_text(out, "cpu", "", 5, NULL);
	cell_text(out, "state", "   ", 0, state);
	cell_fixed(out, "cpu_seconds", " ", 9, (double)vcpu->cpu_time / 1e9);
	cell_text(out, "hard_affinity", "  ", 0, hard);
	cell_text(out, "soft_affinity", " / ", 0, soft);
	row_end(out);
}

static void domain_vcpus(struct vcpu_table *table, const xc_domaininfo_t *info)
{
	xc_interface *xc = table->xl->session.xc;
	char *name = domain_name_of(table->xl, info->domain);

	for (uint32_t i = 0; info->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID && i <= info->max_vcpu_id;
	     i++) {
		xc_vcpuinfo_t vcpu;

		/* A domain may go while it is listed, or have holes. */
		if (xc_vcpu_getinfo(xc, info->domain, i, &vcpu) ||
		    xc_vcpu_getaffinity(xc, info->domain, (int)i, table->hard.bits,
					table->soft.bits,
					XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
			continue;
		vcpu_row(table, name, info->domain, &vcpu);
	}
	free(name);
}

static bool vcpus_of_all(struct vcpu_table *table)
{
	struct domains domains;

	if (!domains_get(table->xl, &domains))
		return false;
	for (unsigned int i = 0; i < domains.count; i++)
		domain_vcpus(table, &domains.info[i]);
	free(domains.info);
	return true;
}

static bool vcpus_of(struct vcpu_table *table, const char *name)
{
	xc_domaininfo_t info;
	uint32_t domid;

	if (!domain_lookup(table->xl, name, &domid) || !domain_get(table->xl, domid, &info))
		return false;
	domain_vcpus(table, &info);
	return true;
}

int cmd_vcpu_list(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { JSON_OPTION, HELP_OPTION, END_OPTIONS };
	struct vcpu_table table = { .xl = xl };
	xc_physinfo_t machine;
	bool good = true;
	int code;

	while (next_option(xl, argc, argv, "h", longs) != -1)
		;
	if (!hypervisor(xl))
		return EXIT_FAILED;
	if (xc_physinfo(xl->session.xc, &machine))
		return fail(xl, "the hypervisor does not describe the machine: %s",
			    strerror(errno));
	table.online = machine.nr_cpus;
	table.hard = cpus_new(xl);
	table.soft = cpus_new(xl);
	if (!table.hard.bits || !table.soft.bits)
		return EXIT_FAILED;
	output_begin(&table.out, xl->json, false,
		     "Name                                ID  VCPU   CPU State   Time(s) Affinity "
		     "(Hard / Soft)");
	if (optind == argc)
		good = vcpus_of_all(&table);
	for (int i = optind; i < argc; i++)
		good &= vcpus_of(&table, argv[i]);
	free(table.hard.bits);
	free(table.soft.bits);
	code = output_end(&table.out);
	return good && xl->session.xs ? code : EXIT_FAILED;
}

struct pinning {
	struct cpu_map hard, soft; /* bits NULL: leave */
	uint32_t flags;
};

static bool all_zero(const struct cpu_map *map)
{
	for (unsigned int i = 0; i < (map->nr + 7) / 8; i++)
		if (map->bits[i])
			return false;
	return true;
}

/* "-" leaves as it is; false (told) for a set that cannot be, or holds no CPU of this machine. */
static bool read_map(struct xl *xl, const char *which, const char *text, struct cpu_map *map)
{
	*map = (struct cpu_map){ 0 };
	if (!text || !strcmp(text, "-"))
		return true;
	if (!cpus_read(xl, text, map))
		return false;
	if (!all_zero(map))
		return true;
	fail(xl, "%s affinity %s holds no CPU of this machine; xl info tells nr_cpus", which, text);
	return false;
}

/* What xl.conf allows for this type of domain. */
static bool mask(struct xl *xl, uint32_t domid, struct cpu_map *map)
{
	const struct xl_conf *conf = xl_conf(xl);
	xc_domaininfo_t info;
	bool hvm = domain_get(xl, domid, &info) && info.flags & XEN_DOMINF_hvm_guest;

	return !map->bits || (apply_mask(xl, conf->cpumask, map) &&
			      apply_mask(xl, hvm ? conf->hvm_cpumask : conf->pv_cpumask, map));
}

static int show_maps(struct xl *xl, const struct pinning *pin)
{
	char text[512];
	const struct cpu_map *maps[] = { &pin->hard, &pin->soft };
	xc_physinfo_t machine = { 0 };

	xc_physinfo(xl->session.xc, &machine);
	printf("cpumap:");
	for (int i = 0; i < 2; i++) {
		if (!maps[i]->bits)
			continue;
		print_map(text, sizeof(text), maps[i]->bits, maps[i]->nr, machine.nr_cpus);
		printf(" %s", text);
	}
	putchar('\n');
	return EXIT_DONE;
}

static int pin_one(struct xl *xl, uint32_t domid, unsigned int vcpu, const struct pinning *pin)
{
	size_t bytes = ((size_t)(pin->hard.bits ? pin->hard.nr : pin->soft.nr) + 63) / 64 * 8;
	/* The call answers with what is in force, in the same maps: each vCPU gets its own copy. */
	uint8_t *maps = calloc(2, bytes), *hard = maps, *soft = maps ? maps + bytes : NULL;
	bool soft_reachable = !pin->soft.bits, good;

	if (!maps)
		return fail(xl, "out of memory");
	if (pin->hard.bits)
		memcpy(hard, pin->hard.bits, bytes);
	if (pin->soft.bits)
		memcpy(soft, pin->soft.bits, bytes);
	good = !xc_vcpu_setaffinity(xl->session.xc, domid, (int)vcpu, hard, soft, pin->flags);
	for (size_t i = 0; good && i < bytes; i++)
		soft_reachable |= soft[i] != 0;
	free(maps);
	if (!good)
		return fail(xl, "vCPU %u of domain %u could not be pinned: %s", vcpu, domid,
			    errno == EINVAL || errno == ESRCH
				? "it has no such vCPU, or its CPU pool holds none of these CPUs"
			    : errno == EBUSY ? "its kernel pinned it; -f overrides that"
					     : strerror(errno));
	if (!soft_reachable)
		caution(xl,
			"vCPU %u may run on none of the CPUs it is to prefer: only the hard "
			"affinity counts",
			vcpu);
	return EXIT_DONE;
}

static int pin_all(struct xl *xl, uint32_t domid, const char *which, const struct pinning *pin)
{
	xc_domaininfo_t info;
	long long vcpu = 0;
	int code = EXIT_DONE;

	if (strcmp(which, "all"))
		return number_read(xl, "vCPU (nor \"all\")", which, 0, 8191, &vcpu)
			   ? pin_one(xl, domid, (unsigned int)vcpu, pin)
			   : EXIT_FAILED;
	if (!domain_get(xl, domid, &info))
		return fail(xl, "domain %u is gone", domid);
	for (unsigned int i = 0;
	     !code && info.max_vcpu_id != XEN_INVALID_MAX_VCPU_ID && i <= info.max_vcpu_id; i++)
		code = pin_one(xl, domid, i, pin);
	return code;
}

int cmd_vcpu_pin(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "force", 0, NULL, 'f' },
					       { "ignore-global-affinity-masks", 0, NULL, 'i' },
					       HELP_OPTION,
					       END_OPTIONS };
	struct pinning pin = { 0 };
	bool force = false, ignore_masks = false;
	uint32_t domid;
	int option, at, code = EXIT_FAILED;

	while ((option = next_option(xl, argc, argv, "fh", longs)) != -1) {
		force |= option == 'f';
		ignore_masks |= option == 'i';
	}
	at = arguments_from(xl, argc, argv, 3);
	if (!domain_lookup(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (read_map(xl, "hard", argv[at + 2], &pin.hard) &&
	    (ignore_masks || mask(xl, domid, &pin.hard)) &&
	    read_map(xl, "soft", argv[at + 3], &pin.soft)) {
		pin.flags = (pin.hard.bits ? XEN_VCPUAFFINITY_HARD : 0) |
			    (pin.soft.bits ? XEN_VCPUAFFINITY_SOFT : 0) |
			    (force ? XEN_VCPUAFFINITY_FORCE : 0);
		if (xl->dry_run)
			code = show_maps(xl, &pin);
		else if (!pin.flags)
			code = fail(xl, "nothing to do: both affinities are to stay as they are");
		else
			code = pin_all(xl, domid, argv[at + 1], &pin);
	}
	free(pin.hard.bits);
	free(pin.soft.bits);
	return code;
}
