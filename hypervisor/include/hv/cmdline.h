/* SPDX-License-Identifier: MIT */
/*
 * Command line options by table. A line is words separated by blanks: "name", "no-name" or
 * "name=value"; '…' and "…" keep blanks together and are taken off. The last mention of a name
 * wins.
 */
#ifndef HV_CMDLINE_H
#define HV_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#define CMDLINE_WORD_MAX 256 /* name and value together */

enum hv_option_kind {
	OPTION_BOOL,   /* bool: name, no-name, =yes/on/true/enable/1, =no/off/false/disable/0 */
	OPTION_TRISTATE, /* int8_t: as OPTION_BOOL, 0 or 1; what it is before the option is met is its owner's */
	OPTION_UINT,   /* unsigned integer of `size` bytes (1, 2, 4, 8): =123, =0x1f, =017 */
	OPTION_SIZE,   /* uint64_t, bytes: =512M; a bare number counts KiB */
	OPTION_STRING, /* char array of `size` bytes */
	OPTION_CUSTOM, /* set(value); value is "" for a bare name, "no" for no-name */
};

struct hv_option {
	const char *name;
	enum hv_option_kind kind;
	void *dest;
	size_t size;
	int (*set)(const char *value); /* 0, or -errno, which is reported */
};

/*
 * Parses `line` by the table's nr rows. For each word that cannot be used, which is then ignored,
 * complain(ctx, word, error) is called (may be NULL): -ENOENT unknown name, -EINVAL unusable value,
 * -ERANGE number too large, -E2BIG word or string too long (word is cut off), or what set()
 * returned. Returns the number of complaints.
 */
unsigned int cmdline_parse(const char *line, const struct hv_option *table, size_t nr,
			   void (*complain)(void *ctx, const char *word, int error), void *ctx);

/*
 * An option's value that is itself a list of settings, "a,no-b,c=d", by a table of their own. 0, or the
 * first error; settings before it have been made. For set() functions.
 */
int cmdline_list(const char *value, const struct hv_option *table, size_t nr);

/* For a word with an unknown name: the known name it was probably meant to have, or NULL. */
const char *cmdline_nearest(const char *word, const struct hv_option *table, size_t nr);

/* The words OPTION_BOOL knows; "" means true. 0, or -EINVAL. For set() functions. */
int cmdline_bool(const char *value, bool *out);

#endif
