/* SPDX-License-Identifier: MIT */
/*
 * Sets of numbers as a list of ranges: ascending, disjoint, and never adjacent (adding merges), so
 * that a contained interval always lies in a single range.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <hv/spinlock.h>

struct range {
	uint64_t first, last;
	struct range *next;
};

struct rangeset {
	spinlock_t lock;
	const char *name;
	struct range *ranges; /* guarded by: lock */
};

struct rangeset *rangeset_new(const char *name)
{
	struct rangeset *r = xzalloc(struct rangeset);

	if (!r)
		return NULL;
	spin_lock_init(&r->lock);
	r->name = name;
	return r;
}

void rangeset_free(struct rangeset *r)
{
	struct range *x, *next;

	if (!r)
		return;
	for (x = r->ranges; x; x = next) {
		next = x->next;
		xfree(x);
	}
	xfree(r);
}

/* The lock is logically mutable: const callers only look. */
static spinlock_t *lock_of(const struct rangeset *r)
{
	return (spinlock_t *)(uintptr_t)&r->lock;
}

/* Does `x` lie wholly below `first`, with a gap? 64-bit wrap-around safe. */
static bool ends_before(const struct range *x, uint64_t first)
{
	return x->last < first && first - x->last > 1;
}

/* Absorbs into `into` all following ranges it now touches. Returns the list of absorbed ones. */
static struct range *absorb_following(struct range *into)
{
	struct range *dead = NULL, *x;

	while ((x = into->next) && (x->first <= into->last || x->first - into->last == 1)) {
		into->last = max(into->last, x->last);
		into->next = x->next;
		x->next = dead;
		dead = x;
	}
	return dead;
}

static void free_list(struct range *x)
{
	while (x) {
		struct range *next = x->next;

		xfree(x);
		x = next;
	}
}

int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last)
{
	struct range *fresh, **link, *dead;

	if (first > last)
		return -EINVAL;
	fresh = xzalloc(struct range);
	if (!fresh)
		return -ENOMEM;
	fresh->first = first;
	fresh->last = last;
	spin_lock(&r->lock);
	for (link = &r->ranges; *link && ends_before(*link, first); link = &(*link)->next)
		;
	if (*link && (*link)->first < first)
		fresh->first = (*link)->first;
	fresh->next = *link;
	*link = fresh;
	dead = absorb_following(fresh);
	spin_unlock(&r->lock);
	free_list(dead);
	return 0;
}

/* Cuts [first, last] out of *link, which overlaps it. May use *spare for the upper part. */
static struct range **cut(struct range **link, uint64_t first, uint64_t last, struct range **spare,
			  struct range **dead)
{
	struct range *x = *link;

	if (x->first < first && x->last > last) {
		struct range *upper = *spare;

		*spare = NULL;
		*upper = (struct range){ last + 1, x->last, x->next };
		x->last = first - 1;
		x->next = upper;
		return &upper->next;
	}
	if (x->first < first) {
		x->last = first - 1;
		return &x->next;
	}
	if (x->last > last) {
		x->first = last + 1;
		return &x->next;
	}
	*link = x->next;
	x->next = *dead;
	*dead = x;
	return link;
}

int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last)
{
	struct range *spare, *dead = NULL, **link;

	if (first > last)
		return -EINVAL;
	/* Taken in advance: nothing may fail once the set is being changed. */
	spare = xzalloc(struct range);
	if (!spare)
		return -ENOMEM;
	spin_lock(&r->lock);
	for (link = &r->ranges; *link && (*link)->first <= last;) {
		if ((*link)->last < first)
			link = &(*link)->next;
		else
			link = cut(link, first, last, &spare, &dead);
	}
	spin_unlock(&r->lock);
	xfree(spare);
	free_list(dead);
	return 0;
}

bool rangeset_contains(const struct rangeset *r, uint64_t first, uint64_t last)
{
	const struct range *x;
	bool found;

	if (!r || first > last)
		return false;
	spin_lock(lock_of(r));
	for (x = r->ranges; x && x->last < first; x = x->next)
		;
	found = x && x->first <= first && last <= x->last;
	spin_unlock(lock_of(r));
	return found;
}

bool rangeset_overlaps(const struct rangeset *r, uint64_t first, uint64_t last)
{
	const struct range *x;
	bool found;

	if (!r || first > last)
		return false;
	spin_lock(lock_of(r));
	for (x = r->ranges; x && x->last < first; x = x->next)
		;
	found = x && x->first <= last;
	spin_unlock(lock_of(r));
	return found;
}

unsigned int rangeset_count(const struct rangeset *r)
{
	unsigned int n = 0;

	spin_lock(lock_of(r));
	for (const struct range *x = r->ranges; x; x = x->next)
		n++;
	spin_unlock(lock_of(r));
	return n;
}
