/* SPDX-License-Identifier: MIT */
/* Paths: see path.h. */
#include <string.h>

#include <xen/io/xs_wire.h>

#include "path.h"

static bool legal_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '/' || c == '_' || c == '@';
}

static bool legal_text(const char *text)
{
	for (; *text; text++)
		if (!legal_char((unsigned char)*text))
			return false;
	return true;
}

bool path_valid(const char *path)
{
	size_t len = strlen(path);

	/* The limit counts the NUL. */
	if (path[0] != '/' || len >= XENSTORE_ABS_PATH_MAX)
		return false;
	if (len > 1 && path[len - 1] == '/')
		return false;
	return legal_text(path) && !strstr(path, "//");
}

bool path_valid_event(const char *name)
{
	return name[0] == '@' && strlen(name) <= XENSTORE_REL_PATH_MAX && legal_text(name);
}

const char *path_next(const char **cursor, size_t *len)
{
	const char *start = *cursor;

	while (*start == '/')
		start++;
	if (!*start)
		return NULL;
	*cursor = strchrnul(start, '/');
	*len = (size_t)(*cursor - start);
	return start;
}

size_t path_parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path || !slash ? 1 : (size_t)(slash - path);
}

bool path_parent(const char *path, char *parent)
{
	size_t len = path_parent_len(path);

	if (!path[1])
		return false;
	memcpy(parent, path, len);
	parent[len] = '\0';
	return true;
}

unsigned int path_depth(const char *path)
{
	unsigned int depth = 0;

	if (!path[1])
		return 0;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

uint64_t path_hash(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}
