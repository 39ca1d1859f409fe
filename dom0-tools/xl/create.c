/* SPDX-License-Identifier: MIT */
/*
 * create and config-update: from a configuration to a domain, or to the record of one.
 *
 * What happens when a domain ends (on_poweroff= …) is the life-cycle daemon's work, so xl itself
 * never stays behind for it. With -e nobody acts, as when older xl was told not to wait.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/conf.h"
#include "xl/console.h"
#include "xl/device.h"
#include "xl/viewer.h"
#include "xl/wait.h"

/* Exit code of xl where no configuration file is named. */
enum { EXIT_NO_FILE = 6 };

struct creation {
	const char *file;
	const char **overrides; /* NULL-terminated */
	bool paused, console, quiet, dry_run, foreground, debug, ignore_masks, timings, unwatched;
	bool viewer, autopass;
};

/* The file is the first word that is no key=value; others are overrides. */
static bool sort_arguments(struct xl *xl, struct creation *creation, int argc, char **argv)
{
	int nr = 0;

	creation->overrides = calloc((size_t)(argc - optind) + 1, sizeof(*creation->overrides));
	if (!creation->overrides)
		return false;
	for (int i = optind; i < argc; i++) {
		if (strchr(argv[i], '='))
			creation->overrides[nr++] = argv[i];
		else if (!creation->file)
			creation->file = argv[i];
		else
			return usage_error(xl, "%s and %s: only one configuration file can be used",
					   creation->file, argv[i]),
			       false;
	}
	return true;
}

static struct domain_config *read_config(struct xl *xl, const struct creation *creation)
{
	struct domain_config *config;

	if (!creation->file)
		config = config_parse("command line", "", 0, creation->overrides, print_fault, xl);
	else
		config = config_parse_file(creation->file, creation->overrides, print_fault, xl);
	if (config && config->max_grant_frames == UINT32_MAX)
		config->max_grant_frames = xl_conf(xl)->max_grant_frames;
	if (config && config->max_maptrack_frames == UINT32_MAX)
		config->max_maptrack_frames = xl_conf(xl)->max_maptrack_frames;
	if (config && !apply_vif_defaults(xl, config)) {
		config_free(config);
		config = NULL;
	}
	return config;
}

static int print_config(struct xl *xl, const struct domain_config *config)
{
	char *text = config_to_json(config);

	if (!text)
		return fail(xl,
			    "the configuration cannot be shown: it is no UTF-8, or memory ran out");
	fputs(text, stdout);
	free(text);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

static void print_timings(const struct create_timings *timings)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < timings->count; i++) {
		fprintf(stderr, "%-16s %10.3f ms\n", timings->phase[i].phase,
			(double)timings->phase[i].ns / 1e6);
		sum += timings->phase[i].ns;
	}
	fprintf(stderr, "%-16s %10.3f ms\n", "all", (double)sum / 1e6);
}

/*
 * The guest starts only when somebody is at its console, so that its first line is seen: this
 * process becomes the console, and a child starts the guest when the console says it is attached,
 * or has failed.
 */
static int with_console(struct xl *xl, const struct creation *creation, uint32_t domid)
{
	char notify[16], byte;
	int ends[2];
	pid_t child = pipe(ends) ? -1 : fork();

	if (child < 0) {
		domain_unpause(&xl->session, domid);
		return fail(xl, "the console could not be started: %s; xl console %u tries again",
			    strerror(errno), domid);
	}
	if (!child) {
		close(ends[1]);
		while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(creation->paused ? EXIT_DONE : -domain_unpause(&xl->session, domid));
	}
	close(ends[0]);
	signal(SIGCHLD, SIG_IGN); /* nobody is left to wait for the child */
	snprintf(notify, sizeof(notify), "%d", ends[1]);
	return console_exec(xl, domid, &(struct console_choice){ .notify = notify });
}

/* Beside this command; what goes wrong with it is only told. */
static void start_viewer(struct xl *xl, const struct creation *creation, uint32_t domid)
{
	pid_t child = fork();

	if (!child) {
		setsid();
		_exit(viewer_exec(xl, domid, creation->autopass));
	}
	if (child < 0)
		caution(xl, "no viewer could be started: %s", strerror(errno));
}

static int make_domain(struct xl *xl, const struct creation *creation,
		       const struct domain_config *config)
{
	struct create_timings timings = { 0 };
	struct create_options options = { .paused = creation->paused || creation->console,
					  .unwatched = creation->unwatched,
					  .timings = creation->timings ? &timings : NULL };
	int lock = lock_toolstack(xl), error;
	uint32_t domid;

	if (lock < 0)
		return EXIT_NOT_MADE;
	error = domain_create(&xl->session, config, &options, &domid);
	close(lock);
	if (creation->timings)
		print_timings(&timings);
	if (error)
		return EXIT_NOT_MADE;
	if (creation->viewer)
		start_viewer(xl, creation, domid);
	if (creation->console)
		return with_console(xl, creation, domid);
	return creation->foreground ? wait_for_ends(xl, &domid, 1) : EXIT_DONE;
}

static int create(struct xl *xl, const struct creation *creation)
{
	struct domain_config *config;
	int code = EXIT_NOT_MADE;

	if (!creation->file && !creation->overrides[0]) {
		fail(xl, "create needs a configuration file; xl.cfg(5) tells how to write one");
		return EXIT_NO_FILE;
	}
	if (creation->file && access(creation->file, R_OK)) {
		fail(xl, "the configuration %s cannot be read: %s", creation->file,
		     strerror(errno));
		return EXIT_NOT_MADE;
	}
	if (!creation->quiet)
		fprintf(stderr, "Parsing config from %s\n",
			creation->file ? creation->file : "command line");
	config = read_config(xl, creation);
	if (!config)
		return EXIT_FAILED;
	if (creation->debug || creation->dry_run)
		code = print_config(xl, config);
	if (!creation->dry_run) {
		xl->session.autoballoon = xl_conf(xl)->autoballoon;
		code = EXIT_NOT_MADE;
		if (whole_session(xl) && (creation->ignore_masks || apply_masks(xl, config)))
			code = make_domain(xl, creation, config);
	}
	config_free(config);
	return code;
}

int cmd_create(struct xl *xl, int argc, char **argv)
{
	enum { TIMINGS = 300, IGNORE_MASKS };
	static const struct option longs[] = {
		{ "dryrun", 0, NULL, 'n' },
		{ "quiet", 0, NULL, 'q' },
		{ "defconfig", 1, NULL, 'f' },
		{ "vncviewer", 0, NULL, 'V' },
		{ "vncviewer-autopass", 0, NULL, 'A' },
		{ "timings", 0, NULL, TIMINGS },
		{ "ignore-global-affinity-masks", 0, NULL, IGNORE_MASKS },
		HELP_OPTION,
		END_OPTIONS,
	};
	struct creation creation = { .dry_run = xl->dry_run };
	int option, code;

	while ((option = next_option(xl, argc, argv, "pcqnFdeVAf:h", longs)) != -1) {
		creation.paused |= option == 'p';
		creation.console |= option == 'c';
		creation.quiet |= option == 'q';
		creation.dry_run |= option == 'n';
		creation.foreground |= option == 'F';
		creation.debug |= option == 'd';
		creation.unwatched |= option == 'e';
		creation.timings |= option == TIMINGS;
		creation.ignore_masks |= option == IGNORE_MASKS;
		creation.viewer |= option == 'V' || option == 'A';
		creation.autopass |= option == 'A';
		if (option == 'f')
			creation.file = optarg;
	}
	if (!sort_arguments(xl, &creation, argc, argv))
		return EXIT_USAGE;
	code = create(xl, &creation);
	free(creation.overrides);
	return code;
}

int cmd_config_update(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "defconfig", 1, NULL, 'f' },
					       HELP_OPTION,
					       END_OPTIONS };
	struct creation creation = { .dry_run = xl->dry_run };
	struct domain_config *config;
	uint32_t domid;
	int option, at, code = EXIT_DONE;

	while ((option = next_option(xl, argc, argv, "df:h", longs)) != -1) {
		creation.debug |= option == 'd';
		if (option == 'f')
			creation.file = optarg;
	}
	at = arguments_from(xl, argc, argv, 1);
	optind = at + 1;
	if (!sort_arguments(xl, &creation, argc, argv))
		return EXIT_USAGE;
	if (!domain_lookup(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (!creation.file && !creation.overrides[0])
		return fail(xl, "config-update needs a configuration file");
	if (!domid)
		return fail(xl,
			    "Domain-0 has no configuration: its boot loader entry says what it is");
	config = read_config(xl, &creation);
	if (!config)
		return EXIT_FAILED;
	if (creation.debug || creation.dry_run)
		code = print_config(xl, config);
	if (!creation.dry_run)
		code = whole_session(xl) && !domain_store_config(&xl->session, domid, config)
			   ? EXIT_DONE
			   : EXIT_FAILED;
	config_free(config);
	free(creation.overrides);
	return code;
}
