/* SPDX-License-Identifier: MIT */
/* A configuration as a part of a larger JSON document, as in `xl list -l`. */
#ifndef SERAI_CONFIG_JSON_CONFIG_H
#define SERAI_CONFIG_JSON_CONFIG_H

#include "config/config.h"
#include "config/json.h"

void config_write_json(struct json *json, const char *key, const struct domain_config *config);

#endif
