/* SPDX-License-Identifier: MIT */
/* The debug key for scheduling: the pools, what runs and what waits on each CPU, who is parked. */
#include <hv/cpupool.h>
#include <hv/keyhandler.h>
#include "private.h"

static void print_vcpu(const struct runqueue *rq, const char *what, const struct vcpu *v)
{
	if (is_idle_vcpu(v))
		printk("    %s idle\n", what);
	else
		printk("    %s d%uv%u ahead %ld us, weight %u, affinity %#lx\n", what, v->domain->domain_id,
		       v->vcpu_id, (v->sched.vtime - rq->vclock) / 1000, v->domain->sched.weight,
		       v->sched.hard_affinity.bits[0]);
}

static void dump_pools(void)
{
	struct cpupool_info p;

	for (unsigned int id = 0; !cpupool_get_info(id, &p); id = p.id + 1)
		printk("  Pool %u: CPUs %#lx, %u domains\n", p.id, p.cpus.bits[0], p.nr_domains);
}

static void dump_queue(unsigned int cpu)
{
	struct runqueue *rq = &per_cpu(runqueue, cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->pool)
		printk("  CPU %u: pool %u (%s), %u waiting, clock %ld us\n", cpu, rq->pool->id, rq->pool->ops->name,
		       rq->nr, rq->vclock / 1000);
	else
		printk("  CPU %u: in no pool\n", cpu);
	print_vcpu(rq, "runs", rq->curr);
	for (const struct vcpu *v = rq->head; v; v = v->sched.next)
		print_vcpu(rq, "waits", v);
	spin_unlock_irqrestore(&rq->lock, flags);
}

static void dump_parked(const struct domain *d)
{
	const struct vcpu *v;

	for_each_vcpu(d, v)
		if (READ_ONCE(v->sched.parked))
			printk("  parked: d%uv%u, cap %u%%, %ld us left\n", d->domain_id, v->vcpu_id, d->sched.cap,
			       d->sched.cap_left / 1000);
}

static void dump_scheduling(unsigned char key)
{
	struct domain *d;
	domid_t next = 0;
	unsigned int cpu;

	dump_pools();
	for_each_online_cpu(cpu)
		dump_queue(cpu);
	while ((d = domain_get_next(next)) != NULL) {
		next = (domid_t)(d->domain_id + 1);
		dump_parked(d);
		domain_put(d);
	}
}

void sched_dump_init(void)
{
	keyhandler_register('r', dump_scheduling, "show pools and run queues");
}
