/* SPDX-License-Identifier: MIT */
/* Work on other CPUs. Provided by arch/x86 (irq/ and cpu/). */
#ifndef HV_SMP_H
#define HV_SMP_H

#include <hv/cpumask.h>
#include <hv/percpu.h>
#include <asm/current.h>

#define smp_processor_id() (get_cpu_info()->processor_id)

/* Runs fn(data) on each CPU of the set (this one included if in it) in interrupt context and waits
 * until all have run it. Interrupts must be enabled; no spin lock that fn or an interrupt takes may
 * be held. */
void on_selected_cpus(const cpumask_t *cpus, void (*fn)(void *), void *data);
/* Makes CPUs notice pending softirqs or events soon (IPI with no payload). */
void smp_send_event_check_cpu(unsigned int cpu);
/* TLB shoot-down on a set of CPUs: the whole TLB, or one linear address. `flags` below. Returns
 * once all have done it. May be called with page-type locks held, interrupts enabled. */
#define FLUSH_TLB	 1u /* non-global entries */
#define FLUSH_TLB_GLOBAL 2u /* all entries */
#define FLUSH_CACHE	 4u /* wbinvd */
void flush_area_mask(const cpumask_t *cpus, uint64_t va, unsigned int flags); /* va 0: whole */
void flush_local(uint64_t va, unsigned int flags);
static inline void flush_tlb_mask(const cpumask_t *cpus)
{
	flush_area_mask(cpus, 0, FLUSH_TLB);
}
void smp_boot_all(void); /* brings up every present CPU up to maxcpus= */
void smp_halt_others(void); /* panic, reboot: by NMI or IPI, with a bound on the wait */

#endif
