/* SPDX-License-Identifier: MIT */
/* Soft interrupts: a bit per kind and CPU. A handler may raise any, itself included. */
#include <hv/latency.h>
#include <hv/smp.h>
#include <hv/softirq.h>

DEFINE_PER_CPU(uint32_t, softirq_pending);
static void (*handlers[NR_SOFTIRQS])(void);

void open_softirq(enum softirq nr, void (*handler)(void))
{
	handlers[nr] = handler;
}

void raise_softirq(enum softirq nr)
{
	__atomic_fetch_or(&this_cpu(softirq_pending), 1u << nr, __ATOMIC_SEQ_CST);
}

void cpu_raise_softirq(unsigned int cpu, enum softirq nr)
{
	uint32_t old = __atomic_fetch_or(&per_cpu(softirq_pending, cpu), 1u << nr, __ATOMIC_SEQ_CST);

	if (!(old & (1u << nr)) && cpu != smp_processor_id())
		smp_send_event_check_cpu(cpu);
}

static DEFINE_PER_CPU(uint64_t, began); /* of the running handler, or of what it has done since it was last interrupted */

static void run(unsigned int nr)
{
	__atomic_fetch_and(&this_cpu(softirq_pending), ~(1u << nr), __ATOMIC_SEQ_CST);
	if (!handlers[nr])
		return;
	this_cpu(began) = latency_now();
	handlers[nr]();
	latency_softirq(nr, this_cpu(began));
}

void softirq_serve_others(enum softirq mine)
{
	uint32_t not_now = 1u << mine | 1u << SOFTIRQ_SCHEDULE | 1u << SOFTIRQ_SCRUB, pending; /* scrubbing is for who idles */

	latency_softirq(mine, this_cpu(began));
	while ((pending = __atomic_load_n(&this_cpu(softirq_pending), __ATOMIC_ACQUIRE) & ~not_now) != 0)
		run((unsigned int)__builtin_ctz(pending));
	this_cpu(began) = latency_now();
}

void do_softirq(void)
{
	for (;;) {
		uint32_t *word = &this_cpu(softirq_pending);
		uint32_t pending = __atomic_load_n(word, __ATOMIC_ACQUIRE);

		if (!pending)
			return;
		/* SCHEDULE last: it may not come back. */
		pending = pending == 1u << SOFTIRQ_SCHEDULE ? pending : pending & ~(1u << SOFTIRQ_SCHEDULE);
		run((unsigned int)__builtin_ctz(pending));
	}
}
