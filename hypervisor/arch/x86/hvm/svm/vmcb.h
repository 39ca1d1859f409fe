/* SPDX-License-Identifier: MIT */
/* AMD's virtual machine control block and the numbers in it. Source: APM vol. 2, ch. 15 and appendices B, C. */
#ifndef SVM_VMCB_H
#define SVM_VMCB_H

#include <hv/lib.h>

/* Laid out as struct hvm_segment (asm/hvm/hvm.h). */
struct vmcb_segment {
	uint16_t sel, attr;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	/* control area */
	uint32_t intercept_cr; /* reads 15:0, writes 31:16 */
	uint32_t intercept_dr; /* the same */
	uint32_t intercept_exception;
	uint32_t intercept1, intercept2, intercept3;
	uint8_t reserved1[0x40 - 0x18];
	uint64_t iopm_pa, msrpm_pa, tsc_offset;
	uint32_t asid;
	uint8_t tlb_control;
	uint8_t reserved2[3];
	uint64_t vintr;
	uint64_t interrupt_shadow;
	uint64_t exitcode, exitinfo1, exitinfo2, exitintinfo;
	uint64_t nested_enable;
	uint8_t reserved3[0xa8 - 0x98];
	uint64_t eventinj;
	uint64_t nested_cr3;
	uint64_t lbr_control;
	uint64_t clean;
	uint64_t next_rip;
	uint8_t fetched, bytes[15];
	uint8_t reserved4[0x400 - 0xe0];
	/* state save area */
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved5[0x4cb - 0x4a0];
	uint8_t cpl;
	uint8_t reserved6[4];
	uint64_t efer;
	uint8_t reserved7[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t reserved8[0x5d8 - 0x580];
	uint64_t rsp;
	uint8_t reserved9[0x5f8 - 0x5e0];
	uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	uint8_t reserved10[0x668 - 0x648];
	uint64_t pat;
	uint8_t reserved11[0x1000 - 0x670];
};
_Static_assert(sizeof(struct vmcb) == 0x1000, "one page");
_Static_assert(offsetof(struct vmcb, iopm_pa) == 0x40 && offsetof(struct vmcb, vintr) == 0x60 &&
		       offsetof(struct vmcb, nested_enable) == 0x90 && offsetof(struct vmcb, eventinj) == 0xa8 &&
		       offsetof(struct vmcb, next_rip) == 0xc8 && offsetof(struct vmcb, tr) == 0x490 &&
		       offsetof(struct vmcb, efer) == 0x4d0 && offsetof(struct vmcb, rip) == 0x578 &&
		       offsetof(struct vmcb, rax) == 0x5f8 && offsetof(struct vmcb, cr2) == 0x640,
	       "as the manual says");

#define SVM_CR_READ(n)	(1u << (n))
#define SVM_CR_WRITE(n) (1u << (16 + (n)))

/* intercept1 */
#define SVM1_INTR     (1u << 0)
#define SVM1_NMI      (1u << 1)
#define SVM1_SMI      (1u << 2)
#define SVM1_INIT     (1u << 3)
#define SVM1_VINTR    (1u << 4)
#define SVM1_RDTSC    (1u << 14)
#define SVM1_RDPMC    (1u << 15)
#define SVM1_CPUID    (1u << 18)
#define SVM1_RSM      (1u << 19)
#define SVM1_INVD     (1u << 22)
#define SVM1_HLT      (1u << 24)
#define SVM1_INVLPGA  (1u << 26)
#define SVM1_IOIO     (1u << 27)
#define SVM1_MSR      (1u << 28)
#define SVM1_FERR     (1u << 30)
#define SVM1_SHUTDOWN (1u << 31)
/* intercept2 */
#define SVM2_VMRUN   (1u << 0)
#define SVM2_VMMCALL (1u << 1)
#define SVM2_VMLOAD  (1u << 2)
#define SVM2_VMSAVE  (1u << 3)
#define SVM2_STGI    (1u << 4)
#define SVM2_CLGI    (1u << 5)
#define SVM2_SKINIT  (1u << 6)
#define SVM2_RDTSCP  (1u << 7)
#define SVM2_WBINVD  (1u << 9)
#define SVM2_MONITOR (1u << 10)
#define SVM2_MWAIT   (1u << 11)
#define SVM2_XSETBV  (1u << 13)
#define SVM2_RDPRU   (1u << 14)
/* intercept3 */
#define SVM3_INVLPGB (1u << 0 | 1u << 1)
#define SVM3_MCOMMIT (1u << 3)
#define SVM3_TLBSYNC (1u << 4)

#define SVM_VINTR_TPR	   0xfull
#define SVM_VINTR_IRQ	   (1ull << 8)
#define SVM_VINTR_PRIO	   (0xfull << 16)
#define SVM_VINTR_IGN_TPR  (1ull << 20)
#define SVM_VINTR_MASKING  (1ull << 24)

#define SVM_TLB_FLUSH_ALL 1u

#define SVM_EVENT_VALID	    (1ull << 31)
#define SVM_EVENT_HAS_ERROR (1ull << 11)

#define SVM_EXIT_CR_READ    0x000 /* 16 each */
#define SVM_EXIT_CR_WRITE   0x010
#define SVM_EXIT_DR_READ    0x020
#define SVM_EXIT_DR_WRITE   0x030
#define SVM_EXIT_EXCEPTION  0x040 /* 32 */
#define SVM_EXIT_INTR	    0x060
#define SVM_EXIT_NMI	    0x061
#define SVM_EXIT_SMI	    0x062
#define SVM_EXIT_INIT	    0x063
#define SVM_EXIT_VINTR	    0x064
#define SVM_EXIT_RDTSC	    0x06e
#define SVM_EXIT_RDPMC	    0x06f
#define SVM_EXIT_CPUID	    0x072
#define SVM_EXIT_INVD	    0x076
#define SVM_EXIT_HLT	    0x078
#define SVM_EXIT_IOIO	    0x07b
#define SVM_EXIT_MSR	    0x07c
#define SVM_EXIT_FERR	    0x07e
#define SVM_EXIT_SHUTDOWN   0x07f
#define SVM_EXIT_VMMCALL    0x081
#define SVM_EXIT_RDTSCP	    0x087
#define SVM_EXIT_WBINVD	    0x089
#define SVM_EXIT_XSETBV	    0x08d
#define SVM_EXIT_NPF	    0x400
#define SVM_EXIT_INVALID    (~0ull)

#define SVM_IOIO_IN	(1u << 0)
#define SVM_IOIO_STRING (1u << 2)
#define SVM_IOIO_SIZE(x) ((x) >> 4 & 7u) /* 1, 2, 4 bytes */
#define SVM_IOIO_PORT(x) ((uint16_t)((x) >> 16))

#define SVM_NPF_WRITE	(1ull << 1)
#define SVM_NPF_INSN	(1ull << 4)
#define SVM_NPF_IN_WALK (1ull << 33)

/* CPUID 0x8000000a EDX */
#define SVM_FEATURE_NPT	  (1u << 0)
#define SVM_FEATURE_NRIPS (1u << 3)
#define SVM_FEATURE_TSC_RATE (1u << 4)

#define MSR_TSC_RATIO	  0xc0000104
#define MSR_VM_CR	  0xc0010114
#define MSR_VM_HSAVE_PA	  0xc0010117
#define VM_CR_SVMDIS	  (1ull << 4)

#endif
