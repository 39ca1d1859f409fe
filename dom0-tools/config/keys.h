/* SPDX-License-Identifier: MIT */
/* The keys of xl.cfg: one table of what each must be, whom it is for and where it goes. */
#ifndef SERAI_CONFIG_KEYS_H
#define SERAI_CONFIG_KEYS_H

#include "config/config.h"
#include "config/syntax.h"

enum value_kind {
	VALUE_TEXT,	    /* a string (a number is one, too) */
	VALUE_NUMBER,	    /* an integer, quoted or not */
	VALUE_BOOL,	    /* 0 or 1 */
	VALUE_LIST,	    /* a list of strings */
	VALUE_TEXT_OR_LIST, /* either */
	VALUE_LISTS,	    /* a list of lists */
};

#define FOR_PV (1u << DOMAIN_PV)
#define FOR_PVH (1u << DOMAIN_PVH)
#define FOR_HVM (1u << DOMAIN_HVM)
#define FOR_ALL (FOR_PV | FOR_PVH | FOR_HVM)
#define FOR_VIRT (FOR_PVH | FOR_HVM)

struct reading {
	struct syntax *syntax;
	struct domain_config *config;
	const struct setting *setting; /* the one being applied */
};

struct key {
	const char *name;
	enum value_kind kind;
	unsigned int types;	/* FOR_…: 0 means known, and never used on x86 */
	/* NULL: kept as text in config->unused. False after telling what is wrong. */
	bool (*set)(struct reading *reading, const struct key *key, const struct node *value);
	size_t offset;		/* of the member of struct domain_config */
	long long least, most;	/* VALUE_NUMBER */
};

extern const struct key config_keys[];
extern const unsigned int nr_config_keys;

/* Applies one setting: the kind is checked, then the setter called. False after a fatal fault. */
bool key_apply(struct reading *reading, const struct setting *setting);

/* Setters, set.c. */
bool set_text(struct reading *reading, const struct key *key, const struct node *value);
bool set_number(struct reading *reading, const struct key *key, const struct node *value);
bool set_bool(struct reading *reading, const struct key *key, const struct node *value);
bool set_off(struct reading *reading, const struct key *key, const struct node *value); /* 0: true */
bool set_list(struct reading *reading, const struct key *key, const struct node *value);
bool set_name(struct reading *reading, const struct key *key, const struct node *value);
bool set_uuid(struct reading *reading, const struct key *key, const struct node *value);
bool set_memory(struct reading *reading, const struct key *key, const struct node *value);
bool set_action(struct reading *reading, const struct key *key, const struct node *value);
bool set_affinity(struct reading *reading, const struct key *key, const struct node *value);
bool set_cpuid(struct reading *reading, const struct key *key, const struct node *value);
bool set_tsc_mode(struct reading *reading, const struct key *key, const struct node *value);
bool set_devices(struct reading *reading, const struct key *key, const struct node *value);
bool set_later(struct reading *reading, const struct key *key, const struct node *value);

/* Fills in what was not given and checks what goes together (finish.c). */
bool config_finish(struct reading *reading);
/* Type first: other keys depend on it. */
bool config_set_type(struct reading *reading);

#endif
