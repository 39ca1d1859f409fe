// sources: hypervisor/arch/x86/irq/irq.c hypervisor/arch/x86/irq/guest.c hypervisor/arch/x86/irq/vector.c hypervisor/common/spinlock.c tests/unit/fake_cpus.c tests/unit/fake_log.c
// cflags: -DCONFIG_DEBUG -Ihypervisor/arch/x86/irq -include tests/unit/fake_arch.h -fno-sanitize=object-size
/* SPDX-License-Identifier: MIT */
/*
 * An irq follows its vCPU from CPU to CPU and loses no interrupt meanwhile: the device here sends to where the
 * irq was routed last, and each CPU takes what was sent to it as late as it likes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/io_apic.h>
#include <asm/smp.h>
#include "fake_cpus.h"
#include "internal.h"

#define CPUS 4
#define PIRQ 7

static struct {
	unsigned int cpu, vector; /* where its interrupts go */
	bool masked, level, fixed;
	bool held;	/* sent while masked: goes when unmasked, as an MSI-X entry's pending bit */
} device;
static bool latched[CPUS][256]; /* requested at a CPU's APIC, not yet taken */
static unsigned int sent, told; /* told: how many had been sent when the guest was told last */
static unsigned int routes;
static struct vcpu vcpu;
static struct domain dom;
static unsigned int irq; /* the device's */

/* ---- the machine ---- */

static void send(void)
{
	sent++;
	if (device.masked)
		device.held = true;
	else
		latched[device.cpu][device.vector] = true;
}

static void dev_mask(struct irq_desc *desc)
{
	device.masked = desc->masked = true;
}
static void dev_unmask(struct irq_desc *desc)
{
	device.masked = desc->masked = false;
	if (device.held)
		latched[device.cpu][device.vector] = true;
	device.held = false;
}
static void dev_route(struct irq_desc *desc)
{
	routes++;
	device.cpu = desc->cpu;
	device.vector = desc->vector;
}
static bool dev_movable(const struct irq_desc *desc)
{
	return !device.fixed;
}
static const struct irq_chip chip = {
	.name = "device", .mask = dev_mask, .unmask = dev_unmask, .route = dev_route, .movable = dev_movable,
};
const struct irq_chip io_apic_chip = { .name = "none" };

static void take(unsigned int cpu, unsigned int vector)
{
	struct cpu_user_regs regs = { .entry_vector = vector };

	assert_true(latched[cpu][vector]);
	latched[cpu][vector] = false;
	fake_be_cpu(cpu);
	do_IRQ(&regs);
	fake_be_cpu(0);
}

static bool take_any(unsigned int cpu)
{
	for (unsigned int v = 0; v < 256; v++)
		if (latched[cpu][v]) {
			take(cpu, v);
			return true;
		}
	return false;
}

static void drain(void)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		while (take_any(cpu))
			;
}

/* ---- what irq.c and guest.c call ---- */

bool x2apic_mode;
uint32_t cpu_apic_id[NR_CPUS];
cpumask_t cpu_present_map = { { (1 << CPUS) - 1 } };
unsigned int nr_gsis = 16;

bool gsi_valid(unsigned int gsi)
{
	return false;
}
void gsi_default_mode(unsigned int gsi, bool *level, bool *low)
{
}
void apic_eoi(void)
{
}
bool apic_in_service(unsigned int vector)
{
	return false;
}
void apic_error_interrupt(void)
{
}
void timer_interrupt(void)
{
}
void smp_call_interrupt(void)
{
}
void smp_flush_interrupt(void)
{
}
void smp_halt_self(void)
{
}
void irq_dump_init(void)
{
}
int evtchn_unmask(uint32_t port)
{
	return 0;
}
int pirq_to_irq(struct domain *d, unsigned int pirq)
{
	return pirq == PIRQ ? (int)irq : -EINVAL;
}
bool send_guest_pirq(struct domain *d, uint32_t port)
{
	told = sent;
	return true;
}
void *alloc_xen_pages(unsigned int order, unsigned int flags)
{
	void *p = aligned_alloc(PAGE_SIZE, PAGE_SIZE << order);

	return memset(p, 0, PAGE_SIZE << order);
}
void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}
void xfree(void *p)
{
	free(p);
}

/* ---- tests ---- */

static int start(void **state)
{
	fake_cpus_init(CPUS);
	memset(&device, 0, sizeof(device));
	memset(latched, 0, sizeof(latched));
	sent = told = routes = 0;
	vcpu.domain = &dom;
	vcpu.processor = 0;
	irq_init();
	irq = (unsigned int)irq_alloc_msi(&chip, NULL);
	device.masked = true;
	assert_int_equal(pirq_guest_bind(&vcpu, PIRQ, 1, false), 0);
	assert_false(device.masked);
	assert_int_equal(device.cpu, 0);
	return 0;
}

static int stop(void **state)
{
	pirq_guest_unbind(&dom, PIRQ);
	irq_free_msi(irq);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) /* no vector stays behind, wherever it has been */
		for (unsigned int v = 0; v < 256; v++)
			assert_int_equal(vector_lookup(&per_cpu(vector_table, cpu), v), -1);
	free(irq_descs);
	return 0;
}

static void one_on_its_way_outlives_any_number_of_moves(void **state)
{
	send();
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		pirq_set_affinity(&dom, PIRQ, cpu);
	drain();
	assert_int_equal(told, 1);
	send();
	pirq_set_affinity(&dom, PIRQ, 1);
	pirq_set_affinity(&dom, PIRQ, 2);
	drain();
	assert_int_equal(told, 2);
}

static void it_arrives_where_its_guest_is_from_the_second_on(void **state)
{
	pirq_set_affinity(&dom, PIRQ, 3);
	send();
	assert_true(take_any(0));
	send();
	assert_true(take_any(3));
	assert_int_equal(told, 2);
	assert_int_equal(routes, 2); /* at binding, and then one move */
}

static void moving_costs_the_device_nothing_while_it_is_silent(void **state)
{
	for (unsigned int i = 0; i < 100; i++)
		pirq_set_affinity(&dom, PIRQ, i % CPUS);
	assert_int_equal(routes, 1);
}

static void a_move_taken_back_is_none(void **state)
{
	pirq_set_affinity(&dom, PIRQ, 3);
	pirq_set_affinity(&dom, PIRQ, 0);
	send();
	drain();
	assert_int_equal(device.cpu, 0);
	assert_int_equal(routes, 1);
}

static void a_cpu_that_is_off_and_an_irq_that_cannot_move_leave_it_where_it_is(void **state)
{
	pirq_set_affinity(&dom, PIRQ, CPUS);
	send();
	drain();
	assert_int_equal(device.cpu, 0);
	device.fixed = true;
	pirq_set_affinity(&dom, PIRQ, 1);
	send();
	drain();
	assert_int_equal(device.cpu, 0);
	assert_int_equal(told, 2);
}

/* Nothing is taken in the order it was sent, and the guest's vCPU is somewhere else each time. */
static void whatever_was_sent_the_guest_is_told_after_it(void **state)
{
	unsigned int seed = 1;

	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int what = (unsigned int)rand_r(&seed), cpu = (what >> 4) % CPUS;

		switch (what % 5) {
		case 0:
			send();
			break;
		case 1:
		case 2:
			pirq_set_affinity(&dom, PIRQ, cpu);
			break;
		case 3:
			(void)take_any(cpu);
			break;
		default:
			if (what % 16)
				break;
			drain();
			assert_int_equal(told, sent);
		}
	}
	assert_true(routes > 1000);
}

static void a_level_line_moves_when_its_guest_is_done(void **state)
{
	irq_descs[irq].level = true;
	pirq_set_affinity(&dom, PIRQ, 2);
	send();
	assert_true(take_any(0));
	assert_true(device.masked);
	assert_int_equal(device.cpu, 0);
	pirq_guest_eoi(&dom, PIRQ);
	assert_false(device.masked);
	assert_int_equal(device.cpu, 2);
	send();
	assert_true(take_any(2));
	assert_int_equal(told, 2);
	pirq_guest_eoi(&dom, PIRQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_on_its_way_outlives_any_number_of_moves, start, stop),
		cmocka_unit_test_setup_teardown(it_arrives_where_its_guest_is_from_the_second_on, start, stop),
		cmocka_unit_test_setup_teardown(moving_costs_the_device_nothing_while_it_is_silent, start, stop),
		cmocka_unit_test_setup_teardown(a_move_taken_back_is_none, start, stop),
		cmocka_unit_test_setup_teardown(a_cpu_that_is_off_and_an_irq_that_cannot_move_leave_it_where_it_is,
						start, stop),
		cmocka_unit_test_setup_teardown(whatever_was_sent_the_guest_is_told_after_it, start, stop),
		cmocka_unit_test_setup_teardown(a_level_line_moves_when_its_guest_is_done, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
