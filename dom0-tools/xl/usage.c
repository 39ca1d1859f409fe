/* SPDX-License-Identifier: MIT */
/* Options of commands, and the help that their table makes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/syntax.h"
#include "xl/xl.h"

const struct command *command_find(const char *name)
{
	for (unsigned int i = 0; i < nr_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned int best = (unsigned int)strlen(name) / 3 + 2;

	for (unsigned int i = 0; i < nr_commands; i++) {
		unsigned int distance = edit_distance(name, commands[i].name);

		if (distance < best) {
			best = distance;
			nearest = commands[i].name;
		}
	}
	return nearest;
}

void command_help(const struct command *command)
{
	printf("Usage: xl [-vtT%s%s] %s %s\n\n%s.\n\n", command->flags & COMMAND_CHANGES ? "f" : "",
	       command->flags & COMMAND_DRY_RUN ? "N" : "", command->name, command->arguments,
	       command->summary);
	if (command->options)
		printf("Options:\n%s\n", command->options);
}

int usage_error(struct xl *xl, const char *format, ...)
{
	va_list args;

	command_help(xl->command);
	fflush(stdout);
	va_start(args, format);
	fputs("xl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return EXIT_USAGE;
}

static void __attribute__((noreturn)) bad_option(struct xl *xl, char **argv)
{
	const char *word = argv[optind - 1];

	if (optopt && optopt < 256 && strncmp(word, "--", 2))
		fprintf(
		    stderr,
		    "xl: %s has no option -%c, or it needs a value; xl help %s lists its options\n",
		    xl->command->name, optopt, xl->command->name);
	else
		fprintf(stderr,
			"xl: %s has no option %s, or its value is missing or too much; xl help %s "
			"lists its options\n",
			xl->command->name, word, xl->command->name);
	exit(EXIT_USAGE);
}

int next_option(struct xl *xl, int argc, char **argv, const char *shorts,
		const struct option *longs)
{
	for (;;) {
		int option = getopt_long(argc, argv, shorts, longs, NULL);

		switch (option) {
		case OPTION_JSON:
			xl->json = true;
			break;
		case 'h':
			command_help(xl->command);
			exit(fflush(stdout) ? EXIT_FAILED : EXIT_DONE);
		case '?':
		case ':':
			bad_option(xl, argv);
		default:
			return option;
		}
	}
}

int arguments_from(struct xl *xl, int argc, char **argv, int least)
{
	if (argc - optind < least)
		exit(usage_error(xl, "%s needs at least %d argument%s", xl->command->name, least,
				 least == 1 ? "" : "s"));
	return optind;
}

int plain_arguments(struct xl *xl, int argc, char **argv, int least)
{
	static const struct option longs[] = { HELP_OPTION, END_OPTIONS };

	while (next_option(xl, argc, argv, "h", longs) != -1)
		;
	return arguments_from(xl, argc, argv, least);
}

/* Names in columns, summaries beside them. */
static void list_commands(void)
{
	puts("Usage: xl [-vfNtT] COMMAND [ARGUMENTS]\n\n"
	     " -v  more messages (-vv, -vvv)    -f  do it although another toolstack seems to run\n"
	     " -N  say what would be done       -t  progress in one line   -T  messages with time "
	     "and process\n");
	for (unsigned int i = 0; i < nr_commands; i++)
		if (!(commands[i].flags & COMMAND_HIDDEN))
			printf(" %-19s %s\n", commands[i].name, commands[i].summary);
	puts("\nxl help COMMAND tells more of one; xl(1) and xl.cfg(5) tell all.");
}

/* For completion and manual pages: tab-separated lines of the table. */
static void print_table(void)
{
	for (unsigned int i = 0; i < nr_commands; i++)
		printf("%s\t%s\t%s\n", commands[i].name,
		       commands[i].completion ? commands[i].completion : "", commands[i].summary);
}

int cmd_help(struct xl *xl, int argc, char **argv)
{
	const struct command *command;

	if (argc < 2)
		list_commands();
	else if (!strcmp(argv[1], "--table"))
		print_table();
	else if ((command = command_find(argv[1])))
		command_help(command);
	else
		return fail(xl, "there is no command %s%s%s; xl help lists all", argv[1],
			    command_nearest(argv[1]) ? ", did you mean " : "",
			    command_nearest(argv[1]) ? command_nearest(argv[1]) : "");
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}
