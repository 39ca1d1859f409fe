/* SPDX-License-Identifier: MIT */
/* A domain's own watchdogs; see domain_watchdog.c. */
#ifndef DOMAIN_WATCHDOG_H
#define DOMAIN_WATCHDOG_H

#include <hv/types.h>

struct domain;

void domain_watchdogs_init(struct domain *d);
void domain_watchdogs_destroy(struct domain *d); /* waits for one that is expiring */
/* `id` 0 starts one: its number, -ENOSPC. Else that one is set anew, or stopped with 0 seconds: 0, -EINVAL. */
long domain_watchdog(struct domain *d, uint32_t id, uint32_t seconds);

#endif
