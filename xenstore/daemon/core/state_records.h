/* SPDX-License-Identifier: MIT */
/* The kinds of records in the journal, for state.c and state_load.c. A record is its kind's byte
 * and its fields. */
#ifndef XSD_STATE_RECORDS_H
#define XSD_STATE_RECORDS_H

#include "conn.h"

enum {
	RECORD_NODE = 1,
	RECORD_VALUE,
	RECORD_REMOVED,
	RECORD_EVENT_PERMS,
	RECORD_DOMAIN,
	RECORD_DOMAIN_GONE,
	RECORD_QUOTAS,
	RECORD_WATCH,
	RECORD_UNWATCH,
	RECORD_TXN,
	RECORD_TXN_END,
	RECORD_INPUT,
	RECORD_OUTPUT,
	RECORD_RESET,
	RECORD_GENERATION,
	RECORD_SOCKET,
	RECORD_OUT_INDEX,
	RECORD_COUNT
};
/* Of RECORD_DOMAIN. */
enum { DOMAIN_INTRODUCED = 1, DOMAIN_SHUTDOWN = 2, DOMAIN_SEEN = 4 };

/* Sockets have numbers from here on, above all domains'. */
#define SOCKET_KEY 0x10000u

static inline uint32_t state_key(const struct conn *conn)
{
	return conn->domain ? conn->domid : SOCKET_KEY + (uint32_t)conn->fd;
}

#endif
