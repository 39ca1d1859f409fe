/* SPDX-License-Identifier: MIT */
/*
 * What Serai's daemons have in common (see service.h).
 */
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES 20

static void make_directory_of(const char *path)
{
	char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;

	if (slash && slash != dir) {
		*slash = '\0';
		mkdir(dir, 0755);
	}
	free(dir);
}

static pid_t read_pid(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

int service_lock(const char *path, mode_t mode, pid_t *other)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int fd, error;

	make_directory_of(path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || tries >= LOCK_TRIES) {
			error = -errno;
			*other = read_pid(fd);
			close(fd);
			return error;
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

int service_write_pid(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) < 0)
		return -errno;
	return pwrite(fd, text, (size_t)len, 0) == len ? 0 : errno ? -errno : -EIO;
}

static void wait_for_child(int ready, pid_t child)
{
	ssize_t got;
	char word;
	int status;

	do
		got = read(ready, &word, 1);
	while (got < 0 && errno == EINTR);
	if (got == 1)
		_exit(EXIT_SUCCESS);
	if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
		fprintf(stderr, "%s: died while starting, of signal %d\n", program_invocation_short_name,
			WTERMSIG(status));
	_exit(EXIT_FAILURE);
}

int service_detach(void)
{
	pid_t child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child) {
		close(ends[1]);
		wait_for_child(ends[0], child);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

void service_ready(int notify)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)!chdir("/");
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	(void)!write(notify, "", 1);
	close(notify);
}
