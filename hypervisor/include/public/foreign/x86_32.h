/* SPDX-License-Identifier: MIT */
/*
 * A 32-bit x86 guest's PV structures for a tool of any width; names carry the suffix _x86_32.
 */
#ifndef __FOREIGN_X86_32_H_TMP__
#define __FOREIGN_X86_32_H_TMP__ 1

#if defined(__has_include)
#if __has_include(<stdint.h>)
#include <stdint.h>
#endif
#endif

#define __i386___X86_32 1

#define FLAT_RING1_CS_X86_32 0xe019
#define FLAT_RING1_DS_X86_32 0xe021
#define FLAT_RING1_SS_X86_32 0xe021
#define FLAT_KERNEL_CS_X86_32 FLAT_RING1_CS_X86_32
#define FLAT_KERNEL_DS_X86_32 FLAT_RING1_DS_X86_32
#define FLAT_KERNEL_SS_X86_32 FLAT_RING1_SS_X86_32

#define xen_pfn_to_cr3_x86_32(pfn) (((unsigned int)(pfn) << 12) | ((unsigned int)(pfn) >> 20))
#define xen_cr3_to_pfn_x86_32(cr3) (((unsigned int)(cr3) >> 12) | ((unsigned int)(cr3) << 20))

#define XEN_HAVE_PV_GUEST_ENTRY_X86_32 1
#define XEN_LEGACY_MAX_VCPUS_X86_32 32
#define MAX_GUEST_CMDLINE_X86_32 1024

#define _VGCF_i387_valid_X86_32 0
#define VGCF_i387_valid_X86_32 (1 << _VGCF_i387_valid_X86_32)
#define _VGCF_in_kernel_X86_32 2
#define VGCF_in_kernel_X86_32 (1 << _VGCF_in_kernel_X86_32)
#define _VGCF_failsafe_disables_events_X86_32 3
#define VGCF_failsafe_disables_events_X86_32 (1 << _VGCF_failsafe_disables_events_X86_32)
#define _VGCF_syscall_disables_events_X86_32 4
#define VGCF_syscall_disables_events_X86_32 (1 << _VGCF_syscall_disables_events_X86_32)
#define _VGCF_online_X86_32 5
#define VGCF_online_X86_32 (1 << _VGCF_online_X86_32)

/* Structures that other architectures have and this one has not. */
#define x86_32_has_no_vcpu_cr_regs 1
#define x86_32_has_no_vcpu_ar_regs 1
#define x86_32_has_no_vcpu_guest_core_regs 1

/* 64-bit integers are aligned to 4 bytes in a 32-bit x86 guest. */
#pragma pack(4)

struct cpu_user_regs_x86_32 {
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
	uint32_t esi;
	uint32_t edi;
	uint32_t ebp;
	uint32_t eax;
	uint16_t error_code;
	uint16_t entry_vector;
	uint32_t eip;
	uint16_t cs;
	uint8_t saved_upcall_mask;
	uint8_t _pad0;
	uint32_t eflags;
	uint32_t esp;
	uint16_t ss, _pad1;
	uint16_t es, _pad2;
	uint16_t ds, _pad3;
	uint16_t fs, _pad4;
	uint16_t gs, _pad5;
};
typedef struct cpu_user_regs_x86_32 cpu_user_regs_x86_32_t;

#define __FOREIGN(name) name##_x86_32
#define __FOREIGN_T(name) name##_x86_32_t
#define __FOREIGN_WORD uint32_t
#define __FOREIGN_BITS 32
#include "x86_common.h"
#undef __FOREIGN
#undef __FOREIGN_T
#undef __FOREIGN_WORD
#undef __FOREIGN_BITS

#pragma pack()

#if !defined(__XEN__) && !defined(__XEN_TOOLS__)
#define xen_wc_sec_hi arch.wc_sec_hi
#endif

#endif /* __FOREIGN_X86_32_H_TMP__ */
