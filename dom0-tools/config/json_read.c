/* SPDX-License-Identifier: MIT */
/*
 * A configuration from JSON: what json_write.c writes, and the members of it that other toolstacks
 * write as well. Values out of their range make the whole text none: it is no user's to repair.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <yajl/yajl_tree.h>

#include "config/internal.h"
#include "config/names.h"

static yajl_val member(yajl_val map, const char *key, yajl_type type)
{
	const char *path[] = { key, NULL };

	return map ? yajl_tree_get(map, path, type) : NULL;
}

/* Of a value known to be one; the library's own macro may give NULL. */
static const char *string_of(yajl_val value)
{
	return value->u.string;
}

static bool get_text(yajl_val map, const char *key, char **to)
{
	yajl_val value = member(map, key, yajl_t_string);

	if (!value)
		return true;
	free(*to);
	*to = strdup(string_of(value));
	return *to != NULL;
}

/* Leaves *to alone if there is no such member. */
static bool get_number(yajl_val map, const char *key, long long least, long long most,
		       long long *to)
{
	yajl_val value = member(map, key, yajl_t_number);

	if (!value)
		return true;
	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < least ||
	    YAJL_GET_INTEGER(value) > most)
		return false;
	*to = YAJL_GET_INTEGER(value);
	return true;
}

static bool get_uint(yajl_val map, const char *key, unsigned int *to)
{
	long long number = *to;
	bool good = get_number(map, key, 0, UINT_MAX, &number);

	*to = (unsigned int)number;
	return good;
}

static bool get_list(yajl_val map, const char *key, char ***item, unsigned int *count)
{
	yajl_val value = member(map, key, yajl_t_array);
	size_t length = value ? YAJL_GET_ARRAY(value)->len : 0;

	if (!length)
		return true;
	if (*item || length > UINT_MAX)
		return false; /* the same member twice */
	*item = calloc(length, sizeof(**item));
	if (!*item)
		return false;
	*count = (unsigned int)length;
	for (size_t i = 0; i < length; i++) {
		yajl_val element = YAJL_GET_ARRAY(value)->values[i];

		if (YAJL_IS_NULL(element))
			continue;
		if (!YAJL_IS_STRING(element))
			return false;
		(*item)[i] = strdup(string_of(element));
		if (!(*item)[i])
			return false;
	}
	return true;
}

/* A string_list has no NULL entries. */
static bool get_strings(yajl_val map, const char *key, struct string_list *list)
{
	bool good = get_list(map, key, &list->item, &list->count);

	for (unsigned int i = 0; good && i < list->count; i++)
		good = list->item[i];
	return good;
}

/* A member "True" or "False", as both are written by whoever wants them said. */
static bool says(yajl_val map, const char *key, const char *word)
{
	yajl_val value = member(map, key, yajl_t_string);

	return value && !strcmp(string_of(value), word);
}

static bool get_action(yajl_val map, const char *key, enum end_action *to)
{
	yajl_val value = member(map, key, yajl_t_string);
	int action = value ? name_index(end_action_json, string_of(value)) : END_DESTROY;

	*to = (enum end_action)action;
	return action >= 0;
}

static bool read_create_info(yajl_val map, struct domain_config *config)
{
	yajl_val type = member(map, "type", yajl_t_string),
		 uuid = member(map, "uuid", yajl_t_string);
	int index = type ? name_index(domain_type_names, string_of(type)) : DOMAIN_PV;

	config->type = (enum domain_type)index;
	config->no_hap = says(map, "hap", "False");
	return index >= 0 && (!uuid || !uuid_parse(string_of(uuid), config->uuid)) &&
	       get_text(map, "name", &config->name) && config->name &&
	       get_text(map, "pool_name", &config->pool) &&
	       get_uint(map, "ssidref", &config->ssidref);
}

static bool read_numbers(yajl_val map, struct domain_config *config)
{
	yajl_val sched = member(map, "sched_params", yajl_t_object);
	long long memory = 32 << 10, most, shadow = 0, offset = 0, weight = -1, cap = -1;
	bool good = get_number(map, "target_memkb", 0, 1LL << 44, &memory);

	most = memory;
	good &= get_number(map, "max_memkb", 0, 1LL << 44, &most);
	good &= get_number(map, "shadow_memkb", 0, 1LL << 34, &shadow);
	config->shadow_memory_kb = (uint64_t)shadow;
	good &= get_number(map, "rtc_timeoffset", INT32_MIN, INT32_MAX, &offset);
	good &= get_number(sched, "weight", -1, 65535, &weight) &&
		get_number(sched, "cap", -1, 65535, &cap);
	config->memory_kb = (uint64_t)memory;
	config->max_memory_kb = (uint64_t)(most < memory ? memory : most);
	config->rtc_timeoffset = (int32_t)offset;
	config->weight = (int)weight;
	config->cap = (int)cap;
	return good && get_uint(map, "max_grant_frames", &config->max_grant_frames) &&
	       get_uint(map, "max_maptrack_frames", &config->max_maptrack_frames) &&
	       get_uint(map, "max_grant_version", &config->max_grant_version) &&
	       get_uint(map, "event_channels", &config->max_event_channels);
}

static bool read_build_info(yajl_val map, struct domain_config *config)
{
	yajl_val online = member(map, "avail_vcpus", yajl_t_array);
	long long vcpus = 1;
	bool good = get_number(map, "max_vcpus", 1, 8192, &vcpus);

	config->max_vcpus = config->vcpus = (unsigned int)vcpus;
	if (online && YAJL_GET_ARRAY(online)->len &&
	    YAJL_GET_ARRAY(online)->len <= config->max_vcpus)
		config->vcpus = (unsigned int)YAJL_GET_ARRAY(online)->len;
	config->localtime = says(map, "localtime", "True");
	config->no_acpi = says(map, "acpi", "False");
	config->nested_hvm = says(map, "nested_hvm", "True");
	return good && read_numbers(map, config) && get_text(map, "tsc_mode", &config->tsc_mode) &&
	       get_text(map, "kernel", &config->kernel) &&
	       get_text(map, "cmdline", &config->cmdline) &&
	       get_text(map, "ramdisk", &config->ramdisk) &&
	       get_text(map, "bootloader", &config->bootloader) &&
	       get_strings(map, "bootloader_args", &config->bootloader_args);
}

static bool read_unused(yajl_val map, struct domain_config *config)
{
	size_t count = map ? YAJL_GET_OBJECT(map)->len : 0;

	config->unused = count ? calloc(count, sizeof(*config->unused)) : NULL;
	if (count && !config->unused)
		return false;
	for (size_t i = 0; i < count; i++) {
		yajl_val value = YAJL_GET_OBJECT(map)->values[i];

		if (!YAJL_IS_STRING(value))
			return false;
		config->unused[i].key = strdup(YAJL_GET_OBJECT(map)->keys[i]);
		config->unused[i].value = strdup(string_of(value));
		config->nr_unused++;
		if (!config->unused[i].key || !config->unused[i].value)
			return false;
	}
	return true;
}

static bool read_own_part(yajl_val map, struct domain_config *config)
{
	return get_list(map, "cpus", &config->affinity.hard, &config->affinity.nr_hard) &&
	       get_list(map, "cpus_soft", &config->affinity.soft, &config->affinity.nr_soft) &&
	       get_strings(map, "cpuid", &config->cpuid) &&
	       get_strings(map, "disk", &config->disks) && get_strings(map, "vif", &config->vifs) &&
	       get_strings(map, "vfb", &config->vfbs) && get_strings(map, "p9", &config->p9s) &&
	       get_strings(map, "channel", &config->channels) &&
	       get_strings(map, "vkb", &config->vkbs) && get_strings(map, "pci", &config->pcis) &&
	       get_strings(map, "ioports", &config->ioports) &&
	       get_strings(map, "irqs", &config->irqs) &&
	       get_strings(map, "iomem", &config->iomem) &&
	       read_unused(member(map, "unused", yajl_t_object), config);
}

static bool read_config(yajl_val top, struct domain_config *config)
{
	return read_create_info(member(top, "c_info", yajl_t_object), config) &&
	       read_build_info(member(top, "b_info", yajl_t_object), config) &&
	       get_action(top, "on_poweroff", &config->on_poweroff) &&
	       get_action(top, "on_reboot", &config->on_reboot) &&
	       get_action(top, "on_watchdog", &config->on_watchdog) &&
	       get_action(top, "on_crash", &config->on_crash) &&
	       get_action(top, "on_soft_reset", &config->on_soft_reset) &&
	       read_own_part(member(top, "serai", yajl_t_object), config);
}

/* libyajl's tree recurses when it is freed, so depth is bounded before it sees the text. */
static bool shallow(const char *json, size_t length)
{
	unsigned int depth = 0;
	bool string = false;

	for (size_t i = 0; i < length; i++) {
		if (string && json[i] == '\\')
			i++;
		else if (json[i] == '"')
			string = !string;
		else if (!string && (json[i] == '{' || json[i] == '[') && ++depth > 64)
			return false;
		else if (!string && (json[i] == '}' || json[i] == ']'))
			depth -= depth > 0;
	}
	return true;
}

/* NULL: it is no JSON that can be read here. */
static yajl_val tree_of(const char *json, size_t length)
{
	char *text = shallow(json, length) ? strndup(json, length) : NULL;
	yajl_val top = text ? yajl_tree_parse(text, NULL, 0) : NULL;

	free(text);
	return top;
}

bool config_json_is_foreign(const char *json, size_t length)
{
	static const char *const devices[] = { "disks", "nics", "pcidevs", "dtdevs", "vfbs", "vkbs", "vtpms", "p9",
					       "p9s", "pvcallsifs", "vdispls", "vsnds", "channels", "usbctrls",
					       "usbdevs" };
	yajl_val top = tree_of(json, length);
	yajl_val type = member(member(top, "c_info", yajl_t_object), "type", yajl_t_string);
	bool foreign = type && !strcmp(string_of(type), domain_type_names[DOMAIN_HVM]);

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		yajl_val list = member(top, devices[i], yajl_t_array);

		foreign |= list && YAJL_GET_ARRAY(list)->len;
	}
	foreign &= !member(top, "serai", yajl_t_object);
	yajl_tree_free(top);
	return foreign;
}

struct domain_config *config_from_json(const char *json, size_t length)
{
	struct domain_config *config = NULL;
	yajl_val top = tree_of(json, length);

	if (top && (config = config_new()) && !read_config(top, config)) {
		config_free(config);
		config = NULL;
	}
	yajl_tree_free(top);
	return config;
}
