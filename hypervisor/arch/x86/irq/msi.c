/* SPDX-License-Identifier: MIT */
/*
 * MSI and MSI-X, programmed on Dom0's behalf: Dom0 finds the capability and asks, the hypervisor writes
 * address, data and mask bits, and no one else knows vectors. Dom0 sets the enable bits itself.
 *
 * LIMITS: Dom0 can still write a device's table or capability directly; there is no interrupt
 * remapping to stop what it would send. Table addresses come from the BARs, so SR-IOV virtual
 * functions, which have none of their own, cannot use MSI-X.
 */
#include <hv/mm.h>
#include <asm/apic.h>
#include <asm/pci.h>

#include "internal.h"
#include "msi_msg.h"

#define CAP_MSI	 0x05
#define CAP_MSIX 0x11

#define MSI_ENABLE   0x0001
#define MSI_64BIT    0x0080
#define MSI_MASKABLE 0x0100

#define MSIX_ENABLE   0x8000
#define MSIX_MASK_ALL 0x4000

/* A PCI function Dom0 has announced. guarded by: pcidevs_lock; freed never while msi_users != 0. */
struct pci_dev {
	struct pci_dev *next;
	uint16_t seg;
	uint8_t bus, devfn;
	uint8_t msi_cap, msix_cap; /* 0: none */
	volatile uint32_t *msix_table; /* mapped at first use, for good */
	unsigned int msix_entries;
	unsigned int msi_users;	 /* MSI vectors in use */
	unsigned int msix_users; /* MSI-X entries in use */
};

struct msi_desc {
	struct pci_dev *dev;
	bool msix;
	uint16_t entry; /* MSI-X table index, or number of the vector within the MSI's block */
	uint8_t nr;	/* MSI: size of the block */
};

static struct pci_dev *pcidevs;
static spinlock_t pcidevs_lock = SPIN_LOCK_UNLOCKED;

static uint32_t conf_read(const struct pci_dev *p, unsigned int reg, unsigned int size)
{
	return pci_conf_read(p->seg, p->bus, p->devfn >> 3, p->devfn & 7, reg, size);
}
static void conf_write(const struct pci_dev *p, unsigned int reg, unsigned int size, uint32_t v)
{
	pci_conf_write(p->seg, p->bus, p->devfn >> 3, p->devfn & 7, reg, size, v);
}

/* ---- devices ---- */

static uint8_t find_capability(const struct pci_dev *p, uint8_t id)
{
	unsigned int pos;

	if (!(conf_read(p, 0x06, 2) & 0x10))
		return 0;
	pos = conf_read(p, 0x34, 1) & 0xfc;
	for (unsigned int i = 0; i < 48 && pos >= 0x40; i++) {
		if (conf_read(p, pos, 1) == id)
			return (uint8_t)pos;
		pos = conf_read(p, pos + 1, 1) & 0xfc;
	}
	return 0;
}

/* pcidevs_lock held. */
static struct pci_dev *find_device(uint16_t seg, uint8_t bus, uint8_t devfn)
{
	for (struct pci_dev *p = pcidevs; p; p = p->next)
		if (p->seg == seg && p->bus == bus && p->devfn == devfn)
			return p;
	return NULL;
}

int pci_add_device(uint16_t seg, uint8_t bus, uint8_t devfn)
{
	struct pci_dev *p = xzalloc(struct pci_dev);

	if (!p)
		return -ENOMEM;
	p->seg = seg;
	p->bus = bus;
	p->devfn = devfn;
	p->msi_cap = find_capability(p, CAP_MSI);
	p->msix_cap = find_capability(p, CAP_MSIX);
	spin_lock(&pcidevs_lock);
	if (!find_device(seg, bus, devfn)) {
		p->next = pcidevs;
		pcidevs = p;
		p = NULL;
	}
	spin_unlock(&pcidevs_lock);
	xfree(p);
	return 0;
}

int pci_remove_device(uint16_t seg, uint8_t bus, uint8_t devfn)
{
	struct pci_dev **link, *p;
	int rc = -ENODEV;

	spin_lock(&pcidevs_lock);
	for (link = &pcidevs; (p = *link) != NULL; link = &p->next) {
		if (p->seg != seg || p->bus != bus || p->devfn != devfn)
			continue;
		rc = p->msi_users || p->msix_users ? -EBUSY : 0;
		if (!rc)
			*link = p->next;
		break;
	}
	spin_unlock(&pcidevs_lock);
	if (!rc)
		xfree(p);
	return rc;
}

/* ---- messages ---- */

static unsigned int msi_data_reg(const struct pci_dev *p, uint32_t ctrl)
{
	return p->msi_cap + (ctrl & MSI_64BIT ? 12u : 8u);
}

static void write_msi(const struct irq_desc *desc)
{
	const struct pci_dev *p = desc->msi->dev;
	uint32_t ctrl = conf_read(p, p->msi_cap + 2u, 2);

	if (desc->msi->entry)
		return; /* the block's first vector stands for all */
	conf_write(p, p->msi_cap + 4u, 4, msi_address_low(cpu_apic_id[desc->cpu]));
	if (ctrl & MSI_64BIT)
		conf_write(p, p->msi_cap + 8u, 4, 0);
	conf_write(p, msi_data_reg(p, ctrl), 2, msi_data(desc->vector));
}

static volatile uint32_t *msix_slot(const struct msi_desc *m)
{
	return m->dev->msix_table + m->entry * 4u;
}

static void write_msix(const struct irq_desc *desc)
{
	volatile uint32_t *e = msix_slot(desc->msi);
	uint32_t control = e[3];

	/* An unmasked entry must not be changed: the device could send a mixture. */
	e[3] = control | 1;
	(void)e[3];
	e[0] = msi_address_low(cpu_apic_id[desc->cpu]);
	e[1] = 0;
	e[2] = msi_data(desc->vector);
	e[3] = (control & ~1u) | desc->masked;
	(void)e[3];
}

static void set_mask(struct irq_desc *desc, bool masked)
{
	const struct msi_desc *m = desc->msi;
	const struct pci_dev *p = m->dev;
	uint32_t ctrl, bits;
	unsigned int reg;

	desc->masked = masked;
	if (m->msix) {
		msix_slot(m)[3] = (msix_slot(m)[3] & ~1u) | masked;
		(void)msix_slot(m)[3]; /* posted write: done before the caller goes on */
		return;
	}
	ctrl = conf_read(p, p->msi_cap + 2u, 2);
	if (!(ctrl & MSI_MASKABLE))
		return;
	reg = msi_data_reg(p, ctrl) + 4;
	bits = conf_read(p, reg, 4) & ~(1u << m->entry);
	conf_write(p, reg, 4, bits | ((uint32_t)masked << m->entry));
}

static void msi_mask(struct irq_desc *desc)
{
	set_mask(desc, true);
}
static void msi_unmask(struct irq_desc *desc)
{
	set_mask(desc, false);
}
static void msi_route(struct irq_desc *desc)
{
	if (desc->msi->msix)
		write_msix(desc);
	else
		write_msi(desc);
}

/* Vectors of a block are consecutive on one CPU: they cannot part. A plain MSI without a mask bit is
 * two registers: a move could send an interrupt to the new address with the old data. Both registers
 * name a vector valid for the irq only if the vector is free on the other CPU, so it stays. */
static bool msi_movable(const struct irq_desc *desc)
{
	const struct msi_desc *m = desc->msi;

	if (m->msix)
		return true;
	return m->nr == 1 && (conf_read(m->dev, m->dev->msi_cap + 2u, 2) & MSI_MASKABLE);
}

const struct irq_chip msi_chip = {
	.name = "PCI-MSI",
	.mask = msi_mask,
	.unmask = msi_unmask,
	.route = msi_route,
	.movable = msi_movable,
};

/* ---- set-up ---- */

static uint64_t bar_address(const struct pci_dev *p, unsigned int bir)
{
	uint32_t low = conf_read(p, 0x10 + 4 * bir, 4);
	uint64_t addr = low & ~0xfu;

	if ((low & 1) || bir > 5)
		return 0;
	if ((low & 6) == 4 && bir < 5)
		addr |= (uint64_t)conf_read(p, 0x14 + 4 * bir, 4) << 32;
	return addr;
}

/* pcidevs_lock held. */
static int map_msix_table(struct pci_dev *p)
{
	uint32_t table = conf_read(p, p->msix_cap + 4u, 4);
	uint64_t base = bar_address(p, table & 7);

	if (!(conf_read(p, 0x04, 2) & 2))
		return -ENXIO; /* memory decoding is off: the table cannot be reached */
	if (p->msix_table)
		return 0;
	if (!base)
		return -ENXIO;
	p->msix_entries = (conf_read(p, p->msix_cap + 2u, 2) & 0x7ff) + 1;
	p->msix_table = ioremap(base + (table & ~7u), p->msix_entries * 16u);
	return 0;
}

/* pcidevs_lock held. Counts the users so that the device cannot go. */
static int claim(struct pci_dev *p, const struct msi_request *r)
{
	uint32_t ctrl;
	int rc;

	if (r->msix) {
		if (!p->msix_cap)
			return -ENODEV;
		rc = map_msix_table(p);
		if (rc)
			return rc;
		if (r->entry >= p->msix_entries)
			return -EINVAL;
		p->msix_users++;
		return 0;
	}
	if (!p->msi_cap)
		return -ENODEV;
	ctrl = conf_read(p, p->msi_cap + 2u, 2);
	if (p->msi_users)
		return -EEXIST;
	if (r->nr > 1u << min((ctrl >> 1) & 7, 5u))
		return -EINVAL;
	p->msi_users = r->nr;
	/* Disabled while it is written; as many vectors enabled as asked for. */
	ctrl &= ~(MSI_ENABLE | 0x70u);
	conf_write(p, p->msi_cap + 2u, 2, ctrl | ((uint32_t)__builtin_ctz(r->nr) << 4));
	return 0;
}

static void unclaim(struct pci_dev *p, bool msix, unsigned int nr)
{
	spin_lock(&pcidevs_lock);
	if (msix)
		p->msix_users--;
	else
		p->msi_users -= nr;
	if (!msix && !p->msi_users)
		conf_write(p, p->msi_cap + 2u, 2, conf_read(p, p->msi_cap + 2u, 2) & ~MSI_ENABLE);
	spin_unlock(&pcidevs_lock);
}

static int claim_device(const struct msi_request *r, struct pci_dev **dev)
{
	int rc;

	spin_lock(&pcidevs_lock);
	*dev = find_device(r->seg, r->bus, r->devfn);
	rc = *dev ? claim(*dev, r) : -ENODEV;
	spin_unlock(&pcidevs_lock);
	return rc;
}

/* One irq; consecutive calls must give consecutive numbers (-EAGAIN if not: somebody came between). */
static int add_irq(const struct msi_request *r, struct pci_dev *p, unsigned int i, int first)
{
	struct msi_desc *m = xzalloc(struct msi_desc);
	int irq;

	if (!m)
		return -ENOMEM;
	*m = (struct msi_desc){ .dev = p, .msix = r->msix, .nr = (uint8_t)r->nr };
	m->entry = (uint16_t)(r->msix ? r->entry : i);
	irq = irq_alloc_msi(&msi_chip, m);
	if (irq >= 0 && i && irq != first + (int)i) {
		irq_free_msi((unsigned int)irq);
		irq = -EAGAIN;
	}
	if (irq < 0)
		xfree(m);
	return irq;
}

static void free_irqs(int first, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct msi_desc *m = irq_descs[(unsigned int)first + i].msi;

		irq_free_msi((unsigned int)first + i);
		xfree(m);
	}
}

static void program(unsigned int first, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct irq_desc *desc = &irq_descs[first + i];
		unsigned long flags;

		spin_lock_irqsave(&desc->lock, flags);
		msi_mask(desc);
		msi_route(desc);
		spin_unlock_irqrestore(&desc->lock, flags);
	}
}

int msi_setup(const struct msi_request *r, unsigned int cpu)
{
	struct pci_dev *p;
	unsigned int done = 0;
	int first = 0, irq, rc = claim_device(r, &p);

	if (rc)
		return rc;
	for (; done < r->nr; done++) {
		irq = add_irq(r, p, done, first);
		if (irq < 0) {
			rc = irq;
			break;
		}
		if (!done)
			first = irq;
	}
	if (!rc)
		rc = irq_assign_vector_block((unsigned int)first, r->nr, cpu);
	if (rc) {
		free_irqs(first, done);
		unclaim(p, r->msix, r->nr);
		return rc;
	}
	program((unsigned int)first, r->nr);
	return first;
}

void msi_teardown(struct irq_desc *desc)
{
	struct msi_desc *m = desc->msi;
	struct pci_dev *p = m->dev;
	bool msix = m->msix;
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	msi_mask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	free_irqs(desc->irq, 1);
	unclaim(p, msix, 1);
}

/* ---- after the device forgot ---- */

int msi_restore(uint16_t seg, uint8_t bus, uint8_t devfn)
{
	struct pci_dev *p;
	int rc = -ESRCH;

	spin_lock(&pcidevs_lock);
	p = find_device(seg, bus, devfn);
	for (unsigned int i = 0; p && i < nr_irqs; i++) {
		struct irq_desc *desc = &irq_descs[i];
		unsigned long flags;

		spin_lock_irqsave(&desc->lock, flags);
		if (desc->msi && desc->msi->dev == p && desc->vector) {
			bool masked = desc->masked;

			msi_route(desc);
			set_mask(desc, masked);
			if (!desc->msi->msix)
				conf_write(p, p->msi_cap + 2u, 2,
					   conf_read(p, p->msi_cap + 2u, 2) | MSI_ENABLE);
		}
		spin_unlock_irqrestore(&desc->lock, flags);
	}
	if (p) {
		rc = 0;
		if (p->msix_users)
			conf_write(p, p->msix_cap + 2u, 2,
				   (conf_read(p, p->msix_cap + 2u, 2) | MSIX_ENABLE) & ~MSIX_MASK_ALL);
	}
	spin_unlock(&pcidevs_lock);
	return rc;
}

/* Before a device is given to a guest driver domain: nothing of it may be in use here. */
int msix_prepare(uint16_t seg, uint8_t bus, uint8_t devfn, bool release)
{
	struct pci_dev *p;
	int rc;

	spin_lock(&pcidevs_lock);
	p = find_device(seg, bus, devfn);
	rc = !p || !p->msix_cap ? -ENODEV : p->msix_users ? -EBUSY : 0;
	spin_unlock(&pcidevs_lock);
	return rc;
}
