/* SPDX-License-Identifier: MIT */
/* shutdown, reboot, destroy: how domains end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "xl/wait.h"

/* As long as xl has always given a guest to take a request. */
#define ANSWER_SECONDS 60

struct ending {
	const char *how;   /* what control/shutdown is set to */
	const char *doing; /* for messages */
	uint32_t trigger;  /* for guests without PV drivers */
	bool all, wait, fallback;
	uint32_t *domid;
	unsigned int count;
};

static bool choose_domains(struct xl *xl, struct ending *ending, const char *name)
{
	struct domains domains = { 0 };

	if (!ending->all) {
		ending->domid = malloc(sizeof(*ending->domid));
		ending->count = 1;
		return ending->domid && domain_lookup(xl, name, ending->domid);
	}
	if (!domains_get(xl, &domains))
		return false;
	ending->domid = calloc(domains.count + 1, sizeof(*ending->domid));
	for (unsigned int i = 0; ending->domid && i < domains.count; i++)
		if (domain_is_guest(&domains.info[i]) &&
		    !(domains.info[i].flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)))
			ending->domid[ending->count++] = domains.info[i].domain;
	free(domains.info);
	return ending->domid;
}

/* A guest of full virtualization without PV drivers has not said how it wants to be told of events. */
static bool needs_trigger(struct xl *xl, uint32_t domid)
{
	uint64_t callback = 0;
	xc_domaininfo_t info;

	return domain_get(xl, domid, &info) && info.flags & XEN_DOMINF_hvm_guest &&
	       !xc_hvm_param_get(hypervisor(xl), domid, HVM_PARAM_CALLBACK_IRQ, &callback) && !callback;
}

static bool ask(struct xl *xl, const struct ending *ending, uint32_t domid)
{
	fprintf(stderr, "%s domain %u\n", ending->doing, domid);
	if (!needs_trigger(xl, domid))
		return !domain_ask_shutdown(&xl->session, domid, ending->how, 0);
	if (!ending->fallback) {
		fail(xl, "domain %u has no PV drivers to ask; -F presses its %s button instead",
		     domid, ending->trigger == XEN_DOMCTL_SENDTRIGGER_POWER ? "power" : "reset");
		return false;
	}
	if (!xc_domain_send_trigger(xl->session.xc, domid, ending->trigger, 0))
		return true;
	fail(xl, "domain %u's button could not be pressed: %s", domid, strerror(errno));
	return false;
}

static int end_domains(struct xl *xl, struct ending *ending)
{
	unsigned int asked = 0, left;

	for (unsigned int i = 0; i < ending->count; i++)
		if (ask(xl, ending, ending->domid[i]))
			ending->domid[asked++] = ending->domid[i];
	left = wait_for_answers(xl, ending->domid, asked, ANSWER_SECONDS);
	if (ending->wait && !left && wait_for_ends(xl, ending->domid, asked))
		return EXIT_FAILED;
	return left || asked < ending->count ? EXIT_FAILED : EXIT_DONE;
}

static int run_ending(struct xl *xl, struct ending *ending, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", 0, NULL, 'a' }, { "wait", 0, NULL, 'w' }, HELP_OPTION, END_OPTIONS
	};
	int option, code = EXIT_FAILED;

	while ((option = next_option(xl, argc, argv, "awFh", longs)) != -1) {
		ending->all |= option == 'a';
		ending->wait |= option == 'w';
		ending->fallback |= option == 'F';
	}
	if (!ending->all && optind == argc)
		return fail(xl, "%s needs a domain, or -a for all guests", xl->command->name);
	if (whole_session(xl) && choose_domains(xl, ending, argv[optind]))
		code = end_domains(xl, ending);
	free(ending->domid);
	return code;
}

int cmd_shutdown(struct xl *xl, int argc, char **argv)
{
	struct ending ending = { .how = "poweroff",
				 .doing = "Shutting down",
				 .trigger = XEN_DOMCTL_SENDTRIGGER_POWER };

	return run_ending(xl, &ending, argc, argv);
}

int cmd_reboot(struct xl *xl, int argc, char **argv)
{
	struct ending ending = { .how = "reboot",
				 .doing = "Rebooting",
				 .trigger = XEN_DOMCTL_SENDTRIGGER_RESET };

	return run_ending(xl, &ending, argc, argv);
}

int cmd_destroy(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "force", 0, NULL, 'f' },
					       HELP_OPTION,
					       END_OPTIONS };
	bool force = xl->force;
	uint32_t domid;
	int option, at;

	while ((option = next_option(xl, argc, argv, "fh", longs)) != -1)
		force |= option == 'f';
	at = arguments_from(xl, argc, argv, 1);
	if (!domain_lookup(xl, argv[at], &domid) || !whole_session(xl))
		return EXIT_FAILED;
	if (!domid && !force)
		return fail(xl, "Domain-0 is not destroyed: it holds the machine's devices and "
				"this shell (-f tries it)");
	return domain_destroy(&xl->session, domid) ? EXIT_FAILED : EXIT_DONE;
}
