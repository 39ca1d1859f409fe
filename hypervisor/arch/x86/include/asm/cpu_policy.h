/* SPDX-License-Identifier: MIT */
/*
 * CPU policies: which CPUID leaves a domain is shown. Every domain has one (domain->arch.cpuid), at first
 * all that a PV guest can have; the toolstack may take away before the domain first runs.
 */
#ifndef ASM_CPU_POLICY_H
#define ASM_CPU_POLICY_H

#include <hv/types.h>

struct domain;

#define CPUID_NO_SUBLEAF   0xffffffffu
#define CPUID_MAX_BASIC	   0xdu
#define CPUID_MAX_EXTENDED 0x80000008u
#define CPU_POLICY_LEAVES  48 /* no CPU has more below those limits */

struct cpuid_entry {
	uint32_t leaf, subleaf; /* CPUID_NO_SUBLEAF: it has none */
	uint32_t r[4];		/* EAX, EBX, ECX, EDX */
};

struct cpu_policy {
	unsigned int nr;
	struct cpuid_entry entry[CPU_POLICY_LEAVES]; /* ascending */
};

void cpu_policy_host(struct cpu_policy *p); /* as the hardware answers here */
void cpu_policy_pv(struct cpu_policy *p);   /* the most a PV guest can have, and its default */
const struct cpuid_entry *cpu_policy_find(const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf);
/* Takes over one leaf, cut down to `most`. False: p has no such leaf and `want` is not all zero. */
bool cpu_policy_change(struct cpu_policy *p, const struct cpu_policy *most, const struct cpuid_entry *want);
/* Hides what builds on features that p does not show, and their XSAVE components. */
void cpu_policy_level(struct cpu_policy *p, const struct cpu_policy *most);
uint64_t cpu_policy_xcr0(const struct cpu_policy *p); /* components that the guest may switch on; 0: no XSAVE */
/* Bytes of an XSAVE area for the components in xcr0, in the standard or the compacted form. */
uint32_t cpu_policy_xsave_bytes(const struct cpu_policy *p, uint64_t xcr0, bool compacted);
/* Is the leaf below its range's limit? */
bool cpu_policy_shows(const struct cpu_policy *p, uint32_t leaf);
void cpu_policy_hvm(struct cpu_policy *p);  /* the same of a hardware-virtualized one */
/* Gives d a policy, at first what `most` says. 0, -ENOMEM. */
int cpu_policy_domain_init(struct domain *d, void (*most)(struct cpu_policy *));

#endif
