/* SPDX-License-Identifier: MIT */
/*
 * The part of a device's life that a driver domain does itself: once a backend of its kernel's is
 * ready, what the toolstack does elsewhere (naming the block device, placing the interface) is done
 * here, from the backend's nodes alone; and undone when the backend is closed.
 *
 * The toolstack's domain wrote those nodes, and is trusted; frontends cannot write there.
 */
#include "domain/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

struct served {
	struct served *next;
	struct device device;
	bool seen;
};

static struct served *all;

static void text_node(struct session *session, const struct device *device, const char *node,
		      char *to, size_t room)
{
	char *value = store_read(session, "%s/%s", device->backend, node);

	snprintf(to, room, "%s", value ? value : "");
	free(value);
}

static void script_node(struct session *session, struct device *device, const char *usual, char *to,
			size_t room)
{
	text_node(session, device, "script", to, room);
	if (!strcmp(to, usual))
		*to = '\0';
	device->scripted = *to;
}

static void read_disk(struct session *session, struct device *device)
{
	struct disk_spec *disk = &device->disk;
	char mode[8];

	text_node(session, device, "params", disk->target, sizeof(disk->target));
	text_node(session, device, "dev", disk->vdev, sizeof(disk->vdev));
	text_node(session, device, "mode", mode, sizeof(mode));
	script_node(session, device, "/etc/xen/scripts/block", disk->script, sizeof(disk->script));
	disk->writable = *mode == 'w';
}

static void read_card(struct session *session, struct device *device)
{
	struct vif_spec *vif = &device->vif;
	uint64_t mtu;

	text_node(session, device, "mac", vif->mac, sizeof(vif->mac));
	text_node(session, device, "ip", vif->ip, sizeof(vif->ip));
	text_node(session, device, "bridge", vif->bridge, sizeof(vif->bridge));
	text_node(session, device, "mode", vif->mode, sizeof(vif->mode));
	text_node(session, device, "vifname", vif->vifname, sizeof(vif->vifname));
	text_node(session, device, "gatewaydev", vif->gatewaydev, sizeof(vif->gatewaydev));
	script_node(session, device, "/etc/xen/scripts/vif-bridge", vif->script,
		    sizeof(vif->script));
	if (store_read_number(session, &mtu, "%s/mtu", device->backend) && mtu <= 65535)
		vif->mtu = (unsigned int)mtu;
}

static void connect(struct session *session, struct served *served)
{
	struct device *device = &served->device;
	struct store_batch batch = { .xs = session->xs };

	if (device->kind == &disk_kind)
		read_disk(session, device);
	else
		read_card(session, device);
	if (!device->kind->connect(session, device))
		return;
	store_write(&batch, "set up failed: see the driver domain's messages", "%s/hotplug-error",
		    device->backend);
	store_write(&batch, "error", "%s/hotplug-status", device->backend);
}

static void disconnect(struct session *session, const struct served *served)
{
	const struct device *device = &served->device;

	if (device->scripted)
		device_script(session, device->backend, device->back_type,
			      device->kind->script_off);
	else if (device->kind->left)
		device->kind->left(session, device);
}

static struct served *find(const char *backend)
{
	for (struct served *served = all; served; served = served->next)
		if (!strcmp(served->device.backend, backend))
			return served;
	return NULL;
}

static void look_at(struct session *session, const struct device *device)
{
	struct served *served = find(device->backend);
	uint64_t state;

	if (!store_read_number(session, &state, "%s/state", device->backend) ||
	    state >= XenbusStateClosed)
		return;
	if (served || state != XenbusStateInitWait) {
		if (served)
			served->seen = true;
		return;
	}
	served = calloc(1, sizeof(*served));
	if (!served)
		return;
	served->device = *device;
	served->seen = true;
	served->next = all;
	all = served;
	connect(session, served);
}

static void look_at_kind(struct session *session, const struct device_kind *kind, uint32_t self)
{
	unsigned int nr_domains = 0;
	char path[PATH_BYTES], **domains;

	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s", self, kind->front_type);
	domains = xs_directory(session->xs, XBT_NULL, path, &nr_domains);
	for (unsigned int d = 0; d < nr_domains; d++) {
		unsigned int nr_ids = 0;
		char **ids;

		snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%s", self,
			 kind->front_type, domains[d]);
		ids = xs_directory(session->xs, XBT_NULL, path, &nr_ids);
		for (unsigned int i = 0; i < nr_ids; i++) {
			struct device device = { .kind = kind,
						 .domid = strtoul(domains[d], NULL, 10),
						 .number = strtoul(ids[i], NULL, 10),
						 .backend_domid = self };

			snprintf(device.back_type, sizeof(device.back_type), "%s",
				 kind->front_type);
			device_paths(&device);
			look_at(session, &device);
		}
		free(ids);
	}
	free(domains);
}

void driver_look(struct session *session, uint32_t self)
{
	struct served **link = &all;

	for (struct served *served = all; served; served = served->next)
		served->seen = false;
	look_at_kind(session, &disk_kind, self);
	look_at_kind(session, &vif_kind, self);
	while (*link) {
		struct served *served = *link;

		if (served->seen) {
			link = &served->next;
			continue;
		}
		disconnect(session, served);
		*link = served->next;
		free(served);
	}
}
