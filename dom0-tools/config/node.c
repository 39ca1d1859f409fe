/* SPDX-License-Identifier: MIT */
/* Values: strings, numbers and lists, their text and their number; and the distance of two words.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/syntax.h"

struct node *node_atom(enum node_kind kind, char *text, struct place place)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node) {
		free(text);
		return NULL;
	}
	node->kind = kind;
	node->text = text;
	node->place = place;
	return node;
}

struct node *node_list(struct place place)
{
	struct node *node = node_atom(NODE_LIST, NULL, place);

	if (node)
		node->depth = 1;
	return node;
}

/* Takes the item over, also when it fails. */
bool node_append(struct node *list, struct node *item)
{
	unsigned int room = list->count;
	struct node **grown = list->item;

	/* Grows when the count is a power of two. */
	if (!(room & (room - 1)))
		grown = realloc(list->item, (room ? (size_t)room * 2 : 1) * sizeof(*grown));
	if (!grown) {
		node_free(item);
		return false;
	}
	list->item = grown;
	list->item[list->count++] = item;
	if (item->depth >= list->depth)
		list->depth = item->depth + 1;
	return true;
}

void node_free(struct node *node)
{
	if (!node)
		return;
	for (unsigned int i = 0; i < node->count; i++)
		node_free(node->item[i]);
	free(node->item);
	free(node->text);
	free(node);
}

static void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < ' ' || *c == 127)
			fprintf(out, "\\x%02x", *c);
		else
			fputc(*c, out);
	}
	fputc('"', out);
}

static void write_node(FILE *out, const struct node *node)
{
	if (node->kind == NODE_NUMBER)
		fputs(node->text, out);
	else if (node->kind == NODE_STRING)
		write_quoted(out, node->text);
	else {
		fputc('[', out);
		for (unsigned int i = 0; i < node->count; i++) {
			fputs(i ? ", " : "", out);
			write_node(out, node->item[i]);
		}
		fputc(']', out);
	}
}

char *node_to_text(const struct node *node)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_node(out, node);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

bool node_to_number(const struct node *node, long long *number)
{
	char *end;

	if (node->kind == NODE_LIST || !*node->text)
		return false;
	errno = 0;
	*number = strtoll(node->text, &end, 0);
	return !errno && !*end && end != node->text;
}

unsigned int edit_distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	unsigned char row[3][LONGEST + 1];
	size_t la = strlen(a), lb = strlen(b);
	unsigned char *before = row[0], *last = row[1], *now = row[2], *spare;

	if (la > LONGEST || lb > LONGEST)
		return UINT32_MAX;
	for (size_t j = 0; j <= lb; j++)
		last[j] = (unsigned char)j;
	memcpy(before, last, lb + 1);
	for (size_t i = 1; i <= la; i++) {
		now[0] = (unsigned char)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = best < last[j] + 1u ? best : last[j] + 1u;
			best = best < now[j - 1] + 1u ? best : now[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1u < best)
				best = before[j - 2] + 1u;
			now[j] = (unsigned char)best;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[lb];
}
