/* SPDX-License-Identifier: MIT */
/* Requests about the client's own watches and transactions. */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "request.h"
#include "state.h"

/* Path and token of WATCH and UNWATCH. */
static int watch_args(struct request *rq, char *path, const char **token, uint16_t *skip)
{
	const char *args[2];

	if (request_args(rq, args, 2) != 2)
		return -EINVAL;
	*token = args[1];
	*skip = 0;
	if (args[0][0] != '@')
		return request_path(rq, args[0], path, skip);
	if (!path_valid_event(args[0]))
		return -EINVAL;
	strcpy(path, args[0]);
	return 0;
}

static int watch_quota(struct conn *conn, const char *path, const char *token)
{
	uint64_t bytes = sizeof(struct watch) + strlen(path) + strlen(token) + 2;

	if (!conn->domain)
		return 0;
	if (quota_check(conn, QUOTA_WATCHES, conn->domain->watches + 1u))
		return -E2BIG;
	return quota_check(conn, QUOTA_MEMORY, (uint64_t)conn->domain->memory + bytes) ? -ENOMEM
										       : 0;
}

int do_watch(struct request *rq)
{
	char path[PATH_BYTES];
	struct watch *watch;
	const char *token;
	uint16_t skip;
	int err = watch_args(rq, path, &token, &skip);

	if (!err)
		err = watch_quota(rq->conn, path, token);
	if (!err)
		err = watch_add(&rq->store->watches, rq->conn, path, token, skip, &watch);
	if (err)
		return err;
	rq->conn->nr_watches++;
	if (rq->conn->domain) {
		rq->conn->domain->watches++;
		rq->conn->domain->memory += (int64_t)watch_bytes(watch);
	}
	state_watch(watch);
	reply_ok(rq);
	/* The first event comes at once: it tells the client to look at what is there already. */
	conn_send_event(watch, watch->path);
	return 0;
}

int do_unwatch(struct request *rq)
{
	char path[PATH_BYTES];
	struct watch *watch;
	const char *token;
	uint16_t skip;
	int err = watch_args(rq, path, &token, &skip);

	if (err)
		return err;
	watch = watch_find(&rq->store->watches, rq->conn, path, token);
	if (!watch)
		return -ENOENT;
	rq->conn->nr_watches--;
	if (rq->conn->domain) {
		rq->conn->domain->watches--;
		rq->conn->domain->memory -= (int64_t)watch_bytes(watch);
	}
	state_unwatch(watch);
	watch_remove(&rq->store->watches, watch);
	reply_ok(rq);
	return 0;
}

int do_reset_watches(struct request *rq)
{
	conn_drop_watches(rq->conn);
	conn_drop_txns(rq->conn);
	reply_ok(rq);
	return 0;
}

int do_transaction_start(struct request *rq)
{
	struct conn *conn = rq->conn;
	char id[16];

	if (rq->txn)
		return -EBUSY;
	if (quota_check(conn, QUOTA_TRANSACTIONS, conn->nr_txns + 1u))
		return -ENOSPC;
	do
		conn->next_txn++;
	while (!conn->next_txn || txn_find(conn, conn->next_txn));
	txn_begin(rq->store, conn, conn->next_txn);
	state_txn(conn, conn->next_txn, true);
	snprintf(id, sizeof(id), "%u", conn->next_txn);
	reply_text(rq, id);
	return 0;
}

int do_transaction_end(struct request *rq)
{
	const char *arg = request_arg(rq);
	int err = 0;

	if (!arg || (strcmp(arg, "T") && strcmp(arg, "F")))
		return -EINVAL;
	if (!rq->txn)
		return -ENOENT;
	if (arg[0] == 'T')
		err = txn_commit(rq->store, rq->txn);
	else
		txn_abort(rq->store, rq->txn);
	rq->txn = NULL;
	if (!err)
		reply_ok(rq);
	return err;
}
