// libraries: xenstore xengnttab xenevtchn
/* SPDX-License-Identifier: MIT */
/*
 * hostileback DOMID SEED ROUNDS MAKE|RUN: backends of a guest's vbd 9, vif 0, 9pfs 0, vfb 0 and vkbd 0 that lie: facts
 * that are nonsense, indexes that run ahead and back, answers to what was never asked, states in any order. MAKE writes
 * the devices' nodes (before the guest is let run), RUN is the backends, until each frontend has given up or has been
 * connected to ROUNDS times. Prints one line a device, and last "frontends dead: N of 5".
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

enum { NR_DEVICES = 5, NR_KEYS = 8, BURSTS = 150 };

struct kind {
	const char *name;
	unsigned int id;
	const char *rings[2]; /* keys with grants */
	const char *port;
	unsigned int slot, response; /* bytes */
	struct {
		const char *key, *value;
	} facts[NR_KEYS];
};

static const struct kind kinds[NR_DEVICES] = {
	{ "vbd", 9, { "ring-ref", NULL }, "event-channel", 112, 12,
	  { { "sectors", "2048" }, { "sector-size", "512" }, { "info", "0" }, { "feature-flush-cache", "1" },
	    { "feature-discard", "1" }, { "feature-persistent", "1" } } },
	{ "vif", 0, { "rx-ring-ref", "tx-ring-ref" }, "event-channel", 8, 8,
	  { { "feature-rx-copy", "1" }, { "feature-sg", "1" }, { "feature-rx-notify", "1" } } },
	{ "9pfs", 0, { "ring-ref0", NULL }, "event-channel-0", 0, 0,
	  { { "versions", "1" }, { "max-rings", "1" }, { "max-ring-page-order", "4" } } },
	{ "vfb", 0, { NULL, NULL }, "event-channel", 0, 0, { { "request-update", "1" } } },
	{ "vkbd", 0, { "page-gref", NULL }, "event-channel", 0, 0, { { "feature-abs-pointer", "1" } } },
};

static struct device {
	const struct kind *kind;
	char front[64], back[64];
	unsigned int connections, events;
	int dead;
} devices[NR_DEVICES];

static struct xs_handle *store;
static xengnttab_handle *grants;
static xenevtchn_handle *events;
static unsigned int domid;
static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % n;
}

/* --- the store ------------------------------------------------------------------------------- */

static const char *const nonsense[] = { "", "-1", "4294967295", "4294967296", "18446744073709551616", "x",
					"0x10", "999999999999999999", " 1", "%n%s", "3", "65536" };

static void put(const char *directory, const char *key, const char *value, int owned)
{
	struct xs_permissions p[2] = { { .id = owned ? domid : 0, .perms = XS_PERM_NONE },
				       { .id = owned ? 0 : domid, .perms = XS_PERM_READ } };
	char path[128];

	snprintf(path, sizeof(path), "%s%s%s", directory, *key ? "/" : "", key);
	if (!xs_write(store, XBT_NULL, path, value, strlen(value)) || !xs_set_permissions(store, XBT_NULL, path, p, 2))
		perror(path);
}

static long get(const char *directory, const char *key)
{
	char path[128], *text;
	unsigned int len;
	long value;

	snprintf(path, sizeof(path), "%s/%s", directory, key);
	text = xs_read(store, XBT_NULL, path, &len);
	value = text && *text ? strtol(text, NULL, 10) : -1;
	free(text);
	return value;
}

static void set_state(const struct device *d, unsigned int state)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", state);
	put(d->back, "state", text, 0);
}

static void make(struct device *d)
{
	put(d->front, "", "", 1);
	put(d->back, "", "", 0);
	put(d->front, "backend", d->back, 1);
	put(d->front, "backend-id", "0", 1);
	put(d->front, "state", "1", 1);
	put(d->front, "mac", "00:16:3e:00:00:09", 1);
	put(d->front, "handle", "0", 1);
	put(d->front, "virtual-device", "9", 1);
	put(d->front, "tag", "share", 1);
	put(d->back, "frontend", d->front, 0);
	put(d->back, "online", "1", 0);
	put(d->back, "state", "1", 0);
}

static int await_front(struct device *d, int least)
{
	for (int i = 0; i < 500; i++) {
		long state = get(d->front, "state");

		if (state >= least && state <= 4)
			return 1;
		usleep(10000);
	}
	return 0;
}

/* --- lies ------------------------------------------------------------------------------------ */

static void lie(const struct device *d, uint8_t *page)
{
	volatile uint32_t *words = (uint32_t *)(void *)page;
	unsigned int nr = d->kind->slot ? (4096 - 64) / d->kind->slot : 0;

	if (d->kind->slot && below(20)) { /* answers, mostly near to what was asked */
		uint8_t *slot, answer[12];
		uint16_t id = (uint16_t)(below(8) ? below(64) : below(65536));

		while (nr & (nr - 1))
			nr &= nr - 1;
		slot = page + 64 + (words[2] % nr) * d->kind->slot;
		for (unsigned int i = 0; i < sizeof(answer); i++)
			answer[i] = (uint8_t)(below(4) ? 0 : below(256));
		memcpy(answer, &id, 2);
		memcpy(slot, answer, d->kind->response);
		words[2] += below(40) ? below(2) : below(300) ? below(8) : below(1u << 31);
		words[3] = words[2] + 1;
		return;
	}
	words[below(1024)] = below(2) ? below(64) : below(UINT32_MAX);
	if (!below(30))
		words[below(4)] += below(4) ? below(8) : below(UINT32_MAX);
}

static void attack(struct device *d, uint8_t *pages[2], int port)
{
	for (int i = 0; i < BURSTS; i++) {
		for (int p = 0; p < 2; p++)
			if (pages[p])
				for (unsigned int n = below(4); n; n--)
					lie(d, pages[p]);
		if (port >= 0)
			xenevtchn_notify(events, port);
		if (!below(60))
			set_state(d, below(10));
		if (!below(60))
			put(d->back, "state", nonsense[below(12)], 0);
		usleep(below(8) ? 0 : 2000);
		d->events++;
	}
}

/* Each fact is nonsense once in so many times; 0: never. */
static void put_facts(const struct device *d, uint32_t times)
{
	for (int i = 0; i < NR_KEYS && d->kind->facts[i].key; i++)
		put(d->back, d->kind->facts[i].key,
		    !times || below(times) ? d->kind->facts[i].value : nonsense[below(12)], 0);
}

static void connection(struct device *d)
{
	uint8_t *pages[2] = { NULL, NULL };
	int port = -1;

	put_facts(d, 8);
	set_state(d, 2);
	if (await_front(d, 3)) {
		for (int i = 0; i < 2; i++) {
			long ref = d->kind->rings[i] ? get(d->front, d->kind->rings[i]) : -1;

			if (ref > 0)
				pages[i] = xengnttab_map_grant_ref(grants, domid, (uint32_t)ref, PROT_READ | PROT_WRITE);
		}
		port = xenevtchn_bind_interdomain(events, domid, (evtchn_port_t)get(d->front, d->kind->port));
		d->connections += port >= 0;
		set_state(d, 4);
	}
	attack(d, pages, port);
	for (int i = 0; i < 2; i++)
		if (pages[i])
			xengnttab_unmap(grants, pages[i], 1);
	if (port >= 0)
		xenevtchn_unbind(events, port);
	if (below(3))
		set_state(d, 5);
	set_state(d, 6);
	usleep(50000);
	/*
	 * Dead is one that does not begin again, although it could: with facts that are right. Of a
	 * frontend that refuses them the beginning would only be seen by luck, between two moments.
	 */
	put_facts(d, 0);
	set_state(d, 2);
	d->dead = !await_front(d, 1);
	set_state(d, 6);
}

static int open_all(void)
{
	store = xs_open(0);
	grants = xengnttab_open(NULL, 0);
	events = xenevtchn_open(NULL, 0);
	return store && grants && events;
}

/* A process for each backend: they are hostile at the same time. */
static int be_backend(struct device *d, unsigned int rounds)
{
	if (!open_all())
		return 2;
	for (unsigned int round = 0; round < rounds && !d->dead; round++)
		connection(d);
	printf("%s: %u connections, %u bursts%s\n", d->kind->name, d->connections, d->events,
	       d->dead ? ", dead" : "");
	fflush(stdout);
	return d->dead;
}

int main(int argc, char **argv)
{
	unsigned int rounds, nr_dead = 0;
	int status, make_only;

	if (argc != 5)
		return 2;
	domid = (unsigned int)atoi(argv[1]);
	rounds = (unsigned int)atoi(argv[3]);
	make_only = !strcmp(argv[4], "MAKE");
	if (make_only && !open_all())
		return 1;
	for (int i = 0; i < NR_DEVICES; i++) {
		struct device *d = &devices[i];

		d->kind = &kinds[i];
		seed = (uint64_t)atoi(argv[2]) * 7919 + (unsigned int)i + 1;
		snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u", domid, d->kind->name, d->kind->id);
		snprintf(d->back, sizeof(d->back), "/local/domain/0/backend/hostile/%u/%s", domid, d->kind->name);
		if (make_only)
			make(d);
		else if (!fork())
			_exit(be_backend(d, rounds));
	}
	while (!make_only && wait(&status) > 0)
		nr_dead += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	printf("frontends dead: %u of %u\n", nr_dead, NR_DEVICES);
	return 0;
}
