/* SPDX-License-Identifier: MIT */
/*
 * Page-table isolation (xpti=): a CPU with Meltdown lets ring 3 read whatever its page tables map, permissions or not. So
 * while an isolated domain's vCPU is in ring 3, CR3 is a small table of the CPU's own: the guest's entries as its real
 * top-level table has them, and of the hypervisor what entering needs, which is the entry code, the descriptor
 * tables, the TSS and this CPU's stacks. Entry code loads the real table, which is all that the rest of the hypervisor
 * ever sees; exit code goes back. Code: entry/xpti.S, cpu/xpti.c.
 *
 * Invariant: cpu_info.xpti_enter_cr3 is 0, or CR3 may be a small table and it is what to load instead. It is not 0 only in
 * ring 3 and in the first and last instructions of an entry.
 *
 * A small table is a copy. It is made anew on the way out if the real table is another one, or if any top-level table of
 * the domain has changed since (arch_domain.l4_generation). A CPU that is in the guest meanwhile hears of it
 * by the flush that must come before what was removed is used for something else; what was added it
 * finds by a page fault that goes away (xpti_is_stale()).
 *
 * Without PCID each change of CR3 flushes the TLB; global entries are off (CR4.PGE), or the hypervisor's would stay.
 */
#ifndef ASM_XPTI_H
#define ASM_XPTI_H

#include <hv/domain.h>
#include <asm/current.h>

/* Small tables for a CPU, whose stack block and TSS page exist. False: no memory. Nothing if no domain is isolated. */
bool xpti_cpu_prepare(struct cpu_info *ci);
void xpti_boot_init(void); /* the boot CPU's */
/* Exit code, interrupts off: this CPU's small table for the guest's mode (0 user, 1 kernel) becomes a copy. */
void xpti_copy_root(unsigned long mode);

/* Any entry of one of d's top-level tables has changed, and what it pointed to is still held. */
static inline void xpti_l4_changed(struct domain *d)
{
	if (d->arch.xpti)
		__atomic_add_fetch(&d->arch.l4_generation, 1, __ATOMIC_SEQ_CST);
}

/* Interrupts off: this CPU is about to run a vCPU of d. */
static inline void xpti_switch_to(struct cpu_info *ci, const struct domain *d)
{
	ci->xpti_on = d->arch.xpti;
	ci->xpti_copied[0] = ci->xpti_copied[1] = 0;
}

/* Did v, current, run until just now on a copy that was no longer true? */
static inline bool xpti_is_stale(const struct cpu_info *ci, const struct vcpu *v)
{
	return ci->xpti_on && ci->xpti_generation[v->arch.pv.kernel_mode] !=
				      __atomic_load_n(&v->domain->arch.l4_generation, __ATOMIC_ACQUIRE);
}

#endif
