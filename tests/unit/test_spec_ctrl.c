// sources: hypervisor/arch/x86/cpu/spec_plan.c hypervisor/arch/x86/cpu/spec_options.c hypervisor/common/cmdline/*.c hypervisor/lib/parse.c
/* SPDX-License-Identifier: MIT */
/* Speculation control: what each kind of CPU gets by default, and what spec-ctrl= and xpti= change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <asm/msr.h>
#include <asm/spec_ctrl.h>

static const struct spec_cpu old_amd = { .vendor = CPU_VENDOR_AMD };
static const struct spec_cpu zen3 = { .vendor = CPU_VENDOR_AMD, .ibrs = true, .ibpb = true, .stibp = true,
				      .stibp_always = true, .ssbd = true, .smep = true };
static const struct spec_cpu zen4 = { .vendor = CPU_VENDOR_AMD, .ibrs = true, .auto_ibrs = true, .ibpb = true,
				      .stibp = true, .ssbd = true, .smep = true };
static const struct spec_cpu sandy_bridge = { .vendor = CPU_VENDOR_INTEL, .mds = true, .meltdown = true, .l1tf = true };
static const struct spec_cpu skylake = { .vendor = CPU_VENDOR_INTEL, .ibrs = true, .ibpb = true, .stibp = true,
					 .ssbd = true, .md_clear = true, .mds = true, .meltdown = true, .l1tf = true,
					 .l1d_flush = true, .smep = true };
static const struct spec_cpu ice_lake = { .vendor = CPU_VENDOR_INTEL, .ibrs = true, .ibpb = true, .stibp = true,
					  .ssbd = true, .md_clear = true, .smep = true,
					  .arch_caps = ARCH_CAPS_RDCL_NO | ARCH_CAPS_IBRS_ALL | ARCH_CAPS_MDS_NO };
static const struct spec_cpu fb_clear = { .vendor = CPU_VENDOR_INTEL, .md_clear = true, .smep = true,
					  .arch_caps = ARCH_CAPS_MDS_NO | ARCH_CAPS_FB_CLEAR };

static const struct spec_cpu zen1 = { .vendor = CPU_VENDOR_AMD, .ibpb = true, .smep = true, .branch_types = true,
				      .stale_quotient = true };
static const struct spec_cpu microcode = { .vendor = CPU_VENDOR_INTEL, .smep = true, .srbds_ctrl = true,
					   .arch_caps = ARCH_CAPS_RDCL_NO | ARCH_CAPS_MDS_NO | ARCH_CAPS_GDS_CTRL };

static struct spec_options nothing_said;

static struct spec_plan plan(const struct spec_cpu *c, const char *spec_ctrl)
{
	struct spec_plan p;

	spec_options = nothing_said;
	if (spec_ctrl)
		assert_int_equal(spec_opt_spec_ctrl(spec_ctrl), 0);
	spec_plan_make(c, &spec_options, &p);
	assert_int_not_equal(p.thunk, SPEC_THUNK_DEFAULT);
	return p;
}

static void check(const struct spec_cpu *c, const char *options, struct spec_plan want)
{
	struct spec_plan p = plan(c, options);

	assert_int_equal(p.thunk, want.thunk);
	assert_int_equal(p.msr, want.msr);
	assert_int_equal(p.auto_ibrs, want.auto_ibrs);
	assert_int_equal(p.ibpb, want.ibpb);
	assert_int_equal(p.verw, want.verw);
	assert_int_equal(p.rsb, want.rsb);
	assert_int_equal(p.l1d_flush, want.l1d_flush);
}
#define PLAN(...) ((struct spec_plan){ __VA_ARGS__ })

static void each_cpu_gets_what_it_needs(void **state)
{
	check(&old_amd, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .rsb = true));
	check(&zen3, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .msr = SPEC_CTRL_STIBP, .ibpb = true));
	check(&zen4, NULL, PLAN(.thunk = SPEC_THUNK_JMP, .auto_ibrs = true, .ibpb = true));
	check(&sandy_bridge, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .rsb = true));
	check(&skylake, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true, .verw = true, .l1d_flush = true));
	check(&ice_lake, NULL, PLAN(.thunk = SPEC_THUNK_JMP, .msr = SPEC_CTRL_IBRS, .ibpb = true));
	check(&fb_clear, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .verw = true));
}

static void one_word_turns_all_off_and_on(void **state)
{
	check(&skylake, "no", PLAN(.thunk = SPEC_THUNK_JMP));
	check(&zen4, "off", PLAN(.thunk = SPEC_THUNK_JMP));
	check(&old_amd, "0", PLAN(.thunk = SPEC_THUNK_JMP));
	check(&skylake, "", plan(&skylake, NULL));
	check(&skylake, "yes", plan(&skylake, NULL));
	check(&skylake, "no,ibpb,md-clear", PLAN(.thunk = SPEC_THUNK_JMP, .ibpb = true, .verw = true));
	check(&skylake, "no-pv", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true, .l1d_flush = true));
	check(&skylake, "l1d-flush=no", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true, .verw = true));
	check(&zen4, "xen=no", PLAN(.thunk = SPEC_THUNK_JMP, .ibpb = true));
}

static void single_settings_are_obeyed(void **state)
{
	check(&zen4, "ssbd,stibp=1", PLAN(.thunk = SPEC_THUNK_JMP, .auto_ibrs = true, .ibpb = true,
					  .msr = SPEC_CTRL_SSBD | SPEC_CTRL_STIBP));
	check(&zen4, "no-ibrs", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true));
	check(&ice_lake, "ibrs=no,no-ibpb", PLAN(.thunk = SPEC_THUNK_RETPOLINE));
	check(&skylake, "ibrs", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .msr = SPEC_CTRL_IBRS, .ibpb = true,
				     .verw = true, .l1d_flush = true));
	check(&zen3, "bti-thunk=lfence,no-stibp", PLAN(.thunk = SPEC_THUNK_LFENCE, .ibpb = true));
	check(&zen3, "bti-thunk=jmp,rsb,md-clear=yes,eager-fpu,l1d-flush=0,no-stibp",
	      PLAN(.thunk = SPEC_THUNK_JMP, .ibpb = true, .rsb = true, .verw = true));
	/* What the CPU does not have cannot be had by asking. */
	check(&old_amd, "ibrs,ibpb,stibp,ssbd,no-rsb", PLAN(.thunk = SPEC_THUNK_RETPOLINE));
}

static void bad_settings_are_refused(void **state)
{
	spec_options = nothing_said;
	assert_int_equal(spec_opt_spec_ctrl("bti-thunk=fast"), -EINVAL);
	assert_int_equal(spec_opt_spec_ctrl("bti-thunk"), -EINVAL);
	assert_int_equal(spec_opt_spec_ctrl("ibpd"), -EINVAL);
	assert_int_equal(spec_opt_spec_ctrl("ibpb=maybe"), -EINVAL);
	assert_int_equal(spec_opt_xpti("dom2=1"), -EINVAL);
	assert_int_equal(spec_opt_xpti("perhaps"), -EINVAL);
	assert_memory_equal(&spec_options, &nothing_said, sizeof(nothing_said));
}

/* By default where Meltdown is; "no" to everything is a no to this, too, unless something else was said. */
static void isolated_where_the_cpu_needs_it(void **state)
{
	static const struct { const struct spec_cpu *cpu; const char *spec_ctrl, *xpti; bool dom0, domu; } cases[] = {
		{ &old_amd, NULL, NULL, false, false },	       { &zen4, NULL, NULL, false, false },
		{ &ice_lake, NULL, NULL, false, false },       { &fb_clear, NULL, NULL, false, false },
		{ &sandy_bridge, NULL, NULL, true, true },     { &skylake, NULL, NULL, true, true },
		{ &skylake, NULL, "no", false, false },	       { &skylake, NULL, "dom0=no", false, true },
		{ &skylake, NULL, "domu=0", true, false },     { &zen4, NULL, "yes", true, true },
		{ &zen4, NULL, "domu", false, true },	       { &skylake, "no", NULL, false, false },
		{ &skylake, "no", "dom0", true, false },       { &skylake, "xen=no", NULL, true, true },
		{ &skylake, "yes", "default", true, true },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spec_plan p;

		spec_options = nothing_said;
		if (cases[i].xpti)
			assert_int_equal(spec_opt_xpti(cases[i].xpti), 0);
		if (cases[i].spec_ctrl)
			assert_int_equal(spec_opt_spec_ctrl(cases[i].spec_ctrl), 0);
		spec_plan_make(cases[i].cpu, &spec_options, &p);
		assert_int_equal(p.xpti_dom0, cases[i].dom0);
		assert_int_equal(p.xpti_domu, cases[i].domu);
	}
}

static void xpti_is_read_for_each_kind(void **state)
{
	spec_options = nothing_said;
	assert_int_equal(spec_opt_xpti("dom0=false,domu"), 0);
	assert_int_equal(spec_options.xpti_dom0, 0);
	assert_int_equal(spec_options.xpti_domu, 1);
	assert_int_equal(spec_opt_xpti("no"), 0);
	assert_int_equal(spec_options.xpti_domu, 0);
	assert_int_equal(spec_opt_xpti("default"), 0);
	assert_int_equal(spec_options.xpti_dom0, -1);
}

/* What is on: v VERW, r return predictor, i IBPB on the way in, each for PV (small) and HVM (large) guests; d, b. */
static const char *extras(const struct spec_cpu *c, const char *options)
{
	static char on[10];
	struct spec_plan p = plan(c, options);
	char *to = on;

	*to = p.verw ? 'v' : '-', *++to = p.verw_hvm ? 'V' : '-';
	*++to = p.rsb ? 'r' : '-', *++to = p.rsb_hvm ? 'R' : '-';
	*++to = p.ibpb_entry_pv ? 'i' : '-', *++to = p.ibpb_entry_hvm ? 'I' : '-';
	*++to = p.div_scrub ? 'd' : '-', *++to = p.branch_harden ? 'b' : '-';
	return on;
}

static void each_kind_of_guest_has_its_own(void **state)
{
	assert_string_equal(extras(&skylake, NULL), "vV-R---b");
	assert_string_equal(extras(&skylake, "no"), "--------");
	assert_string_equal(extras(&skylake, "no-pv"), "-V-R---b");
	assert_string_equal(extras(&skylake, "hvm=no"), "v------b");
	assert_string_equal(extras(&skylake, "hvm=0,rsb=hvm"), "v--R---b");
	assert_string_equal(extras(&skylake, "md-clear=no-hvm,rsb=pv"), "v-rR---b");
	assert_string_equal(extras(&skylake, "no-md-clear,rsb=0"), "-------b");
	assert_string_equal(extras(&skylake, "no-branch-harden"), "vV-R----");
	assert_string_equal(extras(&skylake, "xen=no"), "vV-R----");
	assert_string_equal(extras(&fb_clear, NULL), "vV-R---b");
	assert_string_equal(extras(&fb_clear, "unpriv-mmio=no"), "---R---b");
	assert_string_equal(extras(&zen1, NULL), "---RiIdb");
	assert_string_equal(extras(&zen1, "ibpb-entry=pv=no,div-scrub=0"), "---R-I-b");
	assert_string_equal(extras(&zen1, "no-ibpb-entry"), "---R--db");
	assert_string_equal(extras(&zen3, "ibpb-entry=hvm"), "---R-I-b");
	assert_string_equal(extras(&old_amd, "ibpb-entry,div-scrub"), "--rR--db"); /* it has no IBPB */
	assert_int_equal(spec_opt_spec_ctrl("rsb=guest"), -EINVAL);
	assert_int_equal(spec_opt_spec_ctrl("hvm=maybe"), -EINVAL);
}

static void what_cannot_be_left_out_is_refused(void **state)
{
	assert_int_equal(spec_opt_spec_ctrl("eager-fpu"), 0);
	assert_int_equal(spec_opt_spec_ctrl("no-eager-fpu"), -EOPNOTSUPP);
	assert_int_equal(spec_opt_spec_ctrl("eager-fpu=perhaps"), -EINVAL);
}

static void registers_of_the_cpu_are_as_asked(void **state)
{
	static const struct { const struct spec_cpu *cpu; const char *options; uint64_t mask, value; } cases[] = {
		{ &skylake, "srb-lock=no,gds-mit=no", 0, 0 },
		{ &microcode, NULL, MCU_OPT_RNGDS_DIS | MCU_OPT_GDS_DIS, 0 },
		{ &microcode, "srb-lock=no", MCU_OPT_RNGDS_DIS | MCU_OPT_GDS_DIS, MCU_OPT_RNGDS_DIS },
		{ &microcode, "no-gds-mit", MCU_OPT_RNGDS_DIS | MCU_OPT_GDS_DIS, MCU_OPT_GDS_DIS },
		{ &microcode, "no", MCU_OPT_RNGDS_DIS | MCU_OPT_GDS_DIS, MCU_OPT_RNGDS_DIS | MCU_OPT_GDS_DIS },
	};
	struct spec_cpu zen3_psfd = zen3;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spec_plan p = plan(cases[i].cpu, cases[i].options);

		assert_int_equal(p.mcu_opt_mask, cases[i].mask);
		assert_int_equal(p.mcu_opt, cases[i].value);
	}
	zen3_psfd.psfd = true;
	assert_int_equal(plan(&zen3_psfd, NULL).msr, SPEC_CTRL_STIBP);
	assert_int_equal(plan(&zen3_psfd, "psfd").msr, SPEC_CTRL_STIBP | SPEC_CTRL_PSFD);
	assert_int_equal(plan(&zen3, "psfd").msr, SPEC_CTRL_STIBP);
	assert_int_equal(plan(&ice_lake, "msr-sc=no").msr, 0);
	assert_int_equal(plan(&ice_lake, "msr-sc=no").thunk, SPEC_THUNK_RETPOLINE);
	assert_int_equal(plan(&ice_lake, "msr-sc=no-pv").msr, SPEC_CTRL_IBRS); /* one value for all guests */
}

/* Guests are checked where the CPU needs it, Dom0 if it is asked for. */
static void absent_entries_are_checked_where_l1tf_is(void **state)
{
	static const struct { const struct spec_cpu *cpu; const char *spec_ctrl, *l1tf; bool dom0, domu; } cases[] = {
		{ &zen4, NULL, NULL, false, false },	    { &ice_lake, NULL, NULL, false, false },
		{ &skylake, NULL, NULL, false, true },	    { &sandy_bridge, NULL, NULL, false, true },
		{ &skylake, NULL, "yes", true, true },	    { &skylake, NULL, "no", false, false },
		{ &skylake, NULL, "dom0=1", true, true },   { &skylake, NULL, "dom0,domu=0", true, false },
		{ &zen4, NULL, "domu", false, true },	    { &skylake, "no", NULL, false, false },
		{ &skylake, "no", "domu=1", false, true },  { &skylake, "xen=no", NULL, false, true },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spec_plan p;

		spec_options = nothing_said;
		if (cases[i].l1tf)
			assert_int_equal(spec_opt_pv_l1tf(cases[i].l1tf), 0);
		if (cases[i].spec_ctrl)
			assert_int_equal(spec_opt_spec_ctrl(cases[i].spec_ctrl), 0);
		spec_plan_make(cases[i].cpu, &spec_options, &p);
		assert_int_equal(p.l1tf_dom0, cases[i].dom0);
		assert_int_equal(p.l1tf_domu, cases[i].domu);
	}
	assert_int_equal(spec_opt_pv_l1tf("dom2"), -EINVAL);
	assert_int_equal(spec_l1d_address_bits(0x000506e3, 39), 44); /* a desk's Skylake */
	assert_int_equal(spec_l1d_address_bits(0x000206a7, 36), 44); /* Sandy Bridge */
	assert_int_equal(spec_l1d_address_bits(0x00050654, 46), 46);
	assert_int_equal(spec_l1d_address_bits(0x000306e4, 40), 40); /* a server's says what it has */
	assert_int_equal(spec_l1d_address_bits(0x00800f12, 48), 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_gets_what_it_needs),	 cmocka_unit_test(one_word_turns_all_off_and_on),
		cmocka_unit_test(single_settings_are_obeyed),	 cmocka_unit_test(bad_settings_are_refused),
		cmocka_unit_test(isolated_where_the_cpu_needs_it), cmocka_unit_test(xpti_is_read_for_each_kind),
		cmocka_unit_test(absent_entries_are_checked_where_l1tf_is), cmocka_unit_test(each_kind_of_guest_has_its_own),
		cmocka_unit_test(what_cannot_be_left_out_is_refused), cmocka_unit_test(registers_of_the_cpu_are_as_asked),
	};

	nothing_said = spec_options;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
