/* SPDX-License-Identifier: MIT */
/* Shared by the files of arch/x86/hvm/svm. */
#ifndef SVM_SVM_H
#define SVM_SVM_H

#include <asm/hvm/hvm.h>
#include "../tag.h"
#include "vmcb.h"

struct svm_vcpu {
	struct vmcb *vmcb;
	uint64_t vmcb_pa;
	struct hvm_tag tag;
	uint64_t tsc_ratio; /* for the MSR; never 0 */
};

extern bool svm_has_next_rip;
extern uint64_t svm_iopm_pa, svm_msrpm_pa;

/* entry.S: into the guest until it exits, with interrupts off. Machine addresses of the guest's and this CPU's
 * own VMCB; the general registers, RAX excepted, go to and come from `regs`. */
void svm_enter(uint64_t guest_pa, struct cpu_user_regs *regs, uint64_t host_pa);

/* intercept.c */
int svm_intercept_init(void); /* the bitmaps; 0, -ENOMEM */
void svm_set_intercepts(struct vcpu *v);

void svm_load_debugregs(struct vcpu *v); /* svm.c; v is current, interrupts off */

/* tsc.c */
void svm_tsc_cpu_up(unsigned int cpu);
void svm_tsc_restore(struct vcpu *v); /* v comes to this CPU, interrupts off */
void svm_update_tsc(struct vcpu *v);
const struct tsc_ratio_format *svm_tsc_ratio_format(void);

/* exit.c */
void svm_handle_exit(struct vcpu *v);

#endif
