/* SPDX-License-Identifier: MIT */
/* JSON writing; see json.h. */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "config/json.h"

struct json {
	yajl_gen gen;
	bool failed;
};

struct json *json_start(void)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->gen = yajl_gen_alloc(NULL);
	if (!json->gen || !yajl_gen_config(json->gen, yajl_gen_beautify, 1) ||
	    !yajl_gen_config(json->gen, yajl_gen_indent_string, "    "))
		json->failed = true;
	return json;
}

char *json_finish(struct json *json)
{
	const unsigned char *text;
	char *copy = NULL;
	size_t length;

	if (!json)
		return NULL;
	if (!json->failed && yajl_gen_get_buf(json->gen, &text, &length) == yajl_gen_status_ok)
		copy = strndup((const char *)text, length);
	if (json->gen)
		yajl_gen_free(json->gen);
	free(json);
	return copy;
}

static void put_string(struct json *json, const char *text)
{
	json->failed |= yajl_gen_string(json->gen, (const unsigned char *)text, strlen(text)) !=
			yajl_gen_status_ok;
}

/* True if a value may follow. */
static bool put_key(struct json *json, const char *key)
{
	if (!json || json->failed)
		return false;
	if (key)
		put_string(json, key);
	return !json->failed;
}

void json_map(struct json *json, const char *key)
{
	if (put_key(json, key))
		json->failed |= yajl_gen_map_open(json->gen) != yajl_gen_status_ok;
}

void json_end_map(struct json *json)
{
	if (put_key(json, NULL))
		json->failed |= yajl_gen_map_close(json->gen) != yajl_gen_status_ok;
}

void json_list(struct json *json, const char *key)
{
	if (put_key(json, key))
		json->failed |= yajl_gen_array_open(json->gen) != yajl_gen_status_ok;
}

void json_end_list(struct json *json)
{
	if (put_key(json, NULL))
		json->failed |= yajl_gen_array_close(json->gen) != yajl_gen_status_ok;
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (!put_key(json, key))
		return;
	if (text)
		put_string(json, text);
	else
		json->failed |= yajl_gen_null(json->gen) != yajl_gen_status_ok;
}

void json_number(struct json *json, const char *key, long long number)
{
	if (put_key(json, key))
		json->failed |= yajl_gen_integer(json->gen, number) != yajl_gen_status_ok;
}

void json_number_text(struct json *json, const char *key, const char *digits)
{
	if (put_key(json, key))
		json->failed |=
		    yajl_gen_number(json->gen, digits, strlen(digits)) != yajl_gen_status_ok;
}

void json_bool(struct json *json, const char *key, bool value)
{
	if (put_key(json, key))
		json->failed |= yajl_gen_bool(json->gen, value) != yajl_gen_status_ok;
}
