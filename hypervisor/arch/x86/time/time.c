/* SPDX-License-Identifier: MIT */
/*
 * System time. Each CPU turns its own TSC into nanoseconds with its own record: no lock, no shared
 * line. Where the TSC is known to tick at one constant rate on all CPUs (invariant TSC, or QEMU's own
 * emulated one), all records are equal and never change, and guests are told so. Elsewhere each CPU
 * compares itself with the platform timer once a second and bends its rate to meet it: time never
 * jumps back and a CPU is never further from the others than a timer's read error.
 */
#include <hv/domain.h>
#include <hv/smp.h>
#include <hv/spinlock.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/pit.h>
#include <asm/system.h>

#include "internal.h"

#define PERIOD	     SECONDS(1)
#define MAX_JUMP     MILLISECS(100) /* beyond: step forward rather than bend */
#define MAX_GAP	     60ull /* seconds: a longer one between two calibrations measures nothing */
#define SYNC_ROUNDS  500

DEFINE_PER_CPU(struct cpu_time, cpu_time);
static DEFINE_PER_CPU(struct timer, calibrate_timer);
bool tsc_reliable;
uint64_t tsc_hz, cpu_khz;
static struct platform_timer *platform;

s_time_t NOW(void)
{
	const struct cpu_time *t = &this_cpu(cpu_time);
	int64_t delta = (int64_t)(rdtsc_ordered() - t->tsc);

	/* A TSC slightly behind its record (a CPU just synchronised) stands still for a moment. */
	return t->stime + (delta < 0 ? 0 : (s_time_t)time_scale_apply((uint64_t)delta, t->scale));
}

uint64_t stime_to_tsc(s_time_t when)
{
	const struct cpu_time *t = &this_cpu(cpu_time);
	s_time_t delta = when - t->stime;

	return delta <= 0 ? 1 : t->tsc + time_scale_apply((uint64_t)delta, t->inverse) + 1;
}

void udelay(uint64_t us)
{
	uint64_t start = rdtsc(), ticks = us * tsc_hz / 1000000;

	while (rdtsc() - start < ticks)
		cpu_relax();
}

uint32_t cpu_time_new_version(void)
{
	static uint32_t version;
	uint32_t v;

	/* Ordering: none needed, only uniqueness. 0 means "none given yet". */
	do
		v = __atomic_add_fetch(&version, 1, __ATOMIC_RELAXED);
	while (!v);
	return v;
}

/* ---- boot ---- */

static bool cpuid_invariant_tsc(void)
{
	uint32_t a, b, c, d;

	cpuid_count(0x80000000, 0, &a, &b, &c, &d);
	if (a < 0x80000007)
		return false;
	cpuid_count(0x80000007, 0, &a, &b, &c, &d);
	return d & (1u << 8);
}

/* QEMU's instruction emulator: one virtual TSC for all CPUs, whatever CPUID says. */
static bool running_on_tcg(void)
{
	uint32_t a, b, c, d;

	cpuid_count(1, 0, &a, &b, &c, &d);
	if (!(c & (1u << 31)))
		return false;
	cpuid_count(0x40000000, 0, &a, &b, &c, &d);
	return b == 0x54474354 && c == 0x43544743 && d == 0x47435447; /* TCGTCGTCGTCG */
}

static void measure_tsc(void)
{
	platform = platform_timer_choose();
	tsc_hz = platform ? platform_timer_measure_tsc(platform) : 0;
	if (!tsc_hz) {
		platform = NULL;
		tsc_hz = pit_measure_tsc_hz();
	}
	if (tsc_hz < 1000000)
		panic("no timer to measure the TSC against: HPET, PM timer and PIT do not count");
	/* Rates are whole kHz; the rest is measuring error. */
	cpu_khz = (tsc_hz + 500) / 1000;
	tsc_hz = cpu_khz * 1000;
}

void time_init(void)
{
	struct cpu_time *t = &this_cpu(cpu_time);

	tsc_reliable = cpuid_invariant_tsc() || running_on_tcg();
	measure_tsc();
	t->scale = time_scale_make(tsc_hz, 1000000000);
	t->inverse = time_scale_make(1000000000, tsc_hz);
	t->stime = 0;
	t->tsc = t->master_tsc = rdtsc_ordered();
	t->version = cpu_time_new_version();
	if (!platform)
		tsc_reliable = true; /* nothing to correct it with */
	else
		platform_stime_start(platform);
	printk("TSC: %lu.%03lu MHz by %s, %s\n", cpu_khz / 1000, cpu_khz % 1000,
	       platform ? platform->name : "PIT", tsc_reliable ? "constant" : "to be watched");
	apic_timer_init();
	wallclock_init();
}

/* Interrupts off. The boot CPU's record serves if TSCs agree; else start from the platform timer. */
void time_init_secondary(void)
{
	struct cpu_time *t = &this_cpu(cpu_time);

	*t = per_cpu(cpu_time, 0);
	if (!tsc_reliable) {
		t->master_stime = t->stime = platform_stime_pair(&t->tsc);
		t->master_tsc = t->tsc;
		t->version = cpu_time_new_version();
	}
	apic_timer_init_cpu();
}

/* ---- do two CPUs' TSCs agree? ---- */

static struct {
	spinlock_t lock;
	uint64_t last;
	bool warped;
	unsigned int ready; /* CPUs that have arrived */
} sync = { .lock = SPIN_LOCK_UNLOCKED };

static bool sync_wanted(void)
{
	return READ_ONCE(tsc_reliable) && platform && !running_on_tcg();
}

/* Each CPU in turn reads its TSC; the sequence must not go back. */
static void sync_rounds(void)
{
	__atomic_fetch_add(&sync.ready, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < 100000000 && __atomic_load_n(&sync.ready, __ATOMIC_ACQUIRE) < 2; i++)
		cpu_relax();
	for (unsigned int i = 0; i < SYNC_ROUNDS; i++) {
		uint64_t now;

		spin_lock(&sync.lock);
		now = rdtsc_ordered();
		sync.warped |= now < sync.last;
		sync.last = max(now, sync.last);
		spin_unlock(&sync.lock);
	}
}

void tsc_check_sync_target(void)
{
	if (sync_wanted())
		sync_rounds();
}

void tsc_check_sync_source(void)
{
	if (!sync_wanted())
		return;
	sync_rounds();
	sync.ready = 0;
	if (sync.warped) {
		printk("TSCs of the CPUs differ: calibrating each\n");
		WRITE_ONCE(tsc_reliable, false);
	}
}

/* ---- calibration ---- */

/*
 * Ticks in a second since the last calibration. A TSC that has jumped, or a CPU that was away for long, tells nothing: the rate
 * is then believed to be what it was at boot.
 */
static uint64_t measured_rate(const struct cpu_time *t, uint64_t tsc, s_time_t master)
{
	uint64_t ticks = tsc - t->master_tsc, hz;
	s_time_t took = master - t->master_stime;

	if (ticks > MAX_GAP * tsc_hz || took > SECONDS(MAX_GAP)) /* a step back is an enormous one forward */
		return tsc_hz;
	/* In tenths of a microsecond, which 64 bits hold for minutes at any rate. */
	hz = ticks * 10000000 / (uint64_t)(took / 100);
	return hz > 2 * tsc_hz || hz < tsc_hz / 16 ? tsc_hz : hz;
}

/*
 * A new record for this CPU that continues its time without a step and, over the next period, meets
 * the platform's. `error`: how far it is behind. Its rate: measured ticks per platform second.
 */
static void retune(struct cpu_time *t, uint64_t tsc, s_time_t local, s_time_t master)
{
	s_time_t error = master - local;
	uint64_t hz = measured_rate(t, tsc, master);
	s_time_t goal = PERIOD + error;

	if (error > MAX_JUMP) {
		local = master;
		goal = PERIOD;
	} else if (error < -MAX_JUMP) {
		goal = PERIOD - MAX_JUMP;
	}
	t->tsc = tsc;
	t->stime = local;
	t->scale = time_scale_make(hz, (uint64_t)goal);
	t->inverse = time_scale_make((uint64_t)goal, hz);
	t->version = cpu_time_new_version();
}

static void calibrate(void *unused)
{
	struct cpu_time *t = &this_cpu(cpu_time);
	unsigned long flags = local_irq_save();
	uint64_t tsc;
	s_time_t master = platform_stime_pair(&tsc), local;
	int64_t delta = (int64_t)(tsc - t->tsc);

	local = t->stime + (delta < 0 ? 0 : (s_time_t)time_scale_apply((uint64_t)delta, t->scale));
	/* Too short a time tells nothing about the rate, but a TSC behind its record would stand still until it gets there. */
	if (delta < 0 || master - t->master_stime > PERIOD / 2) {
		retune(t, tsc, local, master);
		t->master_tsc = tsc;
		t->master_stime = master;
	}
	local_irq_restore(flags);
	set_timer(&this_cpu(calibrate_timer), NOW() + PERIOD);
	if (!is_idle_vcpu(current))
		update_vcpu_system_time(current);
}

void time_start_calibration(void)
{
	unsigned int cpu;

	if (tsc_reliable)
		return;
	for_each_online_cpu(cpu) {
		init_timer(&per_cpu(calibrate_timer, cpu), calibrate, NULL, cpu);
		set_timer(&per_cpu(calibrate_timer, cpu), NOW() + PERIOD);
	}
}
