/* SPDX-License-Identifier: MIT */
/* The smallest PVH guest: sleeps for ever, waiting for no event. */
#define __XEN_TOOLS__ 1 /* the current interface, where sched_op is the new call */
#include <stdint.h>
#include <public/xen.h>
#include <public/sched.h>

volatile int trap_vector;
volatile uint64_t trap_error, trap_resume;
void kit_main(const void *start_info);
void kit_unexpected_trap(int vector, uint64_t rip);

static void sched_op(unsigned long cmd, const void *arg)
{
	uint32_t eax = 0, ebx, ecx, edx;
	unsigned long ret = __HYPERVISOR_sched_op;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	if (ebx == 0x756e6547) /* "Genu", of Intel's name */
		__asm__ volatile("vmcall" : "+a"(ret), "+D"(cmd), "+S"(arg)::"memory");
	else
		__asm__ volatile("vmmcall" : "+a"(ret), "+D"(cmd), "+S"(arg)::"memory");
}

void kit_main(const void *start_info)
{
	struct sched_poll forever = { .nr_ports = 0 };

	for (;;)
		sched_op(SCHEDOP_poll, &forever);
}

void kit_unexpected_trap(int vector, uint64_t rip)
{
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };

	for (;;)
		sched_op(SCHEDOP_shutdown, &crash);
}
