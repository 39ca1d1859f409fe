/* SPDX-License-Identifier: MIT */
/* A paravirtualized vCPU comes to a CPU or leaves it: selectors, bases, debug registers, page tables. */
#include <hv/guest_access.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include <asm/xpti.h>

#define READ_SEG(name)                                                                             \
	({                                                                                         \
		uint32_t s_;                                                                       \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(s_));                                \
		(uint16_t) s_;                                                                     \
	})

/* A selector the guest no longer has (its table changed) loads as null, as the failsafe would make it. */
#define LOAD_SEG(name, sel)                                                                        \
	__asm__ volatile("1: mov %w0, %%" #name "\n"                                               \
			 "2:\n"                                                                    \
			 ".pushsection .text.entry, \"ax\"\n"                                      \
			 "3: xor %k0, %k0; mov %w0, %%" #name "; jmp 2b\n"                         \
			 ".popsection\n"                                                           \
			 ".pushsection .extable, \"a\"; .quad 1b, 3b; .popsection"                 \
			 : "+r"(sel))

static void save_segments(struct vcpu *v)
{
	struct cpu_user_regs *r = &v->arch.regs;
	struct pv_vcpu *pv = &v->arch.pv;
	uint64_t active = rdmsr(MSR_GS_BASE), other = rdmsr(MSR_KERNEL_GS_BASE);

	r->ds = READ_SEG(ds);
	r->es = READ_SEG(es);
	r->fs = READ_SEG(fs);
	r->gs = READ_SEG(gs);
	pv->fs_base = rdmsr(MSR_FS_BASE);
	pv->gs_base_kernel = pv->kernel_mode ? active : other;
	pv->gs_base_user = pv->kernel_mode ? other : active;
}

static void load_segments(struct vcpu *v)
{
	const struct cpu_user_regs *r = &v->arch.regs;
	const struct pv_vcpu *pv = &v->arch.pv;
	uint32_t ds = r->ds, es = r->es, fs = r->fs, gs = r->gs;

	LOAD_SEG(ds, ds);
	LOAD_SEG(es, es);
	LOAD_SEG(fs, fs);
	LOAD_SEG(gs, gs);
	wrmsr(MSR_FS_BASE, pv->fs_base);
	wrmsr(MSR_GS_BASE, pv->kernel_mode ? pv->gs_base_kernel : pv->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, pv->kernel_mode ? pv->gs_base_user : pv->gs_base_kernel);
}

void pv_save(struct vcpu *v)
{
	save_segments(v);
	pv_save_debugregs(v);
}

/* Page tables first: everything after may touch the per-domain window or guest memory. */
void pv_restore(struct vcpu *v)
{
	struct cpu_info *ci = get_cpu_info();

	xpti_switch_to(ci, v->domain);
	/* Global entries are the previous guest's user pages: drop them too. */
	write_cr4(ci->cr4 & ~X86_CR4_PGE);
	write_cr3(v->arch.pv.kernel_mode ? v->arch.pv.cr3_kernel : v->arch.pv.cr3_user);
	write_cr4(ci->cr4);
	pv_load_descriptor_tables(v);
	load_segments(v);
	pv_load_guest_cr4(v);
	pv_restore_debugregs(v);
}

/* Guest memory named by a kernel address, whatever mode the guest is in. */
unsigned long pv_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len)
{
	struct pv_vcpu *pv = &v->arch.pv;
	unsigned long left;

	if (!pv->kernel_mode)
		write_cr3(pv->cr3_kernel);
	left = raw_copy_to_guest(addr, src, len);
	if (!pv->kernel_mode)
		write_cr3(pv->cr3_user);
	return left;
}
