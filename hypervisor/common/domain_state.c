/* SPDX-License-Identifier: MIT */
/*
 * How a domain's life goes: the legal edges, and the work each edge asks for.
 *
 *   alive <-> (shutting down ->) shut down		the guest's own end, or the toolstack's wish for it
 *   any of these -> dying -> dead			the toolstack destroys it
 *
 * Shutting down stops every vCPU without waiting: it may come from one of them. The last to leave its CPU
 * makes the domain shut down, and only then is the toolstack told, so what it reads stands still.
 * Dying takes back ports, mappings of others' frames, page tables and memory, in steps that can be
 * interrupted and begun again; each step finds what is left of the last try.
 */
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/mm.h>
#include <hv/printf.h>
#include <public/sched.h>
#include <asm/current.h>
#include <stdarg.h>
#include "dump.h"

#define TO(state) (1u << DOMAIN_##state)
static const uint8_t legal[] = {
	[DOMAIN_ALIVE] = TO(SHUTTING_DOWN) | TO(DYING),
	[DOMAIN_SHUTTING_DOWN] = TO(SHUT_DOWN) | TO(DYING),
	[DOMAIN_SHUT_DOWN] = TO(ALIVE) | TO(DYING),
	[DOMAIN_DYING] = TO(DEAD),
	[DOMAIN_DEAD] = 0,
};

/* Under state_lock. */
static bool change_locked(struct domain *d, enum domain_state to)
{
	ASSERT(spin_is_held(&d->state_lock));
	if (!(legal[d->state] & 1u << to))
		return false;
	__atomic_store_n(&d->state, to, __ATOMIC_SEQ_CST);
	return true;
}

static bool change(struct domain *d, enum domain_state to)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&d->state_lock, flags);
	ok = change_locked(d, to);
	spin_unlock_irqrestore(&d->state_lock, flags);
	return ok;
}

/* ---- shutting down, and back ---- */

static bool any_running(const struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (__atomic_load_n(&v->is_running, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

void domain_vcpu_stopped(struct domain *d)
{
	if (!any_running(d) && change(d, DOMAIN_SHUT_DOWN))
		send_global_virq(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, int reason)
{
	struct vcpu *v;
	unsigned long flags;
	bool first;

	if (is_hardware_domain(d))
		arch_domain_shutdown_machine(reason);
	spin_lock_irqsave(&d->state_lock, flags);
	first = change_locked(d, DOMAIN_SHUTTING_DOWN);
	if (first)
		d->shutdown_code = d->crash_told ? SHUTDOWN_crash : reason;
	spin_unlock_irqrestore(&d->state_lock, flags);
	if (!first)
		return;
	for_each_vcpu(d, v)
		vcpu_pause_nosync(v);
	domain_vcpu_stopped(d);
}

int domain_resume(struct domain *d)
{
	struct vcpu *v;
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&d->state_lock, flags);
	ok = change_locked(d, DOMAIN_ALIVE);
	if (ok)
		d->shutdown_code = -1;
	spin_unlock_irqrestore(&d->state_lock, flags);
	if (!ok)
		return trace_err(-EINVAL);
	for_each_vcpu(d, v)
		vcpu_unpause(v);
	return 0;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	if (READ_ONCE(d->state) != DOMAIN_ALIVE)
		return;
	va_start(ap, fmt);
	hv_vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	printk("d%u crashed: %s\n", d->domain_id, why);
	if (current->domain == d)
		arch_dump_registers();
	domain_shutdown(d, SHUTDOWN_crash);
}

/* ---- destruction ---- */

int domain_destroy(struct domain *d)
{
	int rc;

	ASSERT(spin_is_held(&d->domctl_lock));
	if (d == current->domain || is_hardware_domain(d))
		return trace_err(-EINVAL);
	if (change(d, DOMAIN_DYING))
		domain_pause(d);
	if (d->state == DOMAIN_DEAD)
		return 0;
	rc = evtchn_destroy(d);
	if (!rc)
		rc = grant_table_release_mappings(d);
	if (!rc)
		rc = arch_domain_relinquish(d);
	if (!rc && change(d, DOMAIN_DEAD)) {
		(void)domain_set_outstanding(d, 0);
		send_global_virq(VIRQ_DOM_EXC);
		domain_put(d); /* the one it was born with; the caller has its own */
	}
	return rc;
}
