/* SPDX-License-Identifier: MIT */
/*
 * Log files of guests' consoles and of the hypervisor's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "logfile.h"
#include "say.h"

#define CHUNK 8192

struct chunk {
	struct logfile *log;
	size_t used;
	char text[CHUNK];
};

static void report(struct logfile *l, const char *what)
{
	if (!l->failed)
		say(LOG_ERR, "%s %s: %s; output is not logged until that is mended", what, l->path,
		    strerror(errno));
	l->failed = true;
}

static void write_pieces(struct logfile *l, struct iovec *pieces, int nr)
{
	while (nr) {
		ssize_t n = writev(l->fd, pieces, nr);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			report(l, "cannot write");
			return;
		}
		for (; nr && (size_t)n >= pieces->iov_len; pieces++, nr--)
			n -= pieces->iov_len;
		if (nr) {
			pieces->iov_base = (char *)pieces->iov_base + n;
			pieces->iov_len -= n;
		}
	}
	l->failed = false;
}

static void chunk_flush(struct chunk *c)
{
	struct iovec piece = { c->text, c->used };

	if (c->used)
		write_pieces(c->log, &piece, 1);
	c->used = 0;
}

static void chunk_add(struct chunk *c, const char *text, size_t len)
{
	if (c->used + len > CHUNK)
		chunk_flush(c);
	memcpy(c->text + c->used, text, len);
	c->used += len;
}

static size_t time_text(char *to, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	return strftime(to, size, "[%Y-%m-%d %H:%M:%S] ", localtime_r(&now, &tm));
}

/* Byte by byte, since times go in and escapes out. */
static void write_changed(struct logfile *l, const struct iovec *pieces, int nr)
{
	struct chunk c = { .log = l };
	char stamp[32];
	size_t stamp_len = l->stamp ? time_text(stamp, sizeof(stamp)) : 0;

	for (int i = 0; i < nr; i++) {
		const char *text = pieces[i].iov_base;

		for (size_t at = 0; at < pieces[i].iov_len; at++) {
			char byte = l->dots && text[at] == '\033' ? '.' : text[at];

			if (!l->in_line)
				chunk_add(&c, stamp, stamp_len);
			chunk_add(&c, &byte, 1);
			l->in_line = byte != '\n';
		}
	}
	chunk_flush(&c);
}

void log_write(struct logfile *l, const struct iovec *pieces, int nr)
{
	struct iovec copy[2];

	if (l->fd < 0)
		return;
	if (l->stamp || l->dots) {
		write_changed(l, pieces, nr);
		return;
	}
	memcpy(copy, pieces, nr * sizeof(*pieces));
	write_pieces(l, copy, nr);
}

static char *make_path(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s.log", dir, name) < 0)
		return NULL;
	for (char *p = path + strlen(dir) + 1; *p; p++)
		if (*p == '/')
			*p = '_';
	return path;
}

static void open_path(struct logfile *l)
{
	static char opened[] = "Logfile Opened\n";
	struct iovec piece = { opened, sizeof(opened) - 1 };

	l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (l->fd < 0) {
		report(l, "cannot open");
		return;
	}
	l->failed = l->in_line = false;
	if (l->stamp)
		log_write(l, &piece, 1);
}

void log_open(struct logfile *l, const char *dir, const char *name, bool stamp, bool dots)
{
	*l = (struct logfile){
		.fd = -1, .path = make_path(dir, name), .stamp = stamp, .dots = dots
	};
	if (l->path)
		open_path(l);
}

void log_reopen(struct logfile *l, const char *dir, const char *name)
{
	char *path = make_path(dir, name);

	if (!l->path || !path) {
		free(path);
		return;
	}
	free(l->path);
	l->path = path;
	if (l->fd >= 0)
		close(l->fd);
	open_path(l);
}

void log_close(struct logfile *l)
{
	if (l->path && l->fd >= 0)
		close(l->fd);
	free(l->path);
	*l = (struct logfile){ .fd = -1 };
}
