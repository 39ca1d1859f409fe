/* SPDX-License-Identifier: MIT */
/* The iret hypercall off its fast path: return to the guest kernel itself, odd frames, faults. */
#include <hv/guest_access.h>
#include <asm/pv.h>

/* As the guest leaves it on its stack. */
struct iret_frame {
	uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

long do_iret(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_cpu_regs();
	struct iret_frame f;

	if (!guest_range_ok(regs->rsp, 1, sizeof(f)) || copy_struct_from_guest(&f, regs->rsp)) {
		domain_crash(v->domain, "vCPU %u: iret frame at %#lx cannot be read", v->vcpu_id, regs->rsp);
		return 0;
	}
	if ((f.cs & 3) == 3) {
		if (!v->arch.pv.cr3_user) {
			pv_no_user_table(regs);
			return 0;
		}
		pv_toggle_mode(v);
	}
	if (!(f.flags & VGCF_in_syscall)) {
		regs->entry_vector &= ~TRAP_SYSCALL;
		regs->r11 = f.r11;
		regs->rcx = f.rcx;
	}
	regs->rip = f.rip;
	regs->cs = (uint16_t)(f.cs | 3);
	regs->rflags = (f.rflags & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF |
		       X86_EFLAGS_MBS;
	regs->rsp = f.rsp;
	regs->ss = (uint16_t)(f.ss | 3);
	__atomic_store_n(&v->vcpu_info->evtchn_upcall_mask, !(f.rflags & X86_EFLAGS_IF), __ATOMIC_RELAXED);
	return (long)f.rax;
}
