// SPDX-License-Identifier: MIT
// sources: hypervisor/arch/x86/hvm/viridian.c hypervisor/arch/x86/hvm/viridian_cpuid.c tests/unit/fake_log.c
// cflags: -include tests/unit/fake_arch.h -Ihypervisor/arch/x86/hvm
/*
 * What Windows finds of its own hypervisor: which parts can be had, what CPUID says of them, MSRs, the pages that are
 * written, the calls, and what is saved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/hvm/emulate.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/records.h>
#include <asm/hvm/viridian.h>
#include <public/sched.h>

#define EVERYTHING                                                                                                     \
	(HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_reference_tsc | HVMPV_apic_assist | HVMPV_crash_ctl |          \
	 HVMPV_no_vp_limit | HVMPV_cpu_hotplug)
#define FRAME 5 /* the guest's only one */

static struct domain guest;
static struct hvm_domain hvm_domain;
static struct hvm_vcpu hvm_vcpu;
static struct vcpu vcpu, *slots[1] = { &vcpu };
static uint8_t memory[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static int held, yields, mode;
static bool read_only;
static s_time_t clock_ns;
static uint64_t tsc, apic[0x100];

/* ---- the rest of the hypervisor ---- */

__thread struct cpu_info fake_cpu;
static uint64_t khz = 2000000;

s_time_t NOW(void)
{
	return clock_ns;
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write, enum p2m_type *t)
{
	*t = read_only ? P2M_ram_ro : P2M_ram_rw;
	if (gfn_x(gfn) != FRAME)
		return NULL;
	held++;
	return (struct page *)memory;
}

void put_page(struct page *pg)
{
	held--;
}

mfn_t page_to_mfn(const struct page *pg)
{
	assert_ptr_equal(pg, memory);
	return _mfn(FRAME);
}

void *mfn_to_virt(mfn_t mfn)
{
	return memory;
}

uint64_t guest_tsc(const struct vcpu *v)
{
	return tsc;
}

uint64_t guest_tsc_khz(const struct vcpu *v)
{
	return khz;
}

long do_sched_op(unsigned long op, unsigned long arg)
{
	yields += op == SCHEDOP_yield;
	return 0;
}

unsigned int hvm_code_mode(struct vcpu *v)
{
	return (unsigned int)mode;
}

uint32_t vlapic_mmio_read(struct vcpu *v, unsigned int offset, unsigned int size)
{
	return (uint32_t)apic[offset >> 4];
}

void vlapic_mmio_write(struct vcpu *v, unsigned int offset, unsigned int size, uint32_t val)
{
	apic[offset >> 4] = val;
}

int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	*val = apic[msr - 0x800];
	return 0;
}

int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	apic[msr - 0x800] = val;
	return 0;
}

static const struct hvm_vendor vendor = { .call_insn = { 0x0f, 0x01, 0xd9 } };
const struct hvm_vendor *hvm_vendor = &vendor;

static int start(void **state)
{
	guest = (struct domain){ .domain_id = 3, .max_vcpus = 1, .vcpu = slots, .arch.hvm = &hvm_domain };
	hvm_domain = (struct hvm_domain){ .params[HVM_PARAM_VIRIDIAN] = EVERYTHING };
	hvm_vcpu = (struct hvm_vcpu){ .vlapic.base_msr = 0xfee00900 };
	vcpu = (struct vcpu){ .domain = &guest, .arch.hvm = &hvm_vcpu };
	fake_cpu.current_vcpu = &vcpu;
	memset(memory, 0x11, sizeof(memory));
	held = yields = 0;
	mode = 64;
	read_only = false;
	clock_ns = 1000000;
	tsc = 0;
	return 0;
}

static uint64_t rd(uint32_t msr)
{
	uint64_t val = ~0ull;

	assert_int_equal(viridian_rdmsr(&vcpu, msr, &val), 0);
	return val;
}

static int wr(uint32_t msr, uint64_t val)
{
	return viridian_wrmsr(&vcpu, msr, val);
}

/* ---- the tests ---- */

static void only_what_is_offered_can_be_had(void **state)
{
	assert_int_equal(viridian_check(0), 0);
	assert_int_equal(viridian_check(EVERYTHING), 0);
	assert_int_equal(viridian_check(0x65), 0); /* what viridian=1 means */
	assert_int_equal(viridian_check(HVMPV_crash_ctl), -EINVAL);
	assert_int_equal(viridian_check(HVMPV_base_freq | 1ull << 40), -EINVAL);
	assert_int_equal(viridian_check(HVMPV_base_freq | HVMPV_stimer), -EOPNOTSUPP);
	assert_int_equal(viridian_check(HVMPV_base_freq | HVMPV_hcall_remote_tlb_flush), -EOPNOTSUPP);
}

static void cpuid_tells_what_was_asked_for(void **state)
{
	uint32_t r[4];

	viridian_cpuid(&vcpu, 0x40000000, r);
	assert_int_equal(r[0], 0x40000006);
	assert_memory_equal(&r[1], "Microsoft Hv", 12);
	viridian_cpuid(&vcpu, 0x40000001, r);
	assert_memory_equal(r, "Hv#1", 4);
	viridian_cpuid(&vcpu, 0x40000003, r);
	assert_int_equal(r[0], 0xa72);
	assert_int_equal(r[3], 0x508);
	hvm_domain.params[HVM_PARAM_VIRIDIAN] = HVMPV_base_freq | HVMPV_no_freq;
	viridian_cpuid(&vcpu, 0x40000003, r);
	assert_int_equal(r[0], 0x70);
	assert_int_equal(r[3], 0);
	viridian_cpuid(&vcpu, 0x40000002, r);
	assert_int_equal(r[1], 0); /* before a system has said that it is there */
	wr(0x40000000, 77);
	viridian_cpuid(&vcpu, 0x40000002, r);
	assert_int_equal(r[1] >> 16, 6);
	viridian_cpuid(&vcpu, 0x40000007, r);
	assert_int_equal(r[0] | r[1] | r[2] | r[3], 0);
}

static void msrs_of_parts_not_asked_for_fault(void **state)
{
	static const uint32_t parts[] = { 0x40000020, 0x40000021, 0x40000022, 0x40000023, 0x40000100, 0x40000104, 0x40000105 };
	uint64_t val;

	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		assert_int_equal(viridian_rdmsr(&vcpu, parts[i], &val), 0);
	hvm_domain.params[HVM_PARAM_VIRIDIAN] = HVMPV_base_freq | HVMPV_no_freq;
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		assert_int_equal(viridian_rdmsr(&vcpu, parts[i], &val), -EINVAL);
		assert_int_equal(wr(parts[i], 1), -EINVAL);
	}
	for (uint32_t msr = 0x40000000; msr < 0x40000200; msr++)
		if ((msr > 0x40000002 && msr < 0x40000070) || msr > 0x40000073)
			assert_int_equal(viridian_rdmsr(&vcpu, msr, &val) | wr(msr, 0), -EINVAL);
	assert_int_equal(wr(0x40000002, 0), -EINVAL); /* its own number is not its choice */
}

static void the_page_of_stubs_needs_a_system(void **state)
{
	static const uint8_t stub[] = { 0x0d, 0, 0, 0, 0x80, 0x0f, 0x01, 0xd9, 0xc3 };

	wr(0x40000001, FRAME << 12 | 1);
	assert_int_equal(rd(0x40000001), FRAME << 12);
	assert_int_equal(memory[0], 0x11);
	wr(0x40000000, 1);
	wr(0x40000001, FRAME << 12 | 1);
	assert_int_equal(rd(0x40000001), FRAME << 12 | 1);
	assert_memory_equal(memory, stub, sizeof(stub));
	assert_int_equal(held, 0);
	wr(0x40000000, 0);
	assert_int_equal(rd(0x40000001), FRAME << 12);
}

static void pages_that_are_no_ram_stay_untouched(void **state)
{
	static const uint32_t msrs[] = { 0x40000001, 0x40000021, 0x40000073 };

	wr(0x40000000, 1);
	read_only = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
		assert_int_equal(wr(msrs[i], FRAME << 12 | 1), 0);
		assert_int_equal(wr(msrs[i], ~0ull), 0);
	}
	for (unsigned int i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0x11);
	assert_int_equal(held, 0);
}

/* The page's formula gives the counter's value, now and an hour later. */
static void the_tsc_page_counts_as_the_counter(void **state)
{
	const uint32_t *sequence = (const uint32_t *)memory;
	const uint64_t *page = (const uint64_t *)memory;

	hvm_domain.viridian.start = clock_ns - 500000;
	tsc = 123456789;
	wr(0x40000021, FRAME << 12 | 1);
	assert_int_equal(*sequence, 1);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t count = (uint64_t)((unsigned __int128)tsc * page[1] >> 64) + page[2], want = rd(0x40000020);

		assert_true(count - want + 1 <= 2);
		clock_ns += 3600ll * 1000000000;
		tsc += 3600ull * 2000000000;
	}
	guest.arch.vtsc = true; /* the TSC is not the CPU's: not by this page */
	wr(0x40000021, FRAME << 12 | 1);
	assert_int_equal(*sequence, 0);
}

static void the_apic_is_reached_in_either_mode(void **state)
{
	uint64_t val;

	wr(0x40000071, 0x0300000000000044u);
	assert_int_equal(apic[0x30], 0x44);
	assert_int_equal(apic[0x31], 0x03000000);
	wr(0x40000072, 0x1ff);
	assert_int_equal(rd(0x40000072), 0xff);
	hvm_vcpu.vlapic.base_msr |= 1 << 10;
	wr(0x40000071, 0x500000066);
	assert_int_equal(apic[0x30], 0x500000066);
	apic[0x0b] = 9;
	wr(0x40000070, 5);
	assert_int_equal(apic[0x0b], 0);
	hvm_vcpu.vlapic.base_msr = 0xfee00000;
	assert_int_equal(wr(0x40000070, 0), -EINVAL);
	assert_int_equal(viridian_rdmsr(&vcpu, 0x40000072, &val), -EINVAL);
}

static void a_crash_told_is_remembered(void **state)
{
	for (unsigned int i = 0; i < 5; i++)
		wr(0x40000100 + i, i * 3);
	assert_int_equal(rd(0x40000104), 12);
	wr(0x40000105, 1);
	assert_false(guest.crash_told);
	wr(0x40000105, 1ull << 63);
	assert_true(guest.crash_told);
}

static void calls_are_told_from_xens(void **state)
{
	struct cpu_user_regs *r = guest_cpu_regs();

	assert_true(viridian_is_call(&vcpu, 0x80000000));
	assert_false(viridian_is_call(&vcpu, 17));
	r->rcx = 8;
	viridian_call(&vcpu);
	assert_int_equal(r->rax, 0);
	assert_int_equal(yields, 1);
	r->rcx = 0x5d;
	viridian_call(&vcpu);
	assert_int_equal(r->rax, 2);
	mode = 32;
	r->rax = 0x80000008;
	r->rdx = 5;
	viridian_call(&vcpu);
	assert_int_equal(r->rax | r->rdx, 0);
	assert_int_equal(yields, 2);
	hvm_domain.params[HVM_PARAM_VIRIDIAN] = 0;
	assert_false(viridian_is_call(&vcpu, 0x80000000));
}

static void what_was_saved_goes_on(void **state)
{
	struct hvm_viridian_domain_context d;
	struct hvm_viridian_vcpu_context v;
	uint64_t count;

	wr(0x40000000, 42);
	wr(0x40000073, FRAME << 12 | 1);
	clock_ns += 5000000;
	count = rd(0x40000020);
	viridian_save_domain(&guest, &d);
	viridian_save_vcpu(&vcpu, &v);
	start(NULL);
	clock_ns = 77000000; /* another machine's */
	assert_int_equal(viridian_load_domain(&guest, &d) | viridian_load_vcpu(&vcpu, &v), 0);
	assert_int_equal(rd(0x40000000), 42);
	assert_int_equal(rd(0x40000073), FRAME << 12 | 1);
	assert_int_equal(rd(0x40000020), count);
	v.stimer_count_msr[3] = 1;
	assert_int_equal(viridian_load_vcpu(&vcpu, &v), -EOPNOTSUPP);
	d.time_ref_count = ~0ull;
	assert_int_equal(viridian_load_domain(&guest, &d), -EINVAL);
	hvm_domain.params[HVM_PARAM_VIRIDIAN] = 0;
	d.time_ref_count = 0;
	assert_int_equal(viridian_load_domain(&guest, &d), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_what_is_offered_can_be_had, start),
		cmocka_unit_test_setup(cpuid_tells_what_was_asked_for, start),
		cmocka_unit_test_setup(msrs_of_parts_not_asked_for_fault, start),
		cmocka_unit_test_setup(the_page_of_stubs_needs_a_system, start),
		cmocka_unit_test_setup(pages_that_are_no_ram_stay_untouched, start),
		cmocka_unit_test_setup(the_tsc_page_counts_as_the_counter, start),
		cmocka_unit_test_setup(the_apic_is_reached_in_either_mode, start),
		cmocka_unit_test_setup(a_crash_told_is_remembered, start),
		cmocka_unit_test_setup(calls_are_told_from_xens, start),
		cmocka_unit_test_setup(what_was_saved_goes_on, start),
	};

	return cmocka_run_group_tests_name("hvm_viridian", tests, NULL, NULL);
}
