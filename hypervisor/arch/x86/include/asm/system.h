/* SPDX-License-Identifier: MIT */
/* The CPU's privileged registers and instructions, one inline each. Source: SDM vol. 2 and 3. */
#ifndef ASM_SYSTEM_H
#define ASM_SYSTEM_H

#include <hv/latency.h>
#include <hv/types.h>

#define X86_EFLAGS_CF	0x00000001u
#define X86_EFLAGS_ZF	0x00000040u
#define X86_EFLAGS_TF	0x00000100u
#define X86_EFLAGS_IF	0x00000200u
#define X86_EFLAGS_DF	0x00000400u
#define X86_EFLAGS_IOPL 0x00003000u
#define X86_EFLAGS_NT	0x00004000u
#define X86_EFLAGS_RF	0x00010000u
#define X86_EFLAGS_VM	0x00020000u
#define X86_EFLAGS_AC	0x00040000u
#define X86_EFLAGS_VIF	0x00080000u
#define X86_EFLAGS_VIP	0x00100000u
#define X86_EFLAGS_ID	0x00200000u
#define X86_EFLAGS_MBS	0x00000002u /* always one */

#define X86_CR0_PE 0x00000001ul
#define X86_CR0_MP 0x00000002ul
#define X86_CR0_EM 0x00000004ul
#define X86_CR0_TS 0x00000008ul
#define X86_CR0_ET 0x00000010ul
#define X86_CR0_NE 0x00000020ul
#define X86_CR0_WP 0x00010000ul
#define X86_CR0_AM 0x00040000ul
#define X86_CR0_NW 0x20000000ul
#define X86_CR0_CD 0x40000000ul
#define X86_CR0_PG 0x80000000ul

#define X86_CR4_VME	   0x00000001ul
#define X86_CR4_PVI	   0x00000002ul
#define X86_CR4_TSD	   0x00000004ul
#define X86_CR4_DE	   0x00000008ul
#define X86_CR4_PSE	   0x00000010ul
#define X86_CR4_PAE	   0x00000020ul
#define X86_CR4_MCE	   0x00000040ul
#define X86_CR4_PGE	   0x00000080ul
#define X86_CR4_PCE	   0x00000100ul
#define X86_CR4_OSFXSR	   0x00000200ul
#define X86_CR4_OSXMMEXCPT 0x00000400ul
#define X86_CR4_UMIP	   0x00000800ul
#define X86_CR4_VMXE	   0x00002000ul
#define X86_CR4_FSGSBASE   0x00010000ul
#define X86_CR4_PCIDE	   0x00020000ul
#define X86_CR4_OSXSAVE	   0x00040000ul
#define X86_CR4_SMEP	   0x00100000ul
#define X86_CR4_SMAP	   0x00200000ul
#define X86_CR4_PKE	   0x00400000ul

static inline unsigned long local_irq_save(void)
{
	unsigned long f;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(f)::"memory");
	if (f & X86_EFLAGS_IF)
		latency_irqs_off(LATENCY_HERE);
	return f;
}
static inline unsigned long local_save_flags(void)
{
	unsigned long f;

	__asm__ volatile("pushfq; popq %0" : "=r"(f)::"memory");
	return f;
}
static inline void local_irq_restore(unsigned long f)
{
	if (f & X86_EFLAGS_IF) {
		latency_irqs_on();
		__asm__ volatile("sti" ::: "memory");
	} else {
		__asm__ volatile("cli" ::: "memory");
	}
}
static inline void local_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
	latency_irqs_off(LATENCY_HERE);
}
static inline void local_irq_enable(void)
{
	latency_irqs_on();
	__asm__ volatile("sti" ::: "memory");
}
static inline bool local_irq_is_enabled(void)
{
	return local_save_flags() & X86_EFLAGS_IF;
}
static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}
/* Enables interrupts and halts with no window between: an interrupt always wakes it. */
static inline void safe_halt(void)
{
	latency_irqs_on();
	__asm__ volatile("sti; hlt" ::: "memory");
}

#define DEFINE_CR(n)                                                                               \
	static inline unsigned long read_cr##n(void)                                               \
	{                                                                                          \
		unsigned long v;                                                                   \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v)::"memory");                        \
		return v;                                                                          \
	}                                                                                          \
	static inline void write_cr##n(unsigned long v)                                            \
	{                                                                                          \
		__asm__ volatile("mov %0, %%cr" #n ::"r"(v) : "memory");                           \
	}
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

#define DEFINE_DR(n)                                                                               \
	static inline unsigned long read_dr##n(void)                                               \
	{                                                                                          \
		unsigned long v;                                                                   \
		__asm__ volatile("mov %%db" #n ", %0" : "=r"(v));                                  \
		return v;                                                                          \
	}                                                                                          \
	static inline void write_dr##n(unsigned long v)                                            \
	{                                                                                          \
		__asm__ volatile("mov %0, %%db" #n ::"r"(v));                                      \
	}
DEFINE_DR(0)
DEFINE_DR(1)
DEFINE_DR(2)
DEFINE_DR(3)
DEFINE_DR(6)
DEFINE_DR(7)
#undef DEFINE_DR

static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}
static inline void wbinvd(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
}
static inline void clts(void)
{
	__asm__ volatile("clts");
}
static inline void cpuid_count(uint32_t leaf, uint32_t sub, uint32_t *a, uint32_t *b, uint32_t *c,
			       uint32_t *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "0"(leaf), "2"(sub));
}
static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32) | lo;
}
static inline uint64_t rdtsc_ordered(void)
{
	__asm__ volatile("lfence" ::: "memory");
	return rdtsc();
}

#define DEFINE_IO(s, t)                                                                            \
	static inline t in##s(uint16_t port)                                                       \
	{                                                                                          \
		t v;                                                                               \
		__asm__ volatile("in" #s " %1, %0" : "=a"(v) : "Nd"(port));                        \
		return v;                                                                          \
	}                                                                                          \
	static inline void out##s(uint16_t port, t v)                                              \
	{                                                                                          \
		__asm__ volatile("out" #s " %0, %1" ::"a"(v), "Nd"(port));                         \
	}
DEFINE_IO(b, uint8_t)
DEFINE_IO(w, uint16_t)
DEFINE_IO(l, uint32_t)
#undef DEFINE_IO

/* SMAP window: user pages may be touched between the two. No-ops where the CPU has no SMAP. */
extern bool cpu_has_smap_active;
static inline void stac(void)
{
	if (cpu_has_smap_active)
		__asm__ volatile("stac" ::: "memory");
}
static inline void clac(void)
{
	if (cpu_has_smap_active)
		__asm__ volatile("clac" ::: "memory");
}

#endif
