/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the store with printf-made paths.
 *
 * A batch is a run of changes of which the first failure counts. New nodes take their parent's
 * permissions, so only the roots of differing parts are given any.
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

static void note(struct store_batch *batch, bool done)
{
	if (!done && !batch->error)
		batch->error = -errno;
}

void store_write(struct store_batch *batch, const char *value, const char *format, ...)
{
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	if (!batch->error)
		note(batch, xs_write(batch->xs, batch->transaction, path, value, strlen(value)));
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
	if (!batch->error && !xs_rm(batch->xs, batch->transaction, path))
		note(batch, errno == ENOENT);
}

void store_tidy(struct store_batch *batch, const char *path, const char *stop)
{
	char at[PATH_BYTES], *slash;
	unsigned int count = 0;

	snprintf(at, sizeof(at), "%s", path);
	store_remove(batch, "%s", at);
	while (!batch->error && (slash = strrchr(at, '/')) && strlen(stop) < (size_t)(slash - at)) {
		char **names;

		*slash = '\0';
		names = xs_directory(batch->xs, batch->transaction, at, &count);
		if (!names && errno != ENOENT)
			return;
		free(names);
		if (names && count)
			return;
		store_remove(batch, "%s", at);
	}
}

void store_permit(struct store_batch *batch, uint32_t owner, uint32_t reader, const char *format,
		  ...)
{
	struct xs_permissions rights[2] = { { .id = owner, .perms = XS_PERM_NONE },
					    { .id = reader, .perms = XS_PERM_READ } };
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	if (!batch->error)
		note(batch, xs_set_permissions(batch->xs, batch->transaction, path, rights,
					       reader == NO_READER ? 1 : 2));
}

char *store_read(struct session *session, const char *format, ...)
{
	char path[PATH_BYTES];

	MAKE_PATH(path, format);
	return xs_read(session->xs, XBT_NULL, path, NULL);
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
	for (unsigned int tries = 0; tries < 100; tries++) {
		struct store_batch batch = { .xs = session->xs };

		batch.transaction = xs_transaction_start(session->xs);
		if (batch.transaction == XBT_NULL)
			return -errno;
		steps(&batch, data);
		if (xs_transaction_end(session->xs, batch.transaction, batch.error != 0))
			return batch.error;
		if (batch.error)
			return batch.error;
		if (errno != EAGAIN)
			return -errno;
	}
	return -EBUSY;
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
