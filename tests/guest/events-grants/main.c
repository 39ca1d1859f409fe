// smp: 2
/* SPDX-License-Identifier: MIT */
/*
 * Promise: an event channel or a grant does only what its state allows: ports that are free, taken or
 * another kind's refuse, grants that are not given, too narrow or in use refuse, and every mapping is
 * undone once. Two vCPUs at the same ports and grants get no further.
 */
#include "../kit/kit.h"
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>

#define NR_PORTS 4096 /* more than the two-level ABI has for a guest of 64 bits */

static long event(unsigned int op, void *arg)
{
	return call2(__HYPERVISOR_event_channel_op, op, arg);
}

static long close_port(uint32_t port)
{
	struct evtchn_close c = { port };

	return event(EVTCHNOP_close, &c);
}

static long on_port(unsigned int op, uint32_t port)
{
	uint32_t arg[4] = { port, 0, 0, 0 };

	return event(op, arg);
}

static void free_ports(void)
{
	static const uint8_t ops[] = { EVTCHNOP_send, EVTCHNOP_close, EVTCHNOP_bind_vcpu };
	static const uint32_t bad[] = { 1000, NR_PORTS, 1u << 17, ~0u };

	for (unsigned int i = 0; i < sizeof(ops); i++)
		for (unsigned int k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
			check("no-such-port", on_port(ops[i], bad[k]) < 0);
	check("port-zero-send", on_port(EVTCHNOP_send, 0) < 0);
	check("port-zero-close", close_port(0) < 0);
	check("no-such-operation", event(60, (void *)bad) == -38);
	check("operation-in-hypervisor", event(EVTCHNOP_send, (void *)0xffff82d080200000) == -14);
}

static void channels(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
	struct evtchn_status s = { .dom = DOMID_SELF };

	check_eq("alloc", event(EVTCHNOP_alloc_unbound, &a), 0);
	check("send-unbound", on_port(EVTCHNOP_send, a.port) <= 0);
	b.remote_port = a.port;
	check_eq("bind", event(EVTCHNOP_bind_interdomain, &b), 0);
	check("bind-again", event(EVTCHNOP_bind_interdomain, &b) < 0);
	check_eq("send", on_port(EVTCHNOP_send, b.local_port), 0);
	s.port = a.port;
	check_eq("status", event(EVTCHNOP_status, &s), 0);
	check_eq("status-bound", s.status, EVTCHNSTAT_interdomain);
	check_eq("status-other-end", s.u.interdomain.port, b.local_port);
	check_eq("close", close_port(b.local_port), 0);
	check("send-closed", on_port(EVTCHNOP_send, b.local_port) < 0);
	check("close-again", close_port(b.local_port) < 0);
	check_eq("status-after-close", event(EVTCHNOP_status, &s), 0);
	check_eq("other-end-unbound", s.status, EVTCHNSTAT_unbound);
	check_eq("close-other-end", close_port(a.port), 0);
	a.remote_dom = 77;
	b.remote_dom = 77;
	b.remote_port = 3;
	check("bind-to-nobody", event(EVTCHNOP_bind_interdomain, &b) < 0);
}

static void virqs_and_ipis(void)
{
	struct evtchn_bind_virq v = { .virq = VIRQ_DEBUG };
	struct evtchn_bind_ipi i = { .vcpu = 0 };
	struct evtchn_bind_vcpu move = { .vcpu = 500 };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
	uint32_t first;

	check_eq("virq", event(EVTCHNOP_bind_virq, &v), 0);
	first = v.port;
	check_eq("virq-twice", event(EVTCHNOP_bind_virq, &v), -17);
	check("virq-send", on_port(EVTCHNOP_send, first) < 0);
	v.virq = NR_VIRQS;
	check("virq-unknown", event(EVTCHNOP_bind_virq, &v) < 0);
	v.virq = ~0u;
	check("virq-wild", event(EVTCHNOP_bind_virq, &v) < 0);
	v = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 9999 };
	check("virq-no-vcpu", event(EVTCHNOP_bind_virq, &v) < 0);
	v = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	check("global-virq-elsewhere", event(EVTCHNOP_bind_virq, &v) < 0);
	b.remote_port = first;
	check("bind-to-virq", event(EVTCHNOP_bind_interdomain, &b) < 0);
	check_eq("virq-close", close_port(first), 0);
	check_eq("ipi", event(EVTCHNOP_bind_ipi, &i), 0);
	move.port = i.port;
	check("ipi-moved", event(EVTCHNOP_bind_vcpu, &move) < 0);
	check_eq("ipi-send", on_port(EVTCHNOP_send, i.port), 0);
	check_eq("ipi-close", close_port(i.port), 0);
	i.vcpu = 4000000000u;
	check("ipi-no-vcpu", event(EVTCHNOP_bind_ipi, &i) < 0);
}

/* As many as there are, then one more; all go again. */
static void all_ports(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	uint32_t last = 0, nr = 0;

	while (nr < NR_PORTS + 10 && !event(EVTCHNOP_alloc_unbound, &a)) {
		last = a.port > last ? a.port : last;
		nr++;
	}
	check("ports-are-limited", nr > 100 && last < NR_PORTS);
	check("limit-is-told", event(EVTCHNOP_alloc_unbound, &a) == -28);
	for (uint32_t port = 1; port <= last; port++)
		(void)close_port(port);
	check_eq("ports-again", event(EVTCHNOP_alloc_unbound, &a), 0);
	(void)close_port(a.port);
}

static void fifo(void)
{
	struct evtchn_init_control c = { .control_gfn = virt_to_mfn((void *)si->pt_base) };
	struct evtchn_expand_array e = { .array_gfn = virt_to_mfn(alloc_page()) };
	struct evtchn_set_priority p = { .port = 1, .priority = 3 };

	check("priority-without-fifo", event(EVTCHNOP_set_priority, &p) < 0);
	check("array-without-fifo", event(EVTCHNOP_expand_array, &e) < 0);
	check("control-in-page-table", event(EVTCHNOP_init_control, &c) < 0);
	c.control_gfn = 0x201;
	check("control-in-hypervisor", event(EVTCHNOP_init_control, &c) < 0);
	c.control_gfn = virt_to_mfn(alloc_page());
	c.offset = 4096 - 8;
	check("control-across-end", event(EVTCHNOP_init_control, &c) < 0);
	c.offset = 3;
	check("control-unaligned", event(EVTCHNOP_init_control, &c) < 0);
	c.offset = 0;
	c.vcpu = 300;
	check("control-no-vcpu", event(EVTCHNOP_init_control, &c) < 0);
}

/* ---- grants, of this domain to itself ---- */
static struct grant_entry_v1 *table;
static uint64_t own;

static void give(grant_ref_t ref, uint64_t mfn, uint16_t flags)
{
	table[ref].domid = 0;
	table[ref].frame = (uint32_t)mfn;
	table[ref].flags = flags;
}

static struct gnttab_map_grant_ref map(void *at, grant_ref_t ref, uint32_t flags)
{
	struct gnttab_map_grant_ref op = { .host_addr = (uint64_t)at, .flags = flags, .ref = ref, .dom = 0 };

	op.status = -99;
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &op, 1);
	return op;
}

static int unmap(void *at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = (uint64_t)at, .handle = handle, .status = -99 };

	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1);
	return op.status;
}

static bool open_table(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	char *page = alloc_page();
	xen_pfn_t frame;

	s.frame_list.p = &frame;
	check_eq("table", call3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
	check_eq("table-mapped", remap(page, frame << 12 | PRESENT | WRITABLE | USER), 0);
	table = (void *)page;
	s.nr_frames = 1u << 30;
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, 1);
	check("table-too-large", s.status != GNTST_okay);
	return true;
}

/* Version, place in the table and owner stay while a grant is in use. */
static void no_change_while_mapped(void)
{
	struct gnttab_set_version v = { .version = 2 };
	struct gnttab_swap_grant_ref swap = { 20, 40, -99 };
	struct gnttab_get_status_frames s = { .nr_frames = 1, .dom = DOMID_SELF };
	xen_pfn_t frame;

	s.frame_list.p = (void *)&frame;
	check("version-while-mapped", call3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &v, 1) < 0);
	v.version = 77;
	check("version-unknown", call3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &v, 1) < 0);
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_swap_grant_ref, &swap, 1);
	check("swapped-while-mapped", swap.status != GNTST_okay);
	check("status-frames-without-version-2", call3(__HYPERVISOR_grant_table_op, GNTTABOP_get_status_frames, &s, 1) < 0 ||
							 s.status != GNTST_okay);
}

static void mappings(void)
{
	char *at = alloc_page(), *data = alloc_page();
	struct gnttab_map_grant_ref m, again;

	own = virt_to_mfn(data);
	check("not-given", map(at, 20, GNTMAP_host_map).status != GNTST_okay);
	check("beyond-table", map(at, 1u << 20, GNTMAP_host_map).status != GNTST_okay);
	check("wild-reference", map(at, ~0u, GNTMAP_host_map).status != GNTST_okay);
	give(20, own, GTF_permit_access | GTF_readonly);
	check("wider-than-given", map(at, 20, GNTMAP_host_map).status != GNTST_okay);
	give(21, 0x201, GTF_permit_access);
	check("not-its-frame", map(at, 21, GNTMAP_host_map).status != GNTST_okay);
	give(22, virt_to_mfn((void *)si->pt_base), GTF_permit_access);
	check("page-table-writable", map(at, 22, GNTMAP_host_map).status != GNTST_okay);
	check("into-hypervisor", map((void *)0xffff82d080200000, 20, GNTMAP_host_map | GNTMAP_readonly).status != GNTST_okay);
	check("no-kind", map(at, 20, 0).status != GNTST_okay);
	check("wild-handle", unmap(at, 77777) != GNTST_okay);
	check("contains-a-table", map(at, 20, GNTMAP_host_map | GNTMAP_contains_pte).status != GNTST_okay);
	m = map(at, 20, GNTMAP_host_map | GNTMAP_readonly);
	if (m.status != GNTST_okay) {
		say("no mapping of one's own grants: status %d", m.status);
		return;
	}
	check("reading-is-told", table[20].flags & GTF_reading);
	check("mapped-readonly", read_ok((uint64_t)at) && !write_ok((uint64_t)at));
	/* Another record for the same place: the first mapping's is not lost. */
	again = map(at, 20, GNTMAP_host_map | GNTMAP_readonly);
	if (again.status == GNTST_okay)
		check_eq("mapped-over-unmapped", unmap(at, again.handle), GNTST_okay);
	m = again.status == GNTST_okay ? map(at, 20, GNTMAP_host_map | GNTMAP_readonly) : m;
	no_change_while_mapped();
	give(20, virt_to_mfn((void *)si->pt_base), GTF_permit_access); /* rewritten while mapped: still the old frame */
	check("rewritten-while-mapped", !write_ok((uint64_t)at));
	table[20].flags = 0; /* revoked while mapped: the mapping stays what it was */
	check("revoked-while-mapped", read_ok((uint64_t)at) && !write_ok((uint64_t)at));
	check("revoked-is-not-given", map(data, 20, GNTMAP_host_map).status != GNTST_okay);
	check("unmap-elsewhere", unmap(data, m.handle) != GNTST_okay);
	check_eq("unmap", unmap(at, m.handle), GNTST_okay);
	check("unmap-again", unmap(at, m.handle) != GNTST_okay);
	check("unmapped", !read_ok((uint64_t)at));
	check_eq("frame-is-free", remap(data, own << 12 | PRESENT | WRITABLE | USER), 0);
}

/* The table with a grant's entry is in use for other addresses, too: what they have in the TLBs ends with the mapping. */
static void aliases(void)
{
	char *at = alloc_page();
	uint64_t where, entry = entry_of((uint64_t)at, 2, &where);
	const unsigned int away = 128; /* entries of 2 MiB: far beyond this guest's memory */
	char *alias = at + away * 0x200000ul;
	struct gnttab_map_grant_ref m;

	give(23, virt_to_mfn(alloc_page()), GTF_permit_access);
	check_eq("alias", mmu_update(where + 8 * away, entry), 0);
	m = map(at, 23, GNTMAP_host_map | GNTMAP_application_map);
	check_eq("alias-map", m.status, GNTST_okay);
	check("alias-mapped", write_ok((uint64_t)alias) && write_ok((uint64_t)at));
	check_eq("alias-unmap", unmap(at, m.handle), GNTST_okay);
	check("alias-unmapped", !read_ok((uint64_t)alias));
	check("alias-unmapped-here", !read_ok((uint64_t)at));
	check_eq("alias-gone", mmu_update(where + 8 * away, 0), 0);
}

/*
 * Who overwrites a mapping's entry itself still has the mapping: its frame may be in a device's hands. The granter is told
 * so, and an unmapping that finds no entry is refused, at whatever address.
 */
static void overwritten(void)
{
	char *at = alloc_page(), *data = alloc_page();
	uint64_t frame = virt_to_mfn(data), where, entry;
	struct gnttab_map_grant_ref m;

	check_eq("pte-frame-readonly", remap(data, frame << 12 | PRESENT | USER), 0);
	(void)entry_of((uint64_t)at, 1, &where);
	give(24, frame, GTF_permit_access);
	m = map((void *)where, 24, GNTMAP_host_map | GNTMAP_contains_pte);
	check_eq("pte-map", m.status, GNTST_okay);
	entry = entry_of((uint64_t)at, 1, &where);
	check("pte-mapped", (entry & ADDR_MASK) == frame << 12 && write_ok((uint64_t)at));
	check("pte-unmap-elsewhere", unmap((void *)(where ^ 8), m.handle) != GNTST_okay);
	check("pte-unmap-unaligned", unmap((void *)(where + 4), m.handle) != GNTST_okay);
	check_eq("overwrite", mmu_update(where, 0), 0);
	check("overwritten-refused", unmap((void *)where, m.handle) != GNTST_okay);
	check("overwritten-stays-told", (table[24].flags & (GTF_reading | GTF_writing)) == (GTF_reading | GTF_writing));
	check("overwritten-frame-is-held", mmuext(MMUEXT_PIN_L1_TABLE, frame, 0) < 0);
	check_eq("written-again", mmu_update(where, entry), 0);
	check_eq("pte-unmap", unmap((void *)where, m.handle), GNTST_okay);
	check("pte-unmapped", !read_ok((uint64_t)at) && !(table[24].flags & (GTF_reading | GTF_writing)));
	check_eq("pte-frame-is-free", mmuext(MMUEXT_PIN_L1_TABLE, frame, 0), 0);
	check_eq("pte-frame-unpinned", mmuext(MMUEXT_UNPIN_TABLE, frame, 0), 0);
}

static int copy(grant_ref_t ref, unsigned int src, unsigned int dst, unsigned int len)
{
	static char to[2 * 4096] __attribute__((aligned(4096)));
	struct gnttab_copy c = { .flags = GNTCOPY_source_gref, .len = (uint16_t)len, .status = -99,
				 .source = { .u.ref = ref, .domid = 0, .offset = (uint16_t)src },
				 .dest = { .u.gmfn = virt_to_mfn(to), .domid = DOMID_SELF, .offset = (uint16_t)dst } };

	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	return c.status;
}

static void copies(void)
{
	give(30, virt_to_mfn(si), GTF_permit_access | GTF_readonly);
	check_eq("copy", copy(30, 0, 0, 64), GNTST_okay);
	check("copy-past-source", copy(30, 4090, 0, 7) != GNTST_okay);
	check("copy-past-destination", copy(30, 0, 4090, 7) != GNTST_okay);
	check("copy-too-long", copy(30, 0, 0, 0xffff) != GNTST_okay);
	check("copy-offset-wraps", copy(30, 0xffff, 0, 2) != GNTST_okay);
	check("copy-not-given", copy(31, 0, 0, 8) != GNTST_okay);
	check("copy-wild-reference", copy(~0u, 0, 0, 8) != GNTST_okay);
	check("count-wraps", call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, 0x1000, ~0u) < 0);
	check("operation-unknown", call3(__HYPERVISOR_grant_table_op, 99, table, 1) == -38);
}

/* To and from one page, overlapping; through a reference that only reads, or that is a table's. */
static void odd_copies(void)
{
	char *page = alloc_page();
	struct gnttab_copy c = { .len = 64, .status = -99,
				 .source = { .u.gmfn = virt_to_mfn(page), .domid = DOMID_SELF },
				 .dest = { .u.gmfn = virt_to_mfn(page), .domid = DOMID_SELF, .offset = 16 } };

	for (unsigned int i = 0; i < 4096; i++)
		page[i] = (char)i;
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	check("copy-overlapping-stays-in", c.status != GNTST_okay || (page[15] == 15 && page[16 + 64] == 16 + 64));
	give(32, virt_to_mfn(page), GTF_permit_access | GTF_readonly);
	c = (struct gnttab_copy){ .len = 8, .status = -99, .flags = GNTCOPY_dest_gref,
				  .source = { .u.gmfn = virt_to_mfn(si), .domid = DOMID_SELF },
				  .dest = { .u.ref = 32, .domid = 0 } };
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	check("copy-to-readonly", c.status != GNTST_okay);
	c.flags = 0;
	c.dest.domid = DOMID_SELF;
	c.dest.u.gmfn = virt_to_mfn((void *)si->pt_base);
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	check("copy-to-page-table", c.status != GNTST_okay);
	c.dest.u.gmfn = 0x201;
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	check("copy-to-hypervisor", c.status != GNTST_okay);
	c.source.u.gmfn = 0x201;
	c.dest.u.gmfn = virt_to_mfn(page);
	(void)call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1);
	check("copy-from-hypervisor", c.status != GNTST_okay);
}

/* ---- two vCPUs ---- */
#define ROUNDS 2000
static volatile bool other_runs, stop;
static char *other_place;

static void wait_until(volatile bool *what, bool is)
{
	while (*what != is)
		call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

static void end_of_vcpu(void)
{
	other_runs = false;
	for (;;)
		(void)call3(__HYPERVISOR_vcpu_op, 2 /* down */, 1, 0);
}

/* Opens channels to itself and closes them; maps the grant and unmaps it. */
static void opener(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
	struct gnttab_map_grant_ref m;

	other_runs = true;
	while (!stop) {
		if (!event(EVTCHNOP_alloc_unbound, &a)) {
			b.remote_port = a.port;
			if (!event(EVTCHNOP_bind_interdomain, &b))
				(void)close_port(b.local_port);
			(void)close_port(a.port);
		}
		m = map(other_place, 50, GNTMAP_host_map | GNTMAP_readonly);
		if (m.status == GNTST_okay)
			(void)unmap(other_place, m.handle);
	}
	end_of_vcpu();
}

/* What the other vCPU may be at by now: any answer will do. */
static void meddle(unsigned int i, char *data)
{
	static const uint8_t ops[] = { EVTCHNOP_send, EVTCHNOP_close, EVTCHNOP_unmask, EVTCHNOP_bind_vcpu, EVTCHNOP_send };
	uint64_t frame = i & 1 ? virt_to_mfn(data) : virt_to_mfn((void *)si->pt_base);

	(void)on_port(ops[i % sizeof(ops)], 1 + i / 7 % 6);
	give(50, frame, i & 2 ? GTF_permit_access : GTF_permit_access | GTF_readonly);
	(void)copy(50, 0, 0, 8);
	if (i % 3 == 0)
		table[50].flags = 0;
}

static void races(void)
{
	char *data = alloc_page();
	uint64_t frame = virt_to_mfn(data) << 12 | PRESENT | USER;

	other_place = alloc_page();
	if (start_vcpu(1, opener))
		return;
	wait_until(&other_runs, true);
	for (unsigned int i = 0; i < ROUNDS; i++)
		meddle(i, data);
	stop = true;
	wait_until(&other_runs, false);
	table[50].flags = 0;
	/* A reference that was forgotten would keep the frame from becoming a table. */
	check_eq("race-frame-readonly", remap(data, frame), 0);
	check_eq("race-frame-is-free", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12, 0), 0);
	check_eq("race-frame-unpinned", mmuext(MMUEXT_UNPIN_TABLE, frame >> 12, 0), 0);
	for (uint32_t port = 1; port < 64; port++)
		(void)close_port(port);
	channels();
}

void test(void)
{
	free_ports();
	channels();
	virqs_and_ipis();
	all_ports();
	fifo();
	if (open_table()) {
		mappings();
		aliases();
		overwritten();
		copies();
		odd_copies();
		races();
	}
	check("audit", debug_key_says('O', "udit: 0 breaches"));
}
