/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON as xl prints it (four spaces of indentation), by libyajl. Calls nest; a key of NULL is an
 * element of a list or the document itself. Failures (memory) are remembered and told by json_finish().
 */
#ifndef SERAI_CONFIG_JSON_H
#define SERAI_CONFIG_JSON_H

#include <stdbool.h>

struct json;

struct json *json_start(void);
/* The text, malloc'ed, and the end of the writer; NULL if anything failed on the way. */
char *json_finish(struct json *json);

void json_map(struct json *json, const char *key);
void json_end_map(struct json *json);
void json_list(struct json *json, const char *key);
void json_end_list(struct json *json);
void json_text(struct json *json, const char *key, const char *text); /* NULL text: null */
void json_number(struct json *json, const char *key, long long number);
void json_number_text(struct json *json, const char *key, const char *digits); /* as 12.5 */
void json_bool(struct json *json, const char *key, bool value);

#endif
