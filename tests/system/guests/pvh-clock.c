/* SPDX-License-Identifier: MIT */
/*
 * A tiny PVH guest whose time stamp counter runs at another rate than the machine's. It says on the debug port whether
 * the CPU scales it or RDTSC is emulated, and whether all that shows the counter or goes by it is of the one rate: RDTSC,
 * RDTSCP, the MSR, the paravirtual clock, the local APIC's timer with a deadline. What it compares them with is that timer
 * as it counts down, which goes by the hypervisor's time alone.
 */
#define __XEN_TOOLS__ 1
#include <stdbool.h>
#include <stdint.h>
#include <public/xen.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>

#define MSR_TSC		 0x10
#define MSR_TSC_DEADLINE 0x6e0
#define APIC(offset)	 (*(volatile uint32_t *)(0xfee00000ul + (offset)))
#define SVR		 APIC(0x0f0)
#define IRR_OF_0X40	 APIC(0x220) /* bit 0 */
#define LVT_TIMER	 APIC(0x320)
#define TIMER_INIT	 APIC(0x380)
#define TIMER_COUNT	 APIC(0x390)
#define TIMER_DIVIDE	 APIC(0x3e0)
#define MASKED		 0x10000u
#define DEADLINE	 0x40000u
#define SHARED		 ((volatile struct shared_info *)0x900000)
#define MS		 1000000ull

volatile int trap_vector;
volatile uint64_t trap_error, trap_resume;
void kit_main(const void *start_info);
void kit_unexpected_trap(int vector, uint64_t rip);

static uint64_t guest_khz, machine_khz;
static bool emulated;

/* ---- console, instructions ---- */

static void put(const char *s)
{
	for (; *s; s++)
		__asm__ volatile("outb %0, %1" ::"a"(*s), "d"((uint16_t)0xe9));
}

static void put_number(uint64_t v)
{
	if (v >= 10)
		put_number(v / 10);
	put((char[]){ (char)('0' + v % 10), 0 });
}

/* least <= got <= most */
static void expect(const char *name, uint64_t got, uint64_t least, uint64_t most)
{
	bool right = got >= least && got <= most;

	put(right ? "RIGHT " : "WRONG ");
	put(name);
	if (!right) {
		put(": ");
		put_number(got);
		put(" is not within ");
		put_number(least);
		put(" and ");
		put_number(most);
	}
	put("\n");
}

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "0"(leaf), "2"(subleaf));
}

static long call(unsigned long nr, unsigned long a, unsigned long b, const void *c)
{
	uint32_t r[4];
	long ret;

	cpuid(0, 0, r);
	if (r[1] == 0x756e6547) /* "Genu", of Intel's name */
		__asm__ volatile("vmcall" : "=a"(ret), "+D"(a), "+S"(b), "+d"(c) : "0"(nr) : "memory");
	else
		__asm__ volatile("vmmcall" : "=a"(ret), "+D"(a), "+S"(b), "+d"(c) : "0"(nr) : "memory");
	return ret;
}

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static uint64_t rdtscp(void)
{
	uint32_t lo, hi, aux;

	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi), "=c"(aux)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (uint64_t)hi << 32 | lo;
}

static void wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

/* ---- clocks ---- */

static void timer_start(void)
{
	SVR = 0x1ff;
	TIMER_DIVIDE = 0xb; /* by 1: 10 ns a tick, 42 s in all */
	LVT_TIMER = MASKED;
	TIMER_INIT = ~0u;
}

static uint64_t timer_ns(void)
{
	return (uint64_t)(~0u - TIMER_COUNT) * 10;
}

/* By the guest's own record, as kernels do it. */
static uint64_t pv_ns(void)
{
	volatile const struct vcpu_time_info *t = &SHARED->vcpu_info[0].time;
	uint64_t ns, delta;
	uint32_t version;

	do {
		version = t->version;
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
	} while (version & 1 || version != t->version);
	return ns;
}

struct moment {
	uint64_t tsc, pv, ns;
};

/* All of one moment, or nearly so: the tightest of some readings. */
static struct moment now(void)
{
	struct moment best = { 0 };
	uint64_t least = ~0ull;

	for (unsigned int i = 0; i < 16; i++) {
		uint64_t tsc = rdtsc(), pv = pv_ns(), ns = timer_ns(), tsc_after = rdtsc(), pv_after = pv_ns();

		if (tsc_after - tsc >= least)
			continue;
		least = tsc_after - tsc;
		best = (struct moment){ tsc + least / 2, pv + (pv_after - pv) / 2, ns };
	}
	return best;
}

/* ---- the tests ---- */

/* The toolstack's record of its first state says 0; what RDTSC emulated says is told otherwise. */
static void test_beginning(uint64_t first)
{
	if (!emulated)
		expect("begins-at-0", first, 0, guest_khz * 300);
}

static void find_rates(void)
{
	uint32_t r[4];

	cpuid(0x40000003, 0, r);
	emulated = r[0] & 1;
	guest_khz = r[2];
	cpuid(0x40000003, 2, r);
	machine_khz = r[0];
	put(guest_khz > machine_khz ? "RIGHT faster\n" : guest_khz < machine_khz ? "RIGHT slower\n" : "WRONG same-rate\n");
}

/* What leaving the guest costs is thousands of ticks; none of the tries may be disturbed, all cannot be. */
static void test_cost(void)
{
	uint64_t least = ~0ull, ticks;

	for (unsigned int i = 0; i < 64; i++) {
		ticks = rdtsc();
		for (unsigned int n = 0; n < 16; n++)
			rdtsc();
		ticks = (rdtsc() - ticks) * machine_khz / guest_khz;
		least = ticks < least ? ticks : least;
	}
	if (emulated)
		put("RIGHT counter-emulated\n");
	else
		expect("counter-scaled", least, 0, 16 * 100);
}

static void test_rates(void)
{
	struct moment a, b;
	uint64_t ns;

	timer_start();
	a = now();
	while (timer_ns() < a.ns + 50 * MS)
		;
	b = now();
	ns = b.ns - a.ns;
	expect("counter-rate", (b.tsc - a.tsc) * 1000000 / ns, guest_khz * 97 / 100, guest_khz * 103 / 100);
	expect("paravirtual-clock", b.pv - a.pv, ns * 97 / 100, ns * 103 / 100);
}

/* What the hypervisor says of the counter is what the CPU says. */
static void test_ways_to_read(void)
{
	uint64_t before, after, val;
	uint32_t r[4];

	for (unsigned int i = 0; i < 100; i++) {
		before = rdtsc();
		val = rdmsr(MSR_TSC);
		after = rdtsc();
		if (i == 99 || val < before || val > after) {
			expect("by-msr", val, before, after);
			break;
		}
	}
	cpuid(0x80000001, 0, r);
	if (!(r[3] & 1u << 27))
		return;
	before = rdtsc();
	val = rdtscp();
	expect("by-rdtscp", val, before, rdtsc());
}

/* The paravirtual clock is the hypervisor's: what is past by the one is past by the other. */
static void test_absolute(void)
{
	struct vcpu_set_singleshot_timer past = { pv_ns(), VCPU_SSHOTTMR_future };
	struct vcpu_set_singleshot_timer future = { past.timeout_abs_ns + 5000 * MS, VCPU_SSHOTTMR_future };

	expect("past", (uint64_t)-call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &past), 62, 62); /* ETIME */
	expect("future", (uint64_t)call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &future), 0, 0);
	call(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0);
}

/* An emulated counter cannot be set; another goes on from there, and time as it was. */
static void test_setting(void)
{
	uint64_t to = 1ull << 50, pv;

	if (emulated)
		return;
	pv = pv_ns();
	wrmsr(MSR_TSC, to);
	expect("set", rdtsc(), to, to + guest_khz * 5000);
	expect("time-goes-on", pv_ns(), pv, pv + 5000 * MS);
}

static void test_deadline(void)
{
	uint64_t deadline;
	uint32_t r[4];

	cpuid(1, 0, r);
	if (!(r[2] & 1u << 24)) {
		put("RIGHT no-deadlines\n");
		return;
	}
	LVT_TIMER = DEADLINE | 0x40;
	deadline = rdtsc() + guest_khz * 20;
	wrmsr(MSR_TSC_DEADLINE, deadline);
	while (!(IRR_OF_0X40 & 1))
		;
	expect("deadline", rdtsc(), deadline, deadline + guest_khz * 5000);
}

static void shut_down(unsigned int reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&s, 0);
}

void kit_unexpected_trap(int vector, uint64_t rip)
{
	expect("unexpected-trap", (uint64_t)vector, 99, 99);
	shut_down(SHUTDOWN_crash);
}

void kit_main(const void *start_info)
{
	struct xen_add_to_physmap shared = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = 0x900 };

	uint64_t first = rdtsc();

	put("RIGHT started\n");
	expect("shared-info", (uint64_t)call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (unsigned long)&shared, 0), 0, 0);
	find_rates();
	test_beginning(first);
	test_cost();
	test_rates();
	test_ways_to_read();
	test_absolute();
	test_setting();
	test_deadline();
	shut_down(SHUTDOWN_poweroff);
}
