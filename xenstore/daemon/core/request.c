/* SPDX-License-Identifier: MIT */
/* From bytes to handlers and back: see request.h. */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "log.h"
#include "request.h"

enum { ANYBODY, WRITER, PRIVILEGED };

static const struct {
	const char *name;
	request_handler *handler;
	int who; /* WRITER: not through the read-only socket */
} types[XS_TYPE_COUNT] = {
	[XS_CONTROL] = { "CONTROL", do_control, PRIVILEGED },
	[XS_DIRECTORY] = { "DIRECTORY", do_directory, ANYBODY },
	[XS_READ] = { "READ", do_read, ANYBODY },
	[XS_GET_PERMS] = { "GET_PERMS", do_get_perms, ANYBODY },
	[XS_WATCH] = { "WATCH", do_watch, ANYBODY },
	[XS_UNWATCH] = { "UNWATCH", do_unwatch, ANYBODY },
	[XS_TRANSACTION_START] = { "TRANSACTION_START", do_transaction_start, ANYBODY },
	[XS_TRANSACTION_END] = { "TRANSACTION_END", do_transaction_end, ANYBODY },
	[XS_INTRODUCE] = { "INTRODUCE", do_introduce, PRIVILEGED },
	[XS_RELEASE] = { "RELEASE", do_release, PRIVILEGED },
	[XS_GET_DOMAIN_PATH] = { "GET_DOMAIN_PATH", do_get_domain_path, ANYBODY },
	[XS_WRITE] = { "WRITE", do_write, WRITER },
	[XS_MKDIR] = { "MKDIR", do_mkdir, WRITER },
	[XS_RM] = { "RM", do_rm, WRITER },
	[XS_SET_PERMS] = { "SET_PERMS", do_set_perms, WRITER },
	[XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED", do_is_domain_introduced, ANYBODY },
	[XS_RESUME] = { "RESUME", do_resume, PRIVILEGED },
	[XS_SET_TARGET] = { "SET_TARGET", do_set_target, PRIVILEGED },
	[XS_RESET_WATCHES] = { "RESET_WATCHES", do_reset_watches, ANYBODY },
	[XS_DIRECTORY_PART] = { "DIRECTORY_PART", do_directory_part, ANYBODY },
};

static const char *type_name(uint32_t type)
{
	if (type == XS_ERROR)
		return "ERROR";
	return type < XS_TYPE_COUNT && types[type].name ? types[type].name : "?";
}

static void send(struct request *rq, uint32_t type, const void *data, size_t len)
{
	if (log_tracing) {
		char name[16];

		trace_message("OUT", conn_name(rq->conn, name), type_name(type), data, len);
	}
	conn_send(rq->conn, type, rq->req_id, rq->tx_id, data, len);
}

void reply(struct request *rq, const void *data, size_t len)
{
	if (len > XENSTORE_PAYLOAD_MAX)
		reply_error(rq, -E2BIG);
	else
		send(rq, rq->type, data, len);
}

void reply_text(struct request *rq, const char *text)
{
	reply(rq, text, strlen(text) + 1);
}

void reply_ok(struct request *rq)
{
	reply_text(rq, "OK");
}

void reply_error(struct request *rq, int err)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		if (xsd_errors[i].errnum == -err) {
			send(rq, XS_ERROR, xsd_errors[i].errstring,
			     strlen(xsd_errors[i].errstring) + 1);
			return;
		}
	}
	log_error("error %d of %s has no name in the protocol; the client is told EINVAL", -err,
		  type_name(rq->type));
	send(rq, XS_ERROR, "EINVAL", sizeof("EINVAL"));
}

const char *request_arg(const struct request *rq)
{
	return rq->len && memchr(rq->body, 0, rq->len) == rq->body + rq->len - 1 ? rq->body : NULL;
}

unsigned int request_args(const struct request *rq, const char **args, unsigned int max)
{
	unsigned int nr = 0;

	if (!rq->len || rq->body[rq->len - 1])
		return 0;
	for (uint32_t at = 0; at < rq->len; at += (uint32_t)strlen(rq->body + at) + 1, nr++)
		if (nr < max)
			args[nr] = rq->body + at;
	return nr;
}

/* What lies behind "/local/domain/N/", or the whole path. */
static const char *inside_home(const char *path)
{
	unsigned int domid;
	int len = 0;

	return sscanf(path, "/local/domain/%5u/%n", &domid, &len) == 1 && len ? path + len : path;
}

int request_path(const struct request *rq, const char *text, char *path, uint16_t *skip)
{
	size_t len = strlen(text);
	int prefix = 0;

	if (text[0] != '/')
		prefix = snprintf(path, PATH_BYTES, "/local/domain/%u/", rq->conn->domid);
	if (!len || text[0] == '@' || (size_t)prefix + len >= PATH_BYTES ||
	    (prefix && len > XENSTORE_REL_PATH_MAX))
		return -EINVAL;
	memcpy(path + prefix, text, len + 1);
	if (!path_valid(path))
		return -EINVAL;
	if (!conn_privileged(rq->conn) &&
	    quota_check(rq->conn, QUOTA_PATH_MAX, strlen(inside_home(path))))
		return -EINVAL;
	if (skip)
		*skip = (uint16_t)prefix;
	return 0;
}

bool request_domid(const char *text, uint32_t *domid)
{
	return quota_parse_number(text, domid) && *domid <= 0xffff;
}

static int check(struct request *rq)
{
	if (rq->type >= XS_TYPE_COUNT || !types[rq->type].handler)
		return -ENOSYS;
	if (types[rq->type].who == PRIVILEGED && !conn_privileged(rq->conn))
		return -EACCES;
	if (types[rq->type].who != ANYBODY && rq->conn->read_only)
		return -EROFS;
	rq->txn = rq->tx_id ? txn_find(rq->conn, rq->tx_id) : NULL;
	return rq->tx_id && !rq->txn ? -ENOENT : 0;
}

void request_handle(struct conn *conn, const struct xsd_sockmsg *head, const char *body)
{
	struct request rq = { .store = conn->store,
			      .conn = conn,
			      .type = head->type,
			      .req_id = head->req_id,
			      .tx_id = head->tx_id,
			      .body = body,
			      .len = head->len };
	int err;

	if (log_tracing) {
		char name[16];

		trace_message("IN", conn_name(conn, name), type_name(rq.type), body, rq.len);
	}
	err = check(&rq);
	if (!err)
		err = types[rq.type].handler(&rq);
	if (err)
		reply_error(&rq, err);
}
