/* SPDX-License-Identifier: MIT */
/*
 * AMD's SVM with nested paging behind the vendor contract (asm/hvm/hvm.h). A vCPU's state is its VMCB; while
 * it is current RAX, RIP, RSP and RFLAGS are in guest_cpu_regs() like its other registers, and are put in and taken
 * out around each stay in the guest.
 *
 * CR4 is shown as the guest wrote it, with MCE on in truth. CR0.CD and NW never are: guests do not turn
 * the machine's caches off.
 */
#include <hv/mm.h>
#include <hv/percpu.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include "svm.h"

bool svm_has_next_rip;
static DEFINE_PER_CPU(uint64_t, host_vmcb_pa);

static struct vmcb *vmcb_of(const struct vcpu *v)
{
	return v->arch.hvm->svm->vmcb;
}

static void svm_flush_tlb(struct vcpu *v)
{
	hvm_tag_void(&v->arch.hvm->svm->tag);
}

/* ---- the CPU ---- */

static bool svm_usable(void)
{
	uint32_t a, nr_tags, c, features;
	uint64_t vm_cr;

	if (!cpu_has(e1c, 2) || host_cpu.max_ext_leaf < 0x8000000a)
		return false;
	cpuid_count(0x8000000a, 0, &a, &nr_tags, &c, &features);
	if (!(features & SVM_FEATURE_NPT) || nr_tags < 2 || (!rdmsr_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS)))
		return false;
	svm_has_next_rip = features & SVM_FEATURE_NRIPS;
	hvm_tag_init(nr_tags);
	return true;
}

/* The boot CPU decides for all. */
static bool svm_cpu_up(unsigned int cpu)
{
	void *save, *host;

	if (cpu == 0 && (!svm_usable() || svm_intercept_init()))
		return false;
	save = alloc_xen_page();
	host = alloc_xen_page();
	if (!save || !host) {
		free_xen_page(save);
		free_xen_page(host);
		return false;
	}
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, virt_to_maddr(save));
	svm_tsc_cpu_up(cpu);
	this_cpu(host_vmcb_pa) = virt_to_maddr(host);
	/* TR, no LDT, system-call MSRs: constant. FS and GS are loaded anew with each PV guest. */
	__asm__ volatile("vmsave %0" ::"a"(virt_to_maddr(host)) : "memory");
	return true;
}

/* ---- a vCPU ---- */

static void svm_destroy(struct vcpu *v)
{
	struct svm_vcpu *s = v->arch.hvm->svm;

	if (s && s->vmcb)
		free_xen_page(s->vmcb);
	xfree(s);
	v->arch.hvm->svm = NULL;
}

static int svm_create(struct vcpu *v)
{
	struct svm_vcpu *s = v->arch.hvm->svm = xzalloc(struct svm_vcpu);

	if (!s)
		return trace_err(-ENOMEM);
	s->vmcb = alloc_xen_page();
	if (!s->vmcb)
		return trace_err(-ENOMEM);
	s->vmcb_pa = virt_to_maddr(s->vmcb);
	svm_set_intercepts(v);
	s->vmcb->vintr = SVM_VINTR_MASKING;
	s->vmcb->nested_enable = 1;
	s->vmcb->nested_cr3 = maddr_x(mfn_to_maddr(v->domain->arch.hvm->p2m.root));
	return 0;
}

static void svm_save(struct vcpu *v)
{
	struct hvm_vcpu *h = v->arch.hvm;

	if (!h->dr_loaded)
		return;
	h->dr[0] = read_dr0();
	h->dr[1] = read_dr1();
	h->dr[2] = read_dr2();
	h->dr[3] = read_dr3();
	h->dr_loaded = false;
	h->svm->vmcb->intercept_dr = ~0u;
}

/* Debug registers wait until the guest touches one: exit.c. But what it has armed must work at once. */
static void svm_restore(struct vcpu *v)
{
	svm_tsc_restore(v);
	if (vmcb_of(v)->dr7 & 0xff)
		svm_load_debugregs(v);
}

void svm_load_debugregs(struct vcpu *v)
{
	struct hvm_vcpu *h = v->arch.hvm;

	write_dr0(h->dr[0]);
	write_dr1(h->dr[1]);
	write_dr2(h->dr[2]);
	write_dr3(h->dr[3]);
	h->dr_loaded = true;
	h->svm->vmcb->intercept_dr = 0;
}

/* An event whose delivery was interrupted by the exit is delivered again. INT n, INT3 and INTO are not: the
 * instruction itself is executed again. */
static void keep_interrupted_event(struct vmcb *b)
{
	uint64_t e = b->exitintinfo;
	unsigned int type = (unsigned int)(e >> 8) & 7, vector = e & 0xff;
	bool soft = type == HVM_EVENT_SOFTWARE || (type == HVM_EVENT_EXCEPTION && (vector == 3 || vector == 4));

	b->eventinj = (e & SVM_EVENT_VALID) && !soft ? e : 0;
}

static void svm_run(struct vcpu *v)
{
	struct svm_vcpu *s = v->arch.hvm->svm;
	struct cpu_user_regs *r = guest_cpu_regs();
	struct vmcb *b = s->vmcb;
	uint8_t tpr = vlapic_get_cr8(v);

	b->tlb_control = hvm_tag_use(&s->tag) ? SVM_TLB_FLUSH_ALL : 0;
	b->asid = s->tag.tag;
	b->rax = r->rax;
	b->rip = r->rip;
	b->rsp = r->rsp;
	b->rflags = r->rflags;
	b->vintr = (b->vintr & ~SVM_VINTR_TPR) | tpr;
	b->clean = 0;
	svm_enter(s->vmcb_pa, r, this_cpu(host_vmcb_pa));
	r->rax = b->rax;
	r->rip = b->rip;
	r->rsp = b->rsp;
	r->rflags = b->rflags;
	r->cs = b->cs.sel;
	r->ss = b->ss.sel;
	keep_interrupted_event(b);
	if ((b->vintr & SVM_VINTR_TPR) != tpr)
		vlapic_set_cr8(v, b->vintr & SVM_VINTR_TPR);
}

/* ---- events ---- */

static void svm_inject(struct vcpu *v, const struct hvm_event *e)
{
	vmcb_of(v)->eventinj = SVM_EVENT_VALID | (uint64_t)e->type << 8 | e->vector |
			       (e->has_error ? SVM_EVENT_HAS_ERROR | (uint64_t)e->error_code << 32 : 0);
}

static bool svm_event_waiting(const struct vcpu *v)
{
	return vmcb_of(v)->eventinj & SVM_EVENT_VALID;
}

static bool svm_irq_open(const struct vcpu *v)
{
	return (guest_cpu_regs()->rflags & X86_EFLAGS_IF) && !(vmcb_of(v)->interrupt_shadow & 1);
}

/* A virtual interrupt that is never delivered: the CPU leaves the guest when it would be. */
static void svm_want_irq_window(struct vcpu *v)
{
	struct vmcb *b = vmcb_of(v);

	b->vintr |= SVM_VINTR_IRQ | SVM_VINTR_IGN_TPR | SVM_VINTR_PRIO;
	b->intercept1 |= SVM1_VINTR;
}

static void svm_set_irq_shadow(struct vcpu *v, bool on)
{
	vmcb_of(v)->interrupt_shadow = on;
}

/* ---- registers ---- */

static struct vmcb_segment *segment_of(struct vmcb *b, enum hvm_seg seg)
{
	struct vmcb_segment *const at[NR_HVM_SEGS] = { &b->es, &b->cs, &b->ss,	 &b->ds,   &b->fs,
						       &b->gs, &b->tr, &b->ldtr, &b->gdtr, &b->idtr };

	return at[seg];
}

static void svm_get_segment(struct vcpu *v, enum hvm_seg seg, struct hvm_segment *out)
{
	const struct vmcb_segment *s = segment_of(vmcb_of(v), seg);

	*out = (struct hvm_segment){ s->sel, s->attr, s->limit, s->base };
	if (seg == HVM_SS) /* the CPU keeps the privilege level elsewhere */
		out->attr = (uint16_t)((out->attr & ~0x60u) | vmcb_of(v)->cpl << 5);
}

static void svm_set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *in)
{
	*segment_of(vmcb_of(v), seg) = (struct vmcb_segment){ in->sel, in->attr & 0xfff, in->limit, in->base };
	if (seg == HVM_SS)
		vmcb_of(v)->cpl = (uint8_t)HVM_ATTR_DPL(in->attr);
}

static uint64_t svm_get_cr(struct vcpu *v, unsigned int nr)
{
	struct vmcb *b = vmcb_of(v);

	return nr == 0 ? b->cr0 : nr == 2 ? b->cr2 : nr == 3 ? b->cr3 : v->arch.hvm->cr4;
}

static void svm_set_cr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	struct vmcb *b = vmcb_of(v);

	switch (nr) {
	case 0:
		b->cr0 = val & ~(X86_CR0_CD | X86_CR0_NW);
		break;
	case 2:
		b->cr2 = val;
		return;
	case 3:
		b->cr3 = val;
		break;
	case 4:
		v->arch.hvm->cr4 = val;
		b->cr4 = val | (cpu_has(f1d, 7) ? X86_CR4_MCE : 0);
		break;
	}
	svm_flush_tlb(v);
}

static void svm_get_msrs(struct vcpu *v, struct hvm_msrs *m)
{
	const struct vmcb *b = vmcb_of(v);

	*m = (struct hvm_msrs){
		b->efer & ~EFER_SVME, b->star,	       b->lstar,	b->cstar,	 b->sfmask,
		b->kernel_gs_base,    b->sysenter_cs, b->sysenter_esp, b->sysenter_eip, b->pat,
	};
}

static void svm_set_msrs(struct vcpu *v, const struct hvm_msrs *m)
{
	struct vmcb *b = vmcb_of(v);

	b->efer = m->efer | EFER_SVME;
	b->star = m->star;
	b->lstar = m->lstar;
	b->cstar = m->cstar;
	b->sfmask = m->sfmask;
	b->kernel_gs_base = m->kernel_gs_base;
	b->sysenter_cs = m->sysenter_cs;
	b->sysenter_esp = m->sysenter_esp;
	b->sysenter_eip = m->sysenter_eip;
	b->pat = m->pat;
	svm_flush_tlb(v);
}

static uint64_t svm_get_dr(struct vcpu *v, unsigned int nr)
{
	return nr == 6 ? vmcb_of(v)->dr6 : vmcb_of(v)->dr7;
}

static void svm_set_dr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	if (nr == 6)
		vmcb_of(v)->dr6 = (val & 0xe00f) | 0xffff0ff0;
	else
		vmcb_of(v)->dr7 = (val & 0xffff2fff) | 0x400;
}

const struct hvm_vendor svm_vendor = {
	.name = "SVM",
	.p2m_format = &npt_format,
	.call_insn = { 0x0f, 0x01, 0xd9 }, /* VMMCALL */
	.cpu_up = svm_cpu_up,
	.create = svm_create,
	.destroy = svm_destroy,
	.save = svm_save,
	.restore = svm_restore,
	.run = svm_run,
	.handle_exit = svm_handle_exit,
	.inject = svm_inject,
	.event_waiting = svm_event_waiting,
	.irq_open = svm_irq_open,
	.want_irq_window = svm_want_irq_window,
	.get_segment = svm_get_segment,
	.set_segment = svm_set_segment,
	.get_cr = svm_get_cr,
	.set_cr = svm_set_cr,
	.get_msrs = svm_get_msrs,
	.set_msrs = svm_set_msrs,
	.get_dr = svm_get_dr,
	.set_dr = svm_set_dr,
	.set_irq_shadow = svm_set_irq_shadow,
	.update_tsc = svm_update_tsc,
	.tsc_ratio_format = svm_tsc_ratio_format,
	.flush_tlb = svm_flush_tlb,
};
