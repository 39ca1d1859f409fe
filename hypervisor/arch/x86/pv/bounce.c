/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames: how a trap, an event or a system call reaches the guest kernel. The frame goes on the
 * guest kernel's stack and looks like the CPU's own, with RCX and R11 below it (the guest is entered by
 * SYSRET, which takes those two) and the event mask in the upper half of the CS slot.
 *
 * Invariants: at most one trap waits in arch.pv.bounce (PV_EXIT_BOUNCE in exit_work); it is delivered
 * before any event, so that the event's frame nests on top of it.
 */
#include <hv/guest_access.h>
#include <asm/pv.h>
#include <asm/msr.h>

/* Vectors that push an error code: DF TS NP SS GP PF AC. */
#define ERROR_CODE_VECTORS 0x00027d00u

static void set_exit_work(struct vcpu *v, uint8_t bits)
{
	__atomic_fetch_or(&v->arch.pv.exit_work, bits, __ATOMIC_SEQ_CST);
}

static void clear_exit_work(struct vcpu *v, uint8_t bits)
{
	__atomic_fetch_and(&v->arch.pv.exit_work, (uint8_t)~bits, __ATOMIC_SEQ_CST);
}

void pv_toggle_mode(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->arch.pv;

	pv->kernel_mode = !pv->kernel_mode;
	__asm__ volatile("swapgs");
	write_cr3(pv->kernel_mode ? pv->cr3_kernel : pv->cr3_user);
}

void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	struct pv_vcpu *pv = &v->arch.pv;
	const struct trap_info *ti = &pv->trap[vector];

	if (!ti->address) {
		domain_crash(v->domain, "vCPU %u took trap %u (error code %#x) and has no handler for it",
			     v->vcpu_id, vector, error_code);
		return;
	}
	pv->bounce = (struct trap_bounce){
		.eip = ti->address,
		.error_code = error_code,
		.has_error_code = vector < 32 && ((ERROR_CODE_VECTORS >> vector) & 1),
		.mask_events = TI_GET_IF(ti),
	};
	set_exit_work(v, PV_EXIT_BOUNCE);
}

void pv_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
	/* The guest kernel runs in ring 3: to it, its own faults are supervisor faults. */
	if (pv_guest_kernel_mode(v))
		error_code &= ~4u;
	v->arch.pv.ctrlreg[2] = cr2;
	v->vcpu_info->arch.cr2 = cr2;
	pv_inject_trap(v, 14, error_code);
}

void pv_raise_nmi(struct vcpu *v)
{
	set_exit_work(v, PV_EXIT_NMI);
	vcpu_unblock(v);
	vcpu_kick(v);
}

/* Puts the frame on the guest kernel's stack and points `regs` at the handler. */
static void create_bounce_frame(struct vcpu *v, struct cpu_user_regs *regs, const struct trap_bounce *tb)
{
	uint64_t frame[12], sp, flags;
	unsigned int n = 0;
	bool from_kernel = pv_guest_kernel_mode(v);
	uint8_t mask = __atomic_load_n(&v->vcpu_info->evtchn_upcall_mask, __ATOMIC_RELAXED);

	if (from_kernel) {
		sp = regs->rsp & ~0xfUL;
	} else {
		pv_toggle_mode(v);
		sp = v->arch.pv.kernel_sp;
	}
	flags = regs->rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
	if (!mask)
		flags |= X86_EFLAGS_IF;
	if (v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl))
		flags |= (uint64_t)v->arch.pv.iopl << 12;

	frame[n++] = regs->rcx;
	frame[n++] = regs->r11;
	if (tb->failsafe) {
		frame[n++] = regs->ds;
		frame[n++] = regs->es;
		frame[n++] = regs->fs;
		frame[n++] = regs->gs;
	}
	if (tb->has_error_code)
		frame[n++] = tb->error_code;
	frame[n++] = regs->rip;
	frame[n++] = (from_kernel ? regs->cs & 0xfffcu : regs->cs) | ((uint64_t)mask << 32);
	frame[n++] = flags;
	frame[n++] = regs->rsp;
	frame[n++] = regs->ss;

	sp -= n * 8;
	if (!guest_range_ok(sp, n, 8) || raw_copy_to_guest(sp, frame, n * 8)) {
		domain_crash(v->domain, "vCPU %u: kernel stack at %#lx cannot take a trap frame (RIP %#lx)",
			     v->vcpu_id, sp, regs->rip);
		return;
	}
	if (tb->mask_events)
		__atomic_store_n(&v->vcpu_info->evtchn_upcall_mask, 1, __ATOMIC_RELAXED);

	regs->rip = tb->eip;
	regs->cs = RING3_CS64;
	regs->ss = RING3_DS;
	regs->rsp = sp;
	regs->rflags &= ~(uint64_t)(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT |
				    X86_EFLAGS_TF);
	/* A handler's address is canonical (checked when registered): SYSRET is safe. */
	regs->entry_vector |= TRAP_SYSCALL;
}

static void deliver_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct trap_bounce tb = v->arch.pv.bounce;

	clear_exit_work(v, PV_EXIT_BOUNCE);
	create_bounce_frame(v, regs, &tb);
}

static void deliver_event(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct trap_bounce tb = { .eip = v->arch.pv.event.address, .mask_events = true };

	if (!tb.eip) {
		/* No handler yet: leave it pending, but do not spin here. */
		__atomic_store_n(&v->vcpu_info->evtchn_upcall_mask, 1, __ATOMIC_RELAXED);
		return;
	}
	create_bounce_frame(v, regs, &tb);
}

static void deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct trap_bounce tb = { .eip = v->arch.pv.trap[2].address, .mask_events = true };

	clear_exit_work(v, PV_EXIT_NMI);
	if (tb.eip)
		create_bounce_frame(v, regs, &tb);
}

/* Everything that stands between this CPU and guest mode. Returns with interrupts off and nothing left
 * to do. May switch away inside do_softirq() and then not return at all. */
void pv_exit_work(struct cpu_user_regs *regs)
{
	for (;;) {
		struct vcpu *v = current;
		uint8_t work;

		local_irq_enable();
		if (softirq_is_pending())
			do_softirq();
		work = __atomic_load_n(&v->arch.pv.exit_work, __ATOMIC_RELAXED);
		if (work & PV_EXIT_BOUNCE)
			deliver_bounce(v, regs);
		else if (work & PV_EXIT_NMI)
			deliver_nmi(v, regs);
		else if (work)
			clear_exit_work(v, work);
		else if (vcpu_event_is_deliverable(v->vcpu_info))
			deliver_event(v, regs);
		local_irq_disable();
		if (!softirq_is_pending() && !v->arch.pv.exit_work &&
		    !vcpu_event_is_deliverable(v->vcpu_info)) {
			latency_irqs_on();
			return;
		}
	}
}

static void bounce_to(struct vcpu *v, const struct pv_callback *cb)
{
	v->arch.pv.bounce = (struct trap_bounce){ .eip = cb->address, .mask_events = cb->mask_events };
	set_exit_work(v, PV_EXIT_BOUNCE);
}

/* SYSCALL from guest user mode, off the fast path. Without a handler it is an invalid opcode. */
void pv_guest_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (v->arch.pv.syscall.address) {
		bounce_to(v, &v->arch.pv.syscall);
		return;
	}
	regs->rip -= 2;
	pv_inject_trap(v, 6, 0);
}

void pv_guest_syscall32(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (v->arch.pv.syscall32.address) {
		bounce_to(v, &v->arch.pv.syscall32);
		return;
	}
	regs->rip -= 2;
	pv_inject_trap(v, 6, 0);
}

/* SYSENTER: like a system call if there is a handler; the frame's RIP and RSP are 0, the guest knows better. */
void pv_guest_sysenter(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	regs->rflags &= ~(uint64_t)(X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM);
	if (v->arch.pv.sysenter.address && !pv_guest_kernel_mode(v))
		bounce_to(v, &v->arch.pv.sysenter);
	else
		pv_inject_trap(v, 13, 0);
}

/* IRET to the guest faulted (a selector it does not have): tell it through the failsafe callback. */
void pv_failsafe(struct vcpu *v)
{
	const struct pv_callback *cb = &v->arch.pv.failsafe;

	if (!cb->address) {
		domain_crash(v->domain, "vCPU %u cannot be resumed and has no failsafe callback", v->vcpu_id);
		return;
	}
	bounce_to(v, cb);
	v->arch.pv.bounce.failsafe = true;
}

void pv_bad_kernel_stack(struct cpu_user_regs *regs)
{
	domain_crash(current->domain, "vCPU %u: kernel stack at %#lx cannot take a frame",
		     current->vcpu_id, current->arch.pv.kernel_sp);
}

void pv_no_user_table(struct cpu_user_regs *regs)
{
	domain_crash(current->domain, "vCPU %u: iret to user mode without a user page table",
		     current->vcpu_id);
}

_Static_assert(!(HV_VIRT_START & ((1ul << HV_VIRT_SHIFT) - 1)) && HV_VIRT_START + (1ul << HV_VIRT_SHIFT) == HV_VIRT_END,
	       "entry.S tells by one comparison whether an address is the hypervisor's");

void pv_update_fast_paths(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->arch.pv;
	const struct trap_info *fault = &pv->trap[14];
	bool shows_iopl = v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl);

	pv->fault_address = TI_GET_IF(fault) && !shows_iopl && pv->kernel_sp ? fault->address : 0;
	pv->slow_syscall = !pv->syscall.address || !pv->syscall.mask_events || shows_iopl ||
				  !pv->kernel_sp || mfn_eq(pv->guest_table_user, INVALID_MFN);
}

void pv_update_cr3(struct vcpu *v, bool load)
{
	struct pv_vcpu *pv = &v->arch.pv;

	pv->cr3_kernel = mfn_x(pv->guest_table) << PAGE_SHIFT;
	pv->cr3_user = mfn_eq(pv->guest_table_user, INVALID_MFN) ?
			       0 :
			       mfn_x(pv->guest_table_user) << PAGE_SHIFT;
	pv_update_fast_paths(v);
	if (load && v == current)
		write_cr3(pv->kernel_mode ? pv->cr3_kernel : pv->cr3_user);
}
