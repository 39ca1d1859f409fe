/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space. Ports 0xcf8 and 0xcfc are one latch and one window for the whole machine:
 * Dom0 keeps its own latch (arch_domain.pci_cf8) and both users go through pci_lock. Extended registers
 * and other segments need the memory-mapped form; a bus is mapped when first used.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <asm/acpi.h>
#include <asm/pci.h>
#include <asm/system.h>

static spinlock_t pci_lock = SPIN_LOCK_UNLOCKED;

static uint32_t window_in(uint32_t latch, unsigned int offset, unsigned int size)
{
	unsigned long flags;
	uint32_t v;

	spin_lock_irqsave(&pci_lock, flags);
	outl(0xcf8, latch);
	v = size == 1	? inb((uint16_t)(0xcfc + offset))
	    : size == 2 ? inw((uint16_t)(0xcfc + offset))
			: inl((uint16_t)(0xcfc + offset));
	spin_unlock_irqrestore(&pci_lock, flags);
	return v;
}

static void window_out(uint32_t latch, unsigned int offset, unsigned int size, uint32_t v)
{
	unsigned long flags;

	spin_lock_irqsave(&pci_lock, flags);
	outl(0xcf8, latch);
	if (size == 1)
		outb((uint16_t)(0xcfc + offset), (uint8_t)v);
	else if (size == 2)
		outw((uint16_t)(0xcfc + offset), (uint16_t)v);
	else
		outl((uint16_t)(0xcfc + offset), v);
	spin_unlock_irqrestore(&pci_lock, flags);
}

/* The 1 MiB of configuration space of a bus, or NULL. Mapped for good, once. */
static volatile uint8_t *ecam_bus(uint16_t seg, uint8_t bus)
{
	static volatile uint8_t *map[ACPI_MAX_MCFG][256];
	static spinlock_t map_lock = SPIN_LOCK_UNLOCKED;
	unsigned long flags;

	for (unsigned int i = 0; i < acpi_info.nr_mcfg; i++) {
		const struct acpi_mcfg *m = &acpi_info.mcfg[i];

		if (m->segment != seg || bus < m->start_bus || bus > m->end_bus)
			continue;
		spin_lock_irqsave(&map_lock, flags);
		if (!map[i][bus])
			map[i][bus] = ioremap(m->address + ((uint64_t)bus << 20), 1u << 20);
		spin_unlock_irqrestore(&map_lock, flags);
		return map[i][bus];
	}
	return NULL;
}

static uint32_t port_latch(uint8_t bus, uint8_t dev, uint8_t fn, unsigned int reg)
{
	return 0x80000000u | ((uint32_t)bus << 16) | ((uint32_t)(dev & 31) << 11) |
	       ((uint32_t)(fn & 7) << 8) | (reg & 0xfc);
}

uint32_t pci_conf_read(uint16_t seg, uint8_t bus, uint8_t dev, uint8_t fn, unsigned int reg,
		       unsigned int size)
{
	volatile uint8_t *p;

	if (!seg && reg < 256)
		return window_in(port_latch(bus, dev, fn, reg), reg & 3, size);
	p = reg < 4096 ? ecam_bus(seg, bus) : NULL;
	if (!p)
		return size == 4 ? ~0u : (1u << (size * 8)) - 1;
	p += ((uint32_t)(dev & 31) << 15) | ((uint32_t)(fn & 7) << 12) | reg;
	return size == 1 ? *p : size == 2 ? *(volatile uint16_t *)p : *(volatile uint32_t *)p;
}

void pci_conf_write(uint16_t seg, uint8_t bus, uint8_t dev, uint8_t fn, unsigned int reg,
		    unsigned int size, uint32_t val)
{
	volatile uint8_t *p;

	if (!seg && reg < 256) {
		window_out(port_latch(bus, dev, fn, reg), reg & 3, size, val);
		return;
	}
	p = reg < 4096 ? ecam_bus(seg, bus) : NULL;
	if (!p)
		return;
	p += ((uint32_t)(dev & 31) << 15) | ((uint32_t)(fn & 7) << 12) | reg;
	if (size == 1)
		*p = (uint8_t)val;
	else if (size == 2)
		*(volatile uint16_t *)p = (uint16_t)val;
	else
		*(volatile uint32_t *)p = val;
}

/* Ports 0xcf8..0xcfb: a 32-bit access is the latch. Smaller ones are other registers: 0xcf9 resets
 * the machine, which Dom0 may; the rest is ignored, as probing kernels expect. */
static uint32_t guest_latch(struct domain *d, bool write, uint16_t port, unsigned int size, uint32_t val)
{
	if (port == 0xcf8 && size == 4) {
		if (write)
			WRITE_ONCE(d->arch.pci_cf8, val);
		return READ_ONCE(d->arch.pci_cf8);
	}
	if (port == 0xcf9 && size == 1) {
		if (write)
			outb(port, (uint8_t)val);
		return inb(port);
	}
	return ~0u;
}

int pci_guest_io(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct domain *d = v->domain;
	uint32_t latch;

	if (!is_hardware_domain(d))
		return -EPERM;
	if (port < 0xcfc) {
		latch = guest_latch(d, write, port, size, write ? *val : 0);
		if (!write)
			*val = latch;
		return 0;
	}
	latch = READ_ONCE(d->arch.pci_cf8);
	if (!(latch & 0x80000000u)) {
		if (!write)
			*val = ~0u;
	} else if (write) {
		window_out(latch, port & 3u, size, *val);
	} else {
		*val = window_in(latch, port & 3u, size);
	}
	return 0;
}
