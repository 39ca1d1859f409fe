/* SPDX-License-Identifier: MIT */
/*
 * A reading of the hypervisor. Domains come and go while it is taken: what vanishes between two
 * questions is left out. xenstore only gives names; while its daemon does not answer, domains are
 * shown by number, and it is asked again only every few seconds so that the rest stays live.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

#include <xen/vcpu.h>

#include "back.h"
#include "xentop/collect.h"

#define KB_PER_PAGE	4
#define DOMAINS_AT_ONCE 256
#define STORE_RETRY_NS	10000000000ULL
#define MOST_CALLS	64 /* numbers of hypercalls */

struct collector {
	xc_interface *xc;
	struct xs_handle *store;
	uint64_t store_after; /* do not ask before */
	bool no_usage;	      /* the hypervisor does not tell of waiting, and hypercalls */
	char version[VERSION_SIZE];
};

/* The library's own complaints: explain() says it better, and a screen must stay clean. */
static void say_nothing(xentoollog_logger *logger, xentoollog_level level, int error,
			const char *context, const char *format, va_list arguments)
{
}

static xentoollog_logger quiet = { .vmessage = say_nothing };

static void explain(int error)
{
	char type[8] = "";
	FILE *file = fopen("/sys/hypervisor/type", "re");

	if (file && !fgets(type, sizeof(type), file))
		type[0] = '\0';
	if (file)
		fclose(file);
	if (strncmp(type, "xen", 3))
		fprintf(stderr, "xentop: this system does not run on a hypervisor: boot it as Dom0 "
				"of Serai or Xen\n");
	else if (error == EACCES || error == EPERM)
		fprintf(stderr, "xentop: the hypervisor may only be asked by root of the control "
				"domain: use sudo xentop\n");
	else
		fprintf(stderr,
			"xentop: the hypervisor cannot be reached: %s (/dev/xen/privcmd; "
			"modprobe xen-privcmd)\n",
			strerror(error));
}

static void read_version(struct collector *collector)
{
	xen_extraversion_t extra = "";
	int version = xc_version(collector->xc, XENVER_version, NULL);

	if (version < 0 || xc_version(collector->xc, XENVER_extraversion, extra) < 0)
		version = 0;
	snprintf(collector->version, sizeof(collector->version), "%d.%d%.15s", version >> 16,
		 version & 0xffff, extra);
}

struct collector *collector_open(void)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	xc_physinfo_t info;

	if (!collector) {
		fprintf(stderr, "xentop: out of memory\n");
		return NULL;
	}
	/* A store that hangs must not hold the screen up for long. */
	setenv("SERAI_XENSTORE_TIMEOUT", "2", 0);
	collector->xc = xc_interface_open(&quiet, &quiet, 0);
	if (!collector->xc || xc_physinfo(collector->xc, &info) < 0) {
		explain(errno);
		collector_close(collector);
		return NULL;
	}
	read_version(collector);
	return collector;
}

void collector_close(struct collector *collector)
{
	if (!collector)
		return;
	if (collector->store)
		xs_close(collector->store);
	if (collector->xc)
		xc_interface_close(collector->xc);
	free(collector);
}

static void number_for_name(struct domain_counters *domain)
{
	if (domain->domid)
		snprintf(domain->name, NAME_SIZE, "(%u)", domain->domid);
	else
		snprintf(domain->name, NAME_SIZE, "Domain-0");
}

/* Names are the guests' administrators' words: none may steer a terminal. */
static void take_name(struct domain_counters *domain, const char *name)
{
	snprintf(domain->name, NAME_SIZE, "%s", name);
	for (char *c = domain->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void read_names(struct collector *collector, struct reading *reading)
{
	bool ask = reading->when_ns >= collector->store_after;
	char path[48];

	if (ask && !collector->store)
		collector->store = xs_open(0);
	for (size_t i = 0; i < reading->nr_domains; i++) {
		struct domain_counters *domain = &reading->domains[i];
		char *name = NULL;

		number_for_name(domain);
		if (!ask || !collector->store)
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/name", domain->domid);
		name = xs_read(collector->store, XBT_NULL, path, NULL);
		if (name)
			take_name(domain, name);
		else if (errno != ENOENT)
			ask = false;
		free(name);
	}
	if ((!ask || !collector->store) && reading->when_ns >= collector->store_after)
		collector->store_after = reading->when_ns + STORE_RETRY_NS;
}

static unsigned int state_of(const xc_domaininfo_t *info)
{
	unsigned int reason = (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
	unsigned int state = 0;

	if (info->flags & XEN_DOMINF_dying)
		state |= STATE_DYING;
	if (info->flags & XEN_DOMINF_shutdown)
		state |= reason == SHUTDOWN_crash ? STATE_CRASHED : STATE_SHUTDOWN;
	if (info->flags & XEN_DOMINF_blocked)
		state |= STATE_BLOCKED;
	if (info->flags & XEN_DOMINF_paused)
		state |= STATE_PAUSED;
	if (info->flags & XEN_DOMINF_running)
		state |= STATE_RUNNING;
	return state;
}

static enum domain_kind kind_of(const xc_domaininfo_t *info)
{
	if (!(info->flags & XEN_DOMINF_hvm_guest))
		return KIND_PV;
	return info->arch_config.emulation_flags & XEN_X86_EMU_PIT ? KIND_HVM : KIND_PVH;
}

static void take_domain(struct domain_counters *domain, const xc_domaininfo_t *info)
{
	domain->domid = info->domain;
	memcpy(domain->handle, info->handle, sizeof(domain->handle));
	domain->kind = kind_of(info);
	domain->state = state_of(info);
	domain->cpu_ns = info->cpu_time;
	domain->mem_kb = info->tot_pages * KB_PER_PAGE;
	domain->max_kb = info->max_pages >= UINT32_MAX ? NO_LIMIT : info->max_pages * KB_PER_PAGE;
	domain->nr_vcpus = info->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info->max_vcpu_id + 1;
	domain->ssid = info->ssidref;
}

static int read_domains(struct collector *collector, struct reading *reading)
{
	xc_domaininfo_t *infos = calloc(DOMAINS_AT_ONCE, sizeof(*infos));
	unsigned int first = 0;
	int nr = infos ? 0 : -ENOMEM;

	while (nr >= 0) {
		nr = xc_domain_getinfolist(collector->xc, first, DOMAINS_AT_ONCE, infos);
		if (nr <= 0) {
			nr = nr ? -errno : 0;
			break;
		}
		for (int i = 0; i < nr; i++) {
			struct domain_counters *domain = array_grow(
			    (void **)&reading->domains, &reading->nr_domains, sizeof(*domain));

			if (!domain) {
				free(infos);
				return -ENOMEM;
			}
			take_domain(domain, &infos[i]);
		}
		first = infos[nr - 1].domain + 1;
		if (nr < DOMAINS_AT_ONCE)
			break;
	}
	free(infos);
	return nr < 0 ? nr : 0;
}

/* How long it has waited for a processor. */
static void read_waits(struct collector *collector, uint32_t domid, struct vcpu_counters *vcpu)
{
	uint64_t time[4];

	if (collector->no_usage)
		return;
	if (!xc_domain_usage(collector->xc, domid, vcpu->id, time, NULL, NULL)) {
		vcpu->waits_known = true;
		vcpu->waited_ns = time[RUNSTATE_runnable];
	} else if (errno == ENOSYS) {
		collector->no_usage = true;
	}
}

static int read_calls(struct collector *collector, struct domain_counters *domain)
{
	uint32_t nr = MOST_CALLS;

	if (collector->no_usage)
		return 0;
	domain->calls = calloc(MOST_CALLS, sizeof(*domain->calls));
	if (!domain->calls)
		return -ENOMEM;
	if (!xc_domain_usage(collector->xc, domain->domid, 0, NULL, &nr, domain->calls))
		domain->nr_calls = nr < MOST_CALLS ? nr : MOST_CALLS;
	return 0;
}

static int read_vcpus(struct collector *collector, struct domain_counters *domain)
{
	for (unsigned int id = 0; id < domain->nr_vcpus; id++) {
		struct vcpu_counters *vcpu;
		xc_vcpuinfo_t info;

		if (xc_vcpu_getinfo(collector->xc, domain->domid, id, &info) < 0)
			continue;
		vcpu =
		    array_grow((void **)&domain->vcpus, &domain->nr_vcpu_counters, sizeof(*vcpu));
		if (!vcpu)
			return -ENOMEM;
		*vcpu = (struct vcpu_counters){ .id = id,
						.online = info.online,
						.blocked = info.blocked,
						.running = info.running,
						.cpu = info.cpu,
						.time_ns = info.cpu_time };
		read_waits(collector, domain->domid, vcpu);
	}
	return read_calls(collector, domain);
}

static int read_host(struct collector *collector, struct reading *reading)
{
	xc_physinfo_t info;
	struct timespec now;

	if (xc_physinfo(collector->xc, &info) < 0)
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &now);
	reading->when_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	reading->clock = time(NULL);
	memcpy(reading->version, collector->version, VERSION_SIZE);
	reading->total_kb = info.total_pages * KB_PER_PAGE;
	reading->free_kb = info.free_pages * KB_PER_PAGE;
	reading->cpu_khz = info.cpu_khz;
	reading->nr_cpus = info.nr_cpus;
	return 0;
}

int collect(struct collector *collector, struct reading *reading)
{
	int rc;

	memset(reading, 0, sizeof(*reading));
	rc = read_host(collector, reading);
	if (!rc)
		rc = read_domains(collector, reading);
	for (size_t i = 0; !rc && i < reading->nr_domains; i++)
		rc = read_vcpus(collector, &reading->domains[i]);
	if (!rc)
		rc = collect_nets(reading, "/sys");
	if (!rc)
		rc = collect_disks(reading, "/sys");
	if (!rc)
		rc = collect_journals(reading, BACK_DIR);
	if (rc)
		reading_free(reading);
	else
		read_names(collector, reading);
	return rc;
}
