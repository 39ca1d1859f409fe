/* SPDX-License-Identifier: MIT */
/* What the commands for devices share: their arguments, and lists of several domains. */
#ifndef SERAI_XL_DEVICE_H
#define SERAI_XL_DEVICE_H

#include "xl/output.h"
#include "xl/xl.h"

/* Options of detach commands: --force, -h. */
enum detach_force detach_options(struct xl *xl, int argc, char **argv, enum detach_force usual);
/* Components of a specification, joined by commas; what takes the rest of it comes last. malloc'ed.
 */
char *join_components(char *const *words);
/* `xl …-attach DOMAIN COMPONENT…`; with -N only checks and shows. */
int attach_command(struct xl *xl, enum device_class class, const char *domain, char *const *words);
/*
 * `xl …-list DOMAIN…`: a row for each device. A domain that is not there is told; block-list goes
 * on with the next one.
 */
int list_command(struct xl *xl, enum device_class class, int argc, char **argv, const char *header,
		 void (*row)(struct output *out, const struct device_info *info, uint32_t domid));
/* The domain by its name, and everything open; false if told. */
bool device_domain(struct xl *xl, const char *name, uint32_t *domid);
/* vif.default.* of xl.conf for one card, malloc'ed; NULL if told. */
char *with_vif_defaults(struct xl *xl, const char *text);
/* The same for all of a configuration; false if told. */
bool apply_vif_defaults(struct xl *xl, struct domain_config *config);

#endif
