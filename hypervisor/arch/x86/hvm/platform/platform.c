/* SPDX-License-Identifier: MIT */
/* The board: its life, and which device an address belongs to. */
#include <hv/domain.h>
#include <hv/mm.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

#define A20_OPEN 2u

struct hvm_platform *hvm_platform_of(const struct domain *d)
{
	return d->arch.hvm->platform;
}

/* ---- ports ---- */

/*
 * Which register PCI's configuration window shows: an access to that names it, so a device model need not be told, and
 * firmware writes here before each access. Only four bytes at once are meant; others are ports of their own.
 */
static bool pci_address(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);

	if (size != 4)
		return false;
	if (write)
		p->cf8 = *val;
	*val = p->cf8;
	return true;
}

/*
 * The gate of address line 20, which no address goes through. Firmware opens it at each change of the CPU's mode, so it
 * is kept here. Bit 0 resets the machine: that is a device model's.
 */
static bool a20_gate(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);

	if (size != 1 || (write && *val & 1))
		return false;
	if (write)
		p->a20 = (uint8_t)*val;
	*val = p->a20;
	return true;
}

static const struct {
	uint16_t first, last;
	bool (*access)(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
} ports[] = {
	{ 0x20, 0x21, vpic_port },   { 0xa0, 0xa1, vpic_port },	     { 0x4d0, 0x4d1, vpic_port },
	{ 0x40, 0x43, vpit_port },   { 0x61, 0x61, vpit_speaker },   { 0x70, 0x71, vrtc_port },
	{ 0x92, 0x92, a20_gate },
	{ 0xcf8, 0xcf8, pci_address }, { 0x1f40, 0x1f4b, vpmtimer_port }, { 0xb000, 0xb00b, vpmtimer_port },
};

bool hvm_platform_has_port(uint16_t port)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		if (port >= ports[i].first && port <= ports[i].last)
			return true;
	return false;
}

bool hvm_platform_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		if (port >= ports[i].first && port <= ports[i].last)
			return ports[i].access(v, write, port, size, val);
	return false;
}

bool hvm_platform_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val)
{
	return vioapic_mmio(v, write, gpa, size, val) || vhpet_mmio(v, write, gpa, size, val);
}

/* ---- life ---- */

int hvm_platform_create(struct domain *d)
{
	struct hvm_platform *p = xzalloc(struct hvm_platform);

	if (!p)
		return trace_err(-ENOMEM);
	d->arch.hvm->platform = p;
	spin_lock_init(&p->irq_lock);
	spin_lock_init(&p->server_lock);
	p->a20 = A20_OPEN;
	vpic_reset(p);
	vioapic_reset(p);
	vpit_init(d);
	vrtc_init(d);
	vhpet_init(d);
	vpmtimer_init(d);
	return 0;
}

void hvm_platform_relinquish(struct domain *d)
{
	ioreq_destroy_all(d);
}

void hvm_platform_destroy(struct domain *d)
{
	if (!d->arch.hvm->platform)
		return;
	vpit_stop(d);
	vrtc_stop(d);
	vhpet_stop(d);
	vpmtimer_stop(d);
	xfree(d->arch.hvm->platform);
	d->arch.hvm->platform = NULL;
}
