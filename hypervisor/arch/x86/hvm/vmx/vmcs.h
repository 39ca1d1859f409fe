/* SPDX-License-Identifier: MIT */
/*
 * Intel's virtual machine control structure: the numbers of its fields and what is in them, and the MSRs that say what
 * a CPU can. Source: SDM vol. 3, ch. 24 and 25, appendices A, B, C.
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#define MSR_FEATURE_CONTROL	0x0000003a
#define MSR_FLUSH_CMD		0x0000010b
#define MSR_VMX_BASIC		0x00000480
#define MSR_VMX_PIN		0x00000481
#define MSR_VMX_CPU		0x00000482
#define MSR_VMX_EXIT		0x00000483
#define MSR_VMX_ENTRY		0x00000484
#define MSR_VMX_CR0_FIXED0	0x00000486 /* bits that must be 1 */
#define MSR_VMX_CR0_FIXED1	0x00000487 /* bits that may be 1 */
#define MSR_VMX_CR4_FIXED0	0x00000488
#define MSR_VMX_CR4_FIXED1	0x00000489
#define MSR_VMX_CPU2		0x0000048b
#define MSR_VMX_EPT_VPID	0x0000048c
#define MSR_VMX_TRUE_PIN	0x0000048d
#define MSR_VMX_TRUE_CPU	0x0000048e
#define MSR_VMX_TRUE_EXIT	0x0000048f
#define MSR_VMX_TRUE_ENTRY	0x00000490

#define FEATURE_CONTROL_LOCK  (1ull << 0)
#define FEATURE_CONTROL_VMXON (1ull << 2) /* outside SMX */

#define VMX_BASIC_REVISION	0x7fffffffu
#define VMX_BASIC_TRUE		(1ull << 55)
#define VMX_BASIC_SIZE(b)	((b) >> 32 & 0x1fff)
#define VMX_BASIC_MEMTYPE(b)	((b) >> 50 & 15)
#define VMX_MEMTYPE_WB		6u

#define VMX_EPT_WALK_4	       (1ull << 6)
#define VMX_EPT_WB	       (1ull << 14)
#define VMX_EPT_2M	       (1ull << 16)
#define VMX_EPT_1G	       (1ull << 17)
#define VMX_EPT_INVEPT	       (1ull << 20)
#define VMX_EPT_INVEPT_ONE     (1ull << 25)
#define VMX_EPT_INVEPT_ALL     (1ull << 26)
#define VMX_EPT_INVVPID	       (1ull << 32)
#define VMX_EPT_INVVPID_ALL    (1ull << 42)

/* Pin-based controls */
#define PIN_EXTERNAL_INTERRUPT (1u << 0)
#define PIN_NMI		       (1u << 3)
#define PIN_VIRTUAL_NMIS       (1u << 5)

/* Processor-based controls, and the second word of them */
#define CPU_IRQ_WINDOW	  (1u << 2)
#define CPU_TSC_OFFSET	  (1u << 3)
#define CPU_HLT		  (1u << 7)
#define CPU_INVLPG	  (1u << 9)
#define CPU_MWAIT	  (1u << 10)
#define CPU_RDPMC	  (1u << 11)
#define CPU_RDTSC	  (1u << 12)
#define CPU_CR3_LOAD	  (1u << 15)
#define CPU_CR3_STORE	  (1u << 16)
#define CPU_CR8_LOAD	  (1u << 19)
#define CPU_CR8_STORE	  (1u << 20)
#define CPU_NMI_WINDOW	  (1u << 22)
#define CPU_MOV_DR	  (1u << 23)
#define CPU_ALL_IO	  (1u << 24)
#define CPU_IO_BITMAPS	  (1u << 25)
#define CPU_MSR_BITMAP	  (1u << 28)
#define CPU_MONITOR	  (1u << 29)
#define CPU_PAUSE	  (1u << 30)
#define CPU_SECOND_WORD	  (1u << 31)
#define CPU2_EPT	  (1u << 1)
#define CPU2_RDTSCP	  (1u << 3)
#define CPU2_VPID	  (1u << 5)
#define CPU2_WBINVD	  (1u << 6)
#define CPU2_UNRESTRICTED (1u << 7)
#define CPU2_INVPCID	  (1u << 12)
#define CPU2_TSC_SCALING  (1u << 25)

#define EXIT_SAVE_DEBUG	  (1u << 2)
#define EXIT_HOST_64	  (1u << 9)
#define EXIT_ACK_IRQ	  (1u << 15)
#define EXIT_LOAD_PAT	  (1u << 19)
#define EXIT_LOAD_EFER	  (1u << 21)
#define ENTRY_LOAD_DEBUG  (1u << 2)
#define ENTRY_GUEST_64	  (1u << 9)
#define ENTRY_LOAD_PAT	  (1u << 14)
#define ENTRY_LOAD_EFER	  (1u << 15)

/* Fields. Segments in the order ES CS SS DS FS GS LDTR TR GDTR IDTR, two apart. */
enum vmcs_field {
	VMCS_VPID = 0x0000,
	VMCS_GUEST_SELECTOR = 0x0800,
	VMCS_HOST_ES = 0x0c00,
	VMCS_HOST_CS = 0x0c02,
	VMCS_HOST_SS = 0x0c04,
	VMCS_HOST_DS = 0x0c06,
	VMCS_HOST_FS = 0x0c08,
	VMCS_HOST_GS = 0x0c0a,
	VMCS_HOST_TR = 0x0c0c,
	VMCS_MSR_BITMAP = 0x2004,
	VMCS_TSC_OFFSET = 0x2010,
	VMCS_EPT_POINTER = 0x201a,
	VMCS_TSC_MULTIPLIER = 0x2032,
	VMCS_GUEST_PHYSICAL = 0x2400,
	VMCS_LINK_POINTER = 0x2800,
	VMCS_GUEST_DEBUGCTL = 0x2802,
	VMCS_GUEST_PAT = 0x2804,
	VMCS_GUEST_EFER = 0x2806,
	VMCS_GUEST_PDPTE = 0x280a, /* four, two apart */
	VMCS_HOST_PAT = 0x2c00,
	VMCS_HOST_EFER = 0x2c02,
	VMCS_PIN_CONTROLS = 0x4000,
	VMCS_CPU_CONTROLS = 0x4002,
	VMCS_EXCEPTION_BITMAP = 0x4004,
	VMCS_PF_MASK = 0x4006,
	VMCS_PF_MATCH = 0x4008,
	VMCS_CR3_TARGETS = 0x400a,
	VMCS_EXIT_CONTROLS = 0x400c,
	VMCS_EXIT_MSR_STORES = 0x400e,
	VMCS_EXIT_MSR_LOADS = 0x4010,
	VMCS_ENTRY_CONTROLS = 0x4012,
	VMCS_ENTRY_MSR_LOADS = 0x4014,
	VMCS_ENTRY_EVENT = 0x4016,
	VMCS_ENTRY_EVENT_ERROR = 0x4018,
	VMCS_ENTRY_INSN_LENGTH = 0x401a,
	VMCS_CPU2_CONTROLS = 0x401e,
	VMCS_INSN_ERROR = 0x4400,
	VMCS_EXIT_REASON = 0x4402,
	VMCS_EXIT_EVENT = 0x4404,
	VMCS_EXIT_EVENT_ERROR = 0x4406,
	VMCS_VECTORING = 0x4408, /* the event whose delivery was interrupted */
	VMCS_VECTORING_ERROR = 0x440a,
	VMCS_EXIT_INSN_LENGTH = 0x440c,
	VMCS_GUEST_LIMIT = 0x4800,
	VMCS_GUEST_ACCESS = 0x4814,
	VMCS_INTERRUPTIBILITY = 0x4824,
	VMCS_ACTIVITY = 0x4826,
	VMCS_GUEST_SYSENTER_CS = 0x482a,
	VMCS_HOST_SYSENTER_CS = 0x4c00,
	VMCS_CR0_MASK = 0x6000,
	VMCS_CR4_MASK = 0x6002,
	VMCS_CR0_SHADOW = 0x6004,
	VMCS_CR4_SHADOW = 0x6006,
	VMCS_QUALIFICATION = 0x6400,
	VMCS_GUEST_CR0 = 0x6800,
	VMCS_GUEST_CR3 = 0x6802,
	VMCS_GUEST_CR4 = 0x6804,
	VMCS_GUEST_BASE = 0x6806,
	VMCS_GUEST_DR7 = 0x681a,
	VMCS_GUEST_RSP = 0x681c,
	VMCS_GUEST_RIP = 0x681e,
	VMCS_GUEST_RFLAGS = 0x6820,
	VMCS_PENDING_DEBUG = 0x6822,
	VMCS_GUEST_SYSENTER_ESP = 0x6824,
	VMCS_GUEST_SYSENTER_EIP = 0x6826,
	VMCS_HOST_CR0 = 0x6c00,
	VMCS_HOST_CR3 = 0x6c02,
	VMCS_HOST_CR4 = 0x6c04,
	VMCS_HOST_FS_BASE = 0x6c06,
	VMCS_HOST_GS_BASE = 0x6c08,
	VMCS_HOST_TR_BASE = 0x6c0a,
	VMCS_HOST_GDTR_BASE = 0x6c0c,
	VMCS_HOST_IDTR_BASE = 0x6c0e,
	VMCS_HOST_SYSENTER_ESP = 0x6c10,
	VMCS_HOST_SYSENTER_EIP = 0x6c12,
	VMCS_HOST_RSP = 0x6c14, /* entry.S too */
	VMCS_HOST_RIP = 0x6c16,
};

/* Access rights beyond struct hvm_segment's, whose bits 8..11 are at 12..15 */
#define ACCESS_UNUSABLE 0x10000u

#define INTERRUPTIBILITY_STI	0x1u
#define INTERRUPTIBILITY_MOV_SS 0x2u
#define INTERRUPTIBILITY_NMI	0x8u

/* Events; types as enum hvm_event_type, and */
#define EVENT_TYPE_ICEBP 5u
#define EVENT_HAS_ERROR	 (1u << 11)
#define EVENT_NMI_IRET	 (1u << 12) /* IRET had let NMIs in before it faulted */
#define EVENT_VALID	 (1u << 31)
#define EVENT_TYPE(e)	 ((e) >> 8 & 7)

#define EXIT_EXCEPTION	   0
#define EXIT_TRIPLE_FAULT  2
#define EXIT_GUEST_STATE   33
#define EXIT_MSR_LOADING   34
#define EXIT_MACHINE_CHECK 41
#define EXIT_INVD	   13
#define EXIT_RDMSR	   31
#define EXIT_WRMSR	   32
#define EXIT_ENTRY_FAILED  (1u << 31)
#define EXIT_NOT_ENTERED   (~0u) /* ours: VMLAUNCH or VMRESUME itself failed */

#define QUAL_EPT_WRITE	  (1u << 1)
#define QUAL_EPT_FETCH	  (1u << 2)
#define QUAL_EPT_LINEAR	  (1u << 7) /* there was a linear address: */
#define QUAL_EPT_FINAL	  (1u << 8) /* of it, not of a page table */
#define QUAL_EPT_NMI_IRET (1u << 12)

#define QUAL_IO_SIZE(q)	  (((q) & 7) + 1)
#define QUAL_IO_IN	  (1u << 3)
#define QUAL_IO_STRING	  (1u << 4)
#define QUAL_IO_PORT(q)	  ((uint16_t)((q) >> 16))

#define QUAL_CR_NR(q)	  ((q) & 15)
#define QUAL_CR_ACCESS(q) ((q) >> 4 & 3) /* to, from, CLTS, LMSW */
#define QUAL_CR_REG(q)	  ((q) >> 8 & 15)
#define QUAL_CR_LMSW(q)	  ((q) >> 16 & 0xffff)

#define EPT_POINTER_FLAGS (VMX_MEMTYPE_WB | 3u << 3) /* how tables are cached; four levels */
#define PENDING_DEBUG_BS  (1u << 14)

#endif
