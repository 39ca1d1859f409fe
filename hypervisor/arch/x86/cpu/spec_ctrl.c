/* SPDX-License-Identifier: MIT */
/* Speculation control: detects, reports at boot, and keeps each CPU as planned (asm/spec_ctrl.h). */
#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/printf.h>
#include <hv/string.h>
#include <asm/msr.h>
#include <asm/options.h>
#include <asm/spec_ctrl.h>

/* In-order Atoms, which do not speculate past permissions. By model, family 6. */
static bool is_in_order_atom(void)
{
	uint32_t family = (host_cpu.signature >> 8) & 0xf;
	uint32_t model = ((host_cpu.signature >> 4) & 0xf) | ((host_cpu.signature >> 12) & 0xf0);

	return family == 6 && (model == 0x1c || model == 0x26 || model == 0x27 || model == 0x35 || model == 0x36);
}

void spec_cpu_detect(struct spec_cpu *c)
{
	bool intel = host_cpu.vendor == CPU_VENDOR_INTEL;

	*c = (struct spec_cpu){
		.vendor = host_cpu.vendor,
		.ibrs = cpu_has(f7d, 26) || cpu_has(e8b, 14),
		.ibpb = cpu_has(f7d, 26) || cpu_has(e8b, 12),
		.stibp = cpu_has(f7d, 27) || cpu_has(e8b, 15),
		.stibp_always = cpu_has(e8b, 17),
		.ssbd = cpu_has(f7d, 31) || cpu_has(e8b, 24),
		.md_clear = cpu_has(f7d, 10),
		.l1d_flush = cpu_has(f7d, 28),
		.auto_ibrs = cpu_has(e21a, 8),
		.smep = cpu_has_smep && opt_smep,
	};
	if (cpu_has(f7d, 29))
		c->arch_caps = rdmsr(MSR_ARCH_CAPABILITIES);
	c->meltdown = intel && !(c->arch_caps & ARCH_CAPS_RDCL_NO) && !is_in_order_atom();
	c->mds = intel && !(c->arch_caps & ARCH_CAPS_MDS_NO) && !is_in_order_atom();
}

static const char *thunk_name(enum spec_thunk thunk)
{
	static const char *const names[] = { "?", "JMP", "RETPOLINE", "LFENCE" };

	return names[thunk];
}

static void report_hardware(const struct spec_cpu *c)
{
	printk("  Hardware hints:%s%s%s%s%s%s\n", c->arch_caps & ARCH_CAPS_RDCL_NO ? " RDCL_NO" : "",
	       c->arch_caps & ARCH_CAPS_IBRS_ALL ? " EIBRS" : "", c->arch_caps & ARCH_CAPS_RSBA ? " RSBA" : "",
	       c->arch_caps & ARCH_CAPS_SSB_NO ? " SSB_NO" : "", c->arch_caps & ARCH_CAPS_MDS_NO ? " MDS_NO" : "",
	       c->stibp_always ? " STIBP_ALWAYS" : "");
	printk("  Hardware features:%s%s%s%s%s%s%s\n", c->ibpb ? " IBPB" : "", c->ibrs ? " IBRS" : "",
	       c->auto_ibrs ? " AUTO_IBRS" : "", c->stibp ? " STIBP" : "", c->ssbd ? " SSBD" : "",
	       c->l1d_flush ? " L1D_FLUSH" : "", c->md_clear ? " MD_CLEAR" : "");
}

static void report_plan(const struct spec_cpu *c, const struct spec_plan *p)
{
	printk("  Settings: BTI-Thunk: %s, SPEC_CTRL: IBRS%c STIBP%c SSBD%c, Other:%s%s\n", thunk_name(p->thunk),
	       p->auto_ibrs || (p->msr & SPEC_CTRL_IBRS) ? '+' : '-', p->msr & SPEC_CTRL_STIBP ? '+' : '-',
	       p->msr & SPEC_CTRL_SSBD ? '+' : '-', p->ibpb ? " IBPB-ctxt" : "", p->verw ? " VERW" : "");
	printk("  Support for PV VMs:%s EAGER_FPU%s\n", p->rsb ? " RSB" : "", p->verw ? " MD_CLEAR" : "");
	printk("  XPTI (64-bit PV only): Dom0 disabled, DomU disabled\n");
}

/* What is left open is said, not passed over. */
static void report_gaps(const struct spec_cpu *c, const struct spec_plan *p)
{
	if (c->meltdown)
		printk("WARNING: XPTI: not available, guests can read hypervisor memory on this CPU (Meltdown, L1TF)\n");
	else if (spec_options.xpti_dom0 > 0 || spec_options.xpti_domu > 0)
		printk("WARNING: XPTI: not available, and not needed on this CPU\n");
	if (c->mds && !p->verw)
		printk("WARNING: MDS: guests can sample data of others on this CPU%s\n",
		       c->md_clear ? ", as configured" : "; newer microcode has MD_CLEAR");
	if (c->vendor == CPU_VENDOR_INTEL && !c->ibpb)
		printk("WARNING: no IBPB: guests can steer branches of others; newer microcode has it\n");
}

void spec_ctrl_init(void)
{
	struct spec_cpu c;

	spec_cpu_detect(&c);
	spec_plan_make(&c, &spec_options, &spec_plan);
	printk("Speculative mitigation facilities:\n");
	report_hardware(&c);
	printk("  Compiled-in support: INDIRECT_THUNK\n");
	report_plan(&c, &spec_plan);
	report_gaps(&c, &spec_plan);
	spec_patch(&spec_plan);
}

void spec_ctrl_cpu_init(void)
{
	if (spec_plan.msr)
		wrmsr(MSR_SPEC_CTRL, spec_plan.msr);
	if (spec_plan.auto_ibrs)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AIBRSE);
}

/* Which domain's code this CPU ran last: number and address, as either may be used anew. */
static DEFINE_PER_CPU(struct { const struct domain *d; uint32_t id; }, last_guest);

void spec_ctrl_switch_to(const struct vcpu *v)
{
	const struct domain *d = v->domain;

	if (!spec_plan.ibpb)
		return;
	if (this_cpu(last_guest).d == d && this_cpu(last_guest).id == d->domain_id)
		return;
	this_cpu(last_guest).d = d;
	this_cpu(last_guest).id = d->domain_id;
	wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
