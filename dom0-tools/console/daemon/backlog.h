/* SPDX-License-Identifier: MIT */
/*
 * What a guest wrote and nobody has read yet: a ring of bytes in a file that outlives the daemon.
 *
 * Positions count bytes since the console began, modulo 2^32. A daemon killed at any instruction
 * leaves a file its successor continues: bytes are copied in before head covers them, and base
 * tells what the guest's ring index was when head was 0, so whether the last bytes were taken off
 * the guest's ring can be told by comparing.
 */
#ifndef CONSOLE_BACKLOG_H
#define CONSOLE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define BACKLOG_MIN (64 * 1024)
#define BACKLOG_MAX (16 * 1024 * 1024)

struct backlog_file {
	uint32_t magic, size;
	uint32_t head;	 /* the next byte goes here */
	uint32_t tail;	 /* the oldest byte no client has been given */
	uint32_t logged; /* the log has all before it */
	uint32_t base;	 /* head less the guest's index */
	char owner[232]; /* whose it is: a domid may be used again */
};

struct backlog {
	struct backlog_file *file; /* NULL: not open */
	char *data;
	char *path; /* NULL: memory only */
};

/*
 * Open or continue the file at path; NULL, or one that cannot be made, gives memory that dies with
 * the daemon. size is brought into bounds and up to a power of two. *continued: what is in it is
 * owner's. 0, or -ENOMEM.
 */
int backlog_open(struct backlog *b, const char *path, const char *owner, uint64_t size,
		 bool *continued);
/* Remove the file; what is in it stays readable until backlog_close. */
void backlog_forget(struct backlog *b);
void backlog_close(struct backlog *b);

uint32_t backlog_used(const struct backlog *b);
uint32_t backlog_free(const struct backlog *b);
/* Drop the oldest bytes until n are free, or, with keep, return how many of n are. */
uint32_t backlog_make_room(struct backlog *b, uint32_t n, bool keep);
/* The place of n bytes from position at on, as one or two pieces; returns their number. */
int backlog_pieces(const struct backlog *b, uint32_t at, uint32_t n, struct iovec pieces[2]);
/* n bytes were written at head. */
void backlog_commit(struct backlog *b, uint32_t n);

#endif
