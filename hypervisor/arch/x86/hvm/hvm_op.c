/* SPDX-License-Identifier: MIT */
/*
 * hvm_op: parameters of a hardware-virtualized domain, and what its guest asks about itself.
 *
 * A parameter has a row: who may set and read it, which values it takes, whether it may change once set. The
 * guest tells where it wants its events and its firmware's things; where its rings are, only the toolstack.
 */
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <asm/hvm/hvm.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/sched.h>

#define GUEST_GETS 1u
#define GUEST_SETS 2u
#define TOOLS	   4u /* the toolstack does both */
#define ONCE	   8u /* a value that is not 0 stays */
#define GUEST	   (GUEST_GETS | GUEST_SETS | TOOLS)

struct param {
	uint8_t rights; /* 0: there is no such parameter */
	uint64_t most;	/* highest value; 0: any */
	bool none;	/* but 0, nothing is offered */
};

static const struct param params[HVM_NR_PARAMS] = {
	[HVM_PARAM_CALLBACK_IRQ] = { GUEST, 0, false },
	[HVM_PARAM_STORE_PFN] = { TOOLS | GUEST_GETS, 0, false },
	[HVM_PARAM_STORE_EVTCHN] = { GUEST, 0, false },
	[HVM_PARAM_IOREQ_PFN] = { TOOLS | ONCE, 0, false },
	[HVM_PARAM_BUFIOREQ_PFN] = { TOOLS | ONCE, 0, false },
	[HVM_PARAM_VIRIDIAN] = { TOOLS | ONCE, 0, false },
	[HVM_PARAM_TIMER_MODE] = { TOOLS, HVMPTM_one_missed_tick_pending, false },
	[HVM_PARAM_HPET_ENABLED] = { TOOLS, 1, false },
	[HVM_PARAM_IDENT_PT] = { TOOLS, 0, false },
	[HVM_PARAM_ACPI_S_STATE] = { TOOLS, 0, true },
	[HVM_PARAM_VM86_TSS] = { GUEST, 0, false },
	[HVM_PARAM_VPT_ALIGN] = { TOOLS, 1, false },
	[HVM_PARAM_CONSOLE_PFN] = { TOOLS | GUEST_GETS, 0, false },
	[HVM_PARAM_CONSOLE_EVTCHN] = { GUEST, 0, false },
	[HVM_PARAM_ACPI_IOPORTS_LOCATION] = { GUEST, 1, false },
	[HVM_PARAM_PAGING_RING_PFN] = { TOOLS, 0, false },
	[HVM_PARAM_MONITOR_RING_PFN] = { TOOLS, 0, false },
	[HVM_PARAM_SHARING_RING_PFN] = { TOOLS, 0, false },
	[HVM_PARAM_TRIPLE_FAULT_REASON] = { TOOLS, SHUTDOWN_MAX, false },
	[HVM_PARAM_IOREQ_SERVER_PFN] = { TOOLS | ONCE, 0, false },
	[HVM_PARAM_NR_IOREQ_SERVER_PAGES] = { TOOLS | ONCE, 64, false },
	[HVM_PARAM_VM_GENERATION_ID_ADDR] = { GUEST, 0, false },
	[HVM_PARAM_ALTP2M] = { TOOLS | ONCE, 0, true },
	[HVM_PARAM_X87_FIP_WIDTH] = { GUEST, 8, false },
	[HVM_PARAM_VM86_TSS_SIZED] = { GUEST, 0, false },
	[HVM_PARAM_MCA_CAP] = { TOOLS | ONCE, 0, true },
};

/* May the caller do so with this parameter of d? */
static int check_right(const struct domain *d, uint32_t index, uint8_t guest_right)
{
	if (index >= HVM_NR_PARAMS || !params[index].rights)
		return trace_err(-EINVAL);
	if (d == current->domain && !(params[index].rights & guest_right))
		return trace_err(-EPERM);
	return 0;
}

static int check_value(uint32_t index, uint64_t value)
{
	const struct param *p = &params[index];

	if (p->none && value)
		return trace_err(-EOPNOTSUPP);
	if (p->most && value > p->most)
		return trace_err(-EINVAL);
	if (index == HVM_PARAM_VIRIDIAN)
		return viridian_check(value);
	if (index == HVM_PARAM_X87_FIP_WIDTH && value & 3)
		return trace_err(-EINVAL);
	return 0;
}

static int set_value(struct domain *d, uint32_t index, uint64_t value)
{
	struct hvm_domain *h = d->arch.hvm;
	int rc = 0;

	spin_lock(&h->param_lock);
	if (params[index].rights & ONCE && h->params[index] && h->params[index] != value)
		rc = -EEXIST;
	else if (index == HVM_PARAM_CALLBACK_IRQ)
		rc = hvm_set_callback_irq(d, value);
	if (!rc && index == HVM_PARAM_VIRIDIAN && !h->params[index])
		h->viridian.start = NOW();
	if (!rc)
		WRITE_ONCE(h->params[index], value);
	spin_unlock(&h->param_lock);
	return rc;
}

static long set_param(struct domain *d, struct xen_hvm_param *a)
{
	int rc = check_right(d, a->index, GUEST_SETS);

	if (!rc)
		rc = check_value(a->index, a->value);
	return rc ? rc : set_value(d, a->index, a->value);
}

static long get_param(struct domain *d, struct xen_hvm_param *a)
{
	int rc = check_right(d, a->index, GUEST_GETS);

	if (rc)
		return rc;
	spin_lock(&d->arch.hvm->param_lock);
	a->value = d->arch.hvm->params[a->index];
	spin_unlock(&d->arch.hvm->param_lock);
	return 0;
}

static long param_op(guest_ptr_t arg, bool set)
{
	struct xen_hvm_param a;
	struct domain *d;
	long rc;
	int err;

	if (copy_struct_from_guest(&a, arg))
		return trace_err(-EFAULT);
	d = domain_get_for_caller(a.domid, &err);
	if (!d)
		return trace_err(err);
	rc = !is_hvm_domain(d) ? trace_err(-EINVAL) : set ? set_param(d, &a) : get_param(d, &a);
	domain_put(d);
	if (!rc && !set && copy_struct_to_guest(arg, &a))
		rc = trace_err(-EFAULT);
	return rc;
}

static long set_upcall_vector(guest_ptr_t arg)
{
	struct xen_hvm_evtchn_upcall_vector a;
	struct domain *d = current->domain;

	if (copy_struct_from_guest(&a, arg))
		return trace_err(-EFAULT);
	if (!is_hvm_domain(d))
		return trace_err(-EINVAL);
	if (a.vcpu >= d->max_vcpus || !d->vcpu[a.vcpu])
		return trace_err(-ENOENT);
	return hvm_set_upcall_vector(d->vcpu[a.vcpu], a.vector);
}

static long flush_tlbs(guest_ptr_t arg)
{
	struct domain *d = current->domain;

	if (arg || !is_hvm_domain(d))
		return trace_err(-EINVAL);
	p2m_flush(d);
	return 0;
}

static long get_time(guest_ptr_t arg)
{
	struct xen_hvm_get_time a = { .now = (uint64_t)NOW() };

	if (!current->domain->is_privileged && !is_hvm_domain(current->domain))
		return trace_err(-EPERM);
	return copy_struct_to_guest(arg, &a) ? trace_err(-EFAULT) : 0;
}

static long get_mem_type(guest_ptr_t arg)
{
	struct xen_hvm_get_mem_type a;
	enum p2m_type t = P2M_invalid;
	struct domain *d;
	int err;

	if (copy_struct_from_guest(&a, arg))
		return trace_err(-EFAULT);
	d = domain_get_for_caller(a.domid, &err);
	if (!d)
		return trace_err(err);
	err = is_hvm_domain(d) ? 0 : -EINVAL;
	if (!err && a.pfn < P2M_MAX_GFN)
		p2m_get(d, _gfn(a.pfn), &t, NULL);
	domain_put(d);
	a.mem_type = t == P2M_ram_rw || t == P2M_grant_rw ? HVMMEM_ram_rw : t == P2M_invalid	       ? HVMMEM_mmio_dm :
		     t == P2M_ioreq_server     ? HVMMEM_ioreq_server :
						 HVMMEM_ram_ro;
	if (!err && copy_struct_to_guest(arg, &a))
		err = -EFAULT;
	return err;
}

long do_hvm_op(unsigned long op, unsigned long arg)
{
	switch (op) {
	case HVMOP_set_param:
	case HVMOP_get_param:
		return param_op(arg, op == HVMOP_set_param);
	case HVMOP_flush_tlbs:
		return flush_tlbs(arg);
	case HVMOP_pagetable_dying: /* a hint for shadowed page tables, of which there are none */
		return trace_err(-EINVAL);
	case HVMOP_get_time:
		return get_time(arg);
	case HVMOP_get_mem_type:
		return get_mem_type(arg);
	case HVMOP_set_evtchn_upcall_vector:
		return set_upcall_vector(arg);
	default:
		return trace_err(-ENOSYS);
	}
}
