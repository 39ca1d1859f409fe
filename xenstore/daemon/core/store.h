/* SPDX-License-Identifier: MIT */
/*
 * The store: its tree, who watches and who is connected; and the operations on nodes.
 *
 * Operations act in a transaction or, without one, at once. They check permissions and quotas,
 * change the tree, journal the change and fire watches (those of a transaction when it is
 * committed).
 */
#ifndef XSD_STORE_H
#define XSD_STORE_H

#include "conn.h"
#include "domain.h"
#include "path.h"
#include "perms.h"
#include "quota.h"
#include "tree.h"
#include "txn.h"
#include "watch.h"

struct journal;
struct platform;

enum { EVENT_INTRODUCE, EVENT_RELEASE, NR_EVENTS };
extern const char *const event_names[NR_EVENTS];

struct store {
	struct node *root;
	struct perms *event_perms[NR_EVENTS];
	uint64_t generation;
	struct watches watches;
	struct domains domains;
	struct quotas quotas;
	struct journal *journal;   /* NULL: nothing is kept */
	struct platform *platform; /* NULL: sockets only */
	int64_t priv_domid;	   /* beside domain 0; -1: none */
	bool keep_orphans;
	LIST_HEAD(, conn) conns;
	TAILQ_HEAD(, conn) dirty;
	bool reap;	    /* dead connections wait to be freed */
	bool any_more;	    /* some connection has `more` set */
	bool update_wanted; /* a live update is to start after this round */
	char *update_binary, *update_options;
	struct conn *update_conn;
	uint32_t update_req_id;
	uint32_t nr_txns;
};

/* An empty store, with the few nodes that are always there. */
void store_init(struct store *store);
void store_free(struct store *store);
/* Runs transports for all that have output. */
void store_flush(struct store *store);
void store_mark_dirty(struct conn *conn);

static inline uint64_t store_next_generation(struct store *store)
{
	return ++store->generation;
}

/*
 * Finds a node the client may use as `need` (PERM_*) says: 0, -ENOENT, -EACCES. In a transaction
 * the access is noted with `flags` (ACCESS_READ or ACCESS_LIST; 0: not).
 */
int store_get(struct conn *conn, struct txn *txn, const char *path, uint32_t need, uint32_t flags,
	      const struct node **node);
int store_write(struct conn *conn, struct txn *txn, const char *path, const void *data,
		uint32_t len);
int store_mkdir(struct conn *conn, struct txn *txn, const char *path);
int store_remove(struct conn *conn, struct txn *txn, const char *path);
/* Takes over the reference to perms. */
int store_set_perms(struct conn *conn, struct txn *txn, const char *path, struct perms *perms);

/* Deletes the nodes a domain owns, with what is below them. */
void store_remove_owned(struct store *store, struct domain *domain);
/* Makes a change known: watches fire. */
void store_fire_event(struct store *store, int event);

/* Counts nodes and bytes for their owners; of privileged owners too, for the report. */
void store_account(struct store *store, struct txn *txn, uint32_t domid, int64_t nodes,
		   int64_t memory);
int64_t node_bytes(const struct node *node);
/* The same for all of a subtree that comes (sign 1) or goes (-1). */
void store_account_subtree(struct store *store, struct txn *txn, const struct node *node, int sign);
/* 0, or -ENOSPC (told in the log) if `asked` is beyond the quota of the client. */
int quota_check(const struct conn *conn, enum quota_id id, uint64_t asked);

/* Tells whether all counts agree with the tree; what does not is logged. */
bool store_check(struct store *store);

#endif
