// sources: hypervisor/arch/x86/hvm/vlapic.c hypervisor/arch/x86/hvm/vlapic_regs.c hypervisor/arch/x86/hvm/vlapic_ipi.c hypervisor/arch/x86/hvm/vlapic_timer.c hypervisor/arch/x86/hvm/vlapic_save.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -Ihypervisor/arch/x86/hvm
/* SPDX-License-Identifier: MIT */
/*
 * The virtual local APIC of four vCPUs, in a time the test sets: priorities, timers, IPIs in both modes,
 * and every register offset and MSR with hostile values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/msr.h>
#include <asm/hvm/records.h>
#include "vlapic_internal.h"

#define VCPUS 4
#define KHZ   2000000ull /* of the guest's TSC */

static s_time_t now;
static uint64_t now_tsc;
static struct domain domain;
static struct vcpu vcpus[VCPUS], *slots[VCPUS];
static struct hvm_vcpu hvms[VCPUS];
static unsigned int kicks[VCPUS], inits[VCPUS], sipis[VCPUS];
static uint8_t sipi_vector;
static bool no_memory;
static long pages;

/* ---- what the code asks of the rest ---- */

__thread struct cpu_info fake_cpu;

s_time_t NOW(void)
{
	return now;
}

uint64_t guest_tsc(const struct vcpu *v)
{
	return now_tsc;
}

uint64_t guest_tsc_khz(const struct vcpu *v)
{
	return KHZ;
}

void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void set_timer(struct timer *t, s_time_t expires)
{
	t->expires = expires;
	t->active = true;
}

void stop_timer(struct timer *t)
{
	t->active = false;
}

void kill_timer(struct timer *t)
{
	t->active = false;
	t->dead = true;
}

void migrate_timer(struct timer *t, unsigned int cpu)
{
	t->cpu = cpu;
}

void *alloc_xen_pages(unsigned int order, unsigned int memflags)
{
	pages += !no_memory;
	return no_memory ? NULL : calloc(1, 4096);
}

void free_xen_pages(void *v, unsigned int order)
{
	pages--;
	free(v);
}

static int eoi_told = -1;

void vioapic_eoi(struct domain *d, uint8_t vector)
{
	eoi_told = vector;
}

void vcpu_unblock(struct vcpu *v)
{
	v->pause_flags = 0;
}

void vcpu_kick(struct vcpu *v)
{
	kicks[v->vcpu_id]++;
}

static unsigned int events_again;

void hvm_events_again(struct vcpu *v)
{
	events_again++;
}

void hvm_vcpu_init_ipi(struct vcpu *v)
{
	inits[v->vcpu_id]++;
}

void hvm_vcpu_sipi(struct vcpu *v, uint8_t vector)
{
	sipis[v->vcpu_id]++;
	sipi_vector = vector;
}

/* ---- the machine ---- */

static struct vlapic *apic(unsigned int i)
{
	return &hvms[i].vlapic;
}

static uint32_t rd(unsigned int i, unsigned int offset)
{
	return vlapic_mmio_read(&vcpus[i], offset, 4);
}

static void wr(unsigned int i, unsigned int offset, uint32_t val)
{
	vlapic_mmio_write(&vcpus[i], offset, 4, val);
}

static int start(void **state)
{
	now = 1000;
	now_tsc = 5000;
	domain = (struct domain){ .max_vcpus = VCPUS, .vcpu = slots };
	memset(hvms, 0, sizeof(hvms));
	memset(vcpus, 0, sizeof(vcpus));
	for (unsigned int i = 0; i < VCPUS; i++) {
		slots[i] = &vcpus[i];
		vcpus[i].vcpu_id = i;
		vcpus[i].domain = &domain;
		vcpus[i].arch.hvm = &hvms[i];
		assert_int_equal(vlapic_create(&vcpus[i]), 0);
		kicks[i] = inits[i] = sipis[i] = 0;
	}
	return 0;
}

static int stop(void **state)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		vlapic_destroy(&vcpus[i]);
		vlapic_destroy(&vcpus[i]); /* also of one that has none */
	}
	return pages != 0;
}

static void enable(unsigned int i)
{
	wr(i, VLAPIC_SVR, 0x1ff);
}

static void enable_x2apic(unsigned int i)
{
	uint64_t base;

	assert_int_equal(vlapic_rdmsr(&vcpus[i], MSR_APIC_BASE, &base), 0);
	assert_int_equal(vlapic_wrmsr(&vcpus[i], MSR_APIC_BASE, base | VLAPIC_BASE_X2APIC), 0);
	assert_int_equal(vlapic_wrmsr(&vcpus[i], 0x80f, 0x1ff), 0);
}

static void pass(s_time_t ns)
{
	now += ns;
	now_tsc += (uint64_t)ns * KHZ / 1000000;
	for (unsigned int i = 0; i < VCPUS; i++) {
		struct timer *t = &apic(i)->timer;

		/* At most once: a timer that fires again at once would never end. */
		if (t->active && t->expires <= now) {
			t->active = false;
			t->fn(t->data);
			assert_true(!t->active || t->expires > now);
		}
	}
}

/* ---- cases ---- */

static void memory_that_is_missing_is_told(void **state)
{
	struct vcpu v = { .domain = &domain, .arch.hvm = &(struct hvm_vcpu){ 0 } };

	no_memory = true;
	assert_int_equal(vlapic_create(&v), -ENOMEM);
	no_memory = false;
	vlapic_destroy(&v);
}

static void it_starts_as_the_manual_says(void **state)
{
	uint64_t base;

	for (unsigned int i = 0; i < VCPUS; i++) {
		assert_int_equal(rd(i, VLAPIC_ID), 2 * i << 24);
		assert_int_equal(rd(i, VLAPIC_VERSION), 0x50014);
		assert_int_equal(rd(i, VLAPIC_SVR), 0xff);
		assert_int_equal(rd(i, VLAPIC_DFR), 0xffffffff);
		for (unsigned int lvt = VLAPIC_LVT_TIMER; lvt <= VLAPIC_LVT_ERROR; lvt += 16)
			assert_int_equal(rd(i, lvt), LVT_MASKED);
		assert_int_equal(vlapic_rdmsr(&vcpus[i], MSR_APIC_BASE, &base), 0);
		assert_int_equal(base, 0xfee00800 | (i ? 0 : 0x100));
		assert_int_equal(vlapic_pending(&vcpus[i]), -1);
		assert_true(vlapic_is_mmio(&vcpus[i], 0xfee00ffc));
		assert_false(vlapic_is_mmio(&vcpus[i], 0xfee01000));
	}
}

static void a_disabled_apic_takes_nothing(void **state)
{
	vlapic_set_irq(&vcpus[0], 0x40, false);
	assert_int_equal(kicks[0], 0);
	enable(0);
	assert_int_equal(vlapic_pending(&vcpus[0]), -1);
	vlapic_set_irq(&vcpus[0], 0x40, false);
	assert_int_equal(vlapic_pending(&vcpus[0]), 0x40);
	assert_int_equal(kicks[0], 1);
	wr(0, VLAPIC_SVR, 0xff);
	assert_int_equal(vlapic_pending(&vcpus[0]), -1);
	assert_int_equal(rd(0, VLAPIC_LVT_LINT0) & LVT_MASKED, LVT_MASKED);
	wr(0, VLAPIC_LVT_LINT0, 0x30); /* cannot be unmasked now */
	assert_int_equal(rd(0, VLAPIC_LVT_LINT0), LVT_MASKED | 0x30);
}

/* Events raised at a disabled one did not get in: they are raised again. */
static void enabling_lets_events_in(void **state)
{
	events_again = 0;
	enable(0);
	assert_int_equal(events_again, 1);
	wr(0, VLAPIC_SVR, 0xff);
	assert_int_equal(events_again, 1);
}

static void priorities_decide_what_is_next(void **state)
{
	struct vcpu *v = &vcpus[0];

	enable(0);
	vlapic_set_irq(v, 0x31, false);
	vlapic_set_irq(v, 0x35, false);
	vlapic_set_irq(v, 0xfe, false);
	vlapic_set_irq(v, 0xff, false);
	assert_int_equal(vlapic_pending(v), 0xff);
	vlapic_accept(v, 0xff);
	assert_int_equal(rd(0, VLAPIC_PPR), 0xf0);
	assert_int_equal(rd(0, VLAPIC_ISR + 0x70), 1u << 31);
	assert_int_equal(vlapic_pending(v), -1); /* 0xfe is of the same class */
	wr(0, VLAPIC_EOI, 0);
	assert_int_equal(vlapic_pending(v), 0xfe);
	vlapic_accept(v, 0xfe);
	wr(0, VLAPIC_EOI, 0x1234);
	assert_int_equal(vlapic_pending(v), 0x35);
	wr(0, VLAPIC_TPR, 0x30);
	assert_int_equal(vlapic_pending(v), -1);
	wr(0, VLAPIC_TPR, 0x2f);
	assert_int_equal(rd(0, VLAPIC_PPR), 0x2f);
	assert_int_equal(vlapic_pending(v), 0x35);
	vlapic_accept(v, 0x35);
	vlapic_set_irq(v, 0x80, false); /* nests */
	assert_int_equal(vlapic_pending(v), 0x80);
	vlapic_accept(v, 0x80);
	assert_int_equal(rd(0, VLAPIC_PPR), 0x80);
	wr(0, VLAPIC_EOI, 0);
	assert_int_equal(rd(0, VLAPIC_PPR), 0x30);
	wr(0, VLAPIC_EOI, 0);
	assert_int_equal(vlapic_pending(v), 0x31);
	vlapic_set_cr8(v, 0xf3);
	assert_int_equal(rd(0, VLAPIC_TPR), 0x30);
	assert_int_equal(vlapic_get_cr8(v), 3);
	wr(0, VLAPIC_EOI, 0); /* with nothing in service */
}

static void every_pair_of_vectors_is_ordered(void **state)
{
	struct vcpu *v = &vcpus[0];

	enable(0);
	for (unsigned int in_service = 16; in_service < 256; in_service += 5)
		for (unsigned int next = 16; next < 256; next++) {
			vlapic_set_irq(v, (uint8_t)in_service, false);
			vlapic_accept(v, (uint8_t)in_service);
			vlapic_set_irq(v, (uint8_t)next, next & 1);
			assert_int_equal(vlapic_pending(v), next / 16 > in_service / 16 ? (int)next : -1);
			wr(0, VLAPIC_EOI, 0);
			assert_int_equal(vlapic_pending(v), (int)next);
			vlapic_accept(v, (uint8_t)next);
			wr(0, VLAPIC_EOI, 0);
			assert_int_equal(vlapic_highest(apic(0), VLAPIC_ISR), -1);
		}
}

static void low_vectors_are_errors(void **state)
{
	enable(0);
	wr(0, VLAPIC_LVT_ERROR, 0xe0);
	for (unsigned int vector = 0; vector < 16; vector++)
		vlapic_set_irq(&vcpus[0], (uint8_t)vector, false);
	assert_int_equal(vlapic_pending(&vcpus[0]), -1);
	assert_int_equal(rd(0, VLAPIC_ESR), 0);
	wr(0, VLAPIC_ESR, 0);
	assert_int_equal(rd(0, VLAPIC_ESR), ESR_RECEIVE_ILLEGAL);
	wr(0, VLAPIC_ESR, 0);
	assert_int_equal(rd(0, VLAPIC_ESR), 0);
	wr(0, VLAPIC_ICR, 0x4003);
	assert_int_equal(vlapic_pending(&vcpus[0]), 0xe0);
	wr(0, VLAPIC_ESR, 0);
	assert_int_equal(rd(0, VLAPIC_ESR), ESR_SEND_ILLEGAL);
	wr(0, VLAPIC_LVT_ERROR, 5); /* an error whose interrupt is one itself ends */
	wr(0, VLAPIC_ICR, 0x4003);
}

static void parts_of_registers_are_read_not_written(void **state)
{
	assert_int_equal(vlapic_mmio_read(&vcpus[1], VLAPIC_ID + 3, 1), 2);
	assert_int_equal(vlapic_mmio_read(&vcpus[1], VLAPIC_VERSION + 2, 2), 5);
	assert_int_equal(vlapic_mmio_read(&vcpus[1], VLAPIC_VERSION + 3, 4), 0);
	assert_int_equal(vlapic_mmio_read(&vcpus[1], VLAPIC_VERSION + 4, 4), 0);
	vlapic_mmio_write(&vcpus[1], VLAPIC_TPR, 1, 0x55);
	vlapic_mmio_write(&vcpus[1], VLAPIC_TPR, 2, 0x55);
	vlapic_mmio_write(&vcpus[1], VLAPIC_TPR + 4, 4, 0x55);
	assert_int_equal(rd(1, VLAPIC_TPR), 0);
	wr(1, VLAPIC_TPR, 0xabcdef55);
	assert_int_equal(rd(1, VLAPIC_TPR), 0x55);
	wr(1, VLAPIC_ID, 0x7000000);
	assert_int_equal(rd(1, VLAPIC_ID), 2u << 24);
	wr(1, VLAPIC_ESR, 0);
	assert_int_equal(rd(1, VLAPIC_ESR), 0);
	rd(1, 0x40);
	wr(1, VLAPIC_ESR, 0);
	assert_int_equal(rd(1, VLAPIC_ESR), ESR_BAD_REGISTER);
}

/* ---- the timer ---- */

static void one_shot_fires_once(void **state)
{
	enable(0);
	wr(0, VLAPIC_LVT_TIMER, 0x50);
	wr(0, VLAPIC_TIMER_DIV, 0xb); /* by 1 */
	wr(0, VLAPIC_TIMER_INIT, 1000);
	assert_int_equal(rd(0, VLAPIC_TIMER_COUNT), 1000);
	pass(4000);
	assert_int_equal(rd(0, VLAPIC_TIMER_COUNT), 600);
	assert_int_equal(vlapic_pending(&vcpus[0]), -1);
	pass(6000);
	assert_int_equal(vlapic_pending(&vcpus[0]), 0x50);
	assert_int_equal(rd(0, VLAPIC_TIMER_COUNT), 0);
	assert_false(apic(0)->timer.active);
	wr(0, VLAPIC_TIMER_INIT, 1000);
	wr(0, VLAPIC_TIMER_INIT, 0);
	assert_false(apic(0)->timer.active);
}

static void all_divisors_divide(void **state)
{
	static const unsigned int divisor[8] = { 2, 4, 8, 16, 32, 64, 128, 1 };

	enable(0);
	for (unsigned int code = 0; code < 8; code++) {
		wr(0, VLAPIC_TIMER_DIV, (code & 3) | (code & 4) << 1 | 0xfffffff4);
		wr(0, VLAPIC_TIMER_INIT, 100);
		assert_int_equal(apic(0)->timer.expires - now, 1000 * divisor[code]);
		pass(500 * divisor[code]);
		wr(0, VLAPIC_TIMER_DIV, 0); /* what is left goes on */
		assert_int_equal(rd(0, VLAPIC_TIMER_COUNT), 50);
		assert_int_equal(apic(0)->timer.expires - now, 50 * 20);
	}
}

static void periodic_fires_in_step(void **state)
{
	enable(0);
	wr(0, VLAPIC_LVT_TIMER, LVT_PERIODIC | 0x60);
	wr(0, VLAPIC_TIMER_DIV, 0xb);
	wr(0, VLAPIC_TIMER_INIT, 100000); /* 1 ms */
	for (unsigned int i = 0; i < 5; i++) {
		pass(MILLISECS(1));
		assert_int_equal(vlapic_pending(&vcpus[0]), 0x60);
		vlapic_accept(&vcpus[0], 0x60);
		wr(0, VLAPIC_EOI, 0);
		assert_int_equal(apic(0)->timer.expires, 1000 + MILLISECS(i + 2));
	}
	pass(MILLISECS(7) + 300000); /* what was missed is one */
	assert_int_equal(apic(0)->timer.expires - now, 700000);
	assert_int_equal(rd(0, VLAPIC_TIMER_COUNT), 70000);
	wr(0, VLAPIC_LVT_TIMER, LVT_PERIODIC | LVT_MASKED | 0x60);
	vlapic_accept(&vcpus[0], 0x60);
	wr(0, VLAPIC_EOI, 0);
	pass(MILLISECS(3));
	assert_int_equal(vlapic_pending(&vcpus[0]), -1);
	/* To one-shot: this period ends, and it was the last. */
	wr(0, VLAPIC_LVT_TIMER, 0x60);
	pass(MILLISECS(1));
	assert_int_equal(vlapic_pending(&vcpus[0]), 0x60);
	assert_false(apic(0)->timer.active);
}

static void a_hasty_period_is_slowed_down(void **state)
{
	enable(0);
	wr(0, VLAPIC_LVT_TIMER, LVT_PERIODIC | 0x60);
	wr(0, VLAPIC_TIMER_DIV, 0xb);
	wr(0, VLAPIC_TIMER_INIT, 1);
	for (unsigned int i = 0; i < 10; i++) {
		s_time_t before = apic(0)->timer.expires;

		pass(apic(0)->timer.expires - now);
		assert_true(apic(0)->timer.expires - before >= MICROSECS(100));
	}
}

static void a_deadline_is_met(void **state)
{
	uint64_t val;

	enable(0);
	assert_int_equal(vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, now_tsc + 10), 0); /* not in that mode */
	vlapic_rdmsr(&vcpus[0], MSR_TSC_DEADLINE, &val);
	assert_int_equal(val, 0);
	wr(0, VLAPIC_LVT_TIMER, LVT_TSC_DEADLINE | 0x70);
	wr(0, VLAPIC_TIMER_INIT, 5);
	assert_int_equal(rd(0, VLAPIC_TIMER_INIT), 0);
	assert_false(apic(0)->timer.active);
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, now_tsc + 2 * KHZ);
	assert_int_equal(apic(0)->timer.expires, now + MILLISECS(2));
	pass(MILLISECS(2));
	assert_int_equal(vlapic_pending(&vcpus[0]), 0x70);
	vlapic_rdmsr(&vcpus[0], MSR_TSC_DEADLINE, &val);
	assert_int_equal(val, 0);
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, 1); /* long past: at once */
	assert_int_equal(apic(0)->timer.expires, now);
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, UINT64_MAX);
	assert_true(apic(0)->timer.expires > now + SECONDS(1000000));
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, 0);
	assert_false(apic(0)->timer.active);
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, now_tsc + 100);
	wr(0, VLAPIC_LVT_TIMER, 0x70); /* another mode disarms */
	assert_false(apic(0)->timer.active);
	wr(0, VLAPIC_LVT_TIMER, LVT_TIMER_MODE | 0x70);
	assert_int_equal(rd(0, VLAPIC_LVT_TIMER), 0x70);
}

/* ---- IPIs ---- */

/* Bit per vCPU that got it. */
static unsigned int takers(uint8_t vector)
{
	unsigned int got = 0;

	for (unsigned int i = 0; i < VCPUS; i++)
		if (vlapic_pending(&vcpus[i]) == vector) {
			got |= 1u << i;
			vlapic_accept(&vcpus[i], vector);
			vlapic_eoi(&vcpus[i]);
		}
	return got;
}

static void send(unsigned int from, uint32_t dest, uint32_t icr)
{
	wr(from, VLAPIC_ICR2, dest << 24);
	wr(from, VLAPIC_ICR, icr);
}

/* A guest that sets its counter is woken when the counter has the deadline's value, not when it would have had. */
static void a_deadline_follows_the_counter(void **state)
{
	enable(0);
	now_tsc += 1000 * KHZ;
	wr(0, VLAPIC_LVT_TIMER, LVT_TSC_DEADLINE | 0x70);
	vlapic_wrmsr(&vcpus[0], MSR_TSC_DEADLINE, now_tsc + 5 * KHZ);
	now_tsc += 3 * KHZ; /* forward */
	vlapic_timer_tsc_moved(&vcpus[0]);
	assert_int_equal(apic(0)->timer.expires, now + MILLISECS(2));
	now_tsc -= 8 * KHZ; /* back */
	vlapic_timer_tsc_moved(&vcpus[0]);
	assert_int_equal(apic(0)->timer.expires, now + MILLISECS(10));
	now_tsc += 100 * KHZ; /* past it: at once */
	vlapic_timer_tsc_moved(&vcpus[0]);
	assert_int_equal(apic(0)->timer.expires, now);
	pass(1);
	assert_int_equal(vlapic_pending(&vcpus[0]), 0x70);
	vlapic_timer_tsc_moved(&vcpus[0]); /* it has come: not again */
	assert_false(apic(0)->timer.active);
	wr(0, VLAPIC_LVT_TIMER, 0x70);
	wr(0, VLAPIC_TIMER_INIT, 1000);
	now += 500;
	vlapic_timer_tsc_moved(&vcpus[0]); /* other modes count the bus */
	assert_int_equal(apic(0)->timer.expires, now - 500 + 1000 * 10 * 2);
}

static void xapic_ipis_reach_whom_they_name(void **state)
{
	for (unsigned int i = 0; i < VCPUS; i++) {
		enable(i);
		wr(i, VLAPIC_LDR, 1u << (24 + i));
	}
	send(0, 4, 0x4040);
	assert_int_equal(takers(0x40), 1 << 2);
	send(0, 3, 0x4040); /* nobody's */
	assert_int_equal(takers(0x40), 0);
	send(1, 0xff, 0x4041);
	assert_int_equal(takers(0x41), 0xf);
	send(1, 0xb, 0x4842); /* logical, flat */
	assert_int_equal(takers(0x42), 0xb);
	send(1, 0, 0x44043);
	assert_int_equal(takers(0x43), 1 << 1);
	send(1, 0, 0x84044);
	assert_int_equal(takers(0x44), 0xf);
	send(1, 0, 0xc4045);
	assert_int_equal(takers(0x45), 0xd);
	for (unsigned int i = 0; i < VCPUS; i++) {
		wr(i, VLAPIC_DFR, 0);
		wr(i, VLAPIC_LDR, (0x10u << (i & 1) | 1u << (i / 2)) << 24); /* clusters 1 and 2 */
	}
	send(0, 0x13, 0x4846);
	assert_int_equal(takers(0x46), 0x5);
	send(0, 0x22, 0x4847);
	assert_int_equal(takers(0x47), 0x8);
	wr(0, VLAPIC_TPR, 0x20);
	wr(1, VLAPIC_TPR, 0x10);
	wr(2, VLAPIC_TPR, 0x30);
	wr(3, VLAPIC_TPR, 0x30);
	send(0, 0xff, 0x4148); /* the least busy */
	assert_int_equal(takers(0x48), 1 << 1);
}

static void others_can_be_woken_and_started(void **state)
{
	enable(0);
	send(0, 2, 0x4500);
	assert_int_equal(inits[1], 1);
	send(0, 2, 0x8500); /* de-assert */
	assert_int_equal(inits[1], 1);
	send(0, 2, 0x4699);
	assert_int_equal(sipis[1], 1);
	assert_int_equal(sipi_vector, 0x99);
	send(0, 0, 0xc4500);
	assert_int_equal(inits[1] + inits[2] + inits[3], 4);
	send(0, 0xff, 0x4500); /* all, hence oneself: not that */
	send(0, 0, 0x84608);
	send(0, 0, 0x44500);
	send(0, 0, 0x4500);
	assert_int_equal(inits[0], 0);
	assert_int_equal(sipis[0], 0);
	send(0, 6, 0x4400);
	assert_true(hvms[3].nmi_pending);
	assert_int_equal(kicks[3], 1);
	send(0, 6, 0x4200); /* SMI, reserved, ExtINT: nothing */
	send(0, 6, 0x4340);
	send(0, 6, 0x4740);
	assert_int_equal(kicks[3], 1);
}

static void x2apic_ipis_reach_whom_they_name(void **state)
{
	uint64_t val;

	for (unsigned int i = 0; i < VCPUS; i++) {
		enable_x2apic(i);
		vlapic_rdmsr(&vcpus[i], 0x802, &val);
		assert_int_equal(val, 2 * i);
		vlapic_rdmsr(&vcpus[i], 0x80d, &val);
		assert_int_equal(val, 1 << 2 * i);
		assert_false(vlapic_is_mmio(&vcpus[i], 0xfee00000));
	}
	vlapic_wrmsr(&vcpus[0], 0x830, 6ull << 32 | 0x50);
	assert_int_equal(takers(0x50), 1 << 3);
	vlapic_wrmsr(&vcpus[0], 0x830, 0xffffffffull << 32 | 0x51);
	assert_int_equal(takers(0x51), 0xf);
	vlapic_wrmsr(&vcpus[0], 0x830, 0xffull << 32 | 0x51); /* no broadcast here */
	assert_int_equal(takers(0x51), 0);
	vlapic_wrmsr(&vcpus[0], 0x830, 0x14ull << 32 | 0x852);
	assert_int_equal(takers(0x52), 0x6);
	vlapic_wrmsr(&vcpus[0], 0x830, 0x10014ull << 32 | 0x852);
	assert_int_equal(takers(0x52), 0);
	vlapic_wrmsr(&vcpus[2], 0x83f, 0x53);
	assert_int_equal(takers(0x53), 1 << 2);
	vlapic_rdmsr(&vcpus[0], 0x830, &val);
	assert_int_equal(val, 0x10014ull << 32 | 0x852);
}

/* ---- modes, and hostile values ---- */

static void modes_change_only_as_allowed(void **state)
{
	static const uint64_t mode[4] = { 0, VLAPIC_BASE_X2APIC, VLAPIC_BASE_ENABLE, VLAPIC_BASE_ENABLE | VLAPIC_BASE_X2APIC };
	static const bool allowed[4][4] = { { 1, 0, 1, 0 }, { 0 }, { 1, 0, 1, 1 }, { 1, 0, 0, 1 } };

	for (unsigned int from = 0; from < 4; from++)
		for (unsigned int to = 0; to < 4; to++) {
			if (from == 1)
				continue;
			vlapic_reset(&vcpus[1]);
			if (from != 2)
				assert_int_equal(vlapic_wrmsr(&vcpus[1], MSR_APIC_BASE, VLAPIC_BASE_ADDRESS | mode[from]), 0);
			assert_int_equal(vlapic_wrmsr(&vcpus[1], MSR_APIC_BASE, VLAPIC_BASE_ADDRESS | mode[to]) == 0,
					 allowed[from][to]);
		}
	vlapic_reset(&vcpus[1]);
	for (unsigned int bit = 0; bit < 64; bit++)
		if (bit != 8 && bit != 10)
			assert_int_equal(vlapic_wrmsr(&vcpus[1], MSR_APIC_BASE, (VLAPIC_BASE_ADDRESS | VLAPIC_BASE_ENABLE) ^ 1ull << bit) == 0,
					 bit == 11);
	assert_false(vlapic_is_mmio(&vcpus[1], 0xfee00000)); /* switched off by the last */
	vlapic_set_irq(&vcpus[1], 0x40, false);
	assert_int_equal(vlapic_pending(&vcpus[1]), -1);
}

/* Nothing a guest writes makes a state that cannot be. */
static void check_sane(unsigned int i)
{
	struct vlapic *a = apic(i);

	for (unsigned int set = VLAPIC_ISR; set <= VLAPIC_IRR; set += 0x80)
		if (set != VLAPIC_TMR)
			assert_int_equal(vlapic_reg(a, set) & 0xffff, 0);
	assert_int_equal(vlapic_reg(a, VLAPIC_VERSION), 0x50014);
	assert_true(vlapic_timer_count(a) <= vlapic_reg(a, VLAPIC_TIMER_INIT));
	assert_true(vlapic_pending(&vcpus[i]) < 256);
	for (unsigned int offset = 0x400; offset < 0x1000; offset += 4)
		assert_int_equal(vlapic_reg(a, offset), 0);
}

static void every_offset_and_size_can_be_touched(void **state)
{
	static const uint32_t values[] = { 0, 1, 0xff, 0x100, 0x1ff, 0x10000, 0x60030, 0x7fffffff, 0xffffffff, 0x4040, 0xc40fe, 0x84500 };

	enable(0);
	for (unsigned int offset = 0; offset < 0x1010; offset++)
		for (unsigned int size = 1; size <= 4; size <<= 1) {
			for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++)
				vlapic_mmio_write(&vcpus[0], offset, size, values[i]);
			vlapic_mmio_read(&vcpus[0], offset, size);
			check_sane(0);
		}
}

static void every_msr_refuses_what_it_has_not(void **state)
{
	uint64_t val;

	for (uint32_t msr = 0x800; msr < 0x900; msr++) { /* not in x2APIC mode */
		assert_true(vlapic_is_msr(msr));
		assert_int_equal(vlapic_rdmsr(&vcpus[1], msr, &val), -EINVAL);
		assert_int_equal(vlapic_wrmsr(&vcpus[1], msr, 0), -EINVAL);
	}
	assert_false(vlapic_is_msr(0x900));
	assert_false(vlapic_is_msr(0x7ff));
	enable_x2apic(1);
	for (uint32_t msr = 0x800; msr < 0x900; msr++)
		for (unsigned int bit = 0; bit < 64; bit++) {
			int rc = vlapic_wrmsr(&vcpus[1], msr, 1ull << bit);

			if (!rc && msr != 0x80b && msr != 0x828 && msr != 0x830 && msr != 0x83f && bit < 32)
				assert_int_equal(vlapic_rdmsr(&vcpus[1], msr, &val), 0);
			if (bit > 31 && msr != 0x830)
				assert_int_equal(rc, -EINVAL);
			if (vlapic_rdmsr(&vcpus[1], msr, &val) && !rc)
				assert_true(msr == 0x80b || msr == 0x83f); /* write-only */
			check_sane(1);
		}
	assert_int_equal(vlapic_wrmsr(&vcpus[1], 0x80b, 1), -EINVAL);
	assert_int_equal(vlapic_wrmsr(&vcpus[1], 0x828, 1), -EINVAL);
	assert_int_equal(vlapic_wrmsr(&vcpus[1], 0x80b, 0), 0);
	assert_int_equal(vlapic_wrmsr(&vcpus[1], 0x828, 0), 0);
	assert_int_equal(vlapic_wrmsr(&vcpus[1], 0x80e, 0), -EINVAL);
	assert_int_equal(vlapic_rdmsr(&vcpus[1], 0x831, &val), -EINVAL);
}

static void random_use_stays_sane(void **state)
{
	srand(11);
	for (unsigned int round = 0; round < 200000; round++) {
		unsigned int i = (unsigned int)rand() % VCPUS, what = (unsigned int)rand() % 8;
		uint32_t val = (uint32_t)rand() << 1 ^ (uint32_t)rand();
		uint64_t out;

		if (what < 3)
			wr(i, (val >> 8 & 0x3f) << 4, (uint32_t)rand());
		else if (what < 5)
			vlapic_wrmsr(&vcpus[i], 0x800 + (val & 0x3f), (uint32_t)rand() & 0xfffff);
		else if (what == 5)
			vlapic_wrmsr(&vcpus[i], MSR_APIC_BASE, VLAPIC_BASE_ADDRESS | (val & 0xc00));
		else if (what == 6)
			pass(rand() % 1000000);
		else if (vlapic_pending(&vcpus[i]) >= 0)
			vlapic_accept(&vcpus[i], (uint8_t)vlapic_pending(&vcpus[i]));
		vlapic_rdmsr(&vcpus[i], 0x800 + (val >> 9 & 0x3f), &out);
		vlapic_wrmsr(&vcpus[i], MSR_TSC_DEADLINE, (uint64_t)val << (rand() % 32));
		check_sane(i);
	}
}

/* ---- saved state ---- */

static void move(unsigned int from, unsigned int to)
{
	struct hvm_hw_lapic hidden;
	struct hvm_hw_lapic_regs regs;

	vlapic_save(&vcpus[from], &hidden);
	vlapic_save_regs(&vcpus[from], &regs);
	assert_int_equal(vlapic_load(&vcpus[to], &hidden), 0);
	assert_int_equal(vlapic_load_regs(&vcpus[to], &regs), 0);
	check_sane(to);
}

static void state_moves_to_another_machine(void **state)
{
	uint64_t val;

	enable(1);
	wr(1, VLAPIC_TPR, 0x20);
	wr(1, VLAPIC_LDR, 0x4000000);
	wr(1, VLAPIC_LVT_TIMER, LVT_PERIODIC | 0x61);
	wr(1, VLAPIC_TIMER_DIV, 0xb);
	wr(1, VLAPIC_TIMER_INIT, 100000);
	vlapic_set_irq(&vcpus[1], 0x40, false);
	vlapic_set_irq(&vcpus[1], 0x50, false);
	vlapic_accept(&vcpus[1], 0x50);
	pass(MICROSECS(300));
	move(1, 2);
	assert_int_equal(rd(2, VLAPIC_ID), 4u << 24); /* its own */
	assert_int_equal(rd(2, VLAPIC_TPR), 0x20);
	assert_int_equal(rd(2, VLAPIC_LDR), 0x4000000);
	assert_int_equal(rd(2, VLAPIC_PPR), 0x50);
	assert_int_equal(rd(2, VLAPIC_TIMER_COUNT), 70000);
	assert_int_equal(apic(2)->timer.expires, apic(1)->timer.expires);
	vlapic_eoi(&vcpus[2]);
	assert_int_equal(vlapic_pending(&vcpus[2]), 0x40);
	enable_x2apic(3);
	vlapic_wrmsr(&vcpus[3], 0x832, LVT_TSC_DEADLINE | 0x70);
	vlapic_wrmsr(&vcpus[3], MSR_TSC_DEADLINE, now_tsc + KHZ);
	move(3, 2);
	assert_int_equal(apic(2)->timer.expires, now + MILLISECS(1));
	vlapic_rdmsr(&vcpus[2], 0x802, &val);
	assert_int_equal(val, 4);
	vlapic_rdmsr(&vcpus[2], MSR_TSC_DEADLINE, &val);
	assert_int_equal(val, now_tsc + KHZ);
}

static void hostile_state_is_cut_down(void **state)
{
	struct hvm_hw_lapic hidden = { .apic_base_msr = 0xfee00900 };
	struct hvm_hw_lapic_regs regs;

	assert_int_equal(vlapic_load(&vcpus[1], &hidden), -EINVAL); /* vCPU 0's */
	hidden.apic_base_msr = 0xfee00400;
	assert_int_equal(vlapic_load(&vcpus[1], &hidden), -EINVAL);
	hidden.apic_base_msr = 0x12300800;
	assert_int_equal(vlapic_load(&vcpus[1], &hidden), -EINVAL);
	srand(5);
	for (unsigned int round = 0; round < 5000; round++) {
		hidden.apic_base_msr = 0xfee00800 | (rand() & 0x400);
		hidden.tdt_msr = (uint64_t)rand() << (rand() % 33);
		for (unsigned int i = 0; i < sizeof(regs.data); i++)
			regs.data[i] = round & 1 ? 0xff : (uint8_t)rand();
		assert_int_equal(vlapic_load(&vcpus[1], &hidden), 0);
		assert_int_equal(vlapic_load_regs(&vcpus[1], &regs), 0);
		check_sane(1);
		pass(rand() % 10000000);
		check_sane(1);
	}
}

static void it_follows_its_vcpu(void **state)
{
	vcpus[2].processor = 5;
	vlapic_migrate(&vcpus[2]);
	assert_int_equal(apic(2)->timer.cpu, 5);
}

static void ends_of_levels_are_told_to_the_ioapic(void **state)
{
	struct vcpu *v = &vcpus[0];

	enable(0);
	for (unsigned int level = 0; level < 2; level++) {
		eoi_told = -1;
		vlapic_set_irq(v, 0x55, level);
		assert_int_equal(vlapic_pending(v), 0x55);
		vlapic_accept(v, 0x55);
		wr(0, VLAPIC_EOI, 0);
		assert_int_equal(eoi_told, level ? 0x55 : -1);
	}
}

static void messages_find_who_they_are_for(void **state)
{
	enum { FIXED = 0, LOWEST = 1, NMI = 4 };

	for (unsigned int i = 0; i < VCPUS; i++)
		enable(i);
	vlapic_message(&domain, 2 * 2, false, FIXED, 0x61, false);
	vlapic_message(&domain, 0xff, false, FIXED, 0x62, false);
	vlapic_message(&domain, 2 * 3, false, NMI, 0, false);
	vlapic_message(&domain, 2 * 3, false, 7, 0x70, false); /* not a mode that is taken here */
	for (unsigned int i = 0; i < VCPUS; i++) {
		assert_int_equal(vlapic_highest(apic(i), VLAPIC_IRR), 0x62);
		vlapic_accept(&vcpus[i], 0x62);
		assert_int_equal(vlapic_highest(apic(i), VLAPIC_IRR), i == 2 ? 0x61 : -1);
		assert_int_equal(hvms[i].nmi_pending, i == 3);
	}
	/* The least busy: all but vCPU 1 serve 0x62. */
	wr(1, VLAPIC_EOI, 0);
	vlapic_message(&domain, 0xff, false, LOWEST, 0x71, true);
	assert_int_equal(vlapic_highest(apic(1), VLAPIC_IRR), 0x71);
	assert_int_equal(vlapic_highest(apic(0), VLAPIC_IRR), -1);
}

static void lint0_lets_the_pic_in(void **state)
{
	uint64_t base;

	assert_false(vlapic_takes_extint(&vcpus[0]));
	enable(0);
	wr(0, VLAPIC_LVT_LINT0, 0x700);
	assert_true(vlapic_takes_extint(&vcpus[0]));
	wr(0, VLAPIC_LVT_LINT0, LVT_MASKED | 0x700);
	assert_false(vlapic_takes_extint(&vcpus[0]));
	assert_int_equal(vlapic_rdmsr(&vcpus[0], MSR_APIC_BASE, &base), 0);
	assert_int_equal(vlapic_wrmsr(&vcpus[0], MSR_APIC_BASE, base & ~VLAPIC_BASE_ENABLE), 0);
	assert_true(vlapic_takes_extint(&vcpus[0]));
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(memory_that_is_missing_is_told),
		CASE(it_starts_as_the_manual_says),
		CASE(a_disabled_apic_takes_nothing),
		CASE(enabling_lets_events_in),
		CASE(priorities_decide_what_is_next),
		CASE(every_pair_of_vectors_is_ordered),
		CASE(low_vectors_are_errors),
		CASE(parts_of_registers_are_read_not_written),
		CASE(one_shot_fires_once),
		CASE(all_divisors_divide),
		CASE(periodic_fires_in_step),
		CASE(a_hasty_period_is_slowed_down),
		CASE(a_deadline_is_met),
		CASE(a_deadline_follows_the_counter),
		CASE(xapic_ipis_reach_whom_they_name),
		CASE(others_can_be_woken_and_started),
		CASE(x2apic_ipis_reach_whom_they_name),
		CASE(modes_change_only_as_allowed),
		CASE(every_offset_and_size_can_be_touched),
		CASE(every_msr_refuses_what_it_has_not),
		CASE(random_use_stays_sane),
		CASE(state_moves_to_another_machine),
		CASE(hostile_state_is_cut_down),
		CASE(it_follows_its_vcpu),
		CASE(ends_of_levels_are_told_to_the_ioapic),
		CASE(messages_find_who_they_are_for),
		CASE(lint0_lets_the_pic_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
