// sources: hypervisor/arch/x86/boot/options.c hypervisor/common/cmdline/*.c hypervisor/lib/parse.c hypervisor/lib/strlcpy.c hypervisor/lib/vsnprintf.c
/* SPDX-License-Identifier: MIT */
/* The hypervisor's options: defaults, what each sets, refused values change nothing, what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/console_options.h>
#include <hv/cpumask.h>
#include <hv/grant.h>
#include <hv/lib.h>
#include <hv/sched.h>
#include <asm/boot.h>
#include <asm/options.h>
#include <asm/spec_ctrl.h>

bool opt_watchdog;
uint64_t opt_watchdog_timeout = 5;
static uint64_t ring_size, grant_frames, maptrack_frames;
static uint32_t ratelimit;
static bool to_ring, noreboot;
static char switch_key[8], sched[16], hv_level[16], guest_level[16], spec_ctrl[32], xpti[32], l1tf[32];
static char said[4096];

int console_opt_loglvl(const char *value)
{
	snprintf(hv_level, sizeof(hv_level), "%s", value);
	return strcmp(value, "loud") ? 0 : -EINVAL;
}

int console_opt_guest_loglvl(const char *value)
{
	snprintf(guest_level, sizeof(guest_level), "%s", value);
	return 0;
}

void console_set_ring_size(uint64_t bytes)
{
	ring_size = bytes;
}

void console_set_dom0_to_ring(bool yes)
{
	to_ring = yes;
}

void console_set_switch_key(const char *value)
{
	snprintf(switch_key, sizeof(switch_key), "%s", value);
}

void panic_set_noreboot(bool yes)
{
	noreboot = yes;
}

int sched_set_default(const char *name)
{
	snprintf(sched, sizeof(sched), "%s", name);
	return strcmp(name, "credit2") && strcmp(name, "null") ? -EINVAL : 0;
}

int sched_set_default_ratelimit(uint32_t us)
{
	ratelimit = us;
	return us > 500000 ? -EINVAL : 0;
}

void grant_set_default_frames(uint64_t nr)
{
	grant_frames = nr;
}

void grant_set_default_maptrack(uint64_t nr)
{
	maptrack_frames = nr;
}

int spec_opt_spec_ctrl(const char *value)
{
	snprintf(spec_ctrl, sizeof(spec_ctrl), "%s", value);
	return 0;
}

int spec_opt_pv_l1tf(const char *value)
{
	snprintf(l1tf, sizeof(l1tf), "%s", value);
	return 0;
}

int spec_opt_xpti(const char *value)
{
	snprintf(xpti, sizeof(xpti), "%s", value);
	return 0;
}

void printk(const char *fmt, ...)
{
	size_t used = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + used, sizeof(said) - used, fmt, ap);
	va_end(ap);
}

/* Complaints are for one boot: each line is read in a process of its own. Returns what was said. */
static void boot(const char *line, void (*look)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		options_parse(line);
		options_report();
		look();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In the child: cmocka's own asserts would report twice. */
#define LOOK(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s; said: %s\n", __FILE__, __LINE__, #cond, \
				said);                                                             \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void look_defaults(void)
{
	LOOK(opt_smap && opt_smep && !opt_noreboot && !noreboot);
	LOOK(!*opt_com1 && !strcmp(opt_console, "com1,vga"));
	LOOK(!opt_watchdog && opt_watchdog_timeout == 5);
	LOOK(opt_maxcpus == NR_CPUS && !opt_dom0_mem && !opt_dom0_mem_max && !opt_dom0_max_vcpus);
	LOOK(!*said);
}

static void without_options_defaults_hold(void **state)
{
	boot("", look_defaults);
	boot("  placeholder\t ", look_defaults);
}

static void look_all(void)
{
	LOOK(!opt_smap && !opt_smep && opt_noreboot && noreboot);
	LOOK(!strcmp(opt_com1, "115200,8n1,0x3f8,4") && !strcmp(opt_console, "vga"));
	LOOK(opt_maxcpus == 3 && opt_dom0_max_vcpus == 2);
	LOOK(opt_dom0_mem == 512ull << 20 && opt_dom0_mem_max == 1ull << 30);
	LOOK(ring_size == 64 << 10 && to_ring && !strcmp(switch_key, "bx"));
	LOOK(grant_frames == 64 && maptrack_frames == 1024);
	LOOK(!strcmp(hv_level, "all") && !strcmp(guest_level, "none/info") && !strcmp(sched, "null"));
	LOOK(!strcmp(spec_ctrl, "no,ibpb") && !strcmp(xpti, "dom0=0") && !strcmp(l1tf, "domu=no"));
	LOOK(opt_watchdog && opt_watchdog_timeout == 9 && ratelimit == 700);
	LOOK(!*said);
}

static void each_option_reaches_its_owner(void **state)
{
	boot("com1=115200,8n1,0x3f8,4 console=vga smap=off no-smep noreboot maxcpus=3 dom0_max_vcpus=2 "
	     "dom0_mem=512M,max:1G,min:256M conring_size=64k console_to_ring conswitch=bx "
	     "gnttab_max_frames=64 gnttab_max_maptrack_frames=0x400 loglvl=all guest_loglvl=none/info "
	     "sched=null spec-ctrl=no,ibpb xpti=dom0=0 pv-l1tf=domu=no watchdog_timeout=9 sched_ratelimit_us=700",
	     look_all);
}

static void look_last(void)
{
	LOOK(opt_smap && !opt_noreboot && !noreboot && opt_dom0_mem == 1ull << 20 && !opt_dom0_mem_max);
	LOOK(!*said);
}

static void the_last_mention_wins(void **state)
{
	boot("no-smap noreboot dom0_mem=max:5G smap=yes noreboot=no dom0_mem=1024", look_last);
}

static void look_refused(void)
{
	LOOK(opt_smap && opt_maxcpus == NR_CPUS && !opt_dom0_max_vcpus && !opt_dom0_mem && !opt_dom0_mem_max);
	LOOK(!strcmp(opt_console, "com1,vga") && !grant_frames && !ring_size);
	LOOK(strstr(said, "WARNING: Option ignored, its value is not valid: 'smap=perhaps'\n"));
	LOOK(strstr(said, "not valid: 'dom0_mem=512M,most:1G'\n"));
	LOOK(strstr(said, "not valid: 'dom0_mem=1G,'\n") && strstr(said, "not valid: 'dom0_mem='\n"));
	LOOK(strstr(said, "not valid: 'dom0_max_vcpus=129'\n") && strstr(said, "not valid: 'maxcpus=0'\n"));
	LOOK(strstr(said, "not valid: 'sched=fair'\n") && strstr(said, "not valid: 'loglvl=loud'\n"));
	LOOK(strstr(said, "not valid: 'no-console'\n") && strstr(said, "not valid: 'gnttab_max_frames=many'\n"));
	LOOK(strstr(said, "too long: 'console=com1,com1,"));
}

static void refused_values_are_named_and_change_nothing(void **state)
{
	boot("smap=perhaps dom0_mem=512M,most:1G dom0_mem=1G, dom0_mem= dom0_max_vcpus=129 maxcpus=0 sched=fair "
	     "loglvl=loud no-console gnttab_max_frames=many conring_size=16Q "
	     "console=com1,com1,com1,com1,com1,com1,com1,com1,com1,com1,com1,com1,com1,com1,com1",
	     look_refused);
}

static void look_unknown(void)
{
	LOOK(strstr(said, "WARNING: Unknown option ignored: 'dom0-mem=1G' (did you mean 'dom0_mem'?)\n"));
	LOOK(strstr(said, "Unknown option ignored: 'no-sma' (did you mean 'smap'?)\n"));
	LOOK(strstr(said, "Unknown option ignored: 'dom0_max_vcpu=1' (did you mean 'dom0_max_vcpus'?)\n"));
	LOOK(strstr(said, "Unknown option ignored: 'tmem'\n") && strstr(said, "ignored: '=x'\n"));
	LOOK(!opt_dom0_mem);
}

static void unknown_options_are_named_with_what_was_meant(void **state)
{
	boot("dom0-mem=1G no-sma dom0_max_vcpu=1 tmem =x", look_unknown);
}

static void look_flood(void)
{
	LOOK(strstr(said, "ignored: 'q15'\n") && !strstr(said, "'q16'"));
	LOOK(strstr(said, "WARNING: further complaints about options are not shown\n"));
	LOOK(!opt_smap);
}

static void many_complaints_are_cut_short(void **state)
{
	char line[200] = "";

	for (int i = 0; i < 25; i++)
		sprintf(line + strlen(line), "q%d ", i);
	strcat(line, "smap=off");
	boot(line, look_flood);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_defaults_hold),
		cmocka_unit_test(each_option_reaches_its_owner),
		cmocka_unit_test(the_last_mention_wins),
		cmocka_unit_test(refused_values_are_named_and_change_nothing),
		cmocka_unit_test(unknown_options_are_named_with_what_was_meant),
		cmocka_unit_test(many_complaints_are_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
