/* SPDX-License-Identifier: MIT */
/*
 * Which transactions live, and which died with their connection.
 *
 * An application that uses a dead one must not harm another that was given the same number by the
 * new daemon, so each has a number of our own, the daemon's where that is free.
 */
#include <stdlib.h>

#include "internal.h"

struct transaction *transaction_find(struct xs_handle *h, xs_transaction_t local)
{
	struct transaction *t;

	LIST_FOREACH(t, &h->transactions, next)
	if (t->local == local)
		return t;
	return NULL;
}

xs_transaction_t transaction_add(struct xs_handle *h, uint32_t remote)
{
	struct transaction *t = malloc(sizeof(*t));
	uint32_t local = remote;

	if (!t)
		return XBT_NULL;
	while (local == XBT_NULL || transaction_find(h, local))
		local = 0x80000000u | ++h->last_local;
	*t = (struct transaction){ .local = local, .remote = remote };
	LIST_INSERT_HEAD(&h->transactions, t, next);
	return local;
}

void transaction_remove(struct xs_handle *h, xs_transaction_t local)
{
	struct transaction *t = transaction_find(h, local);

	if (!t)
		return;
	LIST_REMOVE(t, next);
	free(t);
}

void transactions_doom(struct xs_handle *h)
{
	struct transaction *t;

	LIST_FOREACH(t, &h->transactions, next)
	t->doomed = true;
}

void transactions_free(struct xs_handle *h)
{
	while (!LIST_EMPTY(&h->transactions))
		transaction_remove(h, LIST_FIRST(&h->transactions)->local);
}
