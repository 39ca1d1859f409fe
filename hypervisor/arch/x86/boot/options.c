/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: one table of options, by Xen's names. It is parsed before there is a
 * console, so complaints are kept and reported by options_report(). A complaint never stops the boot.
 */
#include <hv/console_options.h>
#include <hv/cpumask.h>
#include <hv/grant.h>
#include <hv/lib.h>
#include <hv/parse.h>
#include <hv/printf.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <asm/boot.h>
#include <asm/options.h>

bool opt_smap = true, opt_smep = true, opt_noreboot;
char opt_com1[64], opt_console[64] = "com1,vga";
uint64_t opt_maxcpus = NR_CPUS;
uint64_t opt_dom0_mem, opt_dom0_mem_max, opt_dom0_max_vcpus;

#define MAX_COMPLAINTS 16
static char complaint[MAX_COMPLAINTS][120];
static unsigned int nr_complaints;

static void complain(const char *what, const char *name, const char *value)
{
	if (nr_complaints < MAX_COMPLAINTS)
		hv_snprintf(complaint[nr_complaints++], sizeof(complaint[0]), "%s '%s%s%s'", what, name,
			    *value ? "=" : "", value);
}

/* Each setter returns 0, or -EINVAL for a value it cannot use. */
static int set_bool(bool *b, const char *v)
{
	if (!*v || !strcmp(v, "1") || !strcmp(v, "on") || !strcmp(v, "yes") || !strcmp(v, "true") ||
	    !strcmp(v, "enable"))
		*b = true;
	else if (!strcmp(v, "0") || !strcmp(v, "off") || !strcmp(v, "no") || !strcmp(v, "false") ||
		 !strcmp(v, "disable"))
		*b = false;
	else
		return -EINVAL;
	return 0;
}

static int set_smap(const char *v)
{
	return set_bool(&opt_smap, v);
}

static int set_smep(const char *v)
{
	return set_bool(&opt_smep, v);
}

static int set_noreboot(const char *v)
{
	int rc = set_bool(&opt_noreboot, v);

	panic_set_noreboot(opt_noreboot);
	return rc;
}

static int set_com1(const char *v)
{
	strlcpy(opt_com1, v, sizeof(opt_com1));
	return 0;
}

static int set_console(const char *v)
{
	strlcpy(opt_console, v, sizeof(opt_console));
	return 0;
}

static int set_sched(const char *v)
{
	return sched_set_default(v);
}

static int set_maxcpus(const char *v)
{
	return parse_u64(v, NULL, 0, &opt_maxcpus) || !opt_maxcpus ? -EINVAL : 0;
}

static int set_conring(const char *v)
{
	uint64_t size;

	if (parse_size(v, NULL, &size))
		return -EINVAL;
	console_set_ring_size(size);
	return 0;
}

static int set_to_ring(const char *v)
{
	bool on;

	if (set_bool(&on, v))
		return -EINVAL;
	console_set_dom0_to_ring(on);
	return 0;
}

static int set_conswitch(const char *v)
{
	console_set_switch_key(v);
	return 0;
}

static int set_dom0_max_vcpus(const char *v)
{
	uint64_t n;

	if (parse_u64(v, NULL, 0, &n) || n < 1 || n > 128)
		return -EINVAL;
	opt_dom0_max_vcpus = n;
	return 0;
}

/* One of dom0_mem's parts: "SIZE", "min:SIZE", "max:SIZE"; a bare number counts KiB. */
static int set_dom0_mem_part(const char *p, const char **end)
{
	uint64_t *to = &opt_dom0_mem, ignored;

	if (!strncmp(p, "max:", 4))
		to = &opt_dom0_mem_max, p += 4;
	else if (!strncmp(p, "min:", 4))
		to = &ignored, p += 4;
	return parse_size_unit(p, end, 10, to);
}

static int set_dom0_mem(const char *v)
{
	while (*v) {
		if (set_dom0_mem_part(v, &v) || (*v && *v != ',')) {
			opt_dom0_mem = opt_dom0_mem_max = 0;
			return -EINVAL;
		}
		if (*v == ',')
			v++;
	}
	return 0;
}

static int no_effect(const char *v)
{
	return 0;
}

static int set_grant_frames(const char *v)
{
	uint64_t nr;

	if (parse_u64(v, NULL, 0, &nr))
		return -EINVAL;
	grant_set_default_frames(nr);
	return 0;
}

static int set_maptrack_frames(const char *v)
{
	uint64_t nr;

	if (parse_u64(v, NULL, 0, &nr))
		return -EINVAL;
	grant_set_default_maptrack(nr);
	return 0;
}

static const struct {
	const char *name;
	int (*set)(const char *value);
} options[] = {
	{ "com1", set_com1 },
	{ "conring_size", set_conring },
	{ "console", set_console },
	{ "console_to_ring", set_to_ring },
	{ "conswitch", set_conswitch },
	{ "dom0_max_vcpus", set_dom0_max_vcpus },
	{ "dom0_mem", set_dom0_mem },
	{ "gnttab_max_frames", set_grant_frames },
	{ "gnttab_max_maptrack_frames", set_maptrack_frames },
	{ "guest_loglvl", console_opt_guest_loglvl },
	{ "loglvl", console_opt_loglvl },
	{ "maxcpus", set_maxcpus },
	{ "noreboot", set_noreboot },
	{ "placeholder", no_effect }, /* what boot loaders' scripts put first */
	{ "sched", set_sched },
	{ "smap", set_smap },
	{ "smep", set_smep },
};

static void apply(char *word)
{
	char *value = strchr(word, '=');
	const char *v = "";

	if (value) {
		*value = 0;
		v = value + 1;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, word))
			continue;
		if (options[i].set(v))
			complain("Option ignored, its value is not valid:", word, v);
		return;
	}
	if (!strncmp(word, "no-", 3) && !value) {
		for (unsigned int i = 0; i < ARRAY_SIZE(options); i++)
			if (!strcmp(options[i].name, word + 3) && !options[i].set("0"))
				return;
	}
	complain("Unknown option ignored:", word, v);
}

void options_parse(const char *cmdline)
{
	static char copy[BOOT_CMDLINE_MAX];
	char *p = copy;

	strlcpy(copy, cmdline, sizeof(copy));
	while (*p) {
		char *word = p;

		while (*p && *p != ' ')
			p++;
		if (*p)
			*p++ = 0;
		if (*word)
			apply(word);
	}
}

void options_report(void)
{
	for (unsigned int i = 0; i < nr_complaints; i++)
		printk("WARNING: %s\n", complaint[i]);
	if (nr_complaints == MAX_COMPLAINTS)
		printk("WARNING: further complaints about options are not shown\n");
}
