/* SPDX-License-Identifier: MIT */
/* Arguments and lists of the commands for devices; see device.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/json_devices.h"
#include "config/spec.h"
#include "xl/conf.h"
#include "xl/device.h"

bool device_domain(struct xl *xl, const char *name, uint32_t *domid)
{
	return domain_lookup(xl, name, domid) && whole_session(xl);
}

enum detach_force detach_options(struct xl *xl, int argc, char **argv, enum detach_force usual)
{
	static const struct option longs[] = { { "force", 0, NULL, 'f' },
					       HELP_OPTION,
					       END_OPTIONS };
	int option;

	while ((option = next_option(xl, argc, argv, "fh", longs)) != -1)
		if (option == 'f')
			usual = DETACH_AT_ONCE;
	return usual;
}

char *join_components(char *const *words)
{
	const char *last = NULL;
	size_t length = 1;
	char *text, *at;

	for (char *const *word = words; *word; word++)
		length += strlen(*word) + 1;
	at = text = calloc(1, length);
	for (char *const *word = words; text && *word; word++) {
		if (!last && word[1] && !strncmp(*word, "target=", 7))
			last = *word;
		else
			at += sprintf(at, "%s%s", at > text ? "," : "", *word);
	}
	if (text && last)
		sprintf(at, "%s%s", at > text ? "," : "", last);
	return text;
}

static const char *const keys[NR_DEVICE_CLASSES] = { "disk", "vif", "vfb", "vkb", "p9", "channel" };

/* -N: the specification is read, not more. */
static int only_check(struct xl *xl, enum device_class class, const char *text)
{
	struct spec_fault fault;
	struct disk_spec disk;
	struct vif_spec vif;
	struct vkb_spec vkb;
	struct json *json;
	char *shown;

	if (!spec_check(keys[class], text, &fault))
		return fail(xl, "%s \"%s\": %s", keys[class], text, fault.message);
	json = json_start();
	if (json && class == DEVICE_DISK && disk_spec_read(text, &disk, &fault))
		disk_write_json(json, NULL, &disk);
	else if (json && class == DEVICE_VIF && vif_spec_read(text, &vif, &fault))
		vif_write_json(json, NULL, &vif);
	else if (json && vkb_spec_read(text, &vkb, &fault))
		vkb_write_json(json, NULL, &vkb);
	shown = json ? json_finish(json) : NULL;
	printf("%s: %s\n", keys[class], shown ? shown : "");
	free(shown);
	return shown ? EXIT_DONE : EXIT_FAILED;
}

int attach_command(struct xl *xl, enum device_class class, const char *domain, char *const *words)
{
	char *text = join_components(words), *whole = NULL;
	int code = EXIT_FAILED;
	uint32_t domid;

	if (text && domain_lookup(xl, domain, &domid)) {
		whole = class == DEVICE_VIF ? with_vif_defaults(xl, text) : strdup(text);
		if (whole && xl->dry_run)
			code = only_check(xl, class, whole);
		else if (whole && whole_session(xl) &&
			 !domain_attach(&xl->session, domid, class, whole))
			code = EXIT_DONE;
	}
	free(whole);
	free(text);
	return code;
}

int list_command(struct xl *xl, enum device_class class, int argc, char **argv, const char *header,
		 void (*row)(struct output *out, const struct device_info *info, uint32_t domid))
{
	static const struct option longs[] = { JSON_OPTION, HELP_OPTION, END_OPTIONS };
	struct output out;
	int at, code = EXIT_DONE;

	while (next_option(xl, argc, argv, "h", longs) != -1)
		;
	at = arguments_from(xl, argc, argv, 1);
	output_begin(&out, xl->json, false, header);
	for (; at < argc && !code; at++) {
		struct device_info *list;
		unsigned int count;
		uint32_t domid;

		if (!device_domain(xl, argv[at], &domid)) {
			code = class == DEVICE_DISK ? EXIT_DONE : EXIT_FAILED;
			continue;
		}
		store_guard(true);
		list = domain_devices(&xl->session, domid, class, &count);
		store_guard(false);
		for (unsigned int i = 0; i < count; i++) {
			row_begin(&out);
			row(&out, &list[i], domid);
			row_end(&out);
		}
		device_infos_free(list, count);
	}
	return output_end(&out) ? EXIT_FAILED : code;
}

/* What a card does not say, xl.conf may. */
char *with_vif_defaults(struct xl *xl, const char *text)
{
	const struct xl_conf *conf = xl_conf(xl);
	struct spec_fault fault;
	struct vif_spec vif;
	char *whole = NULL;
	const char *bridge, *script, *gateway, *backend;

	if (!vif_spec_read(text, &vif, &fault)) {
		fail(xl, "vif \"%s\": %s", text, fault.message);
		return NULL;
	}
	bridge = vif.bridge[0] || vif.mode[0] ? NULL : conf->vif_bridge;
	script = vif.script[0] || vif.mode[0] ? NULL : conf->vif_script;
	gateway = vif.gatewaydev[0] ? NULL : conf->vif_gatewaydev;
	backend = vif.backend[0] ? NULL : conf->vif_backend;
	if (asprintf(&whole, "%s%s%s%s%s%s%s%s%s", text, bridge ? ",bridge=" : "",
		     bridge ? bridge : "", script ? ",script=" : "", script ? script : "",
		     gateway ? ",gatewaydev=" : "", gateway ? gateway : "",
		     backend ? ",backend=" : "", backend ? backend : "") < 0)
		return NULL;
	return whole;
}

bool apply_vif_defaults(struct xl *xl, struct domain_config *config)
{
	for (unsigned int i = 0; i < config->vifs.count; i++) {
		char *whole = with_vif_defaults(xl, config->vifs.item[i]);

		if (!whole)
			return false;
		free(config->vifs.item[i]);
		config->vifs.item[i] = whole;
	}
	return true;
}
