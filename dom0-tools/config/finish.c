/* SPDX-License-Identifier: MIT */
/* What no single key decides: the type, the command line, defaults as xl's, and what must fit
 * together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "config/keys.h"
#include "config/names.h"
#include "config/spec.h"
#include "config/hvm_spec.h"

static const struct place nowhere;

static const char *text_of(struct reading *reading, const char *key)
{
	const struct setting *setting = syntax_find(reading->syntax, key);

	return setting && setting->value->kind != NODE_LIST && *setting->value->text
		   ? setting->value->text
		   : NULL;
}

static bool type_from(struct reading *reading, const char *key, const char *const *names,
		      const char *wanted)
{
	const struct setting *setting = syntax_find(reading->syntax, key);
	int type;

	if (!setting || setting->value->kind == NODE_LIST)
		return true; /* absent, or told by key_apply() */
	type = name_index(names, setting->value->text);
	if (type < 0) {
		syntax_fault(reading->syntax, setting->source, setting->value->place, true,
			     "%s must be %s", key, wanted);
		return false;
	}
	reading->config->type = (enum domain_type)type;
	return true;
}

/* builder= is older: "generic" and "linux" say PV. type= wins. */
bool config_set_type(struct reading *reading)
{
	static const char *const builders[] = { "generic", "linux", "hvm", NULL };

	if (!type_from(reading, "builder", builders, "generic or hvm (newer files say type=)"))
		return false;
	if (reading->config->type != DOMAIN_HVM)
		reading->config->type = DOMAIN_PV;
	return type_from(reading, "type", domain_type_names, "pv, pvh or hvm");
}

static bool finish_cmdline(struct reading *reading)
{
	const char *cmdline = text_of(reading, "cmdline"), *root = text_of(reading, "root");
	const char *extra = text_of(reading, "extra");
	char **to = &reading->config->cmdline;

	if (cmdline && (root || extra))
		syntax_fault(
		    reading->syntax, syntax_find(reading->syntax, "cmdline")->source,
		    syntax_find(reading->syntax, "cmdline")->place, false,
		    "cmdline is used, root and extra are ignored: put everything into one of them");
	if (cmdline)
		return (*to = strdup(cmdline)) != NULL;
	if (root)
		return asprintf(to, "root=%s%s%s", root, extra ? " " : "", extra ? extra : "") >= 0;
	return !extra || (*to = strdup(extra)) != NULL;
}

static bool complain(struct reading *reading, const char *key, const char *text)
{
	const struct setting *setting = key ? syntax_find(reading->syntax, key) : NULL;
	const char *source =
	    reading->syntax->nr_sources ? reading->syntax->source[0] : "configuration";

	syntax_fault(reading->syntax, setting ? setting->source : source,
		     setting ? setting->value->place : nowhere, true, "%s", text);
	return false;
}

static bool finish_memory(struct reading *reading)
{
	struct domain_config *config = reading->config;

	if (!config->memory_kb)
		config->memory_kb = config->max_memory_kb ? config->max_memory_kb : 32 << 10;
	if (!config->max_memory_kb)
		config->max_memory_kb = config->memory_kb;
	return config->max_memory_kb >= config->memory_kb ||
	       complain(reading, "maxmem",
			"maxmem is less than memory: raise maxmem or leave it out");
}

static bool finish_vcpus(struct reading *reading)
{
	struct domain_config *config = reading->config;
	bool given = config->vcpus;

	if (!config->vcpus)
		config->vcpus = 1;
	if (!config->max_vcpus)
		config->max_vcpus = config->vcpus;
	if (given && config->max_vcpus < config->vcpus)
		return complain(reading, "maxvcpus",
				"maxvcpus is less than vcpus: raise maxvcpus or leave it out");
	if (config->affinity.nr_hard > config->max_vcpus ||
	    config->affinity.nr_soft > config->max_vcpus) {
		const char *key =
		    config->affinity.nr_hard > config->max_vcpus ? "cpus" : "cpus_soft";
		const struct setting *setting = syntax_find(reading->syntax, key);

		if (setting && setting->value->count > config->max_vcpus)
			syntax_fault(reading->syntax, setting->source, setting->value->place, false,
				     "%s names more vCPUs than there are; the rest is ignored",
				     key);
	}
	return true;
}

static bool finish_boot(struct reading *reading)
{
	struct domain_config *config = reading->config;
	bool firmware = text_of(reading, "firmware") || text_of(reading, "pvshim");

	if (!config->name)
		return complain(reading, NULL, "the domain has no name: add name=\"…\"");
	if (config->type == DOMAIN_PV && !config->kernel && !config->bootloader && !firmware)
		return complain(
		    reading, NULL,
		    "a PV domain needs kernel=\"…\" (an image in Dom0) or bootloader=\"…\"");
	if (config->type == DOMAIN_PVH && !config->kernel && !config->bootloader && !firmware)
		return complain(
		    reading, NULL,
		    "a PVH domain needs kernel=\"…\" (an image in Dom0) or firmware=\"…\"");
	return true;
}

static bool screen_is_good(struct reading *reading, const char *text)
{
	struct spec_fault fault;

	return spec_check("vfb", text, &fault) || complain(reading, "vnc", fault.message);
}

/* A PV guest with the keys of an emulated screen gets a screen of its own kind. */
static bool finish_screen(struct reading *reading)
{
	static const char *const keys[] = { "vnc",	 "vnclisten", "vncdisplay", "vncunused",
					    "vncpasswd", "keymap",    "sdl",	    "opengl",
					    "display",	 "xauthority" };
	struct domain_config *config = reading->config;
	const char *vnc = text_of(reading, "vnc"), *sdl = text_of(reading, "sdl");
	char text[1024];
	size_t length = 0;

	if (config->type != DOMAIN_PV || config->vfbs.count ||
	    !((vnc && strcmp(vnc, "0")) || (sdl && strcmp(sdl, "0"))))
		return true;
	text[0] = '\0';
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = text_of(reading, keys[i]);

		if (value && length < sizeof(text))
			length += snprintf(text + length, sizeof(text) - length, "%s%s=%s",
					   length ? "," : "", keys[i], value);
	}
	if (length >= sizeof(text))
		return complain(reading, "vnc", "the settings of the screen are too long");
	return string_list_add(&config->vfbs, text) && screen_is_good(reading, text);
}

/* The keys of an HVM guest's machine are kept as written, once they are known to be good. */
static bool finish_hvm(struct reading *reading)
{
	struct hvm_fault fault = { 0 };
	struct hvm_spec spec;
	bool good;

	if (reading->config->type != DOMAIN_HVM)
		return true;
	good = hvm_spec_from_syntax(reading->syntax, &spec, &fault);
	hvm_spec_free(&spec);
	return good || complain(reading, fault.key, fault.message);
}

bool config_finish(struct reading *reading)
{
	static const uint8_t no_uuid[16];
	struct domain_config *config = reading->config;
	bool good = finish_cmdline(reading);

	good &= finish_memory(reading);
	good &= finish_vcpus(reading);
	good &= finish_boot(reading);
	good &= finish_screen(reading);
	good &= finish_hvm(reading);
	if (!memcmp(config->uuid, no_uuid, sizeof(no_uuid)))
		uuid_generate(config->uuid);
	return good;
}
