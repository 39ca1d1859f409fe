/* SPDX-License-Identifier: MIT */
/*
 * Where the guest kernel wants to be entered and on which stack: trap table, callbacks, kernel stack.
 * Every address is checked here, once, so that delivery need not check again.
 */
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/pv.h>
#include <public/callback.h>
#include <public/nmi.h>

#define TRAP_TABLE_BATCH 256

/* Trap handlers run in ring 3: a kernel selector becomes the ring-3 one the guest really gets. */
static int set_one_trap(struct pv_vcpu *pv, const struct trap_info *ti)
{
	if (!guest_addr_ok(ti->address))
		return trace_err(-EINVAL);
	pv->trap[ti->vector] = *ti;
	pv->trap[ti->vector].cs = RING3_CS64;
	return 0;
}

static int set_traps(struct pv_vcpu *pv, unsigned long table)
{
	struct trap_info ti;

	for (unsigned int i = 0; i < TRAP_TABLE_BATCH; i++) {
		int rc;

		if (copy_from_guest_at(&ti, table, i))
			return trace_err(-EFAULT);
		if (!ti.address)
			return 0;
		rc = set_one_trap(pv, &ti);
		if (rc)
			return rc;
	}
	return 0;
}

long do_set_trap_table(unsigned long table)
{
	struct vcpu *v = current;
	int rc = 0;

	if (table)
		rc = set_traps(&v->arch.pv, table);
	else
		memset(v->arch.pv.trap, 0, sizeof(v->arch.pv.trap));
	pv_update_fast_paths(v);
	return rc;
}

static struct pv_callback *find_callback(struct pv_vcpu *pv, unsigned int type)
{
	switch (type) {
	case CALLBACKTYPE_event:
		return &pv->event;
	case CALLBACKTYPE_failsafe:
		return &pv->failsafe;
	case CALLBACKTYPE_syscall:
		return &pv->syscall;
	case CALLBACKTYPE_syscall32:
		return &pv->syscall32;
	case CALLBACKTYPE_sysenter:
		return &pv->sysenter;
	case CALLBACKTYPE_nmi:
		return &pv->nmi;
	default:
		return NULL;
	}
}

static int register_callback(struct vcpu *v, const struct callback_register *reg)
{
	struct pv_callback *cb = find_callback(&v->arch.pv, reg->type);

	if (!cb)
		return trace_err(-ENOSYS);
	if (!guest_addr_ok(reg->address))
		return trace_err(-EINVAL);
	cb->address = reg->address;
	cb->mask_events = reg->flags & CALLBACKF_mask_events;
	if (cb == &v->arch.pv.nmi)
		v->arch.pv.trap[2].address = reg->address;
	pv_update_fast_paths(v);
	return 0;
}

static int unregister_callback(struct vcpu *v, unsigned int type)
{
	struct pv_callback *cb = find_callback(&v->arch.pv, type);

	/* A guest without these could not be entered at all. */
	if (type == CALLBACKTYPE_event || type == CALLBACKTYPE_failsafe || type == CALLBACKTYPE_syscall)
		return trace_err(-EINVAL);
	if (!cb)
		return trace_err(-EINVAL);
	cb->address = 0;
	pv_update_fast_paths(v);
	return 0;
}

long do_callback_op(unsigned long cmd, unsigned long arg)
{
	struct callback_register reg;
	struct callback_unregister unreg;

	switch (cmd) {
	case CALLBACKOP_register:
		if (copy_struct_from_guest(&reg, arg))
			return trace_err(-EFAULT);
		return register_callback(current, &reg);
	case CALLBACKOP_unregister:
		if (copy_struct_from_guest(&unreg, arg))
			return trace_err(-EFAULT);
		return unregister_callback(current, unreg.type);
	default:
		return trace_err(-ENOSYS);
	}
}

long do_set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall)
{
	struct pv_vcpu *pv = &current->arch.pv;

	if (!guest_addr_ok(event) || !guest_addr_ok(failsafe) || !guest_addr_ok(syscall))
		return trace_err(-EINVAL);
	pv->event.address = event;
	pv->failsafe.address = failsafe;
	pv->syscall.address = syscall;
	pv_update_fast_paths(current);
	return 0;
}

/* The longest bounce frame must fit below it without touching the hypervisor's hole. */
int pv_set_kernel_stack(struct vcpu *v, uint64_t ss, uint64_t sp)
{
	if (!guest_addr_ok(sp - 1) || !guest_addr_ok(sp - 256))
		return trace_err(-EPERM);
	v->arch.pv.kernel_ss = pv_fix_selector((uint16_t)ss);
	v->arch.pv.kernel_sp = sp & ~0xfUL;
	pv_update_fast_paths(v);
	return 0;
}

long do_stack_switch(unsigned long ss, unsigned long sp)
{
	return pv_set_kernel_stack(current, ss, sp);
}

long do_nmi_op(unsigned long cmd, unsigned long arg)
{
	struct xennmi_callback cb;

	switch (cmd) {
	case XENNMI_register_callback:
		if (copy_struct_from_guest(&cb, arg))
			return trace_err(-EFAULT);
		if (!guest_addr_ok(cb.handler_address))
			return trace_err(-EINVAL);
		current->arch.pv.trap[2].address = cb.handler_address;
		return 0;
	case XENNMI_unregister_callback:
		current->arch.pv.trap[2].address = 0;
		return 0;
	default:
		return trace_err(-ENOSYS);
	}
}
