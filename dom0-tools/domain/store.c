/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the store with printf-made paths.
 *
 * A batch is a run of changes of which the first failure counts. A round trip to the daemon costs
 * two process switches, so those of a transaction wait in a queue, and go together. New nodes take
 * their parent's permissions, so only the roots of differing parts are given any.
 */
#include "domain/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAKE_PATH(path, format)                                                                    \
	do {                                                                                       \
		va_list path_arguments;                                                            \
		va_start(path_arguments, format);                                                  \
		vsnprintf(path, sizeof(path), format, path_arguments);                             \
		va_end(path_arguments);                                                            \
	} while (0)

#define QUEUE_CHANGES 48
#define QUEUE_BYTES   (2 * XENSTORE_PAYLOAD_MAX)

struct store_queue {
	struct xs_question change[QUEUE_CHANGES];
	unsigned int count;
	size_t used;
	char payload[QUEUE_BYTES];
};

static void note(struct store_batch *batch, int error)
{
	if (!batch->error)
		batch->error = -error;
}

void store_flush(struct store_batch *batch)
{
	struct store_queue *queue = batch->queue;

	if (!queue || !queue->count)
		return;
	if (!batch->error &&
	    !xs_ask_many(batch->xs, batch->transaction, queue->change, queue->count))
		note(batch, errno);
	else
		for (unsigned int i = 0; i < queue->count && !batch->error; i++) {
			struct xs_question *change = &queue->change[i];

			free(change->answer);
			/* To have been gone already is as good. */
			if (change->type != XS_RM || change->error != ENOENT)
				note(batch, change->error);
		}
	queue->count = 0;
	queue->used = 0;
}

/* One change: a path with its NUL and what follows it. */
static void change(struct store_batch *batch, enum xsd_sockmsg_type type, const char *path,
		   const char *more, size_t more_bytes)
{
	size_t path_bytes = strlen(path) + 1, bytes = path_bytes + more_bytes;
	struct store_queue one, *queue = batch->queue;
	char *payload;

	if (batch->error)
		return;
	if (bytes > XENSTORE_PAYLOAD_MAX) {
		note(batch, E2BIG);
		return;
	}
	one.count = 0;
	one.used = 0;
	if (!queue)
		batch->queue = &one;
	else if (queue->count == QUEUE_CHANGES || queue->used + bytes > QUEUE_BYTES)
		store_flush(batch);
	payload = batch->queue->payload + batch->queue->used;
	memcpy(payload, path, path_bytes);
	memcpy(payload + path_bytes, more, more_bytes);
	batch->queue->change[batch->queue->count++] =
	    (struct xs_question){ .type = type, .payload = payload, .len = bytes };
	batch->queue->used += bytes;
	if (!queue)
		store_flush(batch);
	batch->queue = queue;
}

void store_write(struct store_batch *batch, const char *value, const char *format, ...)
{
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	change(batch, XS_WRITE, path, value, strlen(value));
}

void store_write_number(struct store_batch *batch, uint64_t value, const char *format, ...)
{
	char path[PATH_BYTES], text[24];

	MAKE_PATH(path, format);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	store_write(batch, text, "%s", path);
}

void store_remove(struct store_batch *batch, const char *format, ...)
{
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	change(batch, XS_RM, path, "", 0);
}

void store_require_domain(struct store_batch *batch, uint32_t domid)
{
	char path[PATH_BYTES], *there;

	store_flush(batch);
	if (batch->error)
		return;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	there = xs_read(batch->xs, batch->transaction, path, NULL);
	if (!there)
		note(batch, errno);
	free(there);
}

/* Is the node at the end of path the only one there may be in this listing of its parent? */
static bool only_child(const struct xs_question *listing, const char *name)
{
	return listing->error == ENOENT ||
	       (!listing->error && (!listing->answer_len ||
				    (listing->answer_len == strlen(name) + 1 &&
				     !strcmp(listing->answer, name))));
}

#define TIDY_DEPTH 8

void store_tidy(struct store_batch *batch, const char *path, const char *stop)
{
	char parent[TIDY_DEPTH][PATH_BYTES], at[PATH_BYTES], *slash;
	struct xs_question listing[TIDY_DEPTH];
	unsigned int depth = 0, bare = 0;

	store_flush(batch);
	snprintf(at, sizeof(at), "%s", path);
	for (; depth < TIDY_DEPTH; depth++) {
		slash = strrchr(at, '/');
		if (!slash || strlen(stop) >= (size_t)(slash - at))
			break;
		*slash = '\0';
		strcpy(parent[depth], at);
		listing[depth] = (struct xs_question){ .type = XS_DIRECTORY,
						       .payload = parent[depth],
						       .len = strlen(at) + 1 };
	}
	if (!xs_ask_many(batch->xs, batch->transaction, listing, depth))
		depth = 0;
	snprintf(at, sizeof(at), "%s", path);
	while (bare < depth && only_child(&listing[bare], strrchr(at, '/') + 1))
		strcpy(at, parent[bare++]);
	for (unsigned int i = 0; i < depth; i++)
		free(listing[i].answer);
	/*
	 * One by one: Linux forgets a backend's device when it is told of that one's directory or of
	 * its domain's, and takes no notice of the whole kind's.
	 */
	store_remove(batch, "%s", path);
	for (unsigned int i = 0; i < bare; i++)
		store_remove(batch, "%s", parent[i]);
}

void store_permit(struct store_batch *batch, uint32_t owner, uint32_t reader, const char *format,
		  ...)
{
	char path[PATH_BYTES], rights[2 * 12];
	size_t bytes;

	MAKE_PATH(path, format);
	bytes = snprintf(rights, sizeof(rights), "n%u", owner) + 1;
	if (reader != NO_READER)
		bytes += snprintf(rights + bytes, sizeof(rights) - bytes, "r%u", reader) + 1;
	change(batch, XS_SET_PERMS, path, rights, bytes);
}

char *store_read(struct session *session, const char *format, ...)
{
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	return xs_read(session->xs, XBT_NULL, path, NULL);
}

static void read_some(struct session *session, const char *const *paths, char **values,
		      unsigned int count)
{
	struct xs_question read[QUEUE_CHANGES];

	for (unsigned int i = 0; i < count; i++)
		read[i] = (struct xs_question){ .type = XS_READ,
						.payload = paths[i],
						.len = strlen(paths[i]) + 1 };
	xs_ask_many(session->xs, XBT_NULL, read, count);
	for (unsigned int i = 0; i < count; i++)
		values[i] = read[i].answer;
}

void store_read_many(struct session *session, const char *const *paths, char **values,
		     unsigned int count)
{
	while (count) {
		unsigned int some = count < QUEUE_CHANGES ? count : QUEUE_CHANGES;

		read_some(session, paths, values, some);
		paths += some;
		values += some;
		count -= some;
	}
}

bool store_read_number(struct session *session, uint64_t *value, const char *format, ...)
{
	char path[PATH_BYTES], *text, *end;
	bool good;

	MAKE_PATH(path, format);
	text = xs_read(session->xs, XBT_NULL, path, NULL);
	if (!text)
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	good = end != text && !errno;
	free(text);
	return good;
}

int store_transact(struct session *session, void (*steps)(struct store_batch *batch, void *data),
		   void *data)
{
	struct store_queue queue;

	for (unsigned int tries = 0; tries < 100; tries++) {
		struct store_batch batch = { .xs = session->xs, .queue = &queue };

		queue.count = 0;
		queue.used = 0;
		batch.transaction = xs_transaction_start(session->xs);
		if (batch.transaction == XBT_NULL)
			return -errno;
		steps(&batch, data);
		store_flush(&batch);
		if (xs_transaction_end(session->xs, batch.transaction, batch.error != 0))
			return batch.error;
		if (batch.error)
			return batch.error;
		if (errno != EAGAIN)
			return -errno;
	}
	return -EBUSY;
}

struct domain_node {
	uint32_t domid;
	const char *node, *value;
};

static void tell_steps(struct store_batch *batch, void *data)
{
	const struct domain_node *it = data;

	store_require_domain(batch, it->domid);
	store_write(batch, it->value, "/local/domain/%u/%s", it->domid, it->node);
}

int store_tell_domain(struct session *session, uint32_t domid, const char *node, const char *value)
{
	struct domain_node it = { domid, node, value };

	return store_transact(session, tell_steps, &it);
}

void uuid_text(char text[UUID_BYTES], const uint8_t u[16])
{
	snprintf(text, UUID_BYTES,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
}

bool domain_is_hvm(struct session *session, uint32_t domid)
{
	char *type = store_read(session, "/libxl/%u/type", domid);
	bool hvm = type && !strcmp(type, "hvm");

	free(type);
	return hvm;
}
