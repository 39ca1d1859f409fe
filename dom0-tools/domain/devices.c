/* SPDX-License-Identifier: MIT */
/*
 * Ends devices: one by force, or all of a domain that goes. Backends are asked to close, awaited
 * for a limited time, their scripts told, and all nodes removed.
 *
 * The record below /libxl lists what there is, for domains of any toolstack of 4.17. A backend
 * closes when its frontend's nodes vanish, or at the latest when its own state says so.
 */
#include "domain/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#define CLOSE_SECONDS 10
#define FORCE_SECONDS 3

struct closing {
	const struct device *device;
	bool force;
};

static void close_steps(struct store_batch *batch, void *data)
{
	const struct closing *closing = data;
	const struct device *device = closing->device;
	char path[PATH_BYTES + 8], *state;

	if (closing->force && device->frontend[0])
		store_remove(batch, "%s", device->frontend);
	snprintf(path, sizeof(path), "%s/state", device->backend);
	state = xs_read(batch->xs, batch->transaction, path, NULL);
	if (!state)
		return; /* no backend: do not make one */
	store_write(batch, "0", "%s/online", device->backend);
	if (atoi(state) < XenbusStateClosing)
		store_write_number(batch, XenbusStateClosing, "%s/state", device->backend);
	free(state);
}

void device_ask_to_close(struct session *session, const struct device *device, bool force)
{
	struct closing closing = { device, force };

	store_transact(session, close_steps, &closing);
}

void device_undo_connect(struct session *session, const struct device *device)
{
	char *by_us = store_read(session, "%s/serai-hotplug", device->record);

	if (!by_us && device->kind->script_off && !device->backend_domid)
		device_script(session, device->backend, device->back_type,
			      device->kind->script_off);
	if (by_us && device->kind->left)
		device->kind->left(session, device);
	free(by_us);
}

void device_force_away(struct session *session, const struct device *device)
{
	device_ask_to_close(session, device, true);
	if (!device_await_closed(session, device, now_ns() + FORCE_SECONDS * 1000000000ULL))
		warn(session, "the backend %s does not close; its entries are removed by force",
		     device->backend);
	device_undo_connect(session, device);
	device_remove_nodes(session, device);
}

/* The guest's first console is served by a daemon that follows the domain itself. */
static bool closes(const struct device *device)
{
	return device->backend[0] && (strcmp(device->back_type, "console") || device->number);
}

void devices_destroy(struct session *session, uint32_t domid)
{
	uint64_t deadline = now_ns() + CLOSE_SECONDS * 1000000000ULL;
	unsigned int count;
	struct device *devices = devices_found(session, domid, NR_DEVICE_CLASSES, &count);

	for (unsigned int i = 0; i < count; i++)
		if (closes(&devices[i]))
			device_ask_to_close(session, &devices[i], true);
	for (unsigned int i = 0; i < count; i++) {
		if (!closes(&devices[i]))
			continue;
		if (!device_await_closed(session, &devices[i], deadline))
			warn(session, "backend %s does not close; it is removed by force",
			     devices[i].backend);
		device_undo_connect(session, &devices[i]);
	}
	devices_remove_backends(session, devices, count);
	free(devices);
}
