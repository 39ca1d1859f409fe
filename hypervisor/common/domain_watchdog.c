/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_watchdog: a domain's promise to call again before a time-out. If it does not, it is shut down with
 * SHUTDOWN_watchdog, and the toolstack acts as its configuration says (on_watchdog=). Two each, numbered from 1.
 */
#include <hv/domain.h>
#include <asm/current.h>
#include <public/sched.h>
#include "domain_watchdog.h"

static void expired(void *data)
{
	struct domain *d = data;

	printk("d%u: watchdog expired\n", d->domain_id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

void domain_watchdogs_init(struct domain *d)
{
	spin_lock_init(&d->watchdog.lock);
	for (unsigned int i = 0; i < NR_DOMAIN_WATCHDOGS; i++)
		init_timer(&d->watchdog.timer[i], expired, d, 0);
}

void domain_watchdogs_destroy(struct domain *d)
{
	for (unsigned int i = 0; i < NR_DOMAIN_WATCHDOGS; i++)
		kill_timer(&d->watchdog.timer[i]);
}

/* Under the lock. */
static void arm(struct domain *d, unsigned int i, uint32_t seconds)
{
	d->watchdog.used |= 1u << i;
	migrate_timer(&d->watchdog.timer[i], current->processor);
	set_timer(&d->watchdog.timer[i], NOW() + SECONDS(seconds));
}

static long start(struct domain *d, uint32_t seconds)
{
	unsigned int i = (unsigned int)__builtin_ctz(~d->watchdog.used);

	if (i >= NR_DOMAIN_WATCHDOGS)
		return trace_err(-ENOSPC);
	arm(d, i, seconds);
	return i + 1;
}

static long change(struct domain *d, unsigned int i, uint32_t seconds)
{
	if (!(d->watchdog.used & 1u << i))
		return trace_err(-EINVAL);
	if (seconds) {
		arm(d, i, seconds);
	} else {
		stop_timer(&d->watchdog.timer[i]);
		d->watchdog.used &= ~(1u << i);
	}
	return 0;
}

long domain_watchdog(struct domain *d, uint32_t id, uint32_t seconds)
{
	long rc;

	if (id > NR_DOMAIN_WATCHDOGS || (!id && !seconds))
		return trace_err(-EINVAL);
	spin_lock(&d->watchdog.lock);
	rc = id ? change(d, id - 1, seconds) : start(d, seconds);
	spin_unlock(&d->watchdog.lock);
	return rc;
}
