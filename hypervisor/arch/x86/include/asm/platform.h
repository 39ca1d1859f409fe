/* SPDX-License-Identifier: MIT */
/* The machine around the CPUs: bring-up in one call, and turning it off. Code: arch/x86/platform. */
#ifndef ASM_PLATFORM_H
#define ASM_PLATFORM_H

#include <asm/shutdown.h>

struct domain;

/* ACPI, APIC, I/O APICs, interrupts, time, console input. Needs ioremap(), alloc_xen_pages(). */
void platform_init(void);
/* Takes from Dom0 the ports and frames of devices the hypervisor drives. */
void dom0_deny_platform(struct domain *d);

/* As machine_restart() and machine_halt() in asm/shutdown.h: any context, any CPU. Falls back to a halt. */
void machine_power_off(void) __noreturn;
/* Writes Dom0's values for sleep state S5 to the PM1 control registers; returns if that failed. */
void acpi_enter_s5(uint16_t val_a, uint16_t val_b);

#endif
