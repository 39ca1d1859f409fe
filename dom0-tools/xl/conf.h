/* SPDX-License-Identifier: MIT */
/* /etc/xen/xl.conf: what holds for every domain of this machine. Read when a command first asks. */
#ifndef SERAI_XL_CONF_H
#define SERAI_XL_CONF_H

#include "config/config.h"
#include "config/syntax.h"
#include "xl/xl.h"

struct xl_conf {
	enum autoballoon autoballoon;
	char *lockfile;
	char *cpumask, *pv_cpumask, *hvm_cpumask; /* vm.cpumask and its kin, NULL: none */
	char *vif_script, *vif_bridge, *vif_gatewaydev, *vif_backend; /* vif.default.*, NULL: none */
	unsigned int max_grant_frames, max_maptrack_frames;
};

/* Never fails: a bad line is a warning, and what it was to set keeps its default. */
const struct xl_conf *xl_conf(struct xl *xl);

/* Prints a fault of a configuration: source:line:column: words. For config_parse() and syntax_init(). */
void print_fault(void *xl, const char *source, const struct config_fault *fault);

/* Waits its turn among all programs that create domains. A file descriptor to close, -1 if told. */
int lock_toolstack(struct xl *xl);

/* Narrows vCPUs' hard affinities to the masks of xl.conf. False after telling why it cannot. */
bool apply_masks(struct xl *xl, struct domain_config *config);
/* The same for one map; NULL mask: nothing to do. */
bool apply_mask(struct xl *xl, const char *mask, struct cpu_map *map);

#endif
