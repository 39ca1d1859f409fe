/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/ring/pv_grants.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring
// libs: -lpthread
/*
 * Grant references: quotas, use counts, a peer that keeps what it mapped, all short histories of a
 * small table against the invariants, and a hypervisor thread that maps and unmaps while access is
 * ended.
 */
#include "pv_fixture.h"

#include "pv_grants.h"

#define FIRST 2
#define NR    6

static struct grant_entry_v1 table[NR];
static struct pv_grant grants[NR];
static struct pv_grants g;
static struct pv_grant_quota disk, net;
static uint32_t pages_back;

static int setup(void **state)
{
	memset(table, 0, sizeof(table));
	pv_grants_init(&g, table, grants, FIRST, NR);
	disk = (struct pv_grant_quota){ .limit = 3 };
	net = (struct pv_grant_quota){ .limit = 4 };
	pages_back = 0;
	return 0;
}

/* The hypervisor's side: a mapping sets a use bit only while the entry is live. */
static bool hv_map(grant_ref_t ref)
{
	uint16_t flags = __atomic_load_n(&table[ref].flags, __ATOMIC_SEQ_CST);

	return (flags & GTF_type_mask) == GTF_permit_access &&
	       __atomic_compare_exchange_n(&table[ref].flags, &flags, flags | GTF_reading, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void hv_unmap(grant_ref_t ref)
{
	__atomic_fetch_and(&table[ref].flags, (uint16_t)~GTF_reading, __ATOMIC_SEQ_CST);
}

static void page_free(void *context, uint64_t frame)
{
	assert_ptr_equal(context, &g);
	pages_back++;
}

static uint32_t length(uint32_t head, enum pv_grant_state state)
{
	uint32_t n = 0;

	for (; head != UINT32_MAX; head = grants[head].next, n++) {
		assert_in_range(head, FIRST, NR - 1);
		assert_true(n < NR);
		assert_int_equal(grants[head].state, state);
	}
	return n;
}

static void check(void)
{
	uint32_t nr[4] = { 0 }, disks = 0, nets = 0;

	for (grant_ref_t ref = FIRST; ref < NR; ref++) {
		struct pv_grant *gr = &grants[ref];

		nr[gr->state]++;
		if (gr->state == PV_GRANT_FREE || gr->state == PV_GRANT_HELD)
			assert_int_equal(table[ref].flags, 0);
		else
			assert_int_equal(table[ref].flags & GTF_type_mask, GTF_permit_access);
		if (gr->state != PV_GRANT_FREE)
			*(gr->quota == &disk ? &disks : &nets) += 1;
		assert_true(!gr->uses || gr->state == PV_GRANT_GRANTED);
	}
	assert_int_equal(nr[PV_GRANT_FREE], g.nr_free);
	assert_int_equal(nr[PV_GRANT_RETIRING], g.nr_retiring);
	assert_int_equal(length(g.free, PV_GRANT_FREE), g.nr_free);
	assert_int_equal(length(g.retiring, PV_GRANT_RETIRING), g.nr_retiring);
	assert_int_equal(disks, disk.used);
	assert_int_equal(nets, net.used);
	assert_true(disk.used <= disk.limit && net.used <= net.limit);
}

static void life_of_a_grant(void **state)
{
	grant_ref_t ref;

	assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
	assert_in_range(ref, FIRST, NR - 1);
	assert_int_equal(pv_grants_begin(&g, ref, 7, 1ull << 32, false), -XEN_ERANGE);
	assert_int_equal(table[ref].flags, 0);
	assert_int_equal(pv_grants_begin(&g, ref, 7, 0x1234, true), 0);
	assert_int_equal(table[ref].flags, GTF_permit_access | GTF_readonly);
	assert_int_equal(table[ref].domid, 7);
	assert_int_equal(table[ref].frame, 0x1234);
	assert_true(hv_map(ref));
	assert_int_equal(pv_grants_end(&g, ref), -XEN_EBUSY);
	hv_unmap(ref);
	pv_grants_use(&g, ref);
	assert_int_equal(pv_grants_end(&g, ref), -XEN_EBUSY);
	pv_grants_unuse(&g, ref);
	assert_int_equal(pv_grants_end(&g, ref), 0);
	assert_false(hv_map(ref));
	pv_grants_put(&g, ref);
	check();
}

static void quotas(void **state)
{
	grant_ref_t ref;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
	assert_int_equal(pv_grants_get(&g, &disk, &ref), -XEN_ENOSPC);
	assert_int_equal(pv_grants_get(&g, &net, &ref), 0);
	assert_int_equal(pv_grants_get(&g, &net, &ref), -XEN_ENOSPC); /* none is left at all */
	check();
}

/* A backend that never unmaps: its device runs dry, the others do not. */
static void peer_keeps_all(void **state)
{
	grant_ref_t ref;

	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
		assert_int_equal(pv_grants_begin(&g, ref, 1, i, false), 0);
		assert_true(hv_map(ref));
		assert_false(pv_grants_retire(&g, ref));
		check();
	}
	assert_int_equal(pv_grants_reap(&g, 100, page_free, &g), 0);
	assert_int_equal(pv_grants_get(&g, &disk, &ref), -XEN_ENOSPC);
	assert_int_equal(pv_grants_get(&g, &net, &ref), 0);
	hv_unmap(g.retiring);
	assert_int_equal(pv_grants_reap(&g, 100, page_free, &g), 1);
	assert_int_equal(pages_back, 1);
	assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
	check();
}

/* One a call, and none is starved by one that stays mapped. */
static void reaping_takes_turns(void **state)
{
	grant_ref_t ref[3];

	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pv_grants_get(&g, &disk, &ref[i]), 0);
		assert_int_equal(pv_grants_begin(&g, ref[i], 1, i, false), 0);
		assert_true(hv_map(ref[i]));
		assert_false(pv_grants_retire(&g, ref[i]));
	}
	hv_unmap(ref[1]);
	assert_int_equal(pv_grants_reap(&g, 1, NULL, NULL), 0);
	assert_int_equal(pv_grants_reap(&g, 1, NULL, NULL), 1);
	assert_int_equal(grants[ref[1]].state, PV_GRANT_FREE);
	check();
}

static void own_faults(void **state)
{
	grant_ref_t ref;

	assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
	expect_assert_failure(pv_grants_put(&g, 0));
	expect_assert_failure(pv_grants_put(&g, NR));
	expect_assert_failure((void)pv_grants_end(&g, ref));
	expect_assert_failure(pv_grants_use(&g, ref));
	assert_int_equal(pv_grants_begin(&g, ref, 1, 1, false), 0);
	expect_assert_failure(pv_grants_put(&g, ref));
	expect_assert_failure(pv_grants_unuse(&g, ref));
	assert_true(pv_grants_retire(&g, ref));
	expect_assert_failure(pv_grants_put(&g, ref)); /* twice */
	check();
}

/* What may be done to a reference in its state; false: nothing of this kind now. */
static bool act(uint32_t what, grant_ref_t ref)
{
	struct pv_grant *gr = &grants[ref];
	grant_ref_t got;

	switch (what) {
	case 0:
		return !pv_grants_get(&g, &disk, &got);
	case 1:
		return !pv_grants_get(&g, &net, &got);
	case 2:
		return gr->state == PV_GRANT_HELD && !pv_grants_begin(&g, ref, 1, ref, false);
	case 3:
		return hv_map(ref);
	case 4:
		if (!(table[ref].flags & GTF_reading))
			return false;
		hv_unmap(ref);
		return true;
	case 5:
		return gr->state == PV_GRANT_GRANTED && !pv_grants_end(&g, ref);
	case 6:
		if (gr->state != PV_GRANT_GRANTED)
			return false;
		(void)pv_grants_retire(&g, ref);
		return true;
	case 7:
		return pv_grants_reap(&g, 1, NULL, NULL);
	default:
		if (gr->state != PV_GRANT_HELD)
			return false;
		pv_grants_put(&g, ref);
		return true;
	}
}

struct world {
	struct grant_entry_v1 table[NR];
	struct pv_grant grants[NR];
	struct pv_grants g;
	struct pv_grant_quota disk, net;
};

static void keep(struct world *w)
{
	memcpy(w->table, table, sizeof(table));
	memcpy(w->grants, grants, sizeof(grants));
	w->g = g;
	w->disk = disk;
	w->net = net;
}

static void restore(const struct world *w)
{
	memcpy(table, w->table, sizeof(table));
	memcpy(grants, w->grants, sizeof(grants));
	g = w->g;
	disk = w->disk;
	net = w->net;
}

/* Every history so long, on two of the references (and get, which takes what it likes). */
static uint32_t walk(uint32_t depth)
{
	struct world before;
	uint32_t worlds = 1;

	check();
	if (!depth)
		return worlds;
	keep(&before);
	for (uint32_t what = 0; what < 9; what++)
		for (grant_ref_t ref = FIRST; ref < FIRST + 2; ref++) {
			if (act(what, ref))
				worlds += walk(depth - 1);
			restore(&before);
		}
	return worlds;
}

static void all_short_histories(void **state)
{
	assert_true(walk(7) > 1000);
}

static void long_random_histories(void **state)
{
	uint64_t seed = 21;

	for (int i = 0; i < 300000; i++) {
		(void)act(pv_random(&seed) % 9, FIRST + pv_random(&seed) % (NR - FIRST));
		check();
	}
}

static volatile bool stop;
static uint32_t
    rounds; /* of the hypervisor thread, so that the other can wait for it to have looked */

static void *hypervisor(void *unused)
{
	void *wrong = NULL;

	for (; !stop; __atomic_fetch_add(&rounds, 1, __ATOMIC_SEQ_CST)) {
		if (!hv_map(FIRST))
			continue;
		for (int i = 0; i < 20; i++)
			if (!(__atomic_load_n(&table[FIRST].flags, __ATOMIC_SEQ_CST) &
			      GTF_permit_access))
				wrong = table; /* ended under a mapping */
		hv_unmap(FIRST);
	}
	return wrong;
}

/* Ending access never succeeds under a mapping, however the two race. */
static void ends_while_mapping(void **state)
{
	pthread_t peer;
	grant_ref_t ref;
	void *wrong;

	assert_int_equal(pv_grants_get(&g, &disk, &ref), 0);
	assert_int_equal(ref, FIRST);
	stop = false;
	assert_int_equal(pthread_create(&peer, NULL, hypervisor, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		uint32_t now;

		assert_int_equal(pv_grants_begin(&g, ref, 1, 5, false), 0);
		while (pv_grants_end(&g, ref))
			;
		now = __atomic_load_n(&rounds, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&rounds, __ATOMIC_SEQ_CST) - now < 2)
			sched_yield();
		assert_int_equal(table[ref].flags, 0);
	}
	stop = true;
	pthread_join(peer, &wrong);
	assert_null(wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(life_of_a_grant, setup),
		cmocka_unit_test_setup(quotas, setup),
		cmocka_unit_test_setup(peer_keeps_all, setup),
		cmocka_unit_test_setup(reaping_takes_turns, setup),
		cmocka_unit_test_setup(own_faults, setup),
		cmocka_unit_test_setup(all_short_histories, setup),
		cmocka_unit_test_setup(long_random_histories, setup),
		cmocka_unit_test_setup(ends_while_mapping, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
