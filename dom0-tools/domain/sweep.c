/* SPDX-License-Identifier: MIT */
/*
 * What killed destroys have left: nodes and records of domains the hypervisor no longer has, and
 * domains it was still taking apart.
 *
 * Only domains made by these tools are touched (their mark tells), and kept configurations without
 * a domain. Ids go in a circle, and a domain exists before anything is written for it; so what
 * belongs to an id without a domain is nobody's.
 */
#include "domain/internal.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS "/var/lib/xen/userdata-d.*"

enum presence { GONE, THERE, DYING, UNKNOWN };

static enum presence presence(struct session *session, uint32_t domid, xc_domaininfo_t *info)
{
	int got = xc_domain_getinfolist(session->xc, domid, 1, info);

	if (got < 0)
		return UNKNOWN;
	if (!got || info->domain != domid)
		return GONE;
	return info->flags & XEN_DOMINF_dying ? DYING : THERE;
}

static void sweep_domain(struct session *session, uint32_t domid)
{
	static const uint8_t no_uuid[16];
	char *mark = domain_mark(session, domid);
	xc_domaininfo_t info = { 0 };
	enum presence is = presence(session, domid, &info);

	if (mark && (is == GONE || is == DYING)) {
		warn(session, "the removal of domain %u was interrupted: it is finished now",
		     domid);
		destroy_all(session, domid, is == DYING ? info.handle : no_uuid);
	}
	free(mark);
}

static void sweep_records(struct session *session)
{
	xc_domaininfo_t info;
	glob_t found;

	if (glob(RECORDS, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		unsigned int domid;
		char uuid[UUID_BYTES];

		if (sscanf(found.gl_pathv[i] + strlen(RECORDS) - 1, "%u.%36[0-9a-f-].", &domid,
			   uuid) == 2 &&
		    domid && presence(session, domid, &info) == GONE)
			userdata_remove(domid, uuid, false);
	}
	globfree(&found);
}

void domains_sweep(struct session *session)
{
	unsigned int count = 0;
	char **names = xs_directory(session->xs, XBT_NULL, "/libxl", &count);

	for (unsigned int i = 0; i < count; i++) {
		unsigned long domid = strtoul(names[i], NULL, 10);

		if (domid && domid < DOMID_FIRST_RESERVED)
			sweep_domain(session, domid);
	}
	free(names);
	sweep_records(session);
}
