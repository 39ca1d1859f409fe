/* SPDX-License-Identifier: MIT */
/*
 * The domains the store knows of, and what each uses.
 *
 * A domain is known from its first mention by the toolstack (an INTRODUCE, or permissions for it)
 * until the hypervisor says it is gone. `born` is the store's generation at that mention:
 * permissions granted to an earlier domain of the same number do not count for it. An introduced
 * domain has a connection.
 */
#ifndef XSD_DOMAIN_H
#define XSD_DOMAIN_H

#include <sys/queue.h>

#include "quota.h"

struct conn;
struct store;
struct xenstore_domain_interface;

struct domain {
	LIST_ENTRY(domain) bucket;
	uint32_t domid;
	uint64_t born;
	bool introduced;
	bool shutdown;	/* told @releaseDomain watchers that it shut down */
	bool seen;	/* the platform has named it once: when it no longer does, it is gone */
	int64_t target; /* SET_TARGET; -1: none */
	uint64_t gfn;
	uint32_t remote_port;
	/* The platform's: valid while connected. */
	uint32_t local_port;
	bool bound;
	struct xenstore_domain_interface *page;
	struct conn *conn;
	/* Use of quotas. */
	int64_t nodes;
	int64_t memory;
	uint32_t watches, transactions;
	struct refusals refusals[QUOTA_COUNT];
	bool over_soft;
};

#define DOMAIN_BUCKETS 256

struct domains {
	LIST_HEAD(, domain) bucket[DOMAIN_BUCKETS];
	uint32_t count;
};

void domains_init(struct domains *domains);
struct domain *domain_find(struct store *store, uint32_t domid);
/* Finds or makes it known. */
struct domain *domain_get(struct store *store, uint32_t domid);

/*
 * Connects a domain: maps its page and binds its event channel. `reset`: the ring starts empty.
 * Returns 0 or -errno with nothing changed. Known connections get their event channel bound anew.
 */
int domain_introduce(struct store *store, uint32_t domid, uint64_t gfn, uint32_t port, bool reset);
/* After a restart: connects an introduced domain again, leaving its ring where it is. */
int domain_reconnect(struct domain *domain, struct store *store);
/* Ends a domain: its connection, nodes and account; fires @releaseDomain. */
void domain_release(struct store *store, struct domain *domain);
/* Asks the platform which domains have shut down or died, and acts on it. */
void domains_check(struct store *store);
void domains_free(struct store *store);

/* Calls visit for every domain; it may release the one it is given. */
void domains_each(struct store *store, void (*visit)(void *data, struct domain *domain),
		  void *data);

#endif
