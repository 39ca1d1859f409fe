/* SPDX-License-Identifier: MIT */
/* I/O APICs: redirection entries by global system interrupt. Source: 82093AA data sheet. */
#ifndef ASM_IO_APIC_H
#define ASM_IO_APIC_H

#include <hv/types.h>

struct irq_chip;

extern unsigned int nr_gsis; /* GSIs 0..nr_gsis-1 may have an I/O APIC pin */

void io_apic_init(void); /* maps all, masks every entry */
bool gsi_valid(unsigned int gsi);
/* The GSI an ISA interrupt is wired to, with firmware's overrides. */
unsigned int isa_irq_to_gsi(unsigned int irq);
/* How firmware says the GSI's line works; default: ISA edge high, others level low. */
void gsi_default_mode(unsigned int gsi, bool *level, bool *low);
/* What comes on the GSI's line, edge and high, is an NMI of `cpu` from now on. False: there is no such line. */
bool io_apic_route_nmi(unsigned int gsi, unsigned int cpu);
extern const struct irq_chip io_apic_chip;
/* Register `reg` of the I/O APIC at `base`: 0 or -EINVAL. For PHYSDEVOP_apic_read. */
int io_apic_guest_read(uint64_t base, uint32_t reg, uint32_t *val);
/* Both legacy controllers: vectors out of the way, all lines masked. */
void i8259_mask_all(void);

#endif
