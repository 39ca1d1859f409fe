/* SPDX-License-Identifier: MIT */
/* pause, unpause, sysrq, trigger, dump-core, rename, qemu-monitor-command: one thing done to one domain. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "xl/xl.h"

/* The domain named by the first argument, and everything open; false if told. */
static bool one_domain(struct xl *xl, const char *name, uint32_t *domid)
{
	return domain_lookup(xl, name, domid) && whole_session(xl);
}

static int code_of(int error)
{
	store_guard(false);
	return error ? EXIT_FAILED : EXIT_DONE;
}

/* For operations that are done in no time if the store answers. */
static struct session *guarded(struct xl *xl)
{
	store_guard(true);
	return &xl->session;
}

int cmd_pause(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);
	uint32_t domid;

	return one_domain(xl, argv[at], &domid) ? code_of(domain_pause(guarded(xl), domid))
						: EXIT_FAILED;
}

int cmd_unpause(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);
	uint32_t domid;

	return one_domain(xl, argv[at], &domid) ? code_of(domain_unpause(guarded(xl), domid))
						: EXIT_FAILED;
}

int cmd_rename(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);
	uint32_t domid;

	return one_domain(xl, argv[at], &domid)
		   ? code_of(domain_rename(guarded(xl), domid, argv[at + 1]))
		   : EXIT_FAILED;
}

int cmd_dump_core(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);
	uint32_t domid;

	return one_domain(xl, argv[at], &domid)
		   ? code_of(domain_dump_core(&xl->session, domid, argv[at + 1]))
		   : EXIT_FAILED;
}

int cmd_sysrq(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);
	uint32_t domid;

	if (!one_domain(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (strlen(argv[at + 1]) != 1) {
		usage_error(xl, "%s is no sysrq key: give one letter, as h for help", argv[at + 1]);
		return EXIT_FAILED;
	}
	return code_of(domain_send_sysrq(guarded(xl), domid, argv[at + 1]));
}

/* Waking from S3 is no trigger but a parameter of virtualized guests. */
static int resume_from_s3(struct xl *xl, uint32_t domid)
{
	xc_domaininfo_t info;

	if (!domain_get(xl, domid, &info) || !(info.flags & XEN_DOMINF_hvm_guest))
		return fail(xl, "domain %u is paravirtualized: it has no S3 to wake from", domid);
	return xc_hvm_param_set(xl->session.xc, domid, HVM_PARAM_ACPI_S_STATE, 0)
		   ? fail(xl, "domain %u does not wake: %s (does it sleep?)", domid, strerror(errno))
		   : EXIT_DONE;
}

int cmd_trigger(struct xl *xl, int argc, char **argv)
{
	static const char *const names[] = {
		[XEN_DOMCTL_SENDTRIGGER_NMI] = "nmi",	  [XEN_DOMCTL_SENDTRIGGER_RESET] = "reset",
		[XEN_DOMCTL_SENDTRIGGER_INIT] = "init",	  [XEN_DOMCTL_SENDTRIGGER_POWER] = "power",
		[XEN_DOMCTL_SENDTRIGGER_SLEEP] = "sleep",
	};
	const uint32_t nr = sizeof(names) / sizeof(names[0]);
	int at = plain_arguments(xl, argc, argv, 2);
	long long vcpu = 0;
	uint32_t domid, trigger = 0;

	if (!domain_lookup(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (!strcmp(argv[at + 1], "s3resume"))
		return resume_from_s3(xl, domid);
	while (trigger < nr && strcmp(argv[at + 1], names[trigger]))
		trigger++;
	if (trigger == nr)
		return fail(
		    xl, "%s is no trigger: there are nmi, reset, init, power, sleep and s3resume",
		    argv[at + 1]);
	if (argv[at + 2] && !number_read(xl, "vCPU", argv[at + 2], 0, 8191, &vcpu))
		return EXIT_FAILED;
	if (!xc_domain_send_trigger(xl->session.xc, domid, trigger, (uint32_t)vcpu))
		return EXIT_DONE;
	return fail(xl, "%s could not be sent to vCPU %lld of domain %u: %s", names[trigger], vcpu,
		    domid,
		    errno == ESRCH ? "there is no such vCPU"
		    : errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP
			? "this type of guest has no such button (a PV guest takes nmi)"
			: strerror(errno));
}

int cmd_qemu_monitor_command(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);
	char command[1024], *answer = NULL;
	size_t length = 0;
	uint32_t domid;

	if (!one_domain(xl, argv[at], &domid))
		return EXIT_FAILED;
	for (int i = at + 1; i < argc && length < sizeof(command); i++)
		length += (size_t)snprintf(command + length, sizeof(command) - length, "%s%s",
					   i > at + 1 ? " " : "", argv[i]);
	if (length >= sizeof(command))
		return fail(xl, "the command is longer than %zu characters", sizeof(command) - 1);
	if (domain_monitor_command(&xl->session, domid, command, &answer))
		return EXIT_FAILED;
	fputs(answer, stdout);
	free(answer);
	return EXIT_DONE;
}
