/* SPDX-License-Identifier: MIT */
/* Hypercalls from 32-bit code of a hardware-virtualized guest (arch/x86/hvm/compat.c). */
#ifndef ASM_HVM_COMPAT_H
#define ASM_HVM_COMPAT_H

#include <hv/lib.h>

struct vcpu;
struct cpu_user_regs;

/* v is current, in 32-bit code; up to 6 arguments. */
long hvm_compat_hypercall(struct vcpu *v, unsigned int nr, const uint32_t *args);
/* A call made here is to be continued: its new arguments, where the caller keeps them. False: none is being made. */
bool hvm_compat_continue(struct vcpu *v, struct cpu_user_regs *r, unsigned int nr, const unsigned long *args);
/* Is it an address of the buffer in which arguments are made wide? Then it is copied, *left: bytes not. */
bool hvm_compat_copy(const struct vcpu *v, uint64_t linear, void *buf, unsigned long len, bool write, unsigned long *left);

#endif
