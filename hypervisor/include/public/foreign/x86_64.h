/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit x86 guest's PV structures for a tool of any width; names carry the suffix _x86_64.
 */
#ifndef __FOREIGN_X86_64_H_TMP__
#define __FOREIGN_X86_64_H_TMP__ 1

#if defined(__has_include)
#if __has_include(<stdint.h>)
#include <stdint.h>
#endif
#endif

#define __align8__ __attribute__((aligned(8)))
#define __x86_64___X86_64 1

#define FLAT_RING3_CS64_X86_64 0xe033
#define FLAT_RING3_DS64_X86_64 0x0000
#define FLAT_RING3_SS64_X86_64 0xe02b
#define FLAT_KERNEL_DS64_X86_64 FLAT_RING3_DS64_X86_64
#define FLAT_KERNEL_DS_X86_64 FLAT_KERNEL_DS64_X86_64
#define FLAT_KERNEL_CS64_X86_64 FLAT_RING3_CS64_X86_64
#define FLAT_KERNEL_CS_X86_64 FLAT_KERNEL_CS64_X86_64
#define FLAT_KERNEL_SS64_X86_64 FLAT_RING3_SS64_X86_64
#define FLAT_KERNEL_SS_X86_64 FLAT_KERNEL_SS64_X86_64

#define xen_pfn_to_cr3_x86_64(pfn) ((uint64_t)(pfn) << 12)
#define xen_cr3_to_pfn_x86_64(cr3) ((uint64_t)(cr3) >> 12)

#define XEN_HAVE_PV_GUEST_ENTRY_X86_64 1
#define XEN_LEGACY_MAX_VCPUS_X86_64 32
#define MAX_GUEST_CMDLINE_X86_64 1024

#define _VGCF_i387_valid_X86_64 0
#define VGCF_i387_valid_X86_64 (1 << _VGCF_i387_valid_X86_64)
#define _VGCF_in_kernel_X86_64 2
#define VGCF_in_kernel_X86_64 (1 << _VGCF_in_kernel_X86_64)
#define _VGCF_failsafe_disables_events_X86_64 3
#define VGCF_failsafe_disables_events_X86_64 (1 << _VGCF_failsafe_disables_events_X86_64)
#define _VGCF_syscall_disables_events_X86_64 4
#define VGCF_syscall_disables_events_X86_64 (1 << _VGCF_syscall_disables_events_X86_64)
#define _VGCF_online_X86_64 5
#define VGCF_online_X86_64 (1 << _VGCF_online_X86_64)

/* Structures that other architectures have and this one has not. */
#define x86_64_has_no_vcpu_cr_regs 1
#define x86_64_has_no_vcpu_ar_regs 1
#define x86_64_has_no_vcpu_guest_core_regs 1

#if defined(__GNUC__) && !defined(__STRICT_ANSI__)
#define __FOREIGN_REG(name) union { uint64_t r##name, e##name; }
#else
#define __FOREIGN_REG(name) uint64_t r##name
#endif

struct cpu_user_regs_x86_64 {
	__FOREIGN_REG(15);
	__FOREIGN_REG(14);
	__FOREIGN_REG(13);
	__FOREIGN_REG(12);
	__FOREIGN_REG(bp);
	__FOREIGN_REG(bx);
	__FOREIGN_REG(11);
	__FOREIGN_REG(10);
	__FOREIGN_REG(9);
	__FOREIGN_REG(8);
	__FOREIGN_REG(ax);
	__FOREIGN_REG(cx);
	__FOREIGN_REG(dx);
	__FOREIGN_REG(si);
	__FOREIGN_REG(di);
	uint32_t error_code;
	uint32_t entry_vector;
	__FOREIGN_REG(ip);
	uint16_t cs, _pad0[1];
	uint8_t saved_upcall_mask;
	uint8_t _pad1[3];
	__FOREIGN_REG(flags);
	__FOREIGN_REG(sp);
	uint16_t ss, _pad2[3];
	uint16_t es, _pad3[3];
	uint16_t ds, _pad4[3];
	uint16_t fs, _pad5[3];
	uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs_x86_64 cpu_user_regs_x86_64_t;

#undef __FOREIGN_REG

#define __FOREIGN(name) name##_x86_64
#define __FOREIGN_T(name) name##_x86_64_t
#define __FOREIGN_WORD __align8__ uint64_t
#define __FOREIGN_BITS 64
#include "x86_common.h"
#undef __FOREIGN
#undef __FOREIGN_T
#undef __FOREIGN_WORD
#undef __FOREIGN_BITS

/* Where the wall clock's upper half is, by one name for both widths. */
#define xen_wc_sec_hi wc_sec_hi

#endif /* __FOREIGN_X86_64_H_TMP__ */
