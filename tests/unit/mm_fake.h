/* SPDX-License-Identifier: MIT */
/*
 * A small machine for the tests of memory management: NR_FRAMES frames of RAM in one malloc'd
 * block, their frame table, two domains, and everything else that the linked files call. Include
 * once, in the test's .c file, after cmocka.h.
 */
#ifndef MM_FAKE_H
#define MM_FAKE_H

#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/smp.h>
#include <asm/hvm/p2m.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "../../hypervisor/arch/x86/mm/mm_private.h"

void *calloc(size_t, size_t);
void *aligned_alloc(size_t, size_t);
void free(void *);
int vprintf(const char *, __builtin_va_list);
int printf(const char *, ...);
void abort(void) __noreturn;
void *memset(void *, int, size_t);
void *memcpy(void *restrict, const void *restrict, size_t);

#define NR_FRAMES 4096

/* ---- the frame table's world ---- */
struct page *unit_frame_table;
char *unit_direct_map;
uint64_t *unit_m2p;
uint64_t frame_sections[MAX_SECTIONS / 64];
uint64_t max_page = NR_FRAMES, total_ram_pages = NR_FRAMES;
cpumask_t cpu_online_map = { { 1 } };
pte_t idle_pg_table[PT_ENTRIES];

bool mfn_valid(mfn_t mfn)
{
	return frame_valid(mfn_x(mfn));
}
struct page *mfn_to_page(mfn_t mfn)
{
	return frame_page(mfn_x(mfn));
}
mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn(frame_number(pg));
}
void *mfn_to_virt(mfn_t mfn)
{
	return frame_virt(mfn_x(mfn));
}
mfn_t virt_to_mfn(const void *v)
{
	return _mfn((uint64_t)((const char *)v - unit_direct_map) >> PAGE_SHIFT);
}
struct page *p2m_get_own_page(struct domain *d, gfn_t gfn)
{
	return NULL;
}

void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn)
{
	unit_m2p[mfn_x(mfn)] = pfn;
}
void set_gpfn_run(mfn_t first, uint64_t pfn, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		set_gpfn_from_mfn(_mfn(mfn_x(first) + i), pfn + i);
}
void clear_gpfn_run(mfn_t first, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		set_gpfn_from_mfn(_mfn(mfn_x(first) + i), INVALID_M2P_ENTRY);
}
void init_guest_l4(pte_t *l4, struct domain *d)
{
	for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++)
		l4[i].e = 0xfeed000000000000ull | i;
}

/* ---- flushes: counted ---- */
static uint16_t fake_clock = 1;
static unsigned int nr_flushes;
static uint16_t last_flush_stamp;
uint16_t tlb_clock(void)
{
	return fake_clock;
}
void flush_stale_tlb(const cpumask_t *mask, uint16_t stamp)
{
	nr_flushes++;
	last_flush_stamp = stamp;
}

/* ---- scrubbing ---- */
void clear_frames(void *va, uint64_t nr)
{
	memset(va, 0, nr << PAGE_SHIFT);
}

/* ---- domains ---- */
static struct domain dom[2], fake_dom_io, fake_dom_xen;
static struct vcpu fake_vcpu[2], *fake_vcpus[2][1];
struct domain *dom_io = &fake_dom_io, *dom_xen = &fake_dom_xen;

void domain_get(struct domain *d)
{
	d->refcnt++;
}
void domain_put(struct domain *d)
{
	d->refcnt--;
}
struct domain *domain_get_next(domid_t from)
{
	for (unsigned int i = from; i < 2; i++) {
		domain_get(&dom[i]);
		return &dom[i];
	}
	return NULL;
}
void domain_pause(struct domain *p)
{
}
void domain_unpause(struct domain *p)
{
}
static unsigned int nr_crashes;
void domain_crash(struct domain *p, const char *fmt, ...)
{
	nr_crashes++;
}
struct domain *idle_domain;
static uint64_t iomem_first = ~0ull, iomem_last;
bool rangeset_overlaps(const struct rangeset *r, uint64_t first, uint64_t last)
{
	return iomem_last != 0;
}

bool rangeset_contains(const struct rangeset *r, uint64_t first, uint64_t last)
{
	return first >= iomem_first && last <= iomem_last;
}

/* ---- locks, logs, errors ---- */
static int locks_held;
void spin_lock(spinlock_t *l)
{
	if (l->owner)
		abort(); /* taken twice */
	l->owner = 1;
	locks_held++;
}
static unsigned int free_tries, busy_tries; /* so many find the lock free, then so many find another CPU there */
bool spin_trylock(spinlock_t *l)
{
	if (free_tries) {
		free_tries--;
	} else if (busy_tries) {
		busy_tries--;
		return false;
	}
	spin_lock(l);
	return true;
}
void spin_unlock(spinlock_t *l)
{
	l->owner = 0;
	locks_held--;
}
void spin_lock_init(spinlock_t *l)
{
	memset(l, 0, sizeof(*l));
}
void printk(const char *fmt, ...)
{
	__builtin_va_list ap;

	__builtin_va_start(ap, fmt);
	vprintf(fmt, ap);
	__builtin_va_end(ap);
}
void panic(const char *fmt, ...)
{
	abort();
}
void bug(const char *file, int line, const char *what)
{
	printf("BUG %s:%d: %s\n", file, line, what);
	abort();
}

/* ---- preemption: after how many looks ---- */
static unsigned int preempt_in; /* 0: never */
bool hypercall_preempt_check(void)
{
	return preempt_in && --preempt_in == 0;
}

/* ---- chance ---- */
static uint64_t chance_state = 88172645463325252ull;
static unsigned int chance(unsigned int n)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned int)(chance_state >> 11) % n;
}

static void (*scrub)(void); /* the soft interrupt of an idle CPU */
void open_softirq(enum softirq nr, void (*handler)(void))
{
	scrub = handler;
}
uint32_t per_cpu__softirq_pending;

static void fake_domain(struct domain *d, domid_t id)
{
	memset(d, 0, sizeof(*d));
	d->domain_id = id;
	d->refcnt = 1;
	d->max_pages = NR_FRAMES;
	d->arch.is_pv = true;
	d->arch.dirty_cpumask = cpu_online_map;
}

/* RAM [1, NR_FRAMES) in the heap, dirty; two domains with one vCPU each. */
static void fake_machine_init(void)
{
	unit_frame_table = calloc(NR_FRAMES, sizeof(struct page));
	unit_m2p = calloc(NR_FRAMES, 8);
	unit_direct_map = aligned_alloc(1 << 21, (size_t)NR_FRAMES << PAGE_SHIFT);
	memset(unit_direct_map, 0xa5, (size_t)NR_FRAMES << PAGE_SHIFT);
	frame_sections[0] = 1;
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		unit_frame_table[i].ref = REF_XEN | REF_ALLOCATED | 1;
	page_alloc_init();
	page_alloc_add(_mfn(0), _mfn(NR_FRAMES));
	fake_domain(&fake_dom_io, DOMID_IO);
	fake_domain(&fake_dom_xen, DOMID_XEN);
	for (unsigned int i = 0; i < 2; i++) {
		fake_domain(&dom[i], (domid_t)i);
		memset(&fake_vcpu[i], 0, sizeof(fake_vcpu[i]));
		fake_vcpu[i].domain = &dom[i];
		fake_vcpu[i].arch.pv.guest_table = INVALID_MFN;
		fake_vcpu[i].arch.pv.guest_table_user = INVALID_MFN;
		fake_vcpus[i][0] = &fake_vcpu[i];
		dom[i].vcpu = fake_vcpus[i];
		dom[i].max_vcpus = 1;
		if (mm_domain_init(&dom[i]))
			abort();
	}
	if (mm_domain_init(dom_io) || mm_domain_init(dom_xen))
		abort();
}

#endif
