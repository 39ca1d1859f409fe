/* SPDX-License-Identifier: MIT */
/*
 * Which devices there are: xenstore's backend/<kind>/<domid>/<devid> of our own domain.
 *
 * A watch on each kind tells of all of its devices, by a path that may be as long as it likes and
 * says only where to look. What is found is looked at once a round, however many nodes changed.
 */
#include "backd.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOR_EACH_CLASS(c)                                                                          \
	for (const struct back_class *const *c = __start_back_classes; c < __stop_back_classes; c++)

extern const struct back_class *const __start_back_classes[];
extern const struct back_class *const __stop_back_classes[];

const struct back_class *class_by_kind(const char *kind)
{
	FOR_EACH_CLASS(c)
	if (!strcmp((*c)->kind, kind))
		return *c;
	return NULL;
}

static bool parse_id(const char *text, uint32_t *id)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*id = (uint32_t)value;
	return text[0] >= '0' && text[0] <= '9' && !*end && value <= UINT32_MAX;
}

static void found(const struct back_class *class, uint32_t domid, uint32_t devid)
{
	struct back_private *n = device_find(class, domid, devid);

	if (!n && (!class->ours || class->ours(domid, devid)))
		n = device_new(class, domid, devid);
	if (n)
		n->seen = n->dirty = true;
}

static void scan_domain(const struct back_class *class, const char *domain)
{
	char path[BACK_PATH_MAX];
	unsigned int nr = 0;
	uint32_t domid, devid;
	char **ids;

	if (!parse_id(domain, &domid))
		return;
	snprintf(path, sizeof(path), "%s/backend/%s/%u", backd.home, class->kind, domid);
	ids = xs_directory(backd.xs, XBT_NULL, path, &nr);
	for (unsigned int i = 0; ids && i < nr; i++)
		if (parse_id(ids[i], &devid))
			found(class, domid, devid);
	free(ids);
}

void discover_again(const struct back_class *class)
{
	char path[BACK_PATH_MAX];
	struct back_private *n;
	unsigned int nr = 0;
	char **domains;

	LIST_FOREACH (n, &backd.devices, all)
		if (n->device.class == class)
			n->seen = false;
	snprintf(path, sizeof(path), "%s/backend/%s", backd.home, class->kind);
	domains = xs_directory(backd.xs, XBT_NULL, path, &nr);
	for (unsigned int i = 0; domains && i < nr; i++)
		scan_domain(class, domains[i]);
	free(domains);
	LIST_FOREACH (n, &backd.devices, all)
		if (n->device.class == class && !n->seen)
			n->dirty = true; /* it will find its directory gone */
}

/* [home/]backend/<kind>[/<domid>[/<devid>[/...]]] */
static void backend_changed(const char *path)
{
	char kind[BACK_KIND_MAX + 1], rest[2];
	const struct back_class *class;
	const char *start = strstr(path, "backend/");
	uint32_t domid, devid;
	int words;

	if (!start)
		return;
	words = sscanf(start, "backend/%16[^/]/%u/%u%1[/]", kind, &domid, &devid, rest);
	class = words >= 1 ? class_by_kind(kind) : NULL;
	if (!class)
		return;
	if (words >= 3)
		found(class, domid, devid);
	else
		discover_again(class);
}

/* The token of a frontend's watch: <kind>-<domid>-<devid>. */
static void frontend_changed(const char *token)
{
	char kind[BACK_KIND_MAX + 1];
	const struct back_class *class;
	struct back_private *n;
	uint32_t domid, devid;

	if (sscanf(token, "front-%16[^-]-%u-%u", kind, &domid, &devid) != 3)
		return;
	class = class_by_kind(kind);
	n = class ? device_find(class, domid, devid) : NULL;
	if (n)
		n->dirty = true;
}

void store_ready(void)
{
	char **event;

	while ((event = xs_check_watch(backd.xs))) {
		if (!strcmp(event[XS_WATCH_TOKEN], "backend"))
			backend_changed(event[XS_WATCH_PATH]);
		else
			frontend_changed(event[XS_WATCH_TOKEN]);
		free(event);
	}
}

/* A look may remove devices, so the walk starts over; each is looked at once for each change. */
void look_at_dirty(void)
{
	struct back_private *n = LIST_FIRST(&backd.devices);

	while (n) {
		if (!n->dirty) {
			n = LIST_NEXT(n, all);
			continue;
		}
		n->dirty = false;
		device_look(n);
		n = LIST_FIRST(&backd.devices);
	}
}

static int find_home(void)
{
	char *text = xs_read(backd.xs, XBT_NULL, "domid", NULL);

	snprintf(backd.home, sizeof(backd.home), "/local/domain/%u",
		 text ? (unsigned int)atoi(text) : 0);
	free(text);
	return 0;
}

int discover_start(void)
{
	char path[BACK_PATH_MAX];

	find_home();
	FOR_EACH_CLASS(c)
	{
		snprintf(path, sizeof(path), "%s/backend/%s", backd.home, (*c)->kind);
		if (!xs_watch(backd.xs, path, "backend"))
			return -errno;
		discover_again(*c);
	}
	return 0;
}

static bool exists(const char *kind, uint32_t domid, uint32_t devid)
{
	const struct back_class *class = class_by_kind(kind);

	return class && device_find(class, domid, devid);
}

bool discover_needs(const char *lock_name)
{
	char kind[BACK_KIND_MAX + 1];
	const struct back_private *n;
	uint32_t domid, devid;
	int words = sscanf(lock_name, "%u-%16[^-]-%u.lock", &domid, kind, &devid);

	if (words == 3)
		return exists(kind, domid, devid);
	LIST_FOREACH (n, &backd.devices, all)
		if (words == 1 && n->device.domid == domid && !n->device.class->own_worker)
			return true;
	return false;
}

/* "<domid>-<kind>-<devid>[.<suffix>]", or a lock: "<any of that or domid>.lock" */
static void clean_one(int dir, const char *name)
{
	const char *dot = strrchr(name, '.');
	char kind[BACK_KIND_MAX + 1];
	const struct back_class *class;
	uint32_t domid, devid;

	if (dot && !strcmp(dot, ".lock")) {
		if (!discover_needs(name))
			worker_evict(name);
		return;
	}
	if (sscanf(name, "%u-%16[^-]-%u", &domid, kind, &devid) != 3 || exists(kind, domid, devid))
		return;
	class = class_by_kind(kind);
	if (dot && class && class->clean)
		class->clean(name);
	else
		unlinkat(dir, name, 0);
}

/* What a serai-backd that died has left behind. */
void discover_clean(void)
{
	DIR *dir = opendir(BACK_DIR);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			clean_one(dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
}
