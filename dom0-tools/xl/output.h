/* SPDX-License-Identifier: MIT */
/*
 * A command's result, as aligned text or as JSON, from one description: a list of rows, each of named
 * cells. Text cells are printed as they come, after what is to stand between them and the last one.
 */
#ifndef SERAI_XL_OUTPUT_H
#define SERAI_XL_OUTPUT_H

#include <stdbool.h>

struct output {
	struct json *json; /* NULL: text */
	bool single;	   /* one object instead of a list */
};

/* Text: prints the header line, if there is one. JSON: opens the list, or with `single` nothing. */
void output_begin(struct output *out, bool json, bool single, const char *header);
/* The end: prints JSON, and tells whether everything could be written. An exit code. */
int output_end(struct output *out);

void row_begin(struct output *out);
void row_end(struct output *out);
/* width as printf's: negative is left. NULL text: "-" (JSON: null). */
void cell_text(struct output *out, const char *key, const char *before, int width, const char *text);
void cell_number(struct output *out, const char *key, const char *before, int width, long long number);
void cell_fixed(struct output *out, const char *key, const char *before, int width, double number);
/* JSON does not have that. */
void only_text(struct output *out, const char *text);

#endif
