// as: test_core_calls.c
/* SPDX-License-Identifier: MIT */
/* Page-table hypercalls by their lesser-used forms: descriptors, flushes, other domains' frames, pins, base pointers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <asm/mm.h>
#include "core_calls.h"

#define PTE (PTE_PRESENT | PTE_RW | PTE_USER)

static long mmuext(struct guest *g, unsigned int cmd, uint64_t arg1, const void *arg2)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = arg1 };

	op.arg2.vcpumask.p = arg2;
	return issue(g, __HYPERVISOR_mmuext_op, arena(g, &op, sizeof(op)), 1, 0, DOMID_SELF);
}

static long update_descriptor(uint64_t pa, uint64_t desc)
{
	return issue(guest, __HYPERVISOR_update_descriptor, pa, desc, 0, 0);
}

static void descriptors_are_made_harmless_or_refused(void **state)
{
	const uint64_t code = 0x00af9a000000ffffull, call_gate = 0x0000ec0000000000ull, wide_code = 0x00ef9a000000ffffull;
	const uint64_t dpl3 = 3ull << 45;
	uint64_t at = guest->pool[12] << PAGE_SHIFT, frames[1] = { guest->pool[12] };
	uint64_t *table = frame_virt(guest->pool[12]);

	assert_int_equal(update_descriptor(at + 8, code), 0); /* a kernel's own: it gets ring 3 */
	assert_int_equal(table[1], code | dpl3);
	assert_int_equal(update_descriptor(at + 4, code), -EINVAL);
	assert_int_equal(update_descriptor(at + 8, call_gate), -EINVAL);
	assert_int_equal(update_descriptor(at + 8, wide_code), -EINVAL);
	assert_int_equal(table[1], code | dpl3);
	assert_int_equal(update_descriptor(other->pool[12] << PAGE_SHIFT, code), -EINVAL);
	assert_int_equal(update_descriptor(guest->pool[3] << PAGE_SHIFT, code), -EINVAL); /* a page table */
	assert_int_equal(update_descriptor((uint64_t)HYPER_FRAMES << PAGE_SHIFT, code), -EINVAL);
	/* A GDT in use is written the same way. */
	memset(table, 0, PAGE_SIZE);
	assert_int_equal(issue(guest, __HYPERVISOR_set_gdt, arena(guest, frames, sizeof(frames)), 512, 0, 0), 0);
	assert_int_equal(get_page_type(frame_page(guest->pool[12]), PGT_writable, false), -EINVAL);
	assert_int_equal(update_descriptor(at + 16, code), 0);
	assert_int_equal(table[2], code | dpl3);
	assert_int_equal(update_descriptor(at + 16, 0), 0); /* not present: anything */
	hyper_audit();
}

static void flushes_are_everyones_caches_the_privileged(void **state)
{
	uint64_t *mask = (void *)room(guest, 0);

	*mask = ~0ull; /* more vCPUs than there are */
	assert_int_equal(mmuext(guest, MMUEXT_TLB_FLUSH_LOCAL, 0, NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_INVLPG_LOCAL, 0x5000, NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_INVLPG_LOCAL, HV_VIRT_START, NULL), 0); /* nothing of ours */
	assert_int_equal(mmuext(guest, MMUEXT_TLB_FLUSH_MULTI, 0, mask), 0);
	assert_int_equal(mmuext(guest, MMUEXT_INVLPG_MULTI, 0x5000, mask), 0);
	assert_int_equal(mmuext(guest, MMUEXT_TLB_FLUSH_MULTI, 0, (void *)64), -EFAULT);
	assert_int_equal(mmuext(guest, MMUEXT_TLB_FLUSH_ALL, 0, NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_INVLPG_ALL, 0x5000, NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_FLUSH_CACHE, 0, NULL), -EACCES);
	assert_int_equal(mmuext(guest, MMUEXT_FLUSH_CACHE_GLOBAL, 0, NULL), -EACCES);
	assert_int_equal(mmuext(control, MMUEXT_FLUSH_CACHE, 0, NULL), 0);
	assert_int_equal(mmuext(control, MMUEXT_FLUSH_CACHE_GLOBAL, 0, NULL), 0);
	assert_true(mmuext(guest, MMUEXT_MARK_SUPER, guest->pool[12], NULL) < 0);
	assert_int_equal(mmuext(guest, 77, 0, NULL), -ENOSYS);
}

static void a_pin_is_one(void **state)
{
	assert_int_equal(mmuext(guest, MMUEXT_UNPIN_TABLE, guest->pool[3], NULL), -EINVAL); /* in use, not pinned */
	assert_int_equal(mmuext(guest, MMUEXT_PIN_L1_TABLE, guest->pool[3], NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_PIN_L1_TABLE, guest->pool[3], NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_PIN_L2_TABLE, guest->pool[3], NULL), -EINVAL); /* it is an L1 */
	assert_int_equal(mmuext(guest, MMUEXT_PIN_L1_TABLE, other->pool[12], NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_PIN_L1_TABLE, HYPER_FRAMES, NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_UNPIN_TABLE, HYPER_FRAMES, NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_UNPIN_TABLE, other->pool[3], NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_UNPIN_TABLE, guest->pool[3], NULL), 0);
	hyper_audit();
}

static void the_users_table_comes_and_goes(void **state)
{
	struct vcpu *v = guest->d->vcpu[0];

	memset(frame_virt(guest->pool[12]), 0, PAGE_SIZE);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, guest->pool[12], NULL), 0);
	assert_int_equal(mfn_x(v->arch.pv.guest_table_user), guest->pool[12]);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, guest->pool[12], NULL), 0); /* the same */
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, guest->pool[3], NULL), -EINVAL); /* an L1 */
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, HYPER_FRAMES, NULL), -EINVAL);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, other->pool[0], NULL), -EINVAL);
	assert_int_equal(mfn_x(v->arch.pv.guest_table_user), guest->pool[12]);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_USER_BASEPTR, 0, NULL), 0); /* none */
	assert_true(mfn_eq(v->arch.pv.guest_table_user, INVALID_MFN));
	assert_int_equal(mmuext(guest, MMUEXT_NEW_BASEPTR, guest->pool[12], NULL), 0);
	assert_int_equal(mfn_x(v->arch.pv.guest_table), guest->pool[12]);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_BASEPTR, guest->pool[0], NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_BASEPTR, guest->pool[0], NULL), 0);
	assert_int_equal(mmuext(guest, MMUEXT_NEW_BASEPTR, 0, NULL), -EINVAL); /* there is always a kernel's */
	hyper_audit();
}

static long update_va(struct guest *g, uint64_t va, uint64_t val, unsigned long flags)
{
	return issue(g, __HYPERVISOR_update_va_mapping, va, val, flags, 0);
}

static void one_entry_by_address(void **state)
{
	pte_t *slot = (pte_t *)frame_virt(guest->pool[3]) + 20;
	const uint64_t va = 20ul << PAGE_SHIFT, mine = guest->pool[12] << PAGE_SHIFT | PTE;
	uint64_t *mask = (void *)room(guest, 0);

	*mask = 1;
	assert_int_equal(update_va(guest, va, mine, UVMF_NONE), 0);
	assert_int_equal(mfn_x(pte_mfn(*slot)), guest->pool[12]);
	assert_int_equal(update_va(guest, va, 0, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
	assert_int_equal(update_va(guest, va, mine, UVMF_INVLPG | UVMF_ALL), 0);
	assert_int_equal(update_va(guest, va, mine, UVMF_INVLPG | (unsigned long)mask), 0);
	assert_int_equal(update_va(guest, va, mine, UVMF_TLB_FLUSH | 0x5000), -EFAULT); /* no mask there */
	assert_int_equal(update_va(guest, va, mine, 3 | UVMF_LOCAL), -EINVAL);
	assert_int_equal(update_va(guest, 1ul << 39, mine, 0), -EINVAL); /* no table */
	assert_int_equal(update_va(guest, HV_VIRT_START, mine, 0), -EINVAL);
	assert_true(update_va(guest, va, other->pool[12] << PAGE_SHIFT | PTE, 0) < 0);
	assert_int_equal(mfn_x(pte_mfn(*slot)), guest->pool[12]);
	hyper_audit();
}

static void anothers_frames_are_the_toolstacks_to_map(void **state)
{
	const uint64_t va = 20ul << PAGE_SHIFT, val = guest->pool[12] << PAGE_SHIFT | PTE;
	pte_t *slot = (pte_t *)frame_virt(control->pool[3]) + 20;
	const unsigned int call = __HYPERVISOR_update_va_mapping_otherdomain;

	assert_int_equal(issue(other, call, va, val, 0, 2), -EPERM);
	assert_int_equal(issue(control, call, va, val, 0, 77), -ESRCH);
	assert_int_equal(issue(control, call, va, val, 0, 2), 0);
	assert_int_equal(mfn_x(pte_mfn(*slot)), guest->pool[12]);
	assert_int_equal(get_page_type(frame_page(guest->pool[12]), PGT_l1, false), -EINVAL); /* writable: not a table */
	assert_int_equal(issue(control, call, va, guest->pool[3] << PAGE_SHIFT | PTE, 0, 2), -EINVAL); /* a table */
	assert_int_equal(issue(control, call, va, 0, 0, DOMID_SELF), 0);
	assert_int_equal(slot->e, 0);
	hyper_audit();
}

/* Entries of several groups and of two tables in one call, as they come; what a table holds it gives back. */
static void one_batch_goes_through_whole_tables(void **state)
{
	uint64_t l1 = guest->pool[3] << PAGE_SHIFT, plain = guest->pool[13] << PAGE_SHIFT, page = guest->pool[14] << PAGE_SHIFT | PTE;
	static const unsigned int at[] = { 31, 32, 500, 33, 100, 101 };
	struct mmu_update u[3 * ARRAY_SIZE(at)];
	unsigned int n = 0;
	uint64_t *refs = &frame_page(guest->pool[14])->ref, before = *refs;

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		u[n++] = (struct mmu_update){ l1 + at[i] * 8, page };
		u[n++] = (struct mmu_update){ l1 + (at[i] + 200) % 512 * 8 + MMU_PT_UPDATE_PRESERVE_AD, page & ~(uint64_t)PTE_RW };
		u[n++] = (struct mmu_update){ plain + at[i] * 8, page };
	}
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, u, sizeof(u)), n, 0, DOMID_SELF), 0);
	hyper_audit();
	assert_int_equal(*refs, before + 2 * ARRAY_SIZE(at));
	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++)
		assert_int_equal(((uint64_t *)frame_virt(guest->pool[13]))[at[i]], page);
	for (unsigned int i = 0; i < n; i++)
		u[i].val = 0;
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, u, sizeof(u)), n, 0, DOMID_SELF), 0);
	assert_int_equal(*refs, before);
	hyper_audit();
}

static void frame_numbers_are_set_by_their_owner(void **state)
{
	struct mmu_update u = { guest->pool[12] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0x77 };
	const unsigned int call = __HYPERVISOR_mmu_update;

	assert_int_equal(issue(guest, call, arena(guest, &u, sizeof(u)), 1, 0, DOMID_SELF), 0);
	assert_int_equal(get_gpfn_from_mfn(_mfn(guest->pool[12])), 0x77);
	u.ptr = other->pool[12] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
	assert_int_equal(issue(guest, call, arena(guest, &u, sizeof(u)), 1, 0, DOMID_SELF), -EINVAL);
	u.ptr = (uint64_t)HYPER_FRAMES << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
	assert_int_equal(issue(guest, call, arena(guest, &u, sizeof(u)), 1, 0, DOMID_SELF), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(descriptors_are_made_harmless_or_refused),
		CASE(flushes_are_everyones_caches_the_privileged),
		CASE(a_pin_is_one),
		CASE(the_users_table_comes_and_goes),
		CASE(one_entry_by_address),
		CASE(anothers_frames_are_the_toolstacks_to_map),
		CASE(one_batch_goes_through_whole_tables),
		CASE(frame_numbers_are_set_by_their_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
