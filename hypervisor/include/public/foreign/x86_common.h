/* SPDX-License-Identifier: MIT */
/*
 * The PV structures that hold words of the guest's width, as a tool of any width sees them. A
 * template for x86_32.h and x86_64.h, which first define
 *
 *	__FOREIGN(name)		a tag with the width's suffix
 *	__FOREIGN_T(name)	the same as a type's name
 *	__FOREIGN_WORD		the guest's unsigned long, aligned as there
 *	__FOREIGN_BITS		32 or 64
 *
 * and define cpu_user_regs themselves. See ../xen.h and ../arch-x86/xen.h for what fields mean.
 */
struct __FOREIGN(start_info) {
	char magic[32];
	__FOREIGN_WORD nr_pages;
	__FOREIGN_WORD shared_info;
	uint32_t flags;
	__FOREIGN_WORD store_mfn;
	uint32_t store_evtchn;
	union {
		struct {
			__FOREIGN_WORD mfn;
			uint32_t evtchn;
		} domU;
		struct {
			uint32_t info_off;
			uint32_t info_size;
		} dom0;
	} console;
	__FOREIGN_WORD pt_base;
	__FOREIGN_WORD nr_pt_frames;
	__FOREIGN_WORD mfn_list;
	__FOREIGN_WORD mod_start;
	__FOREIGN_WORD mod_len;
	int8_t cmd_line[1024];
	__FOREIGN_WORD first_p2m_pfn;
	__FOREIGN_WORD nr_p2m_frames;
};
typedef struct __FOREIGN(start_info) __FOREIGN_T(start_info);

struct __FOREIGN(trap_info) {
	uint8_t vector;
	uint8_t flags;
	uint16_t cs;
	__FOREIGN_WORD address;
};
typedef struct __FOREIGN(trap_info) __FOREIGN_T(trap_info);

struct __FOREIGN(vcpu_guest_context) {
	struct {
		char x[512];
	} fpu_ctxt;
	__FOREIGN_WORD flags;
	struct __FOREIGN(cpu_user_regs) user_regs;
	struct __FOREIGN(trap_info) trap_ctxt[256];
	__FOREIGN_WORD ldt_base, ldt_ents;
	__FOREIGN_WORD gdt_frames[16], gdt_ents;
	__FOREIGN_WORD kernel_ss, kernel_sp;
	__FOREIGN_WORD ctrlreg[8];
	__FOREIGN_WORD debugreg[8];
#if __FOREIGN_BITS == 32
	__FOREIGN_WORD event_callback_cs;
	__FOREIGN_WORD event_callback_eip;
	__FOREIGN_WORD failsafe_callback_cs;
	__FOREIGN_WORD failsafe_callback_eip;
#else
	__FOREIGN_WORD event_callback_eip;
	__FOREIGN_WORD failsafe_callback_eip;
#ifdef __XEN__
	union {
		__FOREIGN_WORD syscall_callback_eip;
		struct {
			unsigned int event_callback_cs;
			unsigned int failsafe_callback_cs;
		};
	};
#else
	__FOREIGN_WORD syscall_callback_eip;
#endif
#endif
	__FOREIGN_WORD vm_assist;
#if __FOREIGN_BITS == 64
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
#endif
};
typedef struct __FOREIGN(vcpu_guest_context) __FOREIGN_T(vcpu_guest_context);

struct __FOREIGN(arch_vcpu_info) {
	__FOREIGN_WORD cr2;
#if __FOREIGN_BITS == 32
	__FOREIGN_WORD pad[5];
#else
	__FOREIGN_WORD pad;
#endif
};
typedef struct __FOREIGN(arch_vcpu_info) __FOREIGN_T(arch_vcpu_info);

struct __FOREIGN(vcpu_time_info) {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
#if __XEN_INTERFACE_VERSION__ > 0x040600
	uint8_t flags;
	uint8_t pad1[2];
#else
	int8_t pad1[3];
#endif
};
typedef struct __FOREIGN(vcpu_time_info) __FOREIGN_T(vcpu_time_info);

struct __FOREIGN(vcpu_info) {
	uint8_t evtchn_upcall_pending;
#ifdef XEN_HAVE_PV_UPCALL_MASK
	uint8_t evtchn_upcall_mask;
#else
	uint8_t pad0;
#endif
	__FOREIGN_WORD evtchn_pending_sel;
	struct __FOREIGN(arch_vcpu_info) arch;
	__FOREIGN_T(vcpu_time_info) time;
};
typedef struct __FOREIGN(vcpu_info) __FOREIGN_T(vcpu_info);

struct __FOREIGN(arch_shared_info) {
	__FOREIGN_WORD max_pfn;
	__FOREIGN_WORD pfn_to_mfn_frame_list_list;
	__FOREIGN_WORD nmi_reason;
	__FOREIGN_WORD p2m_cr3;
	__FOREIGN_WORD p2m_vaddr;
	__FOREIGN_WORD p2m_generation;
#if __FOREIGN_BITS == 32
	uint32_t wc_sec_hi;
#endif
};
typedef struct __FOREIGN(arch_shared_info) __FOREIGN_T(arch_shared_info);

struct __FOREIGN(shared_info) {
	struct __FOREIGN(vcpu_info) vcpu_info[32];
	__FOREIGN_WORD evtchn_pending[__FOREIGN_BITS];
	__FOREIGN_WORD evtchn_mask[__FOREIGN_BITS];
	uint32_t wc_version;
	uint32_t wc_sec;
	uint32_t wc_nsec;
#if __FOREIGN_BITS == 64
	uint32_t wc_sec_hi;
#endif
	struct __FOREIGN(arch_shared_info) arch;
};
typedef struct __FOREIGN(shared_info) __FOREIGN_T(shared_info);
