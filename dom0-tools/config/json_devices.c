/* SPDX-License-Identifier: MIT */
/* Devices as other toolstacks' JSON has them: members with their default value are left out. */
#include "config/json_devices.h"

static void text(struct json *json, const char *key, const char *value)
{
	if (*value)
		json_text(json, key, value);
}

static void number(struct json *json, const char *key, long long value)
{
	if (value)
		json_number(json, key, value);
}

static void boolean(struct json *json, const char *key, bool value)
{
	if (value)
		json_bool(json, key, true);
}

void disk_write_json(struct json *json, const char *key, const struct disk_spec *disk)
{
	static const char *const backends[] = { "", "phy", "qdisk" };

	json_map(json, key);
	json_text(json, "pdev_path", disk->target);
	json_text(json, "vdev", disk->vdev);
	text(json, "backend_domname", disk->backend);
	text(json, "backend", backends[disk->type]);
	json_text(json, "format", disk->target[0] ? disk_format_names[disk->format] : "empty");
	text(json, "script", disk->script);
	number(json, "removable", disk->cdrom);
	number(json, "readwrite", disk->writable);
	number(json, "is_cdrom", disk->cdrom);
	boolean(json, "direct_io_safe", disk->direct_io_safe);
	text(json, "discard_enable", disk->discard ? "" : "False");
	text(json, "trusted", disk->untrusted ? "False" : "");
	json_end_map(json);
}

void vif_write_json(struct json *json, const char *key, const struct vif_spec *vif)
{
	json_map(json, key);
	text(json, "backend_domname", vif->backend);
	if (vif->devid >= 0)
		json_number(json, "devid", vif->devid);
	number(json, "mtu", vif->mtu);
	text(json, "model", vif->model);
	text(json, "mac", vif->mac);
	text(json, "ip", vif->ip);
	text(json, "bridge", vif->bridge);
	text(json, "ifname", vif->vifname);
	text(json, "script", vif->script);
	number(json, "rate_bytes_per_interval", (long long)vif->rate_bytes);
	number(json, "rate_interval_usecs", vif->rate_interval_us);
	text(json, "gatewaydev", vif->gatewaydev);
	text(json, "trusted", vif->untrusted ? "False" : "");
	json_end_map(json);
}

void vkb_write_json(struct json *json, const char *key, const struct vkb_spec *vkb)
{
	json_map(json, key);
	text(json, "backend_domname", vkb->backend);
	if (vkb->devid >= 0)
		json_number(json, "devid", vkb->devid);
	text(json, "backend_type", vkb->type == VKB_LINUX ? "linux" : "");
	text(json, "unique_id", vkb->unique_id);
	boolean(json, "feature_disable_keyboard", vkb->disable_keyboard);
	boolean(json, "feature_disable_pointer", vkb->disable_pointer);
	boolean(json, "feature_abs_pointer", vkb->abs_pointer);
	boolean(json, "feature_raw_pointer", vkb->raw_pointer);
	boolean(json, "feature_multi_touch", vkb->multi_touch);
	number(json, "width", vkb->width);
	number(json, "height", vkb->height);
	number(json, "multi_touch_width", vkb->touch_width);
	number(json, "multi_touch_height", vkb->touch_height);
	number(json, "multi_touch_num_contacts", vkb->touch_contacts);
	json_end_map(json);
}

static void p9_write_json(struct json *json, const struct p9_spec *p9)
{
	json_map(json, NULL);
	text(json, "backend_domname", p9->backend);
	json_text(json, "tag", p9->tag);
	json_text(json, "path", p9->path);
	json_text(json, "security_model", p9->security_model);
	number(json, "readonly", p9->readonly);
	json_end_map(json);
}

static void channel_write_json(struct json *json, const struct channel_spec *channel)
{
	bool pty = channel->connection == CHANNEL_PTY;

	json_map(json, NULL);
	text(json, "backend_domname", channel->backend);
	json_text(json, "name", channel->name);
	json_map(json, pty ? "connection.pty" : "connection.socket");
	if (!pty)
		json_text(json, "path", channel->path);
	json_end_map(json);
	json_end_map(json);
}

/* `write`: of the list's texts, those that can be read. */
#define WRITE_LIST(key, list, type, read, write)                                                   \
	do {                                                                                       \
		struct spec_fault fault;                                                           \
		struct type spec;                                                                  \
                                                                                                   \
		if ((list)->count)                                                                 \
			json_list(json, key);                                                      \
		for (unsigned int i = 0; i < (list)->count; i++)                                   \
			if (read((list)->item[i], &spec, &fault))                                  \
				write;                                                             \
		if ((list)->count)                                                                 \
			json_end_list(json);                                                       \
	} while (0)

void devices_write_json(struct json *json, const struct domain_config *config)
{
	WRITE_LIST("disks", &config->disks, disk_spec, disk_spec_read,
		   disk_write_json(json, NULL, &spec));
	WRITE_LIST("nics", &config->vifs, vif_spec, vif_spec_read,
		   vif_write_json(json, NULL, &spec));
	WRITE_LIST("vkbs", &config->vkbs, vkb_spec, vkb_spec_read,
		   vkb_write_json(json, NULL, &spec));
	WRITE_LIST("p9s", &config->p9s, p9_spec, p9_spec_read, p9_write_json(json, &spec));
	WRITE_LIST("channels", &config->channels, channel_spec, channel_spec_read,
		   channel_write_json(json, &spec));
}
