/* SPDX-License-Identifier: MIT */
/*
 * The work behind the scanner's rules: places, escapes in strings, and what is said about words
 * that are none.
 */
#include <ctype.h>
#include <string.h>

#include "config/scan.h"
#include "xlcfg.tab.h"

void scan_advance(struct scan *scan, XLCFG_LTYPE *place, unsigned int length)
{
	place->first_line = place->last_line = (int)scan->line;
	place->first_column = (int)scan->column;
	scan->column += length;
	place->last_column = (int)scan->column;
}

void scan_newline(struct scan *scan)
{
	scan->line++;
	scan->column = 1;
}

void scan_no_memory(struct scan *scan)
{
	syntax_fault(scan->syntax, scan->source, (struct place){ scan->line, scan->column }, true,
		     "out of memory");
}

int scan_text(struct scan *scan, XLCFG_STYPE *value, const char *text, size_t length, int word)
{
	value->text = strndup(text, length);
	if (value->text)
		return word;
	scan_no_memory(scan);
	return WORD_BAD;
}

/* Up to `most` digits of a base; the number of characters they took. */
static size_t digits(const char *text, const char *end, int base, size_t most, unsigned int *value)
{
	size_t used = 0;

	*value = 0;
	while (used < most && text + used < end) {
		const char *set = "0123456789abcdef";
		const char *at = strchr(set, tolower((unsigned char)text[used]));

		if (!at || !*at || at - set >= base)
			break;
		*value = *value * (unsigned int)base + (unsigned int)(at - set);
		used++;
	}
	return used;
}

/* One escape after its backslash; the characters it took, 0 if there is no such escape. */
static size_t escape(const char *text, const char *end, unsigned int *character)
{
	static const char names[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
	const char *simple = strchr(names, *text);
	size_t used;

	if (simple && *simple) {
		*character = (unsigned char)values[simple - names];
		return 1;
	}
	if (*text == 'x') {
		used = digits(text + 1, end, 16, 2, character);
		return used == 2 ? 3 : 0;
	}
	return digits(text, end, 8, 3, character);
}

int scan_string(struct scan *scan, XLCFG_STYPE *value, XLCFG_LTYPE *place, const char *quoted,
		size_t length)
{
	const char *from = quoted + 1, *end = quoted + length - 1;
	char *text = malloc(length), *to = text;

	if (!text) {
		scan_no_memory(scan);
		return WORD_BAD;
	}
	while (from < end) {
		unsigned int character = (unsigned char)*from;
		size_t used = 1;

		if (*from == '\\') {
			used = escape(++from, end, &character);
			if (!used || !character || character > 255) {
				place->first_column += (int)(from - 1 - quoted);
				free(text);
				return scan_bad(
				    scan, place,
				    "an unknown escape; a backslash itself is written \\\\");
			}
		} else if (!character) {
			free(text);
			return scan_bad_character(scan, place, 0);
		}
		*to++ = (char)character;
		from += used;
	}
	*to = '\0';
	value->text = text;
	return WORD_STRING;
}

int scan_bad(struct scan *scan, XLCFG_LTYPE *place, const char *what)
{
	struct place at = { (unsigned int)place->first_line, (unsigned int)place->first_column };

	syntax_fault(scan->syntax, scan->source, at, true, "%s", what);
	return WORD_BAD;
}

int scan_bad_character(struct scan *scan, XLCFG_LTYPE *place, unsigned char character)
{
	char what[64];

	if (isprint(character))
		snprintf(what, sizeof(what), "'%c' means nothing here", character);
	else
		snprintf(what, sizeof(what), "a character of code 0x%02x means nothing here",
			 character);
	return scan_bad(scan, place, what);
}

void scan_unexpected(struct scan *scan, int line, int column, const char *got, const char *wanted)
{
	struct place place = { (unsigned int)line, (unsigned int)column };

	if (!strcmp(got, "a key's name"))
		got = "a word without quotes (text is written \"like this\")";
	syntax_fault(scan->syntax, scan->source, place, true, "found %s%s%s", got,
		     *wanted ? " where there should be " : "", wanted);
}

bool scan_append(struct scan *scan, struct node *list, struct node *item)
{
	struct place place = item->place;
	bool deep = item->depth >= SYNTAX_MAX_DEPTH - 1;

	if (!deep && list && node_append(list, item))
		return true;
	if (deep || !list)
		node_free(item);
	node_free(list);
	if (deep)
		syntax_fault(scan->syntax, scan->source, place, true,
			     "lists are nested deeper than %u", SYNTAX_MAX_DEPTH);
	else
		scan_no_memory(scan);
	return false;
}
