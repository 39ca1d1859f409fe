// smp: 1
/* SPDX-License-Identifier: MIT */
/*
 * Promise: no sequence of calls, of one vCPU or of several at once, leaves the hypervisor's records of
 * memory wrong. Each vCPU issues valid calls and mutated ones on frames they share; afterwards the
 * hypervisor's own audit of all frames must find nothing.
 *
 *     tests/guest/run --smp 2 --args "seed=7 rounds=1000000" --timeout 600 fuzz
 *
 * The seed is printed. On one vCPU the same seed makes the same calls.
 */
#include "../kit/kit.h"
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

#define NR_VCPUS 4
#define POOL	 40
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One per vCPU; its functions take it as `s`. */
struct source {
	uint64_t state;
	unsigned int id;
	volatile uint64_t calls, good;
	volatile bool done;
};
static struct source sources[NR_VCPUS];
static volatile uint64_t rounds;

static char pool[POOL][4096] __attribute__((aligned(4096)));
static volatile uint64_t pool_mfn[POOL];
static struct grant_entry_v1 *grants; /* this guest's own table */
static uint64_t area[NR_VCPUS][2048] __attribute__((aligned(64))); /* room for the longest answers */

static uint64_t next(struct source *s)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state;
}

static unsigned int below(struct source *s, unsigned int n)
{
	return (unsigned int)(next(s) >> 33) % n;
}

static bool rarely(struct source *s)
{
	return !below(s, 24);
}

static uint64_t wild(struct source *s)
{
	static const uint64_t odd[] = { 0, ~0ul, 1ul << 31, 1ul << 32, 1ul << 63, HOLE, 0xffff82d080200000, 0xffff830000000000,
					0x800000000000, 0xfffffffffffff000, 0xfff, 0xffffffff, 0x1000 };

	return below(s, 2) ? odd[below(s, ARRAY_SIZE(odd))] : next(s) >> below(s, 64);
}

/* Wild frames are none of this guest's own, whose contents it needs. */
static uint64_t mfn(struct source *s)
{
	static const uint64_t odd[] = { 0, 1, 0x201, 0xfee00, 0xfec00, 0xfffff, 1ul << 31, 1ul << 40, ~0ul >> 12, ~0ul };

	return rarely(s) ? odd[below(s, ARRAY_SIZE(odd))] : pool_mfn[below(s, POOL)];
}

static uint64_t pte(struct source *s)
{
	uint64_t e = mfn(s) << 12;

	if (below(s, 8))
		e |= PRESENT;
	if (below(s, 2))
		e |= WRITABLE;
	if (below(s, 4))
		e |= USER;
	if (!below(s, 6))
		e |= 1ul << below(s, 12);
	return rarely(s) ? e ^ 1ul << below(s, 64) : e;
}

static void count(struct source *s, long rc)
{
	s->calls++;
	s->good += rc >= 0;
}

/* ---- memory ---- */
static void do_remap(struct source *s)
{
	unsigned int i = below(s, POOL);
	uint64_t e = below(s, 3) ? pool_mfn[i] << 12 | PRESENT | USER | (below(s, 2) ? WRITABLE : 0) : pte(s);

	count(s, call3(__HYPERVISOR_update_va_mapping, rarely(s) ? wild(s) : (uint64_t)pool[i], e, below(s, 5)));
}

static void do_updates(struct source *s)
{
	struct mmu_update u[8];
	unsigned int nr = 1 + below(s, 8), done;
	uint64_t table = mfn(s);

	for (unsigned int i = 0; i < nr; i++) {
		u[i].ptr = (below(s, 4) ? table : mfn(s)) << 12 | below(s, 512) * 8;
		u[i].val = pte(s);
		if (!below(s, 6))
			u[i].ptr |= below(s, 4);
	}
	count(s, call4(__HYPERVISOR_mmu_update, u, rarely(s) ? wild(s) : nr, below(s, 2) ? &done : 0,
		       rarely(s) ? wild(s) : DOMID_SELF));
}

static void do_ext(struct source *s)
{
	static const uint8_t cmds[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
					MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
					MMUEXT_NEW_USER_BASEPTR, MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE, MMUEXT_SET_LDT,
					MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_MULTI,
					MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_ALL, MMUEXT_MARK_SUPER, 21 };
	struct mmuext_op op[4];
	uint64_t mask = next(s);
	unsigned int nr = 1 + below(s, 4);

	for (unsigned int i = 0; i < nr; i++) {
		op[i] = (struct mmuext_op){ .cmd = cmds[below(s, ARRAY_SIZE(cmds))] };
		op[i].arg1.mfn = mfn(s);
		op[i].arg2.src_mfn = mfn(s);
		if (op[i].cmd == MMUEXT_SET_LDT) {
			op[i].arg1.linear_addr = (uint64_t)pool[below(s, POOL)];
			op[i].arg2.nr_ents = below(s, 600);
		} else if (op[i].cmd >= MMUEXT_TLB_FLUSH_LOCAL && op[i].cmd <= MMUEXT_INVLPG_ALL) {
			op[i].arg1.linear_addr = rarely(s) ? wild(s) : (uint64_t)pool[0];
			op[i].arg2.vcpumask.p = rarely(s) ? (void *)wild(s) : &mask;
		}
	}
	count(s, call4(__HYPERVISOR_mmuext_op, op, nr, 0, DOMID_SELF));
}

/* A frame goes and another comes in its place, or is exchanged. */
static void do_reservation(struct source *s)
{
	unsigned int i = below(s, POOL);
	xen_pfn_t frame = pool_mfn[i], gpfn = virt_to_pfn(pool[i]);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	long rc;

	call3(__HYPERVISOR_update_va_mapping, pool[i], 0, UVMF_INVLPG);
	r.extent_start.p = &frame;
	rc = call2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r);
	count(s, rc);
	if (rc != 1)
		return;
	r.extent_start.p = &gpfn;
	if (call2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) == 1)
		pool_mfn[i] = gpfn;
}

static void do_exchange(struct source *s)
{
	unsigned int i = below(s, POOL);
	xen_pfn_t in = pool_mfn[i], out = virt_to_pfn(pool[i]);
	struct xen_memory_exchange x = { .in = { .nr_extents = 1, .domid = DOMID_SELF },
					 .out = { .nr_extents = 1, .domid = DOMID_SELF } };

	x.in.extent_start.p = &in;
	x.out.extent_start.p = rarely(s) ? (void *)wild(s) : &out;
	if (rarely(s))
		x.in.extent_order = x.out.extent_order = below(s, 64);
	call3(__HYPERVISOR_update_va_mapping, pool[i], 0, UVMF_INVLPG);
	count(s, call2(__HYPERVISOR_memory_op, XENMEM_exchange, &x));
	if (x.nr_exchanged == 1 && x.out.extent_start.p == &out)
		pool_mfn[i] = out;
}

static void do_gdt(struct source *s)
{
	unsigned long frames[16] = { mfn(s), mfn(s) };

	count(s, call2(__HYPERVISOR_set_gdt, rarely(s) ? (void *)wild(s) : frames, rarely(s) ? wild(s) : below(s, 3) * 512));
	count(s, call2(__HYPERVISOR_update_descriptor, mfn(s) << 12 | below(s, 512) * 8,
		       below(s, 2) ? 0x00cff3000000fffful : next(s)));
}

/* ---- grants, to itself: copies work, mappings must be refused ---- */
static void do_grants(struct source *s)
{
	struct gnttab_copy c = { .flags = (uint16_t)below(s, 4), .len = (uint16_t)below(s, 4200) };
	union {
		struct gnttab_map_grant_ref map;
		char longest[64];
	} m = { .map = { .host_addr = (uint64_t)pool[below(s, POOL)], .flags = below(s, 32), .ref = below(s, 20),
			 .dom = rarely(s) ? (domid_t)wild(s) : 0 } };
	unsigned int ref = 8 + below(s, 12);

	if (grants) {
		grants[ref].domid = 0;
		grants[ref].frame = (uint32_t)mfn(s);
		grants[ref].flags = (uint16_t)(below(s, 4) ? GTF_permit_access : below(s, 32));
	}
	c.source.domid = c.flags & GNTCOPY_source_gref ? 0 : DOMID_SELF;
	c.dest.domid = c.flags & GNTCOPY_dest_gref ? 0 : DOMID_SELF;
	c.source.u.gmfn = c.flags & GNTCOPY_source_gref ? ref : mfn(s);
	c.dest.u.gmfn = c.flags & GNTCOPY_dest_gref ? 8 + below(s, 12) : mfn(s);
	c.source.offset = (uint16_t)below(s, 4096);
	c.dest.offset = (uint16_t)(rarely(s) ? wild(s) : below(s, 64));
	count(s, call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1));
	count(s, call3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, !rarely(s)));
	count(s, call3(__HYPERVISOR_grant_table_op, below(s, 13), rarely(s) ? (void *)wild(s) : &m, below(s, 2)));
}

/* ---- events: delivery stays masked ---- */
static void do_events(struct source *s)
{
	uint32_t arg[4] = { below(s, 24), below(s, 4), below(s, 20), 0 };
	unsigned int op = below(s, 15);
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF, .remote_port = below(s, 24) };
	struct evtchn_status status = { .dom = DOMID_SELF, .port = below(s, 40) };

	if (op == EVTCHNOP_init_control || op == EVTCHNOP_expand_array || (op == EVTCHNOP_reset && !rarely(s)))
		return;
	count(s, call2(__HYPERVISOR_event_channel_op, op,
		       op == EVTCHNOP_alloc_unbound	? (void *)&a
		       : op == EVTCHNOP_bind_interdomain ? (void *)&b
		       : op == EVTCHNOP_status	? (void *)&status
		       : rarely(s)			? (void *)wild(s)
							: (void *)arg));
}

static void do_vcpu(struct source *s)
{
	static const uint8_t ops[] = { VCPUOP_is_up, VCPUOP_get_runstate_info, VCPUOP_register_runstate_memory_area,
				       VCPUOP_set_periodic_timer, VCPUOP_stop_periodic_timer, VCPUOP_set_singleshot_timer,
				       VCPUOP_stop_singleshot_timer, VCPUOP_get_physid,
				       VCPUOP_register_vcpu_time_memory_area, VCPUOP_up };
	unsigned int op = ops[below(s, ARRAY_SIZE(ops))];
	uint64_t arg[8] = { rarely(s) ? wild(s) : (uint64_t)area[s->id], 0, 0, 0, 0, 0, 0, 0 };

	if (op == VCPUOP_set_periodic_timer)
		arg[0] = below(s, 2) ? 5000000 : wild(s);
	count(s, call3(__HYPERVISOR_vcpu_op, op, rarely(s) ? wild(s) : below(s, NR_VCPUS + 1),
		       rarely(s) ? (void *)wild(s) : arg));
}

/* ---- a domain that is made, given memory of, mapped and destroyed again, at once with others ---- */
static long domctl(uint32_t cmd, domid_t id, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return call1(__HYPERVISOR_domctl, op);
}

static void use_frames(struct source *s, domid_t id)
{
	struct xen_memory_reservation r = { .nr_extents = 4, .domid = id };
	xen_pfn_t frames[4] = { 0, 1, 2, 3 };
	struct mmu_update u;

	r.extent_start.p = frames;
	if (call2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) != 4)
		return;
	u.ptr = mfn(s) << 12 | 8 * below(s, 512);
	u.val = frames[below(s, 4)] << 12 | PRESENT | USER | (below(s, 2) ? WRITABLE : 0);
	count(s, call4(__HYPERVISOR_mmu_update, &u, 1, 0, id));
	count(s, call2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r));
}

static void do_domain(struct source *s)
{
	static struct xen_domctl ops[NR_VCPUS];
	struct xen_domctl *op = &ops[s->id];
	domid_t id = (domid_t)(20 + below(s, 3));
	struct xen_domctl_createdomain *c = &op->u.createdomain;

	memset(op, 0, sizeof(*op));
	c->max_vcpus = 1 + below(s, 2);
	c->max_evtchn_port = 63;
	c->max_grant_frames = 2;
	c->max_maptrack_frames = 1;
	c->grant_opts = 1;
	if (rarely(s))
		((uint64_t *)c)[below(s, sizeof(*c) / 8)] = wild(s);
	count(s, domctl(XEN_DOMCTL_createdomain, id, op));
	memset(&op->u, 0, sizeof(op->u));
	op->u.max_mem.max_memkb = 64;
	count(s, domctl(XEN_DOMCTL_max_mem, id, op));
	op->u.max_vcpus.max = 1;
	count(s, domctl(XEN_DOMCTL_max_vcpus, id, op));
	use_frames(s, id);
	if (below(s, 4))
		count(s, domctl(XEN_DOMCTL_destroydomain, id, op));
}

static void do_small(struct source *s)
{
	static const uint8_t reads[] = { XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_getvcpuaffinity,
					 XEN_DOMCTL_gettscinfo, XEN_DOMCTL_getpageframeinfo3 };
	static struct xen_domctl ops[NR_VCPUS];
	struct xen_domctl *op = &ops[s->id];

	for (unsigned int i = 0; i < 8; i++)
		((uint64_t *)&op->u)[i] = below(s, 2) ? (uint64_t)area[s->id] : below(s, 3) ? below(s, 64) : wild(s);
	count(s, domctl(reads[below(s, ARRAY_SIZE(reads))], below(s, 2) ? 0 : (domid_t)wild(s), op));
	count(s, call2(__HYPERVISOR_xen_version, below(s, 14), rarely(s) ? (void *)wild(s) : area[s->id]));
	count(s, call2(__HYPERVISOR_set_debugreg, below(s, 4), wild(s)));
	count(s, call2(__HYPERVISOR_memory_op, wild(s), below(s, 2) ? (void *)wild(s) : area[s->id]));
}

static void do_multicall(struct source *s)
{
	struct mmu_update u = { mfn(s) << 12 | 8 * below(s, 512), pte(s) };
	struct mmuext_op ext = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn(s) };
	struct multicall_entry e[4] = {
		{ .op = __HYPERVISOR_mmu_update, .args = { (unsigned long)&u, 1, 0, DOMID_SELF } },
		{ .op = __HYPERVISOR_mmuext_op, .args = { (unsigned long)&ext, 1, 0, DOMID_SELF } },
		{ .op = rarely(s) ? wild(s) : __HYPERVISOR_update_va_mapping, .args = { (unsigned long)pool[below(s, POOL)], pte(s), 2 } },
		{ .op = __HYPERVISOR_multicall, .args = { 0, 1 } },
	};

	count(s, call2(__HYPERVISOR_multicall, rarely(s) ? (void *)wild(s) : e, 1 + below(s, 4)));
}

static void fuzz(struct source *s)
{
	static void (*const kinds[])(struct source *) = {
		do_remap, do_remap, do_remap, do_updates, do_updates, do_updates, do_ext, do_ext, do_ext, do_reservation,
		do_exchange, do_gdt, do_grants, do_grants, do_events, do_events, do_vcpu, do_multicall, do_small,
	};

	for (uint64_t i = 0; i < rounds; i++) {
		if (!below(s, 400))
			do_domain(s);
		kinds[below(s, ARRAY_SIZE(kinds))](s);
	}
	s->done = true;
}

/* ---- the vCPUs ---- */
static volatile unsigned int nr_started = 1;

static void second(void)
{
	struct source *s = &sources[__atomic_fetch_add(&nr_started, 1, __ATOMIC_SEQ_CST)];

	fuzz(s);
	for (;;)
		call3(__HYPERVISOR_vcpu_op, VCPUOP_down, s->id, 0);
}

static unsigned int start_others(void)
{
	unsigned int nr = 1;

	while (nr < NR_VCPUS && !start_vcpu(nr, second)) {
		while (nr_started <= nr)
			call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		nr++;
	}
	return nr;
}

static void map_grant_table(void)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	char *page = alloc_page();
	xen_pfn_t frame;

	setup.frame_list.p = &frame;
	if (call3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) || setup.status ||
	    remap(page, frame << 12 | PRESENT | WRITABLE | USER))
		return;
	grants = (void *)page;
}

static void end_domains(void)
{
	static struct xen_domctl op;

	for (domid_t id = 20; id < 23; id++)
		domctl(XEN_DOMCTL_destroydomain, id, &op);
}

void test(void)
{
	uint64_t seed = option("seed", 1), calls = 0, good = 0;
	unsigned int nr;

	rounds = option("rounds", 8000);
	for (unsigned int i = 0; i < POOL; i++)
		pool_mfn[i] = virt_to_mfn(pool[i]);
	for (unsigned int i = 0; i < NR_VCPUS; i++) {
		sources[i].id = i;
		sources[i].state = (seed + i) * 0x9e3779b97f4a7c15ul | 1;
	}
	map_grant_table();
	nr = start_others();
	say("seed=%lu rounds=%lu, %u vCPUs", seed, (uint64_t)rounds, nr);
	fuzz(&sources[0]);
	for (unsigned int i = 0; i < nr; i++) {
		while (!sources[i].done)
			call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		calls += sources[i].calls;
		good += sources[i].good;
	}
	end_domains();
	say("%lu calls, %lu of them did something", calls, good);
	check("some-calls-work", good > calls / 20);
	check("still-answers", call2(__HYPERVISOR_xen_version, XENVER_version, 0) == ((4 << 16) | 17));
	check("page-type-audit", debug_key_says('O', "udit: 0 breaches"));
}
