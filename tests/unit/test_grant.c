// sources: hypervisor/common/grant/*.c hypervisor/common/event/*.c tests/unit/fake_hv.c tests/unit/fake_log.c hypervisor/common/rangeset.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/*
 * Grants through the hypercall: what may be mapped and copied by whom, that every reference comes
 * back, and that a granter who rewrites its entries while they are being used gains nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>
#include <hv/grant.h>
#include <hv/hypercall.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include "fake_hv.h"

static struct domain *back, *front, *third;
static struct grant_entry_v1 *table; /* front's */
static uint64_t frame;		      /* front's, granted as entry 9 */

static long call(unsigned int cmd, void *ops, unsigned int count)
{
	return do_grant_table_op(cmd, (unsigned long)ops, count);
}

static void grant(grant_ref_t ref, domid_t to, uint64_t mfn, uint16_t flags)
{
	table[ref] = (struct grant_entry_v1){ .domid = to, .frame = (uint32_t)mfn, .flags = flags };
}

static int setup(void **state)
{
	struct gnttab_setup_table op = { .dom = 1, .nr_frames = 1 };
	xen_pfn_t list[1];

	back = fake_domain(0, 2, true);
	front = fake_domain(1, 1, false);
	third = fake_domain(2, 1, false);
	assert_int_equal(grant_table_create(back, 4, 2), 0);
	assert_int_equal(grant_table_create(front, 4, 2), 0);
	assert_int_equal(grant_table_create(third, 4, 2), 0);
	fake_run_as(back->vcpu[0]);
	op.frame_list.p = list;
	assert_int_equal(call(GNTTABOP_setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	table = fake_frame_data(list[0]);
	frame = fake_guest_frame(front);
	grant(9, 0, frame, GTF_permit_access);
	memset(&fake_counts, 0, sizeof(fake_counts));
	return 0;
}

static void kill(struct domain *d)
{
	d->state = DOMAIN_DYING;
	while (grant_table_release_mappings(d) == -ERESTART)
		;
	while (evtchn_destroy(d) == -ERESTART)
		;
}

static int teardown(void **state)
{
	struct domain *all[] = { back, front, third };

	for (unsigned int i = 0; i < 3; i++)
		kill(all[i]);
	for (unsigned int i = 0; i < 3; i++) {
		grant_table_destroy(all[i]);
		fake_domain_free(all[i]);
	}
	return fake_live_allocations();
}

static struct gnttab_map_grant_ref map(domid_t dom, grant_ref_t ref, uint64_t addr, uint32_t flags)
{
	struct gnttab_map_grant_ref op = { .dom = dom, .ref = ref, .host_addr = addr, .flags = flags };

	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

static int unmap(uint64_t addr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = addr, .handle = handle };

	assert_int_equal(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

static void assert_idle(uint64_t mfn)
{
	assert_int_equal(fake_frames[mfn].refs, 1);
	assert_int_equal(fake_frames[mfn].type_refs, 0);
}

static void map_and_unmap_leave_no_trace(void **state)
{
	struct gnttab_map_grant_ref m = map(1, 9, 0x1000, GNTMAP_host_map);

	assert_int_equal(m.status, GNTST_okay);
	assert_int_equal(m.dev_bus_addr, frame << PAGE_SHIFT);
	assert_int_equal(fake_mapped_at(0x1000), frame);
	assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_true(fake_frames[frame].type_refs > 0);
	assert_int_equal(front->refcnt, 2);
	assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
	assert_int_equal(fake_counts.flushes, 1);
	assert_int_equal(table[9].flags, GTF_permit_access);
	assert_idle(frame);
	assert_int_equal(front->refcnt, 1);
	assert_int_equal(unmap(0x1000, m.handle), GNTST_bad_handle);
	assert_int_equal(unmap(0x1000, 0xffffffff), GNTST_bad_handle);
}

static void readers_and_writers_are_counted_apart(void **state)
{
	struct gnttab_map_grant_ref r = map(1, 9, 0x1000, GNTMAP_host_map | GNTMAP_readonly);
	struct gnttab_map_grant_ref w;

	assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading);
	assert_int_equal(fake_frames[frame].type_refs, 0);
	w = map(1, 9, 0x2000, GNTMAP_host_map);
	assert_int_equal(w.status, GNTST_okay);
	assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(unmap(0x2000, w.handle), GNTST_okay);
	assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(0x1000, r.handle), GNTST_okay);
	assert_int_equal(table[9].flags, GTF_permit_access);
	assert_idle(frame);
}

static void only_the_grantee_gets_in_and_only_as_allowed(void **state)
{
	uint64_t foreign = fake_guest_frame(third);

	grant(10, 0, frame, GTF_permit_access | GTF_readonly);
	grant(11, 0, foreign, GTF_permit_access); /* not the granter's to give */
	grant(12, 0, frame, GTF_accept_transfer);
	assert_int_equal(map(1, 10, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	assert_int_equal(map(1, 11, 0x1000, GNTMAP_host_map).status, GNTST_bad_page);
	assert_int_equal(map(1, 12, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	assert_int_equal(map(1, 8, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	assert_int_equal(map(1, 512, 0x1000, GNTMAP_host_map).status, GNTST_bad_gntref);
	assert_int_equal(map(1, ~0u, 0x1000, GNTMAP_host_map).status, GNTST_bad_gntref);
	assert_int_equal(map(1, 9, 0x1000, 0).status, GNTST_bad_gntref);
	assert_int_equal(map(7, 9, 0x1000, GNTMAP_host_map).status, GNTST_bad_domain);
	assert_int_equal(map(DOMID_SELF, 9, 0x1000, GNTMAP_host_map).status, GNTST_bad_domain);
	assert_int_equal(map(1, 9, 0x1001, GNTMAP_host_map).status, GNTST_bad_virt_addr);
	fake_run_as(third->vcpu[0]);
	assert_int_equal(map(1, 9, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	for (grant_ref_t ref = 8; ref <= 12; ref++)
		assert_false(table[ref].flags & (GTF_reading | GTF_writing));
	assert_idle(frame);
	assert_idle(foreign);
	assert_int_equal(fake_nr_mappings(), 0);
}

static void a_frame_of_another_type_is_not_mapped_writable(void **state)
{
	struct gnttab_map_grant_ref m;

	fake_frames[frame].type = PGT_l1;
	fake_frames[frame].type_refs = 1;
	assert_int_equal(map(1, 9, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	assert_int_equal(table[9].flags, GTF_permit_access);
	m = map(1, 9, 0x1000, GNTMAP_host_map | GNTMAP_readonly);
	assert_int_equal(m.status, GNTST_okay);
	assert_int_equal(map(1, 9, 0x2000, GNTMAP_host_map).status, GNTST_general_error);
	assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
	fake_frames[frame].type_refs = 0;
	assert_idle(frame);
}

static void changes_of_a_used_entry_do_not_matter(void **state)
{
	uint64_t other = fake_guest_frame(front);
	struct gnttab_map_grant_ref a = map(1, 9, 0x1000, GNTMAP_host_map), b;

	grant(9, 2, other, GTF_permit_access); /* rewritten while in use */
	b = map(1, 9, 0x2000, GNTMAP_host_map);
	assert_int_equal(b.status, GNTST_okay);
	assert_int_equal(fake_mapped_at(0x2000), frame);
	fake_run_as(third->vcpu[0]); /* whom it now names */
	assert_int_equal(map(1, 9, 0x3000, GNTMAP_host_map).status, GNTST_general_error);
	fake_run_as(back->vcpu[1]);
	assert_int_equal(unmap(0x1000, a.handle), GNTST_okay);
	assert_int_equal(unmap(0x2000, b.handle), GNTST_okay);
	assert_idle(frame);
	assert_idle(other);
}

/* Records wander to the vCPU that unmaps; the one that maps must get them back, not ever new ones. */
static void records_that_wandered_are_used_again(void **state)
{
	for (unsigned int i = 0; i < 3 * 256; i++) {
		struct gnttab_map_grant_ref m;

		fake_run_as(back->vcpu[0]);
		m = map(1, 9, 0x1000, GNTMAP_host_map);
		assert_int_equal(m.status, GNTST_okay);
		assert_true(m.handle < 256); /* the records of one page */
		fake_run_as(back->vcpu[1]);
		assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
	}
}

static void unmap_of_a_wrong_address_changes_nothing(void **state)
{
	struct gnttab_map_grant_ref m = map(1, 9, 0x1000, GNTMAP_host_map);
	struct gnttab_unmap_grant_ref op = { .host_addr = 0x1000, .handle = m.handle };

	assert_int_equal(unmap(0x2000, m.handle), GNTST_general_error);
	op.dev_bus_addr = 0x123000;
	assert_int_equal(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	assert_int_equal(fake_mapped_at(0x1000), frame);
	assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
	assert_idle(frame);
}

static void host_and_device_mappings_end_apart(void **state)
{
	struct gnttab_map_grant_ref m = map(1, 9, 0x1000, GNTMAP_host_map | GNTMAP_device_map);
	struct gnttab_unmap_grant_ref op = { .handle = m.handle, .dev_bus_addr = m.dev_bus_addr };

	assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
	assert_true(table[9].flags & GTF_writing);
	assert_int_equal(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(table[9].flags, GTF_permit_access);
	assert_idle(frame);
}

static void a_batch_flushes_once_and_restarts(void **state)
{
	struct gnttab_map_grant_ref m[100];
	struct gnttab_unmap_grant_ref u[100];

	for (unsigned int i = 0; i < 100; i++)
		m[i] = (struct gnttab_map_grant_ref){ .dom = 1, .ref = i == 50 ? 8 : 9,
						      .host_addr = 0x1000 * (i + 1),
						      .flags = GNTMAP_host_map };
	assert_int_equal(call(GNTTABOP_map_grant_ref, m, 100), 0);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(m[i].status, i == 50 ? GNTST_general_error : GNTST_okay);
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = m[i].host_addr,
							.handle = i == 50 ? ~0u : m[i].handle };
	}
	assert_int_equal(call(GNTTABOP_unmap_grant_ref, u, 100), 0);
	assert_int_equal(fake_counts.flushes, 4);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(u[i].status, i == 50 ? GNTST_bad_handle : GNTST_okay);
	fake_preempt_after = 1;
	assert_int_equal(call(GNTTABOP_map_grant_ref, m, 100), -ERESTART);
	fake_preempt_after = -1;
	assert_int_equal(m[63].status, GNTST_okay);
	assert_int_equal(fake_nr_mappings(), 63);
	for (unsigned int i = 0; i < 64; i++)
		if (i != 50)
			assert_int_equal(unmap(m[i].host_addr, m[i].handle), GNTST_okay);
	assert_idle(frame);
}

static void handles_run_out_at_the_limit_and_move_between_vcpus(void **state)
{
	enum { ALL = 512 };
	static struct gnttab_map_grant_ref m[ALL];

	for (unsigned int i = 0; i < ALL; i++) {
		fake_run_as(back->vcpu[i & 1]);
		m[i] = map(1, 9, 0x1000 * (i + 1), GNTMAP_host_map | GNTMAP_readonly);
		assert_int_equal(m[i].status, GNTST_okay);
	}
	assert_int_equal(map(1, 9, 0x5000000, GNTMAP_host_map).status, GNTST_no_space);
	fake_run_as(back->vcpu[0]);
	assert_int_equal(unmap(m[3].host_addr, m[3].handle), GNTST_okay);
	fake_run_as(back->vcpu[1]); /* vcpu 0 has the free one */
	m[3] = map(1, 9, m[3].host_addr, GNTMAP_host_map | GNTMAP_readonly);
	assert_int_equal(m[3].status, GNTST_okay);
	for (unsigned int i = 0; i < ALL; i++)
		assert_int_equal(unmap(m[i].host_addr, m[i].handle), GNTST_okay);
	assert_idle(frame);
}

static int copy(struct gnttab_copy *op)
{
	assert_int_equal(call(GNTTABOP_copy, op, 1), 0);
	return op->status;
}

static void copies_go_both_ways_and_check_everything(void **state)
{
	uint64_t own = fake_guest_frame(back);
	struct gnttab_copy op = { .flags = GNTCOPY_source_gref, .len = 8 };

	strcpy((char *)fake_frame_data(frame) + 100, "content");
	op.source.u.ref = 9;
	op.source.domid = 1;
	op.source.offset = 100;
	op.dest.u.gmfn = own;
	op.dest.domid = DOMID_SELF;
	op.dest.offset = 4088;
	assert_int_equal(copy(&op), GNTST_okay);
	assert_string_equal((char *)fake_frame_data(own) + 4088, "content");
	op.dest.offset = 4089;
	assert_int_equal(copy(&op), GNTST_bad_copy_arg);
	op.dest.offset = 0;
	op.dest.domid = 1; /* frames are one's own only */
	op.dest.u.gmfn = frame;
	assert_int_equal(copy(&op), GNTST_permission_denied);
	op.dest.domid = DOMID_SELF;
	assert_int_equal(copy(&op), GNTST_bad_page);
	grant(10, 0, frame, GTF_permit_access | GTF_readonly);
	op = (struct gnttab_copy){ .flags = GNTCOPY_dest_gref, .len = 8 };
	op.source.u.gmfn = own;
	op.source.domid = DOMID_SELF;
	op.dest.domid = 1;
	op.dest.u.ref = 10;
	assert_int_equal(copy(&op), GNTST_general_error);
	op.dest.u.ref = 9;
	op.source.offset = 4088;
	assert_int_equal(copy(&op), GNTST_okay);
	assert_string_equal(fake_frame_data(frame), "content");
	assert_int_equal(table[9].flags, GTF_permit_access);
	assert_idle(frame);
	assert_idle(own);
}

static void a_run_of_copies_holds_its_page_once(void **state)
{
	uint64_t own = fake_guest_frame(back);
	struct gnttab_copy op[40];

	memset(op, 0, sizeof(op));
	for (unsigned int i = 0; i < 40; i++) {
		*((uint8_t *)fake_frame_data(frame) + i) = (uint8_t)(i + 1);
		op[i].flags = GNTCOPY_source_gref;
		op[i].source.u.ref = i == 20 ? 8 : 9;
		op[i].source.domid = 1;
		op[i].dest.u.gmfn = own;
		op[i].dest.domid = DOMID_SELF;
		op[i].source.offset = op[i].dest.offset = (uint16_t)i;
		op[i].len = 1;
	}
	assert_int_equal(call(GNTTABOP_copy, op, 40), 0);
	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(op[i].status, i == 20 ? GNTST_general_error : GNTST_okay);
		assert_int_equal(*((uint8_t *)fake_frame_data(own) + i), i == 20 ? 0 : i + 1);
	}
	assert_idle(frame);
	assert_idle(own);
}

static void tables_grow_to_their_limit_and_no_further(void **state)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 5 };
	struct gnttab_set_version v = { .version = 2 };
	xen_pfn_t list[5];
	uint64_t mfns[4];

	s.frame_list.p = list;
	fake_run_as(front->vcpu[0]);
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, GNTST_general_error);
	s.nr_frames = 3;
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0);
	assert_int_equal(s.status, GNTST_okay);
	assert_int_equal(call(GNTTABOP_query_size, &q, 1), 0);
	assert_int_equal(q.nr_frames, 3);
	assert_int_equal(q.max_nr_frames, 4);
	q.dom = 0;
	assert_int_equal(call(GNTTABOP_query_size, &q, 1), 0);
	assert_int_equal(q.status, GNTST_permission_denied);
	assert_int_equal(call(GNTTABOP_query_size, &q, 2), -EINVAL);
	assert_int_equal(call(GNTTABOP_set_version, &v, 1), -ENOSYS);
	assert_int_equal(v.version, 1);
	assert_int_equal(call(GNTTABOP_set_version, &v, 1), 0);
	assert_int_equal(call(GNTTABOP_transfer, &v, 1), -ENOSYS);
	assert_int_equal(call(99, &v, 1), -ENOSYS);
	assert_int_equal(call(GNTTABOP_map_grant_ref, NULL, 1), -EFAULT);
	assert_int_equal(call(GNTTABOP_map_grant_ref, NULL, 0x80000000u), -EINVAL);
	assert_int_equal(grant_table_get_frames(front, 0, 0, 4, mfns), 0);
	assert_int_equal(mfns[2], list[2]);
	assert_int_equal(grant_table_get_frames(front, 0, 1, 4, mfns), -EINVAL);
	assert_int_equal(grant_table_get_frames(front, 0, 0xffffffff, 2, mfns), -EINVAL);
	assert_int_equal(grant_table_get_frames(front, 1, 0, 1, mfns), -EINVAL);
}

static unsigned int others_served;

void softirq_serve_others(enum softirq mine)
{
	assert_int_equal(mine, SOFTIRQ_FREE_DOMAINS);
	others_served++;
}

static unsigned int frames_of(struct domain *d)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	fake_run_as(d->vcpu[0]);
	assert_int_equal(call(GNTTABOP_query_size, &q, 1), 0);
	return q.nr_frames;
}

/* However long a table is asked for, what waits comes after each of its frames. */
static void growing_gives_way_and_goes_on(void **state)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 4, .status = 99 };
	xen_pfn_t list[4] = { 0 };
	uint64_t mfns[2];

	s.frame_list.p = list;
	fake_run_as(front->vcpu[0]);
	for (unsigned int nr = 2; nr < 4; nr++) {
		fake_preempt_after = 0;
		assert_int_equal(call(GNTTABOP_setup_table, &s, 1), -ERESTART);
		assert_int_equal(frames_of(front), nr);
		assert_int_equal(list[0], 0);
	}
	fake_preempt_after = 0;
	assert_int_equal(call(GNTTABOP_setup_table, &s, 1), 0); /* one frame is always made */
	assert_int_equal(s.status, GNTST_okay);
	assert_int_equal(frames_of(front), 4);
	assert_true(list[0] && list[3]);
	fake_preempt_after = 0;
	assert_int_equal(grant_table_get_frames(third, 0, 1, 2, mfns), -ERESTART);
	fake_preempt_after = 0;
	assert_int_equal(grant_table_get_frames(third, 0, 1, 2, mfns), 0);
	fake_preempt_after = -1;
}

static void freeing_gives_way(void **state)
{
	fake_run_as(third->vcpu[0]);
	grant(8, 2, frame, GTF_permit_access);
	assert_int_equal(unmap(0x1000, map(1, 8, 0x1000, GNTMAP_host_map).handle), GNTST_okay);
	others_served = 0;
	grant_table_destroy(third);
	assert_int_equal(others_served, 2); /* its frame, and a page of records of what it has mapped */
	assert_int_equal(grant_table_create(third, 4, 2), 0);
}

static void swap_moves_unused_entries_only(void **state)
{
	struct gnttab_swap_grant_ref op = { .ref_a = 9, .ref_b = 20 };
	struct gnttab_map_grant_ref m;

	fake_run_as(front->vcpu[0]);
	assert_int_equal(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(table[20].frame, frame);
	assert_int_equal(table[9].flags, 0);
	fake_run_as(back->vcpu[0]);
	m = map(1, 20, 0x1000, GNTMAP_host_map);
	fake_run_as(front->vcpu[0]);
	assert_int_equal(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_eagain);
	op.ref_b = 512;
	assert_int_equal(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_gntref);
	fake_run_as(back->vcpu[0]);
	assert_int_equal(unmap(0x1000, m.handle), GNTST_okay);
}

static void a_dying_grantee_gives_everything_back(void **state)
{
	int restarts = 0;

	for (unsigned int i = 1; i <= 200; i++)
		map(1, 9, 0x1000 * i, GNTMAP_host_map);
	/* What tearing down its page tables does. */
	for (unsigned int i = 1; i <= 200; i++)
		assert_int_equal(arch_grant_unmap_host(0x1000 * i, _mfn(frame), 0, 0), GNTST_okay);
	back->state = DOMAIN_DYING;
	for (fake_preempt_after = 0; grant_table_release_mappings(back); fake_preempt_after = 0)
		restarts++;
	fake_preempt_after = -1;
	assert_true(restarts >= 3);
	assert_int_equal(table[9].flags, GTF_permit_access);
	assert_int_equal(front->refcnt, 1);
	assert_idle(frame);
}

static void lack_of_memory_is_reported_and_undone(void **state)
{
	/* The first mapping makes a list of pages, a page, and the entry's chunk; each fails once. */
	static const int at[] = { 0, 1, 1 };

	for (unsigned int i = 0; i < 3; i++) {
		fake_fail_allocation_at = at[i];
		assert_int_equal(map(1, 9, 0x1000, GNTMAP_host_map).status, GNTST_no_space);
		fake_fail_allocation_at = -1;
		assert_int_equal(table[9].flags, GTF_permit_access);
		assert_idle(frame);
	}
}

/* ---- concurrency ---- */
static bool stop;

static void *rewriter(void *seed)
{
	unsigned int s = (unsigned int)(uintptr_t)seed;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		volatile struct grant_entry_v1 *e = &table[9 + rand_r(&s) % 2];

		switch (rand_r(&s) % 4) {
		case 0:
			e->flags = (uint16_t)rand_r(&s);
			break;
		case 1:
			e->domid = (domid_t)(rand_r(&s) % 3);
			break;
		case 2:
			e->frame = (uint32_t)rand_r(&s) % 40;
			break;
		default:
			e->domid = 0;
			e->frame = (uint32_t)frame;
			e->flags = GTF_permit_access;
		}
	}
	return NULL;
}

static void *user(void *nr)
{
	unsigned int s = (unsigned int)(uintptr_t)nr + 100;
	uint64_t base = 0x100000 * ((uintptr_t)nr + 1);
	uintptr_t successes = 0;

	fake_run_as(back->vcpu[(uintptr_t)nr & 1]);
	for (int i = 0; i < 30000; i++) {
		struct gnttab_map_grant_ref m = { .dom = 1, .ref = 9 + (uint32_t)rand_r(&s) % 2,
						  .host_addr = base,
						  .flags = GNTMAP_host_map |
							   (i & 1 ? GNTMAP_readonly : 0) };
		struct gnttab_unmap_grant_ref u = { .host_addr = base };
		struct gnttab_copy c = { .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
					 .len = 64 };

		c.source.u.ref = 9;
		c.dest.u.ref = 10;
		c.source.domid = c.dest.domid = 1;
		call(GNTTABOP_copy, &c, 1);
		call(GNTTABOP_map_grant_ref, &m, 1);
		if (m.status)
			continue;
		/* Whatever the granter says now, what is mapped is a frame of its own. */
		if (fake_frames[m.dev_bus_addr >> PAGE_SHIFT].owner != front)
			abort();
		u.handle = m.handle;
		call(GNTTABOP_unmap_grant_ref, &u, 1);
		if (u.status)
			abort();
		successes++;
	}
	return (void *)successes;
}

static void a_granter_rewriting_entries_gains_nothing(void **state)
{
	uintptr_t successes = 0;
	pthread_t t[4];

	grant(10, 0, frame, GTF_permit_access);
	stop = false;
	for (uintptr_t i = 0; i < 2; i++) {
		pthread_create(&t[i], NULL, rewriter, (void *)(i + 1));
		pthread_create(&t[i + 2], NULL, user, (void *)i);
	}
	for (unsigned int i = 0; i < 2; i++) {
		void *n;

		pthread_join(t[i + 2], &n);
		successes += (uintptr_t)n;
	}
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	assert_true(successes > 0);
	assert_int_equal(fake_nr_mappings(), 0);
	for (unsigned int i = 0; i < FAKE_FRAMES; i++)
		if (fake_frames[i].refs && !fake_frames[i].xen)
			assert_idle(i);
}

static grant_handle_t contested;
static int wins;

static void *unmapper(void *vcpu)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = 0x1000 };

	fake_run_as(back->vcpu[(uintptr_t)vcpu]);
	op.handle = contested;
	call(GNTTABOP_unmap_grant_ref, &op, 1);
	if (op.status == GNTST_okay)
		__atomic_fetch_add(&wins, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void two_vcpus_cannot_both_unmap_one_handle(void **state)
{
	for (int i = 0; i < 300; i++) {
		pthread_t a, b;

		wins = 0;
		contested = map(1, 9, 0x1000, GNTMAP_host_map).handle;
		pthread_create(&a, NULL, unmapper, (void *)0);
		pthread_create(&b, NULL, unmapper, (void *)1);
		pthread_join(a, NULL);
		pthread_join(b, NULL);
		assert_int_equal(wins, 1);
		assert_idle(frame);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(map_and_unmap_leave_no_trace),
		CASE(readers_and_writers_are_counted_apart),
		CASE(only_the_grantee_gets_in_and_only_as_allowed),
		CASE(a_frame_of_another_type_is_not_mapped_writable),
		CASE(changes_of_a_used_entry_do_not_matter),
		CASE(records_that_wandered_are_used_again),
		CASE(unmap_of_a_wrong_address_changes_nothing),
		CASE(host_and_device_mappings_end_apart),
		CASE(a_batch_flushes_once_and_restarts),
		CASE(handles_run_out_at_the_limit_and_move_between_vcpus),
		CASE(copies_go_both_ways_and_check_everything),
		CASE(a_run_of_copies_holds_its_page_once),
		CASE(tables_grow_to_their_limit_and_no_further),
		CASE(growing_gives_way_and_goes_on),
		CASE(freeing_gives_way),
		CASE(swap_moves_unused_entries_only),
		CASE(a_dying_grantee_gives_everything_back),
		CASE(lack_of_memory_is_reported_and_undone),
		CASE(a_granter_rewriting_entries_gains_nothing),
		CASE(two_vcpus_cannot_both_unmap_one_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
