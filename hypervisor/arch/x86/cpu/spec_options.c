/* SPDX-License-Identifier: MIT */
/*
 * spec-ctrl=, xpti= and pv-l1tf=: lists of settings separated by commas, as Xen has them.
 */
#include <hv/cmdline.h>
#include <hv/string.h>
#include <asm/spec_ctrl.h>

struct spec_options spec_options = {
	.ibrs = -1, .ibpb = -1, .stibp = -1, .ssbd = -1, .psfd = -1, .l1d_flush = -1, .branch_harden = -1, .srb_lock = -1,
	.unpriv_mmio = -1, .gds_mit = -1, .div_scrub = -1,
	.msr_sc = -1, .rsb = -1, .md_clear = -1, .ibpb_entry = -1,
	.msr_sc_hvm = -1, .rsb_hvm = -1, .md_clear_hvm = -1, .ibpb_entry_hvm = -1,
	.xpti_dom0 = -1, .xpti_domu = -1, .l1tf_dom0 = -1, .l1tf_domu = -1,
};

static int set_thunk(const char *value)
{
	if (!strcmp(value, "retpoline"))
		spec_options.thunk = SPEC_THUNK_RETPOLINE;
	else if (!strcmp(value, "lfence"))
		spec_options.thunk = SPEC_THUNK_LFENCE;
	else if (!strcmp(value, "jmp"))
		spec_options.thunk = SPEC_THUNK_JMP;
	else
		return -EINVAL;
	return 0;
}

static void set_all_for_hv(int8_t on)
{
	spec_options.thunk = on ? SPEC_THUNK_DEFAULT : SPEC_THUNK_JMP;
	spec_options.ibrs = spec_options.stibp = spec_options.ssbd = spec_options.psfd = on ? -1 : 0;
	spec_options.branch_harden = on ? -1 : 0;
}

static void set_all_for_pv(int8_t on)
{
	spec_options.rsb = spec_options.md_clear = spec_options.msr_sc = spec_options.ibpb_entry = on ? -1 : 0;
}

static void set_all_for_hvm(int8_t on)
{
	spec_options.rsb_hvm = spec_options.md_clear_hvm = on ? -1 : 0;
	spec_options.msr_sc_hvm = spec_options.ibpb_entry_hvm = on ? -1 : 0;
}

/* What belongs to no side. */
static void set_others(int8_t on)
{
	spec_options.ibpb = spec_options.l1d_flush = spec_options.srb_lock = on ? -1 : 0;
	spec_options.unpriv_mmio = spec_options.gds_mit = spec_options.div_scrub = on ? -1 : 0;
}

/* xen=, pv=, hvm=: one side of everything. */
static int set_xen(const char *value)
{
	bool on;

	if (cmdline_bool(value, &on))
		return -EINVAL;
	set_all_for_hv(on);
	return 0;
}

static int set_pv(const char *value)
{
	bool on;

	if (cmdline_bool(value, &on))
		return -EINVAL;
	set_all_for_pv(on);
	return 0;
}

static int set_hvm(const char *value)
{
	bool on;

	if (cmdline_bool(value, &on))
		return -EINVAL;
	set_all_for_hvm(on);
	return 0;
}

/* NAME=bool for both kinds of guests, NAME=pv or NAME=no-hvm and their like for one. */
static int set_pair(const char *value, int8_t *pv, int8_t *hvm)
{
	const struct hv_option kinds[] = { { "pv", OPTION_TRISTATE, pv, 1, NULL }, { "hvm", OPTION_TRISTATE, hvm, 1, NULL } };
	bool on;

	if (cmdline_bool(value, &on))
		return cmdline_list(value, kinds, ARRAY_SIZE(kinds));
	*pv = *hvm = on;
	return 0;
}

#define PAIR_SETTER(name)                                                                          \
	static int set_##name(const char *value)                                                   \
	{                                                                                          \
		return set_pair(value, &spec_options.name, &spec_options.name##_hvm);              \
	}
PAIR_SETTER(msr_sc)
PAIR_SETTER(rsb)
PAIR_SETTER(md_clear)
PAIR_SETTER(ibpb_entry)

/* The FPU's state is never left to be switched later. */
static int set_eager_fpu(const char *value)
{
	bool on;

	if (cmdline_bool(value, &on))
		return -EINVAL;
	return on ? 0 : -EOPNOTSUPP;
}

#define TRI(name, field) { name, OPTION_TRISTATE, &spec_options.field, 1, NULL }
#define CUSTOM(name, fn) { name, OPTION_CUSTOM, NULL, 0, fn }
static const struct hv_option settings[] = {
	CUSTOM("xen", set_xen),
	CUSTOM("pv", set_pv),
	CUSTOM("hvm", set_hvm),
	CUSTOM("msr-sc", set_msr_sc),
	CUSTOM("rsb", set_rsb),
	CUSTOM("md-clear", set_md_clear),
	CUSTOM("ibpb-entry", set_ibpb_entry),
	CUSTOM("bti-thunk", set_thunk),
	TRI("ibrs", ibrs),
	TRI("ibpb", ibpb),
	TRI("stibp", stibp),
	TRI("ssbd", ssbd),
	TRI("l1d-flush", l1d_flush),
	TRI("psfd", psfd),
	CUSTOM("eager-fpu", set_eager_fpu),
	TRI("branch-harden", branch_harden),
	TRI("srb-lock", srb_lock),
	TRI("unpriv-mmio", unpriv_mmio),
	TRI("gds-mit", gds_mit),
	TRI("div-scrub", div_scrub),
};

/* What has an option of its own, which goes before. */
static void turn_off_unless_said(void)
{
	int8_t *const own[] = { &spec_options.xpti_dom0, &spec_options.xpti_domu, &spec_options.l1tf_dom0, &spec_options.l1tf_domu };

	for (unsigned int i = 0; i < ARRAY_SIZE(own); i++)
		if (*own[i] < 0)
			*own[i] = 0;
}

/* A bare yes or no is the first item only, and about everything. */
int spec_opt_spec_ctrl(const char *value)
{
	char first[8];
	size_t len = strlen(value);
	const char *comma = strchr(value, ',');
	bool on;

	if (comma)
		len = (size_t)(comma - value);
	if (len < sizeof(first)) {
		memcpy(first, value, len);
		first[len] = 0;
		if (!cmdline_bool(first, &on)) {
			set_all_for_hv(on);
			set_all_for_pv(on);
			set_all_for_hvm(on);
			set_others(on);
			if (!on)
				turn_off_unless_said();
			value += len + (comma != NULL);
		}
	}
	return cmdline_list(value, settings, ARRAY_SIZE(settings));
}

static const struct hv_option xpti_settings[] = {
	TRI("dom0", xpti_dom0),
	TRI("domu", xpti_domu),
};

int spec_opt_xpti(const char *value)
{
	bool on;

	if (!strcmp(value, "default")) {
		spec_options.xpti_dom0 = spec_options.xpti_domu = -1;
		return 0;
	}
	if (!cmdline_bool(value, &on)) {
		spec_options.xpti_dom0 = spec_options.xpti_domu = on;
		return 0;
	}
	return cmdline_list(value, xpti_settings, ARRAY_SIZE(xpti_settings));
}

static const struct hv_option l1tf_settings[] = {
	TRI("dom0", l1tf_dom0),
	TRI("domu", l1tf_domu),
};

int spec_opt_pv_l1tf(const char *value)
{
	bool on;

	if (cmdline_bool(value, &on))
		return cmdline_list(value, l1tf_settings, ARRAY_SIZE(l1tf_settings));
	spec_options.l1tf_dom0 = spec_options.l1tf_domu = on;
	return 0;
}
