/* SPDX-License-Identifier: MIT */
/*
 * Devices that a guest reaches by ports and by memory accesses: tables of ranges. What nobody has reads as all
 * ones and swallows writes, as on a bus.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <asm/hvm/emulate.h>

/* ---- ports ---- */

struct port_range {
	uint16_t first, last;
	uint32_t (*read)(struct vcpu *v, uint16_t port, unsigned int size);
	void (*write)(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val);
};

/* Bytes for the hypervisor's log, as with Xen; rate-limited there. */
static void debug_port_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
	char c = (char)val;

	if (size == 1)
		console_guest_text(v->domain->domain_id, &c, 1);
}

static const struct port_range ports[] = {
	{ 0xe9, 0xe9, NULL, debug_port_write },
};

static const struct port_range *find_port(uint16_t port)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		if (port >= ports[i].first && port <= ports[i].last)
			return &ports[i];
	return NULL;
}

uint32_t hvm_port_read(struct vcpu *v, uint16_t port, unsigned int size)
{
	const struct port_range *p = find_port(port);

	return p && p->read ? p->read(v, port, size) : ~0u;
}

void hvm_port_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
	const struct port_range *p = find_port(port);

	if (p && p->write)
		p->write(v, port, size, val);
}

/* ---- memory ---- */

uint64_t hvm_mmio_read(struct vcpu *v, uint64_t gpa, unsigned int size)
{
	if (vlapic_is_mmio(v, gpa) && size <= 4)
		return vlapic_mmio_read(v, gpa & ~PAGE_MASK, size);
	return ~0ull;
}

void hvm_mmio_write(struct vcpu *v, uint64_t gpa, unsigned int size, uint64_t val)
{
	if (vlapic_is_mmio(v, gpa) && size <= 4)
		vlapic_mmio_write(v, gpa & ~PAGE_MASK, size, (uint32_t)val);
}
