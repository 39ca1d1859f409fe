/* SPDX-License-Identifier: MIT */
/*
 * Vector allocation. Searches go round, sixteen apart, so that devices spread over the APIC's priority
 * classes (it holds only two interrupts of one class at a time).
 */
#include <hv/lib.h>
#include <asm/irq.h>

#include "vector.h"

#define STEP 16

static bool vector_usable(unsigned int v)
{
	return v >= VECTOR_DEVICE_FIRST && v <= VECTOR_DEVICE_LAST && v != 0x80;
}

static bool run_is_free(const struct vector_table *t, unsigned int first, unsigned int nr)
{
	for (unsigned int v = first; v < first + nr; v++)
		if (!vector_usable(v) || t->irq[v])
			return false;
	return true;
}

int vector_alloc(struct vector_table *t, unsigned int nr, unsigned int irq)
{
	unsigned int count = VECTOR_DEVICE_LAST + 1 - VECTOR_DEVICE_FIRST;
	unsigned int classes = count / STEP;

	if (!nr || nr > 32 || (nr & (nr - 1)))
		return -EINVAL;
	for (unsigned int i = 0; i < count; i++) {
		/* All classes at one offset, then the next offset. */
		unsigned int n = (t->next + i) % count;
		unsigned int v = VECTOR_DEVICE_FIRST + (n % classes) * STEP + n / classes;

		if ((v & (nr - 1)) || !run_is_free(t, v, nr))
			continue;
		for (unsigned int k = 0; k < nr; k++)
			t->irq[v + k] = (uint16_t)(irq + k + 1);
		t->next = (uint8_t)((n + 1) % count);
		return (int)v;
	}
	return -ENOSPC;
}

void vector_free(struct vector_table *t, unsigned int vector)
{
	if (vector_usable(vector))
		t->irq[vector] = 0;
}

int vector_lookup(const struct vector_table *t, unsigned int vector)
{
	return (int)t->irq[vector & 0xff] - 1;
}
