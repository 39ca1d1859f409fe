/* SPDX-License-Identifier: MIT */
/*
 * The x86 part of the guest ABI that 32- and 64-bit guests share: guest handles, descriptor and
 * trap tables, a PV vCPU's full context, the x86 part of the shared info page.
 *
 * Include ../xen.h; this file comes with it.
 */
#include "../xen.h"

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_H__

/*
 * A guest handle is a pointer in the guest's address space, wrapped so that C cannot dereference
 * it by accident. DEFINE_XEN_GUEST_HANDLE(t) makes the handle types for t and const t,
 * XEN_GUEST_HANDLE(t) names one as a structure field, XEN_GUEST_HANDLE_PARAM(t) as a hypercall
 * argument (the same thing on x86). Assign only by set_xen_guest_handle().
 */
#if __XEN_INTERFACE_VERSION__ >= 0x00030201
#define ___DEFINE_XEN_GUEST_HANDLE(name, type)	\
	typedef struct {			\
		type *p;			\
	} __guest_handle_##name
#else
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) typedef type *__guest_handle_##name
#endif

#define __DEFINE_XEN_GUEST_HANDLE(name, type)	\
	___DEFINE_XEN_GUEST_HANDLE(name, type);	\
	___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name) __guest_handle_##name
#define XEN_GUEST_HANDLE(name) __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name) XEN_GUEST_HANDLE(name)
#define set_xen_guest_handle_raw(hnd, val)	\
	do {					\
		(hnd).p = val;			\
	} while (0)
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

#if defined(__i386__)
#include "xen-x86_32.h"
#elif defined(__x86_64__)
#include "xen-x86_64.h"
#endif

#ifndef __ASSEMBLY__
typedef unsigned long xen_pfn_t;
#define PRI_xen_pfn "lx"
#define PRIu_xen_pfn "lu"
#endif

/* There is a PV entry point (start_info), and PV guests mask upcalls in vcpu_info. */
#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/*
 * set_gdt(xen_pfn_t *frames, unsigned int entries): installs a GDT of up to the entries below; the
 * frames become descriptor tables, unwritable for the guest. The slots from
 * FIRST_RESERVED_GDT_ENTRY up are the hypervisor's and hold the FLAT_* segments.
 *
 * update_descriptor(uint64_t maddr, uint64_t desc): checks and writes one 8-byte descriptor in a
 * descriptor table or writable page.
 */
#define FIRST_RESERVED_GDT_PAGE		14
#define FIRST_RESERVED_GDT_BYTE		(FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY	(FIRST_RESERVED_GDT_BYTE / 8)

/* vCPUs that have a vcpu_info in the shared info page; later ones register their own. */
#define XEN_LEGACY_MAX_VCPUS 32

#ifndef __ASSEMBLY__

typedef unsigned long xen_ulong_t;
#define PRI_xen_ulong "lx"

/*
 * stack_switch(unsigned long ss, unsigned long sp): where this vCPU's kernel stack starts when it
 * is entered from user mode.
 *
 * set_trap_table(struct trap_info *traps): the calling vCPU's virtual IDT. The list ends with
 * address == 0. Flags bits 1:0 are the lowest privilege (as a ring number) that may raise the
 * vector by INT n, bit 2 masks events on entry. A 64-bit kernel itself counts as ring 1 or 2.
 */
#define TI_GET_DPL(_ti)		((_ti)->flags & 3)
#define TI_GET_IF(_ti)		((_ti)->flags & 4)
#define TI_SET_DPL(_ti, _dpl)	((_ti)->flags |= (_dpl))
#define TI_SET_IF(_ti, _if)	((_ti)->flags |= ((!!(_if)) << 2))
struct trap_info {
	uint8_t vector;
	uint8_t flags;
	uint16_t cs;		/* handler */
	unsigned long address;
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);

typedef uint64_t tsc_timestamp_t;

/*
 * The whole state of a PV vCPU, for VCPUOP_initialise and DOMCTL_{get,set}vcpucontext. For an HVM
 * vCPU only fpu_ctxt, flags, user_regs and debugreg mean anything in the domctls, and
 * VCPUOP_initialise takes hvm/hvm_vcpu.h's structure instead.
 */
struct vcpu_guest_context {
	struct {
		char x[512];
	} fpu_ctxt;			/* FXSAVE image; 16-byte aligned by position */
#define VGCF_I387_VALID			(1 << 0)
#define VGCF_IN_KERNEL			(1 << 2)
#define _VGCF_i387_valid		0
#define VGCF_i387_valid			(1 << _VGCF_i387_valid)
#define _VGCF_in_kernel			2
#define VGCF_in_kernel			(1 << _VGCF_in_kernel)
#define _VGCF_failsafe_disables_events	3
#define VGCF_failsafe_disables_events	(1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events	4
#define VGCF_syscall_disables_events	(1 << _VGCF_syscall_disables_events)
#define _VGCF_online			5
#define VGCF_online			(1 << _VGCF_online)
	unsigned long flags;		/* VGCF_* */
	struct cpu_user_regs user_regs;
	struct trap_info trap_ctxt[256];
	unsigned long ldt_base;		/* linear address */
	unsigned long ldt_ents;
	unsigned long gdt_frames[16];	/* MFNs */
	unsigned long gdt_ents;
	unsigned long kernel_ss;	/* stack_switch's values */
	unsigned long kernel_sp;
	unsigned long ctrlreg[8];	/* CR0-CR7; on x86-64 [1] is the user-mode CR3 */
	unsigned long debugreg[8];	/* DR0-DR7 */
#ifdef __i386__
	unsigned long event_callback_cs;
	unsigned long event_callback_eip;
	unsigned long failsafe_callback_cs;
	unsigned long failsafe_callback_eip;
#else
	unsigned long event_callback_eip;
	unsigned long failsafe_callback_eip;
#ifdef __XEN__
	union {
		unsigned long syscall_callback_eip;	/* 64-bit guests */
		struct {				/* 32-bit guests */
			unsigned int event_callback_cs;
			unsigned int failsafe_callback_cs;
		};
	};
#else
	unsigned long syscall_callback_eip;
#endif
#endif
	unsigned long vm_assist;	/* bitmap by VMASST_TYPE_* */
#ifdef __x86_64__
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
#endif
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

/*
 * How the tools find a PV guest's P2M map, written by the guest: either the 3-level tree whose top
 * is pfn_to_mfn_frame_list_list (0: not set yet, ~0: none), or, if p2m_cr3 is not 0, the linear
 * list of max_pfn entries at p2m_vaddr in the address space of p2m_cr3. The guest makes
 * p2m_generation odd while it changes that list's mappings; single entries change atomically.
 */
struct arch_shared_info {
	unsigned long max_pfn;
	xen_pfn_t pfn_to_mfn_frame_list_list;
	unsigned long nmi_reason;	/* XEN_NMIREASON_* bits (nmi.h), set by the hypervisor */
	unsigned long p2m_cr3;
	unsigned long p2m_vaddr;
	unsigned long p2m_generation;
#ifdef __i386__
	uint32_t wc_sec_hi;
#endif
};
typedef struct arch_shared_info arch_shared_info_t;

#if defined(__XEN__) || defined(__XEN_TOOLS__)
/* The x86 part of XEN_DOMCTL_createdomain; versioned with the domctl interface. */
struct xen_arch_domainconfig {
#define _XEN_X86_EMU_LAPIC	0
#define XEN_X86_EMU_LAPIC	(1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET	1
#define XEN_X86_EMU_HPET	(1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM		2
#define XEN_X86_EMU_PM		(1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC	3
#define XEN_X86_EMU_RTC		(1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC	4
#define XEN_X86_EMU_IOAPIC	(1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC	5
#define XEN_X86_EMU_PIC		(1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA	6
#define XEN_X86_EMU_VGA		(1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU	7
#define XEN_X86_EMU_IOMMU	(1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT	8
#define XEN_X86_EMU_PIT		(1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ	9
#define XEN_X86_EMU_USE_PIRQ	(1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI	10
#define XEN_X86_EMU_VPCI	(1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL									\
	(XEN_X86_EMU_LAPIC | XEN_X86_EMU_HPET | XEN_X86_EMU_PM | XEN_X86_EMU_RTC |	\
	 XEN_X86_EMU_IOAPIC | XEN_X86_EMU_PIC | XEN_X86_EMU_VGA | XEN_X86_EMU_IOMMU |	\
	 XEN_X86_EMU_PIT | XEN_X86_EMU_USE_PIRQ | XEN_X86_EMU_VPCI)
	uint32_t emulation_flags;	/* [in] devices the hypervisor emulates */

/* Unknown MSRs read as 0 and ignore writes, instead of faulting. */
#define XEN_X86_MSR_RELAXED	(1u << 0)
	uint32_t misc_flags;		/* [in] XEN_X86_MSR_RELAXED */
};

/* The highest of the misc_flags bits. */
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

#endif /* __XEN__ || __XEN_TOOLS__ */

/* CPUID and MSR policies travel as arrays of these. */
typedef struct xen_cpuid_leaf {
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
	uint32_t leaf, subleaf;
	uint32_t a, b, c, d;
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);

typedef struct xen_msr_entry {
	uint32_t idx;
	uint32_t flags;		/* zero */
	uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);

#endif /* !__ASSEMBLY__ */

/*
 * fpu_taskswitch(int set): sets or clears the calling vCPU's CR0.TS.
 * set_debugreg(int reg, unsigned long val); get_debugreg(int reg) returns the register's value,
 * which cannot be told from an error.
 */

/*
 * ud2 followed by "xen": in front of CPUID it makes a PV guest see the virtual CPUID even where
 * the hardware would not trap.
 */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f,0x0b,0x78,0x65,0x6e ;
#define XEN_CPUID XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID XEN_EMULATE_PREFIX "cpuid"
#endif

/* HVM: bytes written to this I/O port appear on the hypervisor's console. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_H__ */
