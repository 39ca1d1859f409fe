/* SPDX-License-Identifier: MIT */
/*
 * What Windows looks for in its own hypervisor, for guests whose toolstack asks for it (HVM_PARAM_VIRIDIAN, chosen once
 * before the guest runs): CPUID leaves 0x40000000..6, MSRs 0x40000000..0x400001ff and a page of call stubs. Xen's
 * leaves and MSR are then found 0x100 and 0x200 higher. Source: Microsoft's Hypervisor Top Level Functional
 * Specification 6.0; numbers that 4.17 chooses are its.
 *
 * State is in struct hvm_domain, one word a fact: written by any vCPU of the guest, each write whole.
 */
#ifndef ASM_HVM_VIRIDIAN_H
#define ASM_HVM_VIRIDIAN_H

#include <hv/domain.h>

struct hvm_viridian_domain_context;
struct hvm_viridian_vcpu_context;

#define XEN_LEAVES_MOVE	   0x100u
#define MSR_XEN_PAGE_MOVED 0x40000200u

struct hvm_viridian {
	s_time_t start;	       /* when the reference counter was 0 */
	uint64_t guest_os_id;  /* 0: no system has said that it is there */
	uint64_t hypercall;    /* the MSR: frame and enable bit */
	uint64_t reference_tsc; /* the same */
	uint64_t crash[5];     /* what the guest said of its end */
};

/* ---- viridian_cpuid.c ---- */
/* Is this a parameter's value that can be had? 0, -EINVAL: none that means anything, -EOPNOTSUPP. */
int viridian_check(uint64_t features);
static inline bool viridian_is_msr(uint32_t msr)
{
	return msr >= 0x40000000 && msr < MSR_XEN_PAGE_MOVED;
}
void viridian_cpuid(struct vcpu *v, uint32_t leaf, uint32_t r[4]);

/* ---- viridian.c ---- */
int viridian_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val); /* 0, -EINVAL: #GP; v is current */
int viridian_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
/* The call that RAX says comes from its page; the result is left in RAX. v is current, in its kernel. */
bool viridian_is_call(const struct vcpu *v, unsigned long rax);
void viridian_call(struct vcpu *v);

void viridian_save_domain(const struct domain *d, struct hvm_viridian_domain_context *out);
int viridian_load_domain(struct domain *d, const struct hvm_viridian_domain_context *in);
void viridian_save_vcpu(const struct vcpu *v, struct hvm_viridian_vcpu_context *out);
int viridian_load_vcpu(struct vcpu *v, const struct hvm_viridian_vcpu_context *in);

#endif
