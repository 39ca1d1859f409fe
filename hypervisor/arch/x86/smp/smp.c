/* SPDX-License-Identifier: MIT */
/*
 * Work on other CPUs by interprocessor interrupt. One request of a kind is under way at a time: the
 * sender holds the kind's lock until all receivers are done. Waiting for the lock or for the receivers
 * is done with interrupts on, so two senders that are each other's receivers both get on.
 */
#include <hv/event.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <asm/apic.h>
#include <asm/hvm/hvm.h>
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/smp.h>
#include <asm/time.h>

#define HALT_WAIT_US 10000

static struct {
	spinlock_t lock;
	void (*fn)(void *);
	void *data;
	cpumask_t pending; /* atomic; receivers clear themselves when done */
} call = { .lock = SPIN_LOCK_UNLOCKED };

static struct {
	spinlock_t lock;
	uint64_t va;
	unsigned int flags;
	cpumask_t pending;
} flush = { .lock = SPIN_LOCK_UNLOCKED };

static cpumask_t halted;
static int halter = -1; /* the CPU that ends the machine; atomic */

/* Online members of the set without this CPU. */
static cpumask_t others(const cpumask_t *cpus)
{
	cpumask_t m = cpumask_and(cpus, &cpu_online_map);

	cpumask_clear(&m, smp_processor_id());
	return m;
}

static void publish(cpumask_t *pending, const cpumask_t *to)
{
	/* Ordering: release; what the request says is written before a receiver sees itself in it. */
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		__atomic_store_n(&pending->bits[i], to->bits[i], __ATOMIC_RELEASE);
}

static void wait_done(const cpumask_t *pending)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		while (__atomic_load_n(&pending->bits[i], __ATOMIC_ACQUIRE))
			cpu_relax();
}

/* Was this CPU asked? A stray interrupt must not act on a request that is not its own. */
static bool asked(const cpumask_t *pending)
{
	unsigned int cpu = smp_processor_id();

	return (__atomic_load_n(&pending->bits[cpu / 64], __ATOMIC_ACQUIRE) >> (cpu % 64)) & 1;
}

/* ---- call a function ---- */

void smp_call_interrupt(void)
{
	if (!asked(&call.pending))
		return;
	call.fn(call.data);
	cpumask_clear_atomic(&call.pending, smp_processor_id());
}

void on_selected_cpus(const cpumask_t *cpus, void (*fn)(void *), void *data)
{
	cpumask_t to = others(cpus);
	unsigned long flags;

	ASSERT(local_irq_is_enabled());
	if (!cpumask_empty(&to)) {
		spin_lock(&call.lock);
		call.fn = fn;
		call.data = data;
		publish(&call.pending, &to);
		apic_send_ipi_mask(&to, VECTOR_CALL);
	}
	if (cpumask_test(cpus, smp_processor_id())) {
		flags = local_irq_save();
		fn(data);
		local_irq_restore(flags);
	}
	if (!cpumask_empty(&to)) {
		wait_done(&call.pending);
		spin_unlock(&call.lock);
	}
}

/* ---- TLB ---- */

void smp_flush_interrupt(void)
{
	if (!asked(&flush.pending))
		return;
	flush_local(flush.va, flush.flags);
	cpumask_clear_atomic(&flush.pending, smp_processor_id());
}

static void drop_flushed(cpumask_t *cpus, uint64_t since)
{
	unsigned int cpu;

	for_each_cpu(cpu, cpus)
		if (tlb_flushed_since(cpu, since))
			cpumask_clear(cpus, cpu);
}

/*
 * Many CPUs may come here at once. Who has waited for the lock looks again what is left to do: the
 * whole-TLB flush of another requester, begun meanwhile, was for all. So two rounds serve any number.
 */
void flush_mask_since(const cpumask_t *cpus, uint64_t va, unsigned int flags, uint64_t since)
{
	cpumask_t to = others(cpus);
	bool locked = !cpumask_empty(&to), any = locked;

	if (locked) {
		ASSERT(local_irq_is_enabled());
		spin_lock(&flush.lock);
		if (!(flags & FLUSH_CACHE))
			drop_flushed(&to, since);
		any = !cpumask_empty(&to);
	}
	if (any) {
		flush.va = va;
		flush.flags = flags;
		publish(&flush.pending, &to);
		apic_send_ipi_mask(&to, VECTOR_FLUSH);
	}
	if (cpumask_test(cpus, smp_processor_id()))
		flush_local(va, flags);
	if (any)
		wait_done(&flush.pending);
	if (locked)
		spin_unlock(&flush.lock);
}

void flush_area_mask(const cpumask_t *cpus, uint64_t va, unsigned int flags)
{
	flush_mask_since(cpus, va, flags, tlb_time());
}

/* ---- attention ---- */

void smp_send_event_check_cpu(unsigned int cpu)
{
	if (cpu != smp_processor_id())
		apic_send_ipi(cpu, VECTOR_EVENT_CHECK);
}

/* ---- the end ---- */

void smp_halt_self(void)
{
	int by = __atomic_load_n(&halter, __ATOMIC_ACQUIRE);

	if (by < 0 || by == (int)smp_processor_id())
		return;
	hvm_cpu_stop();
	cpumask_set_atomic(&halted, smp_processor_id());
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* True when all other online CPUs have halted, or nobody has for a while. */
static bool wait_halted(const cpumask_t *to)
{
	for (unsigned int us = 0; us < HALT_WAIT_US; us += 10) {
		if (cpumask_subset(to, &halted))
			return true;
		udelay(10);
	}
	return false;
}

/* Two CPUs may end the machine at once: the second one stops here. The first may come again (panic,
 * then restart) and finds all stopped. */
void smp_halt_others(void)
{
	cpumask_t to = others(&cpu_online_map);
	unsigned int cpu;
	int none = -1;

	if (!__atomic_compare_exchange_n(&halter, &none, (int)smp_processor_id(), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		smp_halt_self();
	apic_send_ipi_mask(&to, VECTOR_HALT);
	if (wait_halted(&to))
		return;
	for_each_cpu(cpu, &to)
		if (!cpumask_test(&halted, cpu))
			apic_send_nmi(cpu);
	(void)wait_halted(&to);
}
