/* SPDX-License-Identifier: MIT */
/* Words for the enumerations of config.h, as xl.cfg and JSON spell them ('-' and '_' are the same). */
#ifndef SERAI_CONFIG_NAMES_H
#define SERAI_CONFIG_NAMES_H

#include <stdbool.h>

/* NULL-terminated, in the order of enum domain_type, enum end_action and the numbers of tsc_mode. */
extern const char *const domain_type_names[];
extern const char *const end_action_names[]; /* as xl.cfg has them */
extern const char *const end_action_json[];
extern const char *const tsc_mode_names[];

/* The index of a word, -1 if it is none. */
int name_index(const char *const *names, const char *word);
/* "a, b or c" for messages. */
const char *names_listed(const char *const *names, char *buffer, unsigned int size);

#endif
