/* SPDX-License-Identifier: MIT */
/*
 * CPU pools.
 */
#include <stdlib.h>
#include <time.h>

#include "private.h"

#define BUSY_TRIES 20 /* 100 ms apart */

static struct xen_sysctl pool_op(uint32_t op, uint32_t poolid)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_cpupool_op);

	sysctl.u.cpupool_op.op = op;
	sysctl.u.cpupool_op.cpupool_id = poolid;
	return sysctl;
}

int xc_cpupool_create(xc_interface *xch, uint32_t *ppoolid, uint32_t sched_id)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, *ppoolid);

	sysctl.u.cpupool_op.sched_id = sched_id;
	if (do_sysctl(xch, &sysctl))
		return -1;
	*ppoolid = sysctl.u.cpupool_op.cpupool_id;
	return 0;
}

int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, poolid);

	return do_sysctl(xch, &sysctl);
}

/* Runs an op that fills a map of CPUs, which is the caller's. */
static int with_cpumap(xc_interface *xch, struct xen_sysctl *sysctl, xc_cpumap_t map)
{
	int bytes = xc_get_cpumap_size(xch);
	struct bounce bounce = BOUNCE(sysctl->u.cpupool_op.cpumap.bitmap, map, (size_t)bytes, OUT);

	set_bits(&sysctl->u.cpupool_op.cpumap, bytes);
	return as_status(sysctl_bounced(xch, sysctl, &bounce, 1));
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, poolid);
	xc_cpupoolinfo_t *info = calloc(1, sizeof(*info));

	if (!info)
		return NULL;
	info->cpumap = xc_cpumap_alloc(xch);
	if (!info->cpumap || with_cpumap(xch, &sysctl, info->cpumap)) {
		xc_cpupool_infofree(xch, info);
		return NULL;
	}
	info->cpupool_id = sysctl.u.cpupool_op.cpupool_id;
	info->sched_id = sysctl.u.cpupool_op.sched_id;
	info->n_dom = sysctl.u.cpupool_op.n_dom;
	return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	int saved = errno;

	if (info)
		free(info->cpumap);
	free(info);
	errno = saved;
}

int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, poolid);

	sysctl.u.cpupool_op.cpu = cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu;
	return do_sysctl(xch, &sysctl);
}

int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	unsigned int tries;
	int rc = -1;

	for (tries = 0; tries < BUSY_TRIES; tries++) {
		struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, poolid);

		sysctl.u.cpupool_op.cpu = cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu;
		rc = do_sysctl(xch, &sysctl);
		if (!rc || errno != EAGAIN)
			break;
		nanosleep(&pause, NULL);
	}
	return rc;
}

int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, poolid);

	sysctl.u.cpupool_op.domid = domid;
	return do_sysctl(xch, &sysctl);
}

xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch)
{
	struct xen_sysctl sysctl = pool_op(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0);
	xc_cpumap_t map = xc_cpumap_alloc(xch);

	if (map && with_cpumap(xch, &sysctl, map)) {
		int saved = errno;

		free(map);
		errno = saved;
		map = NULL;
	}
	return map;
}
