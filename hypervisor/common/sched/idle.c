/* SPDX-License-Identifier: MIT */
/* What a CPU does with nothing to do: soft interrupts, scrubbing free memory, halting. */
#include <hv/mm.h>
#include <hv/softirq.h>
#include <asm/system.h>
#include "private.h"

void startup_cpu_idle_loop(void)
{
	for (;;) {
		local_irq_enable(); /* a switch arrives with them off, and scrubbing takes long */
		if (scrub_needed())
			raise_softirq(SOFTIRQ_SCRUB);
		if (softirq_is_pending())
			do_softirq();
		/* What comes after this look is an interrupt, and ends the halt. */
		local_irq_disable();
		if (!softirq_is_pending())
			safe_halt();
	}
}
