/* SPDX-License-Identifier: MIT */
/* Private to arch/x86: the receiving half of hv/smp.h, and CPU bring-up. Code: arch/x86/smp. */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <hv/smp.h>

/* From do_IRQ, EOI done (smp_halt_self: not). */
void smp_call_interrupt(void);
void smp_flush_interrupt(void);
/* Stops this CPU for good if smp_halt_others() was called elsewhere; else returns. Also to be called
 * first thing on an NMI. */
void smp_halt_self(void);

/* trampoline.S: copied below 1 MiB; entered in real mode at its first byte. */
extern const char ap_trampoline_start[], ap_trampoline_end[];
extern const char ap_trampoline_data[]; /* a struct trampoline_data at its end */
struct trampoline_data {
	uint64_t cr3;	/* below 4 GiB; maps the trampoline at its own address, and the image */
	uint64_t entry; /* ap_entry */
};
void ap_entry(void);
extern uint64_t ap_boot_cr3, ap_boot_stack; /* what ap_entry continues with */
/* Gives each usable CPU of the MADT its number (boot CPU: 0) and marks it present. */
void smp_number_cpus(void);

#endif
