/* SPDX-License-Identifier: MIT */
/*
 * How long commands take, in nanoseconds of the monotonic clock (instructions, under -icount).
 *
 *   lap NAME COMMAND...          runs the command; "BENCH NAME ns"
 *   lap NAME FILE? TEXT COMMAND...   until the file (written "FILE?") has the text, too
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int has(const char *path, const char *text)
{
	static char data[1 << 20];
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return 0;
	length = fread(data, 1, sizeof(data) - 1, file);
	fclose(file);
	data[length] = 0;
	return strstr(data, text) != NULL;
}

/* Gives up after a minute of the virtual clock. */
static int wait_for(const char *path, const char *text, long long start)
{
	while (!has(path, text)) {
		if (now() - start > 60000000000LL)
			return 1;
		usleep(2000);
	}
	return 0;
}

static int run(char **command)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return 127;
	if (child == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

int main(int argc, char **argv)
{
	char **command = argv + 2;
	char *file = NULL;
	long long start;
	int code;

	if (argc > 4 && argv[2][strlen(argv[2]) - 1] == '?') {
		file = argv[2];
		file[strlen(file) - 1] = 0;
		command = argv + 4;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: lap NAME [FILE? TEXT] COMMAND...\n");
		return 2;
	}
	start = now();
	code = run(command);
	if (!code && file)
		code = wait_for(file, argv[3], start);
	if (code)
		printf("lap: %s ended with %d\n", argv[1], code);
	else
		printf("BENCH %s %lld\n", argv[1], now() - start);
	return code;
}
