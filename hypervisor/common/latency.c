/* SPDX-License-Identifier: MIT */
/*
 * The longest times of a kind, by place: hv/latency.h. Each CPU has its own table and nobody waits for another.
 * Times are in ticks of the TSC, which under QEMU's -icount are instructions. What measuring itself costs is in them.
 */
#ifdef CONFIG_LATENCY
#include <hv/console.h>
#include <hv/keyhandler.h>
#include <hv/latency.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/system.h>

enum kind { IRQS_OFF, LOCKED, CALL, SOFTIRQ, NR_KINDS };
static const char *const kind_names[] = { "interrupts off from", "lock taken at", "hypercall (from, to)", "soft interrupt" };

#define PLACES 24
#define LOCKS  16
struct latency {
	struct place {
		uint64_t where, longest, times;
	} place[NR_KINDS][PLACES];
	struct {
		const void *lock;
		uint64_t where, since;
	} locked[LOCKS];
	unsigned int nr_locked;
	uint64_t off_since, off_where;
	uint64_t call_since, call;
};
static DEFINE_PER_CPU(struct latency, latency);

static unsigned long quiet(void)
{
	unsigned long f;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(f)::"memory");
	return f;
}

static void loud(unsigned long f)
{
	if (f & X86_EFLAGS_IF)
		__asm__ volatile("sti" ::: "memory");
}

/* A place that is not in the table takes the one with the shortest time. */
static void note(enum kind k, uint64_t where, uint64_t ticks)
{
	unsigned long f = quiet();
	struct place *p = this_cpu(latency).place[k], *least = p;

	for (unsigned int i = 0; i < PLACES; i++) {
		if (p[i].where == where) {
			p[i].longest = max(p[i].longest, ticks);
			p[i].times++;
			loud(f);
			return;
		}
		if (p[i].longest < least->longest)
			least = &p[i];
	}
	if (ticks > least->longest)
		*least = (struct place){ where, ticks, 1 };
	loud(f);
}

void latency_irqs_off(uint64_t where)
{
	struct latency *l = &this_cpu(latency);

	if (l->off_since)
		return;
	l->off_where = where;
	l->off_since = rdtsc();
}

void latency_irqs_on(void)
{
	struct latency *l = &this_cpu(latency);
	uint64_t since = l->off_since;

	if (!since)
		return;
	l->off_since = 0;
	note(IRQS_OFF, l->off_where, rdtsc() - since);
}

/* Ordering: the slot is taken first; an interrupt in between uses the next and gives it back. */
void latency_locked(const void *lock, uint64_t where)
{
	struct latency *l = &this_cpu(latency);
	unsigned int i = l->nr_locked++;

	barrier();
	if (i >= LOCKS)
		return;
	l->locked[i].where = where;
	l->locked[i].since = rdtsc();
	l->locked[i].lock = lock;
}

void latency_unlocking(const void *lock)
{
	struct latency *l = &this_cpu(latency);
	unsigned int i = min(l->nr_locked, (unsigned int)LOCKS);

	while (i && l->locked[i - 1].lock != lock)
		i--;
	if (i) {
		note(LOCKED, l->locked[i - 1].where, rdtsc() - l->locked[i - 1].since);
		l->locked[i - 1].lock = NULL;
	}
	while (l->nr_locked && (l->nr_locked > LOCKS || !l->locked[l->nr_locked - 1].lock))
		l->nr_locked--;
}

void latency_call_begins(void)
{
	const struct cpu_user_regs *r = guest_cpu_regs();
	struct latency *l = &this_cpu(latency);

	l->call = (r->rax & 0x7f) << 16 | (r->rdi & 0xffff);
	l->call_since = rdtsc();
}

/* A stretch is named by both its ends: what the call was or the point before, and this point (0: the call's end). */
void latency_call_point(uint64_t where)
{
	struct latency *l = &this_cpu(latency);

	if (!l->call_since)
		return;
	note(CALL, l->call << 32 | (uint32_t)where, rdtsc() - l->call_since);
	l->call = (uint32_t)where;
	l->call_since = rdtsc();
}

void latency_call_ends(void)
{
	latency_call_point(0);
	this_cpu(latency).call_since = 0;
}

uint64_t latency_now(void)
{
	return rdtsc();
}

void latency_softirq(unsigned int nr, uint64_t began)
{
	note(SOFTIRQ, nr, rdtsc() - began);
}

static void print_kind(const struct latency *l, unsigned int cpu, enum kind k)
{
	static bool shown[PLACES]; /* handlers run one at a time */

	memset(shown, 0, sizeof(shown));
	for (unsigned int n = 0; n < 8; n++) {
		unsigned int best = PLACES;

		for (unsigned int i = 0; i < PLACES; i++)
			if (!shown[i] && l->place[k][i].longest &&
			    (best == PLACES || l->place[k][i].longest > l->place[k][best].longest))
				best = i;
		if (best == PLACES)
			return;
		shown[best] = true;
		printk("LATENCY %u %lu %s %#lx (%lu times)\n", cpu, l->place[k][best].longest, kind_names[k],
		       l->place[k][best].where, l->place[k][best].times);
	}
}

void latency_report(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		for (unsigned int k = 0; k < NR_KINDS; k++)
			print_kind(&per_cpu(latency, cpu), cpu, k);
}

/* Printing is slow; what it causes is forgotten with the rest. */
static void dump_latency(unsigned char key)
{
	unsigned int cpu;

	latency_report();
	for_each_online_cpu(cpu)
		memset(per_cpu(latency, cpu).place, 0, sizeof(per_cpu(latency, cpu).place));
}

void latency_init(void)
{
	keyhandler_register('L', dump_latency, "show the longest times without a pause, and forget them");
}
#endif
