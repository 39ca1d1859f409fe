/* SPDX-License-Identifier: MIT */
/*
 * A guest that is hostile to the backends of all its devices: keys that are missing, huge or not
 * numbers, grants that are not granted, revoked, read-only or another domain's, requests of random
 * bytes, indexes that run ahead and back, states in any order. rounds=N connections of each device
 * (default 20), seed=N (default 1). Random, but mostly near to what is right, or nothing would get
 * far. Tells what it has done; that nobody else suffers is for others to find out.
 */
#include "device.h"
#include "kit.h"
#include "pv_ring.h"
#include "xs.h"

#include <xen/io/9pfs.h>
#include <xen/io/blkif.h>
#include <xen/io/fbif.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define NR_PAGES   12 /* of each device; the first two are rings */
#define NR_DEVICES 12
#define BURSTS	   150

enum key_type { KEY_REF, KEY_FRAME, KEY_PORT, KEY_NUMBER, KEY_TEXT };

struct key {
	const char *name;
	enum key_type type;
	uint32_t value; /* which page, or the usual number */
	const char *text;
};

struct device;
struct kind {
	const char *name;
	enum xenbus_state offered;
	uint32_t slot; /* bytes of a request; 0: no ring of requests */
	void (*request)(void *slot, uint64_t *seed, const grant_ref_t *refs);
	void (*fill)(struct device *device); /* what of its pages is read while connecting */
	struct key keys[12];
};

struct device {
	const struct kind *kind;
	char node[64], backend[XS_PATH_MAX];
	domid_t peer;
	uint8_t *page[NR_PAGES];
	grant_ref_t ref[NR_PAGES];
	struct pv_grant_quota quota;
	evtchn_port_t port;
	uint64_t seed, rounds, requests, connections;
};
static struct device devices[NR_DEVICES];
static unsigned int nr_devices, nr_running;
static struct wait_queue all_done;

static uint32_t below(uint64_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 11) % n;
}

static uint32_t any(uint64_t *seed)
{
	return below(seed, UINT32_MAX);
}

static grant_ref_t some_ref(uint64_t *seed, const grant_ref_t *refs)
{
	return below(seed, 8) ? refs[below(seed, NR_PAGES)]
	       : below(seed, 2) ? any(seed)
				: below(seed, 600);
}

/* --- requests -------------------------------------------------------------------------------- */

static void disk_request(void *slot, uint64_t *seed, const grant_ref_t *refs)
{
	struct blkif_request r = { .operation = (uint8_t)below(seed, 7),
				   .nr_segments = (uint8_t)below(seed, 13),
				   .handle = (blkif_vdev_t)any(seed),
				   .id = any(seed),
				   .sector_number = below(seed, 8) ? below(seed, 2048)
								   : *seed };

	for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		r.seg[i].gref = some_ref(seed, refs);
		r.seg[i].first_sect = (uint8_t)below(seed, 4);
		r.seg[i].last_sect = (uint8_t)below(seed, below(seed, 8) ? 8 : 256);
	}
	if (r.operation == BLKIF_OP_INDIRECT) {
		struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT,
						     .indirect_op = (uint8_t)below(seed, 3),
						     .nr_segments = (uint16_t)below(seed, 300),
						     .id = r.id,
						     .sector_number = below(seed, 2048) };

		in.indirect_grefs[0] = some_ref(seed, refs);
		memcpy(&r, &in, sizeof(in));
	}
	memcpy(slot, &r, sizeof(r));
}

static void net_request(void *slot, uint64_t *seed, const grant_ref_t *refs)
{
	struct netif_tx_request r = { .gref = some_ref(seed, refs),
				      .offset = (uint16_t)below(seed, below(seed, 8) ? 100 : 65536),
				      .flags = (uint16_t)(below(seed, 4) ? below(seed, 16)
									 : any(seed)),
				      .id = (uint16_t)any(seed),
				      .size = (uint16_t)below(seed, below(seed, 4) ? 1600 : 65536) };

	memcpy(slot, &r, sizeof(r));
}

/* --- pages that are read at once ------------------------------------------------------------- */

static void fill_share(struct device *d)
{
	struct xen_9pfs_data_intf *page = (void *)d->page[0];

	page->ring_order = 3;
	for (unsigned int i = 0; i < 8; i++)
		page->ref[i] = d->ref[2 + i];
}

static void fill_screen(struct device *d)
{
	struct xenfb_page *page = (void *)d->page[0];
	unsigned long *frames = (void *)d->page[1];

	page->width = page->height = 32;
	page->line_length = 128;
	page->mem_length = 4096;
	page->depth = 32;
	page->pd[0] = page_frame(d->page[1]);
	frames[0] = page_frame(d->page[2]);
}

/* --- the kinds ------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
	{ "vbd", XenbusStateInitialised, 112, disk_request, NULL,
	  { { "ring-ref", KEY_REF, 0, NULL },
	    { "event-channel", KEY_PORT, 0, NULL },
	    { "protocol", KEY_TEXT, 0, "x86_64-abi" },
	    { "feature-persistent", KEY_NUMBER, 1, NULL },
	    { "ring-page-order", KEY_NUMBER, 0, NULL },
	    { "ring-ref0", KEY_REF, 0, NULL },
	    { "multi-queue-num-queues", KEY_NUMBER, 1, NULL } } },
	{ "vif", XenbusStateConnected, 12, net_request, NULL,
	  { { "tx-ring-ref", KEY_REF, 0, NULL },
	    { "rx-ring-ref", KEY_REF, 1, NULL },
	    { "event-channel", KEY_PORT, 0, NULL },
	    { "request-rx-copy", KEY_NUMBER, 1, NULL },
	    { "feature-rx-notify", KEY_NUMBER, 1, NULL },
	    { "feature-sg", KEY_NUMBER, 1, NULL },
	    { "feature-gso-tcpv4", KEY_NUMBER, 1, NULL },
	    { "multi-queue-num-queues", KEY_NUMBER, 1, NULL } } },
	{ "9pfs", XenbusStateInitialised, 0, NULL, fill_share,
	  { { "version", KEY_NUMBER, 1, NULL },
	    { "num-rings", KEY_NUMBER, 1, NULL },
	    { "ring-ref0", KEY_REF, 0, NULL },
	    { "event-channel-0", KEY_PORT, 0, NULL } } },
	{ "vfb", XenbusStateInitialised, 0, NULL, fill_screen,
	  { { "page-ref", KEY_FRAME, 0, NULL },
	    { "event-channel", KEY_PORT, 0, NULL },
	    { "protocol", KEY_TEXT, 0, "x86_64-abi" },
	    { "feature-update", KEY_NUMBER, 1, NULL } } },
	{ "vkbd", XenbusStateInitialised, 0, NULL, NULL,
	  { { "page-ref", KEY_FRAME, 0, NULL },
	    { "page-gref", KEY_REF, 0, NULL },
	    { "event-channel", KEY_PORT, 0, NULL },
	    { "request-abs-pointer", KEY_NUMBER, 1, NULL } } },
	{ "console", XenbusStateInitialised, 0, NULL, NULL,
	  { { "ring-ref", KEY_REF, 0, NULL }, { "port", KEY_PORT, 0, NULL } } },
};

/* --- what is written into the store ---------------------------------------------------------- */

static void write_key(struct device *d, const char *name, const char *value)
{
	char path[XS_PATH_MAX];

	if (!xs_join(path, d->node, name))
		(void)xs_write(XS_NO_TX, path, value);
}

static void write_number(struct device *d, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", number);
	write_key(d, name, text);
}

static const char *const nonsense[] = {
	"",	       "-1",		     "4294967295", "4294967296", "18446744073709551616", "x",
	"0x1000000000", "999999999999999999", " 1",	   "%n%s",	 "../../../0/name",	 "2147483648",
};

static uint64_t right_value(const struct device *d, const struct key *key)
{
	switch (key->type) {
	case KEY_REF:
		return d->ref[key->value];
	case KEY_FRAME:
		return page_frame(d->page[key->value]);
	case KEY_PORT:
		return d->port;
	default:
		return key->value;
	}
}

/* Most keys are right; else a connection would never be made. */
static void publish(struct device *d)
{
	bool all_right = !d->rounds || below(&d->seed, 3);

	for (const struct key *key = d->kind->keys; key->name; key++) {
		uint32_t luck = all_right ? 9 : below(&d->seed, 10);

		if (luck == 0)
			write_key(d, key->name, nonsense[below(&d->seed, 12)]);
		else if (luck == 1)
			write_number(d, key->name, any(&d->seed));
		else if (luck == 2)
			write_number(d, key->name, below(&d->seed, 40));
		else if (key->type == KEY_TEXT)
			write_key(d, key->name, key->text);
		else
			write_number(d, key->name, right_value(d, key));
	}
}

static uint64_t backend_state(const struct device *d)
{
	char path[XS_PATH_MAX], value[8];

	if (xs_join(path, d->backend, "state") || xs_read(XS_NO_TX, path, value, sizeof(value)) != 1)
		return 0;
	return (uint64_t)(value[0] - '0');
}

/* A while, so that others have their turn; a backend need not come so far. */
static bool await(struct device *d, uint64_t state, uint64_t patience)
{
	uint64_t deadline = time_now() + patience;

	for (uint64_t now; (now = backend_state(d)) != state;) {
		if (time_now() > deadline || (state == XenbusStateConnected && now > state))
			return false;
		thread_sleep(10 * TIME_MS);
	}
	return true;
}

/* --- attacks --------------------------------------------------------------------------------- */

/* A grant is made anew, with whatever rights, whoever uses it now. */
static void spoil_grant(struct device *d, unsigned int i)
{
	static const uint16_t flags[] = { GTF_permit_access, GTF_permit_access | GTF_readonly,
					  GTF_invalid, GTF_accept_transfer, GTF_transitive };
	struct grant_entry_v1 *entry = &grants.table[d->ref[i]];
	bool right = below(&d->seed, 4);

	entry->flags = 0;
	entry->domid = right ? d->peer : (domid_t)any(&d->seed);
	entry->frame = (uint32_t)(below(&d->seed, 16) ? page_frame(d->page[i]) : any(&d->seed));
	__atomic_store_n(&entry->flags, flags[right ? 0 : below(&d->seed, 5)], __ATOMIC_RELEASE);
}

static void right_grants(struct device *d)
{
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		struct grant_entry_v1 *entry = &grants.table[d->ref[i]];

		entry->domid = d->peer;
		entry->frame = (uint32_t)page_frame(d->page[i]);
		__atomic_store_n(&entry->flags, (uint16_t)GTF_permit_access, __ATOMIC_RELEASE);
	}
}

static void ring_burst(struct device *d, unsigned int ring)
{
	struct pv_ring_page *page = (void *)d->page[ring];
	uint32_t slot = d->kind->slot, nr = pv_ring_slots(PV_PAGE_SIZE, slot);
	uint32_t count = 1 + below(&d->seed, below(&d->seed, 8) ? 8 : 2 * nr);

	for (uint32_t i = 0; i < count; i++)
		d->kind->request((uint8_t *)(page + 1) + (page->req_prod + i) % nr * slot, &d->seed,
				 d->ref);
	d->requests += count;
	__atomic_store_n(&page->req_prod,
			 below(&d->seed, 300) ? page->req_prod + count : any(&d->seed),
			 __ATOMIC_RELEASE);
	if (!below(&d->seed, 4))
		page->rsp_event = page->rsp_prod + below(&d->seed, 3);
}

/* Any word anywhere; oftener among the first, where the indexes of most kinds are. */
static void page_burst(struct device *d)
{
	uint32_t *words = (uint32_t *)(void *)d->page[below(&d->seed, 2)];
	/* The pages a 9P ring is made of, the producer of a console's. */
	uint32_t *index = below(&d->seed, 3) ? words : words + 3072 / 4;

	for (unsigned int i = 0; i < 16; i++)
		words[below(&d->seed, 1024)] =
		    below(&d->seed, 2) ? below(&d->seed, 64) : any(&d->seed);
	words[128 / 4] = below(&d->seed, 8) ? 0 : any(&d->seed); /* 9P: the order of its buffers */
	words[132 / 4] = some_ref(&d->seed, d->ref);
	for (unsigned int i = 0; i < 4; i++)
		index[i] = below(&d->seed, 8) ? index[i] % 64 + below(&d->seed, 64) : any(&d->seed);
	d->requests++;
}

static void attack(struct device *d)
{
	for (unsigned int i = 0; i < BURSTS; i++) {
		if (d->kind->slot && below(&d->seed, 10))
			ring_burst(d, d->kind->slot == 12 ? below(&d->seed, 2) : 0);
		else if (!d->kind->slot || !below(&d->seed, 30))
			page_burst(d);
		if (!below(&d->seed, 10))
			spoil_grant(d, 2 + below(&d->seed, NR_PAGES - 2));
		event_send(d->port);
		if (!below(&d->seed, 8))
			thread_sleep(TIME_MS);
		else
			thread_yield();
	}
	if (!below(&d->seed, 3))
		spoil_grant(d, below(&d->seed, 2)); /* a ring's */
	if (!below(&d->seed, 3))
		write_key(d, "state", nonsense[below(&d->seed, 12)]);
	if (!below(&d->seed, 3))
		write_number(d, "state", below(&d->seed, 9));
}

static void connection(struct device *d)
{
	for (unsigned int i = 0; i < 2; i++)
		memset(d->page[i], 0, PV_PAGE_SIZE);
	right_grants(d);
	if (d->kind->fill && (!d->rounds || below(&d->seed, 8)))
		d->kind->fill(d);
	write_number(d, "state", XenbusStateInitialising);
	if (below(&d->seed, 8))
		(void)await(d, XenbusStateInitWait, 10 * TIME_S);
	publish(d);
	write_number(d, "state",
		     !d->rounds || below(&d->seed, 8) ? d->kind->offered : below(&d->seed, 9));
	if (await(d, XenbusStateConnected, 5 * TIME_S)) {
		d->connections++;
		if (below(&d->seed, 8))
			write_number(d, "state", XenbusStateConnected);
	}
	attack(d);
	if (below(&d->seed, 4))
		write_number(d, "state", XenbusStateClosing);
	write_number(d, "state", XenbusStateClosed);
	(void)await(d, XenbusStateClosed, 5 * TIME_S);
}

static void nobody(void *context)
{
	(void)context;
}

static void run(void *argument)
{
	struct device *d = argument;
	uint64_t rounds = option_number("rounds", 20);

	for (; d->rounds < rounds; d->rounds++)
		connection(d);
	nr_running--;
	wake_all(&all_done);
}

/* --- beginning ------------------------------------------------------------------------------- */

static bool prepare(struct device *d, uint32_t id)
{
	char path[XS_PATH_MAX];
	uint64_t peer;

	snprintf(d->node, sizeof(d->node), "device/%s/%u", d->kind->name, id);
	d->quota.limit = NR_PAGES;
	d->seed = option_number("seed", 1) * 7919 + nr_devices * 104729 + 1;
	if (xs_join(path, d->node, "backend") ||
	    xs_read(XS_NO_TX, path, d->backend, sizeof(d->backend)) <= 0 ||
	    front_read_number(d->node, "backend-id", DOMID_FIRST_RESERVED - 1, -1, &peer))
		return false;
	d->peer = (domid_t)peer;
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		d->page[i] = pages_alloc(1);
		if (!d->page[i] || pv_grants_get(&grants, &d->quota, &d->ref[i]))
			return false;
	}
	return !event_open(d->peer, nobody, NULL, &d->port);
}

static void find_devices(void)
{
	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		uint32_t id;

		for (unsigned int n = 0; !front_device_find(kinds[k].name, n, &id); n++) {
			struct device *d = &devices[nr_devices];

			if (nr_devices == NR_DEVICES)
				return;
			d->kind = &kinds[k];
			nr_devices += prepare(d, id);
		}
	}
}

void guest_main(void)
{
	uint64_t requests = 0;

	find_devices();
	printf("hostile to %u devices\n", nr_devices);
	for (unsigned int i = 0; i < nr_devices; i++) {
		if (!thread_start("hostile", run, &devices[i]))
			panic("no memory");
		nr_running++;
	}
	while (nr_running)
		(void)wait_on(&all_done, TIME_NEVER);
	for (unsigned int i = 0; i < nr_devices; i++) {
		printf("%s: %lu connections, %lu requests\n", devices[i].node,
		       devices[i].connections, devices[i].requests);
		requests += devices[i].requests;
	}
	printf("%lu requests\ndone\n", requests);
	/* The devices stay as they are: the end of the domain is for others to clean up after. */
	for (;;)
		thread_sleep(TIME_S);
}
