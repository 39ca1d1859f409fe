/* SPDX-License-Identifier: MIT */
/*
 * One device: found, looked at, and, when its directory is gone, dissolved. What its state's edges
 * need done is done in connection.c; until that has ended the device is not looked at further. The
 * states written are the machine's alone; the state in xenstore is read once, at the start.
 */
#include "backd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS_A_SECOND 50
#define REOPEN_MS      2000

struct back_private *device_find(const struct back_class *class, uint32_t domid, uint32_t devid)
{
	struct back_private *n;

	LIST_FOREACH (n, &backd.devices, all)
		if (n->device.class == class && n->device.domid == domid &&
		    n->device.devid == devid)
			return n;
	return NULL;
}

/* --- errors ---------------------------------------------------------------------------------- */

int back_error(struct back_device *device, int rc, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	back_log(LOG_ERR, "%s %u of domain %u: %s", device->class->kind, device->devid,
		 device->domid, text);
	if (!device->private->told && !device->private->doomed)
		back_write(device, "error", "%s", text);
	device->private->told = true;
	return rc;
}

void back_close(struct back_device *device)
{
	device->private->broken = true;
	pv_xenbus_close(&device->private->bus);
	device->private->dirty = true;
}

/* --- coming and going ------------------------------------------------------------------------ */

static void destroy(struct back_private *n)
{
	char token[64];

	snprintf(token, sizeof(token), "front-%s-%u-%u", n->device.class->kind, n->device.domid,
		 n->device.devid);
	if (n->device.front[0]) {
		char path[BACK_PATH_MAX + 8];

		snprintf(path, sizeof(path), "%s/state", n->device.front);
		xs_unwatch(backd.xs, path, token);
	}
	back_set_timer(&n->deadline, -1);
	back_set_timer(&n->pause, -1);
	if (n->device.class->gone)
		n->device.class->gone(&n->device);
	worker_leave(n);
	journal_remove(&n->device);
	LIST_REMOVE(n, all);
	free(n->device.state);
	free(n);
}

/* The end of a device whose directory is gone, and a look for its successor. */
void device_dissolve(struct back_private *n)
{
	const struct back_class *class = n->device.class;

	destroy(n);
	discover_again(class);
}

static void unpause(struct back_timer *timer)
{
	struct back_private *n =
	    (struct back_private *)(void *)((char *)timer - offsetof(struct back_private, pause));

	n->dirty = true;
}

/* Where the frontend is. It must be that domain's own. */
static bool find_front(struct back_private *n)
{
	struct back_device *device = &n->device;
	char prefix[64], token[64], path[BACK_PATH_MAX + 8];
	char *front = back_read(device, "frontend");
	bool ok;

	snprintf(prefix, sizeof(prefix), "/local/domain/%u/", device->domid);
	ok = front && !strncmp(front, prefix, strlen(prefix)) && strlen(front) < BACK_PATH_MAX;
	if (ok) {
		memcpy(device->front, front, strlen(front) + 1);
		snprintf(path, sizeof(path), "%s/state", front);
		snprintf(token, sizeof(token), "front-%s-%u-%u", device->class->kind, device->domid,
			 device->devid);
		xs_watch(backd.xs, path, token);
	}
	free(front);
	return ok;
}

/* 1: read. 0: there is no such node. -errno: xenstore does not tell now; ask again later. */
static int read_state(const char *directory, enum xenbus_state *state)
{
	char path[BACK_PATH_MAX + 8];
	unsigned int len = 0;
	char *text;

	*state = XenbusStateUnknown;
	snprintf(path, sizeof(path), "%s/state", directory);
	text = xs_read(backd.xs, XBT_NULL, path, &len);
	if (!text)
		return errno == ENOENT ? 0 : -errno;
	*state = pv_xenbus_parse(text, len);
	free(text);
	return 1;
}

/* States that hold nothing of ours start anew: whoever wrote them is gone. */
static void take_over(struct back_private *n, enum xenbus_state own)
{
	if (own != XenbusStateConnected && own != XenbusStateClosing && own != XenbusStateClosed)
		own = XenbusStateInitialising;
	pv_xenbus_init(&n->bus, PV_BACK, own);
	n->shown = own != XenbusStateInitialising;
	if (own == XenbusStateClosing)
		(void)read_state(n->device.front, &n->peer);
	if (own == XenbusStateConnected ||
	    (own == XenbusStateClosing && connection_serves_on(n) && journal_is_live(&n->device)))
		connection_resume(n, true);
}

struct back_private *device_new(const struct back_class *class, uint32_t domid, uint32_t devid)
{
	struct back_private *n = calloc(1, sizeof(*n));
	struct back_device *device = n ? &n->device : NULL;
	enum xenbus_state own;
	int rc;

	if (!n)
		return NULL;
	device->class = class;
	device->domid = domid;
	device->devid = devid;
	device->private = n;
	device->state = calloc(1, class->state_bytes + 1);
	n->deadline.expired = connection_too_late;
	n->pause.expired = unpause;
	snprintf(device->path, sizeof(device->path), "%s/backend/%s/%u/%u", backd.home, class->kind,
		 domid, devid);
	/* Not complete yet: its other nodes will bring us here again. */
	if (!device->state || read_state(device->path, &own) <= 0 || !find_front(n)) {
		free(device->state);
		free(n);
		return NULL;
	}
	LIST_INSERT_HEAD(&backd.devices, n, all);
	back_log(LOG_INFO, "%s %u of domain %u: found", class->kind, devid, domid);
	rc = class->appeared ? class->appeared(device) : 0;
	take_over(n, own);
	if (rc)
		back_close(device);
	return n;
}

/* The directory is gone: nothing is to be written any more. */
void device_gone(struct back_private *n)
{
	if (n->doomed)
		return;
	n->doomed = true;
	back_log(LOG_INFO, "%s %u of domain %u: gone", n->device.class->kind, n->device.devid,
		 n->device.domid);
	n->edge = NULL;
	n->resuming = n->reconnect = false;
	if (n->step == CONNECTING || n->step == DISCONNECTING)
		return; /* the answer ends it */
	if (n->linked)
		connection_end(n);
	else
		device_dissolve(n);
}

/* The directory was removed and made anew, for another device, since the last look. */
static bool is_another(const struct back_private *n, enum xenbus_state shown)
{
	return shown == XenbusStateInitialising && n->shown &&
	       n->bus.own != XenbusStateInitialising;
}

/* A guest that changes its state without end is looked at so often and no more. */
static bool too_often(struct back_private *n)
{
	uint64_t second = back_now_ms() / 1000;

	if (n->window != second) {
		n->window = second;
		n->looks = 0;
	}
	if (n->looks++ < LOOKS_A_SECOND)
		return false;
	if (!n->pause.set)
		back_set_timer(&n->pause, 200);
	return true;
}

static void heed_toolstack(struct back_private *n, enum xenbus_state shown)
{
	uint32_t online = 1;

	if (!back_read_number(&n->device, "online", 1, &online) && !online)
		pv_xenbus_close(&n->bus);
	else if (shown == XenbusStateClosing && n->bus.own < XenbusStateClosing)
		pv_xenbus_close(&n->bus);
}

/*
 * A frontend that begins anew after an error gets another chance, as from Linux's backends; but
 * seldom, so that one that only makes errors costs little. One that has not even begun has made no
 * error: what failed is ours, and whoever waits for the device is to read why.
 */
static void reopen(struct back_private *n)
{
	if (!(n->broken || n->bus.failed) || n->bus.own != XenbusStateClosed ||
	    n->peer != XenbusStateInitialising || !n->acted)
		return;
	if (back_now_ms() < n->reopen_at) {
		if (!n->pause.set)
			back_set_timer(&n->pause, (int)(n->reopen_at - back_now_ms()));
		return;
	}
	n->reopen_at = back_now_ms() + REOPEN_MS;
	n->broken = n->acted = false;
	back_remove(&n->device, "error");
	pv_xenbus_open(&n->bus);
}

/* One move at most: each that succeeds makes the device dirty again. */
void device_look(struct back_private *n)
{
	const struct pv_edge *edge;
	enum xenbus_state shown;
	int rc = read_state(n->device.path, &shown);

	if (rc == 0 || (rc > 0 && is_another(n, shown))) {
		device_gone(n);
		return;
	}
	if (rc < 0 || read_state(n->device.front, &n->peer) < 0) {
		back_set_timer(&n->pause, 1000);
		return;
	}
	if (n->peer > XenbusStateInitialising)
		n->acted = true;
	reopen(n);
	heed_toolstack(n, shown);
	if (n->step != IDLE || n->doomed || too_often(n))
		return;
	if (n->linked && (n->reconnect || (n->broken && n->bus.own == XenbusStateClosing))) {
		connection_end(n);
		return;
	}
	edge = pv_xenbus_next(&n->bus, n->peer);
	if (edge)
		connection_start_edge(n, edge);
	else if (n->linked && n->bus.own == XenbusStateConnected && n->device.class->changed)
		n->device.class->changed(&n->device);
}
