/* SPDX-License-Identifier: MIT */
/* The CPU itself: bring-up of its tables, features, FPU, fatal exceptions. Code: arch/x86/cpu. */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <hv/lib.h>
#include <asm/layout.h>
#include <public/xen.h>

struct vcpu;
struct domain;

enum cpu_vendor { CPU_VENDOR_INTEL, CPU_VENDOR_AMD, CPU_VENDOR_HYGON, CPU_VENDOR_OTHER };

struct cpu_features {
	enum cpu_vendor vendor;
	uint32_t max_leaf, max_ext_leaf;
	uint32_t signature; /* CPUID 1 EAX */
	uint32_t f1c, f1d, f7b, f7c, f7d, e1c, e1d, e7d; /* words: leaf 1, 7, 0x80000001, 0x80000007 */
	uint32_t e8b, e21a;			     /* 0x80000008 EBX, 0x80000021 EAX */
	uint8_t phys_bits;
};
extern struct cpu_features host_cpu;
#define cpu_has(word, bit) ((host_cpu.word >> (bit)) & 1)
#define cpu_has_smep	 cpu_has(f7b, 7)
#define cpu_has_smap	 cpu_has(f7b, 20)
#define cpu_has_umip	 cpu_has(f7c, 2)
#define cpu_has_xsave	 cpu_has(f1c, 26)
#define cpu_has_x2apic	 cpu_has(f1c, 21)
#define cpu_has_pge	 cpu_has(f1d, 13)
#define cpu_has_1g_pages cpu_has(e1d, 26)
#define cpu_has_rdtscp	 cpu_has(e1d, 27)
#define cpu_has_invariant_tsc cpu_has(e7d, 8)
#define cpu_has_ibpb	 (cpu_has(f7d, 26) || cpu_has(e8b, 12))

void cpu_identify(void); /* boot CPU, first */
/* Loads this CPU's GDT, IDT, TSS, system call MSRs, PAT, CR0/CR4, FPU defaults. */
void cpu_init(unsigned int cpu);
void cpu_init_secondary(unsigned int cpu);
void *cpu_gdt_page(unsigned int cpu);	 /* the page every GDT shows at slot 14 */
void *cpu_tss_page(unsigned int cpu);
const void *cpu_idt_page(void);
void cpu_load_idle_gdt(unsigned int cpu);
void cpu_load_gdt_base(uint64_t base);
void cpu_set_ldt(uint64_t base, unsigned int entries); /* 0 entries: no LDT */

/* FPU (cpu/fpu.c) */
extern uint32_t xstate_size; /* bytes of an XSAVE area for all host states; 0: FXSAVE only */
extern uint64_t xstate_mask;
#define XSTATE_FP  1ul
#define XSTATE_SSE 2ul
#define XSTATE_AVX 4ul
#define XSTATE_AVX512 0xe0ul
void fpu_cpu_init(void);
int fpu_vcpu_create(struct vcpu *v);
void fpu_vcpu_destroy(struct vcpu *v);
void fpu_save(struct vcpu *v);	  /* leaving the CPU */
void fpu_restore(struct vcpu *v); /* entering it */
int fpu_set_guest_xcr0(struct vcpu *v, uint64_t xcr0);
/* v is not running. A whole FXSAVE image; bits of MXCSR the CPU has not are dropped. */
void fpu_set_legacy(struct vcpu *v, const void *image);
/* v is not running. An XSAVE area in the standard form. -EINVAL: the CPU could not load it. */
int fpu_set_xstate(struct vcpu *v, uint64_t xcr0, uint64_t xcr0_accum, const void *area, uint32_t size);
void pv_set_fpu_ts(struct vcpu *v, bool ts);

/* Policy (cpu/policy.c, cpu/msr.c) */
void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
uint64_t pv_fix_guest_cr4(struct vcpu *v, uint64_t cr4);
void pv_load_guest_cr4(struct vcpu *v);
int pv_set_debugreg(struct vcpu *v, unsigned int nr, uint64_t val);
int pv_get_debugreg(struct vcpu *v, unsigned int nr, uint64_t *val);
/* 64, 32 or 16: the code size of a guest frame, from its CS. */
uint8_t pv_frame_mode(const struct cpu_user_regs *regs);

/* Exceptions (cpu/exception.c) */
void fatal_exception(struct cpu_user_regs *regs) __noreturn;
void do_nmi(struct cpu_user_regs *regs);
void do_machine_check(struct cpu_user_regs *regs);
void show_registers(const struct cpu_user_regs *regs);
void show_stack(const struct cpu_user_regs *regs); /* nothing for a guest's */
extern char lstar_stubs[], cstar_stubs[], idt_stubs[], sysenter_entry[];
extern char cpu0_stack[];

#endif
