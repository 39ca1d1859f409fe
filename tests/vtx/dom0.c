/* SPDX-License-Identifier: MIT */
/*
 * A Dom0 of a few pages, over tests/guest/kit, that does a toolstack's work: makes a PVH domain of 16 MiB with a tiny
 * guest (tests/system/guests/pvh-exits.c, in this image), lets it run to its end, and takes it down; once for each way
 * in which the guest may end. What the guest says goes to the hypervisor's console.
 */
#include "kit.h"
#include <public/domctl.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/hvm/save.h>

__asm__(".pushsection .rodata; .balign 8; .global image; image: .incbin \"" GUEST "\"; .popsection");
extern const uint8_t image[];

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
static void load_image(unsigned int domid)
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

/* 32-bit flat protected mode, as the PVH protocol has it. */
static long set_registers(unsigned int domid)
{
	static struct __attribute__((packed)) {
		struct hvm_save_descriptor d1;
		struct hvm_save_header header;
		struct hvm_save_descriptor d2;
		struct hvm_hw_cpu cpu;
		struct hvm_save_descriptor end;
	} s;

	s.d1 = (struct hvm_save_descriptor){ HVM_SAVE_CODE(HEADER), 0, sizeof(s.header) };
	s.d2 = (struct hvm_save_descriptor){ HVM_SAVE_CODE(CPU), 0, sizeof(s.cpu) };
	s.header.magic = HVM_FILE_MAGIC;
	s.header.version = HVM_FILE_VERSION;
	s.cpu.rip = *(const uint64_t *)(image + 24);
	s.cpu.rbx = START_INFO;
	s.cpu.rflags = 2;
	s.cpu.cr0 = 0x11;
	s.cpu.dr6 = 0xffff0ff0;
	s.cpu.dr7 = 0x400;
	s.cpu.cs_limit = s.cpu.ds_limit = s.cpu.es_limit = s.cpu.ss_limit = ~0u;
	s.cpu.cs_arbytes = 0xc9b;
	s.cpu.ds_arbytes = s.cpu.es_arbytes = s.cpu.ss_arbytes = 0xc93;
	s.cpu.tr_limit = 0x67;
	s.cpu.tr_arbytes = 0x8b;
	op.u.hvmcontext.size = sizeof(s);
	op.u.hvmcontext.buffer.p = (void *)&s;
	return domctl(XEN_DOMCTL_sethvmcontext, domid);
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

static void run(const char *how, long reason)
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
	load_image(domid);
	put_start_info(domid, how);
	check_eq("registers", set_registers(domid), 0);
	check_eq("start", domctl(XEN_DOMCTL_unpausedomain, domid), 0);
	check_eq(how, wait_end(domid), reason);
	do
		rc = domctl(XEN_DOMCTL_destroydomain, domid);
	while (rc == -11 || rc == -85); /* EAGAIN, ERESTART: there is more to do */
	check_eq("destroy", rc, 0);
}

void test(void)
{
	window_own = entry_of((uint64_t)window, 1, &window_entry);
	run("power", SHUTDOWN_poweroff);
	run("triple", SHUTDOWN_reboot);
	run("hole", SHUTDOWN_crash);
	run("page", SHUTDOWN_crash);
	run("state", SHUTDOWN_crash);
}
