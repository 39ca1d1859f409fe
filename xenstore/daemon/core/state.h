/* SPDX-License-Identifier: MIT */
/*
 * What the journal records, and getting the store back from it.
 *
 * One function per kind of record, called where the change is made; each is part of the frame the
 * caller has begun, or a frame of its own. Without a journal they do nothing.
 */
#ifndef XSD_STATE_H
#define XSD_STATE_H

#include "journal.h"
#include "store.h"

void state_node(struct store *store, const char *path, const struct node *node);
void state_value(struct store *store, const char *path, const struct value *value);
void state_removed(struct store *store, const char *path);
void state_event_perms(struct store *store, int event);
void state_domain(struct store *store, const struct domain *domain);
void state_domain_gone(struct store *store, uint32_t domid);
void state_quotas(struct store *store);
/* Of connections that survive a restart; for others they do nothing. */
void state_watch(const struct watch *watch);
void state_unwatch(const struct watch *watch);
void state_txn(const struct conn *conn, uint32_t id, bool begins);
void state_input(const struct conn *conn);
void state_output(const struct conn *conn, const void *head, size_t head_len, const void *body,
		  size_t len);
void state_reset(const struct conn *conn);
void state_out_index(const struct conn *conn); /* of a ring that was adopted */

/*
 * Writes the whole state as one frame of an empty journal. With `sockets` also what socket clients
 * are owed (for a live update, which hands their descriptors on).
 */
void state_snapshot(struct store *store, struct journal *journal, bool sockets);

/*
 * Fills a fresh store from a journal. Returns the good bytes, 0 if it is no journal, -EPROTO if it
 * is one of another version. Domains are known but not connected yet; sockets of a live update are,
 * with `transport`.
 */
long state_load(struct store *store, const char *map, size_t size, const struct transport *sockets);

#endif
