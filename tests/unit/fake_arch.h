/* SPDX-License-Identifier: MIT */
/*
 * Takes the place of asm/current.h and asm/system.h (it defines their guards) when common code is
 * built for the host: each thread is a CPU, interrupts are a flag. Use with
 *
 *     // sources: ... tests/unit/fake_hv.c
 *     // cflags: -include tests/unit/fake_arch.h
 */
#ifndef FAKE_ARCH_H
#define FAKE_ARCH_H
#define ASM_CURRENT_H
#define ASM_SYSTEM_H

#include <hv/types.h>
#include <asm/layout.h>
#include <public/xen.h>

struct vcpu;

struct cpu_info {
	struct cpu_user_regs guest_regs;
	unsigned long per_cpu_offset;
	struct vcpu *current_vcpu;
	uint32_t processor_id;
	uint32_t irq_depth;
	bool irqs_off;
};
extern __thread struct cpu_info fake_cpu;

static inline struct cpu_info *get_cpu_info(void)
{
	return &fake_cpu;
}
#define current		 (fake_cpu.current_vcpu)
#define guest_cpu_regs() (&fake_cpu.guest_regs)

static inline unsigned long local_irq_save(void)
{
	bool old = fake_cpu.irqs_off;

	fake_cpu.irqs_off = true;
	return old;
}
static inline void local_irq_restore(unsigned long f)
{
	fake_cpu.irqs_off = f;
}
static inline void local_irq_disable(void)
{
	fake_cpu.irqs_off = true;
}
static inline void local_irq_enable(void)
{
	fake_cpu.irqs_off = false;
}
static inline bool local_irq_is_enabled(void)
{
	return !fake_cpu.irqs_off;
}
static inline void cpu_relax(void)
{
	__builtin_ia32_pause();
}
static inline uint64_t rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}
uint8_t inb(uint16_t port); /* a test that has ports defines them */
void outb(uint16_t port, uint8_t v);

#endif
