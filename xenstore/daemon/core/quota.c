/* SPDX-License-Identifier: MIT */
/* Quotas: see quota.h. */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "quota.h"

#define BURST_PAUSE 10

const struct quota_info quota_info[QUOTA_COUNT] = {
	[QUOTA_NODES] = { "nodes", "Nodes per domain", 1000 },
	[QUOTA_WATCHES] = { "watches", "Watches per domain", 128 },
	[QUOTA_TRANSACTIONS] = { "transactions", "Transactions per domain", 10 },
	[QUOTA_OUTSTANDING] = { "outstanding", "Messages a domain may leave unread", 20 },
	[QUOTA_TRANSACTION_NODES] = { "transaction-nodes", "Nodes touched by a transaction", 1024 },
	[QUOTA_MEMORY] = { "memory", "Bytes of memory per domain", 2 * 1024 * 1024 + 512 * 1024 },
	[QUOTA_NODE_SIZE] = { "node-size", "Bytes of a node", 2048 },
	[QUOTA_PATH_MAX] = { "path-max", "Characters of a path", 2048 },
	[QUOTA_PERMISSIONS] = { "permissions", "Permission entries of a node", 5 },
};

void quotas_init(struct quotas *quotas)
{
	for (int i = 0; i < QUOTA_COUNT; i++)
		quotas->limit[i] = quota_info[i].initial;
	quotas->soft_memory = 2 * 1024 * 1024;
}

int quota_find(const char *name)
{
	for (int i = 0; i < QUOTA_COUNT; i++)
		if (!strcmp(quota_info[i].name, name))
			return i;
	return -1;
}

bool quota_parse_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > 0x7fffffff)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

void quota_watch_memory(const struct quotas *quotas, uint32_t domid, int64_t memory, bool *over)
{
	/* Back below only when clearly so, or a domain at the edge would fill the log. */
	int64_t edge = *over ? quotas->soft_memory - quotas->soft_memory / 8 : quotas->soft_memory;

	if ((memory > edge) == *over)
		return;
	*over = !*over;
	log_warning("domain %u: %lld bytes, %s the soft memory quota of %u", domid,
		    (long long)memory, *over ? "above" : "below", quotas->soft_memory);
}

void quota_refused(struct refusals *refusals, enum quota_id id, uint32_t domid, uint64_t asked,
		   uint64_t limit)
{
	uint64_t now = log_seconds();
	bool burst = refusals->any && now - refusals->last < BURST_PAUSE;

	refusals->last = now;
	refusals->any = true;
	if (burst) {
		refusals->unheard++;
		return;
	}
	log_warning("domain %u refused: quota %s allows %llu, it asked for %llu"
		    " (%u more refusals since the last such message); raise with xenstore-control "
		    "quota set %s N",
		    domid, quota_info[id].name, (unsigned long long)limit,
		    (unsigned long long)asked, refusals->unheard, quota_info[id].name);
	refusals->unheard = 0;
}
