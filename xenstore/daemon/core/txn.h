/* SPDX-License-Identifier: MIT */
/*
 * Transactions: a snapshot to read from, a tree of one's own to change, and a note of what was
 * touched.
 *
 * `base` is the store's tree when the transaction began, `work` starts as the same tree. For each
 * path touched an access notes how. At the end:
 *  - nothing changed by it: it commits, for it saw one consistent tree;
 *  - nobody else changed the store: work becomes the store's tree;
 *  - else each access is compared between base and the store's tree now. A path read must have its
 * old version, one listed its old children, one changed must still be there (or still not) with the
 * same permissions. If all agree, the changes are made again on the store's tree; if not, -EAGAIN.
 * So transactions that touch different nodes never conflict, be they in one directory, and two that
 * only write the same node do not either: the later one wins.
 *
 * A transaction that was open when the daemon was restarted is doomed: it may go on, and ends with
 * -EAGAIN.
 */
#ifndef XSD_TXN_H
#define XSD_TXN_H

#include <sys/queue.h>

#include "tree.h"

struct conn;
struct store;

enum {
	ACCESS_READ = 1,  /* value or permissions seen, or absence */
	ACCESS_LIST = 2,  /* children seen */
	ACCESS_VALUE = 4, /* value replaced */
	ACCESS_PERMS = 8, /* permissions replaced */
	ACCESS_CREATED = 16,
	ACCESS_REMOVED = 32,  /* at some time; it may have been created again */
	ACCESS_IMPLICIT = 64, /* created only as parent of another */
	ACCESS_PARENT = 128,  /* a node was created below it */
};

#define ACCESS_CHANGES (ACCESS_VALUE | ACCESS_PERMS | ACCESS_CREATED | ACCESS_REMOVED)

struct access {
	STAILQ_ENTRY(access) order; /* of first touch */
	struct access *bucket;
	uint64_t hash;
	uint32_t flags;
	uint32_t depth;
	char path[];
};

/* What a transaction does to a domain's account. */
struct txn_charge {
	uint32_t domid;
	int64_t nodes, memory;
};

struct txn {
	LIST_ENTRY(txn) of_conn;
	struct conn *conn;
	uint32_t id;
	bool doomed;
	struct node *base, *work;
	STAILQ_HEAD(, access) accesses;
	struct access **bucket;
	uint32_t nr_buckets, nr_accesses;
	size_t bytes; /* kept on behalf of the client */
	uint64_t started;
	struct txn_charge *charge;
	uint32_t nr_charges;
};

struct txn *txn_begin(struct store *store, struct conn *conn, uint32_t id);
struct txn *txn_find(struct conn *conn, uint32_t id);
/* Notes an access; `bytes` more are kept for it. -ENOSPC if that is beyond the client's quotas. */
int txn_note(struct txn *txn, const char *path, uint32_t flags, size_t bytes);
/* Counts nodes and bytes a domain gains or loses by it. */
void txn_charge_domain(struct txn *txn, uint32_t domid, int64_t nodes, int64_t memory);
int64_t txn_charged_nodes(const struct txn *txn, uint32_t domid);
/* Makes it so: 0, -EAGAIN on a conflict, -ENOSPC beyond a quota. The transaction ends in any case.
 */
int txn_commit(struct store *store, struct txn *txn);
void txn_abort(struct store *store, struct txn *txn);

#endif
