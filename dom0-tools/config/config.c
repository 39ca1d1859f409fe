/* SPDX-License-Identifier: MIT */
/* Text to configuration: reads the grammar, applies the key table, fills in defaults. See config.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "config/keys.h"

/* More is no configuration: a wrong file, a device. */
#define MAX_FILE (1u << 20)

struct domain_config *config_new(void)
{
	struct domain_config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->weight = config->cap = -1;
	config->max_grant_frames = config->max_maptrack_frames = UINT_MAX;
	config->max_event_channels = 1023;
	config->on_poweroff = config->on_watchdog = config->on_crash = END_DESTROY;
	config->on_reboot = END_RESTART;
	config->on_soft_reset = END_SOFT_RESET;
	return config;
}

static bool apply_all(struct reading *reading)
{
	bool good = config_set_type(reading);

	for (const struct setting *s = reading->syntax->first; s; s = s->next)
		good &= key_apply(reading, s);
	return good && config_finish(reading);
}

struct domain_config *config_parse(const char *source, const char *text, size_t length,
				   const char *const *overrides, config_report *report, void *data)
{
	struct syntax syntax;
	struct reading reading = { .syntax = &syntax, .config = config_new() };
	bool good;

	syntax_init(&syntax, report, data);
	good = syntax_add(&syntax, source, text, length);
	good &= syntax_add_overrides(&syntax, overrides);
	good = good && reading.config && syntax_fold(&syntax) && apply_all(&reading);
	if (!good && !syntax.faults)
		syntax_fault(&syntax, source, (struct place){ 0 }, true, "out of memory");
	if (!good) {
		config_free(reading.config);
		reading.config = NULL;
	}
	syntax_free(&syntax);
	return reading.config;
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = !strcmp(path, "-") ? stdin : fopen(path, "re");
	char *text = file ? malloc(MAX_FILE + 1) : NULL;
	int error;

	if (text) {
		*length = fread(text, 1, MAX_FILE + 1, file);
		if (ferror(file) || *length > MAX_FILE) {
			errno = ferror(file) ? errno : EFBIG;
			free(text);
			text = NULL;
		}
	}
	error = errno;
	if (file && file != stdin)
		fclose(file);
	errno = error;
	return text;
}

struct domain_config *config_parse_file(const char *path, const char *const *overrides,
					config_report *report, void *data)
{
	struct config_fault fault = { .fatal = true };
	struct domain_config *config;
	size_t length = 0;
	char *text = read_file(path, &length);

	if (!text) {
		snprintf(fault.message, sizeof(fault.message), "cannot be read: %s",
			 strerror(errno));
		if (report)
			report(data, path, &fault);
		return NULL;
	}
	config = config_parse(path, text, length, overrides, report, data);
	free(text);
	return config;
}

bool string_list_add(struct string_list *list, const char *text)
{
	char **grown = realloc(list->item, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	list->item = grown;
	grown[list->count] = strdup(text);
	if (!grown[list->count])
		return false;
	list->count++;
	return true;
}

void string_list_remove(struct string_list *list, unsigned int index)
{
	free(list->item[index]);
	list->count--;
	memmove(list->item + index, list->item + index + 1,
		(list->count - index) * sizeof(*list->item));
}

struct domain_config *config_copy(const struct domain_config *config)
{
	char *json = config_to_json(config);
	struct domain_config *copy = json ? config_from_json(json, strlen(json)) : NULL;

	free(json);
	return copy;
}

static void free_list(struct string_list *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
}

static void free_texts(char **item, unsigned int count)
{
	free_list(&(struct string_list){ item, count });
}

void config_free(struct domain_config *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < c->nr_unused; i++) {
		free(c->unused[i].key);
		free(c->unused[i].value);
	}
	free(c->unused);
	free_texts(c->affinity.hard, c->affinity.nr_hard);
	free_texts(c->affinity.soft, c->affinity.nr_soft);
	struct string_list *lists[] = { &c->bootloader_args, &c->cpuid,
					&c->disks,
					&c->vifs,
					&c->vfbs,
					&c->p9s,
					&c->channels,
					&c->vkbs,
					&c->pcis,
					&c->ioports,
					&c->irqs,
					&c->iomem };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		free_list(lists[i]);
	char *texts[] = { c->name,    c->pool,	     c->kernel,	  c->ramdisk,
			  c->cmdline, c->bootloader, c->tsc_mode, c->device_model_args };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(c);
}
