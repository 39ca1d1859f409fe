/* SPDX-License-Identifier: MIT */
/*
 * The share as a device of serai-backd: what the frontend may choose, and the folder.
 *
 * The worker gets the folder as a mount of its own, cloned from the tree but not attached to it:
 * its root has no parent, devices and set-id bits do nothing, and read-only is the kernel's word.
 * Other file systems mounted below the folder are not in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../p9_connect.h"
#include "../worker/p9_ring.h"
#include "back_daemon.h"

static int advertise(struct back_device *device)
{
	int rc = back_write(device, "versions", "1");

	if (!rc)
		rc = back_write(device, "max-rings", "%u", P9_MAX_RINGS);
	if (!rc)
		rc = back_write(device, "max-ring-page-order", "%u", P9_MAX_ORDER);
	return rc;
}

/* --- What the frontend chose ------------------------------------------------------------------ */

static int read_ring(struct back_device *device, struct p9_connect *c, uint32_t i)
{
	char key[32];
	int rc;

	snprintf(key, sizeof(key), "ring-ref%u", i);
	rc = back_read_front_number(device, key, UINT32_MAX, &c->rings[i].ref);
	if (rc)
		return back_error(device, rc, "the frontend's %s is missing or no number", key);
	snprintf(key, sizeof(key), "event-channel-%u", i);
	rc = back_read_front_number(device, key, UINT32_MAX, &c->rings[i].port);
	if (rc)
		return back_error(device, rc, "the frontend's %s is missing or no number", key);
	return 0;
}

static int read_rings(struct back_device *device, struct p9_connect *c)
{
	uint32_t version;
	int rc = back_read_front_number(device, "version", 1, &version);

	if (rc || version != 1)
		return back_error(device, -EINVAL, "the frontend's version is not 1");
	rc = back_read_front_number(device, "num-rings", P9_MAX_RINGS, &c->nr_rings);
	if (rc || !c->nr_rings)
		return back_error(device, -EINVAL, "the frontend's num-rings is not 1 to %u",
				  P9_MAX_RINGS);
	for (uint32_t i = 0; !rc && i < c->nr_rings; i++)
		rc = read_ring(device, c, i);
	return rc;
}

/* --- What the toolstack chose ------------------------------------------------------------------
 */

static int read_security(struct back_device *device, struct p9_connect *c)
{
	char *model = back_read(device, "security_model");
	int rc = 0;

	if (!model || !strcmp(model, "none"))
		c->security = P9_SECURITY_NONE;
	else if (!strcmp(model, "mapped"))
		c->security = P9_SECURITY_MAPPED;
	else
		rc = back_error(device, -EINVAL,
				"security_model=%s is not known: use none or mapped", model);
	free(model);
	return rc;
}

static void read_access(struct back_device *device, struct p9_connect *c)
{
	uint32_t readonly = 0;

	if (back_read_number(device, "readonly", 1, &readonly))
		readonly = 0;
	c->readonly = readonly;
}

/* The folder as a mount of its own; or -errno. */
static int open_folder(const char *path, bool readonly)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	long fd = syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	if (readonly)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (syscall(SYS_mount_setattr, (int)fd, "", AT_EMPTY_PATH, &attr, sizeof(attr))) {
		error = -errno;
		close((int)fd);
		return error;
	}
	return (int)fd;
}

static int open_share(struct back_device *device, bool readonly)
{
	char *path = back_read(device, "path");
	int fd;

	if (!path || *path != '/') {
		free(path);
		return back_error(device, -EINVAL, "path= must name a folder, from / on");
	}
	fd = open_folder(path, readonly);
	if (fd < 0)
		fd = back_error(device, fd, "cannot share the folder %s: %s", path, strerror(-fd));
	free(path);
	return fd;
}

static int prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct p9_connect *c = (struct p9_connect *)connect->body;
	int rc = read_rings(device, c), fd;

	if (!rc)
		rc = read_security(device, c);
	if (rc)
		return rc;
	read_access(device, c);
	fd = open_share(device, c->readonly);
	if (fd < 0)
		return fd;
	connect->fds[connect->nr_fds++] = fd;
	connect->bytes = sizeof(*c);
	connect->journal_bytes = sizeof(struct p9_journal);
	return 0;
}

static const struct back_class share_class = {
	.kind = "9pfs",
	.own_worker = true,
	.front = PV_FRONT,
	.advertise = advertise,
	.prepare = prepare,
};
BACK_CLASS(share_class);
