/* SPDX-License-Identifier: MIT */
/*
 * Makes the empty domain in the hypervisor: limits, vCPUs, where they run, how much memory it may
 * have.
 */
#include "domain/internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "config/cpuid.h"
#include "config/spec.h"

static int find_pool(struct session *session, const char *name, uint32_t *pool)
{
	unsigned int count = 0;
	char **pools = xs_directory(session->xs, XBT_NULL, "/local/pool", &count);
	bool found = false;

	for (unsigned int i = 0; i < count && !found; i++) {
		char *other = store_read(session, "/local/pool/%s/name", pools[i]);

		found = other && !strcmp(other, name);
		if (found)
			*pool = strtoul(pools[i], NULL, 10);
		free(other);
	}
	free(pools);
	return found ? 0
		     : tell(session, -ENOENT,
			    "there is no CPU pool \"%s\"; see \"xl cpupool-list\"", name);
}

static unsigned int grant_version(struct session *session, const struct domain_config *config)
{
	xc_physinfo_t machine = { 0 };

	if (config->max_grant_version)
		return config->max_grant_version;
	return !xc_physinfo(session->xc, &machine) &&
		       machine.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2
		   ? 2
		   : 1;
}

static int make_domain(struct session *session, const struct domain_config *config, uint32_t *domid)
{
	struct xen_domctl_createdomain create = {
		.ssidref = config->ssidref,
		.max_vcpus = config->max_vcpus,
		.max_evtchn_port = config->max_event_channels ? config->max_event_channels : 1023,
		.max_grant_frames = (int32_t)config->max_grant_frames,
		.max_maptrack_frames = (int32_t)config->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(grant_version(session, config)),
	};

	if (config->type != DOMAIN_PV) {
		create.flags = XEN_DOMCTL_CDF_hvm | (config->no_hap ? 0 : XEN_DOMCTL_CDF_hap);
		create.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	if (config->type == DOMAIN_HVM)
		create.arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
	if (config->pool && find_pool(session, config->pool, &create.cpupool_id))
		return -ENOENT;
	memcpy(create.handle, config->uuid, sizeof(create.handle));
	*domid = 0; /* any */
	if (!xc_domain_create(session->xc, domid, &create))
		return 0;
	if (errno == ENOMEM)
		return tell(session, -ENOMEM,
			    "the hypervisor has no memory for one more domain; stop a guest or "
			    "give Domain-0 "
			    "less (xl mem-set 0)");
	return tell(session, -errno,
		    "the hypervisor refused the new domain (%s); vcpus=%u max_grant_frames=%d are "
		    "asked for",
		    strerror(errno), config->max_vcpus, (int)config->max_grant_frames);
}

uint64_t paging_kib(const struct domain_config *config)
{
	/* 4.17's rule: 1 MiB for each vCPU and 8 KiB for each MiB. */
	uint64_t least = 1024 * (uint64_t)config->max_vcpus + config->max_memory_kb / 128;

	if (config->type == DOMAIN_PV)
		return 0;
	return config->shadow_memory_kb > least ? config->shadow_memory_kb : least;
}

/* What CPUID tells it; a PV guest's own policy is good unless cpuid= says otherwise. */
static int set_cpuid(struct session *session, const struct domain_config *config, uint32_t domid)
{
	struct cpuid_rules rules;
	struct spec_fault fault;
	struct xc_xend_cpuid *xend = NULL;
	int error = cpuid_rules_from(&config->cpuid, &rules, &fault) ? 0 : -EINVAL;

	if (!error && rules.count)
		xend = calloc(rules.count + 1, sizeof(*xend));
	if (!error && rules.count && !xend)
		error = -ENOMEM;
	for (unsigned int i = 0; !error && i < rules.count; i++) {
		xend[i].leaf = rules.rule[i].leaf;
		xend[i].subleaf = rules.rule[i].subleaf;
		for (unsigned int reg = 0; reg < 4; reg++)
			xend[i].policy[reg] = *rules.rule[i].reg[reg] ? rules.rule[i].reg[reg] : NULL;
	}
	if (xend)
		xend[rules.count].leaf = XEN_CPUID_INPUT_UNUSED;
	if (!error && (xend || config->type != DOMAIN_PV) &&
	    xc_cpuid_apply_policy(session->xc, domid, false, NULL, 0, true, false, false, xend, NULL))
		error = -errno;
	cpuid_rules_free(&rules);
	free(xend);
	return error ? tell(session, error, "the hypervisor refused the guest's CPU policy%s: %s",
			    config->cpuid.count ? ", as cpuid= wants it" : "", strerror(-error))
		     : 0;
}

/* Tables for its addresses. */
static int set_virtual(struct session *session, const struct domain_config *config, uint32_t domid)
{
	uint64_t mib = (paging_kib(config) + 1023) >> 10;

	if (config->type == DOMAIN_PV)
		return 0;
	if (xc_set_paging_mempool_size(session->xc, domid, mib << 20))
		return tell(session, -errno,
			    "the hypervisor refused %llu MiB for the guest's page tables: %s; "
			    "stop a guest or lower memory=",
			    (unsigned long long)mib, strerror(errno));
	return 0;
}

/*
 * An HVM guest's limit: with what its device model and its loader populate beside the memory it is
 * told of, above all the cards' option ROMs.
 */
static uint64_t limit_kib(const struct domain_config *config)
{
	uint64_t roms = config->type == DOMAIN_HVM ? 512 * (uint64_t)config->vifs.count : 0;

	return config->memory_kb + roms + LIMIT_SLACK_KIB;
}

static int set_limits(struct session *session, const struct domain_config *config, uint32_t domid)
{
	static const char *const modes[] = { "default", "always_emulate", "native",
					     "native_paravirt" };
	uint32_t mode = 0;

	if (xc_domain_max_vcpus(session->xc, domid, config->max_vcpus))
		return tell(session, -errno, "the hypervisor cannot make %u vCPUs: %s",
			    config->max_vcpus, strerror(errno));
	if (xc_domain_setmaxmem(session->xc, domid, limit_kib(config)))
		return tell(session, -errno,
			    "the hypervisor refused a memory limit of %llu MiB: %s",
			    (unsigned long long)config->memory_kb >> 10, strerror(errno));
	for (unsigned int i = 0; config->tsc_mode && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i], config->tsc_mode))
			mode = i;
	if (mode && xc_domain_set_tsc_info(session->xc, domid, mode, 0, 0, 0))
		return tell(session, -errno, "the hypervisor refused tsc_mode=\"%s\": %s",
			    config->tsc_mode, strerror(errno));
	if ((config->localtime || config->rtc_timeoffset) &&
	    xc_domain_set_time_offset(session->xc, domid, config->rtc_timeoffset))
		return tell(session, -errno, "the hypervisor refused the clock's offset: %s",
			    strerror(errno));
	return 0;
}

static const char *affinity_of(char *const *list, unsigned int count, unsigned int vcpu)
{
	if (count == 1)
		return list[0];
	return vcpu < count ? list[vcpu] : NULL;
}

static int set_affinity(struct session *session, uint32_t domid, unsigned int vcpu,
			const char *text, uint32_t flag, unsigned int nr_cpus)
{
	xc_cpumap_t map = xc_cpumap_alloc(session->xc);
	int error = map ? cpus_parse(session, text, map, nr_cpus) : -ENOMEM;

	if (!error && xc_vcpu_setaffinity(session->xc, domid, vcpu,
					  flag == XEN_VCPUAFFINITY_HARD ? map : NULL,
					  flag == XEN_VCPUAFFINITY_SOFT ? map : NULL, flag))
		error = tell(session, -errno, "vCPU %u cannot be bound to CPUs \"%s\": %s", vcpu,
			     text, strerror(errno));
	free(map);
	return error;
}

static int set_affinities(struct session *session, const struct domain_config *config,
			  uint32_t domid)
{
	const struct vcpu_affinity *affinity = &config->affinity;
	int nr_cpus, error = 0;

	if (!affinity->nr_hard && !affinity->nr_soft)
		return 0;
	nr_cpus = xc_get_max_cpus(session->xc);
	for (unsigned int vcpu = 0; vcpu < config->max_vcpus && !error; vcpu++) {
		const char *hard = affinity_of(affinity->hard, affinity->nr_hard, vcpu);
		const char *soft = affinity_of(affinity->soft, affinity->nr_soft, vcpu);

		if (hard)
			error = set_affinity(session, domid, vcpu, hard, XEN_VCPUAFFINITY_HARD,
					     nr_cpus);
		if (soft && !error)
			error = set_affinity(session, domid, vcpu, soft, XEN_VCPUAFFINITY_SOFT,
					     nr_cpus);
	}
	return error;
}

static int set_weight(struct session *session, const struct domain_config *config, uint32_t domid)
{
	struct xen_domctl_sched_credit2 parameters;

	if (config->weight < 0 && config->cap < 0)
		return 0;
	if (!xc_sched_credit2_domain_get(session->xc, domid, &parameters)) {
		if (config->weight >= 0)
			parameters.weight = config->weight;
		if (config->cap >= 0)
			parameters.cap = config->cap;
		if (!xc_sched_credit2_domain_set(session->xc, domid, &parameters))
			return 0;
	}
	return tell(session, -errno, "the scheduler refused cpu_weight=%d cap=%d: %s",
		    config->weight, config->cap, strerror(errno));
}

int create_in_hypervisor(struct session *session, const struct domain_config *config,
			 uint32_t *domid)
{
	int error = make_domain(session, config, domid);

	if (error)
		return error;
	error = set_limits(session, config, *domid);
	if (!error)
		error = set_virtual(session, config, *domid);
	if (!error)
		error = set_cpuid(session, config, *domid);
	if (!error)
		error = set_affinities(session, config, *domid);
	if (!error)
		error = set_weight(session, config, *domid);
	if (error)
		xc_domain_destroy(session->xc, *domid);
	return error;
}
