/* SPDX-License-Identifier: MIT */
/*
 * What an unprivileged domain may use up, with 4.17's names and values, and telling when it is
 * refused.
 */
#ifndef XSD_QUOTA_H
#define XSD_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

enum quota_id {
	QUOTA_NODES, /* nodes owned */
	QUOTA_WATCHES,
	QUOTA_TRANSACTIONS,	 /* open at once */
	QUOTA_OUTSTANDING,	 /* answers not fetched: as many messages of full size */
	QUOTA_TRANSACTION_NODES, /* touched by one transaction */
	QUOTA_MEMORY,		 /* bytes of nodes, watches and transactions */
	QUOTA_NODE_SIZE,	 /* bytes of value, child names and permissions */
	QUOTA_PATH_MAX,		 /* characters behind /local/domain/N/ */
	QUOTA_PERMISSIONS,	 /* entries per node */
	QUOTA_COUNT
};

struct quotas {
	uint32_t limit[QUOTA_COUNT];
	uint32_t soft_memory; /* beyond it a warning is logged */
};

extern const struct quota_info {
	const char *name;
	const char *meaning;
	uint32_t initial;
} quota_info[QUOTA_COUNT];

void quotas_init(struct quotas *quotas);
/* -1 if there is no quota of that name. */
int quota_find(const char *name);
bool quota_parse_number(const char *text, uint32_t *number);

/* Refusals of one domain and quota; a burst (no pause of ten seconds) is told once, with its length
 * at the next. */
struct refusals {
	uint64_t last;
	uint32_t unheard;
	bool any;
};

/* Tells when a domain's memory passes the soft quota, in either direction. */
void quota_watch_memory(const struct quotas *quotas, uint32_t domid, int64_t memory, bool *over);

/* Counts and tells a refusal. */
void quota_refused(struct refusals *refusals, enum quota_id id, uint32_t domid, uint64_t asked,
		   uint64_t limit);

#endif
