/* SPDX-License-Identifier: MIT */
/*
 * A child that writes a new domain's memory: see contents.c for why it is one. Its first byte
 * through the pipe tells that all is written; words for the user begin otherwise.
 */
#include "build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DONE '\n'

static void child(int (*run)(void *data, struct complaint *complaint), void *data, int pipe)
{
	struct complaint why = { "" };
	int error = run(data, &why);

	if (!error)
		snprintf(why.text, sizeof(why.text), "%c", DONE);
	else if (!why.text[0])
		complain(&why, "%s", strerror(-error));
	if (write(pipe, why.text, strlen(why.text)) < 0)
		error = -EPIPE;
	_exit(error ? 1 : 0);
}

/* All until the pipe's end, which comes when the child's memory is gone already. */
static void hear_out(int pipe, char *says, size_t room)
{
	size_t have = 0;
	ssize_t got = 1;

	while (have < room - 1 && got) {
		got = read(pipe, says + have, room - 1 - have);
		if (got < 0 && errno != EINTR)
			break;
		have += got > 0 ? got : 0;
	}
	says[have] = '\0';
}

int write_in_child(int (*run)(void *data, struct complaint *complaint), void *data,
		   struct complaint *complaint)
{
	char says[sizeof(complaint->text)];
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		child(run, data, ends[1]);
	error = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!error)
		hear_out(ends[0], says, sizeof(says));
	close(ends[0]);
	if (error)
		return error;
	/* Its status is not asked for: a program with this library in it may collect all children.
	 */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (says[0] == DONE)
		return 0;
	/* Memory of the guest, or the kernel file while it was read, went away. */
	complain(complaint, "%s",
		 says[0]
		     ? says
		     : "writing the guest's memory was interrupted; did its kernel file change?");
	return -EIO;
}
