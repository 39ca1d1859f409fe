/* SPDX-License-Identifier: MIT */
/*
 * Disks: block devices by Linux's xen-blkback ("phy"), raw files and all other formats by Serai's own
 * backend ("qdisk"): the faster of the two for each, see docs/performance.md.
 *
 * What 4.17's script `block` does is done here: a file gets a loop device that goes with its last
 * user, and xen-blkback is told the device's numbers. A script the user names is run instead.
 */
#include "domain/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define OPEN_SECONDS 20

static bool disk_read(const char *text, struct device *device, struct spec_fault *fault)
{
	if (!disk_spec_read(text, &device->disk, fault))
		return false;
	device->number = device->disk.number;
	device->numbered = true;
	return true;
}

static const char *disk_backend(const struct device *device)
{
	return device->disk.backend;
}

/* A target that is no path is a device's name: "vg/disk" is /dev/vg/disk. */
static int complete_target(struct session *session, struct disk_spec *disk)
{
	char whole[SPEC_PATH];

	if (!disk->target[0] || disk->target[0] == '/' || disk->script[0])
		return 0;
	if (snprintf(whole, sizeof(whole), "/dev/%s", disk->target) >= (int)sizeof(whole))
		return tell(session, -ENAMETOOLONG, "disk %s: its target is too long", disk->vdev);
	memcpy(disk->target, whole, sizeof(whole));
	return 0;
}

static int check_target(struct session *session, const struct disk_spec *disk)
{
	struct stat stat_buffer;

	if (stat(disk->target, &stat_buffer))
		return tell(session, -errno, "disk %s: %s: %s", disk->vdev, disk->target,
			    strerror(errno));
	if (!S_ISREG(stat_buffer.st_mode) && !S_ISBLK(stat_buffer.st_mode))
		return tell(session, -ENOTBLK, "disk %s: %s is neither a file nor a block device",
			    disk->vdev, disk->target);
	return 0;
}

/* A raw file in this domain; without a target or with a script it is not known to be one. */
static bool is_local_file(const struct device *device)
{
	const struct disk_spec *disk = &device->disk;
	struct stat stat_buffer;

	return disk->target[0] == '/' && !disk->script[0] && !device->backend_domid &&
	       !stat(disk->target, &stat_buffer) && S_ISREG(stat_buffer.st_mode);
}

static bool is_own(const struct device *device)
{
	const struct disk_spec *disk = &device->disk;

	if (disk->type != DISK_AUTO)
		return disk->type == DISK_QDISK;
	return disk->format != DISK_RAW || is_local_file(device);
}

static int disk_choose(struct session *session, struct device *device)
{
	struct disk_spec *disk = &device->disk;
	bool own = is_own(device);
	int error;

	if (own && disk->script[0])
		return tell(session, -EINVAL,
			    "disk %s: script= is for raw disks served by the kernel: leave out "
			    "backendtype=qdisk and format=%s, or script=",
			    disk->vdev, disk_format_names[disk->format]);
	if (!own && disk->format != DISK_RAW)
		return tell(session, -EINVAL,
			    "disk %s: backendtype=phy serves raw disks only: leave it out for "
			    "format=%s",
			    disk->vdev, disk_format_names[disk->format]);
	snprintf(device->back_type, sizeof(device->back_type), "%s", own ? "qdisk" : "vbd");
	device->scripted = disk->script[0];
	device->empty = !disk->target[0];
	/* Kernels leave the paravirtual half of an HVM guest's CD drive alone: there is none. */
	if (disk->cdrom && domain_is_hvm(session, device->domid))
		device->empty = true;
	error = complete_target(session, disk);
	if (error || !disk->target[0] || device->backend_domid)
		return error;
	if (!disk->script[0])
		error = check_target(session, disk);
	if (!error && own && !device->empty)
		error = backd_needed(session, device);
	return error;
}

static void disk_front(struct store_batch *batch, const struct device *device)
{
	const char *at = device->frontend;

	store_write_number(batch, device->number, "%s/virtual-device", at);
	store_write(batch, device->disk.cdrom ? "cdrom" : "disk", "%s/device-type", at);
	store_write(batch, device->disk.untrusted ? "0" : "1", "%s/trusted", at);
	store_write(batch, "x86_64-abi", "%s/protocol", at);
}

static void disk_script(const struct disk_spec *disk, char path[SPEC_PATH + 24])
{
	bool whole = strchr(disk->script, '/') != NULL;

	snprintf(path, SPEC_PATH + 24, "%s%s", whole ? "" : "/etc/xen/scripts/",
		 disk->script[0] ? disk->script : "block");
}

static void disk_back(struct store_batch *batch, const struct device *device, const char *at)
{
	const struct disk_spec *disk = &device->disk;
	bool own = !strcmp(device->back_type, "qdisk");
	char params[SPEC_PATH + 8], script[SPEC_PATH + 24];

	if (own) /* raw has an older name there */
		snprintf(params, sizeof(params), "%s:%s",
			 disk->format == DISK_RAW ? "aio" : disk_format_names[disk->format],
			 disk->target);
	else
		snprintf(params, sizeof(params), "%s", disk->target);
	disk_script(disk, script);
	store_write(batch, params, "%s/params", at);
	if (!own)
		store_write(batch, script, "%s/script", at);
	store_write(batch, disk->cdrom ? "1" : "0", "%s/removable", at);
	store_write(batch, "1", "%s/bootable", at);
	store_write(batch, disk->vdev, "%s/dev", at);
	store_write(batch, own ? "qdisk" : "phy", "%s/type", at);
	store_write(batch, disk->writable ? "w" : "r", "%s/mode", at);
	store_write(batch, disk->cdrom ? "cdrom" : "disk", "%s/device-type", at);
	if (disk->direct_io_safe)
		store_write(batch, "1", "%s/direct-io-safe", at);
	store_write(batch, disk->discard && disk->writable ? "1" : "0", "%s/discard-enable", at);
	store_write(batch, "xen", "%s/specification", at);
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
	const struct device *device = data;

	store_write(batch, device->physical, "%s/physical-device", device->backend);
	store_write(batch, "connected", "%s/hotplug-status", device->backend);
}

/* xen-blkback shows in sysfs that it has opened the device; a failure it tells in the store. */
static int await_opened(struct session *session, const struct device *device)
{
	uint64_t deadline = now_ns() + OPEN_SECONDS * 1000000000ULL;
	struct timespec pause = { 0, 1000000 };
	char path[PATH_BYTES], *why;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device",
		 device->domid, device->number);
	while (access(path, F_OK)) {
		why = device_complaint(session, device);
		if (why || now_ns() > deadline) {
			tell(session, 0, "disk %s: xen-blkback did not open it: %s",
			     device->disk.target, why ? why : "time ran out");
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
static int disk_connect(struct session *session, struct device *device)
{
	int fd, error;

	if (strcmp(device->back_type, "vbd"))
		return 0; /* serai-backd opens it by itself */
	if (device->disk.script[0])
		return device_script(session, device->backend, "vbd", "add");
	fd = open_disk(session, &device->disk, device->physical);
	if (fd < 0)
		return fd;
	error = store_transact(session, connect_steps, device);
	if (error)
		tell(session, error, "disk %s cannot be connected: %s", device->disk.target,
		     strerror(-error));
	else
		error = await_opened(session, device);
	close(fd);
	return error;
}

const struct device_kind disk_kind = {
	.key = "disk",
	.noun = "disk",
	.front_type = "vbd",
	.list = offsetof(struct domain_config, disks),
	.read = disk_read,
	.backend = disk_backend,
	.choose = disk_choose,
	.front_nodes = disk_front,
	.back_nodes = disk_back,
	.connect = disk_connect,
	.script_off = "remove",
};
