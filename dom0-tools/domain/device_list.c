/* SPDX-License-Identifier: MIT */
/*
 * Which devices a domain has, from the toolstack's record, and what their halves say of themselves.
 * Paths the record names are used only if they are of the shape devices' paths have.
 */
#include "domain/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a toolstack may have made that is none of ours. */
static const struct device_kind other_kind = { .noun = "device" };

static const struct device_kind *kind_of(const char *front_type)
{
	for (unsigned int i = 0; i < NR_DEVICE_CLASSES; i++)
		if (!strcmp(device_kinds[i]->front_type, front_type))
			return device_kinds[i];
	return &other_kind;
}

static void read_record(struct session *session, struct device *device)
{
	char *backend = store_read(session, "%s/backend", device->record);
	char *frontend = store_read(session, "%s/frontend", device->record), own[32], *target;
	unsigned int domid, number;
	int length = 0;

	if (backend &&
	    sscanf(backend, "/local/domain/%u/backend/%31[^/]/%u/%u%n", &device->backend_domid,
		   device->back_type, &domid, &number, &length) == 4 &&
	    !backend[length] && domid == device->domid)
		snprintf(device->backend, PATH_BYTES, "%s", backend);
	snprintf(own, sizeof(own), "/local/domain/%u/device/", device->domid);
	if (frontend && !strncmp(frontend, own, strlen(own)))
		snprintf(device->frontend, PATH_BYTES, "%s", frontend);
	free(backend);
	free(frontend);
	if (device->kind == &disk_kind) {
		target = store_read(session, "%s/params", device->record);
		device->empty = target && !*target;
		free(target);
	}
}

static bool add_one(struct session *session, struct device **devices, unsigned int *count,
		    uint32_t domid, const char *type, const char *id)
{
	struct device *grown = realloc(*devices, (*count + 1) * sizeof(*grown)), *device;

	if (!grown)
		return false;
	*devices = grown;
	device = grown + (*count)++;
	memset(device, 0, sizeof(*device));
	device->kind = kind_of(type);
	device->domid = domid;
	device->number = strtoul(id, NULL, 10);
	snprintf(device->record, PATH_BYTES, "/libxl/%u/device/%s/%s", domid, type, id);
	read_record(session, device);
	return true;
}

struct device *devices_found(struct session *session, uint32_t domid, enum device_class class,
			     unsigned int *count)
{
	struct device *devices = NULL;
	char path[PATH_BYTES];
	unsigned int nr_types = 0;
	char **types;

	*count = 0;
	snprintf(path, sizeof(path), "/libxl/%u/device", domid);
	types = xs_directory(session->xs, XBT_NULL, path, &nr_types);
	for (unsigned int t = 0; t < nr_types; t++) {
		unsigned int nr_ids = 0;
		char **ids;

		if (class != NR_DEVICE_CLASSES && kind_of(types[t]) != device_kinds[class])
			continue;
		snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, types[t]);
		ids = xs_directory(session->xs, XBT_NULL, path, &nr_ids);
		for (unsigned int i = 0; i < nr_ids; i++)
			if (!add_one(session, &devices, count, domid, types[t], ids[i]))
				break;
		free(ids);
	}
	free(types);
	return devices;
}

static long number_at(struct session *session, const char *directory, const char *node)
{
	uint64_t number;

	return store_read_number(session, &number, "%s/%s", directory, node) && number < 1u << 31
		   ? (long)number
		   : -1;
}

/* With several queues the first one's stand for all. */
static long first_number(struct session *session, const char *directory, const char *const *nodes)
{
	long number = -1;

	for (; *nodes && number < 0; nodes++)
		number = number_at(session, directory, *nodes);
	return number;
}

static void describe(struct session *session, const struct device *device, struct device_info *info)
{
	static const char *const events[] = { "event-channel", "event-channel-tx",
					      "queue-0/event-channel", "queue-0/event-channel-tx",
					      NULL };
	static const char *const rings[] = { "ring-ref",	  "ring-ref0",
					     "tx-ring-ref",	  "queue-0/ring-ref",
					     "queue-0/ring-ref0", "queue-0/tx-ring-ref",
					     "page-ref",	  NULL };
	static const char *const rings_rx[] = { "rx-ring-ref", "queue-0/rx-ring-ref", NULL };

	*info = (struct device_info){ .number = device->number,
				      .backend_domid = device->backend_domid,
				      .frontend = strdup(device->frontend),
				      .backend = strdup(device->backend) };
	info->state = number_at(session, device->frontend, "state");
	info->backend_state = number_at(session, device->backend, "state");
	info->event_channel = number_at(session, device->frontend, "event-channel");
	info->ring = number_at(session, device->frontend,
			       device->kind == &vif_kind ? "tx-ring-ref" : "ring-ref");
	info->ring_rx = number_at(session, device->frontend, "rx-ring-ref");
	info->first_channel = first_number(session, device->frontend, events);
	info->first_ring = first_number(session, device->frontend, rings);
	info->first_ring_rx = first_number(session, device->frontend, rings_rx);
	info->mac = store_read(session, "%s/mac", device->record);
	info->connection = store_read(session, "%s/connection", device->record);
	info->path = store_read(
	    session, info->connection && !strcmp(info->connection, "pty") ? "%s/tty" : "%s/path",
	    info->connection && !strcmp(info->connection, "pty") ? device->frontend
								 : device->record);
	info->target = store_read(session, "%s/params", device->record);
	info->vdev = store_read(session, "%s/dev", device->record);
	info->mode = store_read(session, "%s/mode", device->record);
	info->id = store_read(session, "%s/unique-id", device->record);
	info->type = store_read(session, "%s/device-type", device->record);
}

struct device_info *domain_devices(struct session *session, uint32_t domid, enum device_class class,
				   unsigned int *count)
{
	unsigned int nr;
	struct device *devices = devices_found(session, domid, class, &nr);
	struct device_info *list = calloc(nr + 1, sizeof(*list));

	*count = 0;
	for (unsigned int i = 0; list && i < nr; i++)
		if (class != DEVICE_CHANNEL || devices[i].number)
			describe(session, &devices[i], &list[(*count)++]);
	free(devices);
	return list;
}

void device_infos_free(struct device_info *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		char *texts[] = { list[i].frontend,   list[i].backend, list[i].mac,
				  list[i].connection, list[i].path,    list[i].target,
				  list[i].vdev,	      list[i].mode,    list[i].type,
				  list[i].id };

		for (unsigned int t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			free(texts[t]);
	}
	free(list);
}
