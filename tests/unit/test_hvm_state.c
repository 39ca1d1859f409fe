// sources: hypervisor/arch/x86/hvm/hvm_op.c hypervisor/arch/x86/hvm/save.c hypervisor/arch/x86/hvm/mtrr.c hypervisor/arch/x86/hvm/viridian_cpuid.c
// cflags: -include tests/unit/fake_arch.h -Ihypervisor/arch/x86/hvm
/* SPDX-License-Identifier: MIT */
/*
 * Parameters of hardware-virtualized domains: who may set and read which; memory type registers; and saved state,
 * written, read back, cut anywhere and spoilt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/cpu.h>
#include <asm/hvm/records.h>
#include <asm/msr.h>
#include <hv/control.h>
#include <hv/guest_access.h>
#include <public/domctl.h>
#include <public/hvm/hvm_op.h>
#include <public/sched.h>
#include "save_internal.h"

#define VCPUS  3
#define GUEST  5
#define AREA   960
#define SECRET 0xabcdef

static struct domain guest, tools, pv;
static struct vcpu vcpus[VCPUS], caller, *slots[VCPUS];
static struct hvm_vcpu hvms[VCPUS];
static struct hvm_domain hvm_domain;
static uint64_t pats[VCPUS], loaded_rip[VCPUS];
static unsigned int references, paused, flushed, kicked;
static uint64_t callback;
static guest_ptr_t limit; /* guest memory ends here; 0: it does not */

/* ---- the rest of the hypervisor ---- */

__thread struct cpu_info fake_cpu;
const struct record_kind hvm_board_records[NR_BOARD_RECORDS] = { [0 ... NR_BOARD_RECORDS - 1] = { .of = OF_BOARD } }; /* of no domain here */
uint32_t xstate_size = AREA;
uint64_t xstate_mask = 7, cpu_khz = 2000000;

unsigned long raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len)
{
	if (limit && from + len > limit)
		return len;
	memcpy(to, (const void *)from, len);
	return 0;
}

unsigned long raw_copy_to_guest(guest_ptr_t to, const void *from, unsigned long len)
{
	if (limit && to + len > limit)
		return len;
	memcpy((void *)to, from, len);
	return 0;
}

struct domain *domain_get_for_caller(domid_t id, int *err)
{
	struct domain *d = id == DOMID_SELF ? current->domain : id == GUEST ? &guest : id == 0 ? &tools : id == 9 ? &pv : NULL;

	*err = !d ? -ESRCH : d != current->domain && !current->domain->is_privileged ? -EPERM : 0;
	if (*err)
		return NULL;
	references++;
	return d;
}

void domain_put(struct domain *d)
{
	references--;
}

void domain_pause(struct domain *d)
{
	paused++;
}

void domain_unpause(struct domain *d)
{
	paused--;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}

void xfree(void *p)
{
	free(p);
}

s_time_t NOW(void)
{
	return 12345;
}

void spin_lock(spinlock_t *l)
{
}

void spin_unlock(spinlock_t *l)
{
}

void vcpu_kick(struct vcpu *v)
{
	kicked++;
}

void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	regs[0] = 0x800f12;
}

mfn_t p2m_get(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order)
{
	*t = gfn_x(gfn) < 100 ? P2M_ram_rw : gfn_x(gfn) < 200 ? P2M_ram_ro : P2M_invalid;
	return INVALID_MFN;
}

int hvm_set_callback_irq(struct domain *d, uint64_t param)
{
	if (param >> 56 != HVM_PARAM_CALLBACK_TYPE_VECTOR && param)
		return -EINVAL;
	callback = param;
	return 0;
}

int hvm_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
	v->arch.hvm->upcall_vector = vector;
	return vector < 16 ? -EINVAL : 0;
}

int hvm_set_pat(struct vcpu *v, uint64_t val)
{
	for (unsigned int i = 0; i < 8; i++)
		if ((val >> 8 * i & 0xff) > 7)
			return -EINVAL;
	pats[v->vcpu_id] = val;
	return 0;
}

static void get_msrs(struct vcpu *v, struct hvm_msrs *m)
{
	m->pat = pats[v->vcpu_id];
}

void p2m_flush(struct domain *d)
{
	flushed++;
}

/* test_hvm_viridian has the real ones. */
void viridian_save_domain(const struct domain *d, struct hvm_viridian_domain_context *out)
{
	out->guest_os_id = SECRET;
}

int viridian_load_domain(struct domain *d, const struct hvm_viridian_domain_context *in)
{
	return viridian_features(d) && in->guest_os_id == SECRET ? 0 : -EINVAL;
}

void viridian_save_vcpu(const struct vcpu *v, struct hvm_viridian_vcpu_context *out)
{
	out->vp_assist_msr = SECRET;
}

int viridian_load_vcpu(struct vcpu *v, const struct hvm_viridian_vcpu_context *in)
{
	return viridian_features(v->domain) && in->vp_assist_msr == SECRET ? 0 : -EINVAL;
}

static const struct hvm_vendor vendor = { .get_msrs = get_msrs };
const struct hvm_vendor *hvm_vendor = &vendor;

void hvm_save_cpu(struct vcpu *v, struct hvm_hw_cpu *out)
{
	*out = (struct hvm_hw_cpu){ .rip = SECRET + v->vcpu_id, .flags = 1 };
}

int hvm_load_cpu(struct vcpu *v, const struct hvm_hw_cpu *in)
{
	loaded_rip[v->vcpu_id] = in->rip;
	return in->cr0 & 1ull << 63 ? -EINVAL : 0;
}

void vlapic_save(struct vcpu *v, struct hvm_hw_lapic *out)
{
	*out = (struct hvm_hw_lapic){ .tdt_msr = v->vcpu_id };
}

int vlapic_load(struct vcpu *v, const struct hvm_hw_lapic *in)
{
	return 0;
}

void vlapic_save_regs(struct vcpu *v, struct hvm_hw_lapic_regs *out)
{
	memset(out, 0x11, sizeof(*out));
}

int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *in)
{
	return 0;
}

int fpu_set_xstate(struct vcpu *v, uint64_t xcr0, uint64_t accum, const void *area, uint32_t size)
{
	return size <= AREA && !(xcr0 & ~7ull) ? 0 : -EINVAL;
}

/* ---- the domains ---- */

static int start(void **state)
{
	memset(hvms, 0, sizeof(hvms));
	memset(vcpus, 0, sizeof(vcpus));
	memset(&hvm_domain, 0, sizeof(hvm_domain));
	guest = (struct domain){ .domain_id = GUEST, .max_vcpus = VCPUS, .vcpu = slots, .arch.hvm = &hvm_domain };
	tools = (struct domain){ .domain_id = 0, .is_privileged = true };
	pv = (struct domain){ .domain_id = 9 };
	caller = (struct vcpu){ .domain = &tools };
	for (unsigned int i = 0; i < VCPUS; i++) {
		slots[i] = &vcpus[i];
		vcpus[i] = (struct vcpu){ .vcpu_id = i, .domain = &guest, .arch.hvm = &hvms[i], .arch.xsave = calloc(1, AREA) };
		hvm_mtrr_reset(&vcpus[i]);
		pats[i] = 0x0007040600070406;
	}
	fake_cpu.current_vcpu = &caller;
	limit = 0;
	kicked = flushed = 0;
	return 0;
}

static int stop(void **state)
{
	for (unsigned int i = 0; i < VCPUS; i++)
		free(vcpus[i].arch.xsave);
	return references || paused;
}

static long set(domid_t id, uint32_t index, uint64_t value)
{
	struct xen_hvm_param a = { .domid = id, .index = index, .value = value };

	return do_hvm_op(HVMOP_set_param, (unsigned long)&a);
}

static long get(domid_t id, uint32_t index, uint64_t *value)
{
	struct xen_hvm_param a = { .domid = id, .index = index, .value = 77 };
	long rc = do_hvm_op(HVMOP_get_param, (unsigned long)&a);

	*value = a.value;
	return rc;
}

/* ---- parameters ---- */

static void the_toolstack_sets_what_there_is(void **state)
{
	static const uint32_t missing[] = { 3, 4, 7, 8, 13, 20, 21, 22, 23, 24, 25, 26, 30, HVM_NR_PARAMS, 1000, ~0u };
	uint64_t val;

	assert_int_equal(set(GUEST, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
	assert_int_equal(get(GUEST, HVM_PARAM_STORE_PFN, &val), 0);
	assert_int_equal(val, 0xfeffc);
	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++) {
		assert_int_equal(set(GUEST, missing[i], 1), -EINVAL);
		assert_int_equal(get(GUEST, missing[i], &val), -EINVAL);
	}
	assert_int_equal(set(GUEST, HVM_PARAM_TIMER_MODE, 4), -EINVAL);
	assert_int_equal(set(GUEST, HVM_PARAM_TIMER_MODE, 3), 0);
	assert_int_equal(set(GUEST, HVM_PARAM_TRIPLE_FAULT_REASON, SHUTDOWN_MAX + 1), -EINVAL);
	assert_int_equal(set(GUEST, HVM_PARAM_VIRIDIAN, HVMPV_time_ref_count), -EINVAL); /* not without the base */
	assert_int_equal(set(GUEST, HVM_PARAM_VIRIDIAN, HVMPV_base_freq | 1 << 13), -EINVAL);
	assert_int_equal(set(GUEST, HVM_PARAM_VIRIDIAN, HVMPV_base_freq | HVMPV_synic), -EOPNOTSUPP);
	assert_int_equal(set(GUEST, HVM_PARAM_VIRIDIAN, 0), 0);
	assert_int_equal(set(GUEST, HVM_PARAM_ALTP2M, 1), -EOPNOTSUPP);
	assert_int_equal(set(GUEST, HVM_PARAM_X87_FIP_WIDTH, 5), -EINVAL);
	assert_int_equal(set(GUEST, HVM_PARAM_X87_FIP_WIDTH, 8), 0);
	assert_int_equal(set(GUEST, HVM_PARAM_IOREQ_PFN, 3), 0);
	assert_int_equal(set(GUEST, HVM_PARAM_IOREQ_PFN, 3), 0);
	assert_int_equal(set(GUEST, HVM_PARAM_IOREQ_PFN, 4), -EEXIST);
	assert_int_equal(set(9, HVM_PARAM_STORE_PFN, 1), -EINVAL); /* a PV domain */
	assert_int_equal(set(77, HVM_PARAM_STORE_PFN, 1), -ESRCH);
	assert_int_equal(set(GUEST, HVM_PARAM_CALLBACK_IRQ, 1), -EINVAL);
	assert_int_equal(set(GUEST, HVM_PARAM_CALLBACK_IRQ, 2ull << 56 | 0xf3), 0);
	assert_int_equal(callback, 2ull << 56 | 0xf3);
	limit = 1;
	assert_int_equal(set(GUEST, HVM_PARAM_STORE_PFN, 1), -EFAULT);
	assert_int_equal(get(GUEST, HVM_PARAM_STORE_PFN, &val), -EFAULT);
}

static bool one_of(uint32_t index, const uint32_t *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i] == index)
			return true;
	return false;
}

static void the_guest_sets_only_its_own(void **state)
{
	static const uint32_t sets[] = { HVM_PARAM_CALLBACK_IRQ, HVM_PARAM_STORE_EVTCHN, HVM_PARAM_CONSOLE_EVTCHN, HVM_PARAM_VM86_TSS,
					 HVM_PARAM_VM86_TSS_SIZED, HVM_PARAM_ACPI_IOPORTS_LOCATION,
					 HVM_PARAM_VM_GENERATION_ID_ADDR, HVM_PARAM_X87_FIP_WIDTH };
	static const uint32_t gets[] = { HVM_PARAM_STORE_PFN, HVM_PARAM_CONSOLE_PFN };
	uint64_t val;

	caller.domain = &guest;
	for (uint32_t i = 0; i < HVM_NR_PARAMS + 2; i++) {
		bool may_set = one_of(i, sets, ARRAY_SIZE(sets)), may_get = may_set || one_of(i, gets, ARRAY_SIZE(gets));
		long rc = set(DOMID_SELF, i, 0);

		assert_true(may_set ? !rc : rc == -EPERM || rc == -EINVAL);
		rc = get(DOMID_SELF, i, &val);
		assert_true(may_get ? !rc : rc == -EPERM || rc == -EINVAL);
		if (!may_get)
			assert_int_equal(val, 77); /* nothing was told */
		assert_int_equal(set(9, i, 0), -EPERM);
		assert_int_equal(get(0, i, &val), -EPERM);
	}
}

static void other_calls_answer_as_4_17s(void **state)
{
	struct xen_hvm_evtchn_upcall_vector upcall = { .vcpu = 1, .vector = 0xf3 };
	struct xen_hvm_get_mem_type type = { .domid = GUEST, .pfn = 50 };
	struct xen_hvm_get_time time;
	char any[64] = "";

	assert_int_equal(do_hvm_op(HVMOP_set_evtchn_upcall_vector, (unsigned long)&upcall), -EINVAL);
	assert_int_equal(do_hvm_op(HVMOP_flush_tlbs, 0), -EINVAL);
	assert_int_equal(do_hvm_op(HVMOP_get_mem_type, (unsigned long)&type), 0);
	assert_int_equal(type.mem_type, HVMMEM_ram_rw);
	type.pfn = ~0ull;
	assert_int_equal(do_hvm_op(HVMOP_get_mem_type, (unsigned long)&type), 0);
	assert_int_equal(type.mem_type, HVMMEM_mmio_dm);
	caller.domain = &guest;
	assert_int_equal(do_hvm_op(HVMOP_set_evtchn_upcall_vector, (unsigned long)&upcall), 0);
	assert_int_equal(hvms[1].upcall_vector, 0xf3);
	upcall.vcpu = VCPUS;
	assert_int_equal(do_hvm_op(HVMOP_set_evtchn_upcall_vector, (unsigned long)&upcall), -ENOENT);
	upcall = (struct xen_hvm_evtchn_upcall_vector){ .vcpu = 0, .vector = 3 };
	assert_int_equal(do_hvm_op(HVMOP_set_evtchn_upcall_vector, (unsigned long)&upcall), -EINVAL);
	assert_int_equal(do_hvm_op(HVMOP_flush_tlbs, 1), -EINVAL);
	assert_int_equal(do_hvm_op(HVMOP_flush_tlbs, 0), 0);
	assert_int_equal(flushed, 1);
	assert_int_equal(do_hvm_op(HVMOP_get_time, (unsigned long)&time), 0);
	assert_int_equal(time.now, 12345);
	assert_int_equal(do_hvm_op(HVMOP_pagetable_dying, (unsigned long)any), -EINVAL);
	for (unsigned long op = 0; op < 40; op++)
		if (op == 2 || op == 3 || op == 4 || op > 23)
			assert_int_equal(do_hvm_op(op, (unsigned long)any), -ENOSYS);
}

/* ---- memory types ---- */

static void every_mtrr_takes_only_what_it_can(void **state)
{
	uint64_t val, before;

	for (uint32_t msr = 0; msr < 0x400; msr++) {
		if (!hvm_is_mtrr(msr)) {
			assert_int_equal(hvm_mtrr_rdmsr(&vcpus[0], msr, &val), -EINVAL);
			assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], msr, 0), -EINVAL);
			continue;
		}
		assert_int_equal(hvm_mtrr_rdmsr(&vcpus[0], msr, &before), 0);
		assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], msr, ~0ull), -EINVAL);
		assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], msr, 1ull << 52), -EINVAL);
		if (!(msr >= 0x200 && msr < 0x210 && msr & 1)) {
			assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], msr, 2), -EINVAL); /* a type there is not */
			assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], msr, 7), -EINVAL);
		}
		hvm_mtrr_rdmsr(&vcpus[0], msr, &val);
		assert_int_equal(val, before);
	}
	hvm_mtrr_rdmsr(&vcpus[0], MSR_MTRRCAP, &val);
	assert_int_equal(val, 0x508);
	assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], MSR_MTRRCAP, 0x508), -EINVAL);
	assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], 0x200, 0xf0000000), 0);
	assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], 0x201, 0xfff0000800), 0);
	assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], 0x26f, 0x0606060605040100), 0);
	assert_int_equal(hvms[0].mtrr.fixed[10], 0x0606060605040100);
	assert_int_equal(hvm_mtrr_wrmsr(&vcpus[0], MSR_MTRR_DEF_TYPE, 0xc06), 0);
}

/* ---- saved state ---- */

static uint8_t stream[65536];

static int get_context(void *to, uint32_t room, uint32_t *size)
{
	struct xen_domctl op = { .u.hvmcontext.size = room };
	int rc;

	set_xen_guest_handle(op.u.hvmcontext.buffer, to);
	rc = domctl_get_hvm_context(&guest, &op);
	*size = op.u.hvmcontext.size;
	return rc;
}

static int set_context(void *from, uint32_t size)
{
	struct xen_domctl op = { .u.hvmcontext.size = size };

	set_xen_guest_handle(op.u.hvmcontext.buffer, from);
	return domctl_set_hvm_context(&guest, &op);
}

static uint32_t whole(void)
{
	uint32_t size, again;

	assert_int_equal(get_context(NULL, 0, &size), 0);
	assert_int_equal(get_context(stream, size, &again), 0);
	assert_int_equal(size, again);
	return size;
}

static void the_stream_is_4_17s(void **state)
{
	static const uint16_t order[] = { 1, 2, 2, 5, 5, 5, 6, 6, 6, 14, 14, 14, 16, 16, 0 };
	struct hvm_save_descriptor head;
	uint32_t at = 0, size;

	vcpus[2].pause_flags = 1ul << VPF_DOWN; /* no CPU record of it */
	size = whole();
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		memcpy(&head, stream + at, sizeof(head));
		assert_int_equal(head.typecode, order[i]);
		if (head.typecode == 2)
			assert_int_equal(((struct hvm_hw_cpu *)(stream + at + sizeof(head)))->rip, SECRET + head.instance);
		at += (uint32_t)sizeof(head) + head.length;
	}
	assert_int_equal(at, size);
	assert_int_equal(get_context(stream, size - 1, &at), -ENOSPC);
	assert_int_equal(at, size);
}

static void what_was_saved_can_be_loaded(void **state)
{
	uint32_t size;

	hvm_mtrr_wrmsr(&vcpus[1], 0x203, 0xff0000800);
	size = whole();
	memset(&hvms[1].mtrr, 0, sizeof(hvms[1].mtrr));
	loaded_rip[1] = 0;
	assert_int_equal(set_context(stream, size), 0);
	assert_int_equal(loaded_rip[1], SECRET + 1);
	assert_int_equal(hvms[1].mtrr.var_mask[1], 0xff0000800);
	assert_int_equal(hvms[1].mtrr.def_type, 0x806);
}

static void a_cut_stream_is_refused(void **state)
{
	uint32_t size = whole();

	for (uint32_t cut = 0; cut < size; cut += cut < 2000 ? 1 : 37) {
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, stream, cut);
		limit = (guest_ptr_t)copy + cut;
		assert_int_not_equal(set_context(copy, cut), 0);
		assert_int_not_equal(set_context(copy, size), 0); /* it says to be longer than it is */
		limit = 0;
		free(copy);
	}
}

static void spoilt_streams_harm_nothing(void **state)
{
	static uint8_t copy[65536];
	uint32_t size = whole();

	srand(9);
	for (unsigned int round = 0; round < 20000; round++) {
		memcpy(copy, stream, size);
		for (unsigned int hit = 0; hit < 4; hit++)
			copy[rand() % size] = (uint8_t)rand();
		set_context(copy, size); /* ASAN is the judge */
		assert_int_equal(paused, 0);
	}
	memcpy(copy, stream, size);
	copy[0] = 2; /* not a header first */
	assert_int_equal(set_context(copy, size), -EINVAL);
}

static void one_record_can_be_had(void **state)
{
	struct xen_domctl op = { .u.hvmcontext_partial = { .type = 2, .instance = 1, .bufsz = 9999 } };

	set_xen_guest_handle(op.u.hvmcontext_partial.buffer, stream);
	assert_int_equal(domctl_get_hvm_record(&guest, &op), 0);
	assert_int_equal(op.u.hvmcontext_partial.bufsz, sizeof(struct hvm_hw_cpu));
	assert_int_equal(((struct hvm_hw_cpu *)stream)->rip, SECRET + 1);
	op.u.hvmcontext_partial.bufsz = 3;
	assert_int_equal(domctl_get_hvm_record(&guest, &op), -ENOSPC);
	op.u.hvmcontext_partial.instance = 99;
	assert_int_equal(domctl_get_hvm_record(&guest, &op), -ENOENT);
	op.u.hvmcontext_partial.type = 3;
	assert_int_equal(domctl_get_hvm_record(&guest, &op), -EINVAL);
	assert_int_equal(domctl_get_hvm_record(&pv, &op), -EINVAL);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(the_toolstack_sets_what_there_is),
		CASE(the_guest_sets_only_its_own),
		CASE(other_calls_answer_as_4_17s),
		CASE(every_mtrr_takes_only_what_it_can),
		CASE(the_stream_is_4_17s),
		CASE(what_was_saved_can_be_loaded),
		CASE(a_cut_stream_is_refused),
		CASE(spoilt_streams_harm_nothing),
		CASE(one_record_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
