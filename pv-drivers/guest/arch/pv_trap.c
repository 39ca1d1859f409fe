/* SPDX-License-Identifier: MIT */
/* Traps of a PV guest: each is the end, told with what is needed to find the cause. */
#include "kernel.h"

#define VECTORS(X)                                                                                 \
	X(0) X(1) X(3) X(4) X(5) X(6) X(7) X(10) X(11) X(12) X(13) X(14) X(16) X(17) X(19)
#define DECLARE(n) extern char trap_##n[];
VECTORS(DECLARE)

void machine_catch_traps(void)
{
#define ENTRY(n) { n, 4, FLAT_KERNEL_CS, (unsigned long)trap_##n },
	static const struct trap_info table[] = { VECTORS(ENTRY){ 0, 0, 0, 0 } };

	CALL1(__HYPERVISOR_set_trap_table, table);
}

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
	       machine.shared_info->vcpu_info[0].arch.cr2);
	report_callers(rbp, 8);
	guest_end(END_CRASH);
}
