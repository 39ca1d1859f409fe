/* SPDX-License-Identifier: MIT */
/*
 * Helpers that need no connection.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

bool xs_path_is_subpath(const char *parent, const char *child)
{
	size_t len = strlen(parent);

	/* The root's own name ends in the separator that is looked for below. */
	if (len == 1 && parent[0] == '/')
		return child[0] == '/';
	return !strncmp(parent, child, len) && (child[len] == '/' || child[len] == '\0');
}

bool xs_write_all(int fd, const void *data, unsigned int len)
{
	const char *from = data;

	while (len) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return false;
		}
		from += n;
		len -= n;
	}
	return true;
}

static bool string_to_perm(struct xs_permissions *p, const char *s)
{
	const char *letters = "nrwb";
	const char *letter = *s ? strchr(letters, *s) : NULL;
	char *end;
	unsigned long id;

	if (!letter || s[1] < '0' || s[1] > '9')
		return false;
	id = strtoul(s + 1, &end, 10);
	if (*end || id > UINT_MAX)
		return false;
	p->perms = letter - letters;
	p->id = id;
	return true;
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings)
{
	for (unsigned int i = 0; i < num; i++) {
		if (!string_to_perm(&perms[i], strings)) {
			errno = EINVAL;
			return false;
		}
		strings += strlen(strings) + 1;
	}
	return true;
}
