// sources: hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/xmalloc.c hypervisor/common/memory/*.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/audit.c hypervisor/arch/x86/mm/relinquish.c hypervisor/arch/x86/mm/mmu_update.c hypervisor/arch/x86/mm/mmuext.c hypervisor/arch/x86/mm/update_va.c hypervisor/arch/x86/mm/update_descriptor.c hypervisor/arch/x86/mm/foreign.c hypervisor/arch/x86/mm/guest_table.c hypervisor/arch/x86/mm/grant.c
// cflags: -DUNIT_TEST -DCONFIG_DEBUG
/* SPDX-License-Identifier: MIT */
/*
 * The memory hypercalls as a guest calls them, continuations included: the test runs on a stack
 * that looks like a hypervisor CPU's, so `current` is real. Guest memory is the test's own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <ucontext.h>
#include <cmocka.h>
#include "mm_fake.h"
#include <asm/e820.h>
#include <public/grant_table.h>
#include <public/memory.h>

/* No guest here has a physical map of its own. */
uint32_t arch_ioreq_frames(const struct domain *d)
{
	return 0;
}
int arch_ioreq_frame(struct domain *d, uint32_t id, unsigned int frame, uint64_t *mfn)
{
	return -EINVAL;
}
uint64_t arch_max_gfn(const struct domain *d)
{
	return 0;
}

int arch_add_to_physmap(struct domain *d, unsigned int space, uint64_t idx, gfn_t gfn)
{
	return -EACCES;
}

int arch_remove_from_physmap(struct domain *d, gfn_t gfn)
{
	return -EACCES;
}

int arch_gfn_populate(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
	return 0;
}

int arch_gfn_depopulate(struct domain *d, gfn_t gfn, mfn_t mfn)
{
	return 0;
}

int hvm_grant_map(struct domain *d, uint64_t gpa, mfn_t mfn, unsigned int flags)
{
	return GNTST_general_error;
}

int hvm_grant_unmap(struct domain *d, uint64_t gpa, mfn_t mfn, uint64_t new_addr)
{
	return GNTST_general_error;
}

#define P  PTE_PRESENT
#define W  PTE_RW
#define U  PTE_USER
#define PW (P | W)

static struct domain *const d = &dom[1];
static struct vcpu *const v = &fake_vcpu[1];

/* ---- the rest of the machine ---- */
struct e820entry hv_e820[E820_MAX];
unsigned int nr_hv_e820;
static uint64_t cr3;
static unsigned int nr_local_flushes, nr_mask_flushes;

void switch_cr3_flush(uint64_t to)
{
	cr3 = to;
}
void flush_local(uint64_t va, unsigned int flags)
{
	nr_local_flushes++;
}
void flush_area_mask(const cpumask_t *m, uint64_t va, unsigned int flags)
{
	nr_mask_flushes++;
}
void pv_update_cr3(struct vcpu *w, bool load)
{
}
int pv_set_ldt(struct vcpu *w, uint64_t base, unsigned int ents)
{
	return 0;
}
uint64_t get_gpfn_from_mfn(mfn_t mfn)
{
	return unit_m2p[mfn_x(mfn)];
}
bool m2p_extent(unsigned int i, uint64_t *mfn)
{
	*mfn = 5;
	return i < 2;
}
struct domain *domain_get_for_caller(domid_t id, int *err)
{
	unsigned int n = id == DOMID_SELF ? current->domain->domain_id : id;

	*err = n >= 2							       ? -ESRCH
	       : &dom[n] != current->domain && !current->domain->is_privileged ? -EPERM
									       : 0;
	if (*err)
		return NULL;
	domain_get(&dom[n]);
	return &dom[n];
}
static unsigned int max_grant_frames;
unsigned int grant_table_max_frames(const struct domain *g)
{
	return max_grant_frames;
}

int grant_table_get_frames(struct domain *g, unsigned int id, unsigned int first, unsigned int nr,
			   uint64_t *mfns)
{
	for (unsigned int i = 0; i < nr; i++)
		mfns[i] = 1000 + first + i;
	return 0;
}
unsigned long raw_copy_from_guest(void *t, guest_ptr_t f, unsigned long len)
{
	if (f < 4096)
		return len;
	memcpy(t, (const void *)f, len);
	return 0;
}
bool read_guest_pair(void *to, guest_ptr_t from)
{
	return !raw_copy_from_guest(to, from, 16);
}

unsigned long raw_copy_to_guest(guest_ptr_t t, const void *f, unsigned long len)
{
	if (t < 4096)
		return len;
	memcpy((void *)t, f, len);
	return 0;
}
bool guest_range_ok(guest_ptr_t p, unsigned long nr, unsigned long size)
{
	return true;
}

/* ---- continuations ---- */
static struct {
	bool wanted;
	unsigned int op;
	unsigned long arg[4];
} again;
static unsigned int nr_again, preempt_each;

long hypercall_create_continuation(unsigned int op, unsigned int nr, ...)
{
	va_list ap;

	va_start(ap, nr);
	for (unsigned int i = 0; i < nr; i++)
		again.arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	again.op = op;
	again.wanted = true;
	nr_again++;
	return -ERESTART;
}

/* Runs a call to its end as the dispatcher would. */
static long call(unsigned int op, unsigned long a, unsigned long b, unsigned long c,
		 unsigned long e)
{
	long rc;

	again.arg[0] = a;
	again.arg[1] = b;
	again.arg[2] = c;
	again.arg[3] = e;
	do {
		again.wanted = false;
		preempt_in = preempt_each;
		if (op == __HYPERVISOR_mmu_update)
			rc = do_mmu_update(again.arg[0], again.arg[1], again.arg[2], again.arg[3]);
		else if (op == __HYPERVISOR_mmuext_op)
			rc = do_mmuext_op(again.arg[0], again.arg[1], again.arg[2], again.arg[3]);
		else
			rc = do_memory_op(again.arg[0], again.arg[1]);
		assert_int_equal(locks_held, 0);
		if (again.wanted)
			assert_int_equal(page_type_audit(false), 0);
	} while (again.wanted);
	preempt_in = 0;
	return rc;
}

static long ext(unsigned int cmd, struct page *pg)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = pg ? frame_number(pg) : 0;
	return call(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, DOMID_SELF);
}

static struct page *frame(void)
{
	struct page *pg = alloc_domain_pages(d, 0, 0);

	assert_non_null(pg);
	return pg;
}

static pte_t *table(struct page *pg)
{
	return page_virt(pg);
}

static uint64_t to(struct page *pg, uint64_t flags)
{
	return mk_pte(page_to_mfn(pg), flags).e;
}

static uint64_t slot(struct page *pg, unsigned int i)
{
	return frame_number(pg) << PAGE_SHIFT | i * 8;
}

/* One L4 → L3 → L2 → L1 that maps va 0 upwards. */
struct space {
	struct page *l4, *l3, *l2, *l1;
};

static void build(struct space *s)
{
	s->l4 = frame();
	s->l3 = frame();
	s->l2 = frame();
	s->l1 = frame();
	table(s->l4)[0].e = to(s->l3, PW | U);
	table(s->l3)[0].e = to(s->l2, PW | U);
	table(s->l2)[0].e = to(s->l1, PW | U);
}

static void clean_up(void)
{
	int rc;

	preempt_in = 0;
	assert_int_equal(page_type_audit(false), 0);
	d->state = DOMAIN_DYING;
	get_cpu_info()->current_vcpu = &fake_vcpu[0];
	while ((rc = drop_guest_tables(v)))
		assert_int_equal(rc, -ERESTART);
	while (relinquish_memory(d))
		;
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
	assert_int_equal(dom[0].refcnt, dom[0].tot_pages ? 2 : 1);
	assert_int_equal(heap_audit(), 0);
	d->state = DOMAIN_ALIVE;
	get_cpu_info()->current_vcpu = v;
}

/* ---- cases ---- */
static void address_spaces(void)
{
	struct space a, b;

	build(&a);
	build(&b);
	v->arch.pv.kernel_mode = true;
	assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, a.l4), 0);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, a.l4), 0);
	assert_int_equal(cr3, frame_number(a.l4) << PAGE_SHIFT);
	assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, b.l4), 0);
	assert_int_equal(ext(MMUEXT_UNPIN_TABLE, a.l4), 0);
	assert_int_equal(ext(MMUEXT_UNPIN_TABLE, a.l4), -EINVAL);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, b.l4), 0);
	assert_int_equal(type_read(a.l1) & TYPE_COUNT, 0);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, a.l1), 0); /* an empty page makes an empty L4 */
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, b.l1), -EINVAL);
	assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, NULL), 0);
	assert_int_equal(type_read(b.l1) & TYPE_COUNT, 0);
	assert_int_equal(ext(15 + 6, NULL), -ENOSYS);
	assert_int_equal(ext(MMUEXT_MARK_SUPER, a.l1), -EOPNOTSUPP);
	assert_int_equal(ext(MMUEXT_CLEAR_PAGE, a.l1), -EINVAL);
	assert_int_equal(ext(MMUEXT_CLEAR_PAGE, b.l1), 0);
	clean_up();
}

static void batches(void)
{
	struct page *l1 = frame(), *pg = frame(), *plain = frame(),
		    *f = alloc_domain_pages(&dom[0], 0, 0);
	unsigned int done = 7;
	struct mmu_update u[] = {
		{ slot(l1, 0), to(pg, PW | U) },
		{ slot(l1, 1), to(pg, P) },
		{ slot(plain, 4), 0x1234 },
		{ slot(l1, 0) | MMU_PT_UPDATE_PRESERVE_AD, to(pg, P | U) },
		{ frame_number(pg) << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 99 },
		{ slot(l1, 2), to(l1, PW) },
		{ slot(l1, 3), to(pg, PW) },
	};
	struct mmu_update foreign = { slot(l1, 9), to(f, PW | U) };

	assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, l1), 0);
	assert_int_equal(
	    call(__HYPERVISOR_mmu_update, (unsigned long)u, 7, (unsigned long)&done, DOMID_SELF),
	    -EINVAL);
	assert_int_equal(done, 5);
	assert_int_equal(((uint64_t *)page_virt(plain))[4], 0x1234);
	assert_int_equal(get_gpfn_from_mfn(page_to_mfn(pg)), 99);
	assert_int_equal(table(l1)[0].e & (W | U | PTE_GLOBAL), U | PTE_GLOBAL);
	assert_false(pte_present(table(l1)[3]));
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)&foreign, 1, 0, 0), -EPERM);
	d->is_privileged = true;
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)&foreign, 1, 0, 0), 0);
	assert_int_equal(f->ref & REF_COUNT, 2);
	foreign.val = to(pg, PW);
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)&foreign, 1, 0, 0), -EINVAL);
	/* Of a domain that is gone nothing is done, and *done says so. */
	done = 7;
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)&foreign, 1, (unsigned long)&done, 99),
			 -ESRCH);
	assert_int_equal(done, 0);
	d->is_privileged = false;
	assert_int_equal(call(__HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF), -EFAULT);
	/* Whose tables they are is told by id, which takes no reference to the caller itself. */
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)u, 1, 0, 2u << 16 | DOMID_SELF), 0);
	assert_int_equal(call(__HYPERVISOR_mmu_update, (unsigned long)u, 1, 0,
			      (DOMID_SELF + 1u) << 16 | DOMID_SELF), -ESRCH);
	assert_int_equal(d->refcnt, 2);
	clean_up();
	__atomic_fetch_and(&f->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(f);
}

static void one_entry_by_address(void)
{
	struct space s;
	struct page *pg = frame();

	build(&s);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, s.l4), 0);
	nr_local_flushes = nr_mask_flushes = 0;
	assert_int_equal(do_update_va_mapping(0x5000, to(pg, PW), UVMF_INVLPG), 0);
	assert_int_equal(nr_local_flushes, 1);
	assert_int_equal(type_read(pg) & TYPE_COUNT, 1);
	assert_int_equal(do_update_va_mapping(0x5000, to(pg, P), UVMF_TLB_FLUSH | UVMF_ALL), 0);
	assert_int_equal(nr_mask_flushes, 1);
	assert_int_equal(do_update_va_mapping(0x5000, to(s.l1, PW), 0), -EINVAL);
	assert_int_equal(do_update_va_mapping(1ul << 40, to(pg, P), 0), -EINVAL);
	assert_int_equal(do_update_va_mapping(HV_VIRT_START, to(pg, P), 0), -EINVAL);
	assert_int_equal(table(s.l1)[5].e & W, 0);
	clean_up();
}

static void grant_mappings(void)
{
	struct space s;
	struct page *f = alloc_domain_pages(&dom[0], 0, 0), *pg = frame();
	mfn_t mfn = page_to_mfn(f);

	build(&s);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, s.l4), 0);
	assert_int_equal(arch_grant_map_host(0x7000, mfn, GNTMAP_host_map), GNTST_okay);
	assert_int_equal(type_read(f) & TYPE_COUNT, 1);
	assert_int_equal(arch_grant_unmap_host(0x7000, mfn, 0, GNTMAP_host_map | GNTMAP_readonly),
			 GNTST_general_error);
	assert_int_equal(arch_grant_unmap_host(0x7000, mfn, 0, GNTMAP_host_map), GNTST_okay);
	assert_int_equal(f->ref & REF_COUNT, 1);
	assert_int_equal(
	    arch_grant_map_host(slot(s.l1, 20), mfn,
				GNTMAP_host_map | GNTMAP_readonly | GNTMAP_contains_pte),
	    GNTST_okay);
	assert_int_equal(do_update_va_mapping(0x9000, to(pg, PW), 0), 0);
	assert_int_equal(
	    arch_grant_unmap_host(20 << 12, mfn, 0x9000, GNTMAP_host_map | GNTMAP_readonly),
	    GNTST_okay);
	assert_int_equal(pte_mfn(table(s.l1)[20]).m, frame_number(pg));
	assert_int_equal(table(s.l1)[9].e, 0);
	assert_int_equal(arch_grant_map_host(1ul << 40, mfn, GNTMAP_host_map), GNTST_bad_virt_addr);
	/* Overwritten behind everybody's back: the entry gives back what it held, and says nothing of the mapping. */
	assert_int_equal(arch_grant_map_host(0x7000, mfn, GNTMAP_host_map), GNTST_okay);
	assert_int_equal(do_update_va_mapping(0x7000, 0, 0), 0);
	assert_int_equal(f->ref & REF_COUNT, 1);
	assert_int_equal(arch_grant_unmap_host(0x7000, mfn, 0, GNTMAP_host_map),
			 GNTST_general_error);
	clean_up();
	__atomic_fetch_and(&f->ref, ~REF_ALLOCATED, __ATOMIC_SEQ_CST);
	put_page(f);
}

static long reserve(unsigned int op, xen_pfn_t *list, unsigned long nr, unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = nr,
					    .extent_order = order,
					    .domid = DOMID_SELF };

	r.extent_start.p = list;
	return call(__HYPERVISOR_memory_op, op, (unsigned long)&r, 0, 0);
}

static void reservations(void)
{
	xen_pfn_t list[64], list2[64];

	d->max_pages = 100;
	for (unsigned int i = 0; i < 64; i++)
		list[i] = 1000 + 2 * i;
	assert_int_equal(reserve(XENMEM_populate_physmap, list, 64, 1), 50); /* its limit */
	assert_int_equal(d->tot_pages, 100);
	assert_int_equal(get_gpfn_from_mfn(_mfn(list[49] + 1)), 1099);
	assert_int_equal(reserve(XENMEM_decrease_reservation, list, 50, 1), 50);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(reserve(XENMEM_decrease_reservation, list, 1, 0),
			 0); /* not its own any more */
	assert_int_equal(reserve(XENMEM_increase_reservation, list2, 3, 2), 3);
	assert_int_equal(reserve(XENMEM_increase_reservation, NULL, 1, 0), 1);
	assert_int_equal(reserve(XENMEM_increase_reservation, list2, 1, 10),
			 0); /* too large for a guest */
	assert_int_equal(d->tot_pages, 13);
	d->max_pages = NR_FRAMES;
	clean_up();
}

static long exchange(xen_pfn_t *in, unsigned long nr_in, unsigned int o_in, xen_pfn_t *out,
		     unsigned long nr_out, unsigned int o_out, unsigned long *nr_done)
{
	struct xen_memory_exchange x = {
		.in = { .nr_extents = nr_in, .extent_order = o_in, .domid = DOMID_SELF },
		.out = { .nr_extents = nr_out, .extent_order = o_out, .domid = DOMID_SELF },
	};
	long rc;

	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	rc = call(__HYPERVISOR_memory_op, XENMEM_exchange, (unsigned long)&x, 0, 0);
	*nr_done = x.nr_exchanged;
	return rc;
}

static void exchanges(void)
{
	xen_pfn_t in[32], out[32] = { 500, 516 }, back[32];
	unsigned long done;
	struct page *pg;

	for (unsigned int i = 0; i < 32; i++)
		in[i] = frame_number(frame());
	/* A frame in use cannot go, and then nothing does. */
	pg = frame_page(in[20]);
	assert_true(get_page_and_type(pg, d, PGT_writable));
	assert_int_equal(exchange(in, 32, 0, out, 2, 4, &done), -EINVAL);
	assert_int_equal(done, 16);
	put_page_and_type(pg);
	assert_int_equal(d->tot_pages, 32);
	assert_int_equal(page_type_audit(false), 0);
	for (unsigned int i = 0; i < 16; i++)
		in[i] = out[0] + i;
	out[0] = 500;
	out[1] = 516;
	assert_int_equal(exchange(in, 32, 0, out, 2, 4, &done), 0);
	assert_int_equal(done, 32);
	assert_int_equal(out[0] & 15, 0);
	assert_int_equal(get_gpfn_from_mfn(_mfn(out[1] + 3)), 519);
	for (unsigned int i = 0; i < 32; i++)
		back[i] = i;
	assert_int_equal(exchange(out, 2, 4, back, 32, 0, &done), 0);
	assert_int_equal(done, 2);
	assert_int_equal(d->tot_pages, 32);
	assert_int_equal(exchange(out, 2, 4, back, 31, 0, &done), -EINVAL);
	clean_up();
}

static void small_answers(void)
{
	struct xen_memory_map m = { .nr_entries = 10 };
	struct e820entry e[10] = { 0 }, in = { 0, 1ull << 20, E820_RAM };
	struct xen_foreign_memory_map fm = { .domid = 1, .map = { .nr_entries = 1 } };
	struct xen_mem_acquire_resource r = { .domid = 0, .type = XENMEM_resource_grant_table };
	xen_pfn_t frames[70];

	m.buffer.p = e;
	assert_int_equal(do_memory_op(XENMEM_memory_map, (unsigned long)&m), -ENOSYS);
	fm.map.buffer.p = &in;
	assert_int_equal(do_memory_op(XENMEM_set_memory_map, (unsigned long)&fm), -EPERM);
	d->is_privileged = true;
	assert_int_equal(do_memory_op(XENMEM_set_memory_map, (unsigned long)&fm), 0);
	assert_int_equal(do_memory_op(XENMEM_memory_map, (unsigned long)&m), 0);
	assert_int_equal(m.nr_entries, 1);
	assert_int_equal(e[0].size, 1ull << 20);
	fm.map.nr_entries = 200;
	assert_int_equal(do_memory_op(XENMEM_set_memory_map, (unsigned long)&fm), -E2BIG);
	xfree(d->arch.e820);
	d->arch.e820 = NULL;
	dom[0].grant_table = (void *)1;
	max_grant_frames = 70;
	assert_int_equal(
	    call(__HYPERVISOR_memory_op, XENMEM_acquire_resource, (unsigned long)&r, 0, 0), 0);
	assert_int_equal(r.nr_frames, 70);
	r.frame_list.p = frames;
	assert_int_equal(
	    call(__HYPERVISOR_memory_op, XENMEM_acquire_resource, (unsigned long)&r, 0, 0), 0);
	assert_int_equal(frames[69], 1069);
	r.frame = 1;
	assert_int_equal(
	    call(__HYPERVISOR_memory_op, XENMEM_acquire_resource, (unsigned long)&r, 0, 0),
	    -EINVAL);
	d->is_privileged = false;
	assert_int_equal(do_memory_op(XENMEM_maximum_ram_page, 0), NR_FRAMES - 1);
	assert_int_equal(do_memory_op(XENMEM_get_vnumainfo, 0), -EOPNOTSUPP);
	assert_int_equal(do_memory_op(63, 0), -ENOSYS);
	dom[0].grant_table = NULL;
}

/* ---- anything a guest may try ---- */
#define POOL 24

static void random_ext(struct page **pool)
{
	static const unsigned int cmds[] = { MMUEXT_PIN_L1_TABLE,     MMUEXT_PIN_L2_TABLE,
					     MMUEXT_PIN_L3_TABLE,     MMUEXT_PIN_L4_TABLE,
					     MMUEXT_UNPIN_TABLE,      MMUEXT_NEW_BASEPTR,
					     MMUEXT_NEW_USER_BASEPTR, MMUEXT_CLEAR_PAGE,
					     MMUEXT_COPY_PAGE };
	struct mmuext_op op[4];
	unsigned int nr = 1 + chance(4);

	for (unsigned int i = 0; i < nr; i++) {
		op[i].cmd = cmds[chance(ARRAY_SIZE(cmds))];
		op[i].arg1.mfn = frame_number(pool[chance(POOL)]);
		op[i].arg2.src_mfn = frame_number(pool[chance(POOL)]);
	}
	(void)call(__HYPERVISOR_mmuext_op, (unsigned long)op, nr, 0, DOMID_SELF);
}

static void random_updates(struct page **pool)
{
	struct mmu_update u[20];
	unsigned int nr = 1 + chance(20), base = chance(POOL);

	for (unsigned int i = 0; i < nr; i++) {
		struct page *t = pool[chance(4) ? base : chance(POOL)];
		uint64_t flags = (chance(8) ? P : 0) | (chance(2) ? W : 0) | (chance(3) ? U : 0);

		u[i].ptr =
		    slot(t, chance(PT_ENTRIES)) | (chance(2) ? 0 : MMU_PT_UPDATE_PRESERVE_AD);
		u[i].val = to(pool[chance(POOL)], flags);
	}
	(void)call(__HYPERVISOR_mmu_update, (unsigned long)u, nr, 0, DOMID_SELF);
}

static void random_memory(struct page **pool)
{
	unsigned int i = chance(POOL);
	xen_pfn_t mfn = frame_number(pool[i]);

	/* Given back, but mappings may keep it; then another takes its place. */
	if (reserve(XENMEM_decrease_reservation, &mfn, 1, 0) == 1)
		pool[i] = frame();
}

static void random_calls(void)
{
	struct page *pool[POOL];

	for (unsigned int i = 0; i < POOL; i++)
		pool[i] = frame();
	for (unsigned int n = 0; n < 6000; n++) {
		preempt_each = chance(2) ? 1 + chance(5) : 0;
		v->arch.pv.kernel_mode = chance(4);
		switch (chance(8)) {
		case 0:
			random_memory(pool);
			break;
		case 1:
			(void)do_update_va_mapping((uint64_t)chance(PT_ENTRIES) << 12,
						   to(pool[chance(POOL)], PW), 0);
			break;
		case 2:
		case 3:
			random_ext(pool);
			break;
		default:
			random_updates(pool);
		}
		if (n % 8 == 0)
			assert_int_equal(page_type_audit(false), 0);
	}
	preempt_each = 0;
	clean_up();
}

/* ---- scrubbing ---- */
/* An idle CPU leaves the lock to others, but gives back what it took. */
static void scrubbing_does_not_queue(void)
{
	uint64_t all = free_pages_count(), dirty;
	void *block = alloc_xen_pages(6, 0);
	struct vcpu idle = { .domain = NULL };

	heap_free(mfn_to_page(virt_to_mfn(block)), 6, true, 0);
	dirty = dirty_pages_count();
	assert_true(dirty >= 64 && free_pages_count() == all);
	get_cpu_info()->current_vcpu = &idle; /* of idle_domain, which is none here */
	busy_tries = 1;
	scrub();
	assert_int_equal(busy_tries, 0);
	assert_int_equal(dirty_pages_count(), dirty);
	/* Taken at the first try, then the lock is never free when it is tried. */
	assert_true(scrub_needed());
	free_tries = 1;
	busy_tries = 100000;
	scrub();
	assert_in_range(busy_tries, 1, 99900);
	assert_true(dirty_pages_count() < dirty);
	assert_int_equal(free_pages_count(), all);
	assert_int_equal(heap_audit(), 0);
	busy_tries = 0;
	scrub();
	assert_int_equal(dirty_pages_count(), 0);
	assert_false(scrub_needed());
	get_cpu_info()->current_vcpu = v;
}

/* ---- on a CPU's stack ---- */
static void (*body)(void);
static ucontext_t back;
static char *stack;

static void trampoline(void)
{
	struct cpu_info *ci = get_cpu_info();

	ci->current_vcpu = v;
	body();
}

static void on_cpu(void (*fn)(void))
{
	ucontext_t there;

	if (!stack)
		stack = aligned_alloc(STACK_SIZE, STACK_SIZE);
	memset(stack, 0, STACK_SIZE);
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = STACK_SIZE - sizeof(struct cpu_info) - 64;
	there.uc_link = &back;
	body = fn;
	makecontext(&there, trampoline, 0);
	swapcontext(&back, &there);
}

#define CASE(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		preempt_each = 0;                                                                  \
		on_cpu(name);                                                                      \
		preempt_each = 1;                                                                  \
		on_cpu(name);                                                                      \
		preempt_each = 3;                                                                  \
		on_cpu(name);                                                                      \
	}
CASE(address_spaces)
CASE(batches)
CASE(one_entry_by_address)
CASE(grant_mappings)
CASE(reservations)
CASE(scrubbing_does_not_queue)
CASE(exchanges)
CASE(small_answers)
CASE(random_calls)

static int setup(void **state)
{
	fake_machine_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_spaces),	     cmocka_unit_test(test_batches),
		cmocka_unit_test(test_one_entry_by_address), cmocka_unit_test(test_grant_mappings),
		cmocka_unit_test(test_reservations),
		cmocka_unit_test(test_scrubbing_does_not_queue),	     cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_small_answers),	     cmocka_unit_test(test_random_calls),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
