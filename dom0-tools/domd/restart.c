/* SPDX-License-Identifier: MIT */
/*
 * Notes of restarts under way: STATE_DIRECTORY/serai-restart.<uuid>, the configuration as JSON.
 *
 * Destroying a domain removes its record, so the configuration would be lost if the daemon were
 * killed before the new domain is recorded. A note is whole or absent (written aside, then
 * renamed).
 */
#include "domd/domd.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTE_PREFIX STATE_DIRECTORY "/serai-restart."
#define NOTE_MOST   (1 << 20)

static void note_path(char *path, size_t room, const uint8_t uuid[16])
{
	int length = snprintf(path, room, NOTE_PREFIX);

	for (unsigned int i = 0; i < 16; i++)
		length += snprintf(path + length, room - length, "%02x", uuid[i]);
}

int restart_note(const struct domain_config *config)
{
	char path[128], fresh[140];
	char *json = config_to_json(config);
	FILE *file;
	int error = 0;

	note_path(path, sizeof(path), config->uuid);
	snprintf(fresh, sizeof(fresh), "%s~", path);
	file = json ? fopen(fresh, "we") : NULL;
	if (!file || fputs(json, file) < 0)
		error = -errno;
	if (file && fclose(file) && !error)
		error = -errno;
	if (!error && rename(fresh, path))
		error = -errno;
	if (error)
		unlink(fresh); /* on a full disk it would only take room */
	free(json);
	return error;
}

void restart_forget(const uint8_t uuid[16])
{
	char path[128];

	note_path(path, sizeof(path), uuid);
	unlink(path);
}

static struct domain_config *read_note(const char *path)
{
	char *text = malloc(NOTE_MOST);
	FILE *file = text ? fopen(path, "re") : NULL;
	struct domain_config *config = NULL;

	if (file) {
		size_t bytes = fread(text, 1, NOTE_MOST, file);

		if (bytes < NOTE_MOST)
			config = config_from_json(text, bytes);
		fclose(file);
	}
	free(text);
	return config;
}

void restart_notes(void (*each)(struct domain_config *config, void *data), void *data)
{
	glob_t found;

	if (glob(NOTE_PREFIX "*", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		struct domain_config *config =
		    path[strlen(path) - 1] == '~' ? NULL : read_note(path);

		if (!config) {
			unlink(path); /* half-written, or no configuration */
			continue;
		}
		each(config, data);
		config_free(config);
	}
	globfree(&found);
}
