/* SPDX-License-Identifier: MIT */
/* Shared by the files of arch/x86/hvm/vmx. */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include <asm/hvm/hvm.h>
#include "../tag.h"
#include "controls.h"

struct vmx_vcpu {
	void *vmcs;
	uint64_t vmcs_pa;
	spinlock_t lock; /* whose CPU has the VMCS */
	bool loaded;	 /* by the CPU that runs the vCPU; guarded by: lock */
	bool launched;	 /* since it was last cleared; the CPU's that has it */
	uint32_t exit_reason;
	uint32_t cpu_controls, entry_controls; /* as in the VMCS */
	uint32_t event, event_error;	       /* to be delivered at the next entry, if EVENT_VALID */
	bool nmi_held;			       /* one more, until the guest can take it */
	bool pdptes_stale;		       /* may not be those that CR3 points to */
	bool ept_stale;			       /* atomic: the map has changed; tlb.c */
	unsigned int ept_cpu;		       /* where it was last flushed */
	struct hvm_tag tag;
	uint64_t cr0, cr2;
	uint64_t dr6;	      /* unless in the CPU's register (hvm->dr_loaded) */
	struct hvm_msrs msrs; /* but KERNEL_GS_BASE, which is the CPU's while loaded */
};

extern struct vmx_controls vmx_controls;
extern uint64_t vmx_msr_bitmap_pa;

static inline struct vmx_vcpu *vmx_of(const struct vcpu *v)
{
	return v->arch.hvm->vmx;
}

/* ---- cpu.c ---- */
bool vmx_cpu_up(unsigned int cpu);
void vmx_cpu_down(void);
uint32_t vmx_revision(void);
/* What PV guests' system calls need of this CPU, put back when a vCPU leaves it. */
void vmx_restore_host_msrs(void);

/* ---- vmcs.c: the structure and who has it ---- */
int vmcs_create(struct vcpu *v); /* 0, -ENOMEM */
void vmcs_destroy(struct vcpu *v);
void vmcs_load(struct vcpu *v); /* v comes to this CPU, interrupts off: its fields are here until */
void vmcs_clear(struct vcpu *v);
/* A field of a vCPU that is current here, or runs nowhere (else: reads as 0, writes are lost). */
uint64_t vmcs_read(const struct vcpu *v, enum vmcs_field field);
void vmcs_write(struct vcpu *v, enum vmcs_field field, uint64_t val);
bool vmcs_is_here(const struct vcpu *v);
void vmcs_set_cpu_controls(struct vcpu *v, uint32_t on, uint32_t off);

/* ---- tlb.c ---- */
void vmx_tlb_cpu_up(void);
void vmx_tlb_enter(struct vcpu *v); /* before an entry, interrupts off */
void vmx_flush_linear(struct vcpu *v);
void vmx_flush_tlb(struct vcpu *v);
uint64_t vmx_ept_pointer(const struct domain *d);

/* ---- event.c ---- */
void vmx_inject(struct vcpu *v, const struct hvm_event *e);
bool vmx_event_waiting(const struct vcpu *v);
bool vmx_irq_open(const struct vcpu *v);
void vmx_want_irq_window(struct vcpu *v);
void vmx_set_irq_shadow(struct vcpu *v, bool on);
void vmx_event_enter(struct vcpu *v);
void vmx_event_left(struct vcpu *v);
void vmx_nmi_window(struct vcpu *v);
void vmx_nmi_blocked_again(struct vcpu *v); /* a fault in IRET undoes what IRET did */

/* ---- msr.c ---- */
int vmx_msr_init(void); /* the bitmap; 0, -ENOMEM */
void vmx_get_msrs(struct vcpu *v, struct hvm_msrs *m);
void vmx_set_msrs(struct vcpu *v, const struct hvm_msrs *m);
void vmx_load_msrs(struct vcpu *v); /* to this CPU, from it */
void vmx_save_msrs(struct vcpu *v);
bool vmx_is_switched_msr(uint32_t msr);
int vmx_write_switched_msr(struct vcpu *v, uint32_t msr, uint64_t val); /* 0, -EINVAL: #GP */

/* ---- reg.c ---- */
void vmx_get_segment(struct vcpu *v, enum hvm_seg seg, struct hvm_segment *out);
void vmx_set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *in);
uint64_t vmx_get_cr(struct vcpu *v, unsigned int nr);
void vmx_set_cr(struct vcpu *v, unsigned int nr, uint64_t val);
uint64_t vmx_get_dr(struct vcpu *v, unsigned int nr);
void vmx_set_dr(struct vcpu *v, unsigned int nr, uint64_t val);
void vmx_load_pdptes(struct vcpu *v);
void vmx_load_debugregs(struct vcpu *v); /* v is current, interrupts off */
void vmx_save_debugregs(struct vcpu *v);

/* ---- task.c ---- */
void vmx_task_switch(struct vcpu *v, uint64_t next_rip); /* next_rip: if an instruction did it */

/* ---- exit.c ---- */
void vmx_handle_exit(struct vcpu *v);

/* entry.S: into the guest whose VMCS is loaded, until it exits, with interrupts off; the general registers, RSP
 * excepted, go to and come from `regs`. True: the CPU refused the instruction itself. */
bool vmx_enter(struct cpu_user_regs *regs, bool launched);
extern const char vmx_exit_here[];

#endif
