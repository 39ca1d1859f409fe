/* SPDX-License-Identifier: MIT */
/* See fake_hv.h. */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <hv/keyhandler.h>
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/irq.h>
#include <hv/rangeset.h>
#include <hv/smp.h>
#include <public/grant_table.h>
#include "fake_hv.h"

__thread struct cpu_info fake_cpu;
struct page fake_frames[FAKE_FRAMES];
struct fake_counts fake_counts;
int fake_preempt_after = -1;
int fake_fail_allocation_at = -1;
bool fake_guest_memory_faults;
bool fake_bug_expected;

static char *memory; /* FAKE_FRAMES pages; frame 0 is never given out */
static pthread_mutex_t machine_lock = PTHREAD_MUTEX_INITIALIZER;
static struct domain *domains[16];
static int live_allocations;

struct domain *hardware_domain, *idle_domain, *dom_io, *dom_xen;
unsigned long per_cpu_offset[NR_CPUS];
cpumask_t cpu_online_map = { { 1 } };

#define COUNT(what) __atomic_fetch_add(&fake_counts.what, 1, __ATOMIC_RELAXED)

/* ---- locks: test-and-set ---- */
void spin_lock_init(spinlock_t *l)
{
	*l = (spinlock_t)SPIN_LOCK_UNLOCKED;
}

bool spin_trylock(spinlock_t *l)
{
	return __atomic_exchange_n(&l->owner, 1, __ATOMIC_ACQUIRE) == 0;
}

void spin_lock(spinlock_t *l)
{
	while (!spin_trylock(l))
		sched_yield();
}

void spin_unlock(spinlock_t *l)
{
	BUG_ON(!l->owner);
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELEASE);
}

bool spin_is_held(const spinlock_t *l)
{
	return __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
}

void spin_lock_both(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a < b ? a : b);
	if (a != b)
		spin_lock(a < b ? b : a);
}

void spin_unlock_both(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}

/* ---- failures ---- */
void bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "bug at %s:%d: %s\n", file, line, what);
	abort();
}

/* ---- memory ---- */
void *xzalloc_bytes(size_t size)
{
	COUNT(allocations);
	if (fake_fail_allocation_at >= 0 && fake_fail_allocation_at-- == 0)
		return NULL;
	__atomic_fetch_add(&live_allocations, 1, __ATOMIC_RELAXED);
	return calloc(1, size);
}

void *xzalloc_array_bytes(size_t size, size_t n)
{
	return xzalloc_bytes(size * n);
}

void xfree(void *p)
{
	if (p)
		__atomic_fetch_sub(&live_allocations, 1, __ATOMIC_RELAXED);
	free(p);
}

int fake_live_allocations(void)
{
	return live_allocations;
}

static void machine_init(void)
{
	if (!memory)
		memory = aligned_alloc(PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
}

static struct page *take_frame(unsigned int nr)
{
	struct page *found = NULL;
	unsigned int run = 0;

	machine_init();
	pthread_mutex_lock(&machine_lock);
	for (unsigned int i = 1; i < FAKE_FRAMES && !found; i++) {
		run = fake_frames[i].refs ? 0 : run + 1;
		if (run == nr)
			found = &fake_frames[i - nr + 1];
	}
	for (unsigned int i = 0; found && i < nr; i++)
		found[i] = (struct page){ .refs = 1 };
	pthread_mutex_unlock(&machine_lock);
	if (found)
		__builtin_memset(page_to_virt(found), 0, nr * PAGE_SIZE);
	return found;
}

void *alloc_xen_pages(unsigned int order, unsigned int memflags)
{
	struct page *pg;

	COUNT(allocations);
	if (fake_fail_allocation_at >= 0 && fake_fail_allocation_at-- == 0)
		return NULL;
	pg = take_frame(1u << order);
	for (unsigned int i = 0; pg && i < 1u << order; i++)
		pg[i].xen = true;
	if (pg)
		__atomic_fetch_add(&live_allocations, 1, __ATOMIC_RELAXED);
	return pg ? page_to_virt(pg) : NULL;
}

void free_xen_pages(void *v, unsigned int order)
{
	struct page *pg;

	if (!v)
		return;
	pg = mfn_to_page(virt_to_mfn(v));
	for (unsigned int i = 0; i < 1u << order; i++) {
		BUG_ON(!pg[i].xen || pg[i].refs != 1);
		pg[i] = (struct page){ .refs = 0 };
	}
	__atomic_fetch_sub(&live_allocations, 1, __ATOMIC_RELAXED);
}

void share_xen_page(void *v, struct domain *d, bool writable)
{
	struct page *pg = mfn_to_page(virt_to_mfn(v));

	BUG_ON(!pg->xen);
	pg->owner = d;
	pg->type = writable ? PGT_writable : PGT_none;
}

uint64_t fake_guest_frame(struct domain *d)
{
	struct page *pg = take_frame(1);

	BUG_ON(!pg);
	pg->owner = d;
	return mfn_x(page_to_mfn(pg));
}

void *fake_frame_data(uint64_t mfn)
{
	return mfn_to_virt(_mfn(mfn));
}

bool mfn_valid(mfn_t mfn)
{
	return mfn_x(mfn) < FAKE_FRAMES;
}

struct page *mfn_to_page(mfn_t mfn)
{
	BUG_ON(!mfn_valid(mfn));
	return &fake_frames[mfn_x(mfn)];
}

mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn((uint64_t)(pg - fake_frames));
}

void *mfn_to_virt(mfn_t mfn)
{
	BUG_ON(!mfn_valid(mfn));
	return memory + mfn_x(mfn) * PAGE_SIZE;
}

mfn_t virt_to_mfn(const void *v)
{
	return _mfn((uint64_t)((const char *)v - memory) / PAGE_SIZE);
}

bool get_page(struct page *pg, const struct domain *d)
{
	bool ok;

	pthread_mutex_lock(&machine_lock);
	ok = pg->refs > 0 && pg->owner == d;
	if (ok)
		pg->refs++;
	pthread_mutex_unlock(&machine_lock);
	return ok;
}

void put_page(struct page *pg)
{
	pthread_mutex_lock(&machine_lock);
	BUG_ON(pg->refs <= 0);
	pg->refs--;
	pthread_mutex_unlock(&machine_lock);
}

int get_page_type(struct page *pg, enum page_type type, bool preemptible)
{
	int rc = 0;

	pthread_mutex_lock(&machine_lock);
	BUG_ON(pg->refs <= 0);
	if ((pg->type_refs || pg->xen) && pg->type != type)
		rc = -EINVAL;
	else
		pg->type_refs++;
	if (!rc)
		pg->type = type;
	pthread_mutex_unlock(&machine_lock);
	return rc;
}

int put_page_type(struct page *pg, bool preemptible)
{
	pthread_mutex_lock(&machine_lock);
	BUG_ON(pg->type_refs <= 0);
	pg->type_refs--;
	pthread_mutex_unlock(&machine_lock);
	return 0;
}

void put_page_and_type(struct page *pg)
{
	(void)!put_page_type(pg, false);
	put_page(pg);
}

struct page *get_page_from_gfn(struct domain *d, gfn_t gfn)
{
	struct page *pg;

	if (gfn_x(gfn) >= FAKE_FRAMES)
		return NULL;
	pg = mfn_to_page(_mfn(gfn_x(gfn)));
	return get_page(pg, d) ? pg : NULL;
}

/* ---- domains ---- */
void domain_get(struct domain *d)
{
	__atomic_fetch_add(&d->refcnt, 1, __ATOMIC_SEQ_CST);
}

void domain_put(struct domain *d)
{
	BUG_ON(__atomic_fetch_sub(&d->refcnt, 1, __ATOMIC_SEQ_CST) == 0);
}

struct domain *domain_get_by_id(domid_t id)
{
	struct domain *d = NULL;

	if (id == DOMID_SELF)
		d = current->domain;
	else if (id < ARRAY_SIZE(domains))
		d = domains[id];
	if (d)
		domain_get(d);
	return d;
}

struct domain *domain_get_for_caller(domid_t id, int *err)
{
	struct domain *d = domain_get_by_id(id);

	*err = -ESRCH;
	if (d && d != current->domain && !current->domain->is_privileged) {
		domain_put(d);
		*err = -EPERM;
		return NULL;
	}
	return d;
}

struct domain *domain_get_next(domid_t from)
{
	for (; from < ARRAY_SIZE(domains); from++)
		if (domains[from])
			return domain_get_by_id(from);
	return NULL;
}

struct domain *fake_domain(domid_t id, unsigned int nr_vcpus, bool privileged)
{
	struct domain *d = calloc(1, sizeof(*d));

	machine_init();
	d->domain_id = id;
	d->refcnt = 1;
	d->is_privileged = privileged;
	d->max_vcpus = nr_vcpus;
	d->vcpu = calloc(nr_vcpus, sizeof(*d->vcpu));
	d->shared_info = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	__builtin_memset(d->shared_info, 0, PAGE_SIZE);
	BUG_ON(evtchn_init(d, EVTCHN_FIFO_NR_CHANNELS - 1));
	for (unsigned int i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = d->vcpu[i] = calloc(1, sizeof(*v));

		v->vcpu_id = i;
		v->domain = d;
		v->vcpu_info = &d->shared_info->vcpu_info[i];
		evtchn_vcpu_init(v);
	}
	domains[id] = d;
	if (privileged)
		hardware_domain = d;
	return d;
}

void fake_domain_free(struct domain *d)
{
	evtchn_destroy_final(d);
	BUG_ON(d->refcnt != 1);
	domains[d->domain_id] = NULL;
	if (hardware_domain == d)
		hardware_domain = NULL;
	for (unsigned int i = 0; i < FAKE_FRAMES; i++)
		if (fake_frames[i].owner == d && !fake_frames[i].xen) {
			BUG_ON(fake_frames[i].refs != 1 || fake_frames[i].type_refs);
			fake_frames[i] = (struct page){ .refs = 0 };
		}
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		free(d->vcpu[i]);
	free(d->vcpu);
	free(d->shared_info);
	free(d);
}

void fake_run_as(struct vcpu *v)
{
	fake_cpu.current_vcpu = v;
}

void arch_vcpu_event_raised(struct vcpu *v)
{
}

void vcpu_unblock(struct vcpu *v)
{
	COUNT(unblocks);
	__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_BLOCKED | 1ul << VPF_POLLING),
			   __ATOMIC_SEQ_CST);
}

void vcpu_kick(struct vcpu *v)
{
	COUNT(kicks);
}

/* ---- hypercalls and guest memory ---- */
bool hypercall_preempt_check(void)
{
	return fake_preempt_after >= 0 && fake_preempt_after-- == 0;
}

/* Answers -ERESTART; the test issues the call again itself. */
long hypercall_create_continuation(unsigned int op, unsigned int nr_args, ...)
{
	COUNT(continuations);
	return -ERESTART;
}

unsigned long raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len)
{
	BUG_ON(fake_cpu.irqs_off);
	if (fake_guest_memory_faults || !from)
		return len;
	__builtin_memcpy(to, (const void *)from, len);
	return 0;
}

unsigned long raw_copy_to_guest(guest_ptr_t to, const void *from, unsigned long len)
{
	BUG_ON(fake_cpu.irqs_off);
	if (fake_guest_memory_faults || !to)
		return len;
	__builtin_memcpy((void *)to, from, len);
	return 0;
}

bool guest_range_ok(guest_ptr_t p, unsigned long nr, unsigned long size)
{
	return true;
}

void raise_softirq(enum softirq nr)
{
	COUNT(softirqs);
}

void flush_area_mask(const cpumask_t *cpus, uint64_t va, unsigned int flags)
{
	COUNT(flushes);
}

/* ---- grant mappings: a table of {address, frame}, which holds references as page tables do ---- */
static struct {
	uint64_t addr, mfn;
	bool write;
} mappings[1024];

int arch_grant_map_host(uint64_t addr, mfn_t mfn, unsigned int flags)
{
	int rc = GNTST_bad_virt_addr;

	if (addr % 8)
		return rc;
	pthread_mutex_lock(&machine_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(mappings) && rc; i++) {
		if (mappings[i].addr)
			continue;
		mappings[i].addr = addr;
		mappings[i].mfn = mfn_x(mfn);
		mappings[i].write = !(flags & GNTMAP_readonly);
		fake_frames[mfn_x(mfn)].refs++;
		fake_frames[mfn_x(mfn)].type_refs += mappings[i].write;
		rc = GNTST_okay;
	}
	pthread_mutex_unlock(&machine_lock);
	return rc;
}

int arch_grant_unmap_host(uint64_t addr, mfn_t mfn, uint64_t new_addr, unsigned int flags)
{
	int rc = GNTST_general_error;

	pthread_mutex_lock(&machine_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(mappings) && rc; i++) {
		if (mappings[i].addr != addr || mappings[i].mfn != mfn_x(mfn))
			continue;
		mappings[i].addr = 0;
		fake_frames[mfn_x(mfn)].refs--;
		fake_frames[mfn_x(mfn)].type_refs -= mappings[i].write;
		rc = GNTST_okay;
	}
	pthread_mutex_unlock(&machine_lock);
	return rc;
}

uint64_t fake_mapped_at(uint64_t addr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(mappings); i++)
		if (mappings[i].addr == addr)
			return mappings[i].mfn;
	return 0;
}

unsigned int fake_nr_mappings(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(mappings); i++)
		n += mappings[i].addr != 0;
	return n;
}

/* ---- interrupts: pirq 16 is bound by at most one port ---- */
int __attribute__((weak)) pirq_guest_bind(struct vcpu *v, unsigned int pirq, uint32_t port, bool share)
{
	return pirq == 16 ? 0 : -EINVAL;
}

void __attribute__((weak)) pirq_guest_unbind(struct domain *d, unsigned int pirq)
{
}

void __attribute__((weak)) pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu)
{
}

void keyhandler_breathe(void)
{
}
