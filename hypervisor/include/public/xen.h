/* SPDX-License-Identifier: MIT */
/*
 * The root of the guest ABI: hypercall numbers, virtual interrupts, page-table hypercalls, domain
 * ids, the shared info page, the start info page and the handle types that carry guest pointers.
 *
 * Every other header of the ABI includes this one. Unless a comment says otherwise a hypercall
 * returns 0 or a negative errno (errno.h) and may be made by any domain's kernel. "[in]", "[out]"
 * say who writes a field: the caller or the hypervisor. MFN is a machine frame number, GFN a frame
 * number in the guest's own physical space (the same as an MFN for a PV guest), "maddr" a machine
 * byte address. Times are nanoseconds of system time (since the host's boot) unless noted.
 */
#ifndef __XEN_PUBLIC_XEN_H__
#define __XEN_PUBLIC_XEN_H__

#include "xen-compat.h"

/* The fixed-width integer types; an environment without <stdint.h> brings its own. */
#if !defined(__ASSEMBLY__) && defined(__has_include)
#if __has_include(<stdint.h>)
#include <stdint.h>
#endif
#endif

#if defined(__i386__) || defined(__x86_64__)
#include "arch-x86/xen.h"
#else
#error "Serai's public headers cover x86 only"
#endif

#ifndef __ASSEMBLY__

/* Handles for plain C types. */
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
#if __XEN_INTERFACE_VERSION__ < 0x00040300
DEFINE_XEN_GUEST_HANDLE(long);
__DEFINE_XEN_GUEST_HANDLE(ulong, unsigned long);
#endif
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);

/* What to write between [] of a trailing array of unknown length. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L
#define XEN_FLEX_ARRAY_DIM
#elif defined(__GNUC__)
#define XEN_FLEX_ARRAY_DIM 0
#else
#define XEN_FLEX_ARRAY_DIM 1
#endif

/* Typed integer constants from bare numbers that assembly can also read. */
#define __xen_mk_uint(x) x##U
#define __xen_mk_ulong(x) x##UL
#ifndef __xen_mk_ullong
#define __xen_mk_ullong(x) x##ULL
#endif
#define xen_mk_uint(x) __xen_mk_uint(x)
#define xen_mk_ulong(x) __xen_mk_ulong(x)
#define xen_mk_ullong(x) __xen_mk_ullong(x)

#else /* __ASSEMBLY__ */

#define xen_mk_uint(x) x
#define xen_mk_ulong(x) x
#define xen_mk_ullong(x) x

#endif /* __ASSEMBLY__ */

/*
 * Hypercall numbers: also the slot index in the 32-byte-per-entry hypercall page.
 */
#define __HYPERVISOR_set_trap_table		0
#define __HYPERVISOR_mmu_update			1
#define __HYPERVISOR_set_gdt			2
#define __HYPERVISOR_stack_switch		3
#define __HYPERVISOR_set_callbacks		4
#define __HYPERVISOR_fpu_taskswitch		5
#define __HYPERVISOR_sched_op_compat		6
#define __HYPERVISOR_platform_op		7
#define __HYPERVISOR_set_debugreg		8
#define __HYPERVISOR_get_debugreg		9
#define __HYPERVISOR_update_descriptor		10
#define __HYPERVISOR_memory_op			12
#define __HYPERVISOR_multicall			13
#define __HYPERVISOR_update_va_mapping		14
#define __HYPERVISOR_set_timer_op		15
#define __HYPERVISOR_event_channel_op_compat	16
#define __HYPERVISOR_xen_version		17
#define __HYPERVISOR_console_io			18
#define __HYPERVISOR_physdev_op_compat		19
#define __HYPERVISOR_grant_table_op		20
#define __HYPERVISOR_vm_assist			21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret			23
#define __HYPERVISOR_vcpu_op			24
#define __HYPERVISOR_set_segment_base		25
#define __HYPERVISOR_mmuext_op			26
#define __HYPERVISOR_xsm_op			27
#define __HYPERVISOR_nmi_op			28
#define __HYPERVISOR_sched_op			29
#define __HYPERVISOR_callback_op		30
#define __HYPERVISOR_xenoprof_op		31
#define __HYPERVISOR_event_channel_op		32
#define __HYPERVISOR_physdev_op			33
#define __HYPERVISOR_hvm_op			34
#define __HYPERVISOR_sysctl			35
#define __HYPERVISOR_domctl			36
#define __HYPERVISOR_kexec_op			37
#define __HYPERVISOR_tmem_op			38
#define __HYPERVISOR_argo_op			39
#define __HYPERVISOR_xenpmu_op			40
#define __HYPERVISOR_dm_op			41
#define __HYPERVISOR_hypfs_op			42

/* Reserved for the architecture; on x86 arch_0 is the machine-check call (xen-mca.h). */
#define __HYPERVISOR_arch_0			48
#define __HYPERVISOR_arch_1			49
#define __HYPERVISOR_arch_2			50
#define __HYPERVISOR_arch_3			51
#define __HYPERVISOR_arch_4			52
#define __HYPERVISOR_arch_5			53
#define __HYPERVISOR_arch_6			54
#define __HYPERVISOR_arch_7			55

/* Sources of an older generation mean the "compat" calls by the plain names. */
#if __XEN_INTERFACE_VERSION__ < 0x00030101
#undef __HYPERVISOR_sched_op
#define __HYPERVISOR_sched_op __HYPERVISOR_sched_op_compat
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00030202
#undef __HYPERVISOR_event_channel_op
#define __HYPERVISOR_event_channel_op __HYPERVISOR_event_channel_op_compat
#undef __HYPERVISOR_physdev_op
#define __HYPERVISOR_physdev_op __HYPERVISOR_physdev_op_compat
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00030204
#define __HYPERVISOR_dom0_op __HYPERVISOR_platform_op
#endif

/*
 * Virtual interrupt sources, bound to a port with EVTCHNOP_bind_virq. A "vcpu" source exists once
 * per vCPU and stays on the vCPU it was bound for; a "global" one exists once per domain, starts
 * on vCPU 0 and may be moved. "control" marks those only the control domain may bind.
 */
#define VIRQ_TIMER	0	/* vcpu: its timer expired, or time info was refreshed */
#define VIRQ_DEBUG	1	/* vcpu: dump your state (debug key) */
#define VIRQ_CONSOLE	2	/* global, control: input on the emergency console */
#define VIRQ_DOM_EXC	3	/* global, control: some domain shut down, died or was paused */
#define VIRQ_TBUF	4	/* global, control: trace records are waiting */
#define VIRQ_DEBUGGER	6	/* global, control: a domain stopped for its debugger */
#define VIRQ_XENOPROF	7	/* vcpu: profiler sample */
#define VIRQ_CON_RING	8	/* global, control: the console ring grew */
#define VIRQ_PCPU_STATE	9	/* global, control: a physical CPU went on or off line */
#define VIRQ_MEM_EVENT	10	/* global, control: memory event */
#define VIRQ_ARGO	11	/* global: Argo message or space */
#define VIRQ_ENOMEM	12	/* global, control: free memory is low */
#define VIRQ_XENPMU	13	/* vcpu: performance counter overflow */

/* Left to the architecture; on x86 arch_0 reports machine checks. */
#define VIRQ_ARCH_0	16
#define VIRQ_ARCH_1	17
#define VIRQ_ARCH_2	18
#define VIRQ_ARCH_3	19
#define VIRQ_ARCH_4	20
#define VIRQ_ARCH_5	21
#define VIRQ_ARCH_6	22
#define VIRQ_ARCH_7	23

#define NR_VIRQS	24

/*
 * mmu_update(struct mmu_update *reqs, unsigned int count, unsigned int *done, unsigned int foreign)
 *
 * Performs count updates in order and stops at the first failure; *done, if given, receives how
 * many were completed. Bits 1:0 of each request's ptr select the command below, the rest is the
 * maddr of the entry (or of any byte of the frame, for the M2P command).
 *
 * foreign[15:0]  owner of the frames that new leaf entries map (DOMID_SELF, or a domain the caller
 *                controls, DOMID_IO for device memory, DOMID_XEN for shared hypervisor pages);
 * foreign[31:16] 0 if the page tables are the caller's own, else 1 + the id of their owner.
 *
 * The safety rule behind it: a frame in use as a page table (or descriptor table) is never mapped
 * writable in any guest page table; a guest that builds tables removes its writable mappings
 * first, then pins (MMUEXT_PIN_*) or references them.
 */
#define MMU_NORMAL_PT_UPDATE		0	/* validate val, then store it */
#define MMU_MACHPHYS_UPDATE		1	/* M2P[mfn of ptr] = val, frame owned by foreign */
#define MMU_PT_UPDATE_PRESERVE_AD	2	/* as 0, keeping accessed and dirty bits, atomic */
#define MMU_PT_UPDATE_NO_TRANSLATE	3	/* as 0; val holds an MFN whatever the domain */

/*
 * mmuext_op(struct mmuext_op *ops, unsigned int count, unsigned int *done, unsigned int foreign)
 *
 * Batched like mmu_update. Operands by command:
 *	PIN_Ln_TABLE, UNPIN_TABLE	arg1.mfn: a page table of the foreign domain
 *	NEW_BASEPTR			arg1.mfn: new kernel (x86-64) or only root table
 *	NEW_USER_BASEPTR		arg1.mfn: root used while in user mode, 0 for none
 *	TLB_FLUSH_LOCAL, _ALL		none
 *	TLB_FLUSH_MULTI			arg2.vcpumask: bitmap of the vCPUs to flush
 *	INVLPG_LOCAL, _ALL		arg1.linear_addr
 *	INVLPG_MULTI			arg1.linear_addr, arg2.vcpumask
 *	FLUSH_CACHE, FLUSH_CACHE_GLOBAL	none; needs hardware access rights
 *	SET_LDT				arg1.linear_addr (page aligned), arg2.nr_ents (0: none)
 *	CLEAR_PAGE			arg1.mfn
 *	COPY_PAGE			arg1.mfn (to), arg2.src_mfn (from)
 *	MARK_SUPER, UNMARK_SUPER	arg1.mfn: first frame of a superpage
 */
#define MMUEXT_PIN_L1_TABLE		0
#define MMUEXT_PIN_L2_TABLE		1
#define MMUEXT_PIN_L3_TABLE		2
#define MMUEXT_PIN_L4_TABLE		3
#define MMUEXT_UNPIN_TABLE		4
#define MMUEXT_NEW_BASEPTR		5
#define MMUEXT_TLB_FLUSH_LOCAL		6
#define MMUEXT_INVLPG_LOCAL		7
#define MMUEXT_TLB_FLUSH_MULTI		8
#define MMUEXT_INVLPG_MULTI		9
#define MMUEXT_TLB_FLUSH_ALL		10
#define MMUEXT_INVLPG_ALL		11
#define MMUEXT_FLUSH_CACHE		12
#define MMUEXT_SET_LDT			13
#define MMUEXT_NEW_USER_BASEPTR		15
#define MMUEXT_CLEAR_PAGE		16
#define MMUEXT_COPY_PAGE		17
#define MMUEXT_FLUSH_CACHE_GLOBAL	18
#define MMUEXT_MARK_SUPER		19
#define MMUEXT_UNMARK_SUPER		20

#ifndef __ASSEMBLY__
struct mmuext_op {
	unsigned int cmd;	/* MMUEXT_* */
	union {
		xen_pfn_t mfn;
		unsigned long linear_addr;
	} arg1;
	union {
		unsigned int nr_ents;
#if __XEN_INTERFACE_VERSION__ >= 0x00030205
		XEN_GUEST_HANDLE(const_void) vcpumask;
#else
		const void *vcpumask;
#endif
		xen_pfn_t src_mfn;
	} arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
#endif

/*
 * update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
 * update_va_mapping_otherdomain(..., domid_t owner_of_mapped_frame)
 *
 * Replaces the L1 entry that maps va in the current address space, then flushes as told: one
 * UVMF_* action, ORed with a scope. UVMF_MULTI takes, in the remaining bits, the address of a vCPU
 * bitmap; without one it means this vCPU, which is what UVMF_LOCAL is.
 */
#define UVMF_NONE		(xen_mk_ulong(0) << 0)	/* no flush */
#define UVMF_TLB_FLUSH		(xen_mk_ulong(1) << 0)	/* everything */
#define UVMF_INVLPG		(xen_mk_ulong(2) << 0)	/* va only */
#define UVMF_FLUSHTYPE_MASK	(xen_mk_ulong(3) << 0)
#define UVMF_MULTI		(xen_mk_ulong(0) << 2)
#define UVMF_LOCAL		(xen_mk_ulong(0) << 2)
#define UVMF_ALL		(xen_mk_ulong(1) << 2)	/* on every vCPU of the domain */

/*
 * console_io(unsigned int cmd, unsigned int count, char *buffer)
 *
 * write: count bytes go to the hypervisor's console, raw for the control domain; from others only
 * printable text, a line at a time and rate limited. read: takes up to count bytes typed at the
 * console (control domain only), returns how many.
 */
#define CONSOLEIO_write		0
#define CONSOLEIO_read		1

/*
 * vm_assist(unsigned int cmd, unsigned int type): switches a behaviour of the calling domain.
 */
#define VMASST_CMD_enable	0
#define VMASST_CMD_disable	1

/* 32-bit PV: emulate wrapping 4 GiB segments; and report each emulation by vector 15. */
#define VMASST_TYPE_4gb_segments	0
#define VMASST_TYPE_4gb_segments_notify	1
/* PV: a write to a validated L1 page table that faults is emulated (L1 only). */
#define VMASST_TYPE_writable_pagetables	2
/* 32-bit PV: a PAE root may lie above 4 GiB, packed with xen_pfn_to_cr3(). */
#define VMASST_TYPE_pae_extended_cr3	3
/* PV: the virtual IOPL behaves as in a native flags register; the kernel counts as ring 0. */
#define VMASST_TYPE_architectural_iopl	4
/* Registered runstate areas carry XEN_RUNSTATE_UPDATE while they are being written. */
#define VMASST_TYPE_runstate_update_flag 5
/* 64-bit PV: the M2P slot of a root table is filled only while it serves the kernel. */
#define VMASST_TYPE_m2p_strict		32

#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define MAX_VMASST_TYPE			3
#endif

/*
 * Domain ids. Real domains lie below DOMID_FIRST_RESERVED; the others name, where a call allows
 * it, something that is no domain.
 */
#define DOMID_FIRST_RESERVED	xen_mk_uint(0x7FF0)
#define DOMID_SELF		xen_mk_uint(0x7FF0)	/* the caller */
#define DOMID_IO		xen_mk_uint(0x7FF1)	/* owner of device memory */
#define DOMID_XEN		xen_mk_uint(0x7FF2)	/* owner of the hypervisor's shared pages */
#define DOMID_COW		xen_mk_uint(0x7FF3)	/* owner of copy-on-write shared pages */
#define DOMID_INVALID		xen_mk_uint(0x7FF4)	/* nobody */
#define DOMID_IDLE		xen_mk_uint(0x7FFF)	/* the hypervisor's idle vCPUs */
#define DOMID_MASK		xen_mk_uint(0x7FFF)

#ifndef __ASSEMBLY__

typedef uint16_t domid_t;

/* One mmu_update request. */
struct mmu_update {
	uint64_t ptr;		/* [in] maddr | MMU_* */
	uint64_t val;		/* [in] entry, or PFN for MMU_MACHPHYS_UPDATE */
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);

/*
 * multicall(struct multicall_entry *list, uint32_t count): runs hypercalls in order; the call as a
 * whole succeeds even if entries fail, each entry's outcome being in its result.
 */
struct multicall_entry {
	xen_ulong_t op;		/* [in] __HYPERVISOR_* */
	xen_ulong_t result;	/* [out] what the call returned */
	xen_ulong_t args[6];	/* [in] */
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);

#if __XEN_INTERFACE_VERSION__ < 0x00040400
#define NR_EVENT_CHANNELS EVTCHN_2L_NR_CHANNELS
#endif

/*
 * A vCPU's clock, written only by the hypervisor. An odd version means "being written"; a reader
 * takes the version, reads, and starts over if it was odd or has changed.
 *
 *	delta = tsc - tsc_timestamp, shifted left by tsc_shift (right if negative)
 *	now   = system_time + ((delta * tsc_to_system_mul) >> 32)
 */
struct vcpu_time_info {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp;		/* TSC when system_time was taken */
	uint64_t system_time;		/* ns since boot */
	uint32_t tsc_to_system_mul;	/* ns per shifted tick, 0.32 fixed point */
	int8_t tsc_shift;
#if __XEN_INTERFACE_VERSION__ > 0x040600
	uint8_t flags;			/* XEN_PVCLOCK_* */
	uint8_t pad1[2];
#else
	int8_t pad1[3];
#endif
};
typedef struct vcpu_time_info vcpu_time_info_t;

#define XEN_PVCLOCK_TSC_STABLE_BIT	(1 << 0)	/* comparable between vCPUs */
#define XEN_PVCLOCK_GUEST_STOPPED	(1 << 1)	/* the guest was paused meanwhile */

/*
 * Per-vCPU area shared with the guest (64 bytes on x86).
 *
 * evtchn_upcall_pending becomes non-zero when an event awaits this vCPU and is cleared by the
 * guest before it looks for work; while evtchn_upcall_mask is non-zero no upcall is made (a PV
 * guest's "interrupts off"; cleared by SCHEDOP_block). A set bit in evtchn_pending_sel says that
 * the word of that number in shared_info.evtchn_pending may hold pending ports.
 */
struct vcpu_info {
	uint8_t evtchn_upcall_pending;
#ifdef XEN_HAVE_PV_UPCALL_MASK
	uint8_t evtchn_upcall_mask;
#else
	uint8_t pad0;
#endif
	xen_ulong_t evtchn_pending_sel;
	struct arch_vcpu_info arch;
	vcpu_time_info_t time;
};
#ifndef __XEN__
typedef struct vcpu_info vcpu_info_t;
#endif

/*
 * The shared info page, one per domain. May grow, but never past a page.
 *
 * evtchn_pending/evtchn_mask are the 2-level ABI's bits, one per port. Events set the pending bit;
 * if the mask bit was clear that also sets the selector bit and raises the upcall. The hypervisor
 * never clears pending and never changes mask except by EVTCHNOP_unmask.
 *
 * wc_* is the wall clock (seconds and ns since 1970) at system time 0, with the domain's offset
 * added, guarded by wc_version as in vcpu_time_info.
 */
struct shared_info {
	struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
	xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
	uint32_t wc_version;
	uint32_t wc_sec;
	uint32_t wc_nsec;
#if !defined(__i386__)
	uint32_t wc_sec_hi;
#define xen_wc_sec_hi wc_sec_hi
#elif !defined(__XEN__) && !defined(__XEN_TOOLS__)
#define xen_wc_sec_hi arch.wc_sec_hi
#endif
	struct arch_shared_info arch;
};
#ifndef __XEN__
typedef struct shared_info shared_info_t;
#endif

/*
 * What a PV kernel finds at its first instruction (rsi/esi points at start_info).
 *
 * One virtually contiguous region, ending on a 4 MiB boundary with at least 512 KiB to spare,
 * in which page n is PFN n, each item page aligned, in this order: kernel image, initial
 * ramdisk, P2M list (unless XEN_ELFNOTE_INIT_P2M moved it), start_info page (the control domain's
 * also holds its console description), for others the xenstore ring and the console ring, page
 * tables (read-only), a boot stack page. All but the page tables is writable.
 *
 * Fields down to console are filled in again after resume; the rest is valid at first boot only.
 */
#ifdef XEN_HAVE_PV_GUEST_ENTRY
struct start_info {
	char magic[32];			/* "xen-<major>.<minor>-<arch>" */
	unsigned long nr_pages;		/* frames owned by the domain */
	unsigned long shared_info;	/* maddr of the shared info page */
	uint32_t flags;			/* SIF_* */
	xen_pfn_t store_mfn;		/* xenstore ring */
	uint32_t store_evtchn;		/* its port */
	union {
		struct {
			xen_pfn_t mfn;		/* console ring */
			uint32_t evtchn;	/* its port */
		} domU;
		struct {
			uint32_t info_off;	/* dom0_vga_console_info, bytes from here */
			uint32_t info_size;	/* its size as provided */
		} dom0;
	} console;
	unsigned long pt_base;		/* virtual address of the root table */
	unsigned long nr_pt_frames;	/* page-table frames, contiguous from pt_base */
	unsigned long mfn_list;		/* where the P2M list is mapped */
	unsigned long mod_start;	/* ramdisk: virtual address, or PFN with SIF_MOD_START_PFN */
	unsigned long mod_len;		/* bytes */
#define MAX_GUEST_CMDLINE 1024
	int8_t cmd_line[MAX_GUEST_CMDLINE];
	unsigned long first_p2m_pfn;	/* P2M frames when they are outside the region */
	unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;

#if __XEN_INTERFACE_VERSION__ < 0x00030203
#define console_mfn console.domU.mfn
#define console_evtchn console.domU.evtchn
#endif
#endif /* XEN_HAVE_PV_GUEST_ENTRY */

/* start_info.flags; the PVH start info uses them too. */
#define SIF_PRIVILEGED		(1 << 0)	/* may use the control interfaces */
#define SIF_INITDOMAIN		(1 << 1)	/* is the first domain */
#define SIF_MULTIBOOT_MOD	(1 << 2)	/* mod_start holds a xen_multiboot_mod_list */
#define SIF_MOD_START_PFN	(1 << 3)	/* mod_start is a PFN */
#define SIF_VIRT_P2M_4TOOLS	(1 << 4)	/* the tools can save a linear P2M */
#define SIF_PM_MASK		(0xFF << 8)	/* power management options */

/*
 * Several modules packed in one: an array of these, ended by mod_start == 0, at the start of the
 * package. All addresses are byte offsets from the package's start.
 */
struct xen_multiboot_mod_list {
	uint32_t mod_start;	/* first byte */
	uint32_t mod_end;	/* last byte, included */
	uint32_t cmdline;	/* NUL-terminated string */
	uint32_t pad;		/* zero */
};

/* The screen as the hypervisor leaves it to the control domain. */
typedef struct dom0_vga_console_info {
	uint8_t video_type;	/* XEN_VGATYPE_* */
#define XEN_VGATYPE_TEXT_MODE_3	0x03
#define XEN_VGATYPE_VESA_LFB	0x23
#define XEN_VGATYPE_EFI_LFB	0x70

	union {
		struct {
			uint16_t font_height;		/* pixels */
			uint16_t cursor_x, cursor_y;	/* characters */
			uint16_t rows, columns;
		} text_mode_3;

		struct {
			uint16_t width, height;		/* pixels */
			uint16_t bytes_per_line;
			uint16_t bits_per_pixel;
			uint32_t lfb_base;		/* maddr, low half */
			uint32_t lfb_size;		/* 64 KiB units */
			uint8_t red_pos, red_size;	/* bit position and width, per channel */
			uint8_t green_pos, green_size;
			uint8_t blue_pos, blue_size;
			uint8_t rsvd_pos, rsvd_size;
#if __XEN_INTERFACE_VERSION__ >= 0x00030206
			uint32_t gbl_caps;		/* VBE controller capabilities */
			uint16_t mode_attrs;		/* VBE mode attributes */
			uint16_t pad;
#endif
#if __XEN_INTERFACE_VERSION__ >= 0x00040d00
			uint32_t ext_lfb_base;		/* maddr, high half */
#endif
		} vesa_lfb;
	} u;
} dom0_vga_console_info_t;
#define xen_vga_console_info dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t

/* A domain's UUID, opaque to the hypervisor. */
typedef uint8_t xen_domain_handle_t[16];

__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);

typedef struct {
	uint8_t a[16];
} xen_uuid_t;

/* A UUID in big-endian byte order from its 8-4-4-4-12 groups, the last as six bytes. */
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)				\
	{ { 0xFF & ((a) >> 24), 0xFF & ((a) >> 16), 0xFF & ((a) >> 8), 0xFF & (a),	\
	    0xFF & ((b) >> 8), 0xFF & (b), 0xFF & ((c) >> 8), 0xFF & (c),		\
	    0xFF & ((d) >> 8), 0xFF & (d), e1, e2, e3, e4, e5, e6 } }

#if defined(__STDC_VERSION__) ? __STDC_VERSION__ >= 199901L : defined(__GNUC__)
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6) \
	((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#else
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6) \
	XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)
#endif

#endif /* !__ASSEMBLY__ */

/*
 * Control interfaces have one layout for 32- and 64-bit callers, by means of these types; on a
 * 64-bit machine they are the plain ones.
 */
#if defined(__XEN__) || defined(__XEN_TOOLS__)

#ifndef int64_aligned_t
#define int64_aligned_t int64_t
#endif
#ifndef uint64_aligned_t
#define uint64_aligned_t uint64_t
#endif
#ifndef XEN_GUEST_HANDLE_64
#define XEN_GUEST_HANDLE_64(name) XEN_GUEST_HANDLE(name)
#endif

#ifndef __ASSEMBLY__
/* A bitmap in the caller's memory: little endian, bit n is bit n % 8 of byte n / 8. */
struct xenctl_bitmap {
	XEN_GUEST_HANDLE_64(uint8) bitmap;
	uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;
#endif

#endif /* __XEN__ || __XEN_TOOLS__ */

#endif /* __XEN_PUBLIC_XEN_H__ */
