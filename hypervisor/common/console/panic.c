/* SPDX-License-Identifier: MIT */
/*
 * The end: a message that stands out, the other CPUs stopped, then a reboot unless `noreboot` asks
 * to leave the screen as it is. Nothing here waits for a lock.
 */
#include <hv/console.h>
#include <hv/hypercall.h>
#include <hv/printf.h>
#include <hv/smp.h>
#include <hv/time.h>
#include <asm/shutdown.h>
#include "internal.h"
#include <hv/console_options.h>

#define REBOOT_DELAY_MS 5000ull
#define NOBODY		0u

static unsigned int panicking; /* CPU number + 1 of the first; atomic */
static bool noreboot;

void panic_set_noreboot(bool yes)
{
	noreboot = yes;
}

/* By the TSC alone: timers and system time may be what is broken. */
static void wait_before_reboot(void)
{
	uint64_t start = rdtsc();

	while (rdtsc() - start < cpu_khz * REBOOT_DELAY_MS)
		cpu_relax();
}

/* Only one CPU may speak; another one that fails waits to be halted, the same one gives up. */
static void claim_panic(void)
{
	unsigned int expected = NOBODY, me = smp_processor_id() + 1;

	if (__atomic_compare_exchange_n(&panicking, &expected, me, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return;
	if (expected == me)
		machine_restart();
	for (;;)
		cpu_relax();
}

void panic(const char *fmt, ...)
{
	static char text[512]; /* of the one CPU that claimed it */
	va_list ap;

	local_irq_disable();
	claim_panic();
	console_start_sync();
	va_start(ap, fmt);
	hv_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	printk("\n****************************************\n");
	printk("Panic on CPU %u:\n", smp_processor_id());
	printk("%s\n", text);
	printk("****************************************\n");
	smp_halt_others();
	if (noreboot) {
		printk("Not rebooting (noreboot): reset the machine by hand.\n");
		machine_halt();
	}
	printk("Rebooting in five seconds...\n");
	wait_before_reboot();
	machine_restart();
}

void bug(const char *file, int line, const char *what)
{
	panic("Bug at %s:%d: %s (called from %p)", file, line, what, __builtin_return_address(0));
}
