/* SPDX-License-Identifier: MIT */
/*
 * Interrupts as they arrive, and the table of what each irq is. An irq below nr_gsis is an I/O APIC
 * line; one above is an MSI. Its descriptor says who handles it: the hypervisor (request_irq) or guests
 * (guest.c), never both.
 *
 * A vector belongs to one irq on one CPU. Moving an irq gives it a new vector on the new CPU first; the
 * old one stays valid until the irq has arrived at the new place, because an interrupt may be on its
 * way. A second move must not take the first place away before that: a device that waits to be served
 * sends no other, and what it waits for would wait for ever. So an irq moves only when it has just
 * arrived where it is now. One that comes to the old place still later is stray, and nothing is lost:
 * the arrival at the new place was after it, and whom it told looks at all there is.
 */
#include <hv/latency.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/io_apic.h>
#include <asm/smp.h>

#include "internal.h"

struct irq_desc *irq_descs;
unsigned int nr_irqs;
DEFINE_PER_CPU(struct vector_table, vector_table);
DEFINE_PER_CPU(uint32_t, stray_count);
static spinlock_t vector_lock = SPIN_LOCK_UNLOCKED; /* guards: every CPU's vector_table */

/* ---- vectors ---- */

static int take_vector(unsigned int cpu, unsigned int nr, unsigned int irq)
{
	unsigned long flags;
	int v;

	spin_lock_irqsave(&vector_lock, flags);
	v = vector_alloc(&per_cpu(vector_table, cpu), nr, irq);
	spin_unlock_irqrestore(&vector_lock, flags);
	return v;
}

static void give_vector(unsigned int cpu, unsigned int vector)
{
	unsigned long flags;

	spin_lock_irqsave(&vector_lock, flags);
	vector_free(&per_cpu(vector_table, cpu), vector);
	spin_unlock_irqrestore(&vector_lock, flags);
}

/* Messages and redirection entries have eight bits of destination id. */
static bool cpu_takes_irqs(unsigned int cpu)
{
	return cpu < NR_CPUS && cpumask_test(&cpu_online_map, cpu) && cpu_apic_id[cpu] < 255;
}

/* A vector run on `cpu`, else on the first CPU that has one. *cpu says which. */
static int take_vector_somewhere(unsigned int *cpu, unsigned int nr, unsigned int irq)
{
	int v = cpu_takes_irqs(*cpu) ? take_vector(*cpu, nr, irq) : -ENOSPC;
	unsigned int c;

	if (v >= 0)
		return v;
	for_each_online_cpu(c) {
		v = cpu_takes_irqs(c) ? take_vector(c, nr, irq) : -ENOSPC;
		if (v >= 0) {
			*cpu = c;
			return v;
		}
	}
	return -ENOSPC;
}

int irq_assign_vector(struct irq_desc *desc, unsigned int cpu)
{
	int v = take_vector_somewhere(&cpu, 1, desc->irq);

	if (v < 0)
		return v;
	desc->cpu = (uint16_t)cpu;
	desc->vector = (uint8_t)v;
	desc->chip->route(desc);
	return 0;
}

int irq_assign_vector_block(unsigned int first_irq, unsigned int nr, unsigned int cpu)
{
	int v = take_vector_somewhere(&cpu, nr, first_irq);

	if (v < 0)
		return v;
	for (unsigned int i = 0; i < nr; i++) {
		irq_descs[first_irq + i].cpu = (uint16_t)cpu;
		irq_descs[first_irq + i].vector = (uint8_t)((unsigned int)v + i);
	}
	return 0;
}

static void drop_old_vector(struct irq_desc *desc)
{
	if (desc->old_vector)
		give_vector(desc->old_cpu, desc->old_vector);
	desc->old_vector = 0;
}

void irq_release_vector(struct irq_desc *desc)
{
	drop_old_vector(desc);
	if (desc->vector)
		give_vector(desc->cpu, desc->vector);
	desc->vector = 0;
}

void irq_move(struct irq_desc *desc, unsigned int cpu)
{
	desc->move_to = desc->cpu == cpu ? 0 : (uint16_t)(cpu + 1);
}

/*
 * A level-triggered line may be on its way to the old CPU. The I/O APIC waits for the EOI of the vector it
 * sent, and would never see it if the entry had another one by then: such a line moves when it is masked
 * and acknowledged, before its guests get it back.
 */
void irq_move_pending(struct irq_desc *desc)
{
	unsigned int cpu = desc->move_to - 1u;
	int v;

	if (likely(!desc->move_to))
		return;
	ASSERT(desc->masked || !desc->old_vector);
	desc->move_to = 0;
	if (!desc->vector || desc->cpu == cpu || !cpu_takes_irqs(cpu) || !desc->chip->movable(desc))
		return;
	v = take_vector(cpu, 1, desc->irq);
	if (v < 0)
		return; /* stays where it is, which is slower and no worse */
	drop_old_vector(desc);
	desc->old_cpu = desc->cpu;
	desc->old_vector = desc->vector;
	desc->cpu = (uint16_t)cpu;
	desc->vector = (uint8_t)v;
	desc->chip->route(desc);
}

/* ---- descriptors ---- */

void irq_init(void)
{
	unsigned int order = 0;
	bool level, low;

	nr_irqs = min(nr_gsis + 128 + 64 * cpumask_weight(&cpu_present_map), 1024u);
	while ((PAGE_SIZE << order) < nr_irqs * sizeof(struct irq_desc))
		order++;
	irq_descs = alloc_xen_pages(order, MEMF_ZERO);
	if (!irq_descs)
		panic("no memory for %u interrupt descriptors", nr_irqs);
	irq_dump_init();
	for (unsigned int i = 0; i < nr_irqs; i++) {
		struct irq_desc *desc = &irq_descs[i];

		spin_lock_init(&desc->lock);
		desc->irq = (uint16_t)i;
		desc->masked = true;
		if (i >= nr_gsis || !gsi_valid(i))
			continue;
		gsi_default_mode(i, &level, &low);
		desc->chip = &io_apic_chip;
		desc->level = level;
		desc->low = low;
	}
}

int irq_alloc_msi(const struct irq_chip *chip, struct msi_desc *msi)
{
	for (unsigned int i = nr_gsis; i < nr_irqs; i++) {
		struct irq_desc *desc = &irq_descs[i];
		unsigned long flags;
		bool mine;

		spin_lock_irqsave(&desc->lock, flags);
		mine = !desc->chip;
		if (mine) {
			desc->chip = chip;
			desc->msi = msi;
			desc->level = desc->low = false;
			desc->masked = true;
		}
		spin_unlock_irqrestore(&desc->lock, flags);
		if (mine)
			return (int)i;
	}
	return -ENOSPC;
}

void irq_free_msi(unsigned int irq)
{
	struct irq_desc *desc = &irq_descs[irq];
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	BUG_ON(desc->guests || irq < nr_gsis);
	irq_release_vector(desc);
	desc->chip = NULL;
	desc->msi = NULL;
	spin_unlock_irqrestore(&desc->lock, flags);
}

int irq_set_gsi_mode(unsigned int gsi, bool level, bool low)
{
	struct irq_desc *desc = irq_to_desc(gsi);
	unsigned long flags;
	int rc = 0;

	if (!desc || gsi >= nr_gsis || !gsi_valid(gsi))
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->configured && desc->level == level && desc->low == low) {
		rc = -EEXIST;
	} else if (desc->handler) {
		rc = -EBUSY;
	} else {
		desc->configured = true;
		desc->level = level;
		desc->low = low;
		if (desc->vector)
			desc->chip->route(desc);
		irq_update_eoi_maps(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return rc;
}

int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), void *data,
		const char *name)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int rc;

	if (!desc || !handler)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	rc = !desc->chip ? -EINVAL : desc->handler || desc->guests ? -EBUSY : 0;
	if (!rc && !desc->vector)
		rc = irq_assign_vector(desc, 0);
	if (!rc) {
		desc->handler = handler;
		desc->data = data;
		desc->name = name;
		desc->configured = true;
		desc->chip->unmask(desc);
	}
	spin_unlock_irqrestore(&desc->lock, flags);
	return rc;
}

/* ---- arrival ---- */

/* The hypervisor's own: the handler runs without the lock; request_irq is for good. */
static void run_handler(struct irq_desc *desc)
{
	if (desc->level)
		desc->chip->mask(desc);
	apic_eoi();
	spin_unlock(&desc->lock);
	desc->handler(desc->irq, desc->data);
	spin_lock(&desc->lock);
	if (desc->level)
		desc->chip->unmask(desc);
}

/* Nobody's vector: it may or may not be in service, and only then wants an EOI. */
static void stray(unsigned int vector)
{
	if (apic_in_service(vector))
		apic_eoi();
	this_cpu(stray_count)++;
}

static void device_interrupt(unsigned int vector)
{
	int irq = vector_lookup(&this_cpu(vector_table), vector);
	struct irq_desc *desc;
	bool in_place;

	if (irq < 0) {
		stray(vector);
		return;
	}
	desc = &irq_descs[irq];
	spin_lock(&desc->lock);
	desc->count++;
	in_place = vector == desc->vector && smp_processor_id() == desc->cpu;
	if (in_place)
		drop_old_vector(desc);
	if (desc->handler) {
		run_handler(desc);
	} else if (desc->guests) {
		irq_deliver_to_guests(desc);
		if (in_place && !desc->level)
			irq_move_pending(desc);
	} else {
		if (desc->chip)
			desc->chip->mask(desc);
		apic_eoi();
	}
	spin_unlock(&desc->lock);
}

static void fixed_interrupt(unsigned int vector)
{
	switch (vector) {
	case VECTOR_TIMER:
		apic_eoi();
		timer_interrupt();
		break;
	case VECTOR_EVENT_CHECK: /* the way out of the interrupt looks for work */
		apic_eoi();
		break;
	case VECTOR_CALL:
		apic_eoi();
		smp_call_interrupt();
		break;
	case VECTOR_FLUSH:
		apic_eoi();
		smp_flush_interrupt();
		break;
	case VECTOR_HALT:
		smp_halt_self();
		break;
	case VECTOR_ERROR:
		apic_error_interrupt();
		break;
	case VECTOR_SPURIOUS: /* never in service */
		this_cpu(stray_count)++;
		break;
	default:
		stray(vector);
	}
}

void do_IRQ(struct cpu_user_regs *regs)
{
	unsigned int vector = regs->entry_vector & 0xff;
	struct cpu_info *ci = get_cpu_info();

	latency_irqs_off(vector);
	ci->irq_depth++;
	if (vector > VECTOR_DEVICE_LAST)
		fixed_interrupt(vector);
	else
		device_interrupt(vector);
	ci->irq_depth--;
	latency_irqs_on();
}
