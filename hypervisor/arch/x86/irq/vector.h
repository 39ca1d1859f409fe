/* SPDX-License-Identifier: MIT */
/* Which irq each vector of one CPU means. Pure bookkeeping: the caller locks. */
#ifndef IRQ_VECTOR_H
#define IRQ_VECTOR_H

#include <hv/types.h>

struct vector_table {
	uint16_t irq[256]; /* irq + 1; 0: free */
	uint8_t next;	   /* where the next search starts */
};

/* Takes `nr` (a power of two, at most 32) consecutive vectors, the first aligned to nr, for irqs
 * irq .. irq + nr - 1. Returns the first vector, or -ENOSPC. */
int vector_alloc(struct vector_table *t, unsigned int nr, unsigned int irq);
void vector_free(struct vector_table *t, unsigned int vector);
/* The irq a vector means, or -1. */
int vector_lookup(const struct vector_table *t, unsigned int vector);

#endif
