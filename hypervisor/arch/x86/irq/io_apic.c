/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs. Each has an index and a data register, so accesses are serialised by io_apic_lock. Entries
 * use physical destination mode and fixed delivery. A level interrupt is masked before its EOI and
 * unmasked when its guests have handled it: the line then fires again if it is still raised.
 */
#include <hv/mm.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/io_apic.h>

#include "internal.h"

#define REG_ID	    0
#define REG_VERSION 1
#define REG_RTE(n)  (0x10 + 2 * (n))

#define RTE_NMI	   0x00400
#define RTE_LOW	   0x02000
#define RTE_LEVEL  0x08000
#define RTE_MASKED 0x10000

static struct io_apic {
	volatile uint32_t *regs; /* [0] index, [4] data */
	uint64_t base;
	unsigned int gsi_base, nr_pins;
} io_apics[ACPI_MAX_IOAPICS];
static unsigned int nr_io_apics;
static spinlock_t io_apic_lock = SPIN_LOCK_UNLOCKED;
unsigned int nr_gsis;

static uint32_t reg_read(const struct io_apic *a, unsigned int reg)
{
	a->regs[0] = reg;
	return a->regs[4];
}

static void reg_write(const struct io_apic *a, unsigned int reg, uint32_t v)
{
	a->regs[0] = reg;
	a->regs[4] = v;
}

static const struct io_apic *find(unsigned int gsi, unsigned int *pin)
{
	for (unsigned int i = 0; i < nr_io_apics; i++) {
		const struct io_apic *a = &io_apics[i];

		if (gsi >= a->gsi_base && gsi - a->gsi_base < a->nr_pins) {
			*pin = gsi - a->gsi_base;
			return a;
		}
	}
	return NULL;
}

bool gsi_valid(unsigned int gsi)
{
	unsigned int pin;

	return find(gsi, &pin) != NULL;
}

static void add_io_apic(const struct acpi_ioapic *fw)
{
	struct io_apic *a = &io_apics[nr_io_apics];
	uint32_t version;

	if (!fw->address || fw->gsi_base > 1024)
		return;
	a->regs = ioremap(fw->address, 0x20);
	a->base = fw->address;
	a->gsi_base = fw->gsi_base;
	version = reg_read(a, REG_VERSION);
	if (version == ~0u) {
		printk("I/O APIC at %#lx does not answer\n", fw->address);
		return;
	}
	a->nr_pins = min(((version >> 16) & 0xff) + 1, 240u);
	for (unsigned int pin = 0; pin < a->nr_pins; pin++) {
		reg_write(a, REG_RTE(pin), RTE_MASKED);
		reg_write(a, REG_RTE(pin) + 1, 0);
	}
	nr_gsis = max(nr_gsis, a->gsi_base + a->nr_pins);
	nr_io_apics++;
	printk("I/O APIC %u at %#lx: GSI %u-%u\n", fw->id, a->base, a->gsi_base,
	       a->gsi_base + a->nr_pins - 1);
}

void io_apic_init(void)
{
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++)
		add_io_apic(&acpi_info.ioapic[i]);
	nr_gsis = max(nr_gsis, 16u);
}

unsigned int isa_irq_to_gsi(unsigned int irq)
{
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++)
		if (acpi_info.override[i].isa_irq == irq)
			return acpi_info.override[i].gsi;
	return irq;
}

void gsi_default_mode(unsigned int gsi, bool *level, bool *low)
{
	*level = *low = gsi >= 16;
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++)
		if (acpi_info.override[i].gsi == gsi) {
			*level = acpi_info.override[i].level;
			*low = acpi_info.override[i].low;
		}
}

static uint32_t rte_low(const struct irq_desc *desc)
{
	return desc->vector | (desc->low ? RTE_LOW : 0) | (desc->level ? RTE_LEVEL : 0) |
	       (desc->masked ? RTE_MASKED : 0);
}

static void write_rte(struct irq_desc *desc, bool route)
{
	unsigned int pin;
	const struct io_apic *a = find(desc->irq, &pin);
	unsigned long flags;

	if (!a)
		return;
	spin_lock_irqsave(&io_apic_lock, flags);
	if (route) {
		/* Masked while torn: no interrupt may go to the new vector on the old CPU. */
		reg_write(a, REG_RTE(pin), rte_low(desc) | RTE_MASKED);
		reg_write(a, REG_RTE(pin) + 1, cpu_apic_id[desc->cpu] << 24);
	}
	reg_write(a, REG_RTE(pin), rte_low(desc));
	spin_unlock_irqrestore(&io_apic_lock, flags);
}

bool io_apic_route_nmi(unsigned int gsi, unsigned int cpu)
{
	unsigned int pin;
	const struct io_apic *a = find(gsi, &pin);
	unsigned long flags;

	if (!a)
		return false;
	spin_lock_irqsave(&io_apic_lock, flags);
	reg_write(a, REG_RTE(pin), RTE_NMI | RTE_MASKED);
	reg_write(a, REG_RTE(pin) + 1, cpu_apic_id[cpu] << 24);
	reg_write(a, REG_RTE(pin), RTE_NMI);
	spin_unlock_irqrestore(&io_apic_lock, flags);
	return true;
}

static void io_apic_mask(struct irq_desc *desc)
{
	desc->masked = true;
	write_rte(desc, false);
}

static void io_apic_unmask(struct irq_desc *desc)
{
	desc->masked = false;
	write_rte(desc, false);
}

static void io_apic_route(struct irq_desc *desc)
{
	write_rte(desc, true);
}

/* An entry is two registers and masked between their writes, and an edge at a masked pin is forgotten. */
static bool io_apic_movable(const struct irq_desc *desc)
{
	return desc->level || desc->masked;
}

const struct irq_chip io_apic_chip = {
	.name = "IO-APIC",
	.mask = io_apic_mask,
	.unmask = io_apic_unmask,
	.route = io_apic_route,
	.movable = io_apic_movable,
};

int io_apic_guest_read(uint64_t base, uint32_t reg, uint32_t *val)
{
	unsigned long flags;

	for (unsigned int i = 0; i < nr_io_apics; i++) {
		const struct io_apic *a = &io_apics[i];

		if (a->base != base || reg >= REG_RTE(a->nr_pins))
			continue;
		spin_lock_irqsave(&io_apic_lock, flags);
		*val = reg_read(a, reg);
		spin_unlock_irqrestore(&io_apic_lock, flags);
		return 0;
	}
	return -EINVAL;
}
