// as: test_core_calls.c
// sources: hypervisor/arch/x86/hvm/access.c hypervisor/arch/x86/hvm/compat.c hypervisor/arch/x86/hvm/cpu_record.c hypervisor/arch/x86/hvm/cr.c hypervisor/arch/x86/hvm/event.c hypervisor/arch/x86/hvm/h*.c hypervisor/arch/x86/hvm/io.c hypervisor/arch/x86/hvm/m*.c hypervisor/arch/x86/hvm/p*.c hypervisor/arch/x86/hvm/save.c hypervisor/arch/x86/hvm/tag.c hypervisor/arch/x86/hvm/v*.c hypervisor/arch/x86/hvm/platform/*.c hypervisor/arch/x86/hvm/svm/svm.c hypervisor/arch/x86/hvm/svm/tsc.c hypervisor/arch/x86/hvm/svm/intercept.c
/* SPDX-License-Identifier: MIT */
/*
 * A hardware-virtualized domain's life, on the machine of tests/fuzz/hyper_machine.h, with each allocation failing in turn:
 * made with a board or without, given vCPUs, memory of all kinds and a device model, its state saved and loaded, used by its
 * guest, destroyed. A step that memory runs out in says so, leaves the domain's map and all counts as they were,
 * and done again with memory it works; and so does the rest. What is behind SVM's state is real, the CPU is not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <asm/hvm/hvm.h>
#include <asm/msr.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/hvm/dm_op.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/memory.h>
#include <public/vcpu.h>
#include "../../hypervisor/common/grant/internal.h"
#include "core_calls.h"

#define ID    9
#define BOARD (XEN_X86_EMU_ALL & ~(XEN_X86_EMU_VPCI | XEN_X86_EMU_USE_PIRQ))
#define MEMORY 0x1400 /* frames of its map that are compared, and as many from FAR on */
#define FAR    (1ull << 27)

static uint32_t emulation;
static struct guest *const hvm = &hyper_guest[2]; /* its caller: stands in the place of a guest this test does not use */

/* ---- what the linked files ask of those that are not: nothing runs here ---- */
const struct hvm_vendor vmx_vendor;
#define NEVER(ret, name, ...)                                                                                          \
	ret name(__VA_ARGS__);                                                                                         \
	ret name(__VA_ARGS__)                                                                                          \
	{                                                                                                              \
		hyper_require(false, #name " is reached", 0, 0);                                                       \
		abort();                                                                                               \
	}
struct svm_vcpu;
NEVER(void, svm_enter, uint64_t vmcb, uint64_t host, struct cpu_user_regs *r)
NEVER(void, svm_handle_exit, struct vcpu *v)
NEVER(int, rdmsr_safe, uint32_t msr, uint64_t *val)
NEVER(int, wrmsr_safe, uint32_t msr, uint64_t val)
NEVER(bool, hvm_translate, struct vcpu *v, uint64_t linear, uint32_t access, uint64_t *gpa, uint32_t *pfec)
NEVER(unsigned int, hvm_code_mode, struct vcpu *v)
NEVER(void, reset_stack_and_call, void (*fn)(void))

uint64_t virt_to_maddr(const void *va)
{
	return mfn_x(virt_to_mfn(va)) << PAGE_SHIFT | ((uint64_t)va & ~PAGE_MASK);
}

/* ---- the steps ---- */

static long memory(unsigned int op, void *data, size_t len)
{
	return on(control, __HYPERVISOR_memory_op, op, data, len);
}

static long dm(const struct xen_dm_op *op, void *result)
{
	struct xen_dm_op_buf bufs[2] = { { .size = sizeof(*op) }, { .size = 1024 } };
	long rc;

	memcpy(room(control, 0), op, sizeof(*op));
	bufs[0].h.p = room(control, 0);
	bufs[1].h.p = room(control, 1024);
	rc = issue(control, __HYPERVISOR_dm_op, ID, 2, arena(control, bufs, sizeof(bufs)), 0);
	if (result)
		memcpy(result, room(control, 0), sizeof(*op));
	return rc;
}

static long create(void)
{
	struct xen_domctl op = { .u.createdomain = { .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 2,
						     .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 2,
						     .grant_opts = 1, .arch = { .emulation_flags = emulation } } };

	return domctl(XEN_DOMCTL_createdomain, ID, &op);
}

static long make_vcpus(void)
{
	struct xen_domctl op = { .u.max_vcpus.max = 2 };
	long rc = domctl(XEN_DOMCTL_max_vcpus, ID, &op);

	if (!rc)
		op = (struct xen_domctl){ .u.max_mem.max_memkb = 8000 };
	return rc ? rc : domctl(XEN_DOMCTL_max_mem, ID, &op);
}

static long set_policy(void)
{
	struct xen_domctl op = { .u.cpu_policy.nr_leaves = 0 };

	return domctl(XEN_DOMCTL_set_cpu_policy, ID, &op);
}

/* Calls about extents return how many there are. */
static long populate(uint64_t gfn, unsigned int order, unsigned int flags)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .extent_order = order, .mem_flags = flags, .domid = ID };
	long rc;

	memcpy(room(control, 0), &gfn, sizeof(gfn));
	r.extent_start.p = (void *)room(control, 0);
	rc = memory(XENMEM_populate_physmap, &r, sizeof(r));
	return rc == 1 ? 0 : rc ? rc : -ENOMEM;
}

static long populate_small(void)
{
	return populate(0x14, 2, 0);
}

static long populate_large(void)
{
	return populate(0x400, 9, 0);
}

static long populate_more(void)
{
	return populate(0x600, 9, 0);
}

/* Half in one table, half in another: the second may not be had. */
static long populate_crosswise(void)
{
	return populate(0x9fe, 2, 0);
}

static long promise(void)
{
	return populate(0xc00, 9, XENMEMF_populate_on_demand);
}

static long add(unsigned int space, uint64_t idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = { .domid = ID, .space = space, .idx = idx, .gpfn = gfn };

	return memory(XENMEM_add_to_physmap, &a, sizeof(a));
}

static long map_shared_info(void)
{
	return add(XENMAPSPACE_shared_info, 0, FAR + 0x10);
}

/* Out of the large piece, into tables that are not there yet. */
static long move_page(void)
{
	return add(XENMAPSPACE_gmfn, 0x610, FAR + 0x40300);
}

static long move_back_over(void)
{
	return add(XENMAPSPACE_gmfn, FAR + 0x40300, 0x17);
}

static long map_grants(void)
{
	long rc = add(XENMAPSPACE_grant_table, 3, FAR + 0x603);

	return rc == -EINVAL ? -ENOMEM : rc; /* as Xen says that the table does not grow */
}

static long set_parameters(void)
{
	static const struct { uint32_t index; uint64_t value; } all[] = {
		{ HVM_PARAM_IOREQ_SERVER_PFN, 0x440 }, { HVM_PARAM_NR_IOREQ_SERVER_PAGES, 2 },
		{ HVM_PARAM_CALLBACK_IRQ, 2ull << 56 | 0xf3 }, { HVM_PARAM_VIRIDIAN, HVMPV_base_freq | HVMPV_time_ref_count },
	};
	long rc = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all) && !rc; i++) {
		struct xen_hvm_param p = { .domid = ID, .index = all[i].index, .value = all[i].value };

		rc = on(control, __HYPERVISOR_hvm_op, HVMOP_set_param, &p, sizeof(p));
	}
	return rc;
}

/* ---- of a board ---- */

static long make_server(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server,
				.u.create_ioreq_server.handle_bufioreq = HVM_IOREQSRV_BUFIOREQ_ATOMIC };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

static long server_frames(void)
{
	struct xen_mem_acquire_resource res = { .domid = ID, .type = XENMEM_resource_ioreq_server, .id = 1, .nr_frames = 2 };

	res.frame_list.p = (void *)room(control, 0);
	return emulation == XEN_X86_EMU_LAPIC ? 0 : memory(XENMEM_acquire_resource, &res, sizeof(res));
}

static long server_places(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_get_ioreq_server_info }, out;
	long rc = emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, &out);

	if (!rc && emulation != XEN_X86_EMU_LAPIC)
		assert_int_equal(out.u.get_ioreq_server_info.ioreq_gfn + out.u.get_ioreq_server_info.bufioreq_gfn, 0x881);
	return rc;
}

static long server_range(uint32_t code, uint64_t first, uint64_t last)
{
	struct xen_dm_op op = { .op = code,
				.u.map_io_range_to_ioreq_server = { .type = XEN_DMOP_IO_RANGE_MEMORY, .start = first,
								    .end = last } };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

static long take_range(void)
{
	return server_range(XEN_DMOP_map_io_range_to_ioreq_server, 0xc0000000, 0xc000ffff);
}

static long cut_range(void)
{
	return server_range(XEN_DMOP_unmap_io_range_from_ioreq_server, 0xc0004000, 0xc0004fff);
}

static long start_server(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state, .u.set_ioreq_server_state.enabled = 1 };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

static long set_type(uint64_t gfn, uint16_t type)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_mem_type, .u.set_mem_type = { .nr = 1, .mem_type = type, .first_pfn = gfn } };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

static long protect_one_of_many(void)
{
	return set_type(0x680, HVMMEM_ram_ro);
}

static long protect_promised(void)
{
	return set_type(0xc80, HVMMEM_ram_ro);
}

static long track(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_track_dirty_vram, .u.track_dirty_vram = { .nr = 64, .first_pfn = 0x400 } };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

static long relocate(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_relocate_memory,
				.u.relocate_memory = { .size = 1, .src_gfn = 0x6c0, .dst_gfn = 0x1200 } };

	return emulation == XEN_X86_EMU_LAPIC ? 0 : dm(&op, NULL);
}

/* ---- state ---- */

static long context(uint32_t cmd, uint32_t *size)
{
	struct xen_domctl op = { .u.hvmcontext.size = *size };
	long rc;

	op.u.hvmcontext.buffer.p = room(control, 0);
	rc = domctl(cmd, ID, &op);
	*size = op.u.hvmcontext.size;
	return rc;
}

static long save_and_load(void)
{
	uint32_t size = ARENA - 2048;
	long rc = context(XEN_DOMCTL_gethvmcontext, &size);

	return rc ? rc : context(XEN_DOMCTL_sethvmcontext, &size);
}

static long registers(void)
{
	struct xen_domctl op = { .u.vcpucontext.vcpu = 0 };

	op.u.vcpucontext.ctxt.p = (void *)room(control, 0);
	return domctl(XEN_DOMCTL_getvcpucontext, ID, &op);
}

/* ---- its guest's calls ---- */

static long start_guest(void)
{
	struct xen_domctl op = { 0 };
	long rc;

	hvm->d = domain_get_by_id(ID);
	domain_put(hvm->d);
	hvm->d->vcpu[0]->is_initialised = true;
	__atomic_fetch_and(&hvm->d->vcpu[0]->pause_flags, ~(1ul << VPF_DOWN), __ATOMIC_SEQ_CST);
	rc = domctl(XEN_DOMCTL_unpausedomain, ID, &op);
	return rc == -EINVAL ? 0 : rc;
}

static long place_vcpu_info(void)
{
	struct vcpu_register_vcpu_info info = { .mfn = 0x14, .offset = 64 };

	return issue(hvm, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, arena(hvm, &info, sizeof(info)), 0);
}

static long start_second_vcpu(void)
{
	struct vcpu_hvm_context c = { .mode = VCPU_HVM_MODE_64B,
				      .cpu_regs.x86_64 = { .cr0 = 0x80000011, .cr4 = 0x20, .efer = EFER_LMA | EFER_LME } };
	long rc = issue(hvm, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, arena(hvm, &c, sizeof(c)), 0);

	return rc ? rc : issue(hvm, __HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0);
}

static long fifo_events(void)
{
	struct evtchn_init_control c = { .control_gfn = 0x15 };

	return on(hvm, __HYPERVISOR_event_channel_op, EVTCHNOP_init_control, &c, sizeof(c));
}

static long open_port(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 1 };

	return on(hvm, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));
}

/* Another's page in place of one of its own, which goes back to the heap. */
static long map_grant(void)
{
	struct gnttab_map_grant_ref m = { .dom = 2, .ref = 20, .host_addr = 0x420ull << PAGE_SHIFT, .flags = GNTMAP_host_map };

	*(struct grant_entry_v1 *)grant_shared_entry(guest->d->grant_table, 20) =
		(struct grant_entry_v1){ GTF_permit_access, ID, (uint32_t)guest->pool[20] };
	assert_int_equal(on(hvm, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
	return m.status == GNTST_okay ? 0 : m.status == GNTST_general_error || m.status == GNTST_no_space ? -ENOMEM : m.status;
}

static long give_back(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	uint64_t gfn = 0x5ff;
	long rc;

	memcpy(room(hvm, 0), &gfn, sizeof(gfn));
	r.extent_start.p = (void *)room(hvm, 0);
	rc = on(hvm, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r, sizeof(r));
	return rc == 1 ? 0 : rc ? rc : -ENOMEM;
}

static long touch_promise(void)
{
	enum p2m_type t;
	struct page *pg = p2m_get_page(hvm->d, _gfn(0xc90), true, &t);

	if (pg)
		put_page(pg);
	return pg ? 0 : -ENOMEM;
}

static const struct step {
	const char *name;
	long (*go)(void);
	bool goes_on; /* where it stopped: vCPUs that were made stay, and tables that have grown */
} steps[] = {
#define STEP(f) { #f, f, f == make_vcpus || f == map_grant }
	STEP(create), STEP(make_vcpus), STEP(set_policy), STEP(populate_small),
	STEP(populate_large), STEP(populate_more), STEP(populate_crosswise), STEP(promise), STEP(set_parameters), STEP(map_shared_info), STEP(map_grants),
	STEP(make_server), STEP(make_server), STEP(server_frames), STEP(server_places), STEP(take_range), STEP(cut_range),
	STEP(start_server), STEP(save_and_load), STEP(start_guest), STEP(registers), STEP(protect_one_of_many), STEP(protect_promised),
	STEP(track), STEP(relocate), STEP(move_page), STEP(move_back_over), STEP(place_vcpu_info), STEP(start_second_vcpu),
	STEP(open_port), STEP(fifo_events), STEP(map_grant), STEP(give_back), STEP(touch_promise), STEP(save_and_load),
};

/* ---- what a step must leave ---- */

struct look {
	uint64_t map, frames;
	int objects;
};

static uint64_t mix(uint64_t sum, uint64_t x)
{
	return (sum ^ x) * 0x9e3779b97f4a7c15ull + (sum >> 29);
}

static struct look look(void)
{
	struct domain *d;
	struct look l;

	hyper_settle(); /* what died is freed */
	l = (struct look){ .objects = hyper_live_objects };
	d = domain_get_by_id(ID);
	if (!d)
		return l;
	l.frames = d->tot_pages;
	for (uint64_t i = 0; i < MEMORY; i++) {
		uint64_t at[3] = { i, FAR + i, FAR + 0x40000 + i };

		for (unsigned int k = 0; k < ARRAY_SIZE(at); k++) {
			enum p2m_type t;
			mfn_t mfn = p2m_get(d, _gfn(at[k]), &t, NULL);

			if (t == P2M_invalid)
				continue;
			l.map = mix(l.map, mix(at[k], mfn_x(mfn) << 4 | t));
		}
	}
	domain_put(d);
	return l;
}

static void step_must_work(unsigned int i)
{
	long rc = steps[i].go();

	if (rc)
		fail_msg("%s: %ld", steps[i].name, rc);
}

/* Step i without its n-th allocation, and if `on` those behind it, too. False: it has not so many. */
static bool step_without(unsigned int i, unsigned int n, bool on)
{
	struct look before, after;
	bool reached;
	long rc;

	hyper_make_guests();
	for (unsigned int k = 0; k < i; k++)
		step_must_work(k);
	before = look();
	hyper_fail_on = on;
	hyper_fail_in = (int)n;
	rc = steps[i].go();
	reached = hyper_has_failed;
	hyper_fail_in = -1;
	hyper_fail_on = false;
	hyper_audit();
	after = look();
	if (reached != (rc == -ENOMEM) || (rc && rc != -ENOMEM))
		fail_msg("%s, allocation %u: %ld", steps[i].name, n, rc);
	if (rc && (after.map != before.map || after.frames != before.frames || (after.objects != before.objects && !steps[i].goes_on)))
		fail_msg("%s, allocation %u: something stays: map %d, frames %ld, objects %d", steps[i].name, n, after.map != before.map,
			 (long)(after.frames - before.frames), after.objects - before.objects);
	for (unsigned int k = rc ? i : i + 1; k < ARRAY_SIZE(steps); k++)
		step_must_work(k);
	hyper_audit();
	hyper_end_guests();
	return reached;
}

static unsigned int all_steps(bool on)
{
	unsigned int all = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
		for (unsigned int n = 0; step_without(i, n, on); n++)
			all++;
	return all;
}

static void with_a_board(void **state)
{
	emulation = BOARD;
	assert_in_range(all_steps(false), 80, 400);
	(void)all_steps(true);
}

static void without_a_board(void **state)
{
	emulation = XEN_X86_EMU_LAPIC;
	assert_in_range(all_steps(false), 60, 400);
	(void)all_steps(true);
}

static void follow(uint64_t nr, uint8_t *bits)
{
	struct xen_dm_op op = { .op = XEN_DMOP_track_dirty_vram, .u.track_dirty_vram.nr = (uint32_t)nr };

	memset(room(control, 1024), 0xaa, MEMORY / 8);
	assert_int_equal(dm(&op, NULL), 0);
	memcpy(bits, room(control, 1024), MEMORY / 8);
}

static void guest_writes(uint64_t gfn)
{
	struct domain *d = domain_get_by_id(ID);
	enum p2m_type t;

	put_page(p2m_get_page(d, _gfn(gfn), true, &t));
	domain_put(d);
}

/* What a caller who was interrupted was told before is not lost, nor does a range cease to be new by that. */
static void following_writes_gives_way(void **state)
{
	static uint8_t bits[MEMORY / 8], none[MEMORY / 8];
	unsigned int i = 0;

	emulation = BOARD;
	hyper_make_guests();
	do
		step_must_work(i);
	while (steps[i++].go != relocate); /* 0x1200 is memory now */
	for (unsigned int round = 0; round < 2; round++) {
		hyper_preempt_in = (int)round - 1; /* not at all, the first time it asks */
		follow(MEMORY, bits);
		assert_int_equal(hyper_preempt_in, -1);
		for (unsigned int n = 0; n < sizeof(bits); n++)
			assert_int_equal(bits[n], 0xff);
		follow(MEMORY, bits);
		assert_memory_equal(bits, none, sizeof(bits));
		guest_writes(0x402);
		guest_writes(0x1200);
		hyper_preempt_in = (int)round - 1;
		follow(MEMORY, bits);
		assert_int_equal(hyper_preempt_in, -1);
		assert_int_equal(bits[0x402 / 8], 1 << 2);
		assert_int_equal(bits[0x1200 / 8], 1);
		bits[0x402 / 8] = bits[0x1200 / 8] = 0;
		assert_memory_equal(bits, none, sizeof(bits));
		follow(64, bits); /* another, so that the first is new again */
	}
	hyper_audit();
	hyper_end_guests();
}

/* The counters go on from where they were, all from one moment; a vCPU that starts has the first one's. */
static void clocks_are_restored(void **state)
{
	const uint64_t far = 1ull << 50;
	uint32_t size = ARENA - 2048;
	struct domain *d;

	emulation = BOARD;
	hyper_make_guests();
	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
		step_must_work(i);
	d = domain_get_by_id(ID);
	for (unsigned int i = 0; i < 2; i++)
		hvm_set_tsc_offset(d->vcpu[i], far);
	assert_int_equal(context(XEN_DOMCTL_gethvmcontext, &size), 0);
	for (unsigned int i = 0; i < 2; i++)
		hvm_set_tsc_offset(d->vcpu[i], 0);
	assert_int_equal(context(XEN_DOMCTL_sethvmcontext, &size), 0);
	assert_in_range(d->vcpu[0]->arch.hvm->tsc_offset, far - (1ull << 40), far);
	assert_true(d->vcpu[1]->arch.hvm->tsc_offset == d->vcpu[0]->arch.hvm->tsc_offset);
	hvm_set_tsc_offset(d->vcpu[0], far / 2);
	hvm_vcpu_reset(d->vcpu[1]);
	assert_true(d->vcpu[1]->arch.hvm->tsc_offset == far / 2);
	domain_put(d);
	hyper_audit();
	hyper_end_guests();
}

/* Nobody is asked: everything that fails is left as it is, and the next step is tried all the same. */
static void nobody_looks_at_errors(void **state)
{
	bool reached = true;

	emulation = BOARD;
	for (unsigned int n = 0; reached; n++) {
		hyper_make_guests();
		hyper_fail_on = true;
		hyper_fail_in = (int)n;
		for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
			struct domain *d = domain_get_by_id(ID);
			bool whole = d && d->vcpu[0];

			if (d)
				domain_put(d);
			if (steps[i].go == start_guest && !whole)
				break; /* there is nobody to make the calls that follow */
			(void)steps[i].go();
		}
		reached = hyper_has_failed;
		hyper_fail_in = -1;
		hyper_fail_on = false;
		hyper_audit();
		hyper_end_guests();
	}
}

static int start(void **state)
{
	hyper_start();
	hvm_vendor = &svm_vendor;
	p2m_set_format(svm_vendor.p2m_format);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_a_board),
		cmocka_unit_test(without_a_board),
		cmocka_unit_test(nobody_looks_at_errors),
		cmocka_unit_test(following_writes_gives_way),
		cmocka_unit_test(clocks_are_restored),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
