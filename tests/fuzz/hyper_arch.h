/* SPDX-License-Identifier: MIT */
/*
 * Included before everything when the hypervisor's core is built as a host program: what would need
 * privilege does nothing, the CPU's own record is a variable, interrupts are a flag. The real headers
 * are read with those names moved out of the way, so that their constants stay the real ones.
 */
#ifndef HYPER_ARCH_H
#define HYPER_ARCH_H

#define local_irq_save	     hw_local_irq_save
#define local_irq_restore    hw_local_irq_restore
#define local_irq_disable    hw_local_irq_disable
#define local_irq_enable     hw_local_irq_enable
#define local_irq_is_enabled hw_local_irq_is_enabled
#define invlpg		     hw_invlpg
#define clts		     hw_clts
#define safe_halt	     hw_safe_halt
#define wbinvd		     hw_wbinvd
#define read_cr0	     hw_read_cr0
#define write_cr0	     hw_write_cr0
#define read_cr2	     hw_read_cr2
#define read_cr3	     hw_read_cr3
#define write_cr3	     hw_write_cr3
#define read_cr4	     hw_read_cr4
#define write_cr4	     hw_write_cr4
#define write_dr0	     hw_write_dr0
#define write_dr1	     hw_write_dr1
#define write_dr2	     hw_write_dr2
#define write_dr3	     hw_write_dr3
#define write_dr6	     hw_write_dr6
#define write_dr7	     hw_write_dr7
#define rdmsr		     hw_rdmsr
#define wrmsr		     hw_wrmsr
#define rdtsc		     hw_rdtsc
#define get_cpu_info	     hw_get_cpu_info
#include <asm/system.h>
#include <asm/current.h>
#include <asm/msr.h>
#undef local_irq_save
#undef local_irq_restore
#undef local_irq_disable
#undef local_irq_enable
#undef local_irq_is_enabled
#undef invlpg
#undef clts
#undef safe_halt
#undef wbinvd
#undef read_cr0
#undef write_cr0
#undef read_cr2
#undef read_cr3
#undef write_cr3
#undef read_cr4
#undef write_cr4
#undef write_dr0
#undef write_dr1
#undef write_dr2
#undef write_dr3
#undef write_dr6
#undef write_dr7
#undef rdmsr
#undef wrmsr
#undef rdtsc
#undef get_cpu_info

extern struct cpu_info hyper_cpu;
extern bool hyper_irqs_off;

static inline struct cpu_info *get_cpu_info(void)
{
	return &hyper_cpu;
}
static inline unsigned long local_irq_save(void)
{
	bool old = hyper_irqs_off;

	hyper_irqs_off = true;
	return old;
}
static inline void local_irq_restore(unsigned long f)
{
	hyper_irqs_off = f;
}
static inline void local_irq_disable(void)
{
	hyper_irqs_off = true;
}
static inline void local_irq_enable(void)
{
	hyper_irqs_off = false;
}
static inline bool local_irq_is_enabled(void)
{
	return !hyper_irqs_off;
}

/* Registers of the machine: writes go nowhere, reads are constant, so that runs repeat. */
#define HYPER_READ(name, ...)                                                                      \
	static inline unsigned long name(__VA_ARGS__)                                              \
	{                                                                                          \
		return 0;                                                                          \
	}
#define HYPER_WRITE(name, ...)                                                                     \
	static inline void name(__VA_ARGS__)                                                       \
	{                                                                                          \
	}
HYPER_READ(read_cr0, void)
HYPER_READ(read_cr2, void)
HYPER_READ(read_cr3, void)
HYPER_READ(read_cr4, void)
HYPER_READ(rdtsc, void)
HYPER_READ(rdmsr, uint32_t msr)
HYPER_WRITE(invlpg, unsigned long va)
HYPER_WRITE(safe_halt, void)
HYPER_WRITE(clts, void)
HYPER_WRITE(wbinvd, void)
HYPER_WRITE(write_cr0, unsigned long v)
HYPER_WRITE(write_cr3, unsigned long v)
HYPER_WRITE(write_cr4, unsigned long v)
HYPER_WRITE(write_dr0, unsigned long v)
HYPER_WRITE(write_dr1, unsigned long v)
HYPER_WRITE(write_dr2, unsigned long v)
HYPER_WRITE(write_dr3, unsigned long v)
HYPER_WRITE(write_dr6, unsigned long v)
HYPER_WRITE(write_dr7, unsigned long v)
HYPER_WRITE(wrmsr, uint32_t msr, uint64_t v)

#endif
