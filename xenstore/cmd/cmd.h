/* SPDX-License-Identifier: MIT */
/*
 * What the files of the xenstore commands share.
 *
 * A command works on a job and writes to job->out. If it runs in a transaction that others
 * disturbed, it is run again from the start and what it wrote is thrown away; so it prints nothing
 * elsewhere and leaves the store alone but by job->tx.
 */
#ifndef XENSTORE_CMD_H
#define XENSTORE_CMD_H

#include <stdio.h>
#include <xenstore.h>

struct job {
	struct xs_handle *xs;
	xs_transaction_t tx;
	FILE *out;
	char **args; /* NULL-ended */
	int nr_args;
	bool full_path, show_perms, prefix, raw, tidy, upto, recurse;
	int count; /* of watch events; -1: without end */
	int width; /* of the terminal, see ls.c */
	bool terminal;
};

/* Each returns its exit code; a failure with errno EAGAIN in a transaction is tried again. */
int cmd_read(struct job *job);
int cmd_write(struct job *job);
int cmd_list(struct job *job);
int cmd_exists(struct job *job);
int cmd_rm(struct job *job);
int cmd_ls(struct job *job);
int cmd_chmod(struct job *job);
int cmd_watch(struct job *job);
int control_main(int argc, char **argv);

/* Report a failure with errno's words, 1. errno stays. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Connect, or say why not and what to do, NULL. */
struct xs_handle *open_store(void);

/* A value in printable form, from malloc: \n, \r, \t, \\, and other bytes as \ooo or \xhh. */
char *escape(const char *value, unsigned int len);
/* The reverse, in place; returns the length. */
unsigned int unescape(char *text);

/* text is a list "n0" … of permissions, one per argument; NULL with a message if one has no form.
 */
struct xs_permissions *parse_perms(char **args, int nr);
/* "(n0,r3)" */
void print_perms(FILE *out, const struct xs_permissions *perms, unsigned int nr);

#endif
