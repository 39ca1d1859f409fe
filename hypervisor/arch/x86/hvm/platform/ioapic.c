/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC: 48 pins, each with an entry that says which interrupt it makes. Source: Intel 82093AA data sheet.
 *
 * An edge is delivered when the line goes up, and lost if the pin is masked. A level is delivered once (remote IRR),
 * and again after the local APIC's end of interrupt for as long as the line is up.
 *
 * Pin 0 in ExtINT mode is the PIC's way to vCPU 0, as firmware leaves it; LINT0 is the other.
 *
 * LIMITS: other pins in ExtINT mode deliver nothing; the base address does not move.
 */
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

#define BASE	      0xfec00000ull
#define VERSION	      (0x11u | (NR_GSIS - 1) << 16)
#define REG_SELECT    0x00u
#define REG_WINDOW    0x10u
#define ENTRY_MASKED  0x10000ull
/* What a guest can write: not delivery status and remote IRR. */
#define ENTRY_BITS    0xff0000000001afffull
#define MODE_EXTINT   7u

static bool is_level(const union vioapic_redir_entry *e)
{
	return e->fields.trig_mode;
}

bool vioapic_wires_pic(const struct hvm_platform *p)
{
	const union vioapic_redir_entry e = { .bits = READ_ONCE(p->ioapic.entry[0].bits) };

	return !e.fields.mask && e.fields.delivery_mode == MODE_EXTINT;
}

static void deliver(struct domain *d, union vioapic_redir_entry *e)
{
	if (e->fields.delivery_mode == MODE_EXTINT)
		return;
	if (is_level(e))
		e->fields.remote_irr = 1;
	vlapic_message(d, e->fields.dest_id, e->fields.dest_mode, e->fields.delivery_mode, e->fields.vector, is_level(e));
}

/* A level that is up and not being served. */
static void deliver_level(struct domain *d, unsigned int pin)
{
	struct hvm_platform *p = hvm_platform_of(d);
	union vioapic_redir_entry *e = &p->ioapic.entry[pin];

	if (is_level(e) && !e->fields.mask && !e->fields.remote_irr && hvm_gsi_is_up(p, pin))
		deliver(d, e);
}

void vioapic_edge_locked(struct domain *d, unsigned int pin)
{
	union vioapic_redir_entry *e = &hvm_platform_of(d)->ioapic.entry[pin];

	if (is_level(e))
		deliver_level(d, pin);
	else if (!e->fields.mask)
		deliver(d, e);
}

void vioapic_eoi(struct domain *d, uint8_t vector)
{
	struct hvm_platform *p = hvm_platform_of(d);

	if (!p)
		return;
	spin_lock(&p->irq_lock);
	for (unsigned int pin = 0; pin < NR_GSIS; pin++) {
		union vioapic_redir_entry *e = &p->ioapic.entry[pin];

		if (e->fields.vector != vector || !e->fields.remote_irr)
			continue;
		e->fields.remote_irr = 0;
		deliver_level(d, pin);
	}
	spin_unlock(&p->irq_lock);
}

/* ---- registers ---- */

static uint32_t read_window(const struct vioapic *io)
{
	unsigned int i = (io->select - 0x10) / 2;

	switch (io->select) {
	case 0: /* id, and the arbitration id that follows it */
	case 2:
		return (io->id & 0xf) << 24;
	case 1:
		return VERSION;
	}
	if (io->select < 0x10 || i >= NR_GSIS)
		return 0;
	return (uint32_t)(io->entry[i].bits >> (io->select & 1 ? 32 : 0));
}

static void write_entry(struct domain *d, unsigned int pin, bool high, uint32_t val)
{
	union vioapic_redir_entry *e = &hvm_platform_of(d)->ioapic.entry[pin];
	uint64_t bits = high ? (e->bits & 0xffffffff) | (uint64_t)val << 32 : (e->bits & ~0xffffffffull) | val;

	e->bits = (bits & ENTRY_BITS) | (e->bits & ~ENTRY_BITS);
	if (!is_level(e))
		e->fields.remote_irr = 0;
	deliver_level(d, pin);
}

static void write_window(struct domain *d, uint32_t val)
{
	struct vioapic *io = &hvm_platform_of(d)->ioapic;
	unsigned int i = (io->select - 0x10) / 2;

	if (io->select == 0)
		io->id = val >> 24 & 0xf;
	else if (io->select >= 0x10 && i < NR_GSIS)
		write_entry(d, i, io->select & 1, val);
}

bool vioapic_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);
	unsigned int offset = gpa & 0xff;

	if (gpa < BASE || gpa >= BASE + 0x1000)
		return false;
	spin_lock(&p->irq_lock);
	if (write) {
		if (offset == REG_SELECT)
			p->ioapic.select = (uint8_t)*val;
		else if (offset == REG_WINDOW)
			write_window(v->domain, (uint32_t)*val);
	} else {
		*val = offset == REG_SELECT ? p->ioapic.select : offset == REG_WINDOW ? read_window(&p->ioapic) : 0;
	}
	spin_unlock(&p->irq_lock);
	return true;
}

/* ---- life ---- */

void vioapic_reset(struct hvm_platform *p)
{
	p->ioapic = (struct vioapic){ .base = BASE };
	for (unsigned int i = 0; i < NR_GSIS; i++)
		p->ioapic.entry[i].bits = ENTRY_MASKED;
}

void vioapic_save(struct domain *d, struct hvm_hw_vioapic *out)
{
	const struct vioapic *io = &hvm_platform_of(d)->ioapic;

	*out = (struct hvm_hw_vioapic){ .base_address = io->base, .ioregsel = io->select, .id = io->id };
	for (unsigned int i = 0; i < NR_GSIS; i++)
		out->redirtbl[i] = io->entry[i];
}

int vioapic_load(struct domain *d, const struct hvm_hw_vioapic *in)
{
	struct hvm_platform *p = hvm_platform_of(d);

	if (in->base_address != BASE)
		return trace_err(-EINVAL);
	spin_lock(&p->irq_lock);
	p->ioapic.select = (uint8_t)in->ioregsel;
	p->ioapic.id = in->id & 0xf;
	for (unsigned int i = 0; i < NR_GSIS; i++) {
		p->ioapic.entry[i].bits = in->redirtbl[i].bits & (ENTRY_BITS | 1ull << 14);
		if (!is_level(&p->ioapic.entry[i]))
			p->ioapic.entry[i].fields.remote_irr = 0;
	}
	spin_unlock(&p->irq_lock);
	return 0;
}
