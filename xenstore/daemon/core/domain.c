/* SPDX-License-Identifier: MIT */
/* Domains: see domain.h. */
#include <errno.h>

#include "alloc.h"
#include "log.h"
#include "platform.h"
#include "ring.h"
#include "state.h"
#include "store.h"

void domains_init(struct domains *domains)
{
	for (int i = 0; i < DOMAIN_BUCKETS; i++)
		LIST_INIT(&domains->bucket[i]);
	domains->count = 0;
}

struct domain *domain_find(struct store *store, uint32_t domid)
{
	struct domain *domain;

	LIST_FOREACH (domain, &store->domains.bucket[domid % DOMAIN_BUCKETS], bucket)
		if (domain->domid == domid)
			return domain;
	return NULL;
}

static bool alive(struct store *store, uint32_t domid)
{
	return store->platform && store->platform->state(store->platform, domid) != DOMAIN_GONE;
}

struct domain *domain_get(struct store *store, uint32_t domid)
{
	struct domain *domain = domain_find(store, domid);

	if (domain)
		return domain;
	domain = xzalloc(sizeof(*domain));
	domain->domid = domid;
	domain->born = domid ? store_next_generation(store) : 0;
	domain->target = -1;
	domain->seen = domid && alive(store, domid);
	LIST_INSERT_HEAD(&store->domains.bucket[domid % DOMAIN_BUCKETS], domain, bucket);
	store->domains.count++;
	state_domain(store, domain);
	return domain;
}

void domains_each(struct store *store, void (*visit)(void *data, struct domain *domain), void *data)
{
	for (int i = 0; i < DOMAIN_BUCKETS; i++) {
		struct domain *domain, *next;

		for (domain = LIST_FIRST(&store->domains.bucket[i]); domain; domain = next) {
			next = LIST_NEXT(domain, bucket);
			visit(data, domain);
		}
	}
}

static int bind_port(struct store *store, struct domain *domain, uint32_t port)
{
	uint32_t local;
	int err = store->platform->bind(store->platform, domain->domid, port, &local);

	if (err)
		return err;
	domain->remote_port = port;
	domain->local_port = local;
	domain->bound = true;
	return 0;
}

static int attach(struct store *store, struct domain *domain, uint64_t gfn, uint32_t port)
{
	struct platform *platform = store->platform;
	struct xenstore_domain_interface *page;
	int err = 0;

	page = platform->map(platform, domain->domid, gfn, &err);
	if (!page)
		return err;
	err = bind_port(store, domain, port);
	if (err) {
		platform->unmap(platform, domain->domid, page);
		return err;
	}
	domain->page = page;
	domain->gfn = gfn;
	return 0;
}

/* Introduced again: only the event channel may have changed. */
static int rebind(struct store *store, struct domain *domain, uint32_t port, bool reset)
{
	if (domain->bound)
		store->platform->unbind(store->platform, domain->domid, domain->local_port);
	domain->bound = false;
	if (bind_port(store, domain, port))
		return -EINVAL;
	if (reset)
		ring_reset(domain->conn);
	state_domain(store, domain);
	return 0;
}

int domain_introduce(struct store *store, uint32_t domid, uint64_t gfn, uint32_t port, bool reset)
{
	struct domain *domain;
	int err;

	if (!store->platform)
		return -ENOSYS;
	if (!alive(store, domid))
		return -EINVAL;
	domain = domain_get(store, domid);
	if (domain->conn && domain->page)
		return rebind(store, domain, port, reset);
	err = attach(store, domain, gfn, port);
	if (err)
		return err;
	domain->introduced = true;
	domain->seen = true;
	domain->shutdown = false;
	state_domain(store, domain);
	if (!domain->conn)
		domain->conn = conn_new(store, &ring_transport, domid, domain);
	if (reset)
		ring_reset(domain->conn);
	else
		ring_adopt(domain->conn);
	store_mark_dirty(domain->conn);
	store_fire_event(store, EVENT_INTRODUCE);
	return 0;
}

int domain_reconnect(struct domain *domain, struct store *store)
{
	int err;

	if (!store->platform)
		return -ENOSYS;
	err = attach(store, domain, domain->gfn, domain->remote_port);
	if (err)
		return err;
	ring_resume(domain->conn);
	return 0;
}

static void forget_target(void *data, struct domain *domain)
{
	const struct domain *gone = data;

	if (domain->target == (int64_t)gone->domid)
		domain->target = -1;
}

void domain_release(struct store *store, struct domain *domain)
{
	bool introduced = domain->introduced;

	if (store->journal)
		journal_begin(store->journal);
	if (domain->conn)
		conn_close(domain->conn);
	store_remove_owned(store, domain);
	domains_each(store, forget_target, domain);
	state_domain_gone(store, domain->domid);
	LIST_REMOVE(domain, bucket);
	store->domains.count--;
	free(domain);
	if (introduced)
		store_fire_event(store, EVENT_RELEASE);
	if (store->journal)
		journal_commit(store->journal);
}

struct check {
	struct store *store;
	bool shut_down;
};

static void check_domain(void *data, struct domain *domain)
{
	struct check *check = data;
	struct platform *platform = check->store->platform;
	enum domain_state state;

	if (!domain->domid)
		return;
	state = platform->state(platform, domain->domid);
	if (state == DOMAIN_GONE) {
		if (domain->seen || domain->introduced)
			domain_release(check->store, domain);
		return;
	}
	domain->seen = true;
	if (state == DOMAIN_SHUT_DOWN && domain->introduced && !domain->shutdown) {
		domain->shutdown = true;
		state_domain(check->store, domain);
		check->shut_down = true;
	}
}

void domains_check(struct store *store)
{
	struct check check = { store, false };

	if (!store->platform)
		return;
	store->platform->round(store->platform, true);
	domains_each(store, check_domain, &check);
	store->platform->round(store->platform, false);
	if (check.shut_down)
		store_fire_event(store, EVENT_RELEASE);
}

static void free_domain(void *data, struct domain *domain)
{
	(void)data;
	LIST_REMOVE(domain, bucket);
	free(domain);
}

void domains_free(struct store *store)
{
	domains_each(store, free_domain, NULL);
}
