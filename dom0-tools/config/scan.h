/* SPDX-License-Identifier: MIT */
/* What the scanner keeps between words, and the work behind its rules (scan.c). */
#ifndef SERAI_CONFIG_SCAN_H
#define SERAI_CONFIG_SCAN_H

#include <stdio.h>
#include <stdlib.h>

#include "config/syntax.h"

struct scan {
	struct syntax *syntax;
	const char *source;
	unsigned int line, column;
	unsigned int brackets; /* open ones: newlines inside them mean nothing */
};

union XLCFG_STYPE;
struct XLCFG_LTYPE;

void scan_advance(struct scan *scan, struct XLCFG_LTYPE *place, unsigned int length);
void scan_newline(struct scan *scan);
/* These return the word to hand to the parser. */
int scan_text(struct scan *scan, union XLCFG_STYPE *value, const char *text, size_t length, int word);
int scan_string(struct scan *scan, union XLCFG_STYPE *value, struct XLCFG_LTYPE *place, const char *quoted,
		size_t length);
int scan_bad(struct scan *scan, struct XLCFG_LTYPE *place, const char *what);
int scan_bad_character(struct scan *scan, struct XLCFG_LTYPE *place, unsigned char character);
void scan_unexpected(struct scan *scan, int line, int column, const char *got, const char *wanted);
/* Puts an item at the end of a list; when it cannot, frees both and tells why. */
bool scan_append(struct scan *scan, struct node *list, struct node *item);
void scan_no_memory(struct scan *scan);

#endif
