/* SPDX-License-Identifier: MIT */
/* Speculation control: detects, reports at boot, and keeps each CPU as planned (asm/spec_ctrl.h). */
#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/printf.h>
#include <hv/string.h>
#include <asm/msr.h>
#include <asm/options.h>
#include <asm/spec_ctrl.h>

static bool is_family_6(const uint8_t *models, unsigned int nr)
{
	uint32_t model = ((host_cpu.signature >> 4) & 0xf) | ((host_cpu.signature >> 12) & 0xf0);

	if (((host_cpu.signature >> 8) & 0xf) != 6)
		return false;
	while (nr--)
		if (model == models[nr])
			return true;
	return false;
}

/* In-order Atoms, which do not speculate past permissions. */
static bool is_in_order_atom(void)
{
	static const uint8_t models[] = { 0x1c, 0x26, 0x27, 0x35, 0x36 };

	return is_family_6(models, ARRAY_SIZE(models));
}

/* Later Atoms and Xeon Phi: an entry that is not present ends their walk. */
static bool ends_walks(void)
{
	static const uint8_t models[] = { 0x37, 0x4a, 0x4c, 0x4d, 0x57, 0x5a, 0x5c, 0x5d, 0x5f, 0x75, 0x7a, 0x85 };

	return is_family_6(models, ARRAY_SIZE(models));
}

static uint32_t family(void)
{
	uint32_t base = (host_cpu.signature >> 8) & 0xf;

	return base == 0xf ? base + ((host_cpu.signature >> 20) & 0xff) : base;
}

/* Zen 1 and 2 unless they say BTC_NO; Zen 3 and 4 with microcode that makes IBPB enough, unless they say SRSO_NO. */
static bool confuses_branch_types(void)
{
	if (family() == 0x17 || family() == 0x18)
		return !cpu_has(e8b, 29);
	return family() == 0x19 && cpu_has(e21a, 28) && !cpu_has(e21a, 29);
}

/* Zen 1. */
static bool keeps_quotients(void)
{
	return family() == 0x18 || (family() == 0x17 && ((host_cpu.signature >> 4 & 0xf) | (host_cpu.signature >> 12 & 0xf0)) < 0x30);
}

void spec_cpu_detect(struct spec_cpu *c)
{
	bool intel = host_cpu.vendor == CPU_VENDOR_INTEL;
	bool amd = host_cpu.vendor == CPU_VENDOR_AMD || host_cpu.vendor == CPU_VENDOR_HYGON;

	*c = (struct spec_cpu){
		.vendor = host_cpu.vendor,
		.ibrs = cpu_has(f7d, 26) || cpu_has(e8b, 14),
		.ibpb = cpu_has(f7d, 26) || cpu_has(e8b, 12),
		.stibp = cpu_has(f7d, 27) || cpu_has(e8b, 15),
		.stibp_always = cpu_has(e8b, 17),
		.ssbd = cpu_has(f7d, 31) || cpu_has(e8b, 24),
		.psfd = cpu_has(e8b, 28),
		.md_clear = cpu_has(f7d, 10),
		.srbds_ctrl = cpu_has(f7d, 9),
		.branch_types = amd && confuses_branch_types(),
		.stale_quotient = amd && keeps_quotients(),
		.l1d_flush = cpu_has(f7d, 28),
		.auto_ibrs = cpu_has(e21a, 8),
		.smep = cpu_has_smep && opt_smep,
	};
	if (cpu_has(f7d, 29))
		c->arch_caps = rdmsr(MSR_ARCH_CAPABILITIES);
	c->meltdown = intel && !(c->arch_caps & ARCH_CAPS_RDCL_NO) && !is_in_order_atom();
	c->l1tf = c->meltdown && !ends_walks();
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
	printk("  Settings: BTI-Thunk: %s, SPEC_CTRL: IBRS%c STIBP%c SSBD%c PSFD%c, Other:%s%s%s%s%s%s%s\n", thunk_name(p->thunk),
	       p->auto_ibrs || (p->msr & SPEC_CTRL_IBRS) ? '+' : '-', p->msr & SPEC_CTRL_STIBP ? '+' : '-',
	       p->msr & SPEC_CTRL_SSBD ? '+' : '-', p->msr & SPEC_CTRL_PSFD ? '+' : '-',
	       p->mcu_opt_mask & ~p->mcu_opt & MCU_OPT_RNGDS_DIS ? " SRB_LOCK+" : "",
	       p->mcu_opt_mask & ~p->mcu_opt & MCU_OPT_GDS_DIS ? " GDS_MIT+" : "", p->ibpb ? " IBPB-ctxt" : "",
	       p->verw ? " VERW" : "", p->l1d_flush ? " L1D_FLUSH" : "", p->div_scrub ? " DIV" : "",
	       p->branch_harden ? " BRANCH_HARDEN" : "");
	printk("  Support for HVM VMs:%s EAGER_FPU%s%s\n", p->rsb_hvm ? " RSB" : "", p->verw_hvm ? " MD_CLEAR" : "",
	       p->ibpb_entry_hvm ? " IBPB-entry" : "");
	printk("  Support for PV VMs:%s EAGER_FPU%s%s\n", p->rsb ? " RSB" : "", p->verw ? " MD_CLEAR" : "",
	       p->ibpb_entry_pv ? " IBPB-entry" : "");
	printk("  XPTI (64-bit PV only): Dom0 %s, DomU %s (without PCID)\n", p->xpti_dom0 ? "enabled" : "disabled",
	       p->xpti_domu ? "enabled" : "disabled");
	printk("  PV L1TF checks: Dom0 %s, DomU %s\n", p->l1tf_dom0 ? "enabled" : "disabled", p->l1tf_domu ? "enabled" : "disabled");
}

/* What is left open is said, not passed over. */
static void report_gaps(const struct spec_cpu *c, const struct spec_plan *p)
{
	if (c->meltdown && !p->xpti_domu)
		printk("WARNING: XPTI: off as configured, guests can read hypervisor memory on this CPU (Meltdown)\n");
	if (c->l1tf && !p->l1tf_domu)
		printk("WARNING: L1TF: unchecked as configured, PV guests can read what is in the L1 cache of this CPU\n");
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

/* Firmware may have locked the protection of gathers on. */
static void set_microcode_options(void)
{
	uint64_t was = rdmsr(MSR_MCU_OPT_CTRL), mask = spec_plan.mcu_opt_mask;

	if (was & MCU_OPT_GDS_LOCK)
		mask &= ~MCU_OPT_GDS_DIS;
	if ((was & mask) != (spec_plan.mcu_opt & mask))
		wrmsr(MSR_MCU_OPT_CTRL, (was & ~mask) | (spec_plan.mcu_opt & mask));
}

void spec_ctrl_cpu_init(void)
{
	if (spec_plan.msr)
		wrmsr(MSR_SPEC_CTRL, spec_plan.msr);
	if (spec_plan.mcu_opt_mask)
		set_microcode_options();
	if (spec_plan.auto_ibrs)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AIBRSE);
}

/* Which domain's code this CPU ran last: number and address, as either may be used anew. */
static DEFINE_PER_CPU(struct { const struct domain *d; uint32_t id; }, last_guest);

/* The next division by 0 finds this one's. What the hypervisor divides is no secret of a guest's. */
static void scrub_quotient(void)
{
	uint64_t low = 1, high = 0;

	__asm__ volatile("divq %2" : "+a"(low), "+d"(high) : "r"(1ul) : "cc");
}

void spec_ctrl_switch_to(const struct vcpu *v)
{
	const struct domain *d = v->domain;

	if (!spec_plan.ibpb && !spec_plan.div_scrub)
		return;
	if (this_cpu(last_guest).d == d && this_cpu(last_guest).id == d->domain_id)
		return;
	this_cpu(last_guest).d = d;
	this_cpu(last_guest).id = d->domain_id;
	if (spec_plan.div_scrub)
		scrub_quotient();
	if (spec_plan.ibpb)
		wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}
