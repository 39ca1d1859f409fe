/* SPDX-License-Identifier: MIT */
/*
 * The screen as a device of serai-backd: what the toolstack and the frontend say of it, the
 * listening socket, and the way to the guest's memory.
 *
 * The socket stays open as long as the device is there, so its port does not change when the worker
 * is restarted or the guest's driver reconnects.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/sys/privcmd.h>
#include <xen/io/protocols.h>

#include "../keymap.h"
#include "../vfb_connect.h"
#include "back_daemon.h"
#include "input_pair.h"
#include "vnc_listen.h"

#define MAX_FRAME (1ull << 52)

struct screen {
	int listener; /* 0: none yet */
	uint32_t port;
};

static int advertise(struct back_device *device)
{
	int rc = back_write(device, "request-update", "1");

	return rc ? rc : back_write(device, "feature-resize", "1");
}

/* --- Viewers
 * -------------------------------------------------------------------------------------- */

static bool is_off(struct back_device *device, const char *key)
{
	char *text = back_read(device, key);
	bool off = text && !strcmp(text, "0");

	free(text);
	return off;
}

/* Where "xl vncviewer" looks. Losing it costs only that. */
static void publish(struct back_device *device, const char *address)
{
	const struct screen *s = device->state;
	char console[64], path[80], text[16];

	(void)back_write(device, "vnc-port", "%u", s->port);
	if (device->devid)
		return;
	snprintf(console, sizeof(console), "/local/domain/%u/console", device->domid);
	snprintf(path, sizeof(path), "%s/vnc-port", console);
	snprintf(text, sizeof(text), "%u", s->port);
	(void)xs_write_if(back_store(), console, path, text, (unsigned int)strlen(text));
	snprintf(path, sizeof(path), "%s/vnc-listen", console);
	(void)xs_write_if(back_store(), console, path, address, (unsigned int)strlen(address));
}

static int listen_for_viewers(struct back_device *device)
{
	struct screen *s = device->state;
	char *address = back_read(device, "vnclisten");
	const char *at = address && *address ? address : "127.0.0.1";
	uint32_t display = 0;
	int rc = back_read_number(device, "vncdisplay", VNC_MAX_DISPLAY, &display), fd;

	if (rc && rc != -ENOENT) {
		free(address);
		return back_error(device, -EINVAL, "vncdisplay is not 0 to %u", VNC_MAX_DISPLAY);
	}
	fd = vnc_listen(at, display, !is_off(device, "vncunused"), &s->port);
	if (fd > 0) {
		s->listener = fd;
		publish(device, at);
		rc = 0;
	} else if (fd == -EINVAL) {
		rc = back_error(device, fd, "vnclisten=%s is no address: give it in numbers", at);
	} else {
		rc = back_error(device, fd,
				"cannot listen at %s, port %u: %s (another vncdisplay=, or "
				"vncunused=1, may help)",
				at, s->port, strerror(-fd));
	}
	free(address);
	return rc;
}

/* VNC has eight letters of a password; a longer one would seem to work and protect less. */
static int read_password(struct back_device *device, struct vfb_connect *c)
{
	char *password = back_read(device, "vncpasswd");
	size_t len = password ? strlen(password) : 0;

	if (len > VFB_PASSWORD_MAX)
		back_log(LOG_WARNING,
			 "%s: of vncpasswd only the first %d letters count, VNC knows no more",
			 device->path, VFB_PASSWORD_MAX);
	c->has_password = len > 0;
	if (len)
		snprintf(c->password, sizeof(c->password), "%s", password);
	free(password);
	return 0;
}

static int read_keymap(struct back_device *device, struct vfb_connect *c)
{
	char *name = back_read(device, "keymap");
	const struct keymap *map = keymap_find(name ? name : "");
	int rc = 0;

	if (map)
		snprintf(c->keymap, sizeof(c->keymap), "%s", map->name);
	else
		rc = back_error(device, -EINVAL, "keymap=%s is not known: it may be %s", name,
				keymap_names);
	free(name);
	return rc;
}

static void read_name(struct back_device *device, struct vfb_connect *c)
{
	char path[64], *name;

	snprintf(path, sizeof(path), "/local/domain/%u/name", device->domid);
	name = xs_read(back_store(), XBT_NULL, path, NULL);
	if (name)
		snprintf(c->name, sizeof(c->name), "%s", name);
	else
		snprintf(c->name, sizeof(c->name), "domain %u", device->domid);
	free(name);
}

/* --- The frontend --------------------------------------------------------------------------------
 */

static int read_frame(struct back_device *device, uint64_t *frame)
{
	char *text = back_read_front(device, "page-ref"), *end;
	bool good = false;

	if (text && *text >= '0' && *text <= '9') {
		errno = 0;
		*frame = strtoull(text, &end, 10);
		good = !errno && !*end && *frame < MAX_FRAME;
	}
	free(text);
	return good ? 0 : back_error(device, -EINVAL, "the frontend's page-ref is no frame number");
}

static int read_protocol(struct back_device *device, struct vfb_connect *c)
{
	char *protocol = back_read_front(device, "protocol");
	int rc = 0;

	c->words = 8;
	if (protocol && !strcmp(protocol, XEN_IO_PROTO_ABI_X86_32))
		c->words = 4;
	else if (protocol && strcmp(protocol, XEN_IO_PROTO_ABI_X86_64))
		rc = back_error(device, -EINVAL, "the frontend's protocol %s is not known",
				protocol);
	free(protocol);
	return rc;
}

static int read_frontend(struct back_device *device, struct vfb_connect *c)
{
	uint32_t updates = 0;
	int rc = read_frame(device, &c->frame);

	if (!rc)
		rc = read_protocol(device, c);
	if (rc)
		return rc;
	if (!back_read_front_number(device, "feature-update", 1, &updates))
		c->updates = updates;
	rc = back_read_front_number(device, "event-channel", UINT32_MAX, &c->port);
	return rc ? back_error(device, rc, "the frontend's event-channel is no number") : 0;
}

/* The guest's memory and nobody else's, whatever becomes of the worker. */
static int open_memory(struct back_device *device)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), error;
	domid_t domid = (domid_t)device->domid;

	if (fd < 0)
		return back_error(device, -errno, "cannot open /dev/xen/privcmd: %s",
				  strerror(errno));
	if (!ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &domid))
		return fd;
	error = -errno;
	close(fd);
	return back_error(device, error, "cannot confine /dev/xen/privcmd to the guest: %s",
			  strerror(-error));
}

static int add_fd(struct back_connect *connect, int fd)
{
	if (fd < 0)
		return fd;
	connect->fds[connect->nr_fds++] = fd;
	return 0;
}

static int add_fds(struct back_device *device, struct back_connect *connect)
{
	const struct screen *s = device->state;
	int rc = add_fd(connect, open_memory(device)), fd;

	if (rc)
		return rc;
	fd = fcntl(s->listener, F_DUPFD_CLOEXEC, 0);
	rc = fd < 0 ? -errno : add_fd(connect, fd);
	if (!rc)
		rc = add_fd(connect, input_pair_get(device->domid, device->devid, INPUT_SCREEN));
	return rc ? back_error(device, rc, "cannot hand over the screen's sockets: %s",
			       strerror(-rc))
		  : 0;
}

static int prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct vfb_connect *c = (struct vfb_connect *)connect->body;
	struct screen *s = device->state;
	int rc;

	if (is_off(device, "vnc"))
		return back_error(device, -EOPNOTSUPP,
				  "vnc=0: screens are shown by VNC only; set vnc=1 in vfb=");
	rc = read_frontend(device, c);
	if (!rc)
		rc = read_keymap(device, c);
	if (!rc && !s->listener)
		rc = listen_for_viewers(device);
	if (rc)
		return rc;
	read_password(device, c);
	read_name(device, c);
	connect->bytes = sizeof(*c);
	return add_fds(device, connect);
}

/* A worker that was killed has left keys pressed. */
static void disconnected(struct back_device *device)
{
	input_pair_release(device->domid, device->devid);
}

static void gone(struct back_device *device)
{
	struct screen *s = device->state;

	if (s->listener)
		close(s->listener);
	s->listener = 0;
	input_pair_put(device->domid, device->devid, INPUT_SCREEN);
}

static const struct back_class screen_class = {
	.kind = "vfb",
	.state_bytes = sizeof(struct screen),
	.own_worker = true,
	.program = "serai-back-vfb",
	.front = PV_FRONT,
	.advertise = advertise,
	.prepare = prepare,
	.disconnected = disconnected,
	.gone = gone,
};
BACK_CLASS(screen_class);
