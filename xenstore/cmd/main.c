/* SPDX-License-Identifier: MIT */
/*
 * The xenstore commands: one program, "xenstore COMMAND …", under other names "xenstore-COMMAND …".
 *
 * Options, output and exit codes are those of Xen 4.17's. Beyond them: a failure names its cause,
 * and an option a command does not know is an error rather than a remark.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd.h"

#define DEFAULT_WIDTH 80

struct command {
	const char *name;
	const char *options; /* as getopt knows them */
	const char *synopsis;
	int (*run)(struct job *job);
	int min_args;
	int transaction_above; /* runs in a transaction with more arguments than this */
	int multiple_of;       /* the number of arguments is */
};

#define NO_TRANSACTION INT_MAX

static const struct command commands[] = {
	{ "read", "hpsR", "[-h] [-p] [-s] [-R] key [...]", cmd_read, 1, 1, 1 },
	{ "write", "hsR", "[-h] [-s] [-R] key value [...]", cmd_write, 2, 2, 2 },
	{ "rm", "hst", "[-h] [-s] [-t] key [...]", cmd_rm, 1, 0, 1 },
	{ "exists", "hs", "[-h] [-s] key [...]", cmd_exists, 1, 1, 1 },
	{ "list", "hps", "[-h] [-p] [-s] key [...]", cmd_list, 1, 1, 1 },
	{ "ls", "hfps", "[-h] [-f] [-p] [-s] [path]", cmd_ls, 0, NO_TRANSACTION, 1 },
	{ "chmod", "hurs", "[-h] [-u] [-r] [-s] key <mode [modes...]>", cmd_chmod, 2, 0, 1 },
	{ "watch", "hn:", "[-h] [-n NR] key", cmd_watch, 1, NO_TRANSACTION, 1 },
};

int complain(const char *format, ...)
{
	int error = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(error));
	errno = error;
	return 1;
}

struct xs_handle *open_store(void)
{
	struct xs_handle *xs = xs_open(0);

	if (!xs)
		fprintf(stderr, "%s: cannot reach xenstored at %s: %s. Is it running?\n",
			program_invocation_short_name, xs_daemon_socket(), strerror(errno));
	return xs;
}

static int usage(const struct command *command, const char *program, bool with_name)
{
	if (!command)
		fprintf(stderr, "%s: Usage: %s <mode> [-h] [...]\n", program_invocation_short_name,
			program);
	else
		fprintf(stderr, "%s: Usage: %s %s%s%s\n", program_invocation_short_name, program,
			with_name ? command->name : "", with_name ? " " : "", command->synopsis);
	return 1;
}

static bool parse_option(struct job *job, int c)
{
	switch (c) {
	case 'f':
		job->full_path = true;
		return true;
	case 'p':
		job->show_perms = job->prefix = true;
		return true;
	case 'R':
		job->raw = true;
		return true;
	case 's': /* the socket is all there is */
		return true;
	case 't':
		job->tidy = true;
		return true;
	case 'u':
		job->upto = true;
		return true;
	case 'r':
		job->recurse = true;
		return true;
	case 'n':
		job->count = atoi(optarg);
		return true;
	default:
		return false;
	}
}

static void measure_terminal(struct job *job)
{
	struct winsize size;

	job->width = DEFAULT_WIDTH;
	job->terminal = isatty(STDOUT_FILENO);
	if (job->terminal)
		job->width =
		    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? DEFAULT_WIDTH - 2 : size.ws_col - 2;
}

/* 0: done; 1: failed; -1: disturbed, to be tried again. */
static int try_in_transaction(struct job *job, const struct command *command)
{
	int code;

	job->tx = xs_transaction_start(job->xs);
	if (job->tx == XBT_NULL)
		return complain("cannot start a transaction");
	code = command->run(job);
	if (!xs_transaction_end(job->xs, job->tx, code != 0) && !code)
		code = errno == EAGAIN ? -1 : complain("cannot commit");
	return code;
}

static int run_in_transaction(struct job *job, const struct command *command)
{
	size_t size;
	char *text;
	int code;

	do {
		text = NULL;
		job->out = open_memstream(&text, &size);
		if (!job->out)
			return complain("no memory");
		code = try_in_transaction(job, command);
		fclose(job->out);
		if (code >= 0)
			fwrite(text, 1, size, stdout);
		free(text);
	} while (code < 0);
	return code;
}

static int run(struct job *job, const struct command *command)
{
	int code;

	job->xs = open_store();
	if (!job->xs)
		return 1;
	measure_terminal(job);
	job->out = stdout;
	if (job->nr_args > command->transaction_above)
		code = run_in_transaction(job, command);
	else
		code = command->run(job);
	xs_close(job->xs);
	if (fflush(stdout) || ferror(stdout))
		code = complain("cannot write the output");
	return code;
}

static int start(const struct command *command, int argc, char **argv, const char *program,
		 bool with_name)
{
	struct job job = { .count = -1 };
	int c;

	while ((c = getopt(argc, argv, command->options)) != -1)
		if (!parse_option(&job, c))
			return usage(command, program, with_name);
	job.args = argv + optind;
	job.nr_args = argc - optind;
	if (job.nr_args < command->min_args || job.nr_args % command->multiple_of)
		return usage(command, program, with_name);
	return run(&job, command);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *name = program_invocation_short_name;
	bool with_name = strncmp(name, "xenstore-", 9) != 0;
	const struct command *command;

	if (with_name && argc < 2)
		return usage(NULL, argv[0], false);
	name = with_name ? argv[1] : name + 9;
	if (!strcmp(name, "control"))
		return control_main(argc - with_name, argv + with_name);
	command = find_command(name);
	if (command)
		return start(command, argc - with_name, argv + with_name, argv[0], with_name);
	fprintf(
	    stderr,
	    "%s: unknown mode %s. There are: read write rm exists list ls chmod watch control\n",
	    program_invocation_short_name, name);
	return 1;
}
