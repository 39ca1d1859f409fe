/* SPDX-License-Identifier: MIT */
/*
 * Keeps serai-backd alive as long as some domain has a device that it serves.
 *
 * Whether there is one is read from the store each time, and whether it runs from the lock it
 * holds, so that neither a killed domd nor a killed serai-backd needs to be told of the other. It
 * runs as a session of its own and outlives domd; its end shows at a descriptor of its process,
 * child or not.
 */
#include "domd/domd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "build/build.h"

#define BACKD_LOCK  RUN_DIRECTORY "/back/backd.lock"
#define LEAST_MS    1000 /* between two starts */
#define MOST_MS	    30000
#define LONG_ENOUGH 3000 /* so long a life, and it did not fail to start: the next is at once */

static const char *const kinds[] = { "qdisk", "qnic", "vfb", "vkbd", "9pfs", "console" };

static int process = -1; /* of serai-backd, -1: it is not known to run */
static uint64_t started_ms, pause_ms = LEAST_MS;
static bool missing_told;
static bool maybe_wanted = true; /* false: none of the domains has such a device */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Consoles of number 0 are xenconsoled's. */
static bool domain_has_some(struct session *session, const char *kind, const char *domid)
{
	char path[PATH_MAX];
	unsigned int count = 0;
	char **numbers;
	bool some = false;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%s", kind, domid);
	numbers = xs_directory(session->xs, XBT_NULL, path, &count);
	for (unsigned int i = 0; i < count; i++)
		some |= strcmp(kind, "console") || strcmp(numbers[i], "0");
	free(numbers);
	return some;
}

static bool wanted(struct session *session)
{
	bool some = false;

	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && !some; k++) {
		char path[64];
		unsigned int count = 0;
		char **domids;

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s", kinds[k]);
		domids = xs_directory(session->xs, XBT_NULL, path, &count);
		for (unsigned int i = 0; i < count && !some; i++)
			some = domain_has_some(session, kinds[k], domids[i]);
		free(domids);
	}
	return some;
}

static int process_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* One that an earlier domd has started. */
static int find_running(void)
{
	int fd = open(BACKD_LOCK, O_RDWR | O_CLOEXEC), found = -1;
	char text[16] = "";

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK &&
	    read(fd, text, sizeof(text) - 1) > 0 && atoi(text) > 0)
		found = process_of(atoi(text));
	close(fd);
	return found;
}

static void start(void)
{
	char program[PATH_MAX];
	sigset_t none;
	pid_t pid;

	if (program_beside(program, sizeof(program), "serai-backd")) {
		if (!missing_told)
			fprintf(stderr, "domd: serai-backd is not installed beside domd: devices "
					"that need it stay without a backend\n");
		missing_told = true;
		return;
	}
	fflush(stderr);
	pid = fork();
	if (!pid) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		execl(program, program, "-i", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		process = process_of(pid);
	else
		fprintf(stderr, "domd: serai-backd cannot be started: %s\n", strerror(errno));
}

void backends_watch(struct session *session)
{
	maybe_wanted = true;
	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		char path[64];

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s", kinds[k]);
		xs_watch(session->xs, path, BACKENDS_TOKEN);
	}
}

/*
 * Only the domain in question is looked at: with each domain that comes there are several words,
 * and reading of all domains at each would make creating slower the more there are.
 */
void backends_changed(struct session *session, const char *path)
{
	char kind[16] = "", domid[16] = "", number[16] = "";

	if (process >= 0 || maybe_wanted)
		return;
	sscanf(path, "/local/domain/0/backend/%15[^/]/%15[^/]/%15[^/]", kind, domid, number);
	if (!strcmp(kind, "console") && !strcmp(number, "0"))
		return;
	maybe_wanted = !domid[0] || domain_has_some(session, kind, domid);
}

/* Of all domains; noted if there is none. */
static bool still_wanted(struct session *session)
{
	if (maybe_wanted)
		maybe_wanted = wanted(session);
	return maybe_wanted;
}

int backends_keep(struct session *session, int most_ms)
{
	uint64_t now = now_ms();

	if (process < 0)
		process = find_running();
	if (process >= 0 || !still_wanted(session))
		return most_ms;
	if (started_ms && now < started_ms + pause_ms)
		return (int)(started_ms + pause_ms - now);
	started_ms = now;
	start();
	/* If it keeps failing, ever slower. */
	pause_ms = pause_ms * 2 < MOST_MS ? pause_ms * 2 : MOST_MS;
	return process >= 0 ? most_ms : (int)pause_ms;
}

int backends_process(void)
{
	return process;
}

void backends_ended(void)
{
	fprintf(stderr,
		"domd: serai-backd has ended; it is started again as long as a domain needs "
		"it\n");
	if (now_ms() - started_ms > LONG_ENOUGH)
		pause_ms = LEAST_MS;
	close(process);
	process = -1;
	maybe_wanted = true;
}
