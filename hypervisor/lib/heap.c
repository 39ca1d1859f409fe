/* SPDX-License-Identifier: MIT */
/*
 * Binary min-heap, see hv/heap.h.
 *
 * Invariants: slot[i]->pos == i + 1 for i < nr, and no node's key is smaller than its parent's. A
 * hole is moved up or down and filled once, rather than swapping at each level.
 */
#include <hv/errno.h>
#include <hv/heap.h>

static inline void place(struct heap *h, uint32_t i, struct heap_node *n)
{
	h->slot[i] = n;
	n->pos = i + 1;
}

static void sift_up(struct heap *h, uint32_t i, struct heap_node *n)
{
	while (i) {
		uint32_t parent = (i - 1) / 2;

		if (h->slot[parent]->key <= n->key)
			break;
		place(h, i, h->slot[parent]);
		i = parent;
	}
	place(h, i, n);
}

static void sift_down(struct heap *h, uint32_t i, struct heap_node *n)
{
	uint32_t child;

	while ((child = 2 * i + 1) < h->nr) {
		if (child + 1 < h->nr && h->slot[child + 1]->key < h->slot[child]->key)
			child++;
		if (n->key <= h->slot[child]->key)
			break;
		place(h, i, h->slot[child]);
		i = child;
	}
	place(h, i, n);
}

/* Settles n, whose key may be out of order in either direction, from place i. */
static void settle(struct heap *h, uint32_t i, struct heap_node *n)
{
	if (i && n->key < h->slot[(i - 1) / 2]->key)
		sift_up(h, i, n);
	else
		sift_down(h, i, n);
}

void heap_init(struct heap *h, struct heap_node **slots, uint32_t capacity)
{
	h->slot = slots;
	h->nr = 0;
	h->capacity = capacity;
}

struct heap_node **heap_grow(struct heap *h, struct heap_node **slots, uint32_t capacity)
{
	struct heap_node **old = h->slot;

	for (uint32_t i = 0; i < h->nr; i++)
		slots[i] = old[i];
	h->slot = slots;
	h->capacity = capacity;
	return old;
}

int heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	if (h->nr >= h->capacity)
		return -ENOSPC;
	n->key = key;
	sift_up(h, h->nr++, n);
	return 0;
}

void heap_update(struct heap *h, struct heap_node *n, uint64_t key)
{
	n->key = key;
	settle(h, n->pos - 1, n);
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	uint32_t i = n->pos - 1;
	struct heap_node *last;

	if (!n->pos)
		return;
	n->pos = 0;
	last = h->slot[--h->nr];
	if (last != n)
		settle(h, i, last);
}
