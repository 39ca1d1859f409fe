/* SPDX-License-Identifier: MIT */
/* What the readers of specifications share: words between commas, and tables of key=value. */
#ifndef SERAI_CONFIG_SPEC_WORDS_H
#define SERAI_CONFIG_SPEC_WORDS_H

#include "config/spec.h"

enum spec_kind {
	SPEC_TEXT,   /* into char[room] */
	SPEC_FLAG,   /* into bool: the word alone is true */
	SPEC_UNFLAG, /* into bool: the word alone is false */
	SPEC_UNLESS, /* the same, and =1 too; =0 is true */
	SPEC_BOOL,   /* into bool: 0 or 1, and xl's other words for them */
	SPEC_NUMBER, /* into int or unsigned int, within least and most */
	SPEC_WORD,   /* into an enum: one of `words` */
	SPEC_IGNORED /* known, and without effect */
};

struct spec_key {
	const char *name;
	enum spec_kind kind;
	size_t offset, room;
	long least, most;
	const char *const *words; /* NULL-terminated */
	/* NULL, or what more there is to a SPEC_TEXT: NULL, or a sentence's end that tells the
	 * fault. */
	const char *(*check)(void *spec, const char *value);
};

struct word {
	const char *text;
	size_t length;
};

/* Remembers the fault; false, so that `return spec_wrong(…)` reads well. */
bool spec_wrong(struct spec_fault *fault, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The next word up to a comma, spaces around it taken off; false at the end. */
bool spec_next(const char **rest, struct word *word);
/* Puts a value into its member. `at`: the offset of the word, for the fault. */
bool spec_set(const struct spec_key *key, void *spec, struct word value, size_t at,
	      struct spec_fault *fault);
/* The entry of a word "name=value" or "name"; NULL if there is none. *value: what follows the =. */
const struct spec_key *spec_find(const struct spec_key *keys, struct word word, struct word *value);
/* A text that is nothing but such words. */
bool spec_read(const char *text, const struct spec_key *keys, const char *what, void *spec,
	       struct spec_fault *fault);

#define SPEC_AT(type, member)                                                                      \
	.offset = offsetof(struct type, member), .room = sizeof(((struct type *)0)->member)

#endif
