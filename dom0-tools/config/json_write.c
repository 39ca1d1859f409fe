/* SPDX-License-Identifier: MIT */
/*
 * A configuration as JSON. Names and nesting are those `xl list -l` has always printed (c_info,
 * b_info, on_…; members with their default value are left out), so scripts and other tools find
 * what they look for. What Serai keeps as written in the file is in one more member, "serai".
 */
#include <limits.h>
#include <stdio.h>
#include <uuid/uuid.h>

#include "config/json_config.h"
#include "config/json_devices.h"
#include "config/names.h"

static void optional_text(struct json *json, const char *key, const char *text)
{
	if (text)
		json_text(json, key, text);
}

static void string_list(struct json *json, const char *key, const struct string_list *list)
{
	if (!list->count)
		return;
	json_list(json, key);
	for (unsigned int i = 0; i < list->count; i++)
		json_text(json, NULL, list->item[i]);
	json_end_list(json);
}

static void create_info(struct json *json, const struct domain_config *config)
{
	char uuid[UUID_STR_LEN];

	uuid_unparse_lower(config->uuid, uuid);
	json_map(json, "c_info");
	json_text(json, "type", domain_type_names[config->type]);
	json_text(json, "name", config->name);
	json_text(json, "uuid", uuid);
	if (config->ssidref)
		json_number(json, "ssidref", config->ssidref);
	optional_text(json, "pool_name", config->pool);
	if (config->no_hap)
		json_text(json, "hap", "False");
	json_text(json, "run_hotplug_scripts", "True");
	json_end_map(json);
}

static void vcpu_info(struct json *json, const struct domain_config *config)
{
	if (config->max_vcpus <= 1 && config->vcpus <= 1)
		return;
	json_number(json, "max_vcpus", config->max_vcpus);
	json_list(json, "avail_vcpus");
	for (unsigned int i = 0; i < config->vcpus; i++)
		json_number(json, NULL, i);
	json_end_list(json);
}

static void sched_info(struct json *json, const struct domain_config *config)
{
	json_map(json, "sched_params");
	if (config->weight >= 0)
		json_number(json, "weight", config->weight);
	if (config->cap >= 0)
		json_number(json, "cap", config->cap);
	json_end_map(json);
}

static void limit_info(struct json *json, const struct domain_config *config)
{
	if (config->max_grant_frames != UINT_MAX)
		json_number(json, "max_grant_frames", config->max_grant_frames);
	if (config->max_maptrack_frames != UINT_MAX)
		json_number(json, "max_maptrack_frames", config->max_maptrack_frames);
	if (config->max_grant_version)
		json_number(json, "max_grant_version", config->max_grant_version);
	if (config->max_event_channels != 1023)
		json_number(json, "event_channels", config->max_event_channels);
}

static void build_info(struct json *json, const struct domain_config *config)
{
	char type[16];

	snprintf(type, sizeof(type), "type.%s", domain_type_names[config->type]);
	json_map(json, "b_info");
	vcpu_info(json, config);
	optional_text(json, "tsc_mode", config->tsc_mode);
	json_number(json, "max_memkb", (long long)config->max_memory_kb);
	json_number(json, "target_memkb", (long long)config->memory_kb);
	json_number(json, "video_memkb", 0);
	if (config->shadow_memory_kb)
		json_number(json, "shadow_memkb", (long long)config->shadow_memory_kb);
	if (config->no_acpi)
		json_text(json, "acpi", "False");
	if (config->nested_hvm)
		json_text(json, "nested_hvm", "True");
	if (config->rtc_timeoffset)
		json_number(json, "rtc_timeoffset", config->rtc_timeoffset);
	if (config->localtime)
		json_text(json, "localtime", "True");
	sched_info(json, config);
	json_text(json, "claim_mode", "True");
	limit_info(json, config);
	optional_text(json, "kernel", config->kernel);
	optional_text(json, "cmdline", config->cmdline);
	optional_text(json, "ramdisk", config->ramdisk);
	optional_text(json, "bootloader", config->bootloader);
	string_list(json, "bootloader_args", &config->bootloader_args);
	json_map(json, type);
	json_end_map(json);
	json_map(json, "arch_arm");
	json_end_map(json);
	json_map(json, "arch_x86");
	json_end_map(json);
	json_end_map(json);
}

static void action(struct json *json, const char *key, enum end_action is)
{
	if (is != END_DESTROY)
		json_text(json, key, end_action_json[is]);
}

static void affinity_list(struct json *json, const char *key, char *const *item, unsigned int count)
{
	if (!count)
		return;
	json_list(json, key);
	for (unsigned int i = 0; i < count; i++)
		json_text(json, NULL, item[i]);
	json_end_list(json);
}

static bool has_own_part(const struct domain_config *config)
{
	return config->type == DOMAIN_HVM || /* whose machine no other part describes */
	       config->affinity.nr_hard || config->affinity.nr_soft || config->disks.count ||
	       config->vifs.count || config->vfbs.count || config->p9s.count ||
	       config->channels.count || config->vkbs.count || config->pcis.count ||
	       config->ioports.count || config->irqs.count || config->iomem.count ||
	       config->cpuid.count || config->nr_unused;
}

static void own_part(struct json *json, const struct domain_config *config)
{
	json_map(json, "serai");
	affinity_list(json, "cpus", config->affinity.hard, config->affinity.nr_hard);
	affinity_list(json, "cpus_soft", config->affinity.soft, config->affinity.nr_soft);
	string_list(json, "cpuid", &config->cpuid);
	string_list(json, "disk", &config->disks);
	string_list(json, "vif", &config->vifs);
	string_list(json, "vfb", &config->vfbs);
	string_list(json, "p9", &config->p9s);
	string_list(json, "channel", &config->channels);
	string_list(json, "vkb", &config->vkbs);
	string_list(json, "pci", &config->pcis);
	string_list(json, "ioports", &config->ioports);
	string_list(json, "irqs", &config->irqs);
	string_list(json, "iomem", &config->iomem);
	if (config->nr_unused) {
		json_map(json, "unused");
		for (unsigned int i = 0; i < config->nr_unused; i++)
			json_text(json, config->unused[i].key, config->unused[i].value);
		json_end_map(json);
	}
	json_end_map(json);
}

void config_write_json(struct json *json, const char *key, const struct domain_config *config)
{
	json_map(json, key);
	create_info(json, config);
	build_info(json, config);
	devices_write_json(json, config);
	action(json, "on_poweroff", config->on_poweroff);
	action(json, "on_reboot", config->on_reboot);
	action(json, "on_watchdog", config->on_watchdog);
	action(json, "on_crash", config->on_crash);
	action(json, "on_soft_reset", config->on_soft_reset);
	if (has_own_part(config))
		own_part(json, config);
	json_end_map(json);
}

char *config_to_json(const struct domain_config *config)
{
	struct json *json = json_start();

	if (!json)
		return NULL;
	config_write_json(json, NULL, config);
	return json_finish(json);
}
