/* SPDX-License-Identifier: MIT */
/*
 * Memory of the machine and of domains.
 *
 * A domain's target is a node its balloon driver watches; the limit in the hypervisor follows it
 * with a little slack. For a new domain, Domain-0 may be asked to give up what is missing: its
 * target is lowered and what becomes free is awaited as long as there is progress.
 */
#include "domain/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/version.h>

#define DOM0_LEAST_KIB	(128 * 1024) /* libxl's rule: less starves the control domain */
#define FREE_MARGIN_KIB 2048	     /* the balloon driver rounds; the hypervisor's own needs */
#define STALL_SECONDS	10
#define POLL_NS		20000000

static uint64_t mib(uint64_t kib)
{
	return kib >> 10;
}

static bool free_kib(struct session *session, uint64_t *kib)
{
	xc_physinfo_t machine = { 0 };
	uint64_t pages;

	if (xc_physinfo(session->xc, &machine))
		return false;
	pages = machine.free_pages;
	*kib = (pages > machine.outstanding_pages ? pages - machine.outstanding_pages : 0) * 4;
	return true;
}

static bool may_balloon(struct session *session)
{
	xen_commandline_t line = "";

	if (session->autoballoon != AUTOBALLOON_AUTO)
		return session->autoballoon == AUTOBALLOON_ON;
	return xc_version(session->xc, XENVER_commandline, line) < 0 || !strstr(line, "dom0_mem=");
}

/* Waits until so much is free; gives up when nothing has changed for a while. */
static bool await_free(struct session *session, uint64_t kib)
{
	const struct timespec pause = { 0, POLL_NS };
	uint64_t best = 0, free = 0, since = now_ns();

	while (free_kib(session, &free) && free < kib) {
		if (free > best) {
			best = free;
			since = now_ns();
		}
		if (now_ns() - since > STALL_SECONDS * 1000000000ULL)
			return false;
		nanosleep(&pause, NULL);
	}
	return free >= kib;
}

static int balloon_down(struct session *session, uint64_t kib, uint64_t free)
{
	struct store_batch batch = { .xs = session->xs };
	uint64_t target, missing = kib + FREE_MARGIN_KIB - free, old = 0;
	bool had_target = store_read_number(session, &old, "/local/domain/0/memory/target");
	xc_domaininfo_t dom0;

	if (!domain_info(session, 0, &dom0))
		return tell(session, -EIO, "the hypervisor does not tell Domain-0's memory");
	target = dom0.tot_pages * 4;
	if (target < missing + DOM0_LEAST_KIB)
		return tell(session, -ENOMEM,
			    "not enough memory: %llu MiB are needed, %llu MiB are free, and "
			    "Domain-0 has only "
			    "%llu MiB; stop a guest or lower memory=",
			    (unsigned long long)mib(kib), (unsigned long long)mib(free),
			    (unsigned long long)mib(target));
	store_write_number(&batch, target - missing, "/local/domain/0/memory/target");
	if (!batch.error && await_free(session, kib))
		return 0;
	if (had_target)
		store_write_number(&batch, old, "/local/domain/0/memory/target");
	free_kib(session, &free);
	return tell(session, -ENOMEM,
		    "not enough memory: %llu MiB are needed, and Domain-0 gave up memory only "
		    "until %llu MiB "
		    "were free; stop a guest or lower memory=",
		    (unsigned long long)mib(kib), (unsigned long long)mib(free));
}

int memory_ensure_free(struct session *session, uint64_t kib)
{
	uint64_t free;

	if (!free_kib(session, &free))
		return tell(session, -errno,
			    "the hypervisor does not tell how much memory is free: %s",
			    strerror(errno));
	if (free >= kib)
		return 0;
	if (may_balloon(session))
		return balloon_down(session, kib, free);
	return tell(session, -ENOMEM,
		    "not enough memory: %llu MiB are needed, %llu MiB are free; stop a guest, "
		    "lower memory= or "
		    "give Domain-0 less (xl mem-set 0)",
		    (unsigned long long)mib(kib), (unsigned long long)mib(free));
}

/* Domain-0 has no nodes before the first time. */
static void ensure_dom0_nodes(struct session *session, struct store_batch *batch)
{
	uint64_t value;
	xc_domaininfo_t info;

	if (store_read_number(session, &value, "/local/domain/0/memory/static-max") ||
	    !domain_info(session, 0, &info))
		return;
	value = info.max_pages < UINT32_MAX ? info.max_pages : info.tot_pages;
	store_write_number(batch, value * 4, "/local/domain/0/memory/static-max");
}

int domain_set_memory_target(struct session *session, uint32_t domid, uint64_t kib)
{
	struct store_batch batch = { .xs = session->xs };
	uint64_t most, videoram = 0;
	char target[24];
	int error;

	if (!domid)
		ensure_dom0_nodes(session, &batch);
	if (!store_read_number(session, &most, "/local/domain/%u/memory/static-max", domid))
		return tell(session, -ENOENT,
			    "domain %u has no memory/static-max in the store: it cannot balloon",
			    domid);
	if (kib > most)
		return tell(session, -EINVAL,
			    "%llu MiB are more than domain %u was created for (maxmem=%llu)",
			    (unsigned long long)mib(kib), domid, (unsigned long long)mib(most));
	if (!domid && kib < DOM0_LEAST_KIB)
		return tell(session, -EINVAL,
			    "%llu MiB are too little for Domain-0: it needs %u MiB to live",
			    (unsigned long long)mib(kib), DOM0_LEAST_KIB >> 10);
	store_read_number(session, &videoram, "/local/domain/%u/memory/videoram", domid);
	if (kib < videoram + 1024)
		return tell(session, -EINVAL, "%llu KiB are too little for a domain",
			    (unsigned long long)kib);
	/*
	 * Down: the guest gives pages up first. Up: it may take them only then. Slack covers both.
	 */
	if (xc_domain_setmaxmem(session->xc, domid, kib + LIMIT_SLACK_KIB))
		return tell(session, -errno,
			    "the hypervisor refused a limit of %llu MiB for domain %u: %s",
			    (unsigned long long)mib(kib), domid, strerror(errno));
	snprintf(target, sizeof(target), "%llu", (unsigned long long)(kib - videoram));
	error = store_tell_domain(session, domid, "memory/target", target);
	return error ? tell(session, error, "the target of domain %u cannot be written: %s", domid,
			    strerror(-error))
		     : 0;
}

int domain_set_max_memory(struct session *session, uint32_t domid, uint64_t kib)
{
	uint64_t target = 0;

	if (store_read_number(session, &target, "/local/domain/%u/memory/target", domid) &&
	    kib < target)
		return tell(session, -EINVAL,
			    "%llu MiB are less than domain %u's target of %llu MiB; lower that "
			    "first (xl mem-set)",
			    (unsigned long long)mib(kib), domid, (unsigned long long)mib(target));
	if (!xc_domain_setmaxmem(session->xc, domid, kib + LIMIT_SLACK_KIB))
		return 0;
	return tell(session, -errno, "the hypervisor refused a limit of %llu MiB for domain %u: %s",
		    (unsigned long long)mib(kib), domid, strerror(errno));
}
