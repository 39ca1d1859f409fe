/* SPDX-License-Identifier: MIT */
/* How long each vCPU has been running, waiting, blocked and offline. */
#include <hv/smp.h>
#include "private.h"

void runstate_change(struct vcpu *v, int state, s_time_t now)
{
	s_time_t spent = now - (s_time_t)v->runstate.state_entry_time;

	if (v->runstate.state == state)
		return;
	/* CPUs' clocks may differ by a little: time never counts backwards. */
	if (spent > 0) {
		v->runstate.time[v->runstate.state] += (uint64_t)spent;
		v->runstate.state_entry_time = (uint64_t)now;
	}
	v->runstate.state = state;
}

int runstate_asleep(const struct vcpu *v)
{
	return READ_ONCE(v->pause_flags) & (1ul << VPF_BLOCKED | 1ul << VPF_POLLING | 1ul << VPF_IO) ? RUNSTATE_blocked :
										       RUNSTATE_offline;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	struct runqueue *rq = lock_vcpu_queue(v, &flags);
	s_time_t spent = NOW() - (s_time_t)v->runstate.state_entry_time;

	*out = v->runstate;
	if (spent > 0)
		out->time[out->state] += (uint64_t)spent;
	spin_unlock_irqrestore(&rq->lock, flags);
}
