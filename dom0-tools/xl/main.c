/* SPDX-License-Identifier: MIT */
/* xl: manages domains from the control domain. Reads the global options and runs one command. */
#include <stdio.h>
#include <string.h>

#include "xl/xl.h"

static int wrong_global(void)
{
	fputs("xl: an option before the command is none of -v -f -N -t -T; xl help tells what they "
	      "do\n",
	      stderr);
	return EXIT_FAILED;
}

static bool global_options(struct xl *xl, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "+vfNtT")) != -1) {
		switch (option) {
		case 'v':
			xl->verbosity++;
			break;
		case 'f':
			xl->force = true;
			break;
		case 'N':
			xl->dry_run = true;
			break;
		case 't':
			xl->carriage = true;
			break;
		case 'T':
			xl->timestamps = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

static int unknown_command(struct xl *xl, const char *name)
{
	const char *nearest = command_nearest(name);

	if (nearest)
		return fail(xl, "there is no command %s, did you mean %s? xl help lists all", name,
			    nearest);
	return fail(xl, "there is no command %s; xl help lists all", name);
}

static int run(struct xl *xl, int argc, char **argv)
{
	xl->command = command_find(argv[0]);
	if (!xl->command)
		return unknown_command(xl, argv[0]);
	if (xl->dry_run && !(xl->command->flags & COMMAND_DRY_RUN))
		return fail(xl, "%s cannot be tried with -N: it would really be done; leave -N out",
			    argv[0]);
	optind = 0; /* a fresh start, argv[0] being the command */
	return xl->command->run(xl, argc, argv);
}

int main(int argc, char **argv)
{
	struct xl xl = { 0 };
	int code;

	message_init(&xl);
	if (!global_options(&xl, argc, argv))
		return wrong_global();
	if (optind == argc) {
		cmd_help(&xl, 1, argv);
		return EXIT_FAILED;
	}
	code = run(&xl, argc - optind, argv + optind);
	disconnect(&xl);
	return code;
}
