/* SPDX-License-Identifier: MIT */
/*
 * What the files of libxenstore share.
 *
 * There is no thread behind a handle. Whoever waits reads: of several threads that wait, one at a
 * time (reading is set) takes bytes off the connection and hands each message to whom it belongs,
 * the others sleep on changed. An event nobody waited for stays queued; the descriptor of xs_fileno
 * is an epoll set of the connection, of a counter that is not zero while events are queued, and of
 * a timer that runs while there is no connection.
 *
 * Lock order: request_lock, lock. request_lock is held for the length of a request, or of several
 * asked at once, so one caller's are in flight at a time, and only its holder sends or replaces the
 * connection.
 */
#ifndef LIBXENSTORE_INTERNAL_H
#define LIBXENSTORE_INTERNAL_H

#include <pthread.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <time.h>

#include <xenstore.h>
#include <xentoolcore_internal.h>

#pragma GCC visibility push(hidden)

#define MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

/* What came for one request. */
struct answer {
	struct xsd_sockmsg head;
	char *body; /* head.len bytes and a NUL; NULL: it has not come */
};

struct event {
	STAILQ_ENTRY(event) next;
	char **strings; /* what xs_check_watch returns */
};

struct watch {
	LIST_ENTRY(watch) next;
	char *path, *token;
};

/* remote is the daemon's id; local what the application knows. They differ only to stay unique. */
struct transaction {
	LIST_ENTRY(transaction) next;
	uint32_t local, remote;
	bool doomed; /* its connection is gone */
};

struct xs_handle {
	Xentoolcore__Active_Handle tc;
	unsigned long flags;
	const char *path; /* of the socket or device */
	int timeout_ms;	  /* of a request; <= 0: none */

	pthread_mutex_t request_lock;

	pthread_mutex_t lock;
	/* guarded by lock: */
	pthread_cond_t changed;
	int fd; /* -1: not connected. Replaced only with request_lock held too and reading false */
	bool is_socket;
	bool broken;  /* nothing more will come; shut down already */
	bool given_up; /* for good: the process has restricted itself */
	bool reading; /* a thread reads, and owns in[in_used...] */
	char in[2 * MESSAGE_MAX];
	size_t in_used;
	uint32_t req_id;	 /* of the latest request */
	struct answer *awaited;	 /* NULL: none */
	unsigned int nr_awaited; /* the last of them is that of the latest request */
	unsigned int nr_missing; /* of them, not come yet */
	STAILQ_HEAD(, event) events;
	LIST_HEAD(, watch) watches;
	LIST_HEAD(, transaction) transactions;
	uint32_t last_local;
	int poll_fd, event_fd, timer_fd; /* -1 until xs_fileno */
};

/* A moment on the monotonic clock, in ms; NEVER for none. */
typedef int64_t deadline_t;
#define NEVER INT64_MAX
deadline_t now_ms(void);
deadline_t deadline_in(int ms); /* ms <= 0: NEVER */

/* connection.c. All return 0 or -errno. */

/* Connect once, without waiting. Called with both locks held. */
int link_connect(struct xs_handle *h);
/* Note that nothing more can be sent or read: transactions are doomed, readers wake. Lock held. */
void link_break(struct xs_handle *h);
/* Drop the descriptor and what came by it. Both locks held, reading false. */
void link_drop(struct xs_handle *h);
/* Send all of it. Only request_lock held. -ECONNRESET: broken; -ETIMEDOUT. */
int link_send(struct xs_handle *h, const char *bytes, size_t len, deadline_t deadline);
/*
 * Take in what has come, or wait for more, or for another reader to take some, until the deadline;
 * one in the past makes no wait at all. Lock held, and let go while waiting. -ETIMEDOUT,
 * -ECONNRESET.
 */
int link_wait(struct xs_handle *h, deadline_t deadline);

/* request.c */

struct request {
	uint32_t type;
	xs_transaction_t tx;
	const struct iovec *parts; /* the payload */
	unsigned int nr_parts;
};

/* The answer's payload with a NUL behind it, from malloc; NULL with errno. len may be NULL. */
char *request(struct xs_handle *h, const struct request *r, unsigned int *len);
/* Reconnect and restore watches, waiting for the daemon until the deadline. request_lock held. */
int reconnect(struct xs_handle *h, deadline_t deadline);

/* watch.c. Lock held. */
void event_queue(struct xs_handle *h, const char *payload, unsigned int len);
void poll_follow(struct xs_handle *h); /* make the xs_fileno set fit the connection's state */
bool watch_register(struct xs_handle *h, const char *path, const char *token);
void watch_forget(struct xs_handle *h, const char *path, const char *token);
void watches_free(struct xs_handle *h);

/* transaction.c. Lock held. */
struct transaction *transaction_find(struct xs_handle *h, xs_transaction_t local);
xs_transaction_t transaction_add(struct xs_handle *h, uint32_t remote);
void transaction_remove(struct xs_handle *h, xs_transaction_t local);
void transactions_doom(struct xs_handle *h);
void transactions_free(struct xs_handle *h);

#pragma GCC visibility pop
#endif
