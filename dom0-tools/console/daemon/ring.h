/* SPDX-License-Identifier: MIT */
/*
 * Our side of a guest's console page.
 *
 * The page is the guest's: every word in it may be any value and change at any time. So our own two
 * indices live here and are only told to the page, the guest's two are read once per use and
 * compared with ours, and the bytes are copied before anybody looks at them.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stdint.h>
#include <xen/io/console.h>

struct ring {
	struct xencons_interface *shared;
	uint32_t out_cons, in_prod; /* ours */
	unsigned int resyncs;	    /* how often the guest's indices made no sense */
};

/* Take over where the page says the last reader stopped. */
void ring_attach(struct ring *r, struct xencons_interface *shared);

/*
 * How many bytes the guest has written and we have not consumed, at most sizeof(out). Indices that
 * make no sense give 0, and the next call starts from where the page says.
 */
unsigned int ring_out_ready(struct ring *r);
/* Copy n bytes, beginning offset bytes after the first not consumed; no more than were ready. */
void ring_out_copy(const struct ring *r, unsigned int offset, void *to, unsigned int n);
/* Consume n bytes: the guest may write over them. */
void ring_out_done(struct ring *r, unsigned int n);

/* How many bytes may be given to the guest. */
unsigned int ring_in_space(struct ring *r);
void ring_in_put(struct ring *r, const void *from, unsigned int n);

#endif
