/* SPDX-License-Identifier: MIT */
/*
 * What the files of the worker's frame share.
 *
 *	main.c		opens the devices, confines itself, starts
 *	sandbox.c	what it gives up for ever
 *	loop.c		the loop and its descriptors; io_uring
 *	links.c		devices connected and disconnected, by messages of serai-backd
 *	grants.c	grants and event channels for the services
 *	connect.c	steps most services begin with
 */
#ifndef BACK_WORKER_INTERNAL_H
#define BACK_WORKER_INTERNAL_H

#include "back_worker.h"

#include <sys/queue.h>
#include <xenevtchn.h>

#define WORKER_SOCKET 3
#define WORKER_LOCK   4
#define RING_ENTRIES  1024
#define MAX_FDS	      4096

struct back_link_private {
	struct back_link link;
	struct back_journal *head;
	size_t mapped; /* bytes of the journal */
	uint64_t due;  /* of the tick; 0: none */
	bool again, closing, failed, drained;
	char why[160];
	LIST_ENTRY(back_link_private) all;
};
LIST_HEAD(link_list, back_link_private);

struct back_worker {
	uint32_t domid, uid;
	const struct back_service *only; /* the one service this process is for, or NULL */
	struct io_uring ring;
	uint32_t under_way; /* submissions whose end has not been told */
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	struct link_list links;
	struct back_link_private *by_fd[MAX_FDS];
	struct back_link_private **by_port;
	uint32_t nr_ports;
};
extern struct back_worker worker;

const struct back_service *service_by_kind(const char *kind);

/* sandbox.c: 0 or -errno. */
int confine(const char *empty_dir);

/* loop.c */
int loop_start(void);
void loop_drop(int fd);
_Noreturn void loop_run(void);

/* links.c */
void links_message(void); /* the socket is readable */
void links_reap(void);	  /* after each round */
void links_ready(int result, const char *why); /* tell serai-backd that we run, or why not */

#endif
