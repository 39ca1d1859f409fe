/* SPDX-License-Identifier: MIT */
/* Words between commas, and the one way from a table of keys to a structure. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/spec_words.h"
#include "config/syntax.h"

bool spec_wrong(struct spec_fault *fault, size_t offset, const char *format, ...)
{
	va_list arguments;

	fault->offset = offset;
	va_start(arguments, format);
	vsnprintf(fault->message, sizeof(fault->message), format, arguments);
	va_end(arguments);
	return false;
}

bool spec_next(const char **rest, struct word *word)
{
	const char *at = *rest, *end;

	if (!at)
		return false;
	end = strchrnul(at, ',');
	*rest = *end ? end + 1 : NULL;
	while (at < end && isspace((unsigned char)*at))
		at++;
	while (end > at && isspace((unsigned char)end[-1]))
		end--;
	*word = (struct word){ at, (size_t)(end - at) };
	return true;
}

const struct spec_key *spec_find(const struct spec_key *keys, struct word word, struct word *value)
{
	const char *equals = memchr(word.text, '=', word.length);
	size_t length = equals ? (size_t)(equals - word.text) : word.length;

	while (length && isspace((unsigned char)word.text[length - 1]))
		length--;
	for (; keys->name; keys++)
		if (strlen(keys->name) == length && !memcmp(keys->name, word.text, length))
			break;
	*value = (struct word){ NULL, 0 };
	if (equals) {
		value->text = equals + 1;
		value->length = word.length - (size_t)(equals + 1 - word.text);
		while (value->length && isspace((unsigned char)*value->text))
			value->text++, value->length--;
	}
	return keys->name ? keys : NULL;
}

static bool set_bool(bool *to, const char *text)
{
	static const char *const yes[] = { "1", "true", "yes", "on", "y", NULL };
	static const char *const no[] = { "0", "false", "no", "off", "n", NULL };

	for (unsigned int i = 0; yes[i]; i++) {
		if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
			*to = !strcasecmp(text, yes[i]);
			return true;
		}
	}
	return false;
}

static bool set_number(const struct spec_key *key, void *to, const char *text)
{
	char *end;
	long number;
	int small;

	errno = 0;
	number = strtol(text, &end, 0);
	if (errno || end == text || *end || number < key->least || number > key->most)
		return false;
	small = (int)number;
	memcpy(to, &small, sizeof(small));
	return true;
}

static bool set_word(const struct spec_key *key, void *to, const char *text)
{
	for (int i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], text))
			continue;
		memcpy(to, &i, sizeof(i));
		return true;
	}
	return false;
}

static void list_words(const char *const *words, char *text, size_t room)
{
	size_t length = 0;

	*text = '\0';
	for (unsigned int i = 0; words[i] && length < room; i++) {
		const char *between = !i ? "" : words[i + 1] ? ", " : " or ";

		if (*words[i])
			length += (size_t)snprintf(text + length, room - length, "%s%s",
						   length ? between : "", words[i]);
	}
}

static bool set_kind(const struct spec_key *key, void *spec, const char *text, size_t at,
		     struct spec_fault *fault)
{
	void *to = (char *)spec + key->offset;
	const char *bad = NULL;
	char words[120];

	switch (key->kind) {
	case SPEC_TEXT:
		if (strlen(text) >= key->room)
			return spec_wrong(fault, at, "%s is longer than %zu characters", key->name,
					  key->room - 1);
		memcpy(to, text, strlen(text) + 1);
		bad = key->check ? key->check(spec, text) : NULL;
		break;
	case SPEC_BOOL:
		bad = set_bool(to, text) ? NULL : "must be 0 or 1";
		break;
	case SPEC_UNLESS:
		bad = set_bool(to, text) ? NULL : "must be 0 or 1";
		*(bool *)to = !*(bool *)to;
		break;
	case SPEC_NUMBER:
		if (!set_number(key, to, text))
			return spec_wrong(fault, at,
					  "%s=%.60s: it must be a number from %ld to %ld",
					  key->name, text, key->least, key->most);
		break;
	case SPEC_WORD:
		list_words(key->words, words, sizeof(words));
		if (!set_word(key, to, text))
			return spec_wrong(fault, at, "%s=%.60s: it must be %s", key->name, text,
					  words);
		break;
	case SPEC_FLAG:
	case SPEC_UNFLAG:
	case SPEC_IGNORED:
		break;
	}
	return bad ? spec_wrong(fault, at, "%s=%.60s: it %s", key->name, text, bad) : true;
}

bool spec_set(const struct spec_key *key, void *spec, struct word value, size_t at,
	      struct spec_fault *fault)
{
	bool flag = key->kind == SPEC_FLAG || key->kind == SPEC_UNFLAG ||
		    (key->kind == SPEC_UNLESS && !value.text);
	char *text;
	bool good;

	if (key->kind == SPEC_IGNORED)
		return true;
	if (flag && value.text)
		return spec_wrong(fault, at,
				  "%s takes no value: leave out what follows the =", key->name);
	if (flag) {
		*(bool *)((char *)spec + key->offset) = key->kind == SPEC_FLAG;
		return true;
	}
	if (!value.text)
		return spec_wrong(fault, at, "%s needs a value: write %s=…", key->name, key->name);
	text = strndup(value.text, value.length);
	good =
	    text ? set_kind(key, spec, text, at, fault) : spec_wrong(fault, at, "memory ran out");
	free(text);
	return good;
}

static bool unknown(const struct spec_key *keys, struct word word, const char *what, size_t at,
		    struct spec_fault *fault)
{
	size_t length = 0;
	const char *nearest = NULL;
	unsigned int best;
	char name[40];

	while (length < word.length && word.text[length] != '=' && length < sizeof(name) - 1)
		length++;
	snprintf(name, sizeof(name), "%.*s", (int)length, word.text);
	best = (unsigned int)length / 3 + 2;
	for (; keys->name; keys++) {
		unsigned int distance = edit_distance(name, keys->name);

		if (distance < best) {
			best = distance;
			nearest = keys->name;
		}
	}
	return spec_wrong(fault, at, "\"%s\" is nothing a %s has%s%s%s", name, what,
			  nearest ? "; did you mean " : "", nearest ? nearest : "",
			  nearest ? "?" : "");
}

bool spec_read(const char *text, const struct spec_key *keys, const char *what, void *spec,
	       struct spec_fault *fault)
{
	const char *rest = text;
	struct word word, value;

	while (spec_next(&rest, &word)) {
		size_t at = (size_t)(word.text - text);
		const struct spec_key *key;

		if (!word.length)
			continue;
		key = spec_find(keys, word, &value);
		if (!key)
			return unknown(keys, word, what, at, fault);
		if (!spec_set(key, spec, value, at, fault))
			return false;
	}
	return true;
}

bool spec_check(const char *key, const char *text, struct spec_fault *fault)
{
	union {
		struct disk_spec disk;
		struct vif_spec vif;
		struct vfb_spec vfb;
		struct vkb_spec vkb;
		struct p9_spec p9;
		struct channel_spec channel;
	} spec;

	if (!strcmp(key, "disk"))
		return disk_spec_read(text, &spec.disk, fault);
	if (!strcmp(key, "vif"))
		return vif_spec_read(text, &spec.vif, fault);
	if (!strcmp(key, "vfb"))
		return vfb_spec_read(text, &spec.vfb, fault);
	if (!strcmp(key, "vkb"))
		return vkb_spec_read(text, &spec.vkb, fault);
	if (!strcmp(key, "p9"))
		return p9_spec_read(text, &spec.p9, fault);
	if (!strcmp(key, "channel"))
		return channel_spec_read(text, &spec.channel, fault);
	return true;
}
