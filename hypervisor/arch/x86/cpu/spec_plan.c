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
static bool verw_helps(const struct spec_cpu *c)
{
	return c->md_clear && (c->mds || (c->arch_caps & (ARCH_CAPS_FB_CLEAR | ARCH_CAPS_RFDS_CLEAR)));
}

void spec_plan_make(const struct spec_cpu *c, const struct spec_options *o, struct spec_plan *p)
{
	bool enhanced = c->ibrs && (c->arch_caps & ARCH_CAPS_IBRS_ALL);

	*p = (struct spec_plan){ 0 };
	p->auto_ibrs = c->auto_ibrs && decide(o->ibrs, true);
	/* Without "enhanced", IBRS would have to be written on each entry: only if it is asked for, and
	 * then left on, which is right but slow for guests too. */
	if (!p->auto_ibrs && c->ibrs && decide(o->ibrs, enhanced))
		p->msr |= SPEC_CTRL_IBRS;
	if (c->stibp && decide(o->stibp, c->stibp_always))
		p->msr |= SPEC_CTRL_STIBP;
	if (c->ssbd && decide(o->ssbd, false))
		p->msr |= SPEC_CTRL_SSBD;
	p->thunk = choose_thunk(o, p->auto_ibrs || (enhanced && (p->msr & SPEC_CTRL_IBRS)));
	p->ibpb = c->ibpb && decide(o->ibpb, true);
	p->verw = decide(o->md_clear, verw_helps(c));
	p->rsb = decide(o->rsb, !c->smep);
}
