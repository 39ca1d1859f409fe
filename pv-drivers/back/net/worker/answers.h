/* SPDX-License-Identifier: MIT */
/*
 * Answers of one batch to a ring: collected in the journal, then written and shown all at once. A
 * worker that dies while it writes leaves requests overwritten that nobody has seen answered; its
 * successor writes the same answers again, and reads requests only behind them.
 */
#ifndef NET_ANSWERS_H
#define NET_ANSWERS_H

#include "net/net_class.h"
#include "pv_ring.h"

#include <stddef.h>
#include <stdint.h>
#include <xen/io/netif.h>

struct answers {
	struct pv_ring *ring;
	struct net_answers *kept;
	uint32_t nr; /* collected */
};

/* size is at most NET_ANSWER_BYTES. -EIO: nothing is left to be answered. */
int answers_add(struct answers *answers, const void *answer, size_t size);
/* 1: shown, and the guest wants to be told. 0: not so. -EIO: the ring is lost. */
int answers_show(struct answers *answers);
/* Before a ring is served again: shows what an earlier worker was writing. As answers_show(). */
int answers_resume(struct answers *answers);

#endif
