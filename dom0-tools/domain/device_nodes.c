/* SPDX-License-Identifier: MIT */
/*
 * A device's nodes: the guest's, the backend's and the toolstack's record, all in one transaction,
 * laid out as 4.17's libxl does. Removing takes the directories that were only there for them
 * along.
 */
#include "domain/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

void device_paths(struct device *device)
{
	const char *type = device->kind->front_type;

	snprintf(device->frontend, PATH_BYTES, "/local/domain/%u/device/%s/%u", device->domid, type,
		 device->number);
	snprintf(device->backend, PATH_BYTES, "/local/domain/%u/backend/%s/%u/%u",
		 device->backend_domid, device->back_type, device->domid, device->number);
	snprintf(device->record, PATH_BYTES, "/libxl/%u/device/%s/%u", device->domid, type,
		 device->number);
}

void front_read_only(struct store_batch *batch, const struct device *device, const char *value,
		     const char *node)
{
	store_write(batch, value, "%s/%s", device->frontend, node);
	store_permit(batch, 0, device->domid, "%s/%s", device->frontend, node);
}

static void backend_nodes(struct store_batch *batch, const struct device *device, const char *at)
{
	store_write(batch, device->frontend, "%s/frontend", at);
	store_write_number(batch, device->domid, "%s/frontend-id", at);
	store_write(batch, "1", "%s/online", at);
	store_write_number(batch, XenbusStateInitialising, "%s/state", at);
	device->kind->back_nodes(batch, device, at);
}

static void frontend_nodes(struct store_batch *batch, const struct device *device)
{
	const char *at = device->frontend;

	store_write(batch, device->backend, "%s/backend", at);
	store_permit(batch, device->domid, device->backend_domid, "%s", at);
	store_permit(batch, device->domid, device->backend_domid, "%s/backend", at);
	store_write_number(batch, device->backend_domid, "%s/backend-id", at);
	store_write_number(batch, XenbusStateInitialising, "%s/state", at);
	if (device->kind->front_nodes)
		device->kind->front_nodes(batch, device);
}

static void write_steps(struct store_batch *batch, void *data)
{
	const struct device *device = data;
	char *old = xs_read(batch->xs, batch->transaction, device->record, NULL);

	if (old) {
		free(old);
		batch->error = -EEXIST;
		return;
	}
	store_require_domain(batch, device->domid);
	if (!device->empty) {
		frontend_nodes(batch, device);
		store_write(batch, "", "%s", device->backend);
		store_permit(batch, device->backend_domid, device->domid, "%s", device->backend);
		backend_nodes(batch, device, device->backend);
	}
	store_write(batch, device->backend, "%s/backend", device->record);
	backend_nodes(batch, device, device->record);
	if (!device->scripted)
		store_write(batch, "1", "%s/serai-hotplug", device->record);
}

int device_write_nodes(struct session *session, struct device *device)
{
	int error;

	device_paths(device);
	error = store_transact(session, write_steps, device);
	if (error == -EEXIST)
		return tell(session, error, "%s %u is there already: choose another, or detach it",
			    device->kind->noun, device->number);
	return error ? tell(session, error, "xenstored refused the entries of %s %u: %s",
			    device->kind->noun, device->number, strerror(-error))
		     : 0;
}

/* What a device has in other domains' parts of the store. */
static void remove_backend(struct store_batch *batch, const struct device *device)
{
	char stop[PATH_BYTES], error[PATH_BYTES];

	if (!device->backend[0])
		return;
	snprintf(stop, sizeof(stop), "/local/domain/%u/backend", device->backend_domid);
	store_tidy(batch, device->backend, stop);
	/* What a backend of the kernel's had to complain of. */
	snprintf(error, sizeof(error), "/local/domain/%u/error/backend/%s/%u/%u",
		 device->backend_domid, device->back_type, device->domid, device->number);
	snprintf(stop, sizeof(stop), "/local/domain/%u/error", device->backend_domid);
	store_tidy(batch, error, stop);
}

static void remove_steps(struct store_batch *batch, void *data)
{
	const struct device *device = data;
	char stop[PATH_BYTES];

	snprintf(stop, sizeof(stop), "/local/domain/%u/device", device->domid);
	if (device->frontend[0])
		store_tidy(batch, device->frontend, stop);
	remove_backend(batch, device);
	snprintf(stop, sizeof(stop), "/libxl/%u", device->domid);
	store_tidy(batch, device->record, stop);
}

static void left_behind(struct session *session, const struct device *device, int error)
{
	if (error)
		warn(session, "entries of %s %u are left in the store: %s", device->kind->noun,
		     device->number, strerror(-error));
}

void device_remove_nodes(struct session *session, const struct device *device)
{
	struct device copy = *device;

	left_behind(session, device, store_transact(session, remove_steps, &copy));
}

struct several {
	const struct device *devices;
	unsigned int count;
};

static void remove_backends_steps(struct store_batch *batch, void *data)
{
	const struct several *several = data;

	for (unsigned int i = 0; i < several->count; i++)
		remove_backend(batch, &several->devices[i]);
}

void devices_remove_backends(struct session *session, const struct device *devices,
			     unsigned int count)
{
	struct several several = { devices, count };

	if (count)
		left_behind(session, devices,
			    store_transact(session, remove_backends_steps, &several));
}

uint32_t device_free_number(struct session *session, const struct device *device)
{
	uint32_t number = device->kind == &channel_kind; /* console 0 is every guest's own */

	for (;; number++) {
		char *taken = store_read(session, "/libxl/%u/device/%s/%u", device->domid,
					 device->kind->front_type, number);

		free(taken);
		if (!taken)
			return number;
	}
}
