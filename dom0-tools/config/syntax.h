/* SPDX-License-Identifier: MIT */
/*
 * The tree a configuration file is read into, before any key means anything: xl.cfg, xl.conf and CPU
 * pool files share this grammar.
 *
 *   file    :: setting { end setting }        end :: newline or ;
 *   setting :: NAME (= | +=) value
 *   value   :: STRING | NUMBER | [ value, … ]   newlines are free inside brackets
 *
 * Strings and numbers are both text here; whoever asks for a key's value says what it must be. A key
 * given twice has its last value, += appends text to text and lists to lists.
 */
#ifndef SERAI_CONFIG_SYNTAX_H
#define SERAI_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Lists inside lists inside …: more is refused, so that walking the tree needs little stack. */
#define SYNTAX_MAX_DEPTH 32

enum node_kind { NODE_STRING, NODE_NUMBER, NODE_LIST };

struct place {
	unsigned int line, column;
};

struct node {
	enum node_kind kind;
	struct place place;
	char *text;	    /* NODE_STRING, NODE_NUMBER */
	struct node **item; /* NODE_LIST */
	unsigned int count, depth;
};

struct setting {
	struct setting *next;
	const char *source; /* for messages: owned by the syntax */
	char *key;
	struct place place;
	bool append;
	struct node *value;
};

struct syntax {
	struct setting *first, **last;
	char **source;
	unsigned int nr_sources;
	/* Reading: */
	config_report *report;
	void *data;
	unsigned int faults; /* fatal ones */
};

void syntax_init(struct syntax *syntax, config_report *report, void *data);
void syntax_free(struct syntax *syntax);

/* Adds a text's settings; false (reported) if the text is not of the grammar or memory ran out. */
bool syntax_add(struct syntax *syntax, const char *source, const char *text, size_t length);
/* The same, NULL-terminated key=value texts of a command line; several settings in one are fine. */
bool syntax_add_overrides(struct syntax *syntax, const char *const *overrides);

/* Applies += and forgets values replaced by later ones: each key is left once, at its last place. */
bool syntax_fold(struct syntax *syntax);
const struct setting *syntax_find(const struct syntax *syntax, const char *key);

void syntax_fault(struct syntax *syntax, const char *source, struct place place, bool fatal, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* For the grammar. Texts are taken over. NULL when memory ran out. */
struct node *node_atom(enum node_kind kind, char *text, struct place place);
struct node *node_list(struct place place);
bool node_append(struct node *list, struct node *item);
void node_free(struct node *node);
bool syntax_set(struct syntax *syntax, char *key, bool append, struct node *value, struct place place);

/* The text of a value, as it would be written; malloc'ed. */
char *node_to_text(const struct node *node);
/* Decimal, octal (0…), hexadecimal (0x…), with a sign; false if it is not one or does not fit. */
bool node_to_number(const struct node *node, long long *number);

/* An edit distance for "did you mean": insertions, deletions, replacements and swaps of neighbours. */
unsigned int edit_distance(const char *a, const char *b);

#endif
