// sources: tests/fuzz/hyper_*.c hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/rangeset.c hypervisor/common/domain.c hypervisor/common/domain_state.c hypervisor/common/domain_watchdog.c hypervisor/common/vcpu.c hypervisor/common/vcpu_op.c hypervisor/common/sched_op.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/version.c hypervisor/common/hypercall_stats.c hypervisor/common/keyhandler.c hypervisor/common/dump_domains.c hypervisor/arch/x86/mm/audit.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/foreign.c hypervisor/arch/x86/mm/grant.c hypervisor/arch/x86/mm/guest_table.c hypervisor/arch/x86/mm/mmu_update.c hypervisor/arch/x86/mm/mmuext.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/relinquish.c hypervisor/arch/x86/mm/tlb.c hypervisor/arch/x86/mm/update_descriptor.c hypervisor/arch/x86/mm/update_va.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/domain.c hypervisor/arch/x86/hypercall.c hypervisor/arch/x86/pv/domain.c hypervisor/arch/x86/pv/descriptor.c hypervisor/arch/x86/pv/vcpu_context.c hypervisor/arch/x86/pv/callback.c hypervisor/arch/x86/pv/debugreg.c hypervisor/arch/x86/pv/context.c hypervisor/arch/x86/pv/hypercall_page.c hypervisor/arch/x86/cpu/policy.c hypervisor/arch/x86/hvm/viridian_cpuid.c hypervisor/arch/x86/cpu/policy_level.c hypervisor/arch/x86/cpu/fpu.c hypervisor/arch/x86/irq/pirq.c hypervisor/arch/x86/irq/physdev.c hypervisor/arch/x86/time/guest_time.c hypervisor/arch/x86/time/guest_tsc.c hypervisor/common/console/*.c hypervisor/common/memory/*.c hypervisor/common/grant/*.c hypervisor/common/event/*.c hypervisor/common/domctl/*.c hypervisor/common/sysctl/*.c hypervisor/common/sched/*.c hypervisor/arch/x86/domctl/*.c hypervisor/lib/strlcpy.c hypervisor/lib/vsnprintf.c hypervisor/lib/parse.c
// cflags: -DUNIT_TEST -DSECTION_SHIFT=11 -DCONFIG_DEBUG -include tests/fuzz/hyper_arch.h -fsanitize-coverage-ignorelist=tests/fuzz/uncounted
// libs: -Wl,--wrap=hypercall_preempt_check -Wl,--wrap=printk -Wl,--wrap=panic -Wl,--wrap=bug -Wl,--wrap=alloc_xen_pages -Wl,--wrap=alloc_domain_pages -Wl,--wrap=alloc_anon_pages
// options: -max_len=1024 -len_control=0
// runs: 300
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: hypercalls of a control domain and two guests, with the arguments a clever enemy would
 * choose: frames and ports that exist, in the wrong role; the right structure with one wild field;
 * calls interrupted at any point while another vCPU goes on; memory that runs out, faults, or changes
 * under the copy. After each call hyper_audit() holds, and at the end everything given comes back.
 *
 * The input is a list of bytes: each choice takes the next, and 0 when there are no more. With HYPER_TAIL=n in
 * the environment so many steps follow whose choices are random, but the same for the same input, audited at
 * every eighth: the machine is made and destroyed less often, and gets further from where it began.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hv/cpupool.h>
#include <hv/grant.h>
#include <hv/hypercall.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include <asm/pv.h>
#include <public/callback.h>
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/serai.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>
#include "../../hypervisor/common/grant/internal.h"
#include "hyper_machine.h"

#define MAX_STEPS 96

/* ---- the input ---- */
static const uint8_t *input;
static size_t nr_input;
static uint64_t tail_state; /* 0: nothing follows the input */

static uint8_t byte(void)
{
	if (!nr_input && tail_state) {
		tail_state ^= tail_state << 13;
		tail_state ^= tail_state >> 7;
		tail_state ^= tail_state << 17;
		return (uint8_t)(tail_state >> 24);
	}
	if (!nr_input)
		return 0;
	nr_input--;
	return *input++;
}

static uint64_t wild(void)
{
	static const uint64_t odd[] = { 0, ~0ull, 1ull << 31, 1ull << 32, 1ull << 63, 0x7fffffffffffull,
					HV_VIRT_START, HV_VIRT_END, 0xfffffffffffff000ull, 0xffffffffull,
					0x800000000000ull, 0xfff, 1ull << 52, 0x100000 };
	uint8_t b = byte();

	return b & 1 ? odd[(b >> 1) % ARRAY_SIZE(odd)] : (uint64_t)(b >> 1) * 0x0101010101010101ull >> (b & 0x38);
}

static unsigned int below(unsigned int n)
{
	return byte() % n;
}

/* Mostly `usual`. */
static bool rarely(void)
{
	return byte() >= 0xf0;
}

/* ---- who calls, and what it can name ---- */
static struct guest *me;
static unsigned int my_vcpu, arena_used;

static guest_ptr_t put(const void *data, size_t len)
{
	uint8_t *at = me->arena[my_vcpu] + arena_used;

	if (len > ARENA - arena_used)
		return 8;
	memcpy(at, data, len);
	arena_used += (unsigned int)((len + 15) & ~15ul);
	return rarely() ? wild() : (guest_ptr_t)at;
}
#define PUT(x) put(&(x), sizeof(x))

static guest_ptr_t room(size_t len)
{
	static const uint8_t zero[2048];

	return put(zero, len < sizeof(zero) ? len : sizeof(zero));
}

static uint64_t mfn(void)
{
	uint8_t b = byte();

	if (b < 0xd0)
		return me->pool[b % POOL];
	if (b < 0xf0)
		return hyper_guest[b % NR_GUESTS].pool[byte() % POOL];
	return b < 0xf8 ? byte() : wild() >> 12;
}

/* Not the hardware domain: it is not torn down between inputs. */
static domid_t dom(void)
{
	static const domid_t who[] = { DOMID_SELF, 1, 2, 3, DOMID_SELF, 1, 2, 3, DOMID_IO, DOMID_XEN, 4, 5,
				       DOMID_SELF, 1, 2, 3 };

	return who[byte() & 15];
}

static uint64_t pte(void)
{
	uint8_t b = byte();
	uint64_t e = mfn() << PAGE_SHIFT | (b & 7);

	if (b & 0x80)
		e |= 1ull << (b >> 3 & 7);
	if ((b & 0xc0) == 0x40)
		e |= wild();
	return e;
}

static uint64_t entry_address(void)
{
	return mfn() << PAGE_SHIFT | (uint64_t)(byte() & 0x8f) * 8;
}

static uint64_t va(void)
{
	uint8_t b = byte();

	return b < 0xf0 ? (uint64_t)(b & 31) << PAGE_SHIFT : wild();
}

static uint32_t small(void)
{
	uint8_t b = byte();

	return b < 0xf0 ? b & 31 : (uint32_t)wild();
}

/* A structure whose layout is not known here: numbers, frames, pointers. */
static void stuff(void *at, size_t len)
{
	for (size_t i = 0; i + 8 <= len && i < 128; i += 8) {
		uint64_t word;

		switch (byte() & 7) {
		case 0:
			word = mfn();
			break;
		case 1:
		case 2:
			word = (guest_ptr_t)me->arena[my_vcpu] + ARENA / 2;
			break;
		case 3:
			word = (uint64_t)small() << 32 | small();
			break;
		case 4:
			word = wild();
			break;
		case 5:
			word = 0;
			break;
		default:
			word = small();
		}
		memcpy((char *)at + i, &word, 8);
	}
}

/* ---- one function per call: its arguments ---- */
typedef void gen_fn(unsigned long a[6]);

static uint32_t foreign(void)
{
	uint8_t b = byte();

	return b < 0xc0 ? DOMID_SELF : b < 0xe0 ? dom() : dom() | (uint32_t)(dom() + 1) << 16;
}

static unsigned int batch(unsigned int most)
{
	return 1 + below(most);
}

static void gen_mmu_update(unsigned long a[6])
{
	struct mmu_update u[12];
	unsigned int nr = batch(12);

	for (unsigned int i = 0; i < nr; i++) {
		uint8_t how = byte();

		u[i].ptr = entry_address() | (how < 0xc0 ? 0 : how & 3);
		u[i].val = (how & 3) == MMU_MACHPHYS_UPDATE && how >= 0xc0 ? small() : pte();
	}
	a[0] = put(u, nr * sizeof(u[0]));
	a[1] = rarely() ? (uint32_t)wild() : nr;
	a[2] = byte() & 1 ? room(4) : 0;
	a[3] = foreign();
}

static void gen_mmuext(unsigned long a[6])
{
	struct mmuext_op op[6];
	unsigned int nr = batch(6);

	for (unsigned int i = 0; i < nr; i++) {
		op[i] = (struct mmuext_op){ .cmd = byte() % 22 };
		if (op[i].cmd == MMUEXT_INVLPG_LOCAL || op[i].cmd == MMUEXT_SET_LDT ||
		    op[i].cmd == MMUEXT_INVLPG_ALL || op[i].cmd == MMUEXT_INVLPG_MULTI)
			op[i].arg1.linear_addr = va();
		else
			op[i].arg1.mfn = mfn();
		if (op[i].cmd == MMUEXT_COPY_PAGE)
			op[i].arg2.src_mfn = mfn();
		else if (op[i].cmd == MMUEXT_SET_LDT)
			op[i].arg2.nr_ents = small();
		else
			op[i].arg2.vcpumask.p = (void *)room(8);
	}
	a[0] = put(op, nr * sizeof(op[0]));
	a[1] = rarely() ? (uint32_t)wild() : nr;
	a[2] = byte() & 1 ? room(4) : 0;
	a[3] = foreign();
}

static void gen_update_va(unsigned long a[6])
{
	a[0] = va();
	a[1] = pte();
	a[2] = rarely() ? wild() : (byte() & 7);
	a[3] = dom(); /* of the form for another domain */
}

static void gen_descriptor(unsigned long a[6])
{
	static const uint64_t some[] = { 0, 0x00af9b000000ffffull, 0x00cff3000000ffffull, 0x0000890000000067ull,
					 0x0000ec0000080000ull, 0x00affb000000ffffull };

	a[0] = entry_address();
	a[1] = rarely() ? wild() : some[byte() % ARRAY_SIZE(some)];
}

static void gen_gdt(unsigned long a[6])
{
	uint64_t frames[14];

	for (unsigned int i = 0; i < 14; i++)
		frames[i] = i < 3 ? mfn() : me->pool[i];
	a[0] = PUT(frames);
	a[1] = rarely() ? wild() : (unsigned long)byte() * 8;
}

static void gen_reservation(unsigned long a[6], unsigned int op)
{
	struct xen_memory_reservation r = { .nr_extents = batch(8), .extent_order = below(4),
					    .mem_flags = rarely() ? (uint32_t)wild() : 0, .domid = dom() };
	xen_pfn_t list[8];

	if (rarely())
		r.nr_extents = wild();
	if (rarely())
		r.extent_order = (uint32_t)wild();
	for (unsigned int i = 0; i < 8; i++)
		list[i] = op == XENMEM_decrease_reservation ? mfn() : small();
	r.extent_start.p = (void *)PUT(list);
	a[1] = PUT(r);
}

static void gen_exchange(unsigned long a[6])
{
	struct xen_memory_exchange x = { .in = { .domid = DOMID_SELF }, .out = { .domid = DOMID_SELF } };
	xen_pfn_t in[8], out[8];

	for (unsigned int i = 0; i < 8; i++) {
		in[i] = mfn();
		out[i] = rarely() ? wild() : 500 + i;
	}
	x.in.nr_extents = batch(8);
	x.in.extent_order = below(3);
	x.out.extent_order = below(3);
	x.out.nr_extents = (x.in.nr_extents << x.in.extent_order) >> x.out.extent_order;
	x.nr_exchanged = rarely() ? wild() : 0;
	if (rarely())
		x.out.nr_extents = wild();
	if (rarely())
		x.in.domid = x.out.domid = dom();
	x.in.extent_start.p = (void *)PUT(in);
	x.out.extent_start.p = (void *)PUT(out);
	a[1] = PUT(x);
}

static void gen_memory(unsigned long a[6])
{
	uint64_t words[12];

	a[0] = byte() % 30;
	if (rarely())
		a[0] |= wild() << 6;
	switch (a[0] & 63) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
	case XENMEM_claim_pages:
		gen_reservation(a, (unsigned int)a[0]);
		break;
	case XENMEM_exchange:
		gen_exchange(a);
		break;
	default:
		memset(words, 0, sizeof(words));
		stuff(words, sizeof(words));
		words[0] = (words[0] & ~0xffffull) | dom();
		a[1] = PUT(words);
	}
}

static void gen_grant_map(void *at, unsigned int nr)
{
	struct gnttab_map_grant_ref *op = at;

	for (unsigned int i = 0; i < nr; i++)
		op[i] = (struct gnttab_map_grant_ref){
			.dom = dom(), .ref = small(), .flags = byte() & 0x17,
			.host_addr = byte() & 8 ? entry_address() : va(),
		};
}

static void gen_grant_unmap(void *at, unsigned int nr)
{
	struct gnttab_unmap_grant_ref *op = at;

	for (unsigned int i = 0; i < nr; i++)
		op[i] = (struct gnttab_unmap_grant_ref){ .host_addr = byte() & 8 ? entry_address() : va(),
							 .handle = small() & ~0x10u,
							 .dev_bus_addr = byte() & 1 ? mfn() << PAGE_SHIFT : 0 };
}

static void gen_grant_replace(void *at, unsigned int nr)
{
	struct gnttab_unmap_and_replace *op = at;

	for (unsigned int i = 0; i < nr; i++)
		op[i] = (struct gnttab_unmap_and_replace){ .host_addr = va(), .new_addr = va(),
							   .handle = small() & ~0x10u };
}

static void gen_grant_copy(void *at, unsigned int nr)
{
	struct gnttab_copy *op = at;

	for (unsigned int i = 0; i < nr; i++) {
		op[i] = (struct gnttab_copy){ .flags = byte() & 3, .len = (uint16_t)(byte() * 16 + (byte() & 15)) };
		op[i].source.domid = dom();
		op[i].dest.domid = dom();
		op[i].source.u.gmfn = op[i].flags & GNTCOPY_source_gref ? small() : mfn();
		op[i].dest.u.gmfn = op[i].flags & GNTCOPY_dest_gref ? small() : mfn();
		op[i].source.offset = rarely() ? 4095 : byte();
		op[i].dest.offset = rarely() ? 0xffff : byte();
	}
}

static void gen_grant(unsigned long a[6])
{
	static const struct {
		void (*fill)(void *at, unsigned int nr);
		size_t size;
	} kinds[] = {
		[GNTTABOP_map_grant_ref] = { gen_grant_map, sizeof(struct gnttab_map_grant_ref) },
		[GNTTABOP_unmap_grant_ref] = { gen_grant_unmap, sizeof(struct gnttab_unmap_grant_ref) },
		[GNTTABOP_copy] = { gen_grant_copy, sizeof(struct gnttab_copy) },
		[GNTTABOP_unmap_and_replace] = { gen_grant_replace, sizeof(struct gnttab_unmap_and_replace) },
	};
	static const uint8_t often[] = { 0, 0, 0, 1, 1, 1, 5, 5, 7, 2, 6, 8, 9, 10, 11, 12 };
	static uint8_t buf[4 * 64];
	unsigned int nr = batch(4);

	a[0] = often[byte() & 15];
	memset(buf, 0, sizeof(buf));
	if (a[0] < ARRAY_SIZE(kinds) && kinds[a[0]].fill) {
		kinds[a[0]].fill(buf, nr);
		a[1] = put(buf, nr * kinds[a[0]].size);
	} else {
		uint64_t dom_at = dom();

		stuff(buf, 64);
		memcpy(buf, &dom_at, 2);
		a[1] = put(buf, 64);
		nr = 1;
	}
	a[2] = rarely() ? (uint32_t)wild() : nr;
}

static void gen_event(unsigned long a[6])
{
	uint32_t w[4] = { small(), small(), small(), small() };
	struct evtchn_alloc_unbound alloc = { .dom = dom(), .remote_dom = dom() };
	struct evtchn_bind_interdomain bind = { .remote_dom = dom(), .remote_port = small() & 15 };
	struct evtchn_init_control init = { .control_gfn = mfn(), .offset = rarely() ? small() : 0, .vcpu = small() & 3 };
	struct evtchn_expand_array expand = { .array_gfn = mfn() };
	struct evtchn_status status = { .dom = dom(), .port = small() };
	domid_t reset[2] = { dom(), 0 };

	a[0] = byte() % 15;
	switch (a[0]) {
	case EVTCHNOP_alloc_unbound:
		a[1] = PUT(alloc);
		break;
	case EVTCHNOP_bind_interdomain:
		a[1] = PUT(bind);
		break;
	case EVTCHNOP_init_control:
		a[1] = PUT(init);
		break;
	case EVTCHNOP_expand_array:
		a[1] = PUT(expand);
		break;
	case EVTCHNOP_status:
		a[1] = PUT(status);
		break;
	case EVTCHNOP_reset:
	case EVTCHNOP_reset_cont:
		if (!rarely()) /* would be the end of all other ports each time */
			a[0] = EVTCHNOP_send;
		a[1] = PUT(reset);
		break;
	case EVTCHNOP_bind_virq:
		w[1] &= 3;
		a[1] = PUT(w);
		break;
	case EVTCHNOP_bind_pirq:
		w[0] = 16 + (w[0] & 3);
		a[1] = PUT(w);
		break;
	default:
		a[1] = PUT(w);
	}
}

static void gen_sched(unsigned long a[6])
{
	struct sched_shutdown down = { small() & 7 };
	struct sched_remote_shutdown remote = { .domain_id = dom(), .reason = small() & 7 };
	struct sched_watchdog dog = { .id = small() & 3, .timeout = small() };
	uint32_t ports[4] = { small(), small(), small(), small() };
	struct sched_poll poll = { .nr_ports = below(5), .timeout = byte() & 1 ? (uint64_t)hyper_clock + 10 : wild() };

	a[0] = byte() % 9;
	switch (a[0]) {
	case SCHEDOP_shutdown:
		a[1] = PUT(down);
		if (!rarely())
			a[0] = SCHEDOP_yield;
		break;
	case SCHEDOP_remote_shutdown:
		a[1] = PUT(remote);
		break;
	case SCHEDOP_watchdog:
		a[1] = PUT(dog);
		break;
	case SCHEDOP_poll:
		poll.ports.p = (void *)PUT(ports);
		a[1] = PUT(poll);
		break;
	}
}

static void gen_context(struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = byte();
	c->user_regs.rip = rarely() ? wild() : 0x1000;
	c->user_regs.cs = rarely() ? (uint16_t)wild() : FLAT_KERNEL_CS;
	c->kernel_sp = rarely() ? wild() : 0x2000;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->ctrlreg[3] = mfn() << PAGE_SHIFT;
	c->ctrlreg[1] = byte() & 1 ? mfn() << PAGE_SHIFT : 0;
	c->gdt_ents = rarely() ? wild() : byte() & 1 ? 512 : 0;
	c->gdt_frames[0] = mfn();
	c->ldt_base = va();
	c->ldt_ents = rarely() ? wild() : 0;
	c->event_callback_eip = rarely() ? wild() : 0x1000;
	c->debugreg[7] = wild();
	c->debugreg[0] = va();
	c->trap_ctxt[3].address = rarely() ? wild() : 0x1000;
	c->gs_base_kernel = rarely() ? wild() : 0;
}

static void gen_vcpu(unsigned long a[6])
{
	static struct vcpu_guest_context context;
	struct vcpu_register_vcpu_info info = { .mfn = mfn(), .offset = rarely() ? (uint32_t)wild() : byte() * 16u };
	uint64_t words[4] = { byte() & 1 ? (guest_ptr_t)me->arena[my_vcpu] + 256 : wild(), wild(), small(), 0 };

	a[0] = byte() % 15;
	a[1] = byte() % 4;
	switch (a[0]) {
	case VCPUOP_initialise:
		gen_context(&context);
		a[2] = PUT(context);
		break;
	case VCPUOP_register_vcpu_info:
		a[2] = PUT(info);
		break;
	case VCPUOP_set_periodic_timer:
		words[0] = byte() & 1 ? 2000000 : words[0];
		a[2] = PUT(words);
		break;
	default:
		a[2] = PUT(words);
	}
}

static void fill_create(struct xen_domctl_createdomain *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = rarely() ? (uint32_t)wild() : 0;
	c->max_vcpus = 1 + below(3);
	c->max_evtchn_port = rarely() ? (uint32_t)wild() : 63;
	c->max_grant_frames = rarely() ? (int32_t)wild() : 2;
	c->max_maptrack_frames = rarely() ? (int32_t)wild() : 1;
	c->grant_opts = rarely() ? (uint32_t)wild() : 1;
	c->cpupool_id = rarely() ? (uint32_t)wild() : 0;
}

static void gen_domctl(unsigned long a[6])
{
	static struct xen_domctl op;
	static struct vcpu_guest_context context;

	memset(&op, 0, sizeof(op));
	op.interface_version = rarely() ? (uint32_t)wild() : XEN_DOMCTL_INTERFACE_VERSION;
	op.cmd = byte() % 89;
	if (op.cmd == 88) /* after the last of Xen's */
		op.cmd = XEN_DOMCTL_serai_usage;
	op.domain = dom();
	stuff(&op.u, sizeof(op.u));
	if (op.cmd == XEN_DOMCTL_createdomain) {
		op.domain = (domid_t)(4 + below(3));
		fill_create(&op.u.createdomain);
	} else if (op.cmd == XEN_DOMCTL_max_vcpus) {
		op.u.max_vcpus.max = batch(3);
	} else if (op.cmd == XEN_DOMCTL_setvcpucontext || op.cmd == XEN_DOMCTL_getvcpucontext) {
		gen_context(&context);
		op.u.vcpucontext.vcpu = below(4);
		op.u.vcpucontext.ctxt.p = (void *)PUT(context);
	} else if (op.cmd == XEN_DOMCTL_max_mem && !rarely()) {
		op.u.max_mem.max_memkb = 1600;
	} else if (op.cmd == XEN_DOMCTL_destroydomain && !rarely()) {
		op.domain = (domid_t)(4 + below(3));
	}
	a[0] = PUT(op);
}

static void gen_sysctl(unsigned long a[6])
{
	static struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.interface_version = rarely() ? (uint32_t)wild() : XEN_SYSCTL_INTERFACE_VERSION;
	op.cmd = byte() % 32;
	stuff(&op.u, sizeof(op.u));
	if (op.cmd == XEN_SYSCTL_cpupool_op)
		op.u.cpupool_op.op &= 7;
	if (op.cmd == XEN_SYSCTL_cpupool_op && op.u.cpupool_op.domid == 0)
		op.u.cpupool_op.domid = 2;
	a[0] = PUT(op);
}

static void gen_physdev(unsigned long a[6])
{
	struct physdev_map_pirq map = { .domid = dom(), .type = below(5), .index = small(), .pirq = (int)small() };
	struct physdev_unmap_pirq unmap = { .domid = dom(), .pirq = (int)small() };
	uint64_t words[6] = { 0 };

	a[0] = byte() % 33;
	stuff(words, sizeof(words));
	if (a[0] == PHYSDEVOP_pirq_eoi_gmfn_v1 || a[0] == PHYSDEVOP_pirq_eoi_gmfn_v2)
		words[0] = mfn();
	a[1] = a[0] == PHYSDEVOP_map_pirq ? PUT(map) : a[0] == PHYSDEVOP_unmap_pirq ? PUT(unmap) : PUT(words);
}

/* Small calls: any numbers do. */
static void gen_any(unsigned long a[6])
{
	uint64_t words[16];

	memset(words, 0, sizeof(words));
	stuff(words, sizeof(words));
	a[0] = byte() & 1 ? small() & 15 : byte() & 1 ? PUT(words) : wild();
	a[1] = byte() & 1 ? PUT(words) : wild();
	a[2] = byte() & 1 ? PUT(words) : wild();
}

static unsigned int gen_call(unsigned long a[6]);

static void gen_multicall(unsigned long a[6])
{
	struct multicall_entry e[4];
	unsigned int nr = batch(4);

	memset(e, 0, sizeof(e));
	for (unsigned int i = 0; i < nr; i++) {
		unsigned long args[6] = { 0 };

		e[i].op = gen_call(args);
		memcpy(e[i].args, args, sizeof(args));
	}
	a[0] = put(e, nr * sizeof(e[0]));
	a[1] = rarely() ? (uint32_t)wild() : nr;
}

static const struct {
	uint8_t nr;
	gen_fn *gen;
	uint8_t share;
} calls[] = {
	{ __HYPERVISOR_mmu_update, gen_mmu_update, 34 },
	{ __HYPERVISOR_mmuext_op, gen_mmuext, 30 },
	{ __HYPERVISOR_update_va_mapping, gen_update_va, 18 },
	{ __HYPERVISOR_update_va_mapping_otherdomain, gen_update_va, 6 },
	{ __HYPERVISOR_memory_op, gen_memory, 24 },
	{ __HYPERVISOR_grant_table_op, gen_grant, 34 },
	{ __HYPERVISOR_event_channel_op, gen_event, 28 },
	{ __HYPERVISOR_vcpu_op, gen_vcpu, 12 },
	{ __HYPERVISOR_sched_op, gen_sched, 8 },
	{ __HYPERVISOR_domctl, gen_domctl, 14 },
	{ __HYPERVISOR_sysctl, gen_sysctl, 8 },
	{ __HYPERVISOR_physdev_op, gen_physdev, 8 },
	{ __HYPERVISOR_set_gdt, gen_gdt, 6 },
	{ __HYPERVISOR_update_descriptor, gen_descriptor, 6 },
	{ __HYPERVISOR_multicall, gen_multicall, 8 },
	{ __HYPERVISOR_callback_op, gen_any, 2 },
	{ __HYPERVISOR_set_trap_table, gen_any, 1 },
	{ __HYPERVISOR_set_callbacks, gen_any, 1 },
	{ __HYPERVISOR_set_debugreg, gen_any, 1 },
	{ __HYPERVISOR_set_timer_op, gen_any, 1 },
	{ __HYPERVISOR_vm_assist, gen_any, 2 },
	{ __HYPERVISOR_xen_version, gen_any, 2 },
	{ __HYPERVISOR_console_io, gen_any, 1 },
	{ __HYPERVISOR_nmi_op, gen_any, 1 },
};

static unsigned int gen_call(unsigned long a[6])
{
	unsigned int at = byte(), i = 0;

	while (i < ARRAY_SIZE(calls) - 1 && at >= calls[i].share)
		at -= calls[i++].share;
	calls[i].gen(a);
	return calls[i].nr;
}

/* ---- what guests do without a call ---- */
static void plain_write(void)
{
	uint64_t frame = mfn();
	unsigned int at = byte() & 0x8f;
	uint64_t word = byte() & 1 ? pte() : wild();
	struct page *pg;

	if (!frame_valid(frame))
		return;
	pg = frame_page(frame);
	if (!get_page_and_type(pg, me->d, PGT_writable))
		return;
	((uint64_t *)page_virt(pg))[at] = word;
	put_page_and_type(pg);
}

static void clean_page(void)
{
	struct page *pg = frame_page(me->pool[byte() % POOL]);

	if (!get_page_and_type(pg, me->d, PGT_writable))
		return;
	memset(page_virt(pg), 0, PAGE_SIZE);
	put_page_and_type(pg);
}

static void write_grant(void)
{
	struct grant_entry_v1 *e = grant_shared_entry(me->d->grant_table, small() & 31);
	uint8_t b = byte();

	if (!e)
		return;
	e->domid = rarely() ? dom() : (domid_t)(1 + b % NR_GUESTS);
	e->frame = (uint32_t)mfn();
	e->flags = (uint16_t)(b & 0x80 ? b & 0x3f : b & 0x40 ? GTF_permit_access | GTF_readonly : GTF_permit_access);
}

static void write_shared(void)
{
	uint64_t *words = (uint64_t *)me->d->shared_info;
	unsigned int at = byte() * 2;

	words[at % (sizeof(struct shared_info) / 8)] = wild();
}

static void touch_ldt(void)
{
	hyper_cpu.current_vcpu = me->d->vcpu[my_vcpu];
	(void)pv_map_ldt_page(me->d->vcpu[my_vcpu], byte() & 15);
	hyper_cpu.current_vcpu = idle_vcpu[0];
}

/* The balloon brings what went. */
static void refill(void)
{
	uint64_t *slot = &me->pool[byte() % POOL];
	struct page *pg = alloc_domain_pages(me->d, 0, 0);

	if (pg)
		*slot = frame_number(pg);
}

static void act(uint8_t what)
{
	switch (what & 7) {
	case 0:
	case 1:
		plain_write();
		break;
	case 2:
		clean_page();
		break;
	case 3:
	case 4:
		write_grant();
		break;
	case 5:
		write_shared();
		break;
	case 6:
		touch_ldt();
		break;
	default:
		refill();
	}
}

static void set_knobs(uint8_t b)
{
	hyper_preempt_in = b & 1 ? (b >> 4) & 3 : b & 2 ? 7 : -1;
	hyper_fail_in = (b & 0xc) == 0xc ? b >> 6 : -1;
	hyper_tear_in = (b & 0x3c) == 0x34 ? b >> 6 : -1;
	hyper_fault_in = (b & 0x3c) == 0x38 ? b >> 6 : -1;
}

static unsigned long nr_calls;
static bool loud;
static unsigned int tail;

/* An input is up to MAX_STEPS calls: how many they were in all. */
static void tell_calls(void)
{
	fprintf(stderr, "stat::hypercalls: %lu\n", nr_calls);
}

static void step(void)
{
	unsigned long a[6] = { 0 };
	uint8_t who = byte();
	int nr = -1;
	long rc;

	me = &hyper_guest[who % NR_GUESTS];
	my_vcpu = (who >> 2 & 3) % GUEST_VCPUS;
	if (who >= 0xfc)
		hyper_settle();
	if (!hyper_can_run(me, my_vcpu))
		return;
	if ((who & 0x70) == 0x70 && !me->in_call[my_vcpu]) {
		act(byte());
		return;
	}
	set_knobs(byte());
	arena_used = 0;
	if (!me->in_call[my_vcpu])
		nr = (int)gen_call(a);
	rc = hyper_call(me, my_vcpu, nr, a);
	nr_calls++;
	if (loud)
		fprintf(stderr, "d%u.%u call %d (%lx, %lx, %lx, %lx): %ld\n", me->d->domain_id, my_vcpu, nr, a[0], a[1],
			a[2], a[3], rc);
	if (!tail_state || nr_calls % 8 == 0)
		hyper_audit();
}

/* CPU pools are nobody's: what calls have made is taken away. */
static void forget_pools(void)
{
	struct cpupool_info info;

	while (!cpupool_get_info(1, &info) && info.id != 0 && !cpupool_destroy(info.id))
		;
}

static void random_steps(const uint8_t *data, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x100000001b3ull;
	tail_state = hash ? hash : 1;
	for (unsigned int i = 0; i < tail; i++)
		step();
	tail_state = 0;
	hyper_audit();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;

	if (!started) {
		hyper_start();
		atexit(tell_calls);
		loud = getenv("HYPER_LOUD") != NULL;
		tail = getenv("HYPER_TAIL") ? (unsigned int)atoi(getenv("HYPER_TAIL")) : 0;
		if (tail) /* chance would shut domain 0 down, and the machine with it */
			hyper_hardware_id = DOMID_FIRST_RESERVED - 1;
	}
	started = true;
	input = data;
	nr_input = size;
	hyper_make_guests();
	for (unsigned int i = 0; nr_input && i < MAX_STEPS; i++)
		step();
	if (tail)
		random_steps(data, size);
	forget_pools();
	hyper_end_guests();
	return 0;
}
