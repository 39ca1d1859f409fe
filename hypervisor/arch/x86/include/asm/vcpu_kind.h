/* SPDX-License-Identifier: MIT */
/*
 * The two kinds of vCPU: paravirtualized (arch/x86/pv) and hardware-virtualized (arch/x86/hvm). All
 * that the rest of the hypervisor asks of either is here; domain->arch.kind tells which one a domain is,
 * from creation on and for good. Idle and pseudo domains have none.
 */
#ifndef ASM_VCPU_KIND_H
#define ASM_VCPU_KIND_H

#include <hv/domain.h>

struct vcpu_guest_context;

struct vcpu_kind {
	/* A domain's and a vCPU's state. Teardown accepts anything half made. */
	int (*domain_create)(struct domain *d, const struct domain_create_args *a);
	void (*domain_destroy)(struct domain *d);
	int (*domain_relinquish)(struct domain *d); /* dying, no vCPU runs: 0 or -ERESTART */
	int (*create)(struct vcpu *v);
	void (*destroy)(struct vcpu *v);

	/* Context switch, interrupts off. save: v stops running here; restore: v, now current, starts. */
	void (*save)(struct vcpu *v);
	void (*restore)(struct vcpu *v);
	__noreturn void (*enter)(void); /* current's guest, forgetting the C stack */

	void (*nmi)(struct vcpu *v); /* any CPU */
	int (*button)(struct domain *d, bool sleep); /* power or sleep. Optional; -ENOSYS: there is none */

	unsigned int call_insn_bytes; /* of the instruction that makes a hypercall */
	void *const *call_table;      /* NR_HYPERCALLS handlers, NULL: -ENOSYS */
	/* VCPUOP_initialise: a context as the guest describes it. 0, -EFAULT, -EINVAL. */
	int (*initialise)(struct vcpu *v, unsigned long guest_context);
	/*
	 * The toolstack's view of a vCPU that does not run. Setting is for a PV vCPU its whole state, for a
	 * hardware-virtualized one that has been started its general registers. 0, -EINVAL; PV: -ERESTART, nothing changed.
	 */
	void (*get_context)(struct vcpu *v, struct vcpu_guest_context *c);
	int (*set_context)(struct vcpu *v, const struct vcpu_guest_context *c);
	/* To current's kernel address space, whatever mode it is in. Bytes not copied. */
	unsigned long (*copy_to_kernel)(struct vcpu *v, uint64_t addr, const void *src, unsigned long len);
};
extern const struct vcpu_kind pv_kind, hvm_kind;

#endif
