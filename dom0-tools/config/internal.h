/* SPDX-License-Identifier: MIT */
/* What this folder's files share and nobody else needs. */
#ifndef SERAI_CONFIG_INTERNAL_H
#define SERAI_CONFIG_INTERNAL_H

#include "config/config.h"

/* A configuration of defaults that need no other key; NULL without memory. */
struct domain_config *config_new(void);

#endif
