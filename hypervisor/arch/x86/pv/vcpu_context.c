/* SPDX-License-Identifier: MIT */
/*
 * A PV vCPU's whole register state in the ABI's form (struct vcpu_guest_context): set by VCPUOP_initialise
 * and by the toolstack, read by the toolstack. The vCPU does not run.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/pv.h>

/* ---- set ---- */

/* Everything that can fail is checked or taken before the vCPU changes. */
static int check_context(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (!v->vcpu_id && c->vm_assist & ~VM_ASSISTS)
		return trace_err(-EINVAL);
	if (!guest_addr_ok(c->user_regs.rip) || !guest_addr_ok(c->event_callback_eip) ||
	    !guest_addr_ok(c->failsafe_callback_eip) || !guest_addr_ok(c->syscall_callback_eip) ||
	    !is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) || !is_canonical(c->gs_base_user))
		return trace_err(-EINVAL);
	if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY || c->ldt_ents > 8192)
		return trace_err(-EINVAL);
	for (unsigned int i = 0; i < 256; i++)
		if (!guest_addr_ok(c->trap_ctxt[i].address))
			return trace_err(-EINVAL);
	return 0;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = &v->arch.pv;
	struct cpu_user_regs *r = &v->arch.regs;
	struct vcpu *other;

	*r = c->user_regs;
	r->entry_vector = r->error_code = 0;
	r->cs = pv_fix_selector(r->cs);
	r->ss = pv_fix_selector(r->ss);
	pv->iopl = (uint8_t)((r->rflags >> 12) & 3);
	r->rflags = (r->rflags & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF |
		    X86_EFLAGS_MBS;
	pv->kernel_mode = c->flags & VGCF_in_kernel;
	pv->fs_base = c->fs_base;
	pv->gs_base_kernel = c->gs_base_kernel;
	pv->gs_base_user = c->gs_base_user;
	for (unsigned int i = 0; i < 256; i++)
		pv->trap[i] = c->trap_ctxt[i];
	pv->event.address = c->event_callback_eip;
	pv->failsafe.address = c->failsafe_callback_eip;
	pv->syscall.address = c->syscall_callback_eip;
	pv->syscall.mask_events = c->flags & VGCF_syscall_disables_events;
	pv->failsafe.mask_events = c->flags & VGCF_failsafe_disables_events;
	pv->ctrlreg[4] = pv_fix_guest_cr4(v, c->ctrlreg[4]);
	for (unsigned int i = 0; i < 4; i++)
		(void)!pv_set_debugreg(v, i, c->debugreg[i]);
	(void)!pv_set_debugreg(v, 7, c->debugreg[7]);
	if (!v->vcpu_id) {
		v->domain->vm_assist = c->vm_assist;
		for_each_vcpu(v->domain, other)
			arch_vm_assist_changed(other);
	}
}

int pv_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = check_context(v, c);

	if (rc)
		return rc;
	rc = pv_set_gdt(v, (const uint64_t *)c->gdt_frames, (unsigned int)c->gdt_ents);
	if (rc)
		return rc;
	rc = pv_install_guest_tables(v, _mfn(c->ctrlreg[3] >> PAGE_SHIFT),
				     c->ctrlreg[1] ? _mfn(c->ctrlreg[1] >> PAGE_SHIFT) : INVALID_MFN);
	if (rc) {
		pv_destroy_gdt(v);
		return rc;
	}
	set_registers(v, c);
	if (c->flags & VGCF_I387_VALID)
		fpu_set_legacy(v, &c->fpu_ctxt);
	rc = pv_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
	if (!rc)
		rc = pv_set_kernel_stack(v, c->kernel_ss, c->kernel_sp);
	if (rc)
		return rc;
	pv_update_cr3(v, false);
	v->is_initialised = true;
	if (c->flags & VGCF_online)
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_DOWN), __ATOMIC_SEQ_CST);
	return 0;
}

int pv_initialise_vcpu(struct vcpu *v, unsigned long arg)
{
	struct vcpu_guest_context *c = xzalloc(struct vcpu_guest_context);
	int rc;

	if (!c)
		return trace_err(-ENOMEM);
	rc = raw_copy_from_guest(c, arg, sizeof(*c)) ? -EFAULT : pv_set_vcpu_context(v, c);
	xfree(c);
	return rc;
}

/* ---- get ---- */

static void get_descriptors(const struct pv_vcpu *pv, struct vcpu_guest_context *c)
{
	memcpy(c->trap_ctxt, pv->trap, sizeof(c->trap_ctxt));
	c->ldt_base = pv->ldt_base;
	c->ldt_ents = pv->ldt_ents;
	for (unsigned int i = 0; i < (pv->gdt_ents + 511) / 512; i++)
		c->gdt_frames[i] = mfn_x(pv->gdt_frames[i]);
	c->gdt_ents = pv->gdt_ents;
}

/* As the guest kernel would see them: its IOPL, and the event mask as the interrupt flag. */
static uint64_t guest_rflags(const struct vcpu *v)
{
	uint64_t flags = v->arch.regs.rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

	if (!READ_ONCE(v->vcpu_info->evtchn_upcall_mask))
		flags |= X86_EFLAGS_IF;
	return flags | (uint64_t)v->arch.pv.iopl << 12;
}

static void get_control(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct pv_vcpu *pv = &v->arch.pv;

	c->ctrlreg[0] = pv->ctrlreg[0] | (v->arch.fpu_ts ? X86_CR0_TS : 0);
	c->ctrlreg[2] = pv->ctrlreg[2];
	c->ctrlreg[4] = pv->ctrlreg[4];
	if (!mfn_eq(pv->guest_table, INVALID_MFN))
		c->ctrlreg[3] = mfn_x(pv->guest_table) << PAGE_SHIFT;
	if (!mfn_eq(pv->guest_table_user, INVALID_MFN))
		c->ctrlreg[1] = mfn_x(pv->guest_table_user) << PAGE_SHIFT;
	memcpy(c->debugreg, pv->dr, sizeof(pv->dr));
	c->debugreg[6] = pv->dr6;
	c->debugreg[7] = pv->dr7;
}

static unsigned long context_flags(const struct vcpu *v)
{
	const struct pv_vcpu *pv = &v->arch.pv;
	unsigned long f = VGCF_i387_valid;

	if (pv->kernel_mode)
		f |= VGCF_in_kernel;
	if (pv->failsafe.mask_events)
		f |= VGCF_failsafe_disables_events;
	if (pv->syscall.mask_events)
		f |= VGCF_syscall_disables_events;
	if (!(READ_ONCE(v->pause_flags) & (1ul << VPF_DOWN)))
		f |= VGCF_online;
	return f;
}

void pv_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct pv_vcpu *pv = &v->arch.pv;

	memset(c, 0, sizeof(*c));
	memcpy(&c->fpu_ctxt, v->arch.xsave, sizeof(c->fpu_ctxt));
	c->flags = context_flags(v);
	c->user_regs = v->arch.regs;
	c->user_regs.rflags = guest_rflags(v);
	get_descriptors(pv, c);
	c->kernel_ss = pv->kernel_ss;
	c->kernel_sp = pv->kernel_sp;
	get_control(v, c);
	c->event_callback_eip = pv->event.address;
	c->failsafe_callback_eip = pv->failsafe.address;
	c->syscall_callback_eip = pv->syscall.address;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = pv->fs_base;
	c->gs_base_kernel = pv->gs_base_kernel;
	c->gs_base_user = pv->gs_base_user;
}
