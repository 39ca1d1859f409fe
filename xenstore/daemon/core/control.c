/* SPDX-License-Identifier: MIT */
/*
 * CONTROL: what xenstore-control asks for. One table; a command's function gets the arguments
 * behind its name and replies, or returns a negative errno.
 */
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "alloc.h"
#include "buf.h"
#include "log.h"
#include "request.h"
#include "state.h"

#define ARGS_MAX 16

static void print(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct buf *out, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buf_append(out, line, strlen(line));
}

/* Replies with the text, cut to what a message holds. */
static void reply_buf(struct request *rq, struct buf *out)
{
	buf_append(out, "", 1);
	if (out->len > XENSTORE_PAYLOAD_MAX) {
		out->len = XENSTORE_PAYLOAD_MAX;
		buf_head(out)[out->len - 1] = '\0';
	}
	reply(rq, buf_head(out), out->len);
	buf_free(out);
}

static int control_check(struct request *rq, const char **args, unsigned int nr)
{
	if (nr)
		return -EINVAL;
	if (!store_check(rq->store))
		return -EIO;
	reply_ok(rq);
	return 0;
}

static int control_log(struct request *rq, const char **args, unsigned int nr)
{
	if (nr != 1)
		return -EINVAL;
	if (!strcmp(args[0], "on"))
		log_tracing = true;
	else if (!strcmp(args[0], "off"))
		log_tracing = false;
	else
		return -EINVAL;
	reply_ok(rq);
	return 0;
}

static int control_logfile(struct request *rq, const char **args, unsigned int nr)
{
	if (nr != 1 || log_set_trace(args[0]))
		return -EINVAL;
	reply_ok(rq);
	return 0;
}

static int control_print(struct request *rq, const char **args, unsigned int nr)
{
	if (nr != 1)
		return -EINVAL;
	log_info("control: %s", args[0]);
	reply_ok(rq);
	return 0;
}

static int quota_show(struct request *rq)
{
	struct buf out = { 0 };

	print(&out, "Quota settings:\n");
	for (int i = 0; i < QUOTA_COUNT; i++)
		print(&out, "%-17s: %8u %s\n", quota_info[i].name, rq->store->quotas.limit[i],
		      quota_info[i].meaning);
	reply_buf(rq, &out);
	return 0;
}

static int quota_show_domain(struct request *rq, const char *arg)
{
	const struct domain *domain;
	struct buf out = { 0 };
	uint32_t domid;

	if (!request_domid(arg, &domid))
		return -EINVAL;
	domain = domain_find(rq->store, domid);
	if (!domain)
		return -ENOENT;
	print(&out, "Domain %u:\n", domid);
	print(&out, "%-17s: %8lld\n", "nodes", (long long)domain->nodes);
	print(&out, "%-17s: %8u\n", "watches", domain->watches);
	print(&out, "%-17s: %8u\n", "transactions", domain->transactions);
	print(&out, "%-17s: %8lld\n", "memory", (long long)domain->memory);
	reply_buf(rq, &out);
	return 0;
}

static int control_quota(struct request *rq, const char **args, unsigned int nr)
{
	uint32_t value;
	int id;

	if (!nr)
		return quota_show(rq);
	if (nr == 1)
		return quota_show_domain(rq, args[0]);
	id = nr == 3 && !strcmp(args[0], "set") ? quota_find(args[1]) : -1;
	if (id < 0 || !quota_parse_number(args[2], &value))
		return -EINVAL;
	rq->store->quotas.limit[id] = value;
	state_quotas(rq->store);
	reply_ok(rq);
	return 0;
}

static int control_quota_soft(struct request *rq, const char **args, unsigned int nr)
{
	struct buf out = { 0 };
	uint32_t value;

	if (!nr) {
		print(&out, "Quota settings:\n%-17s: %8u %s\n", "memory",
		      rq->store->quotas.soft_memory,
		      "Bytes of memory per domain above which a warning is logged");
		reply_buf(rq, &out);
		return 0;
	}
	if (nr != 3 || strcmp(args[0], "set") || strcmp(args[1], "memory") ||
	    !quota_parse_number(args[2], &value))
		return -EINVAL;
	rq->store->quotas.soft_memory = value;
	state_quotas(rq->store);
	reply_ok(rq);
	return 0;
}

static void report_domain(void *data, struct domain *domain)
{
	print(data, "domain %u%s: %lld nodes, %u watches, %u transactions, %lld bytes\n",
	      domain->domid, domain->introduced ? "" : " (not introduced)",
	      (long long)domain->nodes, domain->watches, domain->transactions,
	      (long long)domain->memory);
}

static void report_conn(struct buf *out, const struct conn *conn)
{
	char name[16];

	print(
	    out,
	    "connection %s: %llu requests, %u watches, %u transactions, %zu bytes in, %zu out%s\n",
	    conn_name(conn, name), (unsigned long long)conn->requests, conn->nr_watches,
	    conn->nr_txns, conn->in.len, conn->out.len,
	    conn->ignored   ? ", ignored"
	    : conn->stalled ? ", stalled"
			    : "");
}

static int control_memreport(struct request *rq, const char **args, unsigned int nr)
{
	struct store *store = rq->store;
	const struct conn *conn;
	struct buf out = { 0 };
	FILE *file;

	if (nr > 1)
		return -EINVAL;
	print(&out, "%u watches at %u places, %u transactions, journal %zu bytes\n",
	      store->watches.count, store->watches.nr_nodes, store->nr_txns,
	      store->journal ? store->journal->used : 0);
	domains_each(store, report_domain, &out);
	LIST_FOREACH (conn, &store->conns, all)
		if (!conn->dead)
			report_conn(&out, conn);
	if (!nr) {
		reply_buf(rq, &out);
		return 0;
	}
	file = fopen(args[0], "a");
	if (!file) {
		buf_free(&out);
		return -EINVAL;
	}
	fwrite(buf_head(&out), 1, out.len, file);
	fclose(file);
	buf_free(&out);
	reply_ok(rq);
	return 0;
}

struct wanted {
	const char *child, *value;
	size_t child_len, value_len;
};

/* In order of name. The treap is only as deep as the logarithm of their number. */
static void find_parents(struct buf *out, const struct node *at, const struct wanted *wanted)
{
	const struct node *child;

	if (!at)
		return;
	find_parents(out, at->left, wanted);
	child = node_find_kid(at, wanted->child, wanted->child_len);
	if (child && node_value_len(child) == wanted->value_len &&
	    (!wanted->value_len || !memcmp(child->value->data, wanted->value, wanted->value_len)))
		print(out, "%.*s\n", (int)at->name_len, at->name);
	find_parents(out, at->right, wanted);
}

/* Which children of a node have a child of this name and value: one request instead of as many as
 * there are. */
static int control_find(struct request *rq, const char **args, unsigned int nr)
{
	const struct node *node;
	struct buf out = { 0 };

	if (nr != 3)
		return -EINVAL;
	node = args[0][0] == '/' ? tree_find(rq->store->root, args[0]) : NULL;
	if (!node)
		return -ENOENT;
	find_parents(&out, node->kids,
		     &(struct wanted){ args[1], args[2], strlen(args[1]), strlen(args[2]) });
	reply_buf(rq, &out);
	return 0;
}

static int update_set(struct request *rq, char **where, const char *text)
{
	free(*where);
	*where = xstrdup(text);
	reply_ok(rq);
	return 0;
}

static int update_start(struct request *rq)
{
	struct store *store = rq->store;

	if (!store->update_binary) {
		reply_text(rq, "Give the new binary first: live-update -f FILE");
		return 0;
	}
	/* The loop does it when this round's work is done, and answers. Transactions need not end:
	 * theirs will be refused with EAGAIN, and be tried again. */
	store->update_wanted = true;
	store->update_conn = rq->conn;
	store->update_req_id = rq->req_id;
	return 0;
}

static int control_live_update(struct request *rq, const char **args, unsigned int nr)
{
	struct store *store = rq->store;

	if (!nr)
		return -EINVAL;
	if (!strcmp(args[0], "-f") && nr == 2) {
		if (access(args[1], X_OK)) {
			reply_text(rq, "The file cannot be executed.");
			return 0;
		}
		return update_set(rq, &store->update_binary, args[1]);
	}
	if (!strcmp(args[0], "-c") && nr == 2)
		return update_set(rq, &store->update_options, args[1]);
	if (!strcmp(args[0], "-a") && nr == 1) {
		free(store->update_binary);
		store->update_binary = NULL;
		store->update_wanted = false;
		reply_ok(rq);
		return 0;
	}
	return !strcmp(args[0], "-s") ? update_start(rq) : -EINVAL;
}

static int control_help(struct request *rq, const char **args, unsigned int nr);

static const struct {
	const char *name;
	int (*handler)(struct request *rq, const char **args, unsigned int nr);
	const char *arguments;
} commands[] = {
	{ "check", control_check, "" },
	{ "find", control_find, "<path> <child> <value>" },
	{ "log", control_log, "on|off" },
	{ "logfile", control_logfile, "<file>" },
	{ "memreport", control_memreport, "[<file>]" },
	{ "print", control_print, "<string>" },
	{ "quota", control_quota, "[set <name> <val>|<domid>]" },
	{ "quota-soft", control_quota_soft, "[set <name> <val>]" },
	{ "live-update", control_live_update,
	  "-f <file> | -c <options> | -s [-t <seconds>] [-F] | -a" },
	{ "help", control_help, "" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *rq, const char **args, unsigned int nr)
{
	struct buf out = { 0 };

	if (nr)
		return -EINVAL;
	print(&out, "Supported commands:\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		print(&out, "%s\t%s\n", commands[i].name, commands[i].arguments);
	reply_buf(rq, &out);
	return 0;
}

int do_control(struct request *rq)
{
	const char *args[ARGS_MAX];
	unsigned int nr = request_args(rq, args, ARGS_MAX);

	if (!nr || nr > ARGS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, args[0]))
			return commands[i].handler(rq, args + 1, nr - 1);
	return -EINVAL;
}
