/* SPDX-License-Identifier: MIT */
/* Requests about nodes. */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "alloc.h"
#include "request.h"
#include "state.h"

/* The node a request with one argument names. */
static int get_arg(struct request *rq, uint32_t flags, const struct node **node)
{
	const char *arg = request_arg(rq);
	char path[PATH_BYTES];
	int err = arg ? request_path(rq, arg, path, NULL) : -EINVAL;

	return err ? err : store_get(rq->conn, rq->txn, path, PERM_READ, flags, node);
}

int do_read(struct request *rq)
{
	const struct node *node;
	int err = get_arg(rq, ACCESS_READ, &node);

	if (!err)
		reply(rq, node->value ? node->value->data : "", node_value_len(node));
	return err;
}

int do_directory(struct request *rq)
{
	char names[XENSTORE_PAYLOAD_MAX];
	const struct node *node;
	int err = get_arg(rq, ACCESS_LIST, &node);

	if (err)
		return err;
	if (node_names_size(node) > sizeof(names))
		return -E2BIG;
	reply(rq, names, (size_t)node_list(node, 0, names, sizeof(names)));
	return 0;
}

/* Generation, as many names as fit, and an empty name behind the last. */
int do_directory_part(struct request *rq)
{
	char out[XENSTORE_PAYLOAD_MAX], path[PATH_BYTES];
	const struct node *node;
	const char *args[2];
	uint32_t offset;
	size_t used;
	long listed;
	int err;

	if (request_args(rq, args, 2) != 2 || !quota_parse_number(args[1], &offset))
		return -EINVAL;
	err = request_path(rq, args[0], path, NULL);
	if (!err)
		err = store_get(rq->conn, rq->txn, path, PERM_READ, ACCESS_LIST, &node);
	if (err)
		return err;
	used =
	    (size_t)snprintf(out, sizeof(out), "%llu", (unsigned long long)node->kids_version) + 1;
	listed = node_list(node, offset, out + used, sizeof(out) - used - 1);
	if (listed < 0)
		return -EINVAL;
	used += (size_t)listed;
	if (offset + (uint32_t)listed == node_names_size(node))
		out[used++] = '\0';
	reply(rq, out, used);
	return 0;
}

int do_write(struct request *rq)
{
	const char *end = rq->len ? memchr(rq->body, 0, rq->len) : NULL;
	char path[PATH_BYTES];
	int err;

	if (!end)
		return -EINVAL;
	err = request_path(rq, rq->body, path, NULL);
	if (!err)
		err = store_write(rq->conn, rq->txn, path, end + 1,
				  rq->len - (uint32_t)(end + 1 - rq->body));
	if (!err)
		reply_ok(rq);
	return err;
}

static int change_arg(struct request *rq, int (*change)(struct conn *, struct txn *, const char *))
{
	const char *arg = request_arg(rq);
	char path[PATH_BYTES];
	int err = arg ? request_path(rq, arg, path, NULL) : -EINVAL;

	if (!err)
		err = change(rq->conn, rq->txn, path);
	if (!err)
		reply_ok(rq);
	return err;
}

int do_mkdir(struct request *rq)
{
	return change_arg(rq, store_mkdir);
}

int do_rm(struct request *rq)
{
	return change_arg(rq, store_remove);
}

/* Events have permissions as if they were nodes. */
static int find_event(const char *name)
{
	for (int i = 0; i < NR_EVENTS; i++)
		if (!strcmp(event_names[i], name))
			return i;
	return -1;
}

static void reply_perms(struct request *rq, const struct perms *perms)
{
	char out[XENSTORE_PAYLOAD_MAX + PERM_TEXT_MAX];
	size_t used = 0;

	for (uint32_t i = 0; i < perms->nr && used <= XENSTORE_PAYLOAD_MAX; i++)
		used += perm_format(&perms->entry[i], out + used);
	reply(rq, out, used);
}

int do_get_perms(struct request *rq)
{
	const char *arg = request_arg(rq);
	const struct node *node;
	int err, event;

	if (arg && arg[0] == '@') {
		struct subject who = conn_subject(rq->conn);

		event = find_event(arg);
		if (event < 0)
			return -ENOENT;
		if (!(perms_for(rq->store->event_perms[event], &who) & PERM_READ))
			return -EACCES;
		reply_perms(rq, rq->store->event_perms[event]);
		return 0;
	}
	err = get_arg(rq, ACCESS_READ, &node);
	if (!err)
		reply_perms(rq, node->perms);
	return err;
}

/* The entries of a SET_PERMS; NULL if one is none. A privileged client makes the domains it names
 * known. */
static struct perms *parse_perms(struct request *rq, const char **args, unsigned int nr)
{
	struct perm *entries = xmalloc(nr * sizeof(*entries));
	struct perms *perms = NULL;
	unsigned int i;

	for (i = 0; i < nr && perm_parse(args[i], &entries[i]); i++)
		if (conn_privileged(rq->conn))
			domain_get(rq->store, entries[i].domid);
	if (i == nr)
		perms = perms_new(entries, nr, rq->store->generation);
	free(entries);
	return perms;
}

static int set_event_perms(struct request *rq, const char *name, struct perms *perms)
{
	int event = find_event(name), err = 0;

	if (event < 0)
		err = -ENOENT;
	else if (!conn_privileged(rq->conn))
		err = -EACCES;
	if (err) {
		perms_unref(perms);
		return err;
	}
	perms_unref(rq->store->event_perms[event]);
	rq->store->event_perms[event] = perms;
	state_event_perms(rq->store, event);
	return 0;
}

int do_set_perms(struct request *rq)
{
	const char *args[XENSTORE_PAYLOAD_MAX / 3];
	unsigned int nr = request_args(rq, args, sizeof(args) / sizeof(args[0]));
	char path[PATH_BYTES];
	struct perms *perms;
	int err;

	if (nr < 2 || nr > sizeof(args) / sizeof(args[0]))
		return -EINVAL;
	err = args[0][0] == '@' ? 0 : request_path(rq, args[0], path, NULL);
	if (err)
		return err;
	perms = parse_perms(rq, args + 1, nr - 1);
	if (!perms)
		return -EINVAL;
	if (args[0][0] == '@')
		err = set_event_perms(rq, args[0], perms);
	else
		err = store_set_perms(rq->conn, rq->txn, path, perms);
	if (!err)
		reply_ok(rq);
	return err;
}
