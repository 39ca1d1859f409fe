/* SPDX-License-Identifier: MIT */
/*
 * Protection against the CPU's speculation: what the CPU says, what the administrator wants (spec-ctrl=,
 * xpti=, by Xen's names), and the plan made of both. spec_plan_make() is pure and unit-tested;
 * everything else only carries the plan out.
 */
#ifndef ASM_SPEC_CTRL_H
#define ASM_SPEC_CTRL_H

#include <asm/cpu.h>

/* Indirect branches of the hypervisor. */
enum spec_thunk { SPEC_THUNK_DEFAULT, SPEC_THUNK_JMP, SPEC_THUNK_RETPOLINE, SPEC_THUNK_LFENCE };

struct spec_cpu {
	enum cpu_vendor vendor;
	uint64_t arch_caps; /* MSR_ARCH_CAPABILITIES, 0 without */
	bool ibrs, auto_ibrs, ibpb, stibp, stibp_always, ssbd, md_clear, l1d_flush, smep;
	bool meltdown, mds; /* known to be affected */
};

/* -1: not said; what remains -1 is decided by the plan. */
struct spec_options {
	enum spec_thunk thunk;
	int8_t ibrs, ibpb, stibp, ssbd, md_clear, rsb;
	int8_t xpti_dom0, xpti_domu;
	int8_t ignored; /* accepted for Xen's sake, without effect */
};
extern struct spec_options spec_options;
int spec_opt_spec_ctrl(const char *value); /* 0 or -EINVAL */
int spec_opt_xpti(const char *value);

struct spec_plan {
	enum spec_thunk thunk; /* never DEFAULT */
	uint64_t msr;	       /* MSR_SPEC_CTRL of every CPU, for good */
	bool auto_ibrs;	       /* AMD: IBRS by EFER */
	bool ibpb;	       /* when a CPU goes from one domain to another */
	bool verw;	       /* on the way out to PV guests */
	bool rsb;	       /* on the way in from PV guests */
};
extern struct spec_plan spec_plan;

void spec_cpu_detect(struct spec_cpu *c);
void spec_plan_make(const struct spec_cpu *c, const struct spec_options *o, struct spec_plan *p);

/* Boot: decides, reports, patches the entry code. After cpu_identify(), before image_protect(). */
void spec_ctrl_init(void);
void spec_ctrl_cpu_init(void); /* each CPU, from cpu_init() */
/* The CPU is about to run v. Interrupts off. */
void spec_ctrl_switch_to(const struct vcpu *v);

/* cpu/spec_patch.c */
void spec_patch(const struct spec_plan *p);

#endif
