/* SPDX-License-Identifier: MIT */
/*
 * A store for unit tests: clients whose bytes the test feeds and reads itself, domains whose pages are memory
 * of the test, a journal in memory.
 */
#ifndef XS_FIXTURE_H
#define XS_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include <xen/io/xs_wire.h>

#include "journal.h"
#include "platform.h"
#include "state.h"
#include "store.h"

#define FIXTURE_DOMAINS 8

struct fixture {
	struct store store;
	struct journal journal;
	struct xenstore_domain_interface page[FIXTURE_DOMAINS];
	enum domain_state state[FIXTURE_DOMAINS];
	unsigned int kicks[FIXTURE_DOMAINS];
	unsigned int mapped, bound;
	char log[512]; /* the last message */
	unsigned int nr_logs;
	uint64_t seconds;
};

extern struct fixture fx;

/* For cmocka: a fresh store with a platform and a journal, and its end. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Throws the store away and makes another from `size` bytes of a journal, its domains connected if asked. */
long fixture_reload(const char *map, size_t size, bool reconnect);

struct conn *new_socket(void);
struct conn *new_domain(uint32_t domid);

struct message {
	uint32_t type, req_id, tx_id, len;
	char body[XENSTORE_PAYLOAD_MAX + 1]; /* with a NUL behind it */
};

/* Feeds a request, and handles it. */
void feed(struct conn *conn, uint32_t type, uint32_t tx_id, const void *body, size_t len);
/* Takes the next message off a client's output; false if there is none. */
bool take(struct conn *conn, struct message *message);
/* Feeds a request and takes its reply; what events came goes to events(). */
const struct message *ask(struct conn *conn, uint32_t type, uint32_t tx_id, const void *body, size_t len);
/* The events seen since the last call, as "path token;path token;". */
const char *events(struct conn *conn);

/* The payload is a literal; its own NUL is part of it. */
#define ASK(conn, type, tx, literal) ask(conn, type, tx, literal, sizeof(literal))
/* Its own NUL is not. */
#define ASK_RAW(conn, type, tx, literal) ask(conn, type, tx, literal, sizeof(literal) - 1)

void expect_ok(const struct message *reply);
void expect_error(const struct message *reply, const char *name);
void expect_text(const struct message *reply, const char *text);
uint32_t begin_txn(struct conn *conn);

/* The whole state as text, malloc'ed. */
char *dump_store(struct store *store);

#endif
