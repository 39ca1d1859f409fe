/* SPDX-License-Identifier: MIT */
/*
 * Promise: no combination of arguments to any hypercall hurts anyone but the caller. Every call number is
 * given pointers into the hypervisor, to nowhere, to the end of memory, and huge counts; the hypervisor
 * must still answer afterwards, and must not have followed a pointer into itself.
 */
#include "../kit/kit.h"
#include <public/version.h>

static uint64_t seed = 0x9e3779b97f4a7c15ul;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const uint64_t pointers[] = {
	0, 8, 0xfff, 0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffff82d080200000, 0xffff830000000000,
	0xffff87fffffffff8, 0xfffffffffffffff8, 0xfffffffffffff000, 0xdeadbeefdeadbeef,
};

static uint64_t wild(void)
{
	uint64_t r = next();

	return r & 1 ? pointers[(r >> 8) % (sizeof(pointers) / sizeof(pointers[0]))] : next() >> (r >> 1 & 63);
}

/* Calls that by their nature change this guest's own fate whatever the arguments. */
static bool own_fate(unsigned int nr)
{
	return nr == __HYPERVISOR_iret || nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_stack_switch ||
	       nr == __HYPERVISOR_set_callbacks || nr == __HYPERVISOR_sched_op_compat ||
	       nr == __HYPERVISOR_fpu_taskswitch || nr == __HYPERVISOR_set_segment_base ||
	       nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_set_trap_table ||
	       nr == __HYPERVISOR_console_io || nr == __HYPERVISOR_vcpu_op || nr == __HYPERVISOR_set_debugreg;
}

void test(void)
{
	unsigned int rounds = 0, answered = 0;

	for (unsigned int round = 0; round < 300; round++) {
		for (unsigned int nr = 0; nr < 64; nr++) {
			uint64_t a = nr > 50 || own_fate(nr) ? 0 : round < 100 ? next() % 40 : wild();

			if (own_fate(nr))
				continue;
			/* first argument: mostly a plausible sub-operation; pointers are always wild */
			if (hypercall(nr, a, wild(), wild(), wild(), wild()) != -38)
				answered++;
			rounds++;
		}
	}
	say("%u calls, %u of them known", rounds, answered);
	check("still-answers", call2(__HYPERVISOR_xen_version, XENVER_version, 0) == ((4 << 16) | 17));
	check_eq("no-such-call", call1(63, 0), -38);
	check_eq("number-out-of-range", call1(0x7fffffff, 0), -38);
	check("copy-into-hypervisor",
	      call2(__HYPERVISOR_xen_version, XENVER_extraversion, 0xffff82d080200000) < 0);
	check("copy-to-unmapped", call2(__HYPERVISOR_xen_version, XENVER_extraversion, 0x1000) < 0);
	check("table-intact", read_ok(si->pt_base) && !write_ok(si->pt_base));
}
