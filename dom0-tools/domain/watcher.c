/* SPDX-License-Identifier: MIT */
/*
 * The life-cycle daemon as seen from the commands: the mark that tells it which domains are its
 * own, and its start on demand.
 *
 * It holds a lock as long as it lives, so "does it run?" is one system call. Two starts at once are
 * harmless: the second daemon finds the lock taken and leaves.
 */
#include "domain/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

char *domain_mark(struct session *session, uint32_t domid)
{
	return store_read(session, "/libxl/%u/domd", domid);
}

struct marking {
	uint32_t domid;
	const char *mark;
};

static void mark_steps(struct store_batch *batch, void *data)
{
	const struct marking *marking = data;

	store_require_domain(batch, marking->domid);
	store_write(batch, marking->mark, "/libxl/%u/domd", marking->domid);
}

int domain_set_mark(struct session *session, uint32_t domid, const char *mark)
{
	struct marking marking = { domid, mark };

	return store_transact(session, mark_steps, &marking);
}

static bool running(void)
{
	int fd = open(DOMD_LOCK, O_RDWR | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

void domd_start(struct session *session)
{
	char program[PATH_MAX], *arguments[] = { program, NULL };
	int status = 0, error;
	pid_t pid;

	if (running())
		return;
	error = -program_beside(program, sizeof(program), "domd");
	if (!error)
		error = posix_spawn(&pid, program, NULL, NULL, arguments, environ);
	/* It goes into the background by itself. */
	while (!error && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (error || status)
		warn(session,
		     "the daemon domd did not start (%s): the domain will not be restarted or "
		     "removed when it ends; see "
		     "/var/log/xen/domd.log",
		     error ? strerror(error) : "it failed");
}
