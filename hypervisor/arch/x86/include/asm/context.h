/* SPDX-License-Identifier: MIT */
/* Private to arch/x86: pieces of the context switch. */
#ifndef ASM_CONTEXT_H
#define ASM_CONTEXT_H

#include <hv/domain.h>

void pv_save_debugregs(struct vcpu *v);
void pv_restore_debugregs(struct vcpu *v);
void pv_save(struct vcpu *v); /* pv_kind */
void pv_restore(struct vcpu *v);
unsigned long pv_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len);
/* Bytes not copied. `addr` is valid in the guest kernel's address space; v is current. */
unsigned long arch_copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len);

#endif
