/* SPDX-License-Identifier: MIT */
/*
 * Paths: what is a valid one, and walking it component by component.
 *
 * Everywhere behind the request handlers a path is absolute, valid and without a trailing slash,
 * "/" being the root. Names of events start with '@' instead and have no components.
 */
#ifndef XSD_PATH_H
#define XSD_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Long enough for any valid path with its NUL. */
#define PATH_BYTES (3072 + 1)

/* Is it an absolute path of legal length, characters and slashes? */
bool path_valid(const char *path);
/* Is it a legal name of an event ("@releaseDomain")? */
bool path_valid_event(const char *name);

/*
 * The next component of the path at *cursor: its start, its length in *len, the cursor behind it.
 * NULL at the end. Start with *cursor = path.
 */
const char *path_next(const char **cursor, size_t *len);

/* The length of the parent's path; 1 for a child of the root (and for the root). */
size_t path_parent_len(const char *path);
/* Copies the parent's path to `parent` (PATH_BYTES); returns false for the root, which has none. */
bool path_parent(const char *path, char *parent);
unsigned int path_depth(const char *path);
/* A 64-bit mix of the text, not secret. */
uint64_t path_hash(const char *text, size_t len);

#endif
