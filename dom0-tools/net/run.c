/* SPDX-License-Identifier: MIT */
/*
 * Runs helper programs: found in fixed directories, with a fixed environment, fed from memory,
 * heard by a file in memory (a server that stays would hold a pipe open), and not waited for
 * longer than they deserve.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/helpers.h"

#define RUN_MS 40000 /* a busy machine may need ten for what a calm one does in one */

static bool find(const char *program, char path[64])
{
	static const char *const places[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, 64, "%s/%s", places[i], program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

bool net_have(const char *program)
{
	char path[64];

	return find(program, path);
}

static int memory_file(const char *text)
{
	int fd = memfd_create("net", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Its end: 0 if it said so, -EIO, or -ETIMEDOUT and it is killed. */
static int await(pid_t pid)
{
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool late = false;
	int status;

	if (ended.fd >= 0) {
		late = poll(&ended, 1, RUN_MS) == 0;
		close(ended.fd);
	}
	if (late)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (late)
		return -ETIMEDOUT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int start(const char *path, const char *const argv[], int input, int said, pid_t *pid)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						   NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, 0);
	posix_spawn_file_actions_adddup2(&actions, said, 1);
	posix_spawn_file_actions_adddup2(&actions, said, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn(pid, path, &actions, &attributes, (char *const *)(uintptr_t)argv,
			    (char *const *)(uintptr_t)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* What it said, as one line. */
static void listen_to(int fd, char said[NET_WHY])
{
	ssize_t got = pread(fd, said, NET_WHY - 1, 0);

	said[got > 0 ? got : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

int net_run(const char *const argv[], const char *input, char said[NET_WHY])
{
	int in = -1, out = -1, error;
	char path[64];
	pid_t pid;

	said[0] = '\0';
	if (!find(argv[0], path))
		return -ENOENT;
	in = memory_file(input);
	out = memory_file("");
	error = in < 0 || out < 0 ? -errno : start(path, argv, in, out, &pid);
	if (!error) {
		error = await(pid);
		listen_to(out, said);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return error;
}
