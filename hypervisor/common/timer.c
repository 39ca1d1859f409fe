/* SPDX-License-Identifier: MIT */
/*
 * Timers: per CPU a pairing heap under a lock. Its links are in the timers, so arming one needs no memory
 * and cannot fail; the earliest is the root; inserting is O(1), removing O(log n) amortized.
 *
 * A timer is in at most one heap, the one of timer->cpu. Moving it between heaps holds both locks, so
 * whoever holds the lock of t->cpu's heap knows whether t is armed. `running` names the timer whose handler
 * runs now, for kill_timer(): the timer itself may not be touched after its handler, which may free it.
 */
#include <hv/keyhandler.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/timer.h>

struct timer_heap {
	spinlock_t lock;
	struct timer *root; /* the earliest */
	unsigned int nr;
	struct timer *running;
};
static DEFINE_PER_CPU(struct timer_heap, heap);

/* ---- the heap. child: first child; next: sibling; prev: sibling before, or parent of a first child ---- */

static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *first, *later;

	if (!a || !b)
		return a ? a : b;
	first = b->expires < a->expires ? b : a;
	later = first == a ? b : a;
	later->prev = first;
	later->next = first->child;
	if (first->child)
		first->child->prev = later;
	first->child = later;
	return first;
}

/* Melds siblings in pairs from the left, then the pairs from the right: that order bounds the cost. */
static struct timer *meld_siblings(struct timer *t)
{
	struct timer *pairs = NULL, *root = NULL, *after;

	while (t) {
		struct timer *a = t, *b = t->next;

		after = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
		t = after;
	}
	for (; pairs; pairs = after) {
		after = pairs->next;
		pairs->next = NULL;
		root = meld(root, pairs);
	}
	return root;
}

static void heap_add(struct timer_heap *h, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	h->root = meld(h->root, t);
	h->nr++;
	t->active = true;
}

static void heap_del(struct timer_heap *h, struct timer *t)
{
	struct timer *children = meld_siblings(t->child);

	ASSERT(t->active);
	if (t == h->root) {
		h->root = children;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		h->root = meld(h->root, children);
	}
	h->nr--;
	t->active = false;
}

/* ---- arming ---- */

/* Locks the heap the timer belongs to, whichever that is by the time we have it. */
static struct timer_heap *lock_timer(struct timer *t, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct timer_heap *h = &per_cpu(heap, cpu);

		spin_lock_irqsave(&h->lock, *flags);
		if (t->cpu == cpu)
			return h;
		spin_unlock_irqrestore(&h->lock, *flags);
	}
}

void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

static void arm(struct timer_heap *h, struct timer *t)
{
	heap_add(h, t);
	/* The softirq handler programs the hardware: from its own CPU. */
	if (h->root == t)
		cpu_raise_softirq(t->cpu, SOFTIRQ_TIMER);
}

void set_timer(struct timer *t, s_time_t expires)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);

	if (t->active)
		heap_del(h, t);
	if (!t->dead) {
		t->expires = expires;
		arm(h, t);
	}
	spin_unlock_irqrestore(&h->lock, flags);
}

void stop_timer(struct timer *t)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);

	if (t->active)
		heap_del(h, t);
	spin_unlock_irqrestore(&h->lock, flags);
}

void kill_timer(struct timer *t)
{
	unsigned long flags;
	struct timer_heap *h = lock_timer(t, &flags);
	unsigned int cpu, self = smp_processor_id();

	if (t->active)
		heap_del(h, t);
	t->dead = true;
	spin_unlock_irqrestore(&h->lock, flags);
	/* Its handler may run on a CPU it has left since. Ordering: `running` was set under the lock of the
	 * heap t was in, and every later owner took that lock to move it: it is visible to us. The acquire
	 * pairs with the release after the handler. */
	for_each_online_cpu(cpu)
		while (cpu != self &&
		       __atomic_load_n(&per_cpu(heap, cpu).running, __ATOMIC_ACQUIRE) == t)
			cpu_relax();
}

static bool try_migrate(struct timer *t, unsigned int from, unsigned int cpu)
{
	struct timer_heap *a = &per_cpu(heap, from), *b = &per_cpu(heap, cpu);
	unsigned long flags = local_irq_save();
	bool still;

	spin_lock_both(&a->lock, &b->lock);
	still = t->cpu == from;
	if (still) {
		bool active = t->active;

		if (active)
			heap_del(a, t);
		WRITE_ONCE(t->cpu, cpu);
		if (active)
			arm(b, t);
	}
	spin_unlock_both(&a->lock, &b->lock);
	local_irq_restore(flags);
	return still;
}

void migrate_timer(struct timer *t, unsigned int cpu)
{
	unsigned int from;

	do {
		from = READ_ONCE(t->cpu);
	} while (from != cpu && !try_migrate(t, from, cpu));
}

/* ---- firing ---- */

void timer_interrupt(void)
{
	raise_softirq(SOFTIRQ_TIMER);
}

static void run_timers(void)
{
	struct timer_heap *h = &this_cpu(heap);
	s_time_t now = NOW();

	spin_lock_irq(&h->lock);
	while (h->root && h->root->expires <= now) {
		struct timer *t = h->root;
		void (*fn)(void *) = t->fn;
		void *data = t->data;

		heap_del(h, t);
		WRITE_ONCE(h->running, t);
		spin_unlock_irq(&h->lock);
		fn(data);
		spin_lock_irq(&h->lock);
		/* Ordering: release, pairs with kill_timer(): the handler is done with its object. */
		__atomic_store_n(&h->running, NULL, __ATOMIC_RELEASE);
	}
	arch_reprogram_timer(h->root ? h->root->expires : STIME_MAX);
	spin_unlock_irq(&h->lock);
}

/* The first ones only: it runs with the heap locked. Each is a child of one before, so a list of those seen
 * and not yet followed is all the walk needs; the console takes longer than looking. */
#define DUMP_MAX 32

static void dump_heap(const struct timer_heap *h)
{
	const struct timer *seen[DUMP_MAX];
	unsigned int nr = 0;

	if (h->root)
		seen[nr++] = h->root;
	for (unsigned int i = 0; i < nr; i++) {
		printk("    at %ld: fn %p data %p\n", seen[i]->expires, seen[i]->fn, seen[i]->data);
		for (const struct timer *c = seen[i]->child; c && nr < DUMP_MAX; c = c->next)
			seen[nr++] = c;
	}
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
		dump_heap(h);
		spin_unlock_irqrestore(&h->lock, flags);
	}
}

void timers_cpu_init(unsigned int cpu)
{
	per_cpu(heap, cpu) = (struct timer_heap){ .root = NULL };
	spin_lock_init(&per_cpu(heap, cpu).lock);
}

void timers_init(void)
{
	timers_cpu_init(0);
	open_softirq(SOFTIRQ_TIMER, run_timers);
	keyhandler_register('a', dump_timers, "show timers");
}
