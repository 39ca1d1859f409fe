/* SPDX-License-Identifier: MIT */
/*
 * Domains by name: the name is a node of the store, and unique because everybody looks before
 * writing.
 */
#include "domain/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *domain_name(struct session *session, uint32_t domid)
{
	return store_read(session, "/local/domain/%u/name", domid);
}

static bool has_name(struct session *session, uint32_t domid, const char *name)
{
	char *other = domain_name(session, domid);
	bool same = other && !strcmp(other, name);

	free(other);
	return same;
}

/* The domain of that name, if the hypervisor still knows it. */
static bool find_name(struct session *session, const char *name, uint32_t *domid)
{
	unsigned int count = 0;
	char **domains = xs_directory(session->xs, XBT_NULL, "/local/domain", &count);
	bool found = false;

	for (unsigned int i = 0; i < count && !found; i++) {
		xc_domaininfo_t info;

		*domid = strtoul(domains[i], NULL, 10);
		found = has_name(session, *domid, name) && domain_info(session, *domid, &info);
	}
	free(domains);
	return found;
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
