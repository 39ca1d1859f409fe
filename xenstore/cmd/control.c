/* SPDX-License-Identifier: MIT */
/*
 * xenstore-control: have the daemon obey a command.
 *
 * The daemon interprets all of them. Only live-update is more than one message: the new program is
 * named, its arguments, and then it is started, again while clients' transactions keep it from
 * starting.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

enum { FAILED_CONTACT = 1, FAILED_USAGE = 2, FAILED_COMMAND = 3 };

/* All strings with their NULs; NULL if they are too long for a message. */
static char *join(char **strings, int nr, unsigned int *len)
{
	char *data = malloc(XENSTORE_PAYLOAD_MAX), *to = data;

	for (int i = 0; data && i < nr; i++) {
		size_t size = strlen(strings[i]) + 1;

		if (size > (size_t)(data + XENSTORE_PAYLOAD_MAX - to)) {
			free(data);
			fprintf(stderr, "Arguments longer than a message (%d bytes).\n",
				XENSTORE_PAYLOAD_MAX);
			return NULL;
		}
		memcpy(to, strings[i], size);
		to += size;
	}
	if (data)
		*len = to - data;
	return data;
}

static char *send_command(struct xs_handle *xs, const char *command, char **args, int nr)
{
	unsigned int len = 0;
	char *data = join(args, nr, &len);
	char *answer = data ? xs_control_command(xs, command, data, len) : NULL;

	free(data);
	return answer;
}

static void explain_failure(struct xs_handle *xs)
{
	char *help;

	if (errno != EINVAL) {
		fprintf(stderr, "Error %d when trying to execute command: %s.\n", errno,
			strerror(errno));
		return;
	}
	help = send_command(xs, "help", NULL, 0);
	if (help)
		fprintf(stderr, "Command not supported. Valid commands are:\n%s\n", help);
	else
		fprintf(stderr, "Error when executing command.\n");
	free(help);
}

static int send_and_print(struct xs_handle *xs, char **args, int nr)
{
	char *answer = send_command(xs, args[0], args + 1, nr - 1);

	if (!answer) {
		explain_failure(xs);
		return FAILED_COMMAND;
	}
	if (*answer)
		puts(answer);
	free(answer);
	return 0;
}

/* A step of the update that must answer OK. */
static int update_step(struct xs_handle *xs, const char *failure, char **args, int nr)
{
	char *answer = send_command(xs, "live-update", args, nr);
	int code = 0;

	if (!answer || strcmp(answer, "OK")) {
		fprintf(stderr, "%s:\n%s\n", failure, answer ? answer : strerror(errno));
		code = FAILED_COMMAND;
	}
	free(answer);
	return code;
}

static int update_start(struct xs_handle *xs, char *timeout, bool force)
{
	char *args[] = { "-s", "-t", timeout, "-F" };
	time_t end = time(NULL) + strtoul(timeout, NULL, 0) + 1;
	char *answer;
	int code;

	for (;;) {
		answer = send_command(xs, "live-update", args, force ? 4 : 3);
		if (!answer || strcmp(answer, "BUSY") || time(NULL) > end)
			break;
		free(answer);
		usleep(100000);
	}
	code = answer && !strcmp(answer, "OK") ? 0 : FAILED_COMMAND;
	if (code)
		fprintf(stderr, "Starting live update failed:\n%s\n",
			answer ? answer : strerror(errno));
	free(answer);
	return code;
}

static int live_update(struct xs_handle *xs, int argc, char **argv)
{
	char *timeout = "60", *cmdline = NULL, *abort_args[] = { "-a" };
	bool force = false;
	int c, code;

	while ((c = getopt(argc, argv, "+c:t:F")) != -1) {
		if (c == 'c')
			cmdline = optarg;
		else if (c == 't')
			timeout = optarg;
		else if (c == 'F')
			force = true;
		else
			return FAILED_USAGE;
	}
	if (optind >= argc) {
		fprintf(stderr, "Missing binary specification\n");
		return FAILED_USAGE;
	}
	code = update_step(xs, "Setting update binary failed", (char *[]){ "-f", argv[optind] }, 2);
	if (!code && cmdline)
		code = update_step(xs, "Setting update command line failed",
				   (char *[]){ "-c", cmdline }, 2);
	if (!code)
		code = update_start(xs, timeout, force);
	if (code)
		free(send_command(xs, "live-update", abort_args, 1));
	return code;
}

int control_main(int argc, char **argv)
{
	struct xs_handle *xs;
	int code;

	if (argc < 2) {
		fprintf(stderr, "Usage:\n%s <command> [<arg>...]\n", argv[0]);
		return FAILED_USAGE;
	}
	xs = open_store();
	if (!xs)
		return FAILED_CONTACT;
	if (!strcmp(argv[1], "live-update"))
		code = live_update(xs, argc - 1, argv + 1);
	else
		code = send_and_print(xs, argv + 1, argc - 1);
	xs_close(xs);
	return code;
}
