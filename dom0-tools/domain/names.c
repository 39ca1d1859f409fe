/* SPDX-License-Identifier: MIT */
/*
 * Domains by name: the name is a node of the store, and unique because everybody looks before
 * writing.
 */
#include "domain/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *domain_name(struct session *session, uint32_t domid)
{
	return store_read(session, "/local/domain/%u/name", domid);
}

void domain_names(struct session *session, const uint32_t *domids, char **names, unsigned int count)
{
	char(*text)[PATH_BYTES] = calloc(count + 1, sizeof(*text));
	const char **path = calloc(count + 1, sizeof(*path));

	memset(names, 0, count * sizeof(*names));
	for (unsigned int i = 0; text && path && i < count; i++) {
		snprintf(text[i], PATH_BYTES, "/local/domain/%u/name", domids[i]);
		path[i] = text[i];
	}
	if (text && path)
		store_read_many(session, path, names, count);
	free(path);
	free(text);
}

static bool find_among(struct session *session, const char *name, const uint32_t *domids,
		       unsigned int count, uint32_t *domid)
{
	char **names = calloc(count + 1, sizeof(*names));
	bool found = false;
	xc_domaininfo_t info;

	if (names)
		domain_names(session, domids, names, count);
	for (unsigned int i = 0; names && i < count; i++) {
		/* Entries may outlive a domain: it is the hypervisor that knows. */
		if (!found && names[i] && !strcmp(names[i], name)) {
			*domid = domids[i];
			found = domain_info(session, *domid, &info);
		}
		free(names[i]);
	}
	free(names);
	return found;
}

static bool find_by_reading(struct session *session, const char *name, uint32_t *domid)
{
	unsigned int count = 0;
	char **domains = xs_directory(session->xs, XBT_NULL, "/local/domain", &count);
	uint32_t *domids = calloc(count + 1, sizeof(*domids));
	bool found;

	for (unsigned int i = 0; domids && i < count; i++)
		domids[i] = strtoul(domains[i], NULL, 10);
	found = domids && find_among(session, name, domids, count, domid);
	free(domids);
	free(domains);
	return found;
}

/* Whether the daemon answers such a question; Serai's does. It may know several, of domains that
 * have gone. */
static bool ask_for_name(struct session *session, const char *name, uint32_t *domid, bool *found)
{
	char question[PATH_BYTES], *answer, *at, *end;
	xc_domaininfo_t info;
	size_t bytes;

	bytes = snprintf(question, sizeof(question), "/local/domain%cname%c%s", 0, 0, name) + 1;
	if (bytes > sizeof(question))
		return false;
	answer = xs_control_command(session->xs, "find", question, bytes);
	*found = false;
	for (at = answer; at && *at && !*found; at = end + 1) {
		*domid = strtoul(at, &end, 10);
		if (*end != '\n')
			break;
		*found = domain_info(session, *domid, &info);
	}
	free(answer);
	return answer;
}

/* The domain of that name, if the hypervisor still knows it. */
static bool find_name(struct session *session, const char *name, uint32_t *domid)
{
	bool found;

	return ask_for_name(session, name, domid, &found) ? found
							  : find_by_reading(session, name, domid);
}

static bool is_number(const char *text, uint32_t *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (uint32_t)value;
	return *text >= '0' && *text <= '9' && !*end && value < DOMID_FIRST_RESERVED;
}

int domain_find(struct session *session, const char *name_or_id, uint32_t *domid)
{
	xc_domaininfo_t info;

	if (is_number(name_or_id, domid)) {
		if (domain_info(session, *domid, &info))
			return 0;
	} else if (find_name(session, name_or_id, domid)) {
		return 0;
	}
	return tell(session, -ESRCH, "there is no domain \"%s\"; \"xl list\" shows those there are",
		    name_or_id);
}

int name_check_free(struct session *session, const char *name)
{
	uint32_t other;

	if (!name || !*name || strchr(name, '/') || strlen(name) > 200 || is_number(name, &other))
		return tell(session, -EINVAL,
			    "\"%s\" is no name for a domain: not empty, no number, without \"/\"",
			    name ? name : "");
	if (find_name(session, name, &other))
		return tell(session, -EEXIST,
			    "a domain named \"%s\" exists (id %u); destroy or rename it, or choose "
			    "another name=",
			    name, other);
	return 0;
}

struct renaming {
	uint32_t domid;
	const char *name;
	char *vm;
};

static void rename_steps(struct store_batch *batch, void *data)
{
	const struct renaming *renaming = data;

	store_require_domain(batch, renaming->domid);
	store_write(batch, renaming->name, "/local/domain/%u/name", renaming->domid);
	if (renaming->vm)
		store_write(batch, renaming->name, "%s/name", renaming->vm);
}

int domain_rename(struct session *session, uint32_t domid, const char *name)
{
	struct renaming renaming = { domid, name, NULL };
	struct domain_config *config;
	int error = name_check_free(session, name);

	if (error)
		return error;
	renaming.vm = store_read(session, "/local/domain/%u/vm", domid);
	error = store_transact(session, rename_steps, &renaming);
	free(renaming.vm);
	if (error)
		return tell(session, error, "domain %u cannot be renamed: %s", domid,
			    strerror(-error));
	config = domain_stored_config(session, domid);
	if (config) {
		free(config->name);
		config->name = strdup(name);
		if (config->name)
			domain_store_config(session, domid, config);
		config_free(config);
	}
	return 0;
}
