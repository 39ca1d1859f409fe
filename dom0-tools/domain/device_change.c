/* SPDX-License-Identifier: MIT */
/*
 * Devices that come and go while the guest runs, and the record of it in the domain's
 * configuration.
 *
 * An HVM guest's CD drive has no paravirtual half: its device model changes the medium.
 *
 * A guest has no say in whether a command ends: whatever it leaves undone within its time is either
 * an error after which everything is as before, or done without it.
 */
#include "domain/device.h"
#include "domain/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#define DETACH_SECONDS 10

struct config_entry {
	const struct device_kind *kind;
	const char *text;
	uint32_t number;
};

static struct string_list *list_of(const struct device_kind *kind, struct domain_config *config)
{
	return (struct string_list *)((char *)config + kind->list);
}

/* Numbers that are not written in the configuration are places in the list. */
static bool entry_is(const struct config_entry *entry, const char *text, unsigned int index)
{
	struct device device = { .kind = entry->kind };
	struct spec_fault fault;

	if (!entry->kind->read(text, &device, &fault))
		return false;
	return (device.numbered ? device.number : index) == entry->number;
}

static bool take_entry_out(struct domain_config *config, const void *data)
{
	const struct config_entry *entry = data;
	struct string_list *list = list_of(entry->kind, config);

	for (unsigned int i = list->count; i-- > 0;)
		if (entry_is(entry, list->item[i], i))
			string_list_remove(list, i);
	return true;
}

static bool put_entry_in(struct domain_config *config, const void *data)
{
	const struct config_entry *entry = data;

	take_entry_out(config, data);
	return string_list_add(list_of(entry->kind, config), entry->text);
}

static void record(struct session *session, const struct device *device, const char *text)
{
	struct config_entry entry = { device->kind, text, device->number };

	config_change(session, device->domid, text ? put_entry_in : take_entry_out, &entry);
}

/* A guest that does not run cannot answer. */
static int check_running(struct session *session, uint32_t domid, const char *noun)
{
	xc_domaininfo_t info;

	if (!domid)
		return tell(session, -EINVAL, "Domain-0 cannot be given a %s", noun);
	if (!domain_info(session, domid, &info) || info.flags & XEN_DOMINF_dying)
		return tell(session, -ESRCH,
			    "there is no domain %u; \"xl list\" shows those there are", domid);
	if (info.flags & XEN_DOMINF_shutdown)
		return tell(session, -ESRCH, "domain %u has ended: it can take no %s", domid, noun);
	if (info.flags & XEN_DOMINF_paused)
		return tell(session, -EBUSY,
			    "domain %u is paused, so it cannot answer: \"xl unpause %u\" first",
			    domid, domid);
	return 0;
}

static int attach(struct session *session, struct device *device)
{
	int error = device_make(session, device);

	if (error == -EEXIST)
		return error; /* another's: nothing is to be undone */
	if (!error && !device->empty)
		error = device_await_connected(session, device);
	if (error)
		device_force_away(session, device);
	return error;
}

int domain_attach(struct session *session, uint32_t domid, enum device_class class,
		  const char *specification)
{
	struct device device;
	char *text;
	int error = check_running(session, domid, device_kinds[class]->noun);

	if (!error)
		error = device_plan(session, domid, class, specification, &device);
	if (error)
		return error;
	if (strcmp(device.back_type, "vbd") && strcmp(device.back_type, "vif") && !device.empty &&
	    domain_is_hvm(session, domid))
		return tell(session, -EOPNOTSUPP,
			    "a running HVM guest takes only disks and cards that Linux serves: "
			    "its device model would take the others for its own; name it in the "
			    "configuration, and start the guest again");
	if (class == DEVICE_VIF && !device.vif.mac[0])
		vif_make_mac(device.vif.mac);
	text = device_settled(device.kind, specification, &device);
	error = text ? attach(session, &device) : tell(session, -ENOMEM, "memory ran out");
	if (!error)
		record(session, &device, text);
	free(text);
	return error;
}

static bool find(struct session *session, uint32_t domid, enum device_class class, uint32_t number,
		 struct device *device)
{
	unsigned int count;
	struct device *devices = devices_found(session, domid, class, &count);
	bool found = false;

	for (unsigned int i = 0; i < count && !found; i++) {
		found = devices[i].number == number;
		if (found)
			*device = devices[i];
	}
	free(devices);
	return found;
}

static uint64_t state_of(struct session *session, const char *directory)
{
	uint64_t state;

	return directory[0] && store_read_number(session, &state, "%s/state", directory) ? state
											 : 0;
}

/* Has the guest taken it, or might it just be doing so? */
static bool in_use(struct session *session, const struct device *device)
{
	uint64_t front = state_of(session, device->frontend);
	uint64_t back = state_of(session, device->backend);

	return back && back != XenbusStateClosed && front >= XenbusStateInitialised &&
	       front != XenbusStateClosed;
}

/* Who stands still cannot let go: no use in waiting. */
static bool stands_still(struct session *session, uint32_t domid)
{
	xc_domaininfo_t info;

	return domain_info(session, domid, &info) && info.flags & XEN_DOMINF_paused &&
	       !(info.flags & XEN_DOMINF_shutdown);
}

static bool has_ended(struct session *session, uint32_t domid)
{
	xc_domaininfo_t info;

	return !domain_info(session, domid, &info) ||
	       info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

static int let_go(struct session *session, const struct device *device)
{
	uint64_t deadline = now_ns() + DETACH_SECONDS * 1000000000ULL;

	device_ask_to_close(session, device, false);
	return device_await_closed(session, device, deadline) ? 0 : -EBUSY;
}

/* Without the record of the configuration. */
static int detach(struct session *session, const struct device *device, enum detach_force force)
{
	struct device_ports ports;
	int error = 0;

	device_ports(session, device, &ports);
	if (force != DETACH_AT_ONCE && in_use(session, device) &&
	    !has_ended(session, device->domid)) {
		if (force == DETACH_ASK && stands_still(session, device->domid))
			return tell(
			    session, -EBUSY,
			    "domain %u is paused, so it cannot let go of %s %u: \"xl unpause "
			    "%u\" first, or use --force",
			    device->domid, device->kind->noun, device->number, device->domid);
		error = let_go(session, device);
	}
	if (error && force == DETACH_ASK)
		return tell(session, error,
			    "the guest does not let go of %s %u: end its use there (umount) and "
			    "repeat this, or use --force",
			    device->kind->noun, device->number);
	if (error)
		warn(session, "the guest does not let go of %s %u: it is taken away by force",
		     device->kind->noun, device->number);
	device_force_away(session, device);
	if (force != DETACH_AT_ONCE && !error && !has_ended(session, device->domid))
		device_await_forgotten(session, device->domid, &ports);
	return 0;
}

int domain_detach(struct session *session, uint32_t domid, enum device_class class, uint32_t number,
		  enum detach_force force)
{
	struct device device;
	int error;

	if (!find(session, domid, class, number, &device))
		return tell(session, -ENODEV, "domain %u has no %s %u", domid,
			    device_kinds[class]->noun, number);
	error = detach(session, &device, force);
	if (!error)
		record(session, &device, NULL);
	return error;
}

/* The drive as it is, but with another medium or none. */
static char *medium_spec(struct session *session, const struct device *drive, const char *target)
{
	char *vdev = store_read(session, "%s/dev", drive->record);
	char *script = store_read(session, "%s/script", drive->record), *text = NULL;
	const char *name = script ? strrchr(script, '/') : NULL;
	bool own = !strcmp(drive->back_type, "qdisk");

	if (name && !strcmp(name, "/block"))
		name = NULL;
	if (asprintf(&text, "vdev=%s,cdrom,backend=%u,backendtype=%s%s%s,target=%s",
		     vdev ? vdev : "", drive->backend_domid, own ? "qdisk" : "phy",
		     name ? ",script=" : "", name ? script : "", target ? target : "") < 0)
		text = NULL;
	free(vdev);
	free(script);
	return text;
}

static int change_medium(struct session *session, struct device *drive, const char *target)
{
	char *text = medium_spec(session, drive, target), *settled = NULL;
	char *none = medium_spec(session, drive, NULL);
	struct device fresh, empty;
	int error = text && none ? device_plan(session, drive->domid, DEVICE_DISK, text, &fresh)
				 : tell(session, -ENOMEM, "memory ran out");

	if (!error && domain_is_hvm(session, drive->domid))
		error = model_change_medium(session, drive->domid, &fresh.disk);
	if (!error)
		error = detach(session, drive, DETACH_ASK);
	if (error)
		goto out;
	error = attach(session, &fresh);
	/* A drive whose new medium failed is there all the same, empty. */
	if (error && !device_plan(session, drive->domid, DEVICE_DISK, none, &empty))
		device_write_nodes(session, &empty);
	settled = disk_spec_text(error ? &empty.disk : &fresh.disk);
	if (settled)
		record(session, drive, settled);
out:
	free(settled);
	free(text);
	free(none);
	return error;
}

int domain_change_medium(struct session *session, uint32_t domid, const char *vdev,
			 const char *target)
{
	struct device drive;
	uint32_t number;
	char *type;
	int error = target ? check_running(session, domid, "medium") : 0;

	if (error)
		return error;
	if (!vdev_number(vdev, &number) || !find(session, domid, DEVICE_DISK, number, &drive))
		return tell(session, -ENODEV,
			    "domain %u has no drive %s; \"xl block-list %u\" shows "
			    "what it has",
			    domid, vdev, domid);
	type = store_read(session, "%s/device-type", drive.record);
	if (!type || strcmp(type, "cdrom"))
		error = tell(session, -EINVAL,
			     "%s of domain %u is a disk, no CD drive: use block-detach and "
			     "block-attach",
			     vdev, domid);
	free(type);
	if (error || (!target && drive.empty && !domain_is_hvm(session, domid)))
		return error;
	return change_medium(session, &drive, target);
}
