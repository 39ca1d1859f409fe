/* SPDX-License-Identifier: MIT */
/*
 * Switches of hardware tasks, which VT-x leaves to us: 32-bit code may still handle double faults by them. The CPU has
 * checked the new task's selector and privilege; what is left is SDM vol. 3 §7.3, for tasks of 32 bits. A segment that
 * cannot be loaded is a fault of the new task, as on a CPU.
 *
 * LIMITS: tasks of 16 bits, and a state segment or descriptor that is not there, end the domain.
 */
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include "vmx.h"

#define X86_TRAP_TS 10
#define X86_TRAP_NP 11
#define BUSY	    (2ull << 40)
#define ACCESSED    (1ull << 40)
#define DR6_BT	    0x8000u
#define DR7_LOCAL   0x155ull

enum source { BY_CALL, BY_IRET, BY_JMP, BY_GATE };

struct task_state {
	uint32_t link, stacks[6], cr3;
	uint32_t eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi; /* saved from here */
	uint32_t es, cs, ss, ds, fs, gs;			      /* to here */
	uint32_t ldt;
	uint16_t trap, bitmap;
};
_Static_assert(sizeof(struct task_state) == 104 && offsetof(struct task_state, eip) == 32, "as the manual says");

struct switching {
	enum source source;
	uint16_t selector;
	uint64_t descriptor, base;
	struct task_state state;
};

/* ---- descriptors ---- */

/* Where it is; false: beyond its table, or null. */
static bool descriptor_at(struct vcpu *v, uint16_t sel, uint64_t *at)
{
	struct hvm_segment table;

	hvm_vendor->get_segment(v, sel & 4 ? HVM_LDTR : HVM_GDTR, &table);
	*at = table.base + (sel & ~7u);
	return (sel & ~3u) && (sel | 7u) <= table.limit && (!(sel & 4) || (table.attr & HVM_ATTR_P));
}

static bool read_descriptor(struct vcpu *v, uint16_t sel, uint64_t *d)
{
	uint64_t at;

	return descriptor_at(v, sel, &at) && !hvm_copy(at, d, sizeof(*d), false);
}

static bool change_descriptor(struct vcpu *v, uint16_t sel, uint64_t set, uint64_t clear)
{
	uint64_t at, d;

	if (!descriptor_at(v, sel, &at) || hvm_copy(at, &d, sizeof(d), false))
		return false;
	d = (d | set) & ~clear;
	return !hvm_copy(at, &d, sizeof(d), true);
}

static struct hvm_segment unpack(uint16_t sel, uint64_t d)
{
	struct hvm_segment s = { .sel = sel, .attr = (uint16_t)((d >> 40 & 0xff) | (d >> 44 & 0xf00)) };

	s.base = (d >> 16 & 0xffffff) | (d >> 32 & 0xff000000);
	s.limit = (uint32_t)((d & 0xffff) | (d >> 32 & 0xf0000));
	if (s.attr & HVM_ATTR_G)
		s.limit = s.limit << 12 | 0xfff;
	return s;
}

/* ---- the new task's segments: 0, or the vector that refuses one ---- */

static bool right_kind(enum hvm_seg seg, uint16_t attr)
{
	bool code = attr & 8;

	if (!(attr & HVM_ATTR_S))
		return false;
	if (seg == HVM_CS)
		return code;
	return seg == HVM_SS ? !code && (attr & 2) : !code || (attr & 2);
}

static unsigned int load_segment(struct vcpu *v, enum hvm_seg seg, uint16_t sel)
{
	struct hvm_segment s = { .sel = sel };
	uint64_t d;

	if (!(sel & ~3u) && seg != HVM_CS && seg != HVM_SS) {
		hvm_vendor->set_segment(v, seg, &s);
		return 0;
	}
	if (!read_descriptor(v, sel, &d))
		return X86_TRAP_TS;
	s = unpack(sel, d | ACCESSED);
	if (!right_kind(seg, s.attr))
		return X86_TRAP_TS;
	if (!(s.attr & HVM_ATTR_P))
		return seg == HVM_SS ? X86_TRAP_SS : X86_TRAP_NP;
	(void)change_descriptor(v, sel, ACCESSED, 0);
	hvm_vendor->set_segment(v, seg, &s);
	return 0;
}

static unsigned int load_ldt(struct vcpu *v, uint16_t sel)
{
	struct hvm_segment s = { .sel = sel };
	uint64_t d;

	if (sel & ~3u) {
		if ((sel & 4) || !read_descriptor(v, sel, &d) || (d >> 40 & 0x9f) != 0x82)
			return X86_TRAP_TS;
		s = unpack(sel, d);
	}
	hvm_vendor->set_segment(v, HVM_LDTR, &s);
	return 0;
}

static void load_segments(struct vcpu *v, const struct task_state *t)
{
	const uint16_t sel[] = { (uint16_t)t->es, (uint16_t)t->cs, (uint16_t)t->ss,
				 (uint16_t)t->ds, (uint16_t)t->fs, (uint16_t)t->gs };
	unsigned int vector = load_ldt(v, (uint16_t)t->ldt);
	uint16_t culprit = (uint16_t)t->ldt;

	for (enum hvm_seg seg = HVM_ES; seg <= HVM_GS && !vector; seg++) {
		culprit = sel[seg];
		if (t->eflags & X86_EFLAGS_VM)
			hvm_vendor->set_segment(v, seg, &(struct hvm_segment){ culprit, 0xf3, 0xffff, culprit * 16u });
		else
			vector = load_segment(v, seg, culprit);
	}
	if (vector)
		hvm_inject_exception(v, vector, culprit & ~3u);
}

/* ---- the switch ---- */

static bool find_new(struct vcpu *v, struct switching *w)
{
	struct hvm_segment s;

	if (!read_descriptor(v, w->selector, &w->descriptor))
		return false;
	s = unpack(w->selector, w->descriptor);
	w->base = s.base;
	return (s.attr & 0x9f) == (w->source == BY_IRET ? 0x8b : 0x89) && s.limit >= sizeof(w->state) - 1 &&
	       !hvm_copy(w->base, &w->state, sizeof(w->state), false);
}

static bool save_old(struct vcpu *v, const struct switching *w)
{
	static const enum hvm_seg order[] = { HVM_ES, HVM_CS, HVM_SS, HVM_DS, HVM_FS, HVM_GS };
	const struct cpu_user_regs *r = guest_cpu_regs();
	struct task_state t = {
		.eip = (uint32_t)r->rip,
		.eflags = (uint32_t)r->rflags,
		.eax = (uint32_t)r->rax,
		.ecx = (uint32_t)r->rcx,
		.edx = (uint32_t)r->rdx,
		.ebx = (uint32_t)r->rbx,
		.esp = (uint32_t)r->rsp,
		.ebp = (uint32_t)r->rbp,
		.esi = (uint32_t)r->rsi,
		.edi = (uint32_t)r->rdi,
	};
	struct hvm_segment s;
	uint32_t sel;

	if (w->source == BY_IRET)
		t.eflags &= ~X86_EFLAGS_NT;
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		hvm_vendor->get_segment(v, order[i], &s);
		sel = s.sel;
		__builtin_memcpy((char *)&t + offsetof(struct task_state, es) + i * sizeof(sel), &sel, sizeof(sel));
	}
	hvm_vendor->get_segment(v, HVM_TR, &s);
	return (s.attr & 15) == 11 && s.limit >= sizeof(t) - 1 &&
	       !hvm_copy(s.base + offsetof(struct task_state, eip), &t.eip,
			 offsetof(struct task_state, ldt) - offsetof(struct task_state, eip), true);
}

/* Which is busy, and where the way back leads. */
static bool mark(struct vcpu *v, struct switching *w)
{
	struct hvm_segment tr;
	uint16_t back;

	hvm_vendor->get_segment(v, HVM_TR, &tr);
	back = tr.sel;
	if ((w->source == BY_JMP || w->source == BY_IRET) && !change_descriptor(v, back, 0, BUSY))
		return false;
	if (w->source != BY_IRET && !change_descriptor(v, w->selector, BUSY, 0))
		return false;
	if (w->source == BY_CALL || w->source == BY_GATE) {
		w->state.eflags |= X86_EFLAGS_NT;
		return !hvm_copy(w->base, &back, sizeof(back), true);
	}
	return true;
}

static bool load_new(struct vcpu *v, const struct switching *w)
{
	const struct task_state *t = &w->state;
	struct hvm_segment tr = unpack(w->selector, w->descriptor | BUSY);
	struct cpu_user_regs *r = guest_cpu_regs();

	hvm_vendor->set_segment(v, HVM_TR, &tr);
	if ((hvm_vendor->get_cr(v, 0) & X86_CR0_PG) && hvm_write_cr(v, 3, t->cr3))
		return false;
	if (hvm_write_cr(v, 0, hvm_vendor->get_cr(v, 0) | X86_CR0_TS))
		return false;
	r->rip = t->eip;
	r->rflags = (t->eflags & 0x3f7fd5) | X86_EFLAGS_MBS;
	r->rax = t->eax;
	r->rcx = t->ecx;
	r->rdx = t->edx;
	r->rbx = t->ebx;
	r->rsp = t->esp;
	r->rbp = t->ebp;
	r->rsi = t->esi;
	r->rdi = t->edi;
	return true;
}

static void finish(struct vcpu *v, const struct switching *w, uint32_t event, uint32_t error)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	struct hvm_segment ss;

	hvm_vendor->set_dr(v, 7, hvm_vendor->get_dr(v, 7) & ~DR7_LOCAL);
	hvm_vendor->set_irq_shadow(v, false);
	vmx_of(v)->event = 0; /* it was delivered by the switch */
	load_segments(v, &w->state);
	if (hvm_vendor->event_waiting(v))
		return;
	if (event & EVENT_HAS_ERROR) {
		hvm_vendor->get_segment(v, HVM_SS, &ss);
		r->rsp = (uint32_t)(r->rsp - sizeof(error));
		if (hvm_copy((uint32_t)(ss.base + r->rsp), &error, sizeof(error), true))
			hvm_inject_exception(v, X86_TRAP_SS, 0);
	} else if (w->state.trap & 1) {
		hvm_vendor->set_dr(v, 6, hvm_vendor->get_dr(v, 6) | DR6_BT);
		hvm_inject_exception(v, X86_TRAP_DB, HVM_NO_ERROR_CODE);
	}
}

void vmx_task_switch(struct vcpu *v, uint64_t next_rip)
{
	uint32_t q = (uint32_t)vmcs_read(v, VMCS_QUALIFICATION), event = (uint32_t)vmcs_read(v, VMCS_VECTORING);
	struct switching w = { .source = q >> 30, .selector = (uint16_t)q };

	if (w.source != BY_GATE || !(event & EVENT_VALID))
		event = 0;
	/* An instruction, INT n too, is behind; what an interrupt or a fault interrupted is not. */
	if (!event || EVENT_TYPE(event) >= HVM_EVENT_SOFTWARE)
		guest_cpu_regs()->rip = next_rip;
	if (!find_new(v, &w) || !save_old(v, &w) || !mark(v, &w) || !load_new(v, &w))
		domain_crash(v->domain, "vCPU %u switches to a task (selector %#x) in a way that is not supported",
			     v->vcpu_id, w.selector);
	else
		finish(v, &w, event, event & EVENT_HAS_ERROR ? (uint32_t)vmcs_read(v, VMCS_VECTORING_ERROR) : 0);
}
