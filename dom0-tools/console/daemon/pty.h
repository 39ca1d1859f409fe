/* SPDX-License-Identifier: MIT */
/*
 * The terminal a guest's console shows as in Dom0.
 *
 * The daemon holds only the master. While no client has the slave open the master polls as hung up,
 * so the bytes stay in the backlog, and a client that comes gets them all; opening and closing the
 * slave is noticed through inotify, since hanging up ends without an event.
 */
#ifndef CONSOLE_PTY_H
#define CONSOLE_PTY_H

#include <stdbool.h>

struct pty {
	int master; /* -1: none. Does not block */
	int watch;  /* of inotify */
	char slave[64];
};

/* Make a raw terminal and watch its slave through the inotify descriptor. 0 or -errno. */
int pty_open(struct pty *p, int inotify);
void pty_close(struct pty *p, int inotify);
/* A client has the slave open. */
bool pty_attached(const struct pty *p);
/* Bytes written to the terminal which no client has read. */
bool pty_unread(const struct pty *p);

#endif
