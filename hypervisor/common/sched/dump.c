/* SPDX-License-Identifier: MIT */
/* The debug key for run queues: what runs and what waits on each CPU. */
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

static void dump_run_queues(unsigned char key)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct runqueue *rq = &per_cpu(runqueue, cpu);
		unsigned long flags;

		spin_lock_irqsave(&rq->lock, flags);
		if (rq->pool)
			printk("  CPU %u: pool %u (%s), %u waiting\n", cpu, rq->pool->id, rq->pool->ops->name, rq->nr);
		else
			printk("  CPU %u: in no pool\n", cpu);
		print_vcpu(rq, "runs", rq->curr);
		for (const struct vcpu *v = rq->head; v; v = v->sched.next)
			print_vcpu(rq, "waits", v);
		spin_unlock_irqrestore(&rq->lock, flags);
	}
}

void sched_dump_init(void)
{
	keyhandler_register('r', dump_run_queues, "show run queues");
}
