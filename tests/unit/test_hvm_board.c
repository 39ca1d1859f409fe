// sources: hypervisor/arch/x86/hvm/platform/irq.c hypervisor/arch/x86/hvm/platform/pic.c hypervisor/arch/x86/hvm/platform/ioapic.c hypervisor/arch/x86/hvm/platform/pit.c hypervisor/arch/x86/hvm/platform/rtc.c hypervisor/arch/x86/hvm/platform/hpet.c hypervisor/arch/x86/hvm/platform/pmtimer.c hypervisor/arch/x86/hvm/platform/platform.c hypervisor/arch/x86/hvm/platform/records.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -Ihypervisor/arch/x86/hvm
/* SPDX-License-Identifier: MIT */
/*
 * The board of an HVM guest, in a time the test sets: interrupt controllers, timers and clocks, by the ports and
 * addresses a guest uses; their saved state, also spoilt; and any access with any value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/hvm/platform.h>
#include <asm/time.h>
#include "save_internal.h"

#define NR_TIMERS 16
#define START	  1000000000ull /* 9 September 2001, 01:46:40, a Sunday */

static s_time_t now;
static struct timer *timers[NR_TIMERS];
static unsigned int nr_timers, nr_messages;
static struct domain domain;
static struct hvm_domain hvm;
static struct vcpu vcpu, *slots[1] = { &vcpu };
static struct hvm_vcpu hvm_vcpu;
static struct vcpu_info info;
static bool extint;
static struct {
	uint32_t dest;
	unsigned int delivery;
	uint8_t vector;
	bool logical, level;
} last;

/* ---- what the code asks of the rest ---- */

__thread struct cpu_info fake_cpu;

s_time_t NOW(void)
{
	return now;
}

uint64_t wallclock_now(uint32_t *nsec)
{
	*nsec = (uint32_t)(now % 1000000000);
	return START + (uint64_t)now / 1000000000;
}

void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
	assert_true(nr_timers < NR_TIMERS);
	timers[nr_timers++] = t;
}

void set_timer(struct timer *t, s_time_t expires)
{
	assert_false(t->dead);
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

void spin_lock_init(spinlock_t *l)
{
	*l = (spinlock_t)SPIN_LOCK_UNLOCKED;
}

static unsigned int locks;

void spin_lock(spinlock_t *l)
{
	locks++;
}

void spin_unlock(spinlock_t *l)
{
	locks--;
}

void bug(const char *file, int line, const char *what)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

void vcpu_unblock(struct vcpu *v)
{
}

void vcpu_kick(struct vcpu *v)
{
}

bool vlapic_takes_extint(const struct vcpu *v)
{
	return extint;
}

void vlapic_message(struct domain *d, uint32_t dest, bool logical, unsigned int delivery, uint8_t vector, bool level)
{
	nr_messages++;
	last.dest = dest;
	last.logical = logical;
	last.delivery = delivery;
	last.vector = vector;
	last.level = level;
}

void ioreq_destroy_all(struct domain *d)
{
}

void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}

void xfree(void *p)
{
	free(p);
}

/* ---- the machine ---- */

static int start(void **state)
{
	now = 5000000000;
	nr_timers = nr_messages = 0;
	extint = true;
	memset(&last, 0, sizeof(last));
	memset(&info, 0, sizeof(info));
	hvm = (struct hvm_domain){ .params[HVM_PARAM_HPET_ENABLED] = 1, .params[HVM_PARAM_ACPI_IOPORTS_LOCATION] = 1 };
	domain = (struct domain){ .max_vcpus = 1, .vcpu = slots, .arch.hvm = &hvm };
	vcpu = (struct vcpu){ .domain = &domain, .arch.hvm = &hvm_vcpu, .vcpu_info = &info };
	assert_int_equal(hvm_platform_create(&domain), 0);
	return 0;
}

static int stop(void **state)
{
	hvm_platform_relinquish(&domain);
	for (unsigned int i = 0; i < nr_timers; i++)
		timers[i]->active = false;
	hvm_platform_destroy(&domain);
	hvm_platform_destroy(&domain); /* also of one that has none */
	return locks != 0;
}

static void out(uint16_t port, uint8_t val)
{
	uint32_t v = val;

	assert_true(hvm_platform_port(&vcpu, true, port, 1, &v));
}

static uint8_t in(uint16_t port)
{
	uint32_t v = ~0u;

	assert_true(hvm_platform_port(&vcpu, false, port, 1, &v));
	return (uint8_t)v;
}

static void wr(uint64_t gpa, unsigned int size, uint64_t val)
{
	assert_true(hvm_platform_mmio(&vcpu, true, gpa, size, &val));
}

static uint64_t rd(uint64_t gpa, unsigned int size)
{
	uint64_t val = ~0ull;

	assert_true(hvm_platform_mmio(&vcpu, false, gpa, size, &val));
	return size == 8 ? val : val & ((1ull << size * 8) - 1);
}

/* Time goes by, timer by timer. */
static void pass(s_time_t ns)
{
	s_time_t end = now + ns;

	for (;;) {
		struct timer *next = NULL;

		for (unsigned int i = 0; i < nr_timers; i++)
			if (timers[i]->active && timers[i]->expires <= end && (!next || timers[i]->expires < next->expires))
				next = timers[i];
		if (!next)
			break;
		now = max(now, next->expires);
		next->active = false;
		next->fn(next->data);
		assert_true(!next->active || next->expires > now);
	}
	now = end;
}

static void init_pics(uint8_t master, uint8_t slave)
{
	out(0x20, 0x11);
	out(0x21, master);
	out(0x21, 4);
	out(0x21, 1);
	out(0xa0, 0x11);
	out(0xa1, slave);
	out(0xa1, 2);
	out(0xa1, 1);
	out(0x21, 0);
	out(0xa1, 0);
}

static uint32_t ioapic(unsigned int reg)
{
	wr(0xfec00000, 4, reg);
	return (uint32_t)rd(0xfec00010, 4);
}

static void set_ioapic(unsigned int reg, uint32_t val)
{
	wr(0xfec00000, 4, reg);
	wr(0xfec00010, 4, val);
}

static void set_pin(unsigned int pin, uint32_t low)
{
	set_ioapic(0x11 + 2 * pin, 3u << 24);
	set_ioapic(0x10 + 2 * pin, low);
}

/* ---- PIC ---- */

static void pic_serves_by_priority(void **state)
{
	init_pics(8, 0x70);
	assert_false(vpic_pending(&vcpu));
	hvm_isa_irq_pulse(&domain, 12);
	hvm_isa_irq_pulse(&domain, 4);
	extint = false;
	assert_false(vpic_pending(&vcpu));
	set_pin(0, 0x700); /* by the I/O APIC instead */
	assert_true(vpic_pending(&vcpu));
	set_pin(0, 0x10700);
	assert_false(vpic_pending(&vcpu));
	extint = true;
	assert_true(vpic_pending(&vcpu));
	assert_int_equal(vpic_ack(&vcpu), 0x74); /* by input 2, which is before 4 */
	assert_false(vpic_pending(&vcpu));
	hvm_isa_irq_pulse(&domain, 0);
	assert_int_equal(vpic_ack(&vcpu), 8);
	out(0x20, 0x20);
	assert_false(vpic_pending(&vcpu)); /* 12 is still served */
	out(0xa0, 0x20);
	out(0x20, 0x20);
	assert_int_equal(vpic_ack(&vcpu), 12); /* ISA 4: vector 8 + 4 */
	out(0x20, 0x0b);
	assert_int_equal(in(0x20), 1 << 4);
	out(0x20, 0x64); /* the specific end of 4 */
	assert_int_equal(in(0x20), 0);
	assert_int_equal(vpic_ack(&vcpu), -1);
}

static void pic_masks_and_levels(void **state)
{
	init_pics(0x30, 0x38);
	out(0x21, 1 << 5);
	hvm_isa_irq_set(&domain, 5, true);
	assert_false(vpic_pending(&vcpu));
	out(0x21, 0);
	assert_int_equal(vpic_ack(&vcpu), 0x35);
	out(0x20, 0x20);
	assert_false(vpic_pending(&vcpu)); /* an edge comes once */
	hvm_isa_irq_set(&domain, 5, false);
	out(0x4d0, 0xff);
	assert_int_equal(in(0x4d0), 0xf8); /* not those of the board */
	out(0x4d1, 0xff);
	assert_int_equal(in(0x4d1), 0xde);
	hvm_isa_irq_set(&domain, 5, true);
	assert_int_equal(vpic_ack(&vcpu), 0x35);
	out(0x20, 0x20);
	assert_int_equal(vpic_ack(&vcpu), 0x35); /* a level for as long as it is up */
	hvm_isa_irq_set(&domain, 5, false);
	out(0x20, 0x20);
	assert_false(vpic_pending(&vcpu));
}

static void pic_polls_and_rotates(void **state)
{
	init_pics(0x30, 0x38);
	hvm_isa_irq_pulse(&domain, 3);
	out(0x20, 0x0c);
	assert_int_equal(in(0x20), 0x83);
	out(0x20, 0xa0); /* the end, and 3 becomes the lowest */
	hvm_isa_irq_pulse(&domain, 3);
	hvm_isa_irq_pulse(&domain, 6);
	assert_int_equal(vpic_ack(&vcpu), 0x36);
	out(0x20, 0x20);
	assert_int_equal(vpic_ack(&vcpu), 0x33);
}

/* ---- I/O APIC and wires ---- */

static void ioapic_edges(void **state)
{
	assert_int_equal(ioapic(1), 0x11 | 47 << 16);
	assert_int_equal(ioapic(0x10 + 2 * 4), 0x10000);
	hvm_isa_irq_pulse(&domain, 4);
	assert_int_equal(nr_messages, 0);
	set_pin(4, 0x41);
	assert_int_equal(ioapic(0x11 + 2 * 4), 3u << 24);
	hvm_isa_irq_pulse(&domain, 4);
	assert_int_equal(nr_messages, 1);
	assert_int_equal(last.vector, 0x41);
	assert_int_equal(last.dest, 3);
	assert_false(last.level);
	set_pin(2, 0x42);
	hvm_isa_irq_pulse(&domain, 0); /* the timer's pin is the second */
	assert_int_equal(last.vector, 0x42);
}

static void ioapic_levels_are_shared(void **state)
{
	unsigned int gsi = (3 * 4 + 1) % 32 + 16, same = (11 * 4 + 1) % 32 + 16;

	assert_int_equal(gsi, same);
	set_pin(gsi, 0x8051 | 0xa000);
	hvm_pci_intx_set(&domain, 3, 1, true);
	assert_int_equal(nr_messages, 1);
	assert_true(last.level);
	assert_true(ioapic(0x10 + 2 * gsi) & 1 << 14);
	hvm_pci_intx_set(&domain, 11, 1, true);
	assert_int_equal(nr_messages, 1);
	hvm_pci_intx_set(&domain, 3, 1, false);
	hvm_pci_intx_set(&domain, 3, 1, false); /* twice is once */
	vioapic_eoi(&domain, 0x52);
	assert_int_equal(nr_messages, 1);
	vioapic_eoi(&domain, 0x51);
	assert_int_equal(nr_messages, 2); /* the other still holds it up */
	hvm_pci_intx_set(&domain, 11, 1, false);
	vioapic_eoi(&domain, 0x51);
	assert_int_equal(nr_messages, 2);
	assert_false(ioapic(0x10 + 2 * gsi) & 1 << 14);
	/* A level that is up when its pin is unmasked. */
	set_pin(gsi, 0x18051);
	hvm_pci_intx_set(&domain, 3, 1, true);
	assert_int_equal(nr_messages, 2);
	set_pin(gsi, 0x8051);
	assert_int_equal(nr_messages, 3);
}

static void links_follow_their_route(void **state)
{
	init_pics(0x30, 0x38);
	out(0x4d1, 1 << (11 - 8) | 1 << (10 - 8));
	hvm_pci_intx_set(&domain, 5, 2, true); /* link 3 */
	assert_false(vpic_pending(&vcpu));
	assert_int_equal(hvm_pci_link_route(&domain, 3, 11), 0);
	assert_int_equal(vpic_ack(&vcpu), 0x3b);
	assert_int_equal(hvm_pci_link_route(&domain, 3, 10), 0);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	assert_int_equal(vpic_ack(&vcpu), 0x3a);
	hvm_pci_intx_set(&domain, 5, 2, false);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	assert_false(vpic_pending(&vcpu));
	assert_int_equal(hvm_pci_link_route(&domain, 4, 1), -EINVAL);
	assert_int_equal(hvm_pci_link_route(&domain, 0, 16), -EINVAL);
	assert_int_equal(hvm_msi(&domain, 0xfee0500c, 0x4033), 0);
	assert_int_equal(last.dest, 5);
	assert_true(last.logical);
	assert_int_equal(last.vector, 0x33);
	assert_int_equal(hvm_msi(&domain, 0xfed0500c, 0x4033), -EINVAL);
}

static void events_by_a_line(void **state)
{
	unsigned int gsi = (2 * 4) % 32 + 16;

	set_pin(gsi, 0x8060);
	assert_int_equal(hvm_callback_line(&domain, VIA_GSI, NR_GSIS), -EINVAL);
	assert_int_equal(hvm_callback_line(&domain, VIA_INTX, 2 << 11), 0);
	assert_false(hvm_callback_stale(&vcpu));
	info.evtchn_upcall_pending = 1;
	assert_true(hvm_callback_stale(&vcpu));
	hvm_callback_update(&vcpu);
	assert_false(hvm_callback_stale(&vcpu));
	assert_int_equal(nr_messages, 1);
	info.evtchn_upcall_pending = 0;
	hvm_callback_update(&vcpu);
	vioapic_eoi(&domain, 0x60);
	assert_int_equal(nr_messages, 1);
	info.evtchn_upcall_pending = 1;
	hvm_callback_update(&vcpu);
	assert_int_equal(nr_messages, 2);
	/* A vCPU with a vector of its own needs no line. */
	hvm_vcpu.upcall_vector = 0xf3;
	assert_true(hvm_callback_stale(&vcpu));
	hvm_callback_update(&vcpu);
	assert_int_equal(domain.arch.hvm->platform->lines.asserts[gsi], 0);
	assert_false(hvm_callback_stale(&vcpu));
	hvm_vcpu.upcall_vector = 0;
	hvm_callback_update(&vcpu);
	/* Another way to be told lowers this line. */
	assert_int_equal(hvm_callback_line(&domain, VIA_VECTOR, 0xf3), 0);
	assert_false(hvm_callback_stale(&vcpu));
	assert_int_equal(domain.arch.hvm->platform->lines.asserts[gsi], 0);
}

/* ---- timers ---- */

static unsigned int pit_count(unsigned int channel)
{
	unsigned int low;

	out(0x43, (uint8_t)(channel << 6));
	low = in((uint16_t)(0x40 + channel));
	return low | (unsigned int)in((uint16_t)(0x40 + channel)) << 8;
}

static void pit_ticks(void **state)
{
	set_pin(2, 0x20);
	out(0x43, 0x34); /* channel 0, both bytes, rate generator */
	out(0x40, 0xa9);
	out(0x40, 0x04); /* 1193: a millisecond */
	pass(MILLISECS(10) + 1000);
	assert_int_equal(nr_messages, 10);
	out(0x43, 0x30); /* once */
	out(0x40, 0xa9);
	out(0x40, 0x04);
	nr_messages = 0;
	pass(MILLISECS(10));
	assert_int_equal(nr_messages, 1);
	out(0x43, 0x34); /* as fast as it can: bounded */
	out(0x40, 2);
	out(0x40, 0);
	nr_messages = 0;
	pass(MILLISECS(10));
	assert_true(nr_messages <= 100);
}

static void pit_counts(void **state)
{
	out(0x61, 1);
	out(0x43, 0xb0); /* channel 2, mode 0 */
	out(0x42, 0x00);
	out(0x42, 0x10);
	assert_false(in(0x61) & 0x20);
	pass(ticks_to_ns(0x800, 1193182));
	assert_in_range(pit_count(2), 0x7fe, 0x801);
	pass(ticks_to_ns(0x801, 1193182));
	assert_true(in(0x61) & 0x20);
	/* Read back status and count at once: status first. */
	out(0x43, 0xc8);
	assert_int_equal(in(0x42) & 0xbf, 0xb0);
	assert_true(in(0x61) & 1);
	out(0x61, 0);
	assert_false(in(0x61) & 1);
}

static uint8_t cmos(uint8_t reg)
{
	out(0x70, reg);
	return in(0x71);
}

static void set_cmos(uint8_t reg, uint8_t val)
{
	out(0x70, reg);
	out(0x71, val);
}

static void rtc_tells_the_time(void **state)
{
	uint32_t v = 0x20;

	assert_int_equal(cmos(11), 2);
	assert_int_equal(cmos(0), 0x45); /* 01:46:40 and 5 s of uptime, BCD */
	assert_int_equal(cmos(2), 0x46);
	assert_int_equal(cmos(4), 0x01);
	assert_int_equal(cmos(6), 1);
	assert_int_equal(cmos(7), 0x09);
	assert_int_equal(cmos(8), 0x09);
	assert_int_equal(cmos(9), 0x01);
	set_cmos(11, 2 | 4);
	assert_int_equal(cmos(0), 45);
	/* Set to 31 December 1999, 23:59:59. */
	set_cmos(11, 0x80 | 2 | 4);
	set_cmos(9, 99);
	set_cmos(8, 12);
	set_cmos(7, 31);
	set_cmos(4, 23);
	set_cmos(2, 59);
	set_cmos(0, 59);
	pass(SECONDS(5));
	assert_int_equal(cmos(0), 59);
	set_cmos(11, 2 | 4);
	pass(SECONDS(2));
	assert_int_equal(cmos(0), 1);
	assert_int_equal(cmos(4), 0);
	assert_int_equal(cmos(7), 1);
	assert_int_equal(cmos(8), 1);
	assert_int_equal(cmos(9), 0);
	assert_int_equal(cmos(6), 7); /* a Saturday */
	/* What is past the clock is a device model's, its index as well. */
	assert_false(hvm_platform_port(&vcpu, true, 0x70, 1, &v));
	assert_false(hvm_platform_port(&vcpu, false, 0x71, 1, &v));
}

static void rtc_interrupts(void **state)
{
	set_pin(8, 0x28);
	set_cmos(10, 0x2f); /* 500 ms */
	set_cmos(11, 0x42);
	for (unsigned int i = 1; i <= 4; i++) {
		pass(MILLISECS(500));
		assert_int_equal(nr_messages, i);
		assert_true((cmos(12) & 0xc0) == 0xc0);
		assert_int_equal(cmos(12), 0);
	}
	set_cmos(11, 0x12); /* once a second */
	nr_messages = 0;
	pass(SECONDS(3));
	assert_int_equal(nr_messages, 1); /* C was not read */
	assert_true(cmos(12) & 0x90);
	set_cmos(1, 0x00); /* the alarm at the next full minute */
	set_cmos(3, 0xff);
	set_cmos(5, 0xff);
	set_cmos(11, 0x22);
	nr_messages = 0;
	pass(SECONDS(60));
	assert_int_equal(nr_messages, 1);
	assert_true(cmos(12) & 0x20);
}

#define HPET 0xfed00000ull

static void hpet_counts_and_fires(void **state)
{
	assert_int_equal(rd(HPET, 8) >> 32, 16000000);
	assert_int_equal(rd(HPET, 4) & 0xffff, 0xa201);
	assert_int_equal(rd(HPET + 0xf0, 8), 0);
	set_pin(20, 0x33);
	wr(HPET + 0x140, 8, 20 << 9 | 1 << 2); /* the third: pin 20, an edge */
	wr(HPET + 0x148, 8, 62500);		/* a millisecond */
	pass(MILLISECS(5));
	assert_int_equal(nr_messages, 0);
	wr(HPET + 0x10, 8, 1);
	pass(MILLISECS(5));
	assert_int_equal(nr_messages, 1);
	assert_int_equal(rd(HPET + 0xf0, 8), 312500);
	/* Periodic, a level. */
	set_pin(20, 0x8033);
	wr(HPET + 0x140, 4, 20 << 9 | 1 << 3 | 1 << 2 | 1 << 1 | 1 << 6);
	wr(HPET + 0x148, 4, 312500 + 62500);
	wr(HPET + 0x148, 4, 62500);
	nr_messages = 0;
	pass(MILLISECS(3));
	assert_int_equal(nr_messages, 1);
	assert_int_equal(rd(HPET + 0x20, 4), 4);
	wr(HPET + 0x20, 4, 4);
	vioapic_eoi(&domain, 0x33);
	pass(MILLISECS(1));
	assert_int_equal(nr_messages, 2);
	/* Switched off in the guest's configuration, it is not there. */
	hvm.params[HVM_PARAM_HPET_ENABLED] = 0;
	assert_false(hvm_platform_mmio(&vcpu, false, HPET, 4, &(uint64_t){ 0 }));
}

static void hpet_takes_the_place_of_the_pit(void **state)
{
	set_pin(2, 0x20);
	out(0x43, 0x34);
	out(0x40, 0xa9);
	out(0x40, 0x04);
	wr(HPET + 0x10, 8, 3);
	pass(MILLISECS(5));
	assert_int_equal(nr_messages, 0);
	wr(HPET + 0x100, 8, 1 << 2 | 1 << 3 | 1 << 6);
	wr(HPET + 0x108, 8, rd(HPET + 0xf0, 8) + 62500);
	wr(HPET + 0x108, 8, 62500);
	pass(MILLISECS(5));
	assert_int_equal(nr_messages, 5);
}

static void pm_timer_and_buttons(void **state)
{
	uint32_t a, b, v = 0x100;

	assert_true(hvm_platform_port(&vcpu, false, 0xb008, 4, &a));
	pass(SECONDS(1));
	assert_true(hvm_platform_port(&vcpu, false, 0xb008, 4, &b));
	assert_in_range(b - a, 3579544, 3579546);
	set_pin(ISA_IRQ_SCI, 0x8009 | 0x20);
	assert_true(hvm_platform_port(&vcpu, true, 0xb002, 2, &v));
	vpmtimer_button(&domain, false);
	assert_int_equal(nr_messages, 1);
	assert_true(hvm_platform_port(&vcpu, false, 0xb000, 2, &a));
	assert_int_equal(a, 0x100);
	assert_true(hvm_platform_port(&vcpu, true, 0xb000, 2, &v));
	assert_int_equal(hvm_platform_of(&domain)->lines.asserts[ISA_IRQ_SCI], 0);
	assert_false(hvm_platform_port(&vcpu, false, 0xb004, 2, &a)); /* control: a device model's */
	assert_false(hvm_platform_port(&vcpu, false, 0x1f48, 4, &a)); /* the other place */
}

/* ---- saved state, and nonsense ---- */

static void a20_gate_is_kept(void **state)
{
	uint32_t reset = 1;

	assert_int_equal(in(0x92), 2);
	out(0x92, 0);
	assert_int_equal(in(0x92), 0);
	/* Not the reset that shares its port. */
	assert_false(hvm_platform_port(&vcpu, true, 0x92, 1, &reset));
	assert_int_equal(in(0x92), 0);
}

/* Device models are not asked about the register that is chosen, but about what shares its ports. */
static void chosen_pci_register_is_kept(void **state)
{
	uint32_t v = 0x80000b08;

	assert_true(hvm_platform_port(&vcpu, true, 0xcf8, 4, &v));
	assert_int_equal(hvm_platform_of(&domain)->cf8, 0x80000b08);
	v = 0;
	assert_true(hvm_platform_port(&vcpu, false, 0xcf8, 4, &v));
	assert_int_equal(v, 0x80000b08);
	v = 6;
	assert_false(hvm_platform_port(&vcpu, true, 0xcf8, 1, &v));
	assert_false(hvm_platform_port(&vcpu, true, 0xcf8, 2, &v));
	assert_false(hvm_platform_port(&vcpu, true, 0xcf9, 1, &v)); /* resets the machine */
	assert_false(hvm_platform_port(&vcpu, false, 0xcfc, 4, &v));
	assert_int_equal(hvm_platform_of(&domain)->cf8, 0x80000b08);
}

static void records_come_back(void **state)
{
	static union record was[NR_BOARD_RECORDS], is;

	init_pics(8, 0x70);
	hvm_isa_irq_set(&domain, 5, true);
	hvm_pci_intx_set(&domain, 3, 0, true);
	set_pin(28, 0x8044);
	for (unsigned int i = 0; i < NR_BOARD_RECORDS; i++) {
		memset(&was[i], 0, sizeof(was[i]));
		assert_int_equal(hvm_board_records[i].save(&domain, NULL, &was[i]), hvm_board_records[i].least);
	}
	stop(state);
	start(state);
	for (unsigned int i = 0; i < NR_BOARD_RECORDS; i++)
		assert_int_equal(hvm_board_records[i].load(&domain, NULL, &was[i], hvm_board_records[i].least), 0);
	for (unsigned int i = 0; i < NR_BOARD_RECORDS; i++) {
		memset(&is, 0, sizeof(is));
		hvm_board_records[i].save(&domain, NULL, &is);
		assert_memory_equal(&is, &was[i], hvm_board_records[i].least);
	}
}

static uint64_t seed = 88172645463325252ull;
static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void any_access(void)
{
	static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71,
					  0xcf8, 0xb000, 0xb001, 0xb002, 0xb003, 0xb008, 0xb00b };
	uint64_t val = any() >> any() % 64;
	uint32_t small = (uint32_t)val;

	switch (any() % 4) {
	case 0:
		hvm_platform_mmio(&vcpu, any() & 1, 0xfec00000 + (any() & 1) * 16, 4, &val);
		break;
	case 1:
		hvm_platform_mmio(&vcpu, any() & 1, HPET + any() % 0x200, 1u << any() % 4, &val);
		break;
	default:
		hvm_platform_port(&vcpu, any() & 1, ports[any() % ARRAY_SIZE(ports)], 1u << any() % 3, &small);
	}
}

static void nonsense_hurts_nobody(void **state)
{
	static union record r;

	for (unsigned int i = 0; i < 200000; i++) {
		any_access();
		switch (any() % 16) {
		case 0:
			hvm_pci_intx_set(&domain, any() % 32, any() % 4, any() & 1);
			break;
		case 1:
			hvm_isa_irq_set(&domain, any() % 16, any() & 1);
			break;
		case 2:
			hvm_pci_link_route(&domain, any() % 5, any() % 18);
			break;
		case 3:
			vioapic_eoi(&domain, (uint8_t)any());
			vpic_ack(&vcpu);
			break;
		case 4:
			hvm_callback_line(&domain, VIA_VECTOR + any() % 3, any());
			info.evtchn_upcall_pending = any() & 1;
			hvm_callback_update(&vcpu);
			break;
		case 5:
			pass((s_time_t)(any() % 3000000));
			break;
		}
	}
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int kind = any() % NR_BOARD_RECORDS;

		for (unsigned int j = 0; j < sizeof(r); j++)
			((uint8_t *)&r)[j] = any() & 1 ? 0 : (uint8_t)any();
		(void)hvm_board_records[kind].load(&domain, NULL, &r, hvm_board_records[kind].least);
		any_access();
		pass((s_time_t)(any() % 100000));
	}
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(pic_serves_by_priority), CASE(pic_masks_and_levels), CASE(pic_polls_and_rotates),
		CASE(ioapic_edges), CASE(ioapic_levels_are_shared), CASE(links_follow_their_route), CASE(events_by_a_line),
		CASE(pit_ticks), CASE(pit_counts), CASE(rtc_tells_the_time), CASE(rtc_interrupts),
		CASE(hpet_counts_and_fires), CASE(hpet_takes_the_place_of_the_pit), CASE(pm_timer_and_buttons),
		CASE(a20_gate_is_kept), CASE(chosen_pci_register_is_kept), CASE(records_come_back), CASE(nonsense_hurts_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
