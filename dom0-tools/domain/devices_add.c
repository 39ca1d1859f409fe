/* SPDX-License-Identifier: MIT */
/*
 * Gives a new domain its disks and network interfaces, served by Dom0's kernel (xen-blkback,
 * xen-netback).
 *
 * Nodes of frontend, backend and the toolstack's list are those 4.17's libxl writes. What its
 * hotplug scripts do is done here (naming the block device, putting the interface on its bridge),
 * unless the user names a script of his own. Each backend is awaited until it is ready for its
 * frontend.
 */
#include "domain/device_spec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#define READY_SECONDS 20

struct device_nodes {
	const char *kind;
	uint32_t domid, number;
	char frontend[PATH_BYTES], backend[PATH_BYTES];
	const struct disk_spec *disk; /* one of the two */
	const struct vif_spec *vif;
	char physical[32]; /* of a disk: "major:minor" */
};

static void disk_nodes(struct store_batch *batch, const struct disk_spec *disk, const char *at)
{
	store_write(batch, disk->target, "%s/params", at);
	store_write(batch, disk->script[0] ? disk->script : "/etc/xen/scripts/block", "%s/script",
		    at);
	store_write(batch, "0", "%s/removable", at);
	store_write(batch, "1", "%s/bootable", at);
	store_write(batch, disk->vdev, "%s/dev", at);
	store_write(batch, "phy", "%s/type", at);
	store_write(batch, disk->writable ? "w" : "r", "%s/mode", at);
	store_write(batch, disk->cdrom ? "cdrom" : "disk", "%s/device-type", at);
	store_write(batch, disk->discard ? "1" : "0", "%s/discard-enable", at);
	store_write(batch, "xen", "%s/specification", at);
}

static void vif_nodes(struct store_batch *batch, const struct vif_spec *vif, uint32_t number,
		      const char *at)
{
	store_write(batch, vif->script[0] ? vif->script : "/etc/xen/scripts/vif-bridge",
		    "%s/script", at);
	store_write(batch, vif->mac, "%s/mac", at);
	store_write(batch, vif->bridge, "%s/bridge", at);
	if (vif->ip[0])
		store_write(batch, vif->ip, "%s/ip", at);
	if (vif->vifname[0])
		store_write(batch, vif->vifname, "%s/vifname", at);
	store_write_number(batch, number, "%s/handle", at);
	store_write(batch, "vif", "%s/type", at);
	store_write(batch, "", "%s/hotplug-status", at);
}

/* The backend's nodes, and the same again as the toolstack's record. */
static void backend_nodes(struct store_batch *batch, const struct device_nodes *device,
			  const char *at)
{
	store_write(batch, device->frontend, "%s/frontend", at);
	store_write_number(batch, device->domid, "%s/frontend-id", at);
	store_write(batch, "1", "%s/online", at);
	store_write_number(batch, XenbusStateInitialising, "%s/state", at);
	if (device->disk)
		disk_nodes(batch, device->disk, at);
	else
		vif_nodes(batch, device->vif, device->number, at);
}

static void frontend_nodes(struct store_batch *batch, const struct device_nodes *device)
{
	const char *at = device->frontend;

	store_write(batch, device->backend, "%s/backend", at);
	store_permit(batch, device->domid, 0, "%s", at);
	store_permit(batch, device->domid, 0, "%s/backend", at);
	store_write(batch, "0", "%s/backend-id", at);
	store_write_number(batch, XenbusStateInitialising, "%s/state", at);
	store_write(batch, "1", "%s/trusted", at);
	if (device->disk) {
		store_write_number(batch, device->number, "%s/virtual-device", at);
		store_write(batch, device->disk->cdrom ? "cdrom" : "disk", "%s/device-type", at);
	} else {
		store_write_number(batch, device->number, "%s/handle", at);
		store_write(batch, device->vif->mac, "%s/mac", at);
	}
}

static void device_steps(struct store_batch *batch, void *data)
{
	const struct device_nodes *device = data;
	char list[PATH_BYTES];

	snprintf(list, sizeof(list), "/libxl/%u/device/%s/%u", device->domid, device->kind,
		 device->number);
	frontend_nodes(batch, device);
	store_write(batch, "", "%s", device->backend);
	store_permit(batch, 0, device->domid, "%s", device->backend);
	backend_nodes(batch, device, device->backend);
	store_write(batch, device->backend, "%s/backend", list);
	backend_nodes(batch, device, list);
}

static int write_nodes(struct session *session, struct device_nodes *device)
{
	int error;

	snprintf(device->frontend, PATH_BYTES, "/local/domain/%u/device/%s/%u", device->domid,
		 device->kind, device->number);
	snprintf(device->backend, PATH_BYTES, "/local/domain/0/backend/%s/%u/%u", device->kind,
		 device->domid, device->number);
	error = store_transact(session, device_steps, device);
	return error ? tell(session, error, "xenstored refused the entries of %s %u: %s",
			    device->kind, device->number, strerror(-error))
		     : 0;
}

static int await_ready(struct session *session, const struct device_nodes *device)
{
	uint64_t deadline = now_ns() + READY_SECONDS * 1000000000ULL, state;
	struct timespec pause = { 0, 1000000 };
	char *error;

	while (!store_read_number(session, &state, "%s/state", device->backend) ||
	       state < XenbusStateInitWait) {
		if (now_ns() > deadline)
			return tell(session, -ETIME,
				    "no backend takes care of %s: load its module (modprobe %s)",
				    device->backend, device->disk ? "xen-blkback" : "xen-netback");
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
	if (state < XenbusStateClosing)
		return 0;
	error = store_read(session, "/local/domain/0/error/backend/%s/%u/%u/error", device->kind,
			   device->domid, device->number);
	tell(session, 0, "the backend %s failed: %s", device->backend,
	     error ? error : "see the kernel's log");
	free(error);
	return -EIO;
}

/* A file becomes a loop device that goes when its last user does. */
static int open_loop(struct session *session, const struct disk_spec *disk, int file)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), device = -1;
	struct loop_config config = { .fd = file };

	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (disk->writable ? 0 : LO_FLAGS_READ_ONLY);
	memcpy(config.info.lo_file_name, disk->target, strnlen(disk->target, LO_NAME_SIZE - 1));
	for (unsigned int tries = 0; control >= 0 && tries < 20; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		char path[32];

		snprintf(path, sizeof(path), "/dev/loop%d", number);
		device =
		    number < 0 ? -1 : open(path, (disk->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		if (device >= 0 && !ioctl(device, LOOP_CONFIGURE, &config))
			break;
		if (device >= 0)
			close(device);
		device = -1;
	}
	if (control >= 0)
		close(control);
	close(file);
	return device >= 0 ? device
			   : tell(session, -ENODEV,
				  "disk %s: no loop device for the file (modprobe loop): %s",
				  disk->target, strerror(errno));
}

/* An open block device for the disk, to be kept until the backend has opened it. */
static int open_disk(struct session *session, const struct disk_spec *disk, char physical[32])
{
	struct stat stat;
	int fd = open(disk->target, (disk->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode)) {
		fd = open_loop(session, disk, fd);
		if (fd < 0)
			return fd;
	} else if (fd < 0 || !S_ISBLK(stat.st_mode)) {
		int error = fd < 0 ? -errno : -ENOTBLK;

		if (fd >= 0)
			close(fd);
		return tell(session, error, "disk %s: %s", disk->target, strerror(-error));
	}
	fstat(fd, &stat);
	snprintf(physical, 32, "%x:%x", major(stat.st_rdev), minor(stat.st_rdev));
	return fd;
}

static void connect_steps(struct store_batch *batch, void *data)
{
	const struct device_nodes *device = data;

	store_write(batch, "1", "%s/serai-hotplug", device->backend);
	if (device->disk)
		store_write(batch, device->physical, "%s/physical-device", device->backend);
	store_write(batch, "connected", "%s/hotplug-status", device->backend);
}

/* xen-blkback shows in sysfs that it has opened the device; a failure it tells in the store. */
static int await_opened(struct session *session, const struct device_nodes *device)
{
	uint64_t deadline = now_ns() + READY_SECONDS * 1000000000ULL;
	struct timespec pause = { 0, 1000000 };
	char path[PATH_BYTES], *why;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device",
		 device->domid, device->number);
	while (access(path, F_OK)) {
		why = store_read(session, "/local/domain/0/error/backend/vbd/%u/%u/error",
				 device->domid, device->number);
		if (why || now_ns() > deadline) {
			tell(session, 0, "disk %s: xen-blkback did not open it: %s",
			     device->disk->target, why ? why : "time ran out");
			free(why);
			return -EIO;
		}
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

/*
 * The backend opens the device by its number; our descriptor keeps a loop device alive until then.
 */
static int connect_disk(struct session *session, struct device_nodes *device)
{
	int fd = open_disk(session, device->disk, device->physical), error;

	if (fd < 0)
		return fd;
	error = store_transact(session, connect_steps, device);
	if (error)
		tell(session, error, "disk %s cannot be connected: %s", device->disk->target,
		     strerror(-error));
	else
		error = await_opened(session, device);
	close(fd);
	return error;
}

static int add_disk(struct session *session, uint32_t domid, const char *text)
{
	struct disk_spec disk;
	struct device_nodes device = { .kind = "vbd", .domid = domid, .disk = &disk };
	int error = disk_spec_parse(session, text, &disk);

	if (error)
		return error;
	device.number = disk.number;
	error = write_nodes(session, &device);
	if (!error)
		error = await_ready(session, &device);
	if (error)
		return error;
	return disk.script[0] ? device_script(session, device.backend, "vbd", "add")
			      : connect_disk(session, &device);
}

/* Puts the interface of netback on its bridge, up. */
static int join_bridge(struct session *session, const struct device_nodes *device, const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;
	struct ifreq request = { .ifr_flags = 0 };

	snprintf(request.ifr_name, IFNAMSIZ, "%s", device->vif->bridge);
	request.ifr_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !request.ifr_ifindex ||
	    (ioctl(fd, SIOCBRADDIF, &request) && errno != EBUSY)) {
		error = tell(session, -errno,
			     "vif %s cannot join bridge %s (%s): is there such a bridge? \"ip link "
			     "add %s type bridge\" "
			     "makes one",
			     name, device->vif->bridge, strerror(errno), device->vif->bridge);
	} else {
		snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
		if (ioctl(fd, SIOCGIFFLAGS, &request))
			error = -errno;
		request.ifr_flags |= IFF_UP;
		if (error || ioctl(fd, SIOCSIFFLAGS, &request))
			error = tell(session, -errno, "vif %s cannot be brought up: %s", name,
				     strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return error;
}

static int add_vif(struct session *session, uint32_t domid, unsigned int number, const char *text)
{
	struct vif_spec vif;
	struct device_nodes device = {
		.kind = "vif", .domid = domid, .number = number, .vif = &vif
	};
	char name[IFNAMSIZ];
	int error = vif_spec_parse(session, text, &vif);

	if (!error)
		error = write_nodes(session, &device);
	if (!error)
		error = await_ready(session, &device);
	if (error)
		return error;
	if (vif.script[0])
		return device_script(session, device.backend, "vif", "online");
	snprintf(name, sizeof(name), "vif%u.%u", domid, number);
	error = join_bridge(session, &device, name);
	return error ? error : store_transact(session, connect_steps, &device);
}

int devices_add(struct session *session, const struct domain_config *config, uint32_t domid)
{
	int error = 0;

	for (unsigned int i = 0; i < config->disks.count && !error; i++)
		error = add_disk(session, domid, config->disks.item[i]);
	for (unsigned int i = 0; i < config->vifs.count && !error; i++)
		error = add_vif(session, domid, i, config->vifs.item[i]);
	return error;
}
