/* SPDX-License-Identifier: MIT */
/* See xs_fixture.h. */
#include <stdio.h>
#include <stdlib.h>

#include "xs_fixture.h"

#include "log.h"
#include "ring.h"

struct fixture fx;
bool log_tracing;

void log_message(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fx.log, sizeof(fx.log), format, args);
	va_end(args);
	fx.nr_logs++;
}

void trace_message(const char *direction, const char *peer, const char *type, const char *body, size_t len)
{
}

int log_set_trace(const char *path)
{
	return -EINVAL;
}

uint64_t log_seconds(void)
{
	return fx.seconds;
}

static struct xenstore_domain_interface *fake_map(struct platform *platform, uint32_t domid, uint64_t gfn, int *error)
{
	if (domid >= FIXTURE_DOMAINS) {
		*error = -EINVAL;
		return NULL;
	}
	fx.mapped++;
	return &fx.page[domid];
}

static void fake_unmap(struct platform *platform, uint32_t domid, struct xenstore_domain_interface *page)
{
	fx.mapped--;
}

static int fake_bind(struct platform *platform, uint32_t domid, uint32_t remote, uint32_t *local)
{
	if (remote == 666)
		return -EINVAL;
	fx.bound++;
	*local = domid;
	return 0;
}

static void fake_unbind(struct platform *platform, uint32_t domid, uint32_t local)
{
	fx.bound--;
}

static void fake_notify(struct platform *platform, uint32_t domid, uint32_t local)
{
	fx.kicks[domid]++;
}

static enum domain_state fake_state(struct platform *platform, uint32_t domid)
{
	return domid < FIXTURE_DOMAINS ? fx.state[domid] : DOMAIN_GONE;
}

static void fake_round(struct platform *platform, bool begins)
{
}

static struct platform fake_platform = {
	.map = fake_map,
	.unmap = fake_unmap,
	.bind = fake_bind,
	.unbind = fake_unbind,
	.notify = fake_notify,
	.state = fake_state,
	.round = fake_round,
};

static bool fake_grow(struct journal *journal, size_t needed)
{
	size_t size = needed + 4096;

	journal->map = realloc(journal->map, size);
	memset(journal->map + journal->size, 0, size - journal->size);
	journal->size = size;
	return true;
}

static void start_journal(void)
{
	free(fx.journal.map);
	fx.journal = (struct journal){ .grow = fake_grow };
	fake_grow(&fx.journal, sizeof(struct journal_head));
	state_snapshot(&fx.store, &fx.journal, false);
	fx.store.journal = &fx.journal;
}

int fixture_setup(void **state)
{
	memset(&fx, 0, sizeof(fx));
	store_init(&fx.store);
	fx.store.platform = &fake_platform;
	start_journal();
	return 0;
}

int fixture_teardown(void **state)
{
	fx.store.journal = NULL;
	store_free(&fx.store);
	free(fx.journal.map);
	assert_int_equal(fx.mapped, 0);
	assert_int_equal(fx.bound, 0);
	return 0;
}

static void reconnect(void *data, struct domain *domain)
{
	if (domain->conn)
		assert_int_equal(domain_reconnect(domain, &fx.store), 0);
}

long fixture_reload(const char *map, size_t size, bool with_domains)
{
	char *copy = malloc(size + 1);
	long good;

	memcpy(copy, map, size);
	fx.store.journal = NULL;
	store_free(&fx.store);
	store_init(&fx.store);
	fx.store.platform = &fake_platform;
	good = state_load(&fx.store, copy, size, NULL);
	free(copy);
	if (with_domains) {
		domains_each(&fx.store, reconnect, NULL);
		start_journal();
	}
	return good;
}

static void no_flush(struct conn *conn)
{
}

struct conn *new_socket(void)
{
	static const struct transport transport = { .flush = no_flush, .close = no_flush };

	return conn_new(&fx.store, &transport, 0, NULL);
}

struct conn *new_domain(uint32_t domid)
{
	assert_int_equal(domain_introduce(&fx.store, domid, 1, 1, true), 0);
	return domain_find(&fx.store, domid)->conn;
}

void feed(struct conn *conn, uint32_t type, uint32_t tx_id, const void *body, size_t len)
{
	static uint32_t req_id;
	const struct xsd_sockmsg head = { type, ++req_id, tx_id, (uint32_t)len };

	buf_append(&conn->in, &head, sizeof(head));
	buf_append(&conn->in, body, len);
	conn_process(conn, 1);
}

bool take(struct conn *conn, struct message *message)
{
	if (!conn->out.len)
		return false;
	assert_true(conn->out.len >= sizeof(struct xsd_sockmsg));
	memcpy(message, buf_head(&conn->out), sizeof(struct xsd_sockmsg));
	assert_true(message->len <= XENSTORE_PAYLOAD_MAX);
	assert_true(conn->out.len >= sizeof(struct xsd_sockmsg) + message->len);
	memcpy(message->body, buf_head(&conn->out) + sizeof(struct xsd_sockmsg), message->len);
	message->body[message->len] = '\0';
	conn_sent(conn, sizeof(struct xsd_sockmsg) + message->len);
	return true;
}

static char seen[65536];

static void note_event(const struct message *message)
{
	size_t used = strlen(seen);

	assert_int_equal(message->req_id, 0);
	assert_int_equal(message->tx_id, 0);
	snprintf(seen + used, sizeof(seen) - used, "%s %s;", message->body, message->body + strlen(message->body) + 1);
}

const struct message *ask(struct conn *conn, uint32_t type, uint32_t tx_id, const void *body, size_t len)
{
	static struct message reply;
	struct message message;
	bool got = false;

	feed(conn, type, tx_id, body, len);
	while (take(conn, &message)) {
		if (message.type == XS_WATCH_EVENT) {
			note_event(&message);
			continue;
		}
		assert_false(got);
		got = true;
		reply = message;
	}
	assert_true(got);
	assert_int_equal(reply.tx_id, tx_id);
	return &reply;
}

const char *events(struct conn *conn)
{
	static char result[sizeof(seen)];
	struct message message;

	while (take(conn, &message)) {
		assert_int_equal(message.type, XS_WATCH_EVENT);
		note_event(&message);
	}
	strcpy(result, seen);
	seen[0] = '\0';
	return result;
}

void expect_ok(const struct message *reply)
{
	if (reply->type == XS_ERROR)
		fail_msg("refused: %s", reply->body);
	assert_int_equal(reply->len, 3);
	assert_string_equal(reply->body, "OK");
}

void expect_error(const struct message *reply, const char *name)
{
	assert_int_equal(reply->type, XS_ERROR);
	assert_string_equal(reply->body, name);
	assert_int_equal(reply->len, strlen(name) + 1);
}

void expect_text(const struct message *reply, const char *text)
{
	assert_int_not_equal(reply->type, XS_ERROR);
	assert_string_equal(reply->body, text);
}

uint32_t begin_txn(struct conn *conn)
{
	const struct message *reply = ASK(conn, XS_TRANSACTION_START, 0, "");

	assert_int_equal(reply->type, XS_TRANSACTION_START);
	return (uint32_t)atoi(reply->body);
}

static bool dump_node(void *data, const char *path, const struct node *node)
{
	fprintf(data, "%s = %.*s (", path, (int)node_value_len(node), node->value ? node->value->data : "");
	for (uint32_t i = 0; i < node->perms->nr; i++)
		fprintf(data, "%u:%u ", node->perms->entry[i].domid, node->perms->entry[i].bits);
	fprintf(data, ")\n");
	return true;
}

static int compare_text(const void *a, const void *b)
{
	char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void dump_watches(FILE *out, const struct conn *conn)
{
	char *line[256];
	size_t nr = 0;
	const struct watch *watch;

	TAILQ_FOREACH (watch, &conn->watches, of_conn)
		assert_true(asprintf(&line[nr++], "  watch %s %s %u\n", watch->path, watch->token, watch->skip) > 0);
	qsort(line, nr, sizeof(line[0]), compare_text);
	for (size_t i = 0; i < nr; i++) {
		fputs(line[i], out);
		free(line[i]);
	}
}

static void dump_domain(void *data, struct domain *domain)
{
	const struct conn *conn = domain->conn;
	uint32_t txns = 0;
	const struct txn *txn;

	fprintf(data, "domain %u %d%d target %lld nodes %lld watches %u\n", domain->domid, domain->introduced,
		domain->shutdown, (long long)domain->target, (long long)domain->nodes, domain->watches);
	if (!conn)
		return;
	LIST_FOREACH (txn, &conn->txns, of_conn)
		txns += txn->id;
	fprintf(data, "  in %u %zu:", conn->in_index, conn->in.len);
	for (size_t i = 0; i < conn->in.len; i++)
		fprintf(data, "%02x", (unsigned char)buf_head(&conn->in)[i]);
	fprintf(data, " out %zu:", conn->out.len);
	for (size_t i = 0; i < conn->out.len; i++)
		fprintf(data, "%02x", (unsigned char)buf_head(&conn->out)[i]);
	fprintf(data, " txns %u/%u ignored %d\n", txns, conn->nr_txns, conn->ignored);
	dump_watches(data, conn);
}

char *dump_store(struct store *store)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	tree_walk(store->root, "/", dump_node, out);
	for (int i = 0; i < NR_EVENTS; i++)
		fprintf(out, "%s %u\n", event_names[i], store->event_perms[i]->nr);
	domains_each(store, dump_domain, out);
	for (int i = 0; i < QUOTA_COUNT; i++)
		fprintf(out, "quota %u\n", store->quotas.limit[i]);
	fclose(out);
	return text;
}
