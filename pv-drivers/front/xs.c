/* SPDX-License-Identifier: MIT */
/*
 * The xenstore client: bytes of one request out, bytes of answers and watch events in. xs_event()
 * moves what the rings have room for and never waits; call() waits for its answer.
 */
#include "xs.h"

#include <string.h>

#include "pv_stream.h"

#define BUFFER (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

static struct {
	bool up;
	evtchn_port_t port;
	struct pv_stream request, reply;
	struct wait_queue idle;	    /* for the turn to call */
	struct wait_queue answered; /* for the answer, or for room */
	bool busy;
	uint32_t number; /* of the request on its way */
	bool waiting;	 /* its answer has not come */
	struct xs_watch *watches;
	uint32_t next_token;

	uint8_t out[BUFFER];
	uint32_t out_len, out_sent;
	union {
		struct xsd_sockmsg head;
		uint8_t bytes[BUFFER + 1]; /* and a NUL */
	} in;
	uint32_t in_len;

	/* The answer. */
	uint32_t type, len;
	char body[XENSTORE_PAYLOAD_MAX + 1];
} xs;

int xs_init(struct xenstore_domain_interface *page, evtchn_port_t port)
{
	int rc;

	memset(&xs, 0, sizeof(xs));
	xs.port = port;
	rc = pv_stream_init_writer(&xs.request, page->req, XENSTORE_RING_SIZE, &page->req_prod,
				   &page->req_cons);
	if (!rc)
		rc = pv_stream_init_reader(&xs.reply, page->rsp, XENSTORE_RING_SIZE,
					   &page->rsp_prod, &page->rsp_cons);
	xs.up = !rc;
	return rc;
}

static void broken(void)
{
	xs.up = false;
	wake_all(&xs.answered);
	wake_all(&xs.idle);
}

/*
 * The token is the number we gave the watch, so that an event never leads to memory that is gone.
 */
static void watch_event(void)
{
	const char *body = (const char *)xs.in.bytes + sizeof(struct xsd_sockmsg);
	const char *token = memchr(body, 0, xs.in.head.len);
	uint32_t number = 0;

	if (!token)
		return;
	for (token++; *token >= '0' && *token <= '9'; token++)
		number = number * 10 + (uint32_t)(*token - '0');
	for (struct xs_watch *watch = xs.watches; watch; watch = watch->next) {
		if (watch->token != number)
			continue;
		watch->fired = true;
		if (watch->queue)
			wake_all(watch->queue);
		return;
	}
}

static void message(void)
{
	const struct xsd_sockmsg *head = &xs.in.head;

	xs.in.bytes[xs.in_len] = 0;
	if (head->type == XS_WATCH_EVENT) {
		watch_event();
	} else if (xs.waiting && head->req_id == xs.number) {
		xs.type = head->type;
		xs.len = head->len;
		memcpy(xs.body, xs.in.bytes + sizeof(*head), head->len + 1);
		xs.waiting = false;
		wake_all(&xs.answered);
	}
}

/* What the message in the buffer still lacks. */
static uint32_t missing(void)
{
	uint32_t whole = sizeof(struct xsd_sockmsg);

	if (xs.in_len >= whole)
		whole += xs.in.head.len;
	return whole - xs.in_len;
}

/* Bytes moved, or an error. */
static int64_t receive(void)
{
	int64_t got, all = 0;

	do {
		got = pv_stream_read(&xs.reply, xs.in.bytes + xs.in_len, missing());
		if (got < 0)
			return got;
		xs.in_len += (uint32_t)got;
		all += got;
		if (xs.in_len >= sizeof(struct xsd_sockmsg) &&
		    xs.in.head.len > XENSTORE_PAYLOAD_MAX)
			return -XEN_EIO;
		if (!missing()) {
			message();
			xs.in_len = 0;
		}
	} while (got && all < 2 * XENSTORE_RING_SIZE); /* who never stops is heard in turns */
	return all;
}

static int64_t transmit(void)
{
	int64_t sent = pv_stream_write(&xs.request, xs.out + xs.out_sent, xs.out_len - xs.out_sent);

	if (sent > 0)
		xs.out_sent += (uint32_t)sent;
	return sent;
}

void xs_event(void *unused)
{
	int64_t sent, got;

	(void)unused;
	if (!xs.up)
		return;
	sent = transmit();
	got = receive();
	if (sent < 0 || got < 0) {
		broken();
		return;
	}
	if (sent || got)
		event_send(xs.port);
	if (sent && xs.out_sent == xs.out_len)
		wake_all(&xs.answered);
}

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "ENOENT", XEN_ENOENT },	{ "EAGAIN", XEN_EAGAIN }, { "EACCES", XEN_EACCES },
	{ "EINVAL", XEN_EINVAL },	{ "ENOSPC", XEN_ENOSPC }, { "ENOMEM", XEN_ENOMEM },
	{ "EEXIST", XEN_EEXIST },	{ "EPERM", XEN_EPERM },	  { "E2BIG", XEN_E2BIG },
	{ "ENOTEMPTY", XEN_ENOTEMPTY }, { "EROFS", XEN_EROFS },	  { "EBUSY", XEN_EBUSY },
	{ "EISDIR", XEN_EISDIR },	{ "ENOSYS", XEN_ENOSYS },
};

static int error_of(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(name, errors[i].name))
			return -errors[i].error;
	return -XEN_EIO;
}

/* Waits until what a late request left behind is sent: the daemon counts bytes. */
static int take_turn(uint64_t deadline)
{
	int rc = 0;

	while (xs.up && xs.busy && !rc)
		rc = wait_on(&xs.idle, deadline);
	if (!xs.up)
		return -XEN_EIO;
	if (xs.busy)
		return rc;
	xs.busy = true;
	while (xs.up && xs.out_sent < xs.out_len && !rc)
		rc = wait_on(&xs.answered, deadline);
	if (xs.up && xs.out_sent == xs.out_len)
		return 0;
	xs.busy = false;
	wake_all(&xs.idle);
	return xs.up ? rc : -XEN_EIO;
}

static int wait_answer(uint64_t deadline)
{
	int rc = 0;

	xs_event(NULL);
	while (xs.up && xs.waiting && !rc)
		rc = wait_on(&xs.answered, deadline);
	if (xs.waiting) {
		xs.waiting = false; /* the answer may still come, to nobody */
		return xs.up ? -XEN_ETIMEDOUT : -XEN_EIO;
	}
	return xs.type == XS_ERROR ? error_of(xs.body) : 0;
}

static void end_turn(void)
{
	xs.busy = false;
	wake_all(&xs.idle);
}

/*
 * Sends strings (count of them, the last without its NUL if bare) and waits. 0: the answer is in
 * xs.body, for the caller to copy and then end_turn().
 */
static int call(uint32_t type, uint32_t tx, const char *const strings[], unsigned int count,
		bool bare)
{
	uint64_t deadline = time_now() + XS_TIMEOUT;
	struct xsd_sockmsg head = { .type = type, .tx_id = tx };
	int rc = take_turn(deadline);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < count; i++) {
		size_t size = strlen(strings[i]) + !(bare && i == count - 1);

		if (size > XENSTORE_PAYLOAD_MAX - head.len) {
			xs.out_len = xs.out_sent = 0;
			end_turn();
			return -XEN_E2BIG;
		}
		memcpy(xs.out + sizeof(head) + head.len, strings[i], size);
		head.len += (uint32_t)size;
	}
	head.req_id = ++xs.number;
	memcpy(xs.out, &head, sizeof(head));
	xs.out_len = (uint32_t)sizeof(head) + head.len;
	xs.out_sent = 0;
	xs.waiting = true;
	rc = wait_answer(deadline);
	if (rc)
		end_turn();
	return rc;
}

/* For calls whose answer says no more than OK. */
static int tell(uint32_t type, uint32_t tx, const char *const strings[], unsigned int count,
		bool bare)
{
	int rc = call(type, tx, strings, count, bare);

	if (!rc)
		end_turn();
	return rc;
}

static int fetch(uint32_t type, uint32_t tx, const char *path, char *to, size_t size)
{
	int rc = call(type, tx, &path, 1, false);

	if (rc)
		return rc;
	rc = xs.len < size ? (int)xs.len : -XEN_E2BIG;
	if (rc >= 0) {
		memcpy(to, xs.body, xs.len);
		to[xs.len] = 0;
	}
	end_turn();
	return rc;
}

int xs_read(uint32_t tx, const char *path, char *value, size_t size)
{
	return fetch(XS_READ, tx, path, value, size);
}

int xs_list(const char *path, char *names, size_t size)
{
	return fetch(XS_DIRECTORY, XS_NO_TX, path, names, size);
}

int xs_write(uint32_t tx, const char *path, const char *value)
{
	const char *strings[] = { path, value };

	return tell(XS_WRITE, tx, strings, 2, true);
}

int xs_remove(uint32_t tx, const char *path)
{
	return tell(XS_RM, tx, &path, 1, false);
}

int xs_begin(uint32_t *tx)
{
	char text[16];
	const char *empty = "";
	int rc = call(XS_TRANSACTION_START, XS_NO_TX, &empty, 1, false);

	if (rc)
		return rc;
	*tx = 0;
	memcpy(text, xs.body, sizeof(text));
	text[sizeof(text) - 1] = 0;
	end_turn();
	for (const char *digit = text; *digit >= '0' && *digit <= '9'; digit++)
		*tx = *tx * 10 + (uint32_t)(*digit - '0');
	return *tx ? 0 : -XEN_EIO;
}

int xs_end(uint32_t tx, bool commit)
{
	const char *word = commit ? "T" : "F";

	return tell(XS_TRANSACTION_END, tx, &word, 1, false);
}

int xs_watch_add(struct xs_watch *watch)
{
	char token[12];
	const char *strings[] = { watch->path, token };
	int rc;

	watch->token = ++xs.next_token;
	watch->fired = false;
	snprintf(token, sizeof(token), "%u", watch->token);
	watch->next = xs.watches;
	xs.watches = watch;
	rc = tell(XS_WATCH, XS_NO_TX, strings, 2, false);
	if (rc)
		xs_watch_remove(watch);
	return rc;
}

void xs_watch_remove(struct xs_watch *watch)
{
	char token[12];
	const char *strings[] = { watch->path, token };
	struct xs_watch **link = &xs.watches;

	while (*link && *link != watch)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = watch->next;
	snprintf(token, sizeof(token), "%u", watch->token);
	/* If this fails, events with a number that is nobody's are all that remains. */
	(void)tell(XS_UNWATCH, XS_NO_TX, strings, 2, false);
}

int xs_join(char path[XS_PATH_MAX], const char *directory, const char *name)
{
	int len = snprintf(path, XS_PATH_MAX, "%s/%s", directory, name);

	return len < 0 || len >= XS_PATH_MAX ? -XEN_E2BIG : 0;
}
