/* SPDX-License-Identifier: MIT */
/*
 * A guest for frontends under test: pages, grants, ports and time of the test's own, a xenstore
 * that is a small table, and the peer's view of all this. What the frontend waits for, the test
 * does: its `idle` function runs at each wait and stands for everybody else. -DREAL_XS leaves the
 * store's client out.
 */
#ifndef FRONT_FIXTURE_H
#define FRONT_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "env.h"
#include "xs.h"

#define FAKE_NODES  64
#define FAKE_PAGES  512
#define FAKE_PORTS  8
#define FAKE_GRANTS 512
#define FAKE_PEER   7

struct fake_node {
	char path[XS_PATH_MAX];
	char value[64];
};

struct fake_port {
	bool open;
	domid_t peer;
	void (*handler)(void *context);
	void *context;
	unsigned int sent;
};

struct fake {
	uint64_t now;
	struct fake_node nodes[FAKE_NODES];
	unsigned int nr_nodes;
	struct xs_watch *watches;
	int xs_error; /* every call's answer, if not 0 */
	unsigned int pages_out;
	unsigned int most_pages; /* further pages there are none of; 0: as many as fit */
	struct fake_port ports[FAKE_PORTS];
	struct grant_entry_v1 table[FAKE_GRANTS];
	struct pv_grant records[FAKE_GRANTS];
	void (*idle)(void); /* NULL: nobody else */
	unsigned int waits;
};
extern struct fake fake;

void fake_reset(void);
/* All pages and references are back, but those a peer keeps. */
void fake_assert_clean(void);

/* The peer's side of xenstore. */
void store_set(const char *path, const char *value);
void store_set_number(const char *path, uint64_t value);
void store_remove(const char *path);
const char *store_get(const char *path); /* NULL: none */
uint32_t store_get_number(const char *path);

/* The page of a reference if FAKE_PEER may use it, write it if write; else NULL. */
void *peer_page(grant_ref_t ref, bool write);
/* As a mapping does: the guest cannot end access meanwhile. */
void *peer_map(grant_ref_t ref);
void peer_unmap(grant_ref_t ref);
/* Runs the handler, if the port is open. */
void peer_event(evtchn_port_t port);

#endif
