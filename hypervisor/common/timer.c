/* SPDX-License-Identifier: MIT */
/*
 * Timers: per CPU a sorted heap under a lock. A timer is on at most one heap, the one of timer->cpu;
 * changing cpu takes both locks. state RUNNING marks the timer whose handler runs now, for kill_timer().
 */
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

#define HEAP_MIN 64
enum { TIMER_DEAD = 1 };

struct timer_heap {
	spinlock_t lock;
	struct timer **slot; /* 1-based, ordered by expires */
	unsigned int nr, capacity;
	struct timer *running;
};
static DEFINE_PER_CPU(struct timer_heap, heap);
static struct timer *boot_slots[HEAP_MIN + 1];

static void place(struct timer_heap *h, unsigned int pos, struct timer *t)
{
	h->slot[pos] = t;
	t->heap_pos = pos;
}

static void sift_up(struct timer_heap *h, unsigned int pos, struct timer *t)
{
	while (pos > 1 && h->slot[pos / 2]->expires > t->expires) {
		place(h, pos, h->slot[pos / 2]);
		pos /= 2;
	}
	place(h, pos, t);
}

static void sift_down(struct timer_heap *h, unsigned int pos, struct timer *t)
{
	for (;;) {
		unsigned int child = pos * 2;

		if (child > h->nr)
			break;
		if (child < h->nr && h->slot[child + 1]->expires < h->slot[child]->expires)
			child++;
		if (h->slot[child]->expires >= t->expires)
			break;
		place(h, pos, h->slot[child]);
		pos = child;
	}
	place(h, pos, t);
}

static void heap_del(struct timer_heap *h, struct timer *t)
{
	unsigned int pos = t->heap_pos;
	struct timer *last = h->slot[h->nr--];

	t->heap_pos = 0;
	if (last == t)
		return;
	if (pos > 1 && h->slot[pos / 2]->expires > last->expires)
		sift_up(h, pos, last);
	else
		sift_down(h, pos, last);
}

static void heap_room(struct timer_heap *h)
{
	struct timer **bigger;

	if (h->nr < h->capacity)
		return;
	bigger = xzalloc_array(struct timer *, h->capacity * 2 + 1);
	BUG_ON(!bigger); /* a timer that cannot be armed would hang a guest: 8 bytes each, at boot or create */
	for (unsigned int i = 1; i <= h->nr; i++)
		bigger[i] = h->slot[i];
	if (h->slot != boot_slots)
		xfree(h->slot);
	h->slot = bigger;
	h->capacity = h->capacity * 2;
}

/* Locks the heap the timer is on, whichever that is by the time we have it. */
static struct timer_heap *lock_timer(struct timer *t, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		struct timer_heap *h = &per_cpu(heap, cpu);

		spin_lock_irqsave(&h->lock, *flags);
		if (t->cpu == cpu)
			return h;
		spin_unlock_irqrestore(&h->lock, *flags);
	}
}

static void head_changed(unsigned int cpu)
{
	/* The softirq handler programs the hardware: from its own CPU. */
	cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
}

void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

static void arm(struct timer_heap *h, struct timer *t, s_time_t expires)
{
	if (t->heap_pos)
		heap_del(h, t);
	t->expires = expires;
	heap_room(h);
	h->nr++;
	sift_up(h, h->nr, t);
	if (t->heap_pos == 1)
		head_changed(t->cpu);
}

void set_timer(struct timer *t, s_time_t expires)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);

	if (t->state != TIMER_DEAD)
		arm(h, t, expires);
	spin_unlock_irqrestore(&h->lock, flags);
}

void stop_timer(struct timer *t)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);

	if (t->heap_pos)
		heap_del(h, t);
	spin_unlock_irqrestore(&h->lock, flags);
}

void kill_timer(struct timer *t)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);
	unsigned int cpu = t->cpu;

	if (t->heap_pos)
		heap_del(h, t);
	t->state = TIMER_DEAD;
	spin_unlock_irqrestore(&h->lock, flags);
	while (cpu != smp_processor_id() && READ_ONCE(h->running) == t)
		cpu_relax();
}

void migrate_timer(struct timer *t, unsigned int cpu)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags), *to;
	bool active = t->heap_pos;

	if (t->cpu == cpu) {
		spin_unlock_irqrestore(&h->lock, flags);
		return;
	}
	if (active)
		heap_del(h, t);
	__atomic_store_n(&t->cpu, cpu, __ATOMIC_RELAXED);
	spin_unlock(&h->lock);
	to = &per_cpu(heap, cpu);
	spin_lock(&to->lock);
	if (active && t->cpu == cpu && !t->heap_pos && t->state != TIMER_DEAD)
		arm(to, t, t->expires);
	spin_unlock_irqrestore(&to->lock, flags);
}

void timer_interrupt(void)
{
	raise_softirq(SOFTIRQ_TIMER);
}

static void run_timers(void)
{
	struct timer_heap *h = &this_cpu(heap);
	s_time_t now = NOW(), next;

	spin_lock_irq(&h->lock);
	while (h->nr && h->slot[1]->expires <= now) {
		struct timer *t = h->slot[1];
		void (*fn)(void *) = t->fn;
		void *data = t->data;

		heap_del(h, t);
		h->running = t;
		spin_unlock_irq(&h->lock);
		fn(data);
		spin_lock_irq(&h->lock);
		h->running = NULL;
	}
	next = h->nr ? h->slot[1]->expires : STIME_MAX;
	arch_reprogram_timer(next);
	spin_unlock_irq(&h->lock);
}

static void dump_timers(unsigned char key)
{
	unsigned int cpu;

	printk("  now %ld\n", NOW());
	for_each_online_cpu(cpu) {
		struct timer_heap *h = &per_cpu(heap, cpu);
		unsigned long flags;

		spin_lock_irqsave(&h->lock, flags);
		printk("  CPU %u: %u timers\n", cpu, h->nr);
		for (unsigned int i = 1; i <= h->nr; i++)
			printk("    at %ld: fn %p data %p\n", h->slot[i]->expires, h->slot[i]->fn, h->slot[i]->data);
		spin_unlock_irqrestore(&h->lock, flags);
	}
}

void timers_cpu_init(unsigned int cpu)
{
	struct timer_heap *h = &per_cpu(heap, cpu);

	spin_lock_init(&h->lock);
	h->slot = cpu ? xzalloc_array(struct timer *, HEAP_MIN + 1) : boot_slots;
	if (!h->slot)
		panic("no memory for the timers of CPU %u", cpu);
	h->capacity = HEAP_MIN;
}

void timers_init(void)
{
	timers_cpu_init(0);
	open_softirq(SOFTIRQ_TIMER, run_timers);
	keyhandler_register('a', dump_timers, "show timers");
}
