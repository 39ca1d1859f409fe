/* SPDX-License-Identifier: MIT */
/* The machine under the core: memory, locks, guest memory, domains. See hyper_machine.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/keyhandler.h>
#include <hv/rangeset.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <asm/e820.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/pv.h>
#include <asm/vcpu_kind.h>
#include <public/domctl.h>
#include <public/sched.h>
#include "hyper_machine.h"

/* ---- the CPU ---- */
struct cpu_info hyper_cpu;
bool hyper_irqs_off;
unsigned long per_cpu_offset[NR_CPUS];
cpumask_t cpu_online_map = { { 1 } };
s_time_t hyper_clock = 1000000000;

int hyper_preempt_in = -1, hyper_fail_in = -1, hyper_tear_in = -1, hyper_fault_in = -1;
int hyper_locks_held, hyper_live_objects;
bool hyper_fail_on, hyper_has_failed;
static bool loud;
extern char __executable_start;
static bool calling; /* knobs act inside a guest's call only */

static bool countdown(int *n)
{
	return calling && *n >= 0 && (*n)-- == 0;
}

static bool no_memory(void)
{
	bool now = countdown(&hyper_fail_in);

	hyper_has_failed |= now;
	if (now && hyper_fail_on)
		hyper_fail_in = 0;
	return now;
}

void hyper_require(bool ok, const char *what, unsigned long a, unsigned long b)
{
	if (ok)
		return;
	fprintf(stderr, "HYPER: %s (%lx, %lx)\n", what, a, b);
	abort();
}

/* In place of hypercall_preempt_check() for every file but its own (-Wl,--wrap). */
bool __wrap_hypercall_preempt_check(void);
bool __wrap_hypercall_preempt_check(void)
{
	return countdown(&hyper_preempt_in);
}

s_time_t NOW(void)
{
	return hyper_clock;
}

/* ---- locks: one CPU, so a lock that is taken is a deadlock ---- */
void spin_lock_init(spinlock_t *l)
{
	memset(l, 0, sizeof(*l));
}

void spin_lock(spinlock_t *l)
{
	hyper_require(l->next == l->owner, "a lock is taken twice", (unsigned long)l, 0);
	l->next++;
	hyper_locks_held++;
}

bool spin_trylock(spinlock_t *l)
{
	if (l->next != l->owner)
		return false;
	spin_lock(l);
	return true;
}

void spin_unlock(spinlock_t *l)
{
	hyper_require(l->next != l->owner, "a lock is dropped that nobody has", (unsigned long)l, 0);
	l->owner++;
	hyper_locks_held--;
}

bool spin_is_held(const spinlock_t *l)
{
	return l->next != l->owner;
}

void spin_lock_both(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a);
	if (a != b)
		spin_lock(b);
}

void spin_unlock_both(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}

/* ---- words: in place of the console's (-Wl,--wrap) ---- */
void __wrap_printk(const char *fmt, ...);
void __wrap_printk(const char *fmt, ...)
{
	va_list ap;

	if (!loud && memcmp(fmt, "audit", 5))
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void __wrap_panic(const char *fmt, ...) __noreturn;
void __wrap_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void __wrap_bug(const char *file, int line, const char *what) __noreturn;
void __wrap_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "BUG %s:%d: %s\n", file, line, what);
	abort();
}

/* ---- objects: malloc's, so that the sanitizers see their bounds and their end ---- */

/* Who made what is still there: told of a leak if HYPER_LOUD is set. */
static struct maker {
	const void *object, *caller;
} makers[4096];

static void note_maker(const void *old, const void *object, const void *caller)
{
	for (unsigned int i = 0; loud && i < ARRAY_SIZE(makers); i++)
		if (makers[i].object == old) {
			makers[i] = (struct maker){ object, caller };
			return;
		}
}

static void tell_makers(void)
{
	for (unsigned int i = 0; loud && i < ARRAY_SIZE(makers); i++)
		if (makers[i].object)
			fprintf(stderr, "HYPER: object made before 0x%lx (image at %p)\n",
				(unsigned long)makers[i].caller - (unsigned long)&__executable_start, (void *)&__executable_start);
}

static void *make_object(size_t size, const void *caller)
{
	void *p;

	if (no_memory())
		return NULL;
	p = malloc(size ? size : 1);
	if (p)
		hyper_live_objects++;
	if (p)
		note_maker(NULL, p, caller);
	return p;
}

void *xzalloc_bytes(size_t size)
{
	void *p = make_object(size, __builtin_return_address(0));

	return p ? memset(p, 0, size) : NULL;
}

void *xzalloc_array_bytes(size_t size, size_t n)
{
	size_t all;

	return __builtin_mul_overflow(size, n, &all) ? NULL : xzalloc_bytes(all);
}

void xfree(void *p)
{
	if (p)
		hyper_live_objects--;
	note_maker(p, NULL, NULL);
	free(p);
}

/* Pages run out too. */
#define FAILING(type, name, params, args)                                                          \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		return no_memory() ? NULL : __real_##name args;                                    \
	}
FAILING(void *, alloc_xen_pages, (unsigned int order, unsigned int flags), (order, flags))
FAILING(struct page *, alloc_domain_pages, (struct domain * d, unsigned int order, unsigned int flags),
	(d, order, flags))
FAILING(struct page *, alloc_anon_pages, (unsigned int order, unsigned int flags), (order, flags))

/* ---- frames ---- */
struct page *unit_frame_table;
char *unit_direct_map;
uint64_t *unit_m2p;
uint64_t frame_sections[MAX_SECTIONS / 64];
uint64_t max_page = HYPER_FRAMES, total_ram_pages = HYPER_FRAMES;
pte_t idle_pg_table[PT_ENTRIES];

bool mfn_valid(mfn_t mfn)
{
	return frame_valid(mfn_x(mfn));
}

struct page *mfn_to_page(mfn_t mfn)
{
	hyper_require(mfn_valid(mfn), "no such frame", mfn_x(mfn), 0);
	return frame_page(mfn_x(mfn));
}

mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn(frame_number(pg));
}

void *mfn_to_virt(mfn_t mfn)
{
	hyper_require(mfn_valid(mfn), "no such frame", mfn_x(mfn), 0);
	return frame_virt(mfn_x(mfn));
}

/* What is not in the direct map is in the image: frame 0. */
mfn_t virt_to_mfn(const void *v)
{
	uint64_t mfn = ((uint64_t)v - (uint64_t)unit_direct_map) >> PAGE_SHIFT;

	return _mfn(mfn < HYPER_FRAMES ? mfn : 0);
}

void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn)
{
	hyper_require(mfn_valid(mfn), "M2P entry of no frame", mfn_x(mfn), pfn);
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

uint64_t get_gpfn_from_mfn(mfn_t mfn)
{
	return mfn_valid(mfn) ? unit_m2p[mfn_x(mfn)] : INVALID_M2P_ENTRY;
}

bool m2p_extent(unsigned int i, uint64_t *mfn)
{
	*mfn = 5;
	return i < 2;
}

void init_guest_l4(pte_t *l4, struct domain *d)
{
	for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++)
		l4[i].e = 0xfeed000000000000ull | i;
}

/* ---- guests' memory: the arena of the vCPU that calls ---- */

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#else
#define __msan_check_mem_is_initialized(p, n) ((void)0)
#define __msan_unpoison(p, n) ((void)0)
#endif

static uint8_t *arena_at(guest_ptr_t p, unsigned long len)
{
	for (unsigned int i = 0; i < NR_GUESTS; i++) {
		struct guest *g = &hyper_guest[i];
		uint64_t at = p - (guest_ptr_t)g->arena;

		if (g->d == current->domain && at < sizeof(g->arena) && len <= sizeof(g->arena) - at)
			return (uint8_t *)p;
	}
	return NULL;
}

unsigned long raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len)
{
	uint8_t *at = arena_at(from, len);

	hyper_require(!hyper_irqs_off, "guest memory is touched with interrupts off", from, len);
	if (!at || countdown(&hyper_fault_in)) {
		memset(to, 0, len); /* as the real one may have begun */
		return len;
	}
	memcpy(to, at, len);
	__msan_unpoison(to, len); /* a guest's bytes are its own, gaps in the fuzzer's structures too: no leak if they go back */
	if (countdown(&hyper_tear_in))
		for (unsigned long i = 0; i < len; i += 3)
			at[i] = (uint8_t)(at[i] * 5 + 0x91);
	return 0;
}

bool read_guest_pair(void *to, guest_ptr_t from)
{
	return !raw_copy_from_guest(to, from, 16);
}

unsigned long raw_copy_to_guest(guest_ptr_t to, const void *from, unsigned long len)
{
	uint8_t *at = arena_at(to, len);

	hyper_require(!hyper_irqs_off, "guest memory is touched with interrupts off", to, len);
	__msan_check_mem_is_initialized(from, len); /* nothing of the hypervisor's stack or heap leaks */
	if (!at || countdown(&hyper_fault_in))
		return len;
	memcpy(at, from, len);
	return 0;
}

unsigned long raw_clear_guest(guest_ptr_t to, unsigned long len)
{
	uint8_t *at = arena_at(to, len);

	if (!at)
		return len;
	memset(at, 0, len);
	return 0;
}

bool guest_range_ok(guest_ptr_t p, unsigned long nr, unsigned long size)
{
	unsigned long bytes, end;

	if (__builtin_mul_overflow(nr, size, &bytes) || __builtin_add_overflow(p, bytes, &end))
		return false;
	return end <= HV_VIRT_START || p >= HV_VIRT_END;
}

unsigned long arch_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len)
{
	return raw_copy_to_guest(addr, src, len);
}

void arch_update_runstate_area(struct vcpu *v)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	(void)!raw_copy_to_guest(v->runstate_guest, &rs, sizeof(rs));
}

/* ---- domains ---- */
struct guest hyper_guest[NR_GUESTS];
domid_t hyper_hardware_id;
static uint64_t free_before;
static int objects_before;

/* Nobody runs but while it calls: the scheduler must not choose one. */
static void choose_nobody(void)
{
}

void hyper_settle(void)
{
	calling = false;
	hyper_clock += 700000;
	timer_interrupt();
	while (softirq_is_pending())
		do_softirq();
}

static struct domain *make_domain(domid_t id, bool privileged)
{
	struct domain_create_args a = { .id = id, .privileged = privileged, .max_vcpus = GUEST_VCPUS,
					.max_evtchn_port = 1023, .max_grant_frames = 4,
					.max_maptrack_frames = 2 };
	struct domain *d;

	hyper_require(!domain_create(&a, &d), "a domain cannot be made", id, 0);
	for (unsigned int i = 0; i < GUEST_VCPUS; i++)
		hyper_require(vcpu_create(d, i) != NULL, "a vCPU cannot be made", id, i);
	d->max_pages = 400;
	return d;
}

/* pool[0] → [1] → [2] → [3], whose first eight entries map the frames 4..11; the rest is free to use. */
static void load_tables(struct guest *g)
{
	pte_t *t[4];

	for (unsigned int i = 0; i < 4; i++)
		t[i] = frame_virt(g->pool[i]);
	for (unsigned int i = 0; i < 3; i++)
		t[i][0] = mk_pte(_mfn(g->pool[i + 1]), PTE_PRESENT | PTE_RW | PTE_USER);
	for (unsigned int i = 0; i < 8; i++)
		t[3][i] = mk_pte(_mfn(g->pool[4 + i]), PTE_PRESENT | PTE_RW | PTE_USER);
	for (unsigned int v = 0; v < 2; v++)
		hyper_require(!pv_install_guest_tables(g->d->vcpu[v], _mfn(g->pool[0]), INVALID_MFN),
			      "the first page tables are refused", v, 0);
}

static void make_guest(struct guest *g, domid_t id)
{
	uint64_t mfns[2];

	memset(g, 0, sizeof(*g));
	g->d = make_domain(id, id == 1);
	for (unsigned int i = 0; i < POOL; i++) {
		struct page *pg = alloc_domain_pages(g->d, 0, 0);

		hyper_require(pg != NULL, "no memory for a guest", id, i);
		g->pool[i] = frame_number(pg);
	}
	load_tables(g);
	hyper_require(!grant_table_get_frames(g->d, 0, 0, 2, mfns), "no grant table", id, 0);
	for (unsigned int v = 0; v < 2; v++) {
		g->d->vcpu[v]->is_initialised = true;
		g->d->vcpu[v]->pause_flags = 0;
		g->d->vcpu[v]->vcpu_info->evtchn_upcall_mask = 0;
	}
	(void)!rangeset_add(g->d->irq_caps, 16, 19);
	if (id == 1) {
		(void)!rangeset_add(g->d->iomem_caps, 0x100000, 0x1000ff);
		(void)!rangeset_add(g->d->ioport_caps, 0, 0xffff);
	}
	(void)!domain_controller_unpause(g->d);
}

static void destroy(struct domain *d)
{
	int rc, tries = 0;

	do {
		spin_lock(&d->domctl_lock);
		rc = domain_destroy(d);
		spin_unlock(&d->domctl_lock);
		hyper_require(!hyper_locks_held, "destruction keeps a lock", d->domain_id, 0);
	} while (rc == -ERESTART && tries++ < 1000);
	hyper_require(!rc, "a domain cannot be destroyed", d->domain_id, (unsigned long)rc);
}

void hyper_start(void)
{
	loud = getenv("HYPER_LOUD") != NULL;
	unit_frame_table = calloc(HYPER_FRAMES, sizeof(struct page));
	unit_m2p = calloc(HYPER_FRAMES, 8);
	unit_direct_map = aligned_alloc(1 << 21, (size_t)HYPER_FRAMES << PAGE_SHIFT);
	memset(unit_direct_map, 0xa5, (size_t)HYPER_FRAMES << PAGE_SHIFT);
	frame_sections[0] = 1;
	for (unsigned int i = 0; i < HYPER_FRAMES; i++)
		unit_frame_table[i].ref = REF_XEN | REF_ALLOCATED | 1;
	page_alloc_init();
	page_alloc_add(_mfn(1), _mfn(HYPER_FRAMES));
	timers_init();
	sched_init();
	open_softirq(SOFTIRQ_SCHEDULE, choose_nobody);
	destroy(make_domain(0, true)); /* what is made once, for the first domain, is there */
	hyper_settle();
}

void hyper_make_guests(void)
{
	hyper_preempt_in = hyper_fail_in = hyper_tear_in = hyper_fault_in = -1;
	hyper_fail_on = hyper_has_failed = false;
	free_before = free_pages_count();
	objects_before = hyper_live_objects;
	hardware_domain = make_domain(hyper_hardware_id, true);
	for (unsigned int i = 0; i < NR_GUESTS; i++)
		make_guest(&hyper_guest[i], (domid_t)(i + 1));
	hyper_audit();
}

/* Also those that calls have created. */
void hyper_end_guests(void)
{
	struct domain *d;

	calling = false;
	hyper_cpu.current_vcpu = idle_vcpu[0];
	for (domid_t next = 1; (d = domain_get_next(next)) != NULL;) {
		next = (domid_t)(d->domain_id + 1);
		if (d != hardware_domain)
			destroy(d);
		domain_put(d);
	}
	d = hardware_domain; /* others have left ports and grants in it */
	hardware_domain = NULL;
	destroy(d);
	hyper_settle();
	d = domain_get_next(0);
	hyper_require(!d, "a dead domain is still referenced", d ? d->domain_id : 0, d ? d->refcnt : 0);
	if (hyper_live_objects != objects_before)
		tell_makers();
	hyper_require(hyper_live_objects == objects_before, "objects leaked", (unsigned long)hyper_live_objects,
		      (unsigned long)objects_before);
	hyper_require(free_pages_count() == free_before, "frames leaked", free_pages_count(), free_before);
	hyper_require(!heap_audit(), "the heap is broken", 0, 0);
}

/* The control domain may have destroyed it. */
static bool is_there(const struct guest *g)
{
	struct domain *d = domain_get_next((domid_t)(g - hyper_guest + 1));
	bool there = d && d == g->d;

	if (d)
		domain_put(d);
	return there;
}

bool hyper_can_run(const struct guest *g, unsigned int vcpu)
{
	struct vcpu *v = is_there(g) ? g->d->vcpu[vcpu] : NULL;

	if (!v)
		return false;
	__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_BLOCKED | 1ul << VPF_POLLING), __ATOMIC_SEQ_CST);
	return v->is_initialised && !v->pause_flags && !v->pause_count && !g->d->pause_count &&
	       g->d->state == DOMAIN_ALIVE && !mfn_eq(v->arch.pv.guest_table, INVALID_MFN);
}

typedef long (*call_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, unsigned long);

long hyper_call(struct guest *g, unsigned int vcpu, int nr, const unsigned long arg[6])
{
	struct vcpu *v = g->d->vcpu[vcpu];
	struct cpu_user_regs *r = &hyper_cpu.guest_regs;
	long rc;

	if (nr >= 0) {
		g->regs[vcpu] = (struct cpu_user_regs){ .rax = (uint64_t)nr, .rdi = arg[0], .rsi = arg[1],
							.rdx = arg[2], .r10 = arg[3], .r8 = arg[4], .r9 = arg[5] };
	}
	*r = g->regs[vcpu];
	r->rip = 0x1000;
	if (r->rax >= NR_HYPERCALLS || !g->d->arch.kind->call_table[r->rax])
		return -ENOSYS;
	hyper_cpu.current_vcpu = v;
	v->is_running = true;
	domain_get(g->d);
	calling = true;
	rc = ((call_fn)g->d->arch.kind->call_table[r->rax])(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
	calling = false;
	v->is_running = false;
	hyper_cpu.current_vcpu = idle_vcpu[0];
	hyper_require(!hyper_locks_held, "a call keeps a lock", g->regs[vcpu].rax, g->regs[vcpu].rdi);
	hyper_require(!hyper_irqs_off, "a call keeps interrupts off", g->regs[vcpu].rax, g->regs[vcpu].rdi);
	g->in_call[vcpu] = r->rip != 0x1000;
	if (g->in_call[vcpu])
		g->regs[vcpu] = *r;
	domain_vcpu_stopped(g->d);
	domain_put(g->d);
	return g->in_call[vcpu] ? -ERESTART : rc;
}
