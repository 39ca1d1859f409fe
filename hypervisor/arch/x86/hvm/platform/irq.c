/* SPDX-License-Identifier: MIT */
/*
 * The wires between devices and interrupt controllers, and messages that need none.
 *
 * A PCI pin asserts two things: a GSI of its own group, (device * 4 + pin) modulo 32 above the ISA ones, and, for
 * kernels that use the PIC, one of four links, (device + pin) modulo 4, which the firmware routes to an ISA
 * interrupt. A GSI is up while its count of asserters is not 0, so users may share it and none can lower it for another.
 *
 * Event channels can be told by such a line as well, for guests that ask for it: it is up while vCPU 0 has events
 * pending, which is looked at whenever that vCPU is about to run.
 */
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

static unsigned int gsi_of_pin(unsigned int device, unsigned int pin)
{
	return (device * 4 + pin) % 32 + 16;
}

static unsigned int link_of_pin(unsigned int device, unsigned int pin)
{
	return (device + pin) % NR_LINKS;
}

/* ISA's timer interrupt comes to another pin, as the firmware's tables say. */
static unsigned int gsi_of_isa(unsigned int irq)
{
	return irq ? irq : 2;
}

/* The number by which the PIC knows a GSI; NR_ISA_IRQS: it does not. */
static unsigned int pic_irq_of(unsigned int gsi, unsigned int isa)
{
	return gsi < NR_ISA_IRQS ? isa : NR_ISA_IRQS;
}

bool hvm_gsi_is_up(const struct hvm_platform *p, unsigned int gsi)
{
	return p->lines.asserts[gsi];
}

static void raise(struct domain *d, unsigned int gsi, unsigned int isa)
{
	struct hvm_platform *p = hvm_platform_of(d);

	if (p->lines.asserts[gsi]++)
		return;
	vioapic_edge_locked(d, gsi);
	if (pic_irq_of(gsi, isa) < NR_ISA_IRQS)
		vpic_set_locked(d, isa, true);
}

static void lower(struct domain *d, unsigned int gsi, unsigned int isa)
{
	struct hvm_platform *p = hvm_platform_of(d);

	ASSERT(p->lines.asserts[gsi]);
	if (!--p->lines.asserts[gsi] && pic_irq_of(gsi, isa) < NR_ISA_IRQS)
		vpic_set_locked(d, isa, false);
}

static void change(struct domain *d, unsigned int gsi, unsigned int isa, bool level)
{
	if (level)
		raise(d, gsi, isa);
	else
		lower(d, gsi, isa);
}

/* ---- ISA ---- */

static void isa_set_locked(struct domain *d, unsigned int irq, bool level)
{
	struct hvm_lines *l = &hvm_platform_of(d)->lines;

	if ((l->isa >> irq & 1) == level)
		return;
	l->isa ^= (uint16_t)(1u << irq);
	change(d, gsi_of_isa(irq), irq, level);
}

void hvm_isa_irq_set(struct domain *d, unsigned int irq, bool level)
{
	struct hvm_platform *p = hvm_platform_of(d);

	ASSERT(irq < NR_ISA_IRQS);
	spin_lock(&p->irq_lock);
	isa_set_locked(d, irq, level);
	spin_unlock(&p->irq_lock);
}

void hvm_isa_irq_pulse(struct domain *d, unsigned int irq)
{
	struct hvm_platform *p = hvm_platform_of(d);

	spin_lock(&p->irq_lock);
	isa_set_locked(d, irq, false);
	isa_set_locked(d, irq, true);
	spin_unlock(&p->irq_lock);
}

void hvm_gsi_set(struct domain *d, unsigned int gsi, bool level)
{
	struct hvm_platform *p = hvm_platform_of(d);

	ASSERT(gsi < NR_GSIS);
	spin_lock(&p->irq_lock);
	change(d, gsi, gsi, level);
	spin_unlock(&p->irq_lock);
}

/* ---- PCI ---- */

static void link_change(struct domain *d, unsigned int link, bool level)
{
	struct hvm_lines *l = &hvm_platform_of(d)->lines;

	if (l->route[link])
		change(d, l->route[link], l->route[link], level);
}

static void pci_set_locked(struct domain *d, unsigned int device, unsigned int pin, bool level)
{
	struct hvm_lines *l = &hvm_platform_of(d)->lines;
	unsigned int bit = device * 4 + pin, link = link_of_pin(device, pin);

	if ((l->pci[bit / 64] >> bit % 64 & 1) == level)
		return;
	l->pci[bit / 64] ^= 1ull << bit % 64;
	change(d, gsi_of_pin(device, pin), NR_ISA_IRQS, level);
	if (level ? !l->link_asserts[link]++ : !--l->link_asserts[link])
		link_change(d, link, level);
}

void hvm_pci_intx_set(struct domain *d, unsigned int device, unsigned int pin, bool level)
{
	struct hvm_platform *p = hvm_platform_of(d);

	ASSERT(device < 32 && pin < 4);
	spin_lock(&p->irq_lock);
	pci_set_locked(d, device, pin, level);
	spin_unlock(&p->irq_lock);
}

int hvm_pci_link_route(struct domain *d, unsigned int link, unsigned int irq)
{
	struct hvm_platform *p = hvm_platform_of(d);

	if (link >= NR_LINKS || irq >= NR_ISA_IRQS)
		return trace_err(-EINVAL);
	spin_lock(&p->irq_lock);
	if (p->lines.route[link] != irq) {
		if (p->lines.link_asserts[link])
			link_change(d, link, false);
		p->lines.route[link] = (uint8_t)irq;
		if (p->lines.link_asserts[link])
			link_change(d, link, true);
	}
	spin_unlock(&p->irq_lock);
	return 0;
}

/* SDM vol. 3 §10.11. */
int hvm_msi(struct domain *d, uint64_t addr, uint32_t data)
{
	if (addr >> 20 != 0xfee)
		return trace_err(-EINVAL);
	vlapic_message(d, (uint32_t)addr >> 12 & 0xff, addr & 4, data >> 8 & 7, (uint8_t)data, data & 0x8000);
	return 0;
}

/* ---- the line of event channels ---- */

static void callback_set_locked(struct domain *d, bool level)
{
	struct hvm_lines *l = &hvm_platform_of(d)->lines;

	if (l->callback_up == level)
		return;
	l->callback_up = level;
	if (l->callback_via == VIA_GSI)
		change(d, l->callback_gsi, l->callback_gsi, level);
	else
		pci_set_locked(d, l->callback_gsi / 4, l->callback_gsi % 4, level);
}

int hvm_callback_line(struct domain *d, unsigned int via, uint64_t where)
{
	struct hvm_platform *p = hvm_platform_of(d);
	unsigned int line = via == VIA_GSI ? (uint8_t)where : (unsigned int)(where >> 11 & 31) * 4 + (where & 3);

	if (!p)
		return trace_err(-EINVAL);
	/* GSI 0 is how a guest says that it does not want to be told. */
	if (via == VIA_GSI && !line)
		via = VIA_NOTHING;
	if (via == VIA_GSI && line >= NR_GSIS)
		return trace_err(-EINVAL);
	spin_lock(&p->irq_lock);
	callback_set_locked(d, false);
	p->lines.callback_via = (uint8_t)via;
	p->lines.callback_gsi = (uint8_t)line;
	spin_unlock(&p->irq_lock);
	return 0;
}

/* Not for a vCPU that is told by a vector of its own: a kernel may have named a line beside it, only to be seen to. */
static bool callback_wanted(const struct vcpu *v)
{
	return !v->arch.hvm->upcall_vector && __atomic_load_n(&v->vcpu_info->evtchn_upcall_pending, __ATOMIC_RELAXED);
}

bool hvm_callback_stale(const struct vcpu *v)
{
	const struct hvm_platform *p = hvm_platform_of(v->domain);

	return p && !v->vcpu_id && READ_ONCE(p->lines.callback_via) >= VIA_GSI &&
	       READ_ONCE(p->lines.callback_up) != callback_wanted(v);
}

void hvm_callback_update(struct vcpu *v)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);

	spin_lock(&p->irq_lock);
	if (p->lines.callback_via >= VIA_GSI)
		callback_set_locked(v->domain, callback_wanted(v));
	spin_unlock(&p->irq_lock);
}

/* ---- records. What is loaded replaces the wires as a whole; PIC and I/O APIC have records of their own. ---- */

void hvm_lines_save_pci(struct domain *d, struct hvm_hw_pci_irqs *out)
{
	const struct hvm_lines *l = &hvm_platform_of(d)->lines;

	out->pad[0] = l->pci[0];
	out->pad[1] = l->pci[1];
}

int hvm_lines_load_pci(struct domain *d, const struct hvm_hw_pci_irqs *in)
{
	for (unsigned int bit = 0; bit < 128; bit++)
		hvm_pci_intx_set(d, bit / 4, bit % 4, in->pad[bit / 64] >> bit % 64 & 1);
	return 0;
}

void hvm_lines_save_isa(struct domain *d, struct hvm_hw_isa_irqs *out)
{
	out->pad[0] = hvm_platform_of(d)->lines.isa;
}

int hvm_lines_load_isa(struct domain *d, const struct hvm_hw_isa_irqs *in)
{
	for (unsigned int irq = 0; irq < NR_ISA_IRQS; irq++)
		hvm_isa_irq_set(d, irq, in->pad[0] >> irq & 1);
	return 0;
}

void hvm_lines_save_link(struct domain *d, struct hvm_hw_pci_link *out)
{
	const struct hvm_lines *l = &hvm_platform_of(d)->lines;

	*out = (struct hvm_hw_pci_link){ { l->route[0], l->route[1], l->route[2], l->route[3] }, { 0 } };
}

int hvm_lines_load_link(struct domain *d, const struct hvm_hw_pci_link *in)
{
	int rc = 0;

	for (unsigned int link = 0; link < NR_LINKS && !rc; link++)
		rc = hvm_pci_link_route(d, link, in->route[link]);
	return rc;
}
