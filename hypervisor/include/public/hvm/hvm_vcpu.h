/* SPDX-License-Identifier: MIT */
/*
 * The state an HVM vCPU starts in (VCPUOP_initialise), given in the form of the mode it starts in.
 * To start in compatibility mode use the 32-bit form with EFER's LME and LMA.
 */
#ifndef __XEN_PUBLIC_HVM_HVM_VCPU_H__
#define __XEN_PUBLIC_HVM_HVM_VCPU_H__

#include "../xen.h"

/*
 * Segment attributes (_ar) are bits 40 and up of a descriptor (SDM vol. 3 §3.4.5) less the limit in
 * between: type 3:0, S 4, DPL 6:5, P 7, AVL 8, L 9, D/B 10, G 11; the rest 0. Limits are in bytes.
 */
struct vcpu_hvm_x86_32 {
	uint32_t eax;
	uint32_t ecx;
	uint32_t edx;
	uint32_t ebx;
	uint32_t esp;
	uint32_t ebp;
	uint32_t esi;
	uint32_t edi;
	uint32_t eip;
	uint32_t eflags;

	uint32_t cr0;
	uint32_t cr3;
	uint32_t cr4;
	uint32_t pad1;
	uint64_t efer;		/* NXE if paging wants it; LME, LMA: see above */

	uint32_t cs_base;
	uint32_t ds_base;
	uint32_t ss_base;
	uint32_t es_base;
	uint32_t tr_base;
	uint32_t cs_limit;
	uint32_t ds_limit;
	uint32_t ss_limit;
	uint32_t es_limit;
	uint32_t tr_limit;
	uint16_t cs_ar;
	uint16_t ds_ar;
	uint16_t ss_ar;
	uint16_t es_ar;
	uint16_t tr_ar;

	uint16_t pad2[3];
};
typedef struct vcpu_hvm_x86_32 xen_vcpu_hvm_x86_32_t;

/* In 64-bit mode, with the flat segments that belong to it. */
struct vcpu_hvm_x86_64 {
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t rsp;
	uint64_t rbp;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t rip;
	uint64_t rflags;

	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
};
typedef struct vcpu_hvm_x86_64 xen_vcpu_hvm_x86_64_t;

struct vcpu_hvm_context {
#define VCPU_HVM_MODE_32B	0	/* x86_32 */
#define VCPU_HVM_MODE_64B	1	/* x86_64 */
	uint32_t mode;
	uint32_t pad;
	union {
		xen_vcpu_hvm_x86_32_t x86_32;
		xen_vcpu_hvm_x86_64_t x86_64;
	} cpu_regs;
};
typedef struct vcpu_hvm_context vcpu_hvm_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_hvm_context_t);

#endif
