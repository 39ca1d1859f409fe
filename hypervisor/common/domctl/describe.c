/* SPDX-License-Identifier: MIT */
/* The ABI's view of a domain, and of sets of CPUs. */
#include <hv/control.h>
#include <hv/cpupool.h>
#include <hv/domctl.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <public/domctl.h>

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	/* Ordering: acquire, pairs with vcpu_create()'s release. */
	return id < d->max_vcpus ? __atomic_load_n(&d->vcpu[id], __ATOMIC_ACQUIRE) : NULL;
}

static uint32_t state_flags(const struct domain *d, bool running, bool any_runnable)
{
	uint32_t f = 0;

	if (d->state == DOMAIN_DEAD)
		f |= XEN_DOMINF_dying;
	/* What it shut down for stays to be seen while it is destroyed. */
	if (d->state == DOMAIN_SHUT_DOWN || (domain_is_dying(d) && d->shutdown_code >= 0))
		f |= XEN_DOMINF_shutdown;
	if (d->controller_pause_count)
		f |= XEN_DOMINF_paused;
	if (running)
		f |= XEN_DOMINF_running;
	else if (!any_runnable)
		f |= XEN_DOMINF_blocked;
	f |= ((uint32_t)d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
	return f;
}

static void describe_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool running = false, runnable = false;
	struct vcpu *v;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for_each_vcpu(d, v) {
		struct vcpu_runstate_info rs;

		vcpu_runstate_get(v, &rs);
		info->cpu_time += rs.time[RUNSTATE_running];
		info->max_vcpu_id = v->vcpu_id;
		if (READ_ONCE(v->pause_flags) & (1ul << VPF_DOWN))
			continue;
		info->nr_online_vcpus++;
		if (!(READ_ONCE(v->pause_flags) & (1ul << VPF_BLOCKED | 1ul << VPF_IO)))
			runnable = true;
		if (READ_ONCE(v->is_running))
			running = true;
	}
	info->flags = state_flags(d, running, runnable);
}

void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->domain_id;
	describe_vcpus(d, info);
	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->outstanding_pages;
	info->shared_info_frame = d->shared_info ? mfn_x(virt_to_mfn(d->shared_info)) : ~0ull;
	info->ssidref = d->config.ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->cpupool = cpupool_id(d);
	info->gpaddr_bits = 48;
	if (!d->arch.is_pv)
		info->flags |= XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;
	arch_describe_domain(d, &info->arch_config);
}

int cpumask_to_bitmap(const struct xenctl_bitmap *to, const cpumask_t *from)
{
	uint32_t bytes = to->nr_bits / 8 + (to->nr_bits % 8 != 0);
	uint32_t have = min(bytes, (uint32_t)sizeof(from->bits));
	guest_ptr_t p = guest_handle_addr(to->bitmap);
	cpumask_t copy = *from;

	if (have == bytes && to->nr_bits % 8)
		((uint8_t *)copy.bits)[bytes - 1] &= (uint8_t)((1u << to->nr_bits % 8) - 1);
	if (raw_copy_to_guest(p, copy.bits, have))
		return trace_err(-EFAULT);
	if (bytes > 65536) /* no machine has that many: bound the time */
		return trace_err(-EINVAL);
	return raw_clear_guest(p + have, bytes - have) ? -EFAULT : 0;
}

int cpumask_from_bitmap(cpumask_t *to, const struct xenctl_bitmap *from)
{
	uint32_t bytes = from->nr_bits / 8 + (from->nr_bits % 8 != 0);
	uint32_t have = min(bytes, (uint32_t)sizeof(to->bits));

	cpumask_zero(to);
	if (raw_copy_from_guest(to->bits, guest_handle_addr(from->bitmap), have))
		return trace_err(-EFAULT);
	if (have == bytes && from->nr_bits % 8)
		((uint8_t *)to->bits)[bytes - 1] &= (uint8_t)((1u << from->nr_bits % 8) - 1);
	return 0;
}
