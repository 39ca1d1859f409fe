/* SPDX-License-Identifier: MIT */
/*
 * Exceptions taken while a guest ran. Most are the guest's own and go to its trap table; a few are the
 * price of paravirtualization and are settled here: privileged instructions (#GP), writes to page
 * tables and the LDT window (#PF), the forced-emulation prefix (#UD), lazy FPU state (#NM).
 */
#include <hv/guest_access.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/xpti.h>

#define X86_TRAP_DB 1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP 3
#define X86_TRAP_UD 6
#define X86_TRAP_NM 7
#define X86_TRAP_DF 8
#define X86_TRAP_NP 11
#define X86_TRAP_GP 13
#define X86_TRAP_PF 14
#define X86_TRAP_MC 18

#define PFEC_PRESENT  1u
#define PFEC_WRITE    2u
#define PFEC_USER     4u
#define PFEC_RESERVED 8u
#define PFEC_INSN     16u

/* The per-domain slot: only the LDT window may legitimately fault, when first touched. */
static bool fix_perdomain_fault(struct vcpu *v, uint64_t addr)
{
	uint64_t base = LDT_VIRT_START(v->vcpu_id);

	if (addr < base || addr >= base + 16 * PAGE_SIZE)
		return false;
	return pv_map_ldt_page(v, (unsigned int)((addr - base) >> PAGE_SHIFT));
}

static void guest_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t addr)
{
	uint32_t ec = regs->error_code;

	if (ec & PFEC_RESERVED)
		gprintk(LOG_WARNING, "reserved bit set in a page table entry for %#lx\n", addr);
	if (xpti_is_stale(get_cpu_info(), v)) /* the tables have more to say: once again */
		return;
	if (addr >= HV_VIRT_START && addr < HV_VIRT_END) {
		if (fix_perdomain_fault(v, addr))
			return;
		if (!pv_guest_kernel_mode(v))
			ec &= ~PFEC_PRESENT; /* a process need not know what of the hypervisor is mapped */
	} else if (pv_guest_kernel_mode(v) && (ec & (PFEC_PRESENT | PFEC_WRITE)) ==
						      (PFEC_PRESENT | PFEC_WRITE) &&
		   ptwr_emulate(addr, regs)) {
		return;
	}
	pv_inject_page_fault(v, addr, ec);
}

/*
 * INT n from ring 3 through a gate the guest may not use: #GP with bit 1 (IDT) of the error code set.
 * To the guest it is the software interrupt it meant, if its own table allows that ring.
 */
static bool guest_software_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
	unsigned int vector = (regs->error_code >> 3) & 0xff;
	const struct trap_info *ti = &v->arch.pv.trap[vector];
	unsigned int cpl = pv_guest_kernel_mode(v) ? 0 : 3;

	if ((regs->error_code & 7) != 2 || !ti->address || TI_GET_DPL(ti) < cpl)
		return false;
	regs->rip += 2;
	pv_inject_trap(v, vector, 0);
	return true;
}

static void guest_general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
	if (regs->error_code & 1) { /* EXT: not caused by the guest's instruction */
		pv_inject_trap(v, X86_TRAP_GP, regs->error_code);
		return;
	}
	if (guest_software_interrupt(v, regs))
		return;
	if (regs->error_code == 0 && pv_emulate_privileged(regs) == 0)
		return;
	pv_inject_trap(v, X86_TRAP_GP, regs->error_code);
}

static void guest_debug(struct vcpu *v, struct cpu_user_regs *regs, uint64_t dr6)
{
	v->arch.pv.dr6 = dr6;
	pv_inject_trap(v, X86_TRAP_DB, 0);
}

static void guest_device_not_available(struct vcpu *v)
{
	clts();
	if (v->arch.fpu_ts) {
		/* The guest set TS: it wants to know. As on hardware, it clears it itself or is told so. */
		v->arch.fpu_ts = false;
		pv_inject_trap(v, X86_TRAP_NM, 0);
	}
}

void do_guest_exception(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	unsigned int vector = regs->entry_vector;
	uint64_t cr2, dr6;

	switch (vector) {
	case X86_TRAP_PF:
		cr2 = read_cr2();
		local_irq_enable();
		guest_page_fault(v, regs, cr2);
		break;
	case X86_TRAP_GP:
		local_irq_enable();
		guest_general_protection(v, regs);
		break;
	case X86_TRAP_UD:
		local_irq_enable();
		if (!pv_emulate_forced_invalid_op(regs))
			pv_inject_trap(v, vector, 0);
		break;
	case X86_TRAP_NM:
		guest_device_not_available(v);
		break;
	case X86_TRAP_DB:
		dr6 = read_dr6();
		write_dr6(0xffff0ff0);
		local_irq_enable();
		guest_debug(v, regs, dr6);
		break;
	case X86_TRAP_NMI:
		do_nmi(regs);
		break;
	case X86_TRAP_MC:
		do_machine_check(regs);
		break;
	case X86_TRAP_DF:
		fatal_exception(regs);
	case 0x80:
		local_irq_enable();
		if (v->arch.pv.trap[0x80].address)
			pv_inject_trap(v, 0x80, 0);
		else
			pv_inject_trap(v, X86_TRAP_GP, 0x80 * 8 + 2);
		break;
	default:
		local_irq_enable();
		pv_inject_trap(v, vector, regs->error_code);
		break;
	}
}
