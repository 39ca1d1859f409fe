/* SPDX-License-Identifier: MIT */
/*
 * Private to arch/x86/irq. Lock order: evtchn.lock, irq_domain.lock, irq_desc.lock, then vector_lock, an
 * event channel port's lock (on delivery) or an interrupt controller's. All but the first are taken
 * with interrupts off.
 */
#ifndef IRQ_INTERNAL_H
#define IRQ_INTERNAL_H

#include <hv/domain.h>
#include <hv/irq.h>
#include <hv/percpu.h>
#include <asm/irq.h>

#include "vector.h"

#define IRQ_MAX_SHARERS 8

struct irq_desc;
struct msi_desc;

void irq_dump_init(void); /* dump.c: the debug key */

/* An interrupt controller's part of an irq. Called with desc->lock held. */
struct irq_chip {
	const char *name;
	void (*mask)(struct irq_desc *desc);
	void (*unmask)(struct irq_desc *desc);
	/* desc->cpu and desc->vector (and level, low) are new: tell the device. It stays masked or not. */
	void (*route)(struct irq_desc *desc);
	/* Can it move to another CPU or vector on its own? */
	bool (*movable)(const struct irq_desc *desc);
};

struct irq_guest {
	struct domain *d;
	uint32_t pirq, port;
	bool eoi_pending;
};
struct irq_guests {
	unsigned int nr, in_flight; /* in_flight: members with eoi_pending */
	bool share;
	struct irq_guest g[IRQ_MAX_SHARERS];
};

struct irq_desc {
	spinlock_t lock;
	/* guarded by: lock */
	const struct irq_chip *chip; /* NULL: free */
	uint16_t irq, cpu;
	uint16_t old_cpu; /* where it was before a move; its vector there is freed when it has arrived */
	uint8_t vector, old_vector; /* 0: none */
	uint16_t move_to; /* CPU number + 1 where it is to go once it has arrived at this one; 0: stays */
	bool level, low;
	bool configured; /* mode set by PHYSDEVOP_setup_gsi or request_irq */
	bool masked;
	void (*handler)(unsigned int irq, void *data); /* the hypervisor's own */
	void *data;
	const char *name;
	struct irq_guests *guests;
	struct msi_desc *msi;
	uint64_t count;
};

extern struct irq_desc *irq_descs; /* nr_irqs of them */
DECLARE_PER_CPU(struct vector_table, vector_table);
DECLARE_PER_CPU(uint32_t, stray_count); /* interrupts that were nobody's */

static inline struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < nr_irqs ? &irq_descs[irq] : NULL;
}

/* A free irq number above the GSIs for an MSI, with `chip` set; or -ENOSPC. */
int irq_alloc_msi(const struct irq_chip *chip, struct msi_desc *msi);
void irq_free_msi(unsigned int irq);
/* Gives desc a vector on `cpu` (or, if that has none left, on any) and routes it. desc->lock held. */
int irq_assign_vector(struct irq_desc *desc, unsigned int cpu);
/* `nr` irqs get consecutive aligned vectors on one CPU, for multi-vector MSI. No desc lock held. */
int irq_assign_vector_block(unsigned int first_irq, unsigned int nr, unsigned int cpu);
void irq_release_vector(struct irq_desc *desc); /* desc->lock held, device masked */
void irq_move(struct irq_desc *desc, unsigned int cpu); /* later, by irq_move_pending(). desc->lock held */
/*
 * Does the move asked for, if one was. Either desc is masked and nothing of it is on its way that anybody
 * waits for, or it is edge-triggered and has just been delivered from its present place. desc->lock held.
 */
void irq_move_pending(struct irq_desc *desc);
/* desc->level changed while bound: tells each guest's EOI bitmap. desc->lock held. */
void irq_update_eoi_maps(struct irq_desc *desc);
/* The line's mode, from PHYSDEVOP_setup_gsi: 0, -EEXIST it is that already, -EBUSY the hypervisor's. */
int irq_set_gsi_mode(unsigned int gsi, bool level, bool low);

/* guest.c: desc->lock held, interrupts off; does the EOI. */
void irq_deliver_to_guests(struct irq_desc *desc);
void irq_guest_remove(struct irq_desc *desc, struct domain *d, unsigned int pirq);

/* pirq.c: a domain's pirq numbers */
struct irq_domain {
	spinlock_t lock;
	unsigned int nr;   /* of slots; 0: none allocated yet */
	uint16_t *irq_of;  /* irq + 1; 0: free */
};
#define PIRQ_RESERVED 0xffff

int pirq_to_irq(struct domain *d, unsigned int pirq); /* or -EINVAL */
int pirq_map(struct domain *d, int *pirq, unsigned int irq); /* *pirq -1: any */
int pirq_map_range(struct domain *d, int *first, unsigned int irq, unsigned int nr);
int pirq_reserve(struct domain *d, bool gsi, uint32_t *pirq);
int pirq_unmap(struct domain *d, unsigned int pirq); /* unbinds; frees the irq of an MSI */
bool pirq_is_level(struct domain *d, unsigned int pirq);

/* msi.c */
struct msi_request {
	uint16_t seg;
	uint8_t bus, devfn;
	bool msix;
	unsigned int entry; /* MSI-X table index */
	unsigned int nr;    /* MSI vectors: 1, 2, 4 ... 32 */
};
int msi_setup(const struct msi_request *r, unsigned int cpu); /* first irq, or -errno */
void msi_teardown(struct irq_desc *desc); /* desc->lock not held */
int pci_add_device(uint16_t seg, uint8_t bus, uint8_t devfn);
int pci_remove_device(uint16_t seg, uint8_t bus, uint8_t devfn);
int msi_restore(uint16_t seg, uint8_t bus, uint8_t devfn);
int msix_prepare(uint16_t seg, uint8_t bus, uint8_t devfn, bool release);
extern const struct irq_chip msi_chip;

#endif
