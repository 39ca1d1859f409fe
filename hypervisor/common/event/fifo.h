/* SPDX-License-Identifier: MIT */
/* State of the FIFO ABI, shared by its two files. */
#ifndef EVENT_FIFO_H
#define EVENT_FIFO_H

#include "internal.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_WORD_PAGES (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

struct evtchn_fifo_queue {
	spinlock_t lock;
	uint32_t tail; /* port linked last, 0: none; guarded by: lock */
};

/* Published in v->evtchn.fifo once complete. */
struct evtchn_fifo_vcpu {
	struct evtchn_fifo_control_block *control; /* guest memory */
	struct evtchn_fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

struct evtchn_fifo_domain {
	uint32_t nr_words; /* ports below have a word; grows only, released after the page */
	event_word_t *page[MAX_WORD_PAGES]; /* guest memory */
};

/* The guest's word of a port, or NULL if its array does not reach that far. */
static inline event_word_t *fifo_word(const struct domain *d, uint32_t port)
{
	const struct evtchn_fifo_domain *f = d->evtchn.fifo;

	if (port >= __atomic_load_n(&f->nr_words, __ATOMIC_ACQUIRE))
		return NULL;
	return &f->page[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE];
}

#endif
