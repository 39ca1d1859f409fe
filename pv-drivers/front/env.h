/* SPDX-License-Identifier: MIT */
/*
 * What a frontend asks of the kernel it lives in. The guest kit answers (pv-drivers/guest), and in
 * the unit tests a fake whose other side is a backend that lies.
 *
 * Everything here runs on one CPU in threads that switch only in wait_on() and in what calls it
 * (all of xs.h but xs_init). So between two waits nothing else runs, and nothing locks. Event
 * handlers run while every thread waits; they must not wait themselves.
 */
#ifndef FRONT_ENV_H
#define FRONT_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

#include "pv_grants.h"

/* Zeroed pages in a row; NULL: there are none. Any of them may be freed alone. */
void *pages_alloc(unsigned int nr);
void pages_free(void *pages, unsigned int nr);

/* The frame of a page as a grant names it. */
uint64_t page_frame(const void *page);

/* The guest's grant references; grants_reap() gives back the pages that backends let go of. */
extern struct pv_grants grants;
void grants_reap(void);

/*
 * A port that peer may join. handler runs at each event.
 * -XEN_ENOSPC: no more ports. Else the hypervisor's error.
 */
int event_open(domid_t peer, void (*handler)(void *context), void *context, evtchn_port_t *port);
void event_close(evtchn_port_t port);
void event_send(evtchn_port_t port);

#define TIME_NEVER UINT64_MAX
#define TIME_MS	   ((uint64_t)1000000)
#define TIME_S	   (1000 * TIME_MS)

/* Nanoseconds since the machine started. */
uint64_t time_now(void);

/* Threads waiting for the same thing. All zero: nobody. */
struct wait_queue {
	struct thread *first, **last;
};

/* 0: woken, so look again. -XEN_ETIMEDOUT: it is deadline or later. */
int wait_on(struct wait_queue *queue, uint64_t deadline);
void wake_all(struct wait_queue *queue);

#endif
