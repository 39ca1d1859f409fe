/* SPDX-License-Identifier: MIT */
/*
 * A domain's configuration on disk, under libxl's names, so that either toolstack finds the
 * other's: /var/lib/xen/userdata-d.<domid>.<uuid>.libxl-json. Written whole under another name,
 * then renamed.
 */
#include "domain/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERDATA_DIRECTORY "/var/lib/xen"
#define USERDATA_MOST	   (1 << 20)

static void config_path(char path[PATH_BYTES], uint32_t domid, const char *uuid)
{
	snprintf(path, PATH_BYTES, USERDATA_DIRECTORY "/userdata-d.%u.%s.libxl-json", domid, uuid);
}

static int write_whole(const char *path, const char *text)
{
	char fresh[PATH_BYTES + 8];
	FILE *file;
	int error = 0;

	snprintf(fresh, sizeof(fresh), "%s~", path);
	mkdir(USERDATA_DIRECTORY, 0755);
	file = fopen(fresh, "we");
	if (!file)
		return -errno;
	fchmod(fileno(file), 0600);
	if (fputs(text, file) < 0)
		error = -errno;
	if (fclose(file) && !error)
		error = -errno;
	if (!error && rename(fresh, path))
		error = -errno;
	if (error)
		unlink(fresh);
	return error;
}

int domain_store_config(struct session *session, uint32_t domid, const struct domain_config *config)
{
	char path[PATH_BYTES], uuid[UUID_BYTES];
	char *json = config_to_json(config);
	int error = -ENOMEM;

	uuid_text(uuid, config->uuid);
	config_path(path, domid, uuid);
	if (json)
		error = write_whole(path, json);
	free(json);
	return error
		   ? tell(session, error, "the configuration of domain %u cannot be kept in %s: %s",
			  domid, path, strerror(-error))
		   : 0;
}

static char *read_whole(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;
	char *text = NULL;

	if (fd >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode) && stat.st_size < USERDATA_MOST) {
		text = malloc(stat.st_size + 1);
		if (text && read(fd, text, stat.st_size) == stat.st_size) {
			text[stat.st_size] = '\0';
			*bytes = stat.st_size;
		} else {
			free(text);
			text = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static char *stored_text(struct session *session, uint32_t domid, size_t *bytes)
{
	char path[PATH_BYTES], uuid[UUID_BYTES];
	xc_domaininfo_t info;

	if (!domain_info(session, domid, &info))
		return NULL;
	uuid_text(uuid, info.handle);
	config_path(path, domid, uuid);
	return read_whole(path, bytes);
}

char *domain_stored_text(struct session *session, uint32_t domid)
{
	size_t bytes;

	return stored_text(session, domid, &bytes);
}

struct domain_config *domain_stored_config(struct session *session, uint32_t domid)
{
	size_t bytes;
	char *text = stored_text(session, domid, &bytes);
	struct domain_config *config = text ? config_from_json(text, bytes) : NULL;

	free(text);
	return config;
}

/* One at a time changes records: reading and writing one is two steps. */
static int lock_records(void)
{
	int fd;

	mkdir("/run/serai", 0755);
	fd = open("/run/serai/config.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
	return fd;
}

void config_change(struct session *session, uint32_t domid,
		   bool (*change)(struct domain_config *config, const void *data), const void *data)
{
	int lock = lock_records();
	char *mark = domain_mark(session, domid);
	/* Records of other toolstacks hold more than would be written back. */
	struct domain_config *config = mark ? domain_stored_config(session, domid) : NULL;

	if (!config)
		warn(session,
		     "domain %u has no configuration of these tools: the change will not outlive a "
		     "reboot",
		     domid);
	else if (!change(config, data) || domain_store_config(session, domid, config))
		warn(session, "the change could not be recorded: it will not outlive a reboot");
	config_free(config);
	free(mark);
	if (lock >= 0)
		close(lock);
}

static void search_and_remove(uint32_t domid, const char *uuid)
{
	char pattern[PATH_BYTES];
	glob_t found;

	snprintf(pattern, sizeof(pattern), USERDATA_DIRECTORY "/userdata-?.%u.%s.*", domid, uuid);
	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
}

/* Of our own domains the one file there is, and what a killed writer has left; a search reads the
 * records of all. */
void userdata_remove(uint32_t domid, const char *uuid, bool own)
{
	char path[PATH_BYTES + 1];

	config_path(path, domid, uuid);
	own &= !unlink(path);
	strcat(path, "~");
	unlink(path);
	if (!own)
		search_and_remove(domid, uuid);
}
