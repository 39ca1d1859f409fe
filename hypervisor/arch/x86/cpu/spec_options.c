/* SPDX-License-Identifier: MIT */
/*
 * spec-ctrl= and xpti=: lists of settings separated by commas, as Xen has them. What Serai has no use for
 * is accepted: it has no HVM guests to tell apart, saves the FPU eagerly and has no per-feature code for
 * the rest.
 */
#include <hv/cmdline.h>
#include <hv/string.h>
#include <asm/spec_ctrl.h>

struct spec_options spec_options = {
	.ibrs = -1, .ibpb = -1, .stibp = -1, .ssbd = -1, .md_clear = -1, .rsb = -1,
	.xpti_dom0 = -1, .xpti_domu = -1,
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
	spec_options.ibrs = spec_options.stibp = spec_options.ssbd = on ? -1 : 0;
}

static void set_all_for_pv(int8_t on)
{
	spec_options.rsb = spec_options.md_clear = on ? -1 : 0;
}

/* xen=, pv=: one half of everything. */
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

#define TRI(name, field) { name, OPTION_TRISTATE, &spec_options.field, 1, NULL }
#define CUSTOM(name, fn) { name, OPTION_CUSTOM, NULL, 0, fn }
static const struct hv_option settings[] = {
	CUSTOM("xen", set_xen),
	CUSTOM("pv", set_pv),
	CUSTOM("bti-thunk", set_thunk),
	TRI("ibrs", ibrs),
	TRI("ibpb", ibpb),
	TRI("stibp", stibp),
	TRI("ssbd", ssbd),
	TRI("md-clear", md_clear),
	TRI("rsb", rsb),
	TRI("hvm", ignored),
	TRI("msr-sc", ignored),
	TRI("ibpb-entry", ignored),
	TRI("psfd", ignored),
	TRI("eager-fpu", ignored),
	TRI("l1d-flush", ignored),
	TRI("branch-harden", ignored),
	TRI("srb-lock", ignored),
	TRI("unpriv-mmio", ignored),
	TRI("gds-mit", ignored),
	TRI("div-scrub", ignored),
};

/* A bare yes or no, the first item only, is about everything but XPTI. */
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
			spec_options.ibpb = on ? -1 : 0;
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
