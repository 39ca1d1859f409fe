/* SPDX-License-Identifier: MIT */
/*
 * The records of an HVM domain's saved state (public/arch-x86/hvm/save.h): one pair of functions for each, by
 * whoever keeps that state. The stream is arch/x86/hvm/save.c's. The vCPU does not run; a record is a copy of what
 * the toolstack gave. Loading gives 0, or -EINVAL: no CPU can be so.
 */
#ifndef ASM_HVM_RECORDS_H
#define ASM_HVM_RECORDS_H

#include <asm/hvm/hvm.h>
#include <public/hvm/save.h>

struct xen_domctl;

/* hvm_save_cpu(), hvm_load_cpu(): hvm.h. mtrr.c, with PAT: */
void hvm_save_mtrr(struct vcpu *v, struct hvm_hw_mtrr *out);
int hvm_load_mtrr(struct vcpu *v, const struct hvm_hw_mtrr *in);
/* vlapic_save.c. The registers come after what is not in them. */
void vlapic_save(struct vcpu *v, struct hvm_hw_lapic *out);
int vlapic_load(struct vcpu *v, const struct hvm_hw_lapic *in);
void vlapic_save_regs(struct vcpu *v, struct hvm_hw_lapic_regs *out);
int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *in);

/* The domctls, handlers as in hv/domctl.h (save.c). */
int domctl_get_hvm_context(struct domain *d, struct xen_domctl *op);
int domctl_set_hvm_context(struct domain *d, struct xen_domctl *op);
int domctl_get_hvm_record(struct domain *d, struct xen_domctl *op);

#endif
