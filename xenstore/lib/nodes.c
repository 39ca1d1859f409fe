/* SPDX-License-Identifier: MIT */
/*
 * The calls that read and change nodes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static struct iovec string_part(const char *s)
{
	return (struct iovec){ (void *)(uintptr_t)s, strlen(s) + 1 };
}

static char *ask(struct xs_handle *h, xs_transaction_t t, uint32_t type, const char *path,
		 unsigned int *len)
{
	struct iovec part = string_part(path);

	return request(h, &(struct request){ type, t, &part, 1 }, len);
}

static bool done(char *answer)
{
	free(answer);
	return answer != NULL;
}

/* A counted array of pointers followed by the strings themselves, in one piece of memory. */
static char **split_strings(const char *text, unsigned int len, unsigned int *num)
{
	unsigned int count = 0, i = 0;
	char **array, *copy;

	for (unsigned int at = 0; at < len; at++)
		count += text[at] == '\0';
	array = malloc(count * sizeof(char *) + len + 1);
	if (!array)
		return NULL;
	copy = (char *)(array + count);
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (; i < count; copy += strlen(copy) + 1)
		array[i++] = copy;
	*num = count;
	return array;
}

struct listing {
	char *text;
	unsigned int len;
	char generation[24];
};

/* Add one part. 1: there is more; 0: that was the last; -EAGAIN: the list changed, begin again. */
static int add_part(struct listing *l, const char *part, unsigned int len)
{
	unsigned int skip = strnlen(part, len) + 1;
	char *grown;
	bool last;

	if (skip > len || skip > sizeof(l->generation))
		return -EPROTO;
	if (l->len && strcmp(l->generation, part))
		return -EAGAIN;
	strcpy(l->generation, part);
	part += skip;
	len -= skip;
	/* An empty name ends the list: alone if there is none or the last part was full. */
	last = !len || (len == 1 && !part[0]) || (len > 1 && !part[len - 1] && !part[len - 2]);
	if (len && last)
		len--;
	grown = realloc(l->text, l->len + len + 1);
	if (!grown)
		return -ENOMEM;
	l->text = grown;
	memcpy(grown + l->len, part, len);
	l->len += len;
	return last ? 0 : 1;
}

static int next_part(struct xs_handle *h, xs_transaction_t t, const char *path, struct listing *l)
{
	char offset[16];
	struct iovec parts[] = { string_part(path), { offset, 0 } };
	unsigned int len;
	char *part;
	int more;

	parts[1].iov_len = snprintf(offset, sizeof(offset), "%u", l->len) + 1;
	part = request(h, &(struct request){ XS_DIRECTORY_PART, t, parts, 2 }, &len);
	if (!part)
		return -errno;
	more = add_part(l, part, len);
	free(part);
	return more;
}

/* A node with more children than one message holds. */
static char *list_parts(struct xs_handle *h, xs_transaction_t t, const char *path,
			unsigned int *len)
{
	struct listing l = { 0 };
	int more;

	do {
		more = next_part(h, t, path, &l);
		if (more == -EAGAIN)
			l.len = 0;
	} while (more == 1 || more == -EAGAIN);
	if (more < 0) {
		free(l.text);
		errno = -more;
		return NULL;
	}
	*len = l.len;
	return l.text;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	unsigned int len;
	char **names = NULL;
	char *text = ask(h, t, XS_DIRECTORY, path, &len);

	if (!text && errno == E2BIG && strlen(path) < XENSTORE_PAYLOAD_MAX)
		text = list_parts(h, t, path, &len);
	if (text)
		names = split_strings(text, len, num);
	free(text);
	return names;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	return ask(h, t, XS_READ, path, len);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	struct iovec parts[] = { string_part(path), { (void *)(uintptr_t)data, len } };

	return done(request(h, &(struct request){ XS_WRITE, t, parts, 2 }, NULL));
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return done(ask(h, t, XS_MKDIR, path, NULL));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return done(ask(h, t, XS_RM, path, NULL));
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	struct xs_permissions *perms = NULL;
	unsigned int len, count = 0;
	char *text = ask(h, t, XS_GET_PERMS, path, &len);

	if (!text)
		return NULL;
	for (unsigned int i = 0; i < len; i++)
		count += text[i] == '\0';
	if (count)
		perms = calloc(count, sizeof(*perms));
	else
		errno = EPROTO;
	if (perms && !xs_strings_to_perms(perms, count, text)) {
		free(perms);
		perms = NULL;
		errno = EPROTO;
	}
	free(text);
	*num = perms ? count : 0;
	return perms;
}

static int perm_to_string(const struct xs_permissions *p, char *to, size_t size)
{
	if (p->perms & ~(XS_PERM_READ | XS_PERM_WRITE))
		return -1;
	return snprintf(to, size, "%c%u", "nrwb"[p->perms], p -> id) + 1;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	char text[XENSTORE_PAYLOAD_MAX + 16];
	struct iovec parts[] = { string_part(path), { text, 0 } };

	for (unsigned int i = 0; i < num_perms; i++) {
		size_t at = parts[1].iov_len;
		int len = at > XENSTORE_PAYLOAD_MAX
			      ? 0
			      : perm_to_string(&perms[i], text + at, sizeof(text) - at);

		if (len <= 0) {
			errno = len ? EINVAL : E2BIG;
			return false;
		}
		parts[1].iov_len += len;
	}
	return done(request(h, &(struct request){ XS_SET_PERMS, t, parts, 2 }, NULL));
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec parts[] = { string_part(path), string_part(token) };
	bool kept;

	if (!done(request(h, &(struct request){ XS_WATCH, XBT_NULL, parts, 2 }, NULL)))
		return false;
	pthread_mutex_lock(&h->lock);
	kept = watch_register(h, path, token);
	pthread_mutex_unlock(&h->lock);
	if (kept)
		return true;
	xs_unwatch(h, path, token);
	errno = ENOMEM;
	return false;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec parts[] = { string_part(path), string_part(token) };
	bool gone = done(request(h, &(struct request){ XS_UNWATCH, XBT_NULL, parts, 2 }, NULL));
	int error = errno;

	pthread_mutex_lock(&h->lock);
	watch_forget(h, path, token);
	pthread_mutex_unlock(&h->lock);
	errno = error;
	return gone;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	struct iovec part = string_part("");
	char *text =
	    request(h, &(struct request){ XS_TRANSACTION_START, XBT_NULL, &part, 1 }, NULL);
	xs_transaction_t t;

	if (!text)
		return XBT_NULL;
	pthread_mutex_lock(&h->lock);
	t = transaction_add(h, strtoul(text, NULL, 0));
	pthread_mutex_unlock(&h->lock);
	free(text);
	return t;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	bool ended = done(ask(h, t, XS_TRANSACTION_END, abort ? "F" : "T", NULL));
	int error = errno;

	pthread_mutex_lock(&h->lock);
	transaction_remove(h, t);
	pthread_mutex_unlock(&h->lock);
	errno = error;
	return ended;
}

#define WRITE_TRIES 50 /* each in vain when somebody else changed what it looked at meanwhile */

static int try_write_if(struct xs_handle *h, const char *node, const char *path, const void *data,
			unsigned int len)
{
	xs_transaction_t t = xs_transaction_start(h);
	void *there;
	int error;

	if (t == XBT_NULL)
		return errno;
	there = xs_read(h, t, node, NULL);
	error = there && xs_write(h, t, path, data, len) ? 0 : errno;
	free(there);
	return xs_transaction_end(h, t, error) || error ? error : errno;
}

bool xs_write_if(struct xs_handle *h, const char *node, const char *path, const void *data,
		 unsigned int len)
{
	int error = EAGAIN;

	for (unsigned int tries = 0; error == EAGAIN && tries < WRITE_TRIES; tries++)
		error = try_write_if(h, node, path, data, len);
	errno = error;
	return !error;
}
