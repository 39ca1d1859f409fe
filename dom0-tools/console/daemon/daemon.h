/* SPDX-License-Identifier: MIT */
/*
 * What the files of xenconsoled share: one daemon, its handles, its options, its loop.
 */
#ifndef XENCONSOLED_H
#define XENCONSOLED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "say.h"

/* One thing the loop waits for. handle gets epoll's events. */
struct source {
	void (*handle)(struct source *source, uint32_t events);
};

struct console;
LIST_HEAD(console_list, console);

#define CONSOLE_BUCKETS 256

enum { LOG_NONE = 0, LOG_GUEST = 1, LOG_HV = 2 };

struct options {
	int log;   /* LOG_GUEST | LOG_HV */
	int stamp; /* the same, for times */
	bool keep; /* what to do when nobody reads: keep makes the guest wait, else the oldest is
		      dropped */
	bool dots;
	bool verbose, interactive;
	const char *log_dir, *state_dir, *pid_file;
};

struct xenconsoled {
	struct options options;
	xc_interface *xc;
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	xenforeignmemory_handle *foreign;
	struct xs_handle *xs;
	int epoll, inotify, tick;
	bool ticking, stop, rescan;
	struct console_list consoles;
	struct console_list by_domid[CONSOLE_BUCKETS]; /* the same */
	struct console **by_port; /* what serves a local port */
	unsigned int nr_ports;
};

extern struct xenconsoled self;

uint64_t now_ms(void);

/* loop.c */
int loop_add(int fd, struct source *source, uint32_t events);
void loop_change(int fd, struct source *source, uint32_t events);
void loop_remove(int fd);
void loop_need_tick(void); /* console_tick and domains_tick are called within a tick's length */
int loop_start(void);	   /* open and watch everything; 0 or -errno */
int loop_run(void);	   /* until self.stop; 0 or -errno */

/* domains.c */
int domains_start(void); /* watch domains come and go */
void domains_tick(void);

/* console.c */
struct console *console_new(uint32_t domid);
uint32_t console_domid(const struct console *c);
bool console_is_ending(const struct console *c);
struct console *console_find(uint32_t domid); /* one that is not ending */
struct console *console_next(struct console *c); /* NULL gives the first */
void console_configure(struct console *c);	 /* read xenstore, serve what is there */
void console_event(struct console *c);		 /* its port was rung, and stays masked */
void console_end(struct console *c);	  /* the domain is dead: serve the rest, then free it */
void console_opened_or_closed(int watch); /* a terminal's slave, by inotify */
void console_tick(void);		  /* what was put off */
void console_reopen_logs(void);

/* serve.c */
int serve_start(void);

/* hvlog.c */
int hvlog_start(void);
bool hvlog_event(int port); /* true if it was the hypervisor's */
void hvlog_reopen(void);

#endif
