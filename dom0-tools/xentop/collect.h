/* SPDX-License-Identifier: MIT */
/*
 * Where readings come from: the hypervisor (domains, vCPUs, the host), xenstore (names), and Dom0's
 * sysfs (the counters of the backends' devices). Nothing here draws or compares.
 */
#ifndef SERAI_XENTOP_COLLECT_H
#define SERAI_XENTOP_COLLECT_H

#include "xentop/reading.h"

struct collector;

/* NULL: said why on stderr. */
struct collector *collector_open(void);
void collector_close(struct collector *collector);
/* Fill *reading (its former content is not freed). -errno, said on no stream. */
int collect(struct collector *collector, struct reading *reading);

/*
 * Add the devices below sysfs (/sys) to the domains of a reading. A device that goes away
 * meanwhile, or a system without such devices, is no error. -ENOMEM.
 */
int collect_nets(struct reading *reading, const char *sysfs);
int collect_disks(struct reading *reading, const char *sysfs);
/* Those that Serai's own backend serves, from its journals below path (/run/serai/back). -ENOMEM. */
int collect_journals(struct reading *reading, const char *path);
void sort_disks(struct reading *reading);

#endif
