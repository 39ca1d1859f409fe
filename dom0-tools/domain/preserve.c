/* SPDX-License-Identifier: MIT */
/* Keeps an ended domain for inspection, out of the way of its successor. */
#include "domain/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct preservation {
	uint32_t domid;
	char *name, *old_vm;
	char uuid[UUID_BYTES];
};

static void preserve_steps(struct store_batch *batch, void *data)
{
	const struct preservation *it = data;
	char vm[PATH_BYTES];

	snprintf(vm, sizeof(vm), "/vm/%s", it->uuid);
	store_require_domain(batch, it->domid);
	store_write(batch, it->name, "%s/name", vm);
	store_permit(batch, 0, it->domid, "%s", vm);
	store_permit(batch, 0, it->domid, "%s/name", vm);
	store_write(batch, it->uuid, "%s/uuid", vm);
	store_write(batch, vm, "/local/domain/%u/vm", it->domid);
	store_write(batch, it->name, "/local/domain/%u/name", it->domid);
	store_write(batch, MARK_PRESERVED, "/libxl/%u/domd", it->domid);
	if (it->old_vm && !strncmp(it->old_vm, "/vm/", 4) && it->old_vm[4])
		store_remove(batch, "%s", it->old_vm);
}

static void make_uuid(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		abort();
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

/* The record follows the new name and UUID. */
static void move_record(struct session *session, const struct preservation *it,
			struct domain_config *config, const uint8_t uuid[16])
{
	char old[UUID_BYTES];

	uuid_text(old, config->uuid);
	memcpy(config->uuid, uuid, 16);
	free(config->name);
	config->name = strdup(it->name);
	if (config->name && !domain_store_config(session, it->domid, config))
		userdata_remove(it->domid, old, false);
}

int domain_preserve(struct session *session, uint32_t domid, const char *suffix)
{
	struct domain_config *config = domain_stored_config(session, domid);
	struct preservation it = { .domid = domid };
	char *name = domain_name(session, domid);
	uint8_t uuid[16];
	int error = -ENOMEM;

	make_uuid(uuid);
	uuid_text(it.uuid, uuid);
	it.old_vm = store_read(session, "/local/domain/%u/vm", domid);
	if (asprintf(&it.name, "%s-%s", name ? name : "unnamed", suffix) > 0)
		error = xc_domain_sethandle(session->xc, domid, uuid)
			    ? -errno
			    : store_transact(session, preserve_steps, &it);
	if (!error && config)
		move_record(session, &it, config, uuid);
	if (config)
		config_free(config);
	free(it.name);
	free(it.old_vm);
	free(name);
	return error ? tell(session, error, "domain %u cannot be preserved: %s", domid,
			    strerror(-error))
		     : 0;
}
