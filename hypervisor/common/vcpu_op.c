/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op: a domain's control over its own vCPUs. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/pv.h>
#include <public/vcpu.h>
#include <public/arch-x86/xen.h>


static struct vcpu *find_vcpu(struct domain *d, unsigned long id)
{
	return id < d->max_vcpus ? __atomic_load_n(&d->vcpu[id], __ATOMIC_ACQUIRE) : NULL;
}

static long vcpu_initialise(struct domain *d, struct vcpu *v, guest_ptr_t arg)
{
	long rc;

	spin_lock(&d->domctl_lock);
	rc = v->is_initialised ? -EEXIST : arch_initialise_vcpu(v, arg);
	spin_unlock(&d->domctl_lock);
	return rc;
}

static long vcpu_up(struct vcpu *v)
{
	if (!v->is_initialised)
		return trace_err(-EINVAL);
	if (__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_DOWN), __ATOMIC_SEQ_CST) & (1ul << VPF_DOWN))
		vcpu_wake(v);
	return 0;
}

static long vcpu_down(struct domain *d, struct vcpu *v)
{
	struct vcpu *o;
	unsigned int others = 0;

	for_each_vcpu(d, o)
		if (o != v && !(o->pause_flags & (1ul << VPF_DOWN)))
			others++;
	if (!others) { /* the last one: that is a shutdown */
		domain_shutdown(d, 0);
		return 0;
	}
	if (!(__atomic_fetch_or(&v->pause_flags, 1ul << VPF_DOWN, __ATOMIC_SEQ_CST) & (1ul << VPF_DOWN)))
		vcpu_sleep_for_long(v);
	return 0;
}

static long register_runstate(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_register_runstate_memory_area area;

	if (copy_struct_from_guest(&area, arg))
		return trace_err(-EFAULT);
	if (!guest_range_ok((guest_ptr_t)area.addr.p, 1, sizeof(struct vcpu_runstate_info)))
		return trace_err(-EINVAL);
	v->runstate_guest = area.addr.p;
	if (v == current)
		arch_update_runstate_area(v);
	return 0;
}

static long set_periodic(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_set_periodic_timer set;

	if (copy_struct_from_guest(&set, arg))
		return trace_err(-EFAULT);
	/* A period that is negative as a time, or leads past the end of time, would expire for ever. */
	if (set.period_ns < (uint64_t)MILLISECS(1) || set.period_ns > (uint64_t)STIME_MAX / 2)
		return trace_err(-EINVAL);
	v->periodic_period = (s_time_t)set.period_ns;
	migrate_timer(&v->periodic_timer, v->processor);
	set_timer(&v->periodic_timer, NOW() + v->periodic_period);
	return 0;
}

static long set_singleshot(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_set_singleshot_timer set;

	if (v != current)
		return trace_err(-EINVAL);
	if (copy_struct_from_guest(&set, arg))
		return trace_err(-EFAULT);
	if ((set.flags & VCPU_SSHOTTMR_future) && (s_time_t)set.timeout_abs_ns < NOW())
		return -ETIME;
	migrate_timer(&v->singleshot_timer, v->processor);
	set_timer(&v->singleshot_timer, (s_time_t)set.timeout_abs_ns);
	return 0;
}

static long register_info(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_register_vcpu_info info;
	long rc;

	if (copy_struct_from_guest(&info, arg))
		return trace_err(-EFAULT);
	spin_lock(&v->domain->domctl_lock);
	rc = vcpu_map_info(v, _gfn(info.mfn), info.offset);
	spin_unlock(&v->domain->domctl_lock);
	return rc;
}

static long get_runstate(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	return copy_struct_to_guest(arg, &rs) ? -EFAULT : 0;
}

static long register_time_area(struct vcpu *v, guest_ptr_t arg)
{
	struct vcpu_register_time_memory_area area;

	if (copy_struct_from_guest(&area, arg))
		return trace_err(-EFAULT);
	if (!guest_range_ok((guest_ptr_t)area.addr.p, 1, sizeof(struct vcpu_time_info)))
		return trace_err(-EINVAL);
	v->arch.time_area = area.addr.p;
	v->arch.time_version = 0;
	if (v == current)
		update_vcpu_system_time(v);
	return 0;
}

long do_vcpu_op(unsigned long cmd, unsigned long id, unsigned long arg)
{
	struct domain *d = current->domain;
	struct vcpu *v = find_vcpu(d, id);

	if (!v)
		return -ENOENT;
	switch (cmd) {
	case VCPUOP_initialise:
		return v->vcpu_info_mfn.m == INVALID_MFN_RAW && v->vcpu_id >= XEN_LEGACY_MAX_VCPUS ?
			       -EINVAL :
			       vcpu_initialise(d, v, arg);
	case VCPUOP_up:
		return vcpu_up(v);
	case VCPUOP_down:
		return vcpu_down(d, v);
	case VCPUOP_is_up:
		return !(v->pause_flags & (1ul << VPF_DOWN));
	case VCPUOP_get_runstate_info:
		return get_runstate(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(v, arg);
	case VCPUOP_set_periodic_timer:
		return set_periodic(v, arg);
	case VCPUOP_stop_periodic_timer:
		v->periodic_period = 0;
		stop_timer(&v->periodic_timer);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_singleshot(v, arg);
	case VCPUOP_stop_singleshot_timer:
		if (v != current)
			return trace_err(-EINVAL);
		stop_timer(&v->singleshot_timer);
		return 0;
	case VCPUOP_register_vcpu_info:
		return register_info(v, arg);
	case VCPUOP_send_nmi:
		arch_vcpu_nmi(v);
		return 0;
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time_area(v, arg);
	default:
		return -ENOSYS;
	}
}

long do_set_timer_op(unsigned long timeout)
{
	struct vcpu *v = current;

	if (!timeout) {
		stop_timer(&v->singleshot_timer);
		return 0;
	}
	migrate_timer(&v->singleshot_timer, v->processor);
	set_timer(&v->singleshot_timer, (s_time_t)timeout);
	return 0;
}
