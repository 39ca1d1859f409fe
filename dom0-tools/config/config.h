/* SPDX-License-Identifier: MIT */
/*
 * A domain's configuration: what an xl.cfg says, with defaults filled in, independent of its grammar.
 *
 * Every pointer is owned by the configuration (malloc), NULL where the key was not given and has no
 * default. Memory is in KiB. Lists are counted arrays. config_free() releases everything.
 */
#ifndef SERAI_CONFIG_H
#define SERAI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum domain_type { DOMAIN_PV, DOMAIN_PVH, DOMAIN_HVM };

/* What is done when a domain ends: on_poweroff=, on_reboot=, on_watchdog=, on_crash=, on_soft_reset=. */
enum end_action {
	END_DESTROY,
	END_RESTART,
	END_RENAME_RESTART,
	END_PRESERVE,
	END_COREDUMP_DESTROY,
	END_COREDUMP_RESTART,
	END_SOFT_RESET,
};

struct string_list {
	char **item;
	unsigned int count;
};

/* Physical CPUs as xl writes them: "0-3,^2", "all", "node:0"; resolved against the machine when used. */
struct vcpu_affinity {
	char **hard; /* one per vCPU, or one for all; NULL entries: not given */
	unsigned int nr_hard;
	char **soft;
	unsigned int nr_soft;
};

struct domain_config {
	enum domain_type type;
	char *name;
	uint8_t uuid[16]; /* made up when not given */
	char *pool;	  /* CPU pool's name */
	uint32_t ssidref;

	char *kernel, *ramdisk, *cmdline; /* cmdline: root=, extra= and cmdline= joined as xl does */
	char *bootloader;
	struct string_list bootloader_args;

	uint64_t memory_kb;    /* memory= */
	uint64_t max_memory_kb; /* maxmem=, not less than memory_kb */
	unsigned int vcpus;    /* vcpus=: on line at start */
	unsigned int max_vcpus;
	struct vcpu_affinity affinity;
	struct string_list cpuid; /* as written: config/cpuid.h */
	int weight, cap; /* cpu_weight=, cap=; -1: the scheduler's default */

	enum end_action on_poweroff, on_reboot, on_watchdog, on_crash, on_soft_reset;

	struct string_list disks, vifs, vfbs, p9s, channels, vkbs, pcis; /* one specification each, as written */
	struct string_list ioports, irqs, iomem;
	unsigned int max_grant_frames, max_maptrack_frames; /* UINT_MAX: the hypervisor's default */
	unsigned int max_grant_version;			    /* 0: the hypervisor's default */
	unsigned int max_event_channels;		    /* 1023 when not given, as xl's */
	bool localtime;
	/* The machine of a PVH or HVM guest. */
	bool no_acpi, no_hap, nested_hvm; /* acpi=0, hap=0, nestedhvm=1 */
	uint64_t shadow_memory_kb;	  /* shadow_memory=; 0: as much as is needed */
	int32_t rtc_timeoffset; /* seconds */
	char *tsc_mode;		/* "default", "always_emulate", "native", "native_paravirt"; NULL: default */
	char *device_model_args; /* what else applies to other types is kept by the parser's own table */
	struct {
		char *key, *value;
	} *unused;	   /* keys known to xl but without effect on this type, kept for dumps */
	unsigned int nr_unused;
};

/* Where a complaint lies; line and column count from 1, 0 if the fault has no place. */
struct config_fault {
	unsigned int line, column;
	bool fatal; /* false: a warning */
	char message[240];
};

typedef void config_report(void *data, const char *source, const struct config_fault *fault);

/*
 * Parses text (name: for messages) followed by the key=value lines of `overrides` (NULL-terminated, may
 * be NULL), as `xl create file key=value` does. Returns the configuration, or NULL after reporting at
 * least one fatal fault. Unknown keys are warnings naming the nearest known key.
 */
struct domain_config *config_parse(const char *source, const char *text, size_t length, const char *const *overrides,
				   config_report *report, void *data);
/* The same from a file; a file that cannot be read is a fatal fault naming it and the reason. */
struct domain_config *config_parse_file(const char *path, const char *const *overrides, config_report *report, void *data);
void config_free(struct domain_config *config);
/* A copy of text becomes the last of a list; false without memory. */
bool string_list_add(struct string_list *list, const char *text);
void string_list_remove(struct string_list *list, unsigned int index);
/* A whole copy, NULL without memory or if a text is no UTF-8. */
struct domain_config *config_copy(const struct domain_config *config);

/* JSON, as `xl list -l` and the daemon's state use it: malloc'ed text; config_from_json() gives NULL for what is not one. */
char *config_to_json(const struct domain_config *config);
struct domain_config *config_from_json(const char *json, size_t length);
/*
 * Is there something in it that config_from_json() passes over, as only another toolstack's words tell of it:
 * devices, or what an HVM guest's machine is like? false as well for what is none.
 */
bool config_json_is_foreign(const char *json, size_t length);

#endif
