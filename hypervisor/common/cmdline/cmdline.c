/* SPDX-License-Identifier: MIT */
/*
 * Command line options by table, see hv/cmdline.h. Each word is unquoted into a buffer of fixed
 * size, split at its first '=', and handed to the option's kind; the line itself is never changed.
 */
#include <stdint.h>
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/parse.h>
#include <hv/string.h>

/* Copies the next word, without quotes, and returns what follows it; NULL at the line's end. */
static const char *next_word(const char *p, char *word, bool *too_long)
{
	size_t n = 0;
	char quote = 0;

	while (is_space(*p))
		p++;
	if (!*p)
		return NULL;
	*too_long = false;
	for (; *p && (quote || !is_space(*p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? 0 : *p;
			continue;
		}
		if (n < CMDLINE_WORD_MAX - 1)
			word[n++] = *p;
		else
			*too_long = true;
	}
	word[n] = '\0';
	return p;
}

int cmdline_bool(const char *value, bool *out)
{
	static const char *const words[][2] = {
		{ "no", "yes" },	 { "off", "on" }, { "false", "true" },
		{ "disable", "enable" }, { "0", "1" },
	};

	if (!*value) {
		*out = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int b = 0; b < 2; b++) {
			if (!strcmp(value, words[i][b])) {
				*out = b;
				return 0;
			}
		}
	}
	return -EINVAL;
}

static int set_tristate(const struct hv_option *o, const char *value)
{
	bool b;
	int rc = cmdline_bool(value, &b);

	if (!rc)
		*(int8_t *)o->dest = b;
	return rc;
}

static int set_uint(const struct hv_option *o, const char *value)
{
	uint64_t v, max = o->size >= 8 ? UINT64_MAX : (1ull << (8 * o->size)) - 1;
	int rc = parse_u64(value, NULL, 0, &v);

	if (!rc && v > max)
		rc = -ERANGE;
	if (!rc)
		memcpy(o->dest, &v, o->size); /* little-endian: the low bytes come first */
	return rc;
}

static int set_string(const struct hv_option *o, const char *value)
{
	size_t len = strlen(value);

	if (len >= o->size)
		return -E2BIG;
	memcpy(o->dest, value, len + 1);
	return 0;
}

/* `negated` words have no value: they stand for "no". */
static int set_option(const struct hv_option *o, const char *value, bool negated)
{
	bool takes_no = o->kind == OPTION_BOOL || o->kind == OPTION_TRISTATE || o->kind == OPTION_CUSTOM;

	if (negated && !takes_no)
		return -EINVAL;
	if (negated)
		value = "no";
	switch (o->kind) {
	case OPTION_BOOL:
		return cmdline_bool(value, o->dest);
	case OPTION_TRISTATE:
		return set_tristate(o, value);
	case OPTION_UINT:
		return set_uint(o, value);
	case OPTION_SIZE:
		return parse_size_unit(value, NULL, 10, o->dest);
	case OPTION_STRING:
		return set_string(o, value);
	case OPTION_CUSTOM:
		return o->set(value);
	}
	return -EINVAL;
}

static const struct hv_option *find(const struct hv_option *table, size_t nr, const char *name,
				    size_t len)
{
	for (size_t i = 0; i < nr; i++)
		if (strlen(table[i].name) == len && !memcmp(table[i].name, name, len))
			return &table[i];
	return NULL;
}

static int use_word(const char *word, const struct hv_option *table, size_t nr)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct hv_option *o = find(table, nr, word, len);
	bool negated = false;

	if (!o && !equals && !strncmp(word, "no-", 3)) {
		negated = true;
		o = find(table, nr, word + 3, len - 3);
	}
	return o ? set_option(o, equals ? equals + 1 : "", negated) : -ENOENT;
}

int cmdline_list(const char *value, const struct hv_option *table, size_t nr)
{
	char word[CMDLINE_WORD_MAX];
	int rc = 0;

	while (*value && !rc) {
		const char *comma = strchr(value, ',');
		size_t len = comma ? (size_t)(comma - value) : strlen(value);

		if (len >= sizeof(word))
			return -E2BIG;
		memcpy(word, value, len);
		word[len] = '\0';
		rc = use_word(word, table, nr);
		value += len + (comma != NULL);
	}
	return rc == -ENOENT ? -EINVAL : rc;
}

unsigned int cmdline_parse(const char *line, const struct hv_option *table, size_t nr,
			   void (*complain)(void *ctx, const char *word, int error), void *ctx)
{
	char word[CMDLINE_WORD_MAX];
	unsigned int complaints = 0;
	bool too_long;

	while ((line = next_word(line, word, &too_long)) != NULL) {
		int rc = too_long ? -E2BIG : use_word(word, table, nr);

		if (!rc)
			continue;
		complaints++;
		if (complain)
			complain(ctx, word, rc);
	}
	return complaints;
}
