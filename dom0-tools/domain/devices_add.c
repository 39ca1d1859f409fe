/* SPDX-License-Identifier: MIT */
/*
 * From specifications to devices: of a new domain, and one by one.
 *
 * Planning checks all that can be checked before anything is written; making writes the nodes,
 * awaits the backend and does for it what has to be done in this domain. Whatever fails later is
 * undone by device_force_away(), which accepts a half-made device.
 */
#include "domain/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const struct device_kind *const device_kinds[NR_DEVICE_CLASSES] = {
	[DEVICE_DISK] = &disk_kind, [DEVICE_VIF] = &vif_kind, [DEVICE_VFB] = &vfb_kind,
	[DEVICE_VKB] = &vkb_kind,   [DEVICE_P9] = &p9_kind,   [DEVICE_CHANNEL] = &channel_kind,
};

static struct string_list *list_of(const struct device_kind *kind, struct domain_config *config)
{
	return (struct string_list *)((char *)config + kind->list);
}

int device_plan(struct session *session, uint32_t domid, enum device_class class, const char *text,
		struct device *device)
{
	const struct device_kind *kind = device_kinds[class];
	struct spec_fault fault;
	const char *backend;
	int error;

	*device = (struct device){ .kind = kind, .domid = domid };
	if (!kind->read(text, device, &fault))
		return tell(session, -EINVAL, "%s \"%s\": %s", kind->key, text, fault.message);
	backend = kind->backend(device);
	if (*backend && domain_find(session, backend, &device->backend_domid))
		return -ESRCH;
	error = kind->choose(session, device);
	if (!error && !device->numbered)
		device->number = device_free_number(session, device);
	return error;
}

int device_make(struct session *session, struct device *device)
{
	int error = device_write_nodes(session, device);

	if (error || device->empty)
		return error;
	error = device_await_backend(session, device);
	if (!error && !device->backend_domid && device->kind->connect)
		error = device->kind->connect(session, device);
	return error;
}

static int add_one(struct session *session, uint32_t domid, enum device_class class,
		   const char *text)
{
	struct device device;
	int error = device_plan(session, domid, class, text, &device);

	return error ? error : device_make(session, &device);
}

/* A screen comes with its keyboard and pointer. */
static int add_vfb(struct session *session, uint32_t domid, const char *text)
{
	struct device device;
	char keyboard[SPEC_NAME + 16];
	int error = device_plan(session, domid, DEVICE_VFB, text, &device);

	if (!error)
		error = device_make(session, &device);
	if (error)
		return error;
	snprintf(keyboard, sizeof(keyboard), "%s%s", device.vfb.backend[0] ? "backend=" : "",
		 device.vfb.backend);
	return add_one(session, domid, DEVICE_VKB, keyboard);
}

int devices_add(struct session *session, const struct domain_config *config, uint32_t domid)
{
	int error = 0;

	for (unsigned int class = 0; class < NR_DEVICE_CLASSES && !error; class ++) {
		const struct string_list *list =
		    (const struct string_list *)(const void *)((const char *)config +
							       device_kinds[class]->list);

		for (unsigned int i = 0; i < list->count && !error; i++)
			error = class == DEVICE_VFB ? add_vfb(session, domid, list->item[i])
						    : add_one(session, domid, class, list->item[i]);
	}
	return error;
}

void vif_make_mac(char mac[18])
{
	uint8_t random[3] = { 0 };

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		random[0] = 1;
	snprintf(mac, 18, "00:16:3e:%02x:%02x:%02x", random[0] & 0x7f, random[1], random[2]);
}

char *device_settled(const struct device_kind *kind, const char *text, const struct device *device)
{
	struct device given = { .kind = kind };
	struct spec_fault fault;
	char number[24] = "", mac[24] = "", *settled;

	if (kind == &disk_kind)
		return disk_spec_text(&device->disk);
	if (!kind->read(text, &given, &fault))
		return NULL;
	if (!given.numbered)
		snprintf(number, sizeof(number), "devid=%u", device->number);
	if (kind == &vif_kind && !given.vif.mac[0])
		snprintf(mac, sizeof(mac), "mac=%s", device->vif.mac);
	if (asprintf(&settled, "%s%s%s%s%s", number, *number && *mac ? "," : "", mac,
		     (*number || *mac) && *text ? "," : "", text) < 0)
		return NULL;
	return settled;
}

static bool number_taken(const struct string_list *vifs, uint32_t number)
{
	struct spec_fault fault;
	struct vif_spec vif;

	for (unsigned int i = 0; i < vifs->count; i++)
		if (vif_spec_read(vifs->item[i], &vif, &fault) && vif.devid == (int)number)
			return true;
	return false;
}

int devices_settle(struct session *session, struct domain_config *config)
{
	struct string_list *vifs = list_of(&vif_kind, config);

	for (unsigned int i = 0; i < vifs->count; i++) {
		struct device device = { .kind = &vif_kind };
		struct spec_fault fault;
		char *settled;

		if (!vif_kind.read(vifs->item[i], &device, &fault))
			return tell(session, -EINVAL, "vif \"%s\": %s", vifs->item[i],
				    fault.message);
		while (!device.numbered && number_taken(vifs, device.number))
			device.number++;
		if (!device.vif.mac[0])
			vif_make_mac(device.vif.mac);
		settled = device_settled(&vif_kind, vifs->item[i], &device);
		if (!settled)
			return tell(session, -ENOMEM, "memory ran out");
		free(vifs->item[i]);
		vifs->item[i] = settled;
	}
	return 0;
}
