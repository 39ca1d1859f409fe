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
static const struct spec_cpu sandy_bridge = { .vendor = CPU_VENDOR_INTEL, .mds = true, .meltdown = true };
static const struct spec_cpu skylake = { .vendor = CPU_VENDOR_INTEL, .ibrs = true, .ibpb = true, .stibp = true,
					 .ssbd = true, .md_clear = true, .mds = true, .meltdown = true,
					 .smep = true };
static const struct spec_cpu ice_lake = { .vendor = CPU_VENDOR_INTEL, .ibrs = true, .ibpb = true, .stibp = true,
					  .ssbd = true, .md_clear = true, .smep = true,
					  .arch_caps = ARCH_CAPS_RDCL_NO | ARCH_CAPS_IBRS_ALL | ARCH_CAPS_MDS_NO };
static const struct spec_cpu fb_clear = { .vendor = CPU_VENDOR_INTEL, .md_clear = true, .smep = true,
					  .arch_caps = ARCH_CAPS_MDS_NO | ARCH_CAPS_FB_CLEAR };

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
}
#define PLAN(...) ((struct spec_plan){ __VA_ARGS__ })

static void each_cpu_gets_what_it_needs(void **state)
{
	check(&old_amd, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .rsb = true));
	check(&zen3, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .msr = SPEC_CTRL_STIBP, .ibpb = true));
	check(&zen4, NULL, PLAN(.thunk = SPEC_THUNK_JMP, .auto_ibrs = true, .ibpb = true));
	check(&sandy_bridge, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .rsb = true));
	check(&skylake, NULL, PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true, .verw = true));
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
	check(&skylake, "no-pv", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true));
	check(&zen4, "xen=no", PLAN(.thunk = SPEC_THUNK_JMP, .ibpb = true));
}

static void single_settings_are_obeyed(void **state)
{
	check(&zen4, "ssbd,stibp=1", PLAN(.thunk = SPEC_THUNK_JMP, .auto_ibrs = true, .ibpb = true,
					  .msr = SPEC_CTRL_SSBD | SPEC_CTRL_STIBP));
	check(&zen4, "no-ibrs", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .ibpb = true));
	check(&ice_lake, "ibrs=no,no-ibpb", PLAN(.thunk = SPEC_THUNK_RETPOLINE));
	check(&skylake, "ibrs", PLAN(.thunk = SPEC_THUNK_RETPOLINE, .msr = SPEC_CTRL_IBRS, .ibpb = true,
				     .verw = true));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_gets_what_it_needs),	 cmocka_unit_test(one_word_turns_all_off_and_on),
		cmocka_unit_test(single_settings_are_obeyed),	 cmocka_unit_test(bad_settings_are_refused),
		cmocka_unit_test(xpti_is_read_for_each_kind),
	};

	nothing_said = spec_options;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
