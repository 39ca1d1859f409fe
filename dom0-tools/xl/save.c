/* SPDX-License-Identifier: MIT */
/* save and restore: a domain into a file, and from it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xl/conf.h"
#include "xl/console.h"
#include "xl/viewer.h"
#include "xl/wait.h"

/* Seen by processes that work for this one, too. */
static volatile sig_atomic_t *asked_to_stop;

static void stop(int signal)
{
	*asked_to_stop = 1;
}

static bool go_on(void)
{
	return !*asked_to_stop;
}

/* Whoever interrupts a save wants the guest back, not a guest that stands suspended for ever. */
static bool heed_signals(void)
{
	struct sigaction action = { .sa_handler = stop };
	void *map = mmap(NULL, sizeof(*asked_to_stop), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return false;
	asked_to_stop = map;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* a reader who left is an error of writing */
	return true;
}

/* A configuration file in the place of the recorded one; *config stays NULL if none is named. */
static bool other_config(struct xl *xl, const char *file, struct domain_config **config)
{
	static const char *none[] = { NULL };

	if (!file)
		return true;
	*config = config_parse_file(file, none, print_fault, xl);
	return *config;
}

int cmd_save(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { HELP_OPTION, END_OPTIONS };
	struct save_options options = { .after = SAVE_DESTROY, .go_on = go_on };
	struct domain_config *config = NULL;
	uint32_t domid;
	int option, at, code;

	while ((option = next_option(xl, argc, argv, "cph", longs)) != -1)
		options.after = option == 'c' ? SAVE_RESUME : SAVE_PAUSE;
	at = arguments_from(xl, argc, argv, 2);
	if (!domain_lookup(xl, argv[at], &domid) || !other_config(xl, argv[at + 2], &config) ||
	    !whole_session(xl))
		return EXIT_FAILED;
	options.config = config;
	if (!heed_signals())
		return fail(xl, "memory ran out");
	fprintf(stderr, "Saving to %s new xl format\n", argv[at + 1]);
	code = domain_save(&xl->session, domid, argv[at + 1], &options) ? EXIT_FAILED : EXIT_DONE;
	config_free(config);
	return code;
}

struct restoring {
	const char *file;
	bool paused, console, foreground, debug, unwatched, viewer, autopass;
};

static int make_domain(struct xl *xl, const struct restoring *restoring, struct saved_domain *saved)
{
	const struct create_options options = { .saved = saved,
						.paused = restoring->paused,
						.unwatched = restoring->unwatched };
	int lock = lock_toolstack(xl), error;
	uint32_t domid;

	if (lock < 0)
		return EXIT_NOT_MADE;
	error = domain_create(&xl->session, saved_config(saved), &options, &domid);
	close(lock);
	if (error)
		return EXIT_NOT_MADE;
	if (restoring->viewer)
		return viewer_exec(xl, domid, restoring->autopass);
	if (restoring->console)
		return console_exec(xl, domid, &(struct console_choice){ 0 });
	return restoring->foreground ? wait_for_ends(xl, &domid, 1) : EXIT_DONE;
}

static int restore(struct xl *xl, const struct restoring *restoring, const struct domain_config *config)
{
	struct saved_domain *saved = NULL;
	char *text;
	int code;

	xl->session.autoballoon = xl_conf(xl)->autoballoon;
	if (!whole_session(xl) || saved_open(&xl->session, restoring->file, config, &saved))
		return EXIT_FAILED;
	if (restoring->debug) {
		text = config_to_json(saved_config(saved));
		fputs(text ? text : "", stdout);
		free(text);
	}
	code = make_domain(xl, restoring, saved);
	saved_close(saved);
	return code;
}

int cmd_restore(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "vncviewer", 0, NULL, 'V' },
					       { "vncviewer-autopass", 0, NULL, 'A' },
					       HELP_OPTION,
					       END_OPTIONS };
	struct restoring restoring = { 0 };
	struct domain_config *config = NULL;
	int option, at, code;

	while ((option = next_option(xl, argc, argv, "FcpdeVAh", longs)) != -1) {
		restoring.paused |= option == 'p';
		restoring.console |= option == 'c';
		restoring.foreground |= option == 'F';
		restoring.debug |= option == 'd';
		restoring.unwatched |= option == 'e';
		restoring.viewer |= option == 'V' || option == 'A';
		restoring.autopass |= option == 'A';
	}
	at = arguments_from(xl, argc, argv, 1);
	restoring.file = argv[at + 1] ? argv[at + 1] : argv[at];
	if (!other_config(xl, argv[at + 1] ? argv[at] : NULL, &config))
		return EXIT_FAILED;
	fprintf(stderr, "Loading save file %s\n", restoring.file);
	code = restore(xl, &restoring, config);
	config_free(config);
	return code;
}
