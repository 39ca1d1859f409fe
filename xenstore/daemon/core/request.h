/* SPDX-License-Identifier: MIT */
/*
 * Requests: one table of types, one handler each.
 *
 * A handler checks its payload strictly, acts, and replies; or returns a negative errno, which
 * becomes the error reply. It never does both.
 */
#ifndef XSD_REQUEST_H
#define XSD_REQUEST_H

#include "store.h"

struct xsd_sockmsg;

struct request {
	struct store *store;
	struct conn *conn;
	struct txn *txn;
	uint32_t type, req_id, tx_id;
	const char *body;
	uint32_t len;
};

void request_handle(struct conn *conn, const struct xsd_sockmsg *head, const char *body);

/* The reply: bytes, a text with its NUL, or "OK". */
void reply(struct request *rq, const void *data, size_t len);
void reply_text(struct request *rq, const char *text);
void reply_ok(struct request *rq);
void reply_error(struct request *rq, int err);

/* The payload as one text; NULL if it is none, or has a NUL inside. */
const char *request_arg(const struct request *rq);
/* The payload as texts: their number (at most max are stored), 0 if the last one has no NUL. */
unsigned int request_args(const struct request *rq, const char **args, unsigned int max);
/* A path of the client's, made absolute: 0 or -EINVAL. *skip: what was put in front of a relative
 * one. */
int request_path(const struct request *rq, const char *text, char *path, uint16_t *skip);
/* A domain's number; false if it is none. */
bool request_domid(const char *text, uint32_t *domid);

typedef int request_handler(struct request *rq);

request_handler do_control, do_directory, do_read, do_get_perms, do_watch, do_unwatch,
    do_transaction_start, do_transaction_end, do_introduce, do_release, do_get_domain_path,
    do_write, do_mkdir, do_rm, do_set_perms, do_is_domain_introduced, do_resume, do_set_target,
    do_reset_watches, do_directory_part;

#endif
