/* SPDX-License-Identifier: MIT */
/*
 * One domain's console, as console.c (its life) and serve.c (its bytes) know it.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "backlog.h"
#include "daemon.h"
#include "logfile.h"
#include "pty.h"
#include "ring.h"

#define BATCH BACKLOG_MIN /* bytes taken in one turn, before others have theirs */

struct console {
	struct source source; /* of the terminal's master; first, for the loop's pointer to it */
	LIST_ENTRY(console) next, bucket_next;
	uint32_t domid;
	char *name; /* of its log */
	/* What xenstore says, and what is served; a difference means to begin anew. */
	unsigned long ring_ref;
	unsigned int remote_port;

	struct ring ring;
	bool mapped, by_grant;
	int port; /* local, -1: not bound */

	struct backlog backlog;
	bool held; /* the backlog is full and nothing may be dropped */
	struct logfile log;

	struct pty pty;
	bool announced; /* the terminal's name is in xenstore */
	uint64_t announce_next;
	bool attached, ever_attached;
	uint64_t fed;	 /* when the client was last given bytes */
	uint32_t events; /* those waited for at the master */

	uint64_t period_start;
	unsigned int period_bytes, period_events;
	bool masked; /* put off to the next period */

	/* See serve.c: a busy console is looked at by the clock instead of by its port. */
	TAILQ_ENTRY(console) polled_next;
	bool polled;
	uint64_t last_event; /* in us */
	unsigned int streak, idle_polls;

	bool retry;
	uint64_t ending; /* since when; 0: it lives */
};

/* serve.c */

/* The ring's bytes into the backlog and the log, at most BATCH; returns how many. */
unsigned int drain(struct console *c);
/* A client came or went. */
void set_attached(struct console *c, bool attached);
/* Give the client what it takes without waiting, and wait for what it can do next. */
void feed_client(struct console *c);
/* Append to the log what is in the backlog and not in the log. */
void write_log(struct console *c);
/* All of it, and decide how to learn of more: by the port, the clock, or the next period. */
void serve(struct console *c);
/* Its port is about to go. */
void stop_polling(struct console *c);
/* The terminal's handler. */
void handle_terminal(struct source *source, uint32_t events);
#endif
