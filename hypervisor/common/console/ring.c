/* SPDX-License-Identifier: MIT */
/*
 * The console ring: the last conring_size= bytes of output, for XEN_SYSCTL_readconsole.
 *
 * Indices run freely and are reduced only when the buffer is touched (its size is a power of two),
 * so a reader that remembers where it stopped (incremental reads) can tell what it has missed.
 * `cons` moves only by overwriting and by reads that clear.
 */
#include <hv/hypercall.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <public/sysctl.h>
#include "internal.h"
#include <hv/console_options.h>

#define EARLY_SIZE   (16u << 10)
#define DEFAULT_SIZE (32u << 10)
#define MAX_SIZE     (16u << 20)

static char early_ring[EARLY_SIZE];
static char *ring = early_ring;
static uint32_t ring_size = EARLY_SIZE;
static uint32_t prod, cons; /* guarded by: the console lock */
static uint32_t wanted_size = DEFAULT_SIZE;

void ring_put(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ring[prod++ & (ring_size - 1)] = s[i];
	if (prod - cons > ring_size)
		cons = prod - ring_size;
}

uint32_t ring_first(void)
{
	return cons;
}

size_t ring_get(uint32_t *index, char *to, size_t len)
{
	size_t n = 0;

	/* Both an index from the future and one of lost bytes lead to what there is. */
	if (prod - *index > prod - cons)
		*index = cons;
	while (n < len && *index != prod)
		to[n++] = ring[(*index)++ & (ring_size - 1)];
	return n;
}

void ring_forget(uint32_t before)
{
	if (before - cons <= prod - cons)
		cons = before;
}

void console_set_ring_size(uint64_t bytes)
{
	uint32_t size = EARLY_SIZE;

	while (size < bytes && size < MAX_SIZE)
		size <<= 1;
	wanted_size = size;
}

/* Moves the text so far to a ring of the wanted size; stays with the early one if none can be had. */
void ring_grow(void)
{
	unsigned int order = 0;
	unsigned long flags;
	char *bigger;

	while ((PAGE_SIZE << order) < wanted_size)
		order++;
	bigger = wanted_size > EARLY_SIZE ? alloc_xen_pages(order, 0) : NULL;
	if (!bigger)
		return;
	flags = console_lock();
	for (uint32_t i = cons; i != prod; i++)
		bigger[i & (wanted_size - 1)] = ring[i & (ring_size - 1)];
	ring = bigger;
	ring_size = wanted_size;
	console_unlock(flags);
}

int console_read_ring(struct xen_sysctl_readconsole *op)
{
	guest_ptr_t to = guest_handle_addr(op->buffer);
	uint32_t left = op->count, done = 0, index = op->index;
	char chunk[256];

	if (!op->incremental)
		index = READ_ONCE(cons);
	/* In pieces, as guest memory may not be touched with interrupts off. */
	while (left) {
		unsigned long flags = console_lock();
		size_t n;

		n = ring_get(&index, chunk, min((size_t)left, sizeof(chunk)));
		console_unlock(flags);
		if (!n)
			break;
		if (raw_copy_to_guest(to + done, chunk, n))
			return -EFAULT;
		done += n;
		left -= n;
	}
	if (op->clear) {
		unsigned long flags = console_lock();

		ring_forget(index);
		console_unlock(flags);
	}
	op->count = done;
	op->index = index;
	return 0;
}
