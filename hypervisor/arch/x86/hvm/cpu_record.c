/* SPDX-License-Identifier: MIT */
/*
 * A vCPU to and from struct hvm_hw_cpu, the record of its registers in a domain's saved state; and as much of it as
 * struct vcpu_guest_context, made for PV, has a place for. It does not run.
 */
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/pv.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <public/arch-x86/hvm/save.h>
#include <public/xen.h>

/* F(record's name, register): both ways from one list. */
#define GENERAL(F)                                                                                                    \
	F(rax) F(rbx) F(rcx) F(rdx) F(rbp) F(rsi) F(rdi) F(rsp) F(r8) F(r9) F(r10) F(r11) F(r12) F(r13) F(r14) F(r15) \
	F(rip) F(rflags)
#define SEGMENTS(F)                                                                                                   \
	F(cs, HVM_CS) F(ds, HVM_DS) F(es, HVM_ES) F(fs, HVM_FS) F(gs, HVM_GS) F(ss, HVM_SS) F(tr, HVM_TR)              \
	F(ldtr, HVM_LDTR)

void hvm_save_cpu(struct vcpu *v, struct hvm_hw_cpu *o)
{
	struct hvm_segment s;
	struct hvm_msrs m;

	memset(o, 0, sizeof(*o));
	memcpy(o->fpu_regs, v->arch.xsave, sizeof(o->fpu_regs));
	o->flags = XEN_X86_FPU_INITIALISED;
#define SAVE(r) o->r = v->arch.regs.r;
	GENERAL(SAVE)
#undef SAVE
#define SAVE(name, seg)                                                                                               \
	hvm_vendor->get_segment(v, seg, &s);                                                                          \
	o->name##_sel = s.sel;                                                                                        \
	o->name##_limit = s.limit;                                                                                    \
	o->name##_base = s.base;                                                                                      \
	o->name##_arbytes = s.attr;
	SEGMENTS(SAVE)
#undef SAVE
	hvm_vendor->get_segment(v, HVM_GDTR, &s);
	o->gdtr_limit = s.limit;
	o->gdtr_base = s.base;
	hvm_vendor->get_segment(v, HVM_IDTR, &s);
	o->idtr_limit = s.limit;
	o->idtr_base = s.base;
	o->cr0 = hvm_vendor->get_cr(v, 0);
	o->cr2 = hvm_vendor->get_cr(v, 2);
	o->cr3 = hvm_vendor->get_cr(v, 3);
	o->cr4 = hvm_vendor->get_cr(v, 4);
	o->dr0 = v->arch.hvm->dr[0];
	o->dr1 = v->arch.hvm->dr[1];
	o->dr2 = v->arch.hvm->dr[2];
	o->dr3 = v->arch.hvm->dr[3];
	o->dr6 = hvm_vendor->get_dr(v, 6);
	o->dr7 = hvm_vendor->get_dr(v, 7);
	hvm_vendor->get_msrs(v, &m);
	o->sysenter_cs = m.sysenter_cs;
	o->sysenter_esp = m.sysenter_esp;
	o->sysenter_eip = m.sysenter_eip;
	o->shadow_gs = m.kernel_gs_base;
	o->msr_lstar = m.lstar;
	o->msr_star = m.star;
	o->msr_cstar = m.cstar;
	o->msr_syscall_mask = m.sfmask;
	o->msr_efer = m.efer;
	o->msr_tsc_aux = v->arch.tsc_aux;
	o->tsc = v->domain->arch.vtsc ? guest_tsc(v)
				      : guest_tsc_scaled(v->domain, v->domain->arch.hvm->tsc_sync) + v->arch.hvm->tsc_offset;
}

static void load_segments(struct vcpu *v, const struct hvm_hw_cpu *i)
{
#define LOAD(name, seg)                                                                                               \
	hvm_vendor->set_segment(v, seg,                                                                               \
				&(struct hvm_segment){ .sel = (uint16_t)i->name##_sel,                                \
						       .attr = (uint16_t)i->name##_arbytes,                           \
						       .limit = i->name##_limit,                                      \
						       .base = i->name##_base });
	SEGMENTS(LOAD)
#undef LOAD
	hvm_vendor->set_segment(v, HVM_GDTR, &(struct hvm_segment){ .limit = i->gdtr_limit, .base = i->gdtr_base });
	hvm_vendor->set_segment(v, HVM_IDTR, &(struct hvm_segment){ .limit = i->idtr_limit, .base = i->idtr_base });
}

static void load_control(struct vcpu *v, const struct hvm_hw_cpu *i)
{
	struct hvm_msrs m;

	hvm_vendor->get_msrs(v, &m); /* PAT has its own record */
	m.efer = i->msr_efer;
	m.star = i->msr_star;
	m.lstar = i->msr_lstar;
	m.cstar = i->msr_cstar;
	m.sfmask = i->msr_syscall_mask;
	m.kernel_gs_base = i->shadow_gs;
	m.sysenter_cs = i->sysenter_cs;
	m.sysenter_esp = i->sysenter_esp;
	m.sysenter_eip = i->sysenter_eip;
	hvm_vendor->set_msrs(v, &m);
	hvm_vendor->set_cr(v, 0, i->cr0 | X86_CR0_ET);
	hvm_vendor->set_cr(v, 2, i->cr2);
	hvm_vendor->set_cr(v, 3, i->cr3);
	hvm_vendor->set_cr(v, 4, i->cr4);
	v->arch.hvm->dr[0] = i->dr0;
	v->arch.hvm->dr[1] = i->dr1;
	v->arch.hvm->dr[2] = i->dr2;
	v->arch.hvm->dr[3] = i->dr3;
	hvm_vendor->set_dr(v, 6, i->dr6);
	hvm_vendor->set_dr(v, 7, i->dr7);
}

int hvm_load_cpu(struct vcpu *v, const struct hvm_hw_cpu *i)
{
	if (!hvm_state_ok(v, i->cr0 | X86_CR0_ET, i->cr4, i->msr_efer) || i->msr_tsc_aux >> 32)
		return trace_err(-EINVAL);
	hvm_vcpu_reset(v);
#define LOAD(r) v->arch.regs.r = i->r;
	GENERAL(LOAD)
#undef LOAD
	v->arch.regs.rflags |= X86_EFLAGS_MBS;
	load_segments(v, i);
	load_control(v, i);
	if (i->flags & XEN_X86_FPU_INITIALISED)
		fpu_set_legacy(v, i->fpu_regs);
	v->arch.tsc_aux = i->msr_tsc_aux;
	hvm_set_tsc_offset(v, i->tsc - guest_tsc_scaled(v->domain, v->domain->arch.hvm->tsc_sync));
	if (i->pending_valid) {
		struct hvm_event e = { .type = i->pending_type,
				       .vector = i->pending_vector,
				       .has_error = i->pending_error_valid,
				       .error_code = i->error_code };

		hvm_vendor->inject(v, &e);
	}
	v->is_initialised = true;
	__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_DOWN), __ATOMIC_SEQ_CST);
	return 0;
}

void hvm_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	static const struct {
		enum hvm_seg seg;
		size_t at;
	} selectors[] = {
		{ HVM_ES, offsetof(struct vcpu_guest_context, user_regs.es) },
		{ HVM_CS, offsetof(struct vcpu_guest_context, user_regs.cs) },
		{ HVM_SS, offsetof(struct vcpu_guest_context, user_regs.ss) },
		{ HVM_DS, offsetof(struct vcpu_guest_context, user_regs.ds) },
		{ HVM_FS, offsetof(struct vcpu_guest_context, user_regs.fs) },
		{ HVM_GS, offsetof(struct vcpu_guest_context, user_regs.gs) },
	};
	struct hvm_segment s;

	memset(c, 0, sizeof(*c));
	memcpy(&c->fpu_ctxt, v->arch.xsave, sizeof(c->fpu_ctxt));
	c->flags = VGCF_i387_valid;
	if (!(READ_ONCE(v->pause_flags) & (1ul << VPF_DOWN)))
		c->flags |= VGCF_online;
#define SAVE(r) c->user_regs.r = v->arch.regs.r;
	GENERAL(SAVE)
#undef SAVE
	for (unsigned int i = 0; i < ARRAY_SIZE(selectors); i++) {
		hvm_vendor->get_segment(v, selectors[i].seg, &s);
		memcpy((uint8_t *)c + selectors[i].at, &s.sel, sizeof(s.sel));
		if (selectors[i].seg == HVM_FS)
			c->fs_base = s.base;
		if (selectors[i].seg == HVM_GS)
			c->gs_base_kernel = s.base;
	}
	for (unsigned int i = 0; i <= 4; i++)
		c->ctrlreg[i] = i == 1 ? 0 : hvm_vendor->get_cr(v, i);
}

int hvm_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (!v->is_initialised || !is_canonical(c->user_regs.rip))
		return trace_err(-EINVAL);
#define LOAD(r) v->arch.regs.r = c->user_regs.r;
	GENERAL(LOAD)
#undef LOAD
	v->arch.regs.rflags |= X86_EFLAGS_MBS;
	return 0;
}
