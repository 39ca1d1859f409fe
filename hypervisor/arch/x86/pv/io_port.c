/* SPDX-License-Identifier: MIT */
/*
 * Port I/O of PV guests. A domain reaches the ports in its ioport_caps directly. Three devices are
 * shared: PCI configuration (0xcf8, 0xcfc) belongs to Dom0 but is also used here, so accesses are
 * serialised; PIT channel 2 and its gate (0x42, 0x43, 0x61) let every guest calibrate its clock; CMOS
 * is Dom0's.
 */
#include <hv/guest_access.h>
#include <hv/rangeset.h>
#include <asm/io_perm.h>
#include <asm/pci.h>
#include <asm/system.h>
#include <asm/pit.h>

static bool bitmap_allows(struct vcpu *v, uint16_t port, unsigned int size)
{
	const struct pv_vcpu *pv = &v->arch.pv;
	uint8_t b[2] = { 0xff, 0xff };
	uint16_t bits;

	if ((unsigned int)port + size > pv->iobmp_limit)
		return false;
	if (raw_copy_from_guest(&b[0], pv->iobmp + port / 8, 1))
		return false;
	if ((port % 8) + size > 8 && raw_copy_from_guest(&b[1], pv->iobmp + port / 8 + 1, 1))
		return false;
	bits = (uint16_t)(b[0] | (b[1] << 8));
	return !((bits >> (port % 8)) & ((1u << size) - 1));
}

bool pv_io_allowed(struct vcpu *v, uint16_t port, unsigned int size, unsigned int cpl)
{
	/* Without VMASST_TYPE_architectural_iopl, IOPL 1 is the level that lets the kernel in. */
	if (cpl == 0 ? v->arch.pv.iopl >= 1 : v->arch.pv.iopl >= 3)
		return true;
	return bitmap_allows(v, port, size);
}

static bool owns_ports(struct vcpu *v, uint16_t port, unsigned int size)
{
	return rangeset_contains(v->domain->ioport_caps, port, (uint64_t)port + size - 1);
}

static uint32_t size_mask(unsigned int size)
{
	return size == 4 ? ~0u : (1u << (size * 8)) - 1;
}

static uint32_t raw_in(uint16_t port, unsigned int size)
{
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void raw_out(uint16_t port, unsigned int size, uint32_t val)
{
	if (size == 1)
		outb(port, (uint8_t)val);
	else if (size == 2)
		outw(port, (uint16_t)val);
	else
		outl(port, val);
}

static bool is_pci_port(uint16_t port, unsigned int size)
{
	return port >= 0xcf8 && port + size <= 0xd00;
}

uint32_t pv_io_read(struct vcpu *v, uint16_t port, unsigned int size)
{
	uint32_t val;

	if (is_pci_port(port, size))
		return pci_guest_io(v, false, port, size, &val) ? size_mask(size) : val;
	if (owns_ports(v, port, size))
		return raw_in(port, size);
	if (size == 1 && pit_guest_io(v, port, false, &val))
		return val;
	return size_mask(size);
}

void pv_io_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
	if (is_pci_port(port, size)) {
		(void)pci_guest_io(v, true, port, size, &val);
		return;
	}
	if (owns_ports(v, port, size)) {
		raw_out(port, size, val);
		return;
	}
	if (size == 1)
		(void)pit_guest_io(v, port, true, &val);
}
