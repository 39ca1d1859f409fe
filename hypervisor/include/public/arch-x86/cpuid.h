/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own CPUID leaves. They start at 40000000h, or at the next multiple of 100h that
 * another interface (Hyper-V's) leaves free; a guest finds them by the signature.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_CPUID_H__
#define __XEN_PUBLIC_ARCH_X86_CPUID_H__

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i) (XEN_CPUID_FIRST_LEAF + (i))

/* Base + 0: eax the last leaf; ebx, ecx, edx "XenVMMXenVMM". */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

/* Base + 1: eax version, major << 16 | minor. */

/*
 * Base + 2: eax number of hypercall pages (1), ebx the MSR that installs one when its physical
 * address in the guest is written, ecx and edx features.
 */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD	0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD	(1u << 0)	/* ecx */

/*
 * Base + 3, the TSC. Sub-leaf 0: eax bit 0 emulated, 1 host TSC reliable, 2 RDTSCP exists; ebx
 * tsc_mode (0 default, 1 always emulate, 2 never, 3 never and TSC_AUX virtual); ecx guest kHz; edx
 * incarnation. Sub-leaf 1: eax, ebx offset, low and high; ecx factor and edx shift to ns. Sub-leaf
 * 2: eax host kHz.
 */

/* Base + 4, HVM. Sub-leaf 0: eax the bits below. */
#define XEN_HVM_CPUID_APIC_ACCESS_VIRT	(1u << 0)	/* APIC accesses are done by hardware */
#define XEN_HVM_CPUID_X2APIC_VIRT	(1u << 1)	/* and so are x2APIC MSRs */
#define XEN_HVM_CPUID_IOMMU_MAPPINGS	(1u << 2)	/* foreign mappings reach the IOMMU */
#define XEN_HVM_CPUID_VCPU_ID_PRESENT	(1u << 3)	/* ebx is the vCPU's id */
#define XEN_HVM_CPUID_DOMID_PRESENT	(1u << 4)	/* ecx is the domain's id */
#define XEN_HVM_CPUID_EXT_DEST_ID	(1u << 5)	/* 15-bit APIC ids in I/O APIC and MSI:
							   high bits in 55:49, address 11:5 */
#define XEN_HVM_CPUID_UPCALL_VECTOR	(1u << 6)	/* per-vCPU upcalls work for PIRQs too */

/* Base + 5, PV. Sub-leaf 0: eax last sub-leaf, ebx bits 7:0 the width of machine addresses. */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#define XEN_CPUID_MAX_NUM_LEAVES 5

#endif /* __XEN_PUBLIC_ARCH_X86_CPUID_H__ */
