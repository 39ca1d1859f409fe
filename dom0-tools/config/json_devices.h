/* SPDX-License-Identifier: MIT */
/* Devices in JSON, by the members' names that `xl list -l` has always had. */
#ifndef SERAI_CONFIG_JSON_DEVICES_H
#define SERAI_CONFIG_JSON_DEVICES_H

#include "config/config.h"
#include "config/json.h"
#include "config/spec.h"

void disk_write_json(struct json *json, const char *key, const struct disk_spec *disk);
void vif_write_json(struct json *json, const char *key, const struct vif_spec *vif);
void vkb_write_json(struct json *json, const char *key, const struct vkb_spec *vkb);
/* The lists disks, nics, vkbs, p9s and channels of a configuration, as far as they have entries. */
void devices_write_json(struct json *json, const struct domain_config *config);

#endif
