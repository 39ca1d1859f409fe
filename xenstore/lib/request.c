/* SPDX-License-Identifier: MIT */
/*
 * Requests and their answers, across restarts of the daemon.
 *
 * Requests asked at once travel in one message each, but the daemon is woken once for them, and so
 * is their caller for the answers, which come in the same order.
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
#define ASKED_AT_ONCE 64

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

/* What the daemon said: -errno, or 0 with the body kept. */
static int judge_answer(struct answer *answer)
{
	int error = 0;

	if (answer->head.type == XS_ERROR)
		error = -errno_of(answer->body);
	if (error) {
		free(answer->body);
		answer->body = NULL;
	}
	return error;
}

static void drop_answers(struct answer *answers, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		free(answers[i].body);
		answers[i].body = NULL;
	}
}

static size_t payload_bytes(const struct request *r)
{
	size_t total = 0;

	for (unsigned int i = 0; i < r->nr_parts; i++)
		total += r->parts[i].iov_len;
	return total;
}

/* Lays the messages one behind the other. */
static void pack(char *to, const struct request *r, unsigned int nr, uint32_t tx, uint32_t first_id)
{
	for (unsigned int n = 0; n < nr; n++, r++) {
		struct xsd_sockmsg header = { r->type, first_id + n, tx,
					      (uint32_t)payload_bytes(r) };

		memcpy(to, &header, sizeof(header));
		to += sizeof(header);
		for (unsigned int i = 0; i < r->nr_parts; i++) {
			if (r->parts[i].iov_len)
				memcpy(to, r->parts[i].iov_base, r->parts[i].iov_len);
			to += r->parts[i].iov_len;
		}
	}
}

static int send_all(struct xs_handle *h, const struct request *r, unsigned int nr, uint32_t tx,
		    uint32_t first_id, deadline_t deadline)
{
	char one[MESSAGE_MAX], *bytes = one;
	size_t len = 0;
	int error;

	for (unsigned int i = 0; i < nr; i++)
		len += sizeof(struct xsd_sockmsg) + payload_bytes(&r[i]);
	if (len > sizeof(one))
		bytes = malloc(len);
	if (!bytes)
		return -ENOMEM;
	pack(bytes, r, nr, tx, first_id);
	error = link_send(h, bytes, len, deadline);
	if (bytes != one)
		free(bytes);
	return error;
}

static int await_answers(struct xs_handle *h, const struct request *r, deadline_t deadline)
{
	int error = 0;

	/* The last read may have brought both the answers and the end of the connection. */
	while (h->nr_missing && !error)
		error = link_wait(h, deadline);
	if (h->nr_missing)
		return error;
	for (unsigned int i = 0; i < h->nr_awaited; i++)
		if (h->awaited[i].head.type != XS_ERROR && h->awaited[i].head.type != r[i].type)
			return -EPROTO;
	return 0;
}

/*
 * Messages and their answers on the connection there is; answers[] is empty before, and again if it
 * fails. *lost: the connection is no longer of use; *sent: the daemon may have acted. request_lock
 * held.
 */
static int exchange(struct xs_handle *h, const struct request *r, struct answer *answers,
		    unsigned int nr, uint32_t tx, deadline_t deadline, bool *lost, bool *sent)
{
	uint32_t first_id;
	int error;

	pthread_mutex_lock(&h->lock);
	first_id = h->req_id + 1;
	h->req_id += nr;
	h->awaited = answers;
	h->nr_awaited = h->nr_missing = nr;
	pthread_mutex_unlock(&h->lock);

	error = send_all(h, r, nr, tx, first_id, deadline);
	*sent |= !error || nr > 1; /* of several the first may have gone */
	pthread_mutex_lock(&h->lock);
	if (!error)
		error = await_answers(h, r, deadline);
	h->awaited = NULL;
	h->nr_awaited = h->nr_missing = 0;
	*lost = error == -ECONNRESET;
	/* What was half sent, or is half answered, must not meet the next request. */
	if (error)
		link_break(h);
	pthread_mutex_unlock(&h->lock);
	if (error)
		drop_answers(answers, nr);
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
		struct answer answer = { .body = NULL };
		bool lost, sent = false;

		error = exchange(h, &r, &answer, 1, XBT_NULL, deadline, &lost, &sent);
		drop_answers(&answer, 1);
		if (error)
			return error;
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

/*
 * With request_lock held: until they are answered, or must not or cannot be asked again. Several
 * are all reads or all changes. *again: the daemon may have heard them before.
 */
static int persist(struct xs_handle *h, const struct request *r, struct answer *answers,
		   unsigned int nr, deadline_t deadline, bool *again)
{
	deadline_t back = deadline == NEVER ? NEVER : now_ms() + h->timeout_ms / 3;
	bool lost, sent = false, dead;
	int error;

	for (int losses = 0; losses < MAX_LOSSES; losses++) {
		uint32_t tx;

		*again = sent;
		error = reconnect(h, back);
		if (error)
			return error;
		tx = remote_id(h, r->tx, &dead);
		if (dead && answer_for_dead(r, &error))
			return error;
		error = exchange(h, r, answers, nr, tx, deadline, &lost, &sent);
		if (!lost)
			return error;
		if (sent && (rules[r->type] & ONCE))
			return r->type == XS_TRANSACTION_END ? -EAGAIN : -ECONNRESET;
	}
	return -ECONNRESET;
}

/* 0 or -errno of one request whose answer came, or needed none. */
static int conclude(const struct request *r, struct answer *answer, bool again)
{
	int error = answer->body ? judge_answer(answer) : 0;

	if (error == -ENOENT && again && (rules[r->type] & GONE_IS_DONE))
		error = 0;
	if (!error && !answer->body) {
		answer->head.len = 0;
		answer->body = calloc(1, 1);
		error = answer->body ? 0 : -ENOMEM;
	}
	return error;
}

char *request(struct xs_handle *h, const struct request *r, unsigned int *len)
{
	int slow = rules[r->type] & SLOW ? 10 : 1, error;
	struct answer answer = { .body = NULL };
	bool again;

	if (payload_bytes(r) > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return NULL;
	}
	pthread_mutex_lock(&h->request_lock);
	error = persist(h, r, &answer, 1, deadline_in(h->timeout_ms * slow), &again);
	pthread_mutex_unlock(&h->request_lock);
	if (!error)
		error = conclude(r, &answer, again);
	if (error)
		errno = -error;
	else if (len)
		*len = answer.head.len;
	return answer.body;
}

/* Some of the questions, few enough to be held in memory twice. */
static int ask_some(struct xs_handle *h, xs_transaction_t t, struct xs_question *q, unsigned int nr)
{
	struct request r[ASKED_AT_ONCE];
	struct iovec parts[ASKED_AT_ONCE];
	struct answer answers[ASKED_AT_ONCE];
	bool again;
	int error;

	for (unsigned int i = 0; i < nr; i++) {
		parts[i] = (struct iovec){ (void *)(uintptr_t)q[i].payload, q[i].len };
		r[i] = (struct request){ q[i].type, t, &parts[i], 1 };
		answers[i].body = NULL;
	}
	pthread_mutex_lock(&h->request_lock);
	error = persist(h, r, answers, nr, deadline_in(h->timeout_ms), &again);
	pthread_mutex_unlock(&h->request_lock);
	for (unsigned int i = 0; i < nr && !error; i++) {
		q[i].error = -conclude(&r[i], &answers[i], again);
		q[i].answer = answers[i].body;
		q[i].answer_len = q[i].answer ? answers[i].head.len : 0;
	}
	return error;
}

/* All reads or all changes, which a dead transaction answers alike. */
static int check_questions(const struct xs_question *questions, unsigned int nr)
{
	unsigned char kinds = READS | CHANGES;

	for (unsigned int i = 0; i < nr; i++) {
		if (questions[i].len > XENSTORE_PAYLOAD_MAX)
			return -E2BIG;
		kinds &= questions[i].type < XS_TYPE_COUNT ? rules[questions[i].type] : 0;
	}
	return kinds ? 0 : -EINVAL;
}

bool xs_ask_many(struct xs_handle *h, xs_transaction_t t, struct xs_question *questions,
		 unsigned int nr)
{
	/* The kernel's device takes one message at a time. */
	unsigned int most = h->is_socket ? ASKED_AT_ONCE : 1;
	int error = check_questions(questions, nr);

	for (unsigned int i = 0; i < nr; i++)
		questions[i].answer = NULL;
	for (unsigned int at = 0; at < nr && !error; at += most)
		error = ask_some(h, t, questions + at, nr - at < most ? nr - at : most);
	if (!error)
		return true;
	for (unsigned int i = 0; i < nr; i++) {
		free(questions[i].answer);
		questions[i].answer = NULL;
	}
	errno = -error;
	return false;
}
