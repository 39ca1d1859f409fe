/* SPDX-License-Identifier: MIT */
/*
 * TLB flushing, and knowing when it is not needed.
 *
 * A clock counts whole-TLB flushes on any CPU; each CPU remembers the clock of its last one. A
 * frame that loses its last mapping (or page-table use) remembers the clock too, its stamp. If a
 * CPU has flushed since, it holds nothing stale of the frame. The flush takes its time *before*
 * flushing and the frame its stamp *after* its entries are gone, so "time > stamp" proves the
 * order.
 *
 * Times are 64 bits and never wrap. Stamps have 16 bits, counted from a base; a stamp of 0xffff
 * means "no idea". When the span is used up the base moves to now: older stamps then look younger
 * than they are, which costs a flush and never loses one.
 */
#include <hv/smp.h>
#include <asm/mm.h>
#include <asm/system.h>

static uint64_t flush_clock = 1;
static uint64_t clock_base;
static uint64_t last_flush[NR_CPUS];

#define STAMP_UNKNOWN 0xffffu

uint16_t tlb_clock(void)
{
	/* Ordering: base first. If it moves between the two reads the stamp is only too young. */
	uint64_t base = __atomic_load_n(&clock_base, __ATOMIC_ACQUIRE);
	uint64_t span = __atomic_load_n(&flush_clock, __ATOMIC_ACQUIRE) - base;

	return span >= STAMP_UNKNOWN ? STAMP_UNKNOWN : (uint16_t)span;
}

/* Full barrier: what the caller has changed in page tables is visible before the time is read. */
uint64_t tlb_time(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&flush_clock, __ATOMIC_SEQ_CST);
}

/* A flush that began later than `time` has also dropped what was stale at that time. */
bool tlb_flushed_since(unsigned int cpu, uint64_t time)
{
	return __atomic_load_n(&last_flush[cpu], __ATOMIC_ACQUIRE) > time;
}

static uint64_t flush_begin(void)
{
	uint64_t now = __atomic_add_fetch(&flush_clock, 1, __ATOMIC_SEQ_CST);

	if (unlikely(now - __atomic_load_n(&clock_base, __ATOMIC_RELAXED) >= STAMP_UNKNOWN - 1))
		__atomic_store_n(&clock_base, now, __ATOMIC_RELEASE);
	return now;
}

static void flush_end(uint64_t began)
{
	__atomic_store_n(&last_flush[smp_processor_id()], began, __ATOMIC_RELEASE);
}

/* Interrupts off: a nested flush would take CR4 without PGE for the normal state. */
static void load_cr3_all(uint64_t cr3)
{
	unsigned long flags = local_irq_save();
	unsigned long cr4 = get_cpu_info()->cr4;
	uint64_t began = flush_begin();

	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr3(cr3);
		write_cr4(cr4);
	} else {
		write_cr3(cr3);
	}
	flush_end(began);
	local_irq_restore(flags);
}

void switch_cr3_flush(uint64_t cr3)
{
	load_cr3_all(cr3);
}

void flush_local(uint64_t va, unsigned int flags)
{
	if (flags & FLUSH_CACHE)
		wbinvd();
	if (!(flags & (FLUSH_TLB | FLUSH_TLB_GLOBAL)))
		return;
	if (va)
		invlpg(va);
	else
		load_cr3_all(read_cr3()); /* guests' user pages are global, so always everything */
}

void flush_stale_tlb(const cpumask_t *mask, uint16_t stamp)
{
	uint64_t when =
	    stamp == STAMP_UNKNOWN ? tlb_time() : __atomic_load_n(&clock_base, __ATOMIC_ACQUIRE) + stamp;
	cpumask_t todo = { { 0 } };
	bool others = false;
	unsigned int cpu, me = smp_processor_id();

	for (unsigned int w = 0; w < CPUMASK_WORDS; w++) {
		uint64_t bits =
		    __atomic_load_n(&mask->bits[w], __ATOMIC_RELAXED) & cpu_online_map.bits[w];

		for (; bits; bits &= bits - 1) {
			cpu = w * 64 + (unsigned int)__builtin_ctzll(bits);
			if (tlb_flushed_since(cpu, when))
				continue;
			cpumask_set(&todo, cpu);
			others |= cpu != me;
		}
	}
	if (others)
		flush_mask_since(&todo, 0, FLUSH_TLB_GLOBAL, when);
	else if (!cpumask_empty(&todo))
		flush_local(0, FLUSH_TLB_GLOBAL);
}
