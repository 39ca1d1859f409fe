/* SPDX-License-Identifier: MIT */
/*
 * A request and its answer, across restarts of the daemon.
 *
 * Each type of message has rules: may it be repeated when the connection broke after it was sent,
 * and what does a dead transaction make of it. Repeating is right for all that leave the same state
 * when done twice. A removal that may have been done finds nothing the second time, which is
 * success then. A commit is never repeated: its transaction is dead by then, and EAGAIN has its
 * caller begin again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define MAX_LOSSES                                                                                 \
	5 /* of the connection within one request: it is the request that kills the daemon */
#define RETRY_MS 20

enum rule {
	READS = 1,	  /* a dead transaction's reads show what is there now */
	CHANGES = 2,	  /* a dead transaction's changes are dropped, as its end will say */
	GONE_IS_DONE = 4, /* repeated and not found: done by the first */
	ONCE = 8,	  /* not repeated */
	SLOW = 16,
};

static const unsigned char rules[XS_TYPE_COUNT] = {
	[XS_DIRECTORY] = READS,	     [XS_DIRECTORY_PART] = READS,
	[XS_READ] = READS,	     [XS_GET_PERMS] = READS,
	[XS_WRITE] = CHANGES,	     [XS_MKDIR] = CHANGES,
	[XS_SET_PERMS] = CHANGES,    [XS_RM] = CHANGES | GONE_IS_DONE,
	[XS_UNWATCH] = GONE_IS_DONE, [XS_RELEASE] = GONE_IS_DONE,
	[XS_TRANSACTION_END] = ONCE, [XS_CONTROL] = ONCE | SLOW,
};

static int errno_of(const char *name)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(name, xsd_errors[i].errstring))
			return xsd_errors[i].errnum;
	return EINVAL;
}

/* What the daemon said: -errno, or 0 with the answer kept in the handle. */
static int judge_answer(struct xs_handle *h, uint32_t type)
{
	int error = 0;

	if (h->answer.type == XS_ERROR)
		error = -errno_of(h->answer_body);
	else if (h->answer.type != type)
		error = -EPROTO;
	if (error) {
		free(h->answer_body);
		h->answer_body = NULL;
	}
	return error;
}

static int await_answer(struct xs_handle *h, uint32_t type, deadline_t deadline)
{
	int error = 0;

	/* The last read may have brought both the answer and the end of the connection. */
	while (h->awaiting && !error)
		error = link_wait(h, deadline);
	if (!h->awaiting)
		return judge_answer(h, type);
	h->awaiting = false;
	return error;
}

/*
 * One message and its answer on the connection there is. *lost: the connection is no longer of use;
 * *sent: the daemon may have acted. request_lock held.
 */
static int exchange(struct xs_handle *h, const struct request *r, uint32_t tx, deadline_t deadline,
		    bool *lost, bool *sent)
{
	struct xsd_sockmsg header = { .type = r->type, .tx_id = tx };
	struct iovec iov[6] = { { &header, sizeof(header) } };
	int error;

	for (unsigned int i = 0; i < r->nr_parts; i++) {
		iov[i + 1] = r->parts[i];
		header.len += r->parts[i].iov_len;
	}
	pthread_mutex_lock(&h->lock);
	header.req_id = ++h->req_id;
	h->awaiting = true;
	pthread_mutex_unlock(&h->lock);

	error = link_send(h, iov, r->nr_parts + 1, deadline);
	*sent |= !error;
	pthread_mutex_lock(&h->lock);
	if (!error)
		error = await_answer(h, r->type, deadline);
	h->awaiting = false;
	*lost = error == -ECONNRESET;
	/* What was half sent, or is half answered, must not meet the next request. */
	if (*lost || error == -ETIMEDOUT || error == -EPROTO)
		link_break(h);
	pthread_mutex_unlock(&h->lock);
	return error;
}

static struct iovec string_part(const char *s)
{
	return (struct iovec){ (void *)(uintptr_t)s, strlen(s) + 1 };
}

/* Register all watches with a daemon that does not know us. One it refuses stays, for the next
 * daemon. */
static int restore_watches(struct xs_handle *h, deadline_t deadline)
{
	struct watch *w;
	int error = 0;

	LIST_FOREACH(w, &h->watches, next)
	{
		struct iovec parts[] = { string_part(w->path), string_part(w->token) };
		struct request r = { XS_WATCH, XBT_NULL, parts, 2 };
		bool lost, sent = false;

		error = exchange(h, &r, XBT_NULL, deadline, &lost, &sent);
		if (lost || error == -ETIMEDOUT || error == -EPROTO)
			return error;
		if (!error)
			free(h->answer_body);
		h->answer_body = NULL;
	}
	return 0;
}

static int connect_anew(struct xs_handle *h)
{
	int error;

	pthread_mutex_lock(&h->lock);
	link_break(h);
	while (h->reading)
		pthread_cond_wait(&h->changed, &h->lock);
	link_drop(h);
	error = link_connect(h);
	pthread_mutex_unlock(&h->lock);
	return error;
}

static bool connected(struct xs_handle *h)
{
	bool usable;

	pthread_mutex_lock(&h->lock);
	usable = h->fd >= 0 && !h->broken;
	pthread_mutex_unlock(&h->lock);
	return usable;
}

int reconnect(struct xs_handle *h, deadline_t deadline)
{
	int error = 0;

	while (!connected(h)) {
		error = connect_anew(h);
		if (!error)
			error = restore_watches(h, deadline_in(h->timeout_ms));
		if (!error || h->given_up || now_ms() >= deadline)
			break;
		usleep(RETRY_MS * 1000);
	}
	return error;
}

/* What a dead transaction makes of a request: true if it is answered without the daemon. */
static bool answer_for_dead(const struct request *r, int *error)
{
	const struct iovec *how = r->parts;

	if (r->type == XS_TRANSACTION_END)
		*error = *(const char *)how->iov_base == 'T' ? -EAGAIN : 0;
	else if (rules[r->type] & CHANGES)
		*error = 0;
	else
		return false;
	return true;
}

static uint32_t remote_id(struct xs_handle *h, xs_transaction_t local, bool *dead)
{
	struct transaction *t;
	uint32_t id = local;

	pthread_mutex_lock(&h->lock);
	t = local == XBT_NULL ? NULL : transaction_find(h, local);
	*dead = t && t->doomed;
	if (t)
		id = t->doomed ? XBT_NULL : t->remote;
	pthread_mutex_unlock(&h->lock);
	return id;
}

/* With request_lock held: until it is answered, or must not or cannot be asked again. */
static int persist(struct xs_handle *h, const struct request *r, deadline_t deadline)
{
	deadline_t back = deadline == NEVER ? NEVER : now_ms() + h->timeout_ms / 3;
	bool lost, sent = false, dead;
	int error;

	for (int losses = 0; losses < MAX_LOSSES; losses++) {
		uint32_t tx;

		error = reconnect(h, back);
		if (error)
			return error;
		tx = remote_id(h, r->tx, &dead);
		if (dead && answer_for_dead(r, &error))
			return error;
		error = exchange(h, r, tx, deadline, &lost, &sent);
		if (error == -ENOENT && losses && sent && (rules[r->type] & GONE_IS_DONE))
			return 0;
		if (!lost)
			return error;
		if (sent && (rules[r->type] & ONCE))
			return r->type == XS_TRANSACTION_END ? -EAGAIN : -ECONNRESET;
	}
	return -ECONNRESET;
}

char *request(struct xs_handle *h, const struct request *r, unsigned int *len)
{
	int slow = rules[r->type] & SLOW ? 10 : 1;
	size_t total = 0;
	char *body = NULL;
	int error;

	for (unsigned int i = 0; i < r->nr_parts; i++)
		total += r->parts[i].iov_len;
	if (total > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return NULL;
	}
	pthread_mutex_lock(&h->request_lock);
	h->answer_body = NULL;
	h->answer.len = 0;
	error = persist(h, r, deadline_in(h->timeout_ms * slow));
	if (!error) {
		body = h->answer_body ? h->answer_body : calloc(1, 1);
		if (len)
			*len = h->answer.len;
	}
	pthread_mutex_unlock(&h->request_lock);
	if (!body)
		errno = error ? -error : ENOMEM;
	return body;
}
