/* SPDX-License-Identifier: MIT */
/* The smallest guest: sleeps for ever, waiting for no event. */
#define __XEN_TOOLS__ 1 /* the current interface, where sched_op is the new call */
#include <public/xen.h>
#include <public/sched.h>

unsigned int trap_vector;
unsigned long trap_error, trap_resume;
void kit_main(const struct start_info *si);
void kit_unexpected_trap(unsigned int vector, unsigned long rip);

static long sched_op(unsigned long cmd, const void *arg)
{
	register const void *a2 __asm__("rsi") = arg;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"((long)__HYPERVISOR_sched_op), "D"(cmd), "r"(a2)
			 : "rcx", "r11", "memory");
	return ret;
}

void kit_main(const struct start_info *si)
{
	struct sched_poll forever = { .nr_ports = 0 };

	for (;;)
		sched_op(SCHEDOP_poll, &forever);
}

void kit_unexpected_trap(unsigned int vector, unsigned long rip)
{
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };

	for (;;)
		sched_op(SCHEDOP_shutdown, &crash);
}
