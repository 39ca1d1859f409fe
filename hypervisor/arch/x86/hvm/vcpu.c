/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's registers as a whole: after reset, after a start-up interrupt, as VCPUOP_initialise describes them, and
 * in the toolstack's record. What is set is checked first; what the CPU cannot be is refused.
 *
 * INIT and SIPI come from another vCPU while this one may run. INIT only takes it down; SIPI leaves the vector
 * in hvm->start and lets it run, and it resets itself before it next enters the guest.
 */
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <public/arch-x86/hvm/save.h>
#include <public/hvm/hvm_vcpu.h>

#define PAT_RESET 0x0007040600070406ull
#define START_SET 0x100u

static struct cpu_user_regs *regs_of(struct vcpu *v)
{
	return v == current ? guest_cpu_regs() : &v->arch.regs;
}

static void set_segment(struct vcpu *v, enum hvm_seg seg, uint16_t sel, uint64_t base, uint32_t limit, uint16_t attr)
{
	struct hvm_segment s = { .sel = sel, .attr = attr, .limit = limit, .base = base };

	hvm_vendor->set_segment(v, seg, &s);
}

/* 16-bit real mode at cs_base:rip. */
static void set_real_mode(struct vcpu *v, uint16_t cs, uint64_t cs_base)
{
	for (enum hvm_seg s = HVM_ES; s <= HVM_GS; s++)
		set_segment(v, s, 0, 0, 0xffff, 0x93);
	set_segment(v, HVM_CS, cs, cs_base, 0xffff, 0x9b);
	set_segment(v, HVM_LDTR, 0, 0, 0xffff, 0x82);
	set_segment(v, HVM_TR, 0, 0, 0xffff, 0x8b);
	set_segment(v, HVM_GDTR, 0, 0, 0xffff, 0);
	set_segment(v, HVM_IDTR, 0, 0, 0xffff, 0);
}

void hvm_vcpu_reset(struct vcpu *v)
{
	struct hvm_msrs m = { .pat = PAT_RESET };
	const struct vcpu *first = v->domain->vcpu[0];
	struct cpu_user_regs *r = regs_of(v);

	hvm_io_reset(v);
	memset(r, 0, sizeof(*r));
	r->rip = 0xfff0;
	r->rflags = X86_EFLAGS_MBS;
	set_real_mode(v, 0xf000, 0xffff0000);
	hvm_vendor->set_msrs(v, &m);
	hvm_vendor->set_cr(v, 0, X86_CR0_ET);
	for (unsigned int i = 2; i <= 4; i++)
		hvm_vendor->set_cr(v, i, 0);
	hvm_vendor->set_dr(v, 6, 0xffff0ff0);
	hvm_vendor->set_dr(v, 7, 0x400);
	hvm_vendor->set_irq_shadow(v, false);
	/* One that starts has the first one's clock. */
	hvm_set_tsc_offset(v, first ? READ_ONCE(first->arch.hvm->tsc_offset) : 0);
}

/* ---- INIT and SIPI ---- */

void hvm_vcpu_init_ipi(struct vcpu *v)
{
	if (!(__atomic_fetch_or(&v->pause_flags, 1ul << VPF_DOWN, __ATOMIC_SEQ_CST) & (1ul << VPF_DOWN)))
		vcpu_sleep_nosync(v);
}

void hvm_vcpu_sipi(struct vcpu *v, uint8_t vector)
{
	if (!(READ_ONCE(v->pause_flags) & (1ul << VPF_DOWN)))
		return;
	__atomic_store_n(&v->arch.hvm->start, (uint16_t)(START_SET | vector), __ATOMIC_SEQ_CST);
	v->is_initialised = true;
	__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_DOWN | 1ul << VPF_BLOCKED), __ATOMIC_SEQ_CST);
	vcpu_wake(v);
}

void hvm_vcpu_start(struct vcpu *v)
{
	uint8_t vector = (uint8_t)__atomic_exchange_n(&v->arch.hvm->start, 0, __ATOMIC_SEQ_CST);

	hvm_vcpu_reset(v);
	set_segment(v, HVM_CS, (uint16_t)(vector << 8), (uint64_t)vector << 12, 0xffff, 0x9b);
	regs_of(v)->rip = 0;
}

/* ---- VCPUOP_initialise ---- */

static int set_control(struct vcpu *v, uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer)
{
	struct hvm_msrs m = { .efer = efer, .pat = PAT_RESET };

	cr0 |= X86_CR0_ET;
	if (!hvm_state_ok(v, cr0, cr4, efer))
		return trace_err(-EINVAL);
	hvm_vcpu_reset(v);
	hvm_vendor->set_msrs(v, &m);
	hvm_vendor->set_cr(v, 0, cr0);
	hvm_vendor->set_cr(v, 3, cr3);
	hvm_vendor->set_cr(v, 4, cr4);
	return 0;
}

static int initialise_32(struct vcpu *v, const struct vcpu_hvm_x86_32 *c)
{
	uint64_t efer = c->efer;
	int rc;

	if (c->pad1 || c->pad2[0] || c->pad2[1] || c->pad2[2] || (c->ss_ar & 0x60) ||
	    (c->cs_ar & (HVM_ATTR_L | HVM_ATTR_DB)) == (HVM_ATTR_L | HVM_ATTR_DB) || (c->eflags & X86_EFLAGS_VM))
		return trace_err(-EINVAL);
	rc = set_control(v, c->cr0, c->cr3, c->cr4, efer);
	if (rc)
		return rc;
	set_segment(v, HVM_CS, 0, c->cs_base, c->cs_limit, c->cs_ar);
	set_segment(v, HVM_DS, 0, c->ds_base, c->ds_limit, c->ds_ar);
	set_segment(v, HVM_SS, 0, c->ss_base, c->ss_limit, c->ss_ar);
	set_segment(v, HVM_ES, 0, c->es_base, c->es_limit, c->es_ar);
	set_segment(v, HVM_TR, 0, c->tr_base, c->tr_limit, c->tr_ar);
	v->arch.regs = (struct cpu_user_regs){
		.rax = c->eax, .rcx = c->ecx, .rdx = c->edx, .rbx = c->ebx, .rsp = c->esp, .rbp = c->ebp,
		.rsi = c->esi, .rdi = c->edi, .rip = c->eip, .rflags = c->eflags | X86_EFLAGS_MBS,
	};
	return 0;
}

static int initialise_64(struct vcpu *v, const struct vcpu_hvm_x86_64 *c)
{
	int rc;

	if (!(c->efer & EFER_LMA) || (c->rflags & X86_EFLAGS_VM))
		return trace_err(-EINVAL);
	rc = set_control(v, c->cr0, c->cr3, c->cr4, c->efer);
	if (rc)
		return rc;
	set_segment(v, HVM_CS, 0, 0, 0xffffffff, 0xa9b);
	for (enum hvm_seg s = HVM_ES; s <= HVM_GS; s++)
		if (s != HVM_CS)
			set_segment(v, s, 0, 0, 0xffffffff, 0xc93);
	v->arch.regs = (struct cpu_user_regs){
		.rax = c->rax, .rcx = c->rcx, .rdx = c->rdx, .rbx = c->rbx, .rsp = c->rsp, .rbp = c->rbp,
		.rsi = c->rsi, .rdi = c->rdi, .rip = c->rip, .rflags = c->rflags | X86_EFLAGS_MBS,
	};
	return 0;
}

/* v does not run and is not initialised yet. */
int hvm_initialise(struct vcpu *v, unsigned long context)
{
	struct vcpu_hvm_context c;
	int rc;

	if (copy_struct_from_guest(&c, context))
		return trace_err(-EFAULT);
	if (c.pad || c.mode > VCPU_HVM_MODE_64B || v->is_running)
		return trace_err(-EINVAL);
	rc = c.mode == VCPU_HVM_MODE_32B ? initialise_32(v, &c.cpu_regs.x86_32) : initialise_64(v, &c.cpu_regs.x86_64);
	if (!rc)
		v->is_initialised = true;
	return rc;
}
