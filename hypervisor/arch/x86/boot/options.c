/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: one table of options, by Xen's names, for hv/cmdline.h's parser. It is
 * read before there is a console, so complaints are kept and reported by options_report(). A complaint
 * never stops the boot. docs/man/serai-command-line.7 explains the options.
 */
#include <hv/cmdline.h>
#include <hv/console_options.h>
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/lib.h>
#include <hv/parse.h>
#include <hv/printf.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <asm/boot.h>
#include <asm/options.h>
#include <asm/spec_ctrl.h>

bool opt_smap = true, opt_smep = true, opt_noreboot;
char opt_com1[64], opt_console[64] = "com1,vga";
uint64_t opt_maxcpus = NR_CPUS;
uint64_t opt_dom0_mem, opt_dom0_mem_max, opt_dom0_max_vcpus;

/* Setters return 0, or -EINVAL for a value they cannot use; then nothing has changed. */
static int set_noreboot(const char *v)
{
	int rc = cmdline_bool(v, &opt_noreboot);

	if (!rc)
		panic_set_noreboot(opt_noreboot);
	return rc;
}

static int set_in_range(const char *v, uint64_t lowest, uint64_t highest, uint64_t *to)
{
	uint64_t n;
	int rc = parse_u64(v, NULL, 0, &n);

	if (rc || n < lowest || n > highest)
		return -EINVAL;
	*to = n;
	return 0;
}

static int set_maxcpus(const char *v)
{
	return set_in_range(v, 1, UINT64_MAX, &opt_maxcpus);
}

static int set_dom0_max_vcpus(const char *v)
{
	return set_in_range(v, 1, MAX_VIRT_CPUS, &opt_dom0_max_vcpus);
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

	if (cmdline_bool(v, &on))
		return -EINVAL;
	console_set_dom0_to_ring(on);
	return 0;
}

static int set_conswitch(const char *v)
{
	console_set_switch_key(v);
	return 0;
}

/* One of dom0_mem's parts: "SIZE", "min:SIZE", "max:SIZE"; a bare number counts KiB. */
static int dom0_mem_part(const char *p, const char **end, uint64_t *size, uint64_t *highest)
{
	uint64_t *to = size, ignored;

	if (!strncmp(p, "max:", 4))
		to = highest, p += 4;
	else if (!strncmp(p, "min:", 4))
		to = &ignored, p += 4;
	return parse_size_unit(p, end, 10, to);
}

static int set_dom0_mem(const char *v)
{
	uint64_t size = 0, highest = 0;

	do {
		if (dom0_mem_part(v, &v, &size, &highest) || (*v && *v != ','))
			return -EINVAL;
	} while (*v++ == ',');
	opt_dom0_mem = size;
	opt_dom0_mem_max = highest;
	return 0;
}

static int no_effect(const char *v)
{
	return 0;
}

static int set_grant_frames(const char *v)
{
	uint64_t nr;
	int rc = set_in_range(v, 0, UINT64_MAX, &nr);

	if (!rc)
		grant_set_default_frames(nr);
	return rc;
}

static int set_maptrack_frames(const char *v)
{
	uint64_t nr;
	int rc = set_in_range(v, 0, UINT64_MAX, &nr);

	if (!rc)
		grant_set_default_maptrack(nr);
	return rc;
}

static int set_ratelimit(const char *v)
{
	uint64_t us;
	int rc = set_in_range(v, 0, UINT32_MAX, &us);

	return rc ? rc : sched_set_default_ratelimit((uint32_t)us);
}

/* "force" is Xen's word for a CPU where it would not dare. */
static int set_watchdog(const char *v)
{
	if (!strcmp(v, "force"))
		v = "yes";
	return cmdline_bool(v, &opt_watchdog);
}

static int set_watchdog_timeout(const char *v)
{
	uint64_t seconds;
	int rc = set_in_range(v, 0, 3600, &seconds);

	if (rc)
		return rc;
	opt_watchdog = seconds != 0;
	if (seconds)
		opt_watchdog_timeout = seconds;
	return 0;
}

#define BOOL(name, var)	  { name, OPTION_BOOL, &(var), sizeof(var), NULL }
#define STRING(name, var) { name, OPTION_STRING, var, sizeof(var), NULL }
#define CUSTOM(name, fn)  { name, OPTION_CUSTOM, NULL, 0, fn }
static const struct hv_option options[] = {
	STRING("com1", opt_com1),
	CUSTOM("conring_size", set_conring),
	STRING("console", opt_console),
	CUSTOM("console_to_ring", set_to_ring),
	CUSTOM("conswitch", set_conswitch),
	CUSTOM("dom0_max_vcpus", set_dom0_max_vcpus),
	CUSTOM("dom0_mem", set_dom0_mem),
	CUSTOM("gnttab_max_frames", set_grant_frames),
	CUSTOM("gnttab_max_maptrack_frames", set_maptrack_frames),
	CUSTOM("guest_loglvl", console_opt_guest_loglvl),
	CUSTOM("loglvl", console_opt_loglvl),
	CUSTOM("maxcpus", set_maxcpus),
	CUSTOM("noreboot", set_noreboot),
	CUSTOM("pcid", no_effect), /* never used */
	CUSTOM("placeholder", no_effect), /* what boot loaders' scripts put first */
	CUSTOM("pv-l1tf", spec_opt_pv_l1tf),
	CUSTOM("sched", sched_set_default),
	CUSTOM("sched_ratelimit_us", set_ratelimit),
	BOOL("smap", opt_smap),
	BOOL("smep", opt_smep),
	CUSTOM("spec-ctrl", spec_opt_spec_ctrl),
	CUSTOM("watchdog", set_watchdog),
	CUSTOM("watchdog_timeout", set_watchdog_timeout),
	CUSTOM("xpti", spec_opt_xpti),
};

#define MAX_COMPLAINTS 16
static char complaint[MAX_COMPLAINTS][128];
static unsigned int nr_complaints;

static void complain(void *ctx, const char *word, int error)
{
	const char *near;
	char *to;

	if (nr_complaints == MAX_COMPLAINTS)
		return;
	to = complaint[nr_complaints++];
	if (error == -E2BIG) {
		hv_snprintf(to, sizeof(complaint[0]), "Option ignored, it is too long: '%.60s'", word);
	} else if (error == -EOPNOTSUPP) {
		hv_snprintf(to, sizeof(complaint[0]), "Option refused, Serai always does it: '%.60s'", word);
	} else if (error != -ENOENT) {
		hv_snprintf(to, sizeof(complaint[0]), "Option ignored, its value is not valid: '%.60s'", word);
	} else {
		near = cmdline_nearest(word, options, ARRAY_SIZE(options));
		hv_snprintf(to, sizeof(complaint[0]), "Unknown option ignored: '%.60s'%s%s%s", word,
			    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	}
}

void options_parse(const char *cmdline)
{
	cmdline_parse(cmdline, options, ARRAY_SIZE(options), complain, NULL);
}

void options_report(void)
{
	for (unsigned int i = 0; i < nr_complaints; i++)
		printk("WARNING: %s\n", complaint[i]);
	if (nr_complaints == MAX_COMPLAINTS)
		printk("WARNING: further complaints about options are not shown\n");
}
