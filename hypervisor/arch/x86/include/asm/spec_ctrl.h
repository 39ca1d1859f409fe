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
	bool ibrs, auto_ibrs, ibpb, stibp, stibp_always, ssbd, psfd, md_clear, l1d_flush, smep, srbds_ctrl;
	bool meltdown, mds, l1tf; /* known to be affected */
	bool branch_types;	  /* AMD: any branch, returns too, can be trained across rings; IBPB helps */
	bool stale_quotient;	  /* AMD: a division by 0 may speculatively give an earlier one's result */
};

/* -1: not said; what remains -1 is decided by the plan. */
struct spec_options {
	enum spec_thunk thunk;
	int8_t ibrs, ibpb, stibp, ssbd, psfd, l1d_flush, branch_harden, srb_lock, unpriv_mmio, gds_mit, div_scrub;
	/* for PV guests, and for hardware-virtualized ones */
	int8_t msr_sc, rsb, md_clear, ibpb_entry;
	int8_t msr_sc_hvm, rsb_hvm, md_clear_hvm, ibpb_entry_hvm;
	int8_t xpti_dom0, xpti_domu, l1tf_dom0, l1tf_domu;
};
extern struct spec_options spec_options;
int spec_opt_spec_ctrl(const char *value); /* 0 or -EINVAL */
int spec_opt_xpti(const char *value);
int spec_opt_pv_l1tf(const char *value);

struct spec_plan {
	enum spec_thunk thunk; /* never DEFAULT */
	uint64_t msr;	       /* MSR_SPEC_CTRL of every CPU, for good */
	bool auto_ibrs;	       /* AMD: IBRS by EFER */
	bool ibpb;	       /* when a CPU goes from one domain to another */
	bool verw, verw_hvm;   /* on the way out to guests, with VT-x */
	bool rsb, rsb_hvm;     /* on the way in from guests */
	bool ibpb_entry_pv, ibpb_entry_hvm; /* the same */
	bool branch_harden;    /* asm/nospec.h */
	bool div_scrub;	       /* when a CPU goes from one domain to another */
	uint64_t mcu_opt_mask, mcu_opt; /* bits of MSR_MCU_OPT_CTRL that are ours, and what they shall be */
	bool l1d_flush;	       /* on the way in to HVM guests, by VT-x */
	bool xpti_dom0, xpti_domu; /* page-table isolation: asm/xpti.h */
	bool l1tf_dom0, l1tf_domu; /* entries of PV tables that are not present are checked: mm/l1tf.c */
};
extern struct spec_plan spec_plan;

void spec_cpu_detect(struct spec_cpu *c);
/* How many address bits the first-level data cache of this CPU compares. */
unsigned int spec_l1d_address_bits(uint32_t signature, unsigned int phys_bits);
void spec_plan_make(const struct spec_cpu *c, const struct spec_options *o, struct spec_plan *p);

/* Boot: decides, reports, patches the entry code. After cpu_identify(), before image_protect(). */
void spec_ctrl_init(void);
void spec_ctrl_cpu_init(void); /* each CPU, from cpu_init() */
/* The CPU is about to run v. Interrupts off. */
void spec_ctrl_switch_to(const struct vcpu *v);

/* cpu/spec_patch.c */
void spec_patch(const struct spec_plan *p);

#endif
