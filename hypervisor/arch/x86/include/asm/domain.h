/* SPDX-License-Identifier: MIT */
/* What x86 keeps per domain and per vCPU. */
#ifndef ASM_DOMAIN_H
#define ASM_DOMAIN_H

#include <hv/types.h>
#include <hv/cpumask.h>
#include <hv/spinlock.h>
#include <asm/page.h>
#include <asm/time_scale.h>
#include <public/xen.h>
#include <public/memory.h>

struct page;
struct irq_domain;   /* arch/x86/irq: pirq tables */
struct cpu_policy;   /* arch/x86/cpu: what CPUID and MSRs show */
struct vcpu_kind;    /* asm/vcpu_kind.h */
struct hvm_domain;   /* asm/hvm/hvm.h */
struct hvm_vcpu;

struct arch_domain {
	bool is_pv;
	const struct vcpu_kind *kind; /* of all its vCPUs; NULL: idle and pseudo domains */
	struct hvm_domain *hvm;	      /* NULL: not hardware-virtualized */
	bool writable_pagetables_assist;
	/* Per-domain slot (260): L3 -> L2s -> L1s mapping GDT and LDT pages of each vCPU. */
	pte_t *perdomain_l3;
	pte_t **perdomain_l1; /* one L1 page per 16 vCPUs */

	bool xpti;		/* its vCPUs run on isolated tables: asm/xpti.h */
	bool l1tf;		/* entries of its tables that are not present are checked: mm/l1tf.c */
	uint64_t l4_generation; /* counts changes of its top-level tables; atomic */

	/* guarded by: domain->domctl_lock */
	struct e820entry *e820; /* XENMEM_set_memory_map / Dom0's machine map */
	unsigned int nr_e820;
	struct irq_domain *irq;
	struct cpu_policy *cpuid;
	uint32_t tsc_mode, tsc_incarnation, tsc_khz;
	bool vtsc; /* RDTSC is emulated: time/guest_tsc.c */
	uint64_t vtsc_offset; /* it counts from system time plus this, by these rates */
	struct time_scale vtsc_to_ns, ns_to_vtsc;
	spinlock_t pcidevs_lock;
	uint32_t pci_cf8; /* Dom0's last write to port 0xcf8; guarded by pcidevs_lock */
	gfn_t pirq_eoi_gfn; /* PHYSDEVOP_pirq_eoi_gmfn_v1/2 */
	unsigned long *pirq_eoi_map;
	struct page *pirq_eoi_page;
	bool auto_unmask; /* v1: EOI also unmasks */
	uint64_t max_mapped_pfn; /* PV: highest pfn in shared_info->arch.max_pfn (advisory) */
	uint64_t relinquish_mfn; /* how far relinquish_memory() has come */
	cpumask_t dirty_cpumask; /* CPUs that may hold TLB entries of this domain; atomic */
};

/* A guest callback address and how it is to be entered. */
struct pv_callback {
	uint64_t address; /* 0: none */
	bool mask_events; /* set evtchn_upcall_mask on entry */
};

struct pv_vcpu {
	bool kernel_mode; /* guest kernel (true) or guest user runs in ring 3 */

	/* Page tables, by machine frame; each holds a PGT_l4 reference. */
	mfn_t guest_table;	/* kernel */
	mfn_t guest_table_user; /* user; INVALID_MFN: none */
	struct page *old_table; /* a table whose dropping was interrupted: put_old_guest_table() */

	uint64_t cr3_kernel, cr3_user; /* CR3 for each mode, see pv_update_cr3(); user 0: none */

	uint64_t kernel_ss, kernel_sp; /* kernel_sp: 16-aligned, frame below it outside the hole */
	bool slow_syscall; /* user system calls take the C path: see pv_update_fast_paths() */
	uint64_t fault_address; /* where user page faults go; 0: by the C path. The same function */
	uint8_t exit_work; /* PV_EXIT_* bits: something to do before guest mode; atomic */
	struct pv_callback event, failsafe, syscall, syscall32, sysenter, nmi;
	struct trap_info trap[256];

	uint64_t fs_base, gs_base_kernel, gs_base_user;
	uint16_t gs_user_sel;

	mfn_t gdt_frames[16]; /* 14 usable; each holds a PGT_seg_desc reference */
	unsigned int gdt_ents;
	uint64_t ldt_base;
	unsigned int ldt_ents;
	unsigned int shadow_ldt_mapcnt; /* LDT pages faulted in; guarded by: ldt_lock */
	spinlock_t ldt_lock;

	uint64_t ctrlreg[8];  /* the guest's view of CR0, CR2, CR4 */
	uint64_t dr[4], dr6, dr7;
	uint8_t iopl; /* 0..3, virtual */
	uint64_t iobmp; /* guest address of the port bitmap */
	unsigned int iobmp_limit;
	/* A trap to be delivered on the way out; valid while exit_work has PV_EXIT_BOUNCE. */
	struct trap_bounce {
		uint64_t eip;
		uint32_t error_code;
		bool has_error_code;
		bool mask_events;
		bool failsafe; /* the failsafe frame: data selectors too */
	} bounce;
};

struct arch_vcpu {
	struct pv_vcpu pv;
	struct hvm_vcpu *hvm; /* NULL: not hardware-virtualized */
	struct cpu_user_regs regs; /* saved while the vCPU is off its CPU */
	void *xsave;		   /* XSAVE area, 64-byte aligned, size xstate_size */
	uint64_t xcr0, xcr0_accum;
	bool fpu_initialised, fpu_dirtied, fpu_ts; /* fpu_ts: guest set CR0.TS by fpu_taskswitch */
	uint64_t cr3;		  /* what the CPU loads for the mode it is in */
	uint64_t tsc_aux;
	bool async_exception_pending[4]; /* NMI, MCE */
	uint32_t time_version; /* of the CPU time record last given to the guest */
	uint64_t time_area;    /* VCPUOP_register_vcpu_time_memory_area, guest address or 0 */
	void *xsave_alloc;
	/* iret hypercall and bounce frames live in arch/x86/pv */
};

static inline bool is_pv_arch(const struct arch_domain *a)
{
	return a->is_pv;
}

#endif
