/* SPDX-License-Identifier: MIT */
/*
 * Binary min-heap of nodes embedded in objects. A node knows its place, so removing any of them is
 * O(log n). The array belongs to the caller, who grows it when an insertion says -ENOSPC. No
 * locking of its own.
 */
#ifndef HV_HEAP_H
#define HV_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	uint64_t key;
	uint32_t pos; /* 1-based place in the array; 0: in no heap. Zero it before first use. */
};

struct heap {
	struct heap_node **slot;
	uint32_t nr, capacity;
};

/* `slots` may be NULL with capacity 0. */
void heap_init(struct heap *h, struct heap_node **slots, uint32_t capacity);
/* Moves the heap into a larger array; returns the old one for the caller to free. */
struct heap_node **heap_grow(struct heap *h, struct heap_node **slots, uint32_t capacity);
/* Adds a node that is in no heap. 0, or -ENOSPC: the array is full, nothing has changed. */
int heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
/* Gives a node of this heap another key. */
void heap_update(struct heap *h, struct heap_node *n, uint64_t key);
/* Takes a node out; nothing happens if it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *n);

/* The node with the smallest key, NULL if there is none. */
static inline struct heap_node *heap_peek(const struct heap *h)
{
	return h->nr ? h->slot[0] : NULL;
}

static inline bool heap_contains(const struct heap_node *n)
{
	return n->pos != 0;
}

#endif
