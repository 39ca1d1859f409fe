/* SPDX-License-Identifier: MIT */
/*
 * Ends a domain and removes every trace of it, whoever made it and however far it came.
 *
 * Order: the guest stands still; its device model ends, if it has one; its devices' backends let go
 * (they hold its pages); the hypervisor takes the memory back; then its nodes and records go. Each
 * step goes on where one failed before, so that repeating the command ends what was interrupted.
 */
#include "domain/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct removal {
	uint32_t domid;
	char uuid[UUID_BYTES];
	char *vm;
};

static void removal_steps(struct store_batch *batch, void *data)
{
	const struct removal *removal = data;

	store_remove(batch, "/local/domain/%u", removal->domid);
	store_remove(batch, "/libxl/%u", removal->domid);
	store_remove(batch, "/vm/%s", removal->uuid);
	if (removal->vm && !strncmp(removal->vm, "/vm/", 4) && removal->vm[4])
		store_remove(batch, "%s", removal->vm);
}

int destroy_all(struct session *session, uint32_t domid, const uint8_t uuid[16])
{
	struct removal removal = { .domid = domid };
	int error = 0, store_error;
	char *mark;

	uuid_text(removal.uuid, uuid);
	removal.vm = store_read(session, "/local/domain/%u/vm", domid);
	mark = domain_mark(session, domid);
	xc_domain_pause(session->xc, domid);
	model_stop(session, domid);
	devices_destroy(session, domid);
	if (xc_domain_destroy(session->xc, domid) && errno != ESRCH)
		error = -errno;
	xs_release_domain(session->xs, domid); /* may have noticed by itself */
	store_error = store_transact(session, removal_steps, &removal);
	free(removal.vm);
	userdata_remove(domid, removal.uuid, mark);
	free(mark);
	return error ? error : store_error;
}

int domain_destroy(struct session *session, uint32_t domid)
{
	xc_domaininfo_t info;
	int error;

	if (!domid)
		return tell(session, -EINVAL,
			    "Domain-0 cannot be destroyed: it runs this command; use \"poweroff\"");
	if (!domain_info(session, domid, &info))
		return tell(session, -ESRCH,
			    "there is no domain %u; \"xl list\" shows those there are", domid);
	error = destroy_all(session, domid, info.handle);
	return error ? tell(session, error, "domain %u is not destroyed: %s; try again", domid,
			    strerror(-error))
		     : 0;
}
