/* SPDX-License-Identifier: MIT */
/*
 * A Dom0 of a few pages, over tests/guest/kit, that does a toolstack's work: makes a PVH domain of 16 MiB with a tiny
 * guest, lets it run to its end, and takes it down. One guest (tests/system/guests/pvh-exits.c, in this image) once for
 * each way in which it may end, and one (pvh-clock.c) with a counter faster and slower than the machine's. What the guests
 * say goes to the hypervisor's console.
 */
#include "kit.h"
#include <public/domctl.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/hvm/save.h>

__asm__(".pushsection .rodata; .balign 8; .global exits; exits: .incbin \"" EXITS "\"; .popsection");
__asm__(".pushsection .rodata; .balign 8; .global clock; clock: .incbin \"" CLOCK "\"; .popsection");
extern const uint8_t exits[], clock[];

#define NR_PAGES   4096u
#define START_INFO 0xf00000ul
#define PATIENCE   100000000u

static char window[4096] __attribute__((aligned(4096)));
static uint64_t window_entry, window_own; /* where its entry is, and what it was */
static struct xen_domctl op;

static long domctl(unsigned int cmd, unsigned int domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)domid;
	return call1(__HYPERVISOR_domctl, &op);
}

/* ---- the domain's memory, a page at a time ---- */

static void show(unsigned int domid, uint64_t entry)
{
	struct mmu_update u = { .ptr = window_entry | MMU_NORMAL_PT_UPDATE, .val = entry };

	if (call4(__HYPERVISOR_mmu_update, &u, 1, 0, domid))
		check("page-shown", false);
	mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0);
}

static void put_bytes(unsigned int domid, uint64_t at, const void *from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		if (!i || !((at + i) & 4095))
			show(domid, ((at + i) & ADDR_MASK) | PRESENT | WRITABLE | USER | 0x60);
		((volatile char *)window)[(at + i) & 4095] = ((const char *)from)[i];
	}
	show(DOMID_SELF, window_own);
}

struct program {
	uint32_t type, flags;
	uint64_t offset, virt, phys, in_file, in_memory, align;
};

/* What an ELF file says of its pieces; the memory is clean. */
static void load_image(unsigned int domid, const uint8_t *image)
{
	const struct program *p = (const void *)(image + *(const uint64_t *)(image + 32));

	for (unsigned int n = *(const uint16_t *)(image + 56); n--; p++)
		if (p->type == 1)
			put_bytes(domid, p->phys, image + p->offset, p->in_file);
}

static void put_start_info(unsigned int domid, const char *words)
{
	struct {
		struct hvm_start_info info;
		char words[64];
	} s = { .info = { .magic = XEN_HVM_START_MAGIC_VALUE, .version = 1, .cmdline_paddr = START_INFO + sizeof(s.info) } };

	for (unsigned int i = 0; words[i] && i < 63; i++)
		s.words[i] = words[i];
	put_bytes(domid, START_INFO, &s, sizeof(s));
}

/* ---- its life ---- */

static long create(void)
{
	op = (struct xen_domctl){ 0 };
	op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	op.u.createdomain.max_vcpus = 2;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	return domctl(XEN_DOMCTL_createdomain, 0);
}

static long populate(unsigned int domid)
{
	static xen_pfn_t extents[NR_PAGES / 512];
	struct xen_memory_reservation r = { .nr_extents = NR_PAGES / 512, .extent_order = 9, .domid = (domid_t)domid };

	for (unsigned int i = 0; i < NR_PAGES / 512; i++)
		extents[i] = i * 512;
	r.extent_start.p = extents;
	return call2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r);
}

static struct __attribute__((packed)) {
	struct hvm_save_descriptor d1;
	struct hvm_save_header header;
	struct hvm_save_descriptor d2;
	struct hvm_hw_cpu cpu;
	struct hvm_save_descriptor end;
} state = {
	.d1 = { HVM_SAVE_CODE(HEADER), 0, sizeof(state.header) },
	.header = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION },
	.d2 = { HVM_SAVE_CODE(CPU), 0, sizeof(state.cpu) },
};

static long load_state(unsigned int domid)
{
	op.u.hvmcontext.size = sizeof(state);
	op.u.hvmcontext.buffer.p = (void *)&state;
	return domctl(XEN_DOMCTL_sethvmcontext, domid);
}

static long save_state(unsigned int domid)
{
	op.u.hvmcontext_partial.type = HVM_SAVE_CODE(CPU);
	op.u.hvmcontext_partial.instance = 0;
	op.u.hvmcontext_partial.bufsz = sizeof(state.cpu);
	op.u.hvmcontext_partial.buffer.p = (void *)&state.cpu;
	return domctl(XEN_DOMCTL_gethvmcontext_partial, domid);
}

/* 32-bit flat protected mode, as the PVH protocol has it. */
static long set_registers(unsigned int domid, const uint8_t *image)
{
	state.cpu = (struct hvm_hw_cpu){
		.rip = *(const uint64_t *)(image + 24), .rbx = START_INFO, .rflags = 2,
		.cr0 = 0x11, .dr6 = 0xffff0ff0, .dr7 = 0x400,
		.cs_limit = ~0u, .ds_limit = ~0u, .es_limit = ~0u, .ss_limit = ~0u, .tr_limit = 0x67,
		.cs_arbytes = 0xc9b, .ds_arbytes = 0xc93, .es_arbytes = 0xc93, .ss_arbytes = 0xc93, .tr_arbytes = 0x8b,
	};
	return load_state(domid);
}

/* The counter of a domain that has ended: saved and loaded again it goes on, by less than the machine has counted. */
static void check_counter(unsigned int domid)
{
	uint64_t begun = __builtin_ia32_rdtsc(), first;

	check_eq("save", save_state(domid), 0);
	first = state.cpu.tsc;
	check_eq("load", load_state(domid), 0);
	check_eq("save-again", save_state(domid), 0);
	check("counter-goes-on", state.cpu.tsc - first <= 4 * (__builtin_ia32_rdtsc() - begun));
}

/* Why it ended; -1: not in a long time. */
static long wait_end(unsigned int domid)
{
	for (unsigned int i = 0; i < PATIENCE; i++) {
		if (domctl(XEN_DOMCTL_getdomaininfo, domid))
			return -2;
		if (op.u.getdomaininfo.flags & XEN_DOMINF_shutdown)
			return op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
		call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
	return -1;
}

/* As if it came from a machine whose rate is so many quarters of this one's. */
static long set_rate(unsigned int domid, unsigned int quarters)
{
	long rc = domctl(XEN_DOMCTL_gettscinfo, domid);

	op.u.tsc_info.gtsc_khz = op.u.tsc_info.gtsc_khz / 4 * quarters;
	return rc ? rc : domctl(XEN_DOMCTL_settscinfo, domid);
}

static void run(const uint8_t *image, const char *how, unsigned int quarters, long reason)
{
	unsigned int domid;
	long rc;

	check_eq("create", create(), 0);
	domid = op.domain;
	op.u.max_mem.max_memkb = (NR_PAGES + 16) * 4;
	check_eq("max-mem", domctl(XEN_DOMCTL_max_mem, domid), 0);
	op.u.max_vcpus.max = 2;
	check_eq("vcpus", domctl(XEN_DOMCTL_max_vcpus, domid), 0);
	check_eq("memory", populate(domid), NR_PAGES / 512);
	if (quarters != 4)
		check_eq("rate", set_rate(domid, quarters), 0);
	load_image(domid, image);
	put_start_info(domid, how);
	check_eq("registers", set_registers(domid, image), 0);
	check_eq("start", domctl(XEN_DOMCTL_unpausedomain, domid), 0);
	check_eq(how, wait_end(domid), reason);
	if (quarters != 4)
		check_counter(domid);
	do
		rc = domctl(XEN_DOMCTL_destroydomain, domid);
	while (rc == -11 || rc == -85); /* EAGAIN, ERESTART: there is more to do */
	check_eq("destroy", rc, 0);
}

void test(void)
{
	window_own = entry_of((uint64_t)window, 1, &window_entry);
	run(exits, "power", 4, SHUTDOWN_poweroff);
	run(exits, "triple", 4, SHUTDOWN_reboot);
	run(exits, "hole", 4, SHUTDOWN_crash);
	run(exits, "page", 4, SHUTDOWN_crash);
	run(exits, "state", 4, SHUTDOWN_crash);
	run(clock, "faster", 6, SHUTDOWN_poweroff);
	run(clock, "slower", 3, SHUTDOWN_poweroff);
}
