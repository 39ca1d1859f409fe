/* SPDX-License-Identifier: MIT */
/*
 * Which protection this CPU gets. Sources: AMD's and Intel's papers on indirect branch control, SDM vol. 4
 * (MSR_ARCH_CAPABILITIES), APM vol. 2 (automatic IBRS), and what Xen chooses on the same CPU.
 *
 * - Branch targets that a guest has trained: a CPU with enhanced or automatic IBRS keeps ring 3's and
 *   ring 0's apart, all the time and for nothing; on any other the hypervisor's indirect branches are
 *   retpolines. IBPB keeps domains apart from each other.
 * - Return targets: guests run in ring 3, so SMEP keeps the hypervisor from speculating into them;
 *   without, the return predictor is filled on the way in.
 * - Meltdown: guests run on tables of their own that have next to nothing of the hypervisor (xpti=).
 * - L1 terminal fault: entries of PV guests' tables that are not present are checked (pv-l1tf=), and the first-level
 *   data cache is emptied on the way to HVM guests.
 * - CPU buffers (MDS and its kin): VERW on the way out if microcode has made it do that.
 */
#include <asm/msr.h>
#include <asm/spec_ctrl.h>

struct spec_plan spec_plan;

static bool decide(int8_t wish, bool by_default)
{
	return wish < 0 ? by_default : wish;
}

static enum spec_thunk choose_thunk(const struct spec_options *o, bool ibrs_for_good)
{
	if (o->thunk != SPEC_THUNK_DEFAULT)
		return o->thunk;
	return ibrs_for_good ? SPEC_THUNK_JMP : SPEC_THUNK_RETPOLINE;
}

/* Worth it: the CPU is affected, or its microcode says VERW helps against something. */
static bool verw_helps(const struct spec_cpu *c, const struct spec_options *o)
{
	uint64_t reasons = ARCH_CAPS_RFDS_CLEAR;

	if (decide(o->unpriv_mmio, true)) /* no IOMMU, and iomem=: somebody may have some */
		reasons |= ARCH_CAPS_FB_CLEAR;
	return c->md_clear && (c->mds || (c->arch_caps & reasons));
}

static uint32_t model_of(uint32_t signature)
{
	return ((signature >> 4) & 0xf) | ((signature >> 12) & 0xf0);
}

/* Some of Intel's CPUs for desks, of family 6, tell fewer bits than their caches have. */
unsigned int spec_l1d_address_bits(uint32_t signature, unsigned int phys_bits)
{
	static const uint8_t wider[] = { 0x1a, 0x1e, 0x1f, 0x25, 0x2a, 0x2c, 0x2e, 0x2f, 0x3a, 0x3c,
					 0x3d, 0x45, 0x46, 0x47, 0x4e, 0x5e, 0x8e, 0x9e };

	if (phys_bits < 44 && ((signature >> 8) & 0xf) == 6)
		for (unsigned int i = 0; i < ARRAY_SIZE(wider); i++)
			if (model_of(signature) == wider[i])
				return 44;
	return phys_bits;
}

/* RDRAND's and gathers' leftovers are kept from others by microcode, at a price. */
static void plan_microcode(const struct spec_cpu *c, const struct spec_options *o, struct spec_plan *p)
{
	if (c->srbds_ctrl)
		p->mcu_opt_mask |= MCU_OPT_RNGDS_DIS;
	if (c->arch_caps & ARCH_CAPS_GDS_CTRL)
		p->mcu_opt_mask |= MCU_OPT_GDS_DIS;
	if (!decide(o->srb_lock, true))
		p->mcu_opt |= MCU_OPT_RNGDS_DIS;
	if (!decide(o->gds_mit, true))
		p->mcu_opt |= MCU_OPT_GDS_DIS;
	p->mcu_opt &= p->mcu_opt_mask;
}

void spec_plan_make(const struct spec_cpu *c, const struct spec_options *o, struct spec_plan *p)
{
	/* One value for all, so it is left alone only if it shall be for both kinds of guests. */
	bool msr = decide(o->msr_sc, true) || decide(o->msr_sc_hvm, true);
	bool enhanced = msr && c->ibrs && (c->arch_caps & ARCH_CAPS_IBRS_ALL);

	*p = (struct spec_plan){ 0 };
	p->auto_ibrs = c->auto_ibrs && decide(o->ibrs, true);
	/* Without "enhanced", IBRS would have to be written on each entry: only if it is asked for, and
	 * then left on, which is right but slow for guests too. */
	if (msr && !p->auto_ibrs && c->ibrs && decide(o->ibrs, enhanced))
		p->msr |= SPEC_CTRL_IBRS;
	if (msr && c->stibp && decide(o->stibp, c->stibp_always))
		p->msr |= SPEC_CTRL_STIBP;
	if (msr && c->ssbd && decide(o->ssbd, false))
		p->msr |= SPEC_CTRL_SSBD;
	if (msr && c->psfd && decide(o->psfd, false))
		p->msr |= SPEC_CTRL_PSFD;
	p->thunk = choose_thunk(o, p->auto_ibrs || (enhanced && (p->msr & SPEC_CTRL_IBRS)));
	p->ibpb = c->ibpb && decide(o->ibpb, true);
	p->verw = decide(o->md_clear, verw_helps(c, o));
	p->verw_hvm = decide(o->md_clear_hvm, verw_helps(c, o));
	p->rsb = decide(o->rsb, !c->smep);
	p->rsb_hvm = decide(o->rsb_hvm, true); /* its ring 0 is no user mode to SMEP */
	p->ibpb_entry_pv = c->ibpb && decide(o->ibpb_entry, c->branch_types);
	p->ibpb_entry_hvm = c->ibpb && decide(o->ibpb_entry_hvm, c->branch_types);
	p->branch_harden = decide(o->branch_harden, true);
	p->div_scrub = decide(o->div_scrub, c->stale_quotient);
	plan_microcode(c, o, p);
	/* L1TF has the cause, and so the bit, of Meltdown; a CPU that is a guest itself may be told that its host does it. */
	p->l1d_flush = c->l1d_flush && decide(o->l1d_flush, c->meltdown && !(c->arch_caps & ARCH_CAPS_SKIP_L1DFL));
	p->xpti_dom0 = decide(o->xpti_dom0, c->meltdown);
	p->xpti_domu = decide(o->xpti_domu, c->meltdown);
	p->l1tf_dom0 = decide(o->l1tf_dom0, false); /* it can read all memory anyway */
	p->l1tf_domu = decide(o->l1tf_domu, c->l1tf);
}
