/* SPDX-License-Identifier: MIT */
/*
 * A log of console output: appended to, perhaps with the time before each line, reopened after
 * rotation.
 */
#ifndef CONSOLE_LOGFILE_H
#define CONSOLE_LOGFILE_H

#include <stdbool.h>
#include <sys/uio.h>

struct logfile {
	int fd;	    /* -1: not open */
	char *path; /* NULL: no log wanted */
	bool stamp; /* the time before each line */
	bool dots;  /* '.' for each escape character, so that showing the log leaves the terminal
		       alone */
	bool in_line;
	bool failed; /* the failure was reported */
};

/* Open DIR/NAME.log; slashes in the name become underscores. A failure is reported, and tried again
 * by log_reopen. */
void log_open(struct logfile *l, const char *dir, const char *name, bool stamp, bool dots);
/* Open the file anew, under a new name if one is given. */
void log_reopen(struct logfile *l, const char *dir, const char *name);
/* Append; one write per call as far as the times allow. */
void log_write(struct logfile *l, const struct iovec *pieces, int nr);
void log_close(struct logfile *l);

#endif
