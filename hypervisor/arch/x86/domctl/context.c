/* SPDX-License-Identifier: MIT */
/* domctl: a vCPU's state, for building, saving and looking at it. The domain stands still meanwhile. */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include <asm/vcpu_kind.h>
#include <public/domctl.h>
#include "handlers.h"

/* The vCPU with its domain paused; end with domain_unpause(). NULL with *err. */
static struct vcpu *pause_for(struct domain *d, uint32_t id, int *err)
{
	struct vcpu *v = domain_vcpu(d, id);

	*err = d == current->domain || domain_is_dying(d) ? -EINVAL : !v ? -ESRCH : 0;
	if (*err)
		return NULL;
	domain_pause(d);
	return v;
}

static int reset_vcpu(struct vcpu *v)
{
	int rc = v->domain->arch.is_pv ? drop_guest_tables(v) : -EOPNOTSUPP;

	if (rc)
		return rc;
	pv_invalidate_ldt(v);
	pv_destroy_gdt(v);
	v->is_initialised = false;
	__atomic_fetch_or(&v->pause_flags, 1ul << VPF_DOWN, __ATOMIC_SEQ_CST);
	return 0;
}

int domctl_set_context(struct domain *d, struct xen_domctl *op)
{
	guest_ptr_t from = guest_handle_addr(op->u.vcpucontext.ctxt);
	struct vcpu_guest_context *c = NULL;
	struct vcpu *v;
	int rc;

	if (from) {
		c = xzalloc(struct vcpu_guest_context);
		if (!c)
			return trace_err(-ENOMEM);
		if (raw_copy_from_guest(c, from, sizeof(*c))) {
			xfree(c);
			return trace_err(-EFAULT);
		}
	}
	v = pause_for(d, op->u.vcpucontext.vcpu, &rc);
	if (v) {
		rc = c ? d->arch.kind->set_context(v, c) : reset_vcpu(v);
		/* Builders clear the shared page before they say where the first vCPU starts. */
		if (!rc && c && !v->vcpu_id)
			update_domain_wallclock_time(d);
		domain_unpause(d);
	}
	xfree(c);
	return rc;
}

int domctl_get_context(struct domain *d, struct xen_domctl *op)
{
	struct vcpu_guest_context *c = xzalloc(struct vcpu_guest_context);
	struct vcpu *v;
	int rc;

	if (!c)
		return trace_err(-ENOMEM);
	v = pause_for(d, op->u.vcpucontext.vcpu, &rc);
	if (v) {
		if (v->is_initialised)
			d->arch.kind->get_context(v, c);
		else
			rc = -ENODATA;
		domain_unpause(d);
	}
	if (!rc && raw_copy_to_guest(guest_handle_addr(op->u.vcpucontext.ctxt), c, sizeof(*c)))
		rc = -EFAULT;
	xfree(c);
	return rc;
}

/* ---- the callbacks that came later ---- */

#define EXT_WITHOUT_MCE offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap)

int domctl_set_ext_context(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v;
	int rc;

	if (e->size < EXT_WITHOUT_MCE || !guest_addr_ok(e->syscall32_callback_eip) ||
	    !guest_addr_ok(e->sysenter_callback_eip))
		return trace_err(-EINVAL);
	v = pause_for(d, e->vcpu, &rc);
	if (!v)
		return trace_err(rc);
	v->arch.pv.syscall32 = (struct pv_callback){ e->syscall32_callback_eip, e->syscall32_disables_events };
	v->arch.pv.sysenter = (struct pv_callback){ e->sysenter_callback_eip, e->sysenter_disables_events };
	domain_unpause(d);
	return 0;
}

int domctl_get_ext_context(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	uint32_t id = e->vcpu;
	struct vcpu *v;
	int rc;

	v = pause_for(d, id, &rc);
	if (!v)
		return trace_err(rc);
	memset(e, 0, sizeof(*e));
	e->vcpu = id;
	e->size = sizeof(*e);
	e->syscall32_callback_eip = v->arch.pv.syscall32.address;
	e->syscall32_disables_events = v->arch.pv.syscall32.mask_events;
	e->sysenter_callback_eip = v->arch.pv.sysenter.address;
	e->sysenter_disables_events = v->arch.pv.sysenter.mask_events;
	if (e->syscall32_callback_eip)
		e->syscall32_callback_cs = RING3_CS64;
	if (e->sysenter_callback_eip)
		e->sysenter_callback_cs = RING3_CS64;
	domain_unpause(d);
	return 0;
}

/* ---- extended state: XCR0, all of XCR0 it ever had, the XSAVE area ---- */

struct xstate_head {
	uint64_t xcr0, xcr0_accum;
};

int domctl_get_xstate(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
	uint64_t size = xstate_size ? sizeof(struct xstate_head) + xstate_size : 0, given = x->size;
	guest_ptr_t to = guest_handle_addr(x->buffer);
	struct xstate_head head;
	struct vcpu *v;
	int rc;

	v = pause_for(d, x->vcpu, &rc);
	if (!v)
		return trace_err(rc);
	x->xfeature_mask = xstate_mask;
	x->size = size;
	head = (struct xstate_head){ v->arch.xcr0, v->arch.xcr0_accum };
	if (given && to) {
		if (given < size)
			rc = -EINVAL;
		else if (size && (raw_copy_to_guest(to, &head, sizeof(head)) ||
				  raw_copy_to_guest(to + sizeof(head), v->arch.xsave, xstate_size)))
			rc = -EFAULT;
	}
	domain_unpause(d);
	return rc;
}

int domctl_set_xstate(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
	guest_ptr_t from = guest_handle_addr(x->buffer);
	struct xstate_head head;
	uint32_t size;
	uint8_t *area;
	struct vcpu *v;
	int rc;

	if (x->size <= sizeof(head) || x->size - sizeof(head) > xstate_size)
		return trace_err(-EINVAL);
	size = (uint32_t)(x->size - sizeof(head));
	area = xzalloc_bytes(size);
	if (!area)
		return trace_err(-ENOMEM);
	rc = raw_copy_from_guest(&head, from, sizeof(head)) ||
			     raw_copy_from_guest(area, from + sizeof(head), size) ?
		     -EFAULT :
		     0;
	if (!rc) {
		v = pause_for(d, x->vcpu, &rc);
		if (v) {
			rc = fpu_set_xstate(v, head.xcr0, head.xcr0_accum, area, size);
			domain_unpause(d);
		}
	}
	xfree(area);
	return rc;
}

/* ---- MSRs: the one a PV guest owns ---- */

int domctl_get_msrs(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	guest_ptr_t to = guest_handle_addr(m->msrs);
	struct xen_domctl_vcpu_msr one = { .index = MSR_TSC_AUX };
	uint32_t room = m->msr_count;
	struct vcpu *v;
	int rc;

	v = pause_for(d, m->vcpu, &rc);
	if (!v)
		return trace_err(rc);
	one.value = v->arch.tsc_aux;
	domain_unpause(d);
	m->msr_count = !to || one.value ? 1 : 0;
	if (!to || !one.value)
		return 0;
	if (!room)
		return -ENOBUFS;
	return raw_copy_to_guest(to, &one, sizeof(one)) ? trace_err(-EFAULT) : 0;
}

static int set_msr(struct vcpu *v, const struct xen_domctl_vcpu_msr *m)
{
	if (m->reserved || m->index != MSR_TSC_AUX || !cpu_has_rdtscp || m->value >> 32)
		return -EINVAL;
	v->arch.tsc_aux = m->value;
	return 0;
}

int domctl_set_msrs(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	uint32_t nr = m->msr_count, i;
	struct vcpu *v;
	int rc;

	if (nr > 16) /* no vCPU has that many */
		return trace_err(-E2BIG);
	v = pause_for(d, m->vcpu, &rc);
	if (!v)
		return trace_err(rc);
	for (i = 0; i < nr && !rc; i++) {
		struct xen_domctl_vcpu_msr one;

		rc = copy_from_guest_at(&one, guest_handle_addr(m->msrs), i) ? -EFAULT : set_msr(v, &one);
	}
	domain_unpause(d);
	m->msr_count = rc ? i - 1 : i;
	return rc;
}
