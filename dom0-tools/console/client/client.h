/* SPDX-License-Identifier: MIT */
/*
 * What the files of xenconsole share.
 */
#ifndef XENCONSOLE_H
#define XENCONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <xenstore.h>

/* terminal.c: our own terminal. */

/* Raw, until the process ends, however it ends. False if fd is no terminal. */
bool terminal_make_raw(int fd);
void terminal_restore(void);

/* find.c: the guest's. */

struct target {
	struct xs_handle *xs;
	unsigned int domid;
	char path[96]; /* of the node that names the terminal */
};

/*
 * Open the terminal the node names, waiting up to ms for it to appear; -1 with a message in why.
 * Ends early if the domain goes.
 */
int target_open(struct target *t, int ms, char *why, size_t size);
bool target_is_alive(struct target *t);

/* relay.c: between the two. */

enum relay_end { RELAY_DETACHED, RELAY_CLOSED, RELAY_FAILED };

struct relay {
	int in;	    /* what the user types, -1: nobody does */
	int out;    /* what the user sees */
	int guest;  /* the guest's terminal, which does not block */
	int escape; /* the character that detaches, -1: none */
};

/*
 * Copy both ways until the user detaches (the bytes before the escape are sent) or the input ends,
 * the guest's terminal is closed (all it had is shown), or reading or writing fails with errno set.
 */
enum relay_end relay_run(struct relay *r);

#endif
