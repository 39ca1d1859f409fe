/* SPDX-License-Identifier: MIT */
/* A trap is the end, told with what is needed to find the cause. */
#include "kernel.h"

/* Return addresses, while the frame pointers make sense: at most depth. */
static void report_callers(uint64_t rbp, unsigned int depth)
{
	while (depth-- && rbp >= MACHINE_BASE && !(rbp & 7) &&
	       rbp < MACHINE_BASE + (machine.mapped << 12) - 16) {
		const uint64_t *frame = (const uint64_t *)rbp;

		printf("  from %lx\n", frame[1]);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}

void trap_report(const struct trap_frame *frame, uint64_t rbp)
{
	printf("thread %s: trap %lu, error %lx, at %lx, stack %lx, address %lx\n", thread_name(),
	       frame->vector, frame->error, frame->rip, frame->rsp,
	       machine.kind->fault_address());
	report_callers(rbp, 8);
	guest_end(END_CRASH);
}
