/* SPDX-License-Identifier: MIT */
/* Setters of the key table: a checked value goes into its member of struct domain_config. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "config/cpuid.h"
#include "config/cpuset.h"
#include "config/keys.h"
#include "config/names.h"
#include "config/spec.h"

static void *member(struct reading *reading, const struct key *key)
{
	return (char *)reading->config + key->offset;
}

static bool wrong(struct reading *reading, const struct node *value, const char *what)
{
	syntax_fault(reading->syntax, reading->setting->source, value->place, true, "%s %s",
		     reading->setting->key, what);
	return false;
}

static bool copy_text(struct reading *reading, char **to, const struct node *value)
{
	free(*to);
	*to = strdup(value->text);
	return *to || wrong(reading, value, "does not fit into memory");
}

/* An empty text is as good as none, as in xl. */
bool set_text(struct reading *reading, const struct key *key, const struct node *value)
{
	return !*value->text || copy_text(reading, member(reading, key), value);
}

bool set_number(struct reading *reading, const struct key *key, const struct node *value)
{
	long long number = 0;
	unsigned int small;
	char what[96];

	node_to_number(value, &number);
	if (number < key->least || number > key->most) {
		snprintf(what, sizeof(what), "must be from %lld to %lld", key->least, key->most);
		return wrong(reading, value, what);
	}
	small = (unsigned int)number; /* negative ones only go into signed members: same bits */
	memcpy(member(reading, key), &small, sizeof(small));
	return true;
}

bool set_bool(struct reading *reading, const struct key *key, const struct node *value)
{
	long long number = 0;

	node_to_number(value, &number);
	*(bool *)member(reading, key) = number;
	return true;
}

bool set_off(struct reading *reading, const struct key *key, const struct node *value)
{
	long long number = 0;

	node_to_number(value, &number);
	*(bool *)member(reading, key) = !number;
	return true;
}

static bool add_string(struct reading *reading, struct string_list *list, const struct node *value)
{
	char **grown = realloc(list->item, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return wrong(reading, value, "does not fit into memory");
	list->item = grown;
	grown[list->count] = NULL;
	return copy_text(reading, &grown[list->count], value) && ++list->count;
}

bool set_list(struct reading *reading, const struct key *key, const struct node *value)
{
	struct string_list *list = member(reading, key);

	if (value->kind != NODE_LIST)
		return add_string(reading, list, value);
	for (unsigned int i = 0; i < value->count; i++)
		if (!add_string(reading, list, value->item[i]))
			return false;
	return true;
}

/* A list whose texts are devices: each is kept as written, once it is known to be good. */
bool set_devices(struct reading *reading, const struct key *key, const struct node *value)
{
	bool good = true;

	for (unsigned int i = 0; i < value->count; i++) {
		const struct node *item = value->item[i];
		struct place place = item->place;
		struct spec_fault fault = { 0 };

		if (spec_check(key->name, item->text, &fault))
			continue;
		place.column += fault.offset + 1; /* the quotation mark */
		syntax_fault(reading->syntax, reading->setting->source, place, true, "%s: %s",
			     key->name, fault.message);
		good = false;
	}
	return good && set_list(reading, key, value);
}

bool set_name(struct reading *reading, const struct key *key, const struct node *value)
{
	bool number = *value->text;

	if (!*value->text)
		return wrong(reading, value, "must not be empty");
	for (const char *c = value->text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 127 || *c == '/')
			return wrong(reading, value, "must not hold control characters nor /");
		number = number && *c >= '0' && *c <= '9';
	}
	if (strlen(value->text) > 255)
		return wrong(reading, value, "must not be longer than 255 characters");
	if (number)
		syntax_fault(reading->syntax, reading->setting->source, value->place, false,
			     "name is a number: commands will take it for a domain's id");
	return copy_text(reading, member(reading, key), value);
}

bool set_uuid(struct reading *reading, const struct key *key, const struct node *value)
{
	uuid_t uuid;

	if (uuid_parse(value->text, uuid))
		return wrong(reading, value, "must look like 01234567-89ab-cdef-0123-456789abcdef");
	memcpy(member(reading, key), uuid, sizeof(uuid));
	return true;
}

bool set_memory(struct reading *reading, const struct key *key, const struct node *value)
{
	long long number = 0;
	char what[96];

	node_to_number(value, &number);
	if (number < key->least || number > key->most) {
		snprintf(what, sizeof(what), "is in MiB and must be from %lld to %lld", key->least,
			 key->most);
		return wrong(reading, value, what);
	}
	*(uint64_t *)member(reading, key) = (uint64_t)number << 10;
	return true;
}

bool set_action(struct reading *reading, const struct key *key, const struct node *value)
{
	int action = name_index(end_action_names, value->text);
	char all[128], what[160];

	if (action < 0) {
		snprintf(what, sizeof(what), "must be %s",
			 names_listed(end_action_names, all, sizeof(all)));
		return wrong(reading, value, what);
	}
	*(enum end_action *)member(reading, key) = (enum end_action)action;
	return true;
}

/* Kept as written, too. A text may hold several of its features: "host,…". */
bool set_cpuid(struct reading *reading, const struct key *key, const struct node *value)
{
	struct spec_fault fault = { 0 };
	struct cpuid_rules rules = { 0 };
	bool good = set_list(reading, key, value) && cpuid_rules_from(&reading->config->cpuid, &rules, &fault);

	if (!good && *fault.message)
		syntax_fault(reading->syntax, reading->setting->source, value->place, true, "%s", fault.message);
	cpuid_rules_free(&rules);
	return good;
}

bool set_tsc_mode(struct reading *reading, const struct key *key, const struct node *value)
{
	int mode = name_index(tsc_mode_names, value->text);
	long long number;
	char **to = member(reading, key);

	if (mode < 0 && node_to_number(value, &number) && number >= 0 && number < 4)
		mode = (int)number;
	if (mode < 0)
		return wrong(reading, value,
			     "must be default, always_emulate, native, native_paravirt, or 0 to 3");
	free(*to);
	*to = strdup(tsc_mode_names[mode]);
	return *to != NULL;
}

static bool check_cpus(struct reading *reading, const struct node *value)
{
	const char *bad = cpuset_parse(value->text, NULL, NULL);
	char what[160];

	if (!bad)
		return true;
	snprintf(what, sizeof(what), "cannot be read: %s", bad);
	return wrong(reading, value, what);
}

/* One text is for all vCPUs; a list has one for each, and the rest stay free. */
bool set_affinity(struct reading *reading, const struct key *key, const struct node *value)
{
	struct vcpu_affinity *affinity = &reading->config->affinity;
	bool hard = key->offset == offsetof(struct domain_config, affinity.hard);
	unsigned int *nr = hard ? &affinity->nr_hard : &affinity->nr_soft;
	char ***to = hard ? &affinity->hard : &affinity->soft;
	struct string_list list = { 0 };
	bool good = true;

	if (value->kind != NODE_LIST)
		good = check_cpus(reading, value) && add_string(reading, &list, value);
	for (unsigned int i = 0; good && i < value->count; i++)
		good = check_cpus(reading, value->item[i]) &&
		       add_string(reading, &list, value->item[i]);
	*to = list.item;
	*nr = list.count;
	/* A list of one is for the first vCPU alone: a second entry that says nothing tells it from
	 * a text. */
	if (good && value->kind == NODE_LIST && list.count == 1) {
		char **grown = realloc(*to, 2 * sizeof(*grown));

		if (!grown)
			return wrong(reading, value, "does not fit into memory");
		grown[1] = NULL;
		*to = grown;
		*nr = 2;
	}
	return good;
}

/* Keys read by config_set_type() and config_finish(), which look at several together. */
bool set_later(struct reading *reading, const struct key *key, const struct node *value)
{
	(void)reading;
	(void)key;
	(void)value;
	return true;
}
