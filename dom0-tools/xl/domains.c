/* SPDX-License-Identifier: MIT */
/* Finding domains and CPU pools, and what they are called. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/xl.h"

bool domains_get(struct xl *xl, struct domains *domains)
{
	/* One page: for more, each question would have to map memory. */
	const unsigned int room = 4096 / sizeof(xc_domaininfo_t);
	uint32_t next = 0;

	*domains = (struct domains){ 0 };
	if (!hypervisor(xl))
		return false;
	for (;;) {
		xc_domaininfo_t *grown =
		    realloc(domains->info, (domains->count + room) * sizeof(*grown));
		int got = grown ? xc_domain_getinfolist(xl->session.xc, next, room,
							grown + domains->count)
				: -1;

		if (grown)
			domains->info = grown;
		if (got < 0) {
			fail(xl, "the hypervisor does not list its domains: %s", strerror(errno));
			free(domains->info);
			*domains = (struct domains){ 0 };
			return false;
		}
		domains->count += (unsigned int)got;
		if ((unsigned int)got < room)
			return true;
		next = domains->info[domains->count - 1].domain + 1u;
	}
}

bool domain_get(struct xl *xl, uint32_t domid, xc_domaininfo_t *info)
{
	return hypervisor(xl) && xc_domain_getinfolist(xl->session.xc, domid, 1, info) == 1 &&
	       info->domain == domid;
}

/* Names learnt by this command, which lives shortly enough. */
static struct {
	uint32_t *domid;
	char **name;
	unsigned int count, asked;
} learnt;

void domains_learn_names(struct xl *xl, const struct domains *domains)
{
	uint32_t *domid = calloc(domains->count + 1, sizeof(*domid));
	char **name = calloc(domains->count + 1, sizeof(*name));

	if (learnt.count || !domid || !name || !store(xl)) {
		free(domid);
		free(name);
		return;
	}
	for (unsigned int i = 0; i < domains->count; i++)
		domid[i] = domains->info[i].domain;
	store_guard(true);
	domain_names(&xl->session, domid, name, domains->count);
	store_guard(false);
	learnt.domid = domid;
	learnt.name = name;
	learnt.count = domains->count;
}

char *domain_name_of(struct xl *xl, uint32_t domid)
{
	/* Mostly asked for in the order they were learnt in. */
	for (unsigned int i = 0; i < learnt.count; i++) {
		unsigned int at = (learnt.asked + i) % learnt.count;

		if (learnt.domid[at] != domid)
			continue;
		learnt.asked = at + 1;
		if (learnt.name[at])
			return strdup(learnt.name[at]);
		break;
	}
	return read_node(xl, "/local/domain/%u/name", domid);
}

static bool all_digits(const char *text)
{
	const char *c = text;

	while (isdigit((unsigned char)*c))
		c++;
	return c != text && !*c;
}

static bool lookup_id(struct xl *xl, const char *text, uint32_t *domid)
{
	unsigned long value = strtoul(text, NULL, 10);
	xc_domaininfo_t info;

	if (!hypervisor(xl))
		return false;
	*domid = (uint32_t)value;
	if (value < DOMID_FIRST_RESERVED && domain_get(xl, *domid, &info))
		return true;
	fail(xl, "there is no domain of id %s; xl list shows those there are", text);
	return false;
}

static bool lookup_name(struct xl *xl, const char *name, uint32_t *domid)
{
	struct domains domains;
	bool found = false;

	if (!domains_get(xl, &domains))
		return false;
	domains_learn_names(xl, &domains);
	for (unsigned int i = 0; store(xl) && !found && i < domains.count; i++) {
		char *its = domain_name_of(xl, domains.info[i].domain);

		found = its && !strcmp(its, name);
		*domid = domains.info[i].domain;
		free(its);
	}
	free(domains.info);
	if (!found && xl->session.xs)
		fail(xl, "there is no domain named %s; xl list shows those there are", name);
	return found;
}

bool domain_lookup(struct xl *xl, const char *name_or_id, uint32_t *domid)
{
	return all_digits(name_or_id) ? lookup_id(xl, name_or_id, domid)
				      : lookup_name(xl, name_or_id, domid);
}

bool domain_is_guest(const xc_domaininfo_t *info)
{
	return info->domain && !(info->flags & XEN_DOMINF_xs_domain);
}

unsigned int domain_shutdown_reason(const xc_domaininfo_t *info)
{
	return info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

void format_uuid(const uint8_t *uuid, char text[37])
{
	static const char hex[] = "0123456789abcdef";
	char *to = text;

	for (unsigned int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex[uuid[i] >> 4];
		*to++ = hex[uuid[i] & 15];
	}
	*to = '\0';
}

char *pool_name(struct xl *xl, uint32_t pool)
{
	char *name = read_node(xl, "/local/pool/%u/name", pool);

	if (!name && asprintf(&name, "Pool-%u", pool) < 0)
		name = NULL;
	return name;
}

bool pool_lookup(struct xl *xl, const char *name_or_id, uint32_t *pool)
{
	bool number = all_digits(name_or_id), found = false;

	if (!hypervisor(xl))
		return false;
	for (uint32_t next = 0; !found;) {
		xc_cpupoolinfo_t *info = xc_cpupool_getinfo(xl->session.xc, next);
		char *name;

		if (!info || info->cpupool_id < next) {
			if (info)
				xc_cpupool_infofree(xl->session.xc, info);
			break;
		}
		*pool = info->cpupool_id;
		next = *pool + 1;
		xc_cpupool_infofree(xl->session.xc, info);
		name = number ? NULL : pool_name(xl, *pool);
		found = number ? *pool == strtoul(name_or_id, NULL, 10)
			       : name && !strcmp(name, name_or_id);
		free(name);
	}
	if (!found)
		fail(xl, "there is no CPU pool %s; xl cpupool-list shows those there are",
		     name_or_id);
	return found;
}
