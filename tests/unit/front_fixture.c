/* SPDX-License-Identifier: MIT */
/* See front_fixture.h. */
#include "front_fixture.h"

struct fake fake;
struct pv_grants grants;
static uint8_t memory[FAKE_PAGES][PV_PAGE_SIZE] __attribute__((aligned(4096)));
static bool used[FAKE_PAGES];
static const uint64_t first_frame = 0x1000;

/* What the frontends print (-Dprintf=guest_printf) is for nobody here. */
int guest_printf(const char *format, ...)
{
	return 0;
}

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(used, 0, sizeof(used));
	fake.now = TIME_S;
	pv_grants_init(&grants, fake.table, fake.records, GNTTAB_NR_RESERVED_ENTRIES, FAKE_GRANTS);
}

void fake_assert_clean(void)
{
	assert_int_equal(fake.pages_out, 0);
	assert_int_equal(grants.nr_free, FAKE_GRANTS - GNTTAB_NR_RESERVED_ENTRIES);
	for (unsigned int i = 0; i < FAKE_PORTS; i++)
		assert_false(fake.ports[i].open);
}

/* Pages and grants. */

static bool all_unused(unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		if (used[i])
			return false;
	return true;
}

void *pages_alloc(unsigned int nr)
{
	if (fake.most_pages && fake.pages_out + nr > fake.most_pages)
		return NULL;
	for (unsigned int first = 0; first + nr <= FAKE_PAGES; first++) {
		if (!all_unused(first, nr))
			continue;
		memset(&used[first], 1, nr);
		memset(memory[first], 0, nr * PV_PAGE_SIZE);
		fake.pages_out += nr;
		return memory[first];
	}
	return NULL;
}

static unsigned int index_of(const void *page)
{
	size_t offset = (size_t)((const uint8_t *)page - memory[0]);

	assert_true(offset < sizeof(memory) && offset % PV_PAGE_SIZE == 0);
	assert_true(used[offset / PV_PAGE_SIZE]);
	return (unsigned int)(offset / PV_PAGE_SIZE);
}

/* A freed page is scribbled over: who still trusts it shows. No live grant may name it. */
void pages_free(void *pages, unsigned int nr)
{
	unsigned int i = index_of(pages);

	assert_int_equal(nr, 1);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		assert_false(fake.table[ref].flags && fake.table[ref].frame == first_frame + i);
	memset(pages, 0xdd, PV_PAGE_SIZE);
	used[i] = false;
	fake.pages_out--;
}

uint64_t page_frame(const void *page)
{
	return first_frame + index_of(page);
}

static void page_back(void *context, uint64_t frame)
{
	pages_free(memory[frame - first_frame], 1);
}

void grants_reap(void)
{
	pv_grants_reap(&grants, FAKE_GRANTS, page_back, NULL);
}

void *peer_page(grant_ref_t ref, bool write)
{
	const struct grant_entry_v1 *entry = &fake.table[ref];

	if (ref >= FAKE_GRANTS || (entry->flags & GTF_type_mask) != GTF_permit_access ||
	    entry->domid != FAKE_PEER || (write && entry->flags & GTF_readonly))
		return NULL;
	return memory[entry->frame - first_frame];
}

void *peer_map(grant_ref_t ref)
{
	void *page = peer_page(ref, false);

	if (page)
		fake.table[ref].flags |= GTF_reading | GTF_writing;
	return page;
}

void peer_unmap(grant_ref_t ref)
{
	fake.table[ref].flags &= (uint16_t) ~(GTF_reading | GTF_writing);
}

/* Events, time, waiting. */

int event_open(domid_t peer, void (*handler)(void *context), void *context, evtchn_port_t *port)
{
	for (unsigned int i = 1; i < FAKE_PORTS; i++) {
		if (fake.ports[i].open)
			continue;
		fake.ports[i] = (struct fake_port){ true, peer, handler, context, 0 };
		*port = i;
		return 0;
	}
	return -XEN_ENOSPC;
}

void event_close(evtchn_port_t port)
{
	assert_true(fake.ports[port].open);
	fake.ports[port].open = false;
}

void event_send(evtchn_port_t port)
{
	assert_true(port < FAKE_PORTS);
	fake.ports[port].sent++;
}

void peer_event(evtchn_port_t port)
{
	if (port < FAKE_PORTS && fake.ports[port].open)
		fake.ports[port].handler(fake.ports[port].context);
}

uint64_t time_now(void)
{
	return fake.now;
}

int wait_on(struct wait_queue *queue, uint64_t deadline)
{
	fake.waits++;
	if (fake.idle)
		fake.idle();
	fake.now += TIME_MS;
	assert_true(fake.waits < 10000000 && (deadline != TIME_NEVER || fake.idle));
	return fake.now >= deadline ? -XEN_ETIMEDOUT : 0;
}

void wake_all(struct wait_queue *queue)
{
}

/* The store. */

static struct fake_node *find(const char *path)
{
	for (unsigned int i = 0; i < fake.nr_nodes; i++)
		if (!strcmp(fake.nodes[i].path, path))
			return &fake.nodes[i];
	return NULL;
}

static void fire(const char *path)
{
	for (struct xs_watch *watch = fake.watches; watch; watch = watch->next)
		if (!strncmp(path, watch->path, strlen(watch->path)))
			watch->fired = true;
}

void store_set(const char *path, const char *value)
{
	struct fake_node *node = find(path);

	if (!node) {
		assert_true(fake.nr_nodes < FAKE_NODES);
		node = &fake.nodes[fake.nr_nodes++];
		snprintf(node->path, sizeof(node->path), "%s", path);
	}
	snprintf(node->value, sizeof(node->value), "%s", value);
	fire(path);
}

void store_set_number(const char *path, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", value);
	store_set(path, text);
}

void store_remove(const char *path)
{
	struct fake_node *node = find(path);

	if (node)
		*node = fake.nodes[--fake.nr_nodes];
	fire(path);
}

const char *store_get(const char *path)
{
	const struct fake_node *node = find(path);

	return node ? node->value : NULL;
}

uint32_t store_get_number(const char *path)
{
	const char *value = store_get(path);

	assert_non_null(value);
	return (uint32_t)strtoul(value, NULL, 10);
}

#ifndef REAL_XS /* the client is not under test itself */
int xs_read(uint32_t tx, const char *path, char *value, size_t size)
{
	const char *found = store_get(path);

	if (fake.xs_error)
		return fake.xs_error;
	if (!found)
		return -XEN_ENOENT;
	if (strlen(found) >= size)
		return -XEN_E2BIG;
	memcpy(value, found, strlen(found) + 1);
	return (int)strlen(found);
}

int xs_write(uint32_t tx, const char *path, const char *value)
{
	if (fake.xs_error)
		return fake.xs_error;
	store_set(path, value);
	return 0;
}

int xs_remove(uint32_t tx, const char *path)
{
	if (fake.xs_error)
		return fake.xs_error;
	if (!store_get(path))
		return -XEN_ENOENT;
	store_remove(path);
	return 0;
}

int xs_list(const char *path, char *names, size_t size)
{
	return -XEN_ENOENT;
}

int xs_begin(uint32_t *tx)
{
	*tx = 1;
	return fake.xs_error;
}

int xs_end(uint32_t tx, bool commit)
{
	return fake.xs_error;
}

int xs_watch_add(struct xs_watch *watch)
{
	if (fake.xs_error)
		return fake.xs_error;
	watch->fired = true; /* as the daemon does, once for each new watch */
	watch->next = fake.watches;
	fake.watches = watch;
	return 0;
}

void xs_watch_remove(struct xs_watch *watch)
{
	struct xs_watch **link = &fake.watches;

	while (*link && *link != watch)
		link = &(*link)->next;
	if (*link)
		*link = watch->next;
}

int xs_join(char path[XS_PATH_MAX], const char *directory, const char *name)
{
	return snprintf(path, XS_PATH_MAX, "%s/%s", directory, name) >= XS_PATH_MAX ? -XEN_E2BIG
										    : 0;
}
#endif
