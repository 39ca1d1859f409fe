/* SPDX-License-Identifier: MIT */
/* Building, folding and reading the tree of syntax.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/scan.h"
#include "xlcfg.tab.h"
#define YYSTYPE XLCFG_STYPE
#define YYLTYPE XLCFG_LTYPE
#include "xlcfg.lex.h"

void syntax_init(struct syntax *syntax, config_report *report, void *data)
{
	*syntax = (struct syntax){ .report = report, .data = data };
	syntax->last = &syntax->first;
}

static void setting_free(struct setting *setting)
{
	free(setting->key);
	node_free(setting->value);
	free(setting);
}

void syntax_free(struct syntax *syntax)
{
	struct setting *next;

	for (struct setting *s = syntax->first; s; s = next) {
		next = s->next;
		setting_free(s);
	}
	for (unsigned int i = 0; i < syntax->nr_sources; i++)
		free(syntax->source[i]);
	free(syntax->source);
	syntax_init(syntax, NULL, NULL);
}

void syntax_fault(struct syntax *syntax, const char *source, struct place place, bool fatal,
		  const char *format, ...)
{
	struct config_fault fault = { .line = place.line, .column = place.column, .fatal = fatal };
	va_list args;

	syntax->faults += fatal;
	va_start(args, format);
	vsnprintf(fault.message, sizeof(fault.message), format, args);
	va_end(args);
	if (syntax->report)
		syntax->report(syntax->data, source, &fault);
}

static const char *add_source(struct syntax *syntax, const char *source)
{
	char **grown = realloc(syntax->source, (syntax->nr_sources + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	syntax->source = grown;
	grown[syntax->nr_sources] = strdup(source);
	return grown[syntax->nr_sources] ? grown[syntax->nr_sources++] : NULL;
}

static bool read_text(struct syntax *syntax, const char *source, const char *text, size_t length,
		      unsigned int line)
{
	struct scan scan = {
		.syntax = syntax, .source = add_source(syntax, source), .line = line, .column = 1
	};
	unsigned int before = syntax->faults;
	void *scanner = NULL;
	/* The grammar wants each line ended; two NULs end the scanner's own buffer. */
	char *copy = length < INT32_MAX - 8 ? calloc(1, length + 3) : NULL;

	if (!scan.source || !copy || xlcfg_lex_init_extra(&scan, &scanner)) {
		syntax_fault(syntax, source, (struct place){ 0 }, true,
			     "out of memory, or a text of absurd size");
		free(copy);
		return false;
	}
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\n';
	if (!xlcfg__scan_buffer(copy, length + 3, scanner) ||
	    (xlcfg_parse(&scan, scanner) && before == syntax->faults))
		syntax_fault(syntax, source, (struct place){ scan.line, scan.column }, true,
			     "cannot be read");
	xlcfg_lex_destroy(scanner);
	free(copy);
	return before == syntax->faults;
}

bool syntax_add(struct syntax *syntax, const char *source, const char *text, size_t length)
{
	return read_text(syntax, source, text, length, 1);
}

bool syntax_add_overrides(struct syntax *syntax, const char *const *overrides)
{
	unsigned int before = syntax->faults;

	for (unsigned int i = 0; overrides && overrides[i]; i++)
		read_text(syntax, "command line", overrides[i], strlen(overrides[i]), i + 1);
	return before == syntax->faults;
}

bool syntax_set(struct syntax *syntax, char *key, bool append, struct node *value,
		struct place place)
{
	struct setting *setting = calloc(1, sizeof(*setting));

	if (!setting) {
		free(key);
		node_free(value);
		return false;
	}
	setting->source = syntax->source[syntax->nr_sources - 1];
	setting->key = key;
	setting->append = append;
	setting->value = value;
	setting->place = place;
	*syntax->last = setting;
	syntax->last = &setting->next;
	return true;
}

/* earlier += later: the sum is later's value. */
static bool join(struct syntax *syntax, struct setting *earlier, struct setting *later)
{
	struct node *a = earlier->value, *b = later->value;
	char *text;

	if ((a->kind == NODE_LIST) != (b->kind == NODE_LIST)) {
		syntax_fault(syntax, later->source, b->place, true,
			     "%s is a %s so far; += needs another", later->key,
			     a->kind == NODE_LIST ? "list" : "single value");
		return false;
	}
	if (a->kind == NODE_LIST) {
		while (b->count) {
			struct node *moved = b->item[0];

			b->count--;
			memmove(b->item, b->item + 1, b->count * sizeof(*b->item));
			if (!node_append(a, moved))
				return false;
		}
	} else {
		if (asprintf(&text, "%s%s", a->text, b->text) < 0)
			return false;
		free(a->text);
		a->text = text;
	}
	a->place = b->place;
	later->value = a;
	earlier->value = b;
	return true;
}

bool syntax_fold(struct syntax *syntax)
{
	bool good = true;

	for (struct setting **link = &syntax->first; *link;) {
		struct setting *setting = *link, *later = setting->next;

		while (later && strcmp(later->key, setting->key))
			later = later->next;
		if (!later) {
			link = &setting->next;
			continue;
		}
		if (later->append)
			good &= join(syntax, setting, later);
		*link = setting->next;
		setting_free(setting);
	}
	for (syntax->last = &syntax->first; *syntax->last;)
		syntax->last = &(*syntax->last)->next;
	return good;
}

const struct setting *syntax_find(const struct syntax *syntax, const char *key)
{
	const struct setting *found = NULL;

	for (const struct setting *s = syntax->first; s; s = s->next)
		if (!strcmp(s->key, key))
			found = s;
	return found;
}
