/* SPDX-License-Identifier: MIT */
/*
 * Live update: hands everything to a new program in the same process.
 *
 * The journal is rewritten with the sockets' connections in it, their descriptors are kept open
 * over the exec, and the new program goes on as after a restart. It is asked first whether it reads
 * this journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "options.h"
#include "../core/log.h"

#define ANSWER_TRIES 300

extern char **environ;

/* Its exit status is told by options.c; anything else, or no answer in three seconds, is no. */
static bool reads_our_journal(char *binary)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	char option[] = "--journal-version";
	char *const words[] = { binary, option, NULL };
	int status = 0;
	pid_t child, ended = 0;

	if (posix_spawn(&child, binary, NULL, NULL, words, environ))
		return false;
	for (int tries = 0; !ended && tries < ANSWER_TRIES; tries++) {
		ended = waitpid(child, &status, WNOHANG);
		if (!ended)
			nanosleep(&pause, NULL);
	}
	if (!ended) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == JOURNAL_EXIT_STATUS;
}

static void keep_over_exec(int fd, bool keep)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void keep_descriptors(const struct loop *loop, bool keep)
{
	const struct conn *conn;

	keep_over_exec(loop->listener[0], keep);
	keep_over_exec(loop->listener[1], keep);
	keep_over_exec(loop->lock_fd, keep);
	LIST_FOREACH (conn, &loop->store->conns, all)
		if (!conn->domain)
			keep_over_exec(conn->fd, keep);
}

/* Our own arguments, those given for the update, and what is handed over. */
static char **new_arguments(const struct loop *loop, char *resume)
{
	static char *new[64];
	const struct store *store = loop->store;
	size_t nr = 0;
	char *word = store->update_options ? strtok(xstrdup(store->update_options), " ") : NULL;

	for (char **old = loop->arguments; *old && nr < 40; old++) {
		if (!strcmp(*old, "--resume") && old[1])
			old++;
		else
			new[nr++] = *old;
	}
	for (; word && nr < 60; word = strtok(NULL, " "))
		new[nr++] = word;
	new[nr++] = xstrdup("--resume");
	new[nr++] = resume;
	new[nr] = NULL;
	return new;
}

static int replace(struct loop *loop)
{
	struct store *store = loop->store;
	char resume[64];
	int err = journal_file_start(loop->journal_path, store, true);

	if (err)
		return err;
	snprintf(resume, sizeof(resume), "%d,%d,%d", loop->listener[0], loop->listener[1],
		 loop->lock_fd);
	keep_descriptors(loop, true);
	execv(store->update_binary, new_arguments(loop, resume));
	err = -errno;
	keep_descriptors(loop, false);
	journal_file_start(loop->journal_path, store, false);
	return err;
}

int live_update(struct loop *loop)
{
	struct store *store = loop->store;
	struct buf *out = store->update_conn ? &store->update_conn->out : NULL;
	size_t before = out ? out->len : 0;
	int err;

	if (!reads_our_journal(store->update_binary))
		return -ENOEXEC;
	log_info("live update to %s", store->update_binary);
	/* The new program finds the answer among what it owes. */
	if (out)
		conn_send(store->update_conn, 0, store->update_req_id, 0, "OK", 3);
	err = replace(loop);
	if (out)
		out->len = before;
	return err;
}
