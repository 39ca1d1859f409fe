/* SPDX-License-Identifier: MIT */
/* Rows and cells as text or JSON; see output.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "xl/output.h"
#include "xl/xl.h"

void output_begin(struct output *out, bool json, bool single, const char *header)
{
	*out = (struct output){ .json = json ? json_start() : NULL, .single = single };
	if (json && !single)
		json_list(out->json, NULL);
	if (!json && header)
		puts(header);
}

int output_end(struct output *out)
{
	char *text = NULL;

	if (out->json) {
		if (!out->single)
			json_end_list(out->json);
		text = json_finish(out->json);
		if (text)
			fputs(text, stdout);
		else
			fputs("xl: the result could not be put into JSON: a name is no UTF-8, or "
			      "memory ran out\n",
			      stderr);
		free(text);
		if (!text)
			return EXIT_FAILED;
	}
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_DONE;
	fprintf(stderr, "xl: the result could not be written: %s\n", strerror(errno));
	return EXIT_FAILED;
}

void row_begin(struct output *out)
{
	if (out->json)
		json_map(out->json, NULL);
}

void row_end(struct output *out)
{
	if (out->json)
		json_end_map(out->json);
	else
		putchar('\n');
}

void cell_text(struct output *out, const char *key, const char *before, int width, const char *text)
{
	if (out->json)
		json_text(out->json, key, text);
	else
		printf("%s%*s", before, width, text ? text : "-");
}

void cell_number(struct output *out, const char *key, const char *before, int width,
		 long long number)
{
	if (out->json)
		json_number(out->json, key, number);
	else
		printf("%s%*lld", before, width, number);
}

void cell_fixed(struct output *out, const char *key, const char *before, int width, double number)
{
	char digits[40];

	if (!out->json) {
		printf("%s%*.1f", before, width, number);
		return;
	}
	snprintf(digits, sizeof(digits), "%.9g", number);
	json_number_text(out->json, key, digits);
}

void only_text(struct output *out, const char *text)
{
	if (!out->json)
		fputs(text, stdout);
}
