/* SPDX-License-Identifier: MIT */
/*
 * HPET and ACPI PM timer: counters with a known rate, against which the TSC is measured at boot and, if
 * it is not to be trusted, corrected while running.
 *
 * Reading a device takes long and, in a virtual machine, unpredictably long. So the TSC is read before
 * and after, several times, and the tightest pair counts.
 */
#include <hv/mm.h>
#include <hv/spinlock.h>
#include <asm/acpi.h>
#include <asm/system.h>

#include "internal.h"

#define MEASURE_PART 20 /* of a second: 50 ms */
#define TRIES	     8
#define STUCK_READS  2000000

/* ---- HPET: IA-PC HPET specification 1.0a ---- */

#define HPET_CAPS    0x00
#define HPET_CONFIG  0x10
#define HPET_COUNTER 0xf0
#define HPET_ENABLE  1u
#define HPET_64BIT   (1u << 13)

static volatile uint32_t *hpet;

static uint64_t hpet_read(void)
{
	return hpet[HPET_COUNTER / 4];
}

/* Only the low half is used: reading both halves would need three reads to be sure. */
static bool hpet_init(struct platform_timer *t)
{
	uint32_t period;

	if (!acpi_info.hpet_address)
		return false;
	hpet = ioremap(acpi_info.hpet_address, 0x400);
	period = hpet[HPET_CAPS / 4 + 1]; /* femtoseconds */
	if (hpet[HPET_CAPS / 4] == ~0u || period < 100000 || period > 100000000)
		return false;
	hpet[HPET_CONFIG / 4] = (hpet[HPET_CONFIG / 4] & ~2u) | HPET_ENABLE; /* no legacy routing */
	t->hz = 1000000000000000ull / period;
	t->mask = 0xffffffff;
	return true;
}

/* ---- ACPI PM timer ---- */

static uint64_t pm_timer_read(void)
{
	return inl((uint16_t)acpi_info.pm_timer.address);
}

static bool pm_timer_init(struct platform_timer *t)
{
	if (!acpi_info.pm_timer.address || acpi_info.pm_timer.space != ACPI_SPACE_IO)
		return false;
	t->hz = 3579545;
	t->mask = acpi_info.pm_timer_32bit ? 0xffffffff : 0xffffff;
	return true;
}

static struct platform_timer timers[] = {
	{ .name = "HPET", .init = hpet_init, .read = hpet_read },
	{ .name = "ACPI PM timer", .init = pm_timer_init, .read = pm_timer_read },
};

static bool counts(const struct platform_timer *t)
{
	uint64_t first = t->read();

	for (unsigned int i = 0; i < STUCK_READS; i++)
		if (((t->read() - first) & t->mask) > 10)
			return true;
	return false;
}

struct platform_timer *platform_timer_choose(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(timers); i++) {
		if (!timers[i].init(&timers[i]))
			continue;
		if (counts(&timers[i]))
			return &timers[i];
		printk("%s does not count: not used\n", timers[i].name);
	}
	return NULL;
}

/* ---- measuring ---- */

static void take_pair(const struct platform_timer *t, uint64_t *tsc, uint64_t *count)
{
	uint64_t best = ~0ull;

	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t before = rdtsc_ordered(), c = t->read(), after = rdtsc_ordered();

		if (after - before < best) {
			best = after - before;
			*tsc = before + best / 2;
			*count = c;
		}
	}
}

uint64_t platform_timer_measure_tsc(const struct platform_timer *t)
{
	uint64_t tsc0, tsc1, c0, c1, last, now;
	unsigned long flags = local_irq_save();

	take_pair(t, &tsc0, &c0);
	last = c0;
	for (unsigned int still = 0; ((last - c0) & t->mask) < t->hz / MEASURE_PART;) {
		now = t->read();
		still = now == last ? still + 1 : 0;
		last = now;
		if (still > STUCK_READS) {
			local_irq_restore(flags);
			return 0;
		}
	}
	take_pair(t, &tsc1, &c1);
	local_irq_restore(flags);
	return (tsc1 - tsc0) * t->hz / ((c1 - c0) & t->mask);
}

/* ---- running time, for calibration ---- */

static struct {
	spinlock_t lock;
	struct platform_timer *timer;
	struct time_scale to_ns;
	uint64_t last, ticks; /* guarded by: lock */
	s_time_t base;
} clock = { .lock = SPIN_LOCK_UNLOCKED };

void platform_stime_start(struct platform_timer *t)
{
	clock.to_ns = time_scale_make(t->hz, 1000000000);
	clock.base = NOW();
	clock.last = t->read();
	clock.timer = t;
}

s_time_t platform_stime(void)
{
	unsigned long flags;
	uint64_t now, ticks;

	spin_lock_irqsave(&clock.lock, flags);
	now = clock.timer->read();
	clock.ticks += (now - clock.last) & clock.timer->mask;
	clock.last = now;
	ticks = clock.ticks;
	spin_unlock_irqrestore(&clock.lock, flags);
	return clock.base + (s_time_t)time_scale_apply(ticks, clock.to_ns);
}

s_time_t platform_stime_pair(uint64_t *tsc)
{
	uint64_t best = ~0ull;
	s_time_t at = 0;

	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t before = rdtsc_ordered();
		s_time_t now = platform_stime();
		uint64_t took = rdtsc_ordered() - before;

		if (took < best) {
			best = took;
			at = now;
			*tsc = before + took / 2;
		}
	}
	return at;
}
