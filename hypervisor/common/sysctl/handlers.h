/* SPDX-License-Identifier: MIT */
/* The sysctl handlers: they work on a private copy of the request. 0 or -errno. */
#ifndef SYSCTL_HANDLERS_H
#define SYSCTL_HANDLERS_H

struct xen_sysctl;

/* A request that gives way goes on by itself: above this part of cmd it then has a cursor, never 0. No caller sets one. */
#define SYSCTL_CMD	    0xffffu
#define SYSCTL_CURSOR_SHIFT 16

/* machine.c */
int sysctl_physinfo(struct xen_sysctl *op);
int sysctl_cputopoinfo(struct xen_sysctl *op);
int sysctl_numainfo(struct xen_sysctl *op);
int sysctl_pcitopoinfo(struct xen_sysctl *op);
int sysctl_availheap(struct xen_sysctl *op);
int sysctl_getcpuinfo(struct xen_sysctl *op);
/* console.c */
int sysctl_readconsole(struct xen_sysctl *op);
int sysctl_debug_keys(struct xen_sysctl *op);
/* domains.c */
int sysctl_getdomaininfolist(struct xen_sysctl *op);
/* sched.c */
int sysctl_sched_id(struct xen_sysctl *op);
int sysctl_cpupool(struct xen_sysctl *op);
int sysctl_scheduler(struct xen_sysctl *op);
int sysctl_get_levelling_caps(struct xen_sysctl *op);

#endif
