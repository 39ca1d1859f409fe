/* SPDX-License-Identifier: MIT */
/* sched_op: what a guest tells the scheduler about its own vCPU or, privileged, about a domain. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/smp.h>
#include <public/sched.h>
#include "domain_watchdog.h"

#define MAX_POLL_PORTS 128

static long sched_shutdown(guest_ptr_t arg)
{
	struct sched_shutdown s;

	if (copy_struct_from_guest(&s, arg))
		return trace_err(-EFAULT);
	if (s.reason > SHUTDOWN_MAX)
		return trace_err(-EINVAL);
	domain_shutdown(current->domain, (int)s.reason);
	return 0;
}

/* Polling sleeps until one of the ports is pending or time is up; unlike block, events need not be
 * deliverable. poll_evtchn and the POLLING bit are set before the ports are looked at, so that a sender
 * that comes between sees them. */
static long sched_poll(guest_ptr_t arg)
{
	struct vcpu *v = current;
	struct sched_poll p;
	evtchn_port_t port;

	if (copy_struct_from_guest(&p, arg))
		return trace_err(-EFAULT);
	if (p.nr_ports > MAX_POLL_PORTS)
		return trace_err(-EINVAL);
	v->poll_evtchn = p.nr_ports == 1 ? 0 : -1;
	if (p.nr_ports == 1) {
		if (copy_from_guest_at(&port, guest_handle_addr(p.ports), 0))
			return trace_err(-EFAULT);
		v->poll_evtchn = (int)port;
	}
	__atomic_fetch_or(&v->pause_flags, 1ul << VPF_POLLING, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < p.nr_ports; i++) {
		long rc = 0;

		if (copy_from_guest_at(&port, guest_handle_addr(p.ports), i))
			rc = -EFAULT;
		else if (!evtchn_port_is_valid(v->domain, port))
			rc = -EINVAL;
		else if (!evtchn_port_is_pending(v->domain, port))
			continue;
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_POLLING), __ATOMIC_SEQ_CST);
		return rc;
	}
	if (arch_vcpu_event_pending(v)) {
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_POLLING), __ATOMIC_SEQ_CST);
		return 0;
	}
	if (p.timeout) {
		migrate_timer(&v->poll_timer, v->processor);
		set_timer(&v->poll_timer, (s_time_t)p.timeout);
	}
	raise_softirq(SOFTIRQ_SCHEDULE);
	return 0;
}

static long remote_shutdown(guest_ptr_t arg)
{
	struct sched_remote_shutdown s;
	struct domain *d;
	int err;

	if (copy_struct_from_guest(&s, arg))
		return trace_err(-EFAULT);
	if (s.domain_id == current->domain->domain_id || s.reason > SHUTDOWN_MAX)
		return trace_err(-EINVAL);
	d = domain_get_for_caller(s.domain_id, &err);
	if (!d)
		return err;
	domain_shutdown(d, (int)s.reason);
	domain_put(d);
	return 0;
}

static long watchdog(guest_ptr_t arg)
{
	struct sched_watchdog w;

	if (copy_struct_from_guest(&w, arg))
		return trace_err(-EFAULT);
	return domain_watchdog(current->domain, w.id, w.timeout);
}

long do_sched_op(unsigned long cmd, unsigned long arg)
{
	switch (cmd) {
	case SCHEDOP_yield:
		vcpu_yield_current();
		return 0;
	case SCHEDOP_block:
		current->vcpu_info->evtchn_upcall_mask = 0;
		vcpu_block_current();
		return 0;
	case SCHEDOP_shutdown:
		return sched_shutdown(arg);
	case SCHEDOP_poll:
		return sched_poll(arg);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(arg);
	case SCHEDOP_watchdog:
		return watchdog(arg);
	default:
		return -ENOSYS;
	}
}

long do_sched_op_compat(unsigned long cmd, unsigned long arg)
{
	switch (cmd) {
	case SCHEDOP_yield:
	case SCHEDOP_block:
		return do_sched_op(cmd, 0);
	case SCHEDOP_shutdown:
		domain_shutdown(current->domain, (int)arg);
		return 0;
	default:
		return -ENOSYS;
	}
}
