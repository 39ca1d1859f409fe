/* SPDX-License-Identifier: MIT */
/* The local APIC, as xAPIC (memory) or x2APIC (MSRs). Source: SDM vol. 3 ch. 10. */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <hv/cpumask.h>
#include <hv/types.h>

extern bool x2apic_mode;
extern uint32_t cpu_apic_id[NR_CPUS];  /* by CPU number; set before the CPU is started */
extern uint32_t cpu_acpi_id[NR_CPUS];

/* Boot CPU: chooses the mode, maps the registers, then as apic_init_cpu(). After acpi_init(). */
void apic_init(void);
void apic_init_cpu(void); /* this CPU's mode, local vectors, error reporting */
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t val);
uint32_t apic_id(void);
void apic_eoi(void);
bool apic_in_service(unsigned int vector);
void apic_shutdown(void); /* software-disable before a reset */

/* Fixed interrupts and NMIs to CPUs by number. Any context. */
void apic_send_ipi(unsigned int cpu, unsigned int vector);
void apic_send_ipi_mask(const cpumask_t *cpus, unsigned int vector); /* not to this CPU */
void apic_send_nmi(unsigned int cpu);
/* Start-up, by APIC id. */
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, unsigned int page);

/* The one-shot timer (arch_reprogram_timer() in hv/time.h arms it). */
void apic_timer_init(void);	/* boot CPU: rate; after the TSC is calibrated */
void apic_timer_init_cpu(void); /* each CPU: vector and mode */

/* Handlers, from do_IRQ. */
void apic_error_interrupt(void);

#endif
