/* SPDX-License-Identifier: MIT */
/*
 * One device: found, walked along the edges of the XenbusState machine, dissolved.
 *
 * An edge's work may take several steps (a worker to start, an image to open), of which one is
 * under way at a time; until it ends, or its deadline, the device is not looked at further:
 *
 *	CONNECT, resuming:  AWAIT_WORKER -> PREPARING -> CONNECTING -> linked
 *	QUIESCE, RELEASE:   DISCONNECTING -> not linked
 *
 * Who asks a device to close asks its frontend: until that has let go, or is gone, it is served as
 * before, though our state says Closing. Frontends answer Closing at once or much later (a disk in
 * use), and what they have under way meanwhile must end, or the guest waits for it for ever.
 *
 * Resuming is what happens when a worker, or serai-backd itself, has died while the node says
 * Connected: the same connection goes on in another process, and the frontend learns nothing.
 * The states written are the machine's alone; the state in xenstore is read once, at the start.
 */
#include "backd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKS_A_SECOND 50

static void begin_connect(struct back_private *n);
static void prepare(struct back_private *n);

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

/* --- the machine's steps --------------------------------------------------------------------- */

static void step(struct back_private *n, enum step to)
{
	n->step = to;
	back_set_timer(&n->deadline, to == IDLE ? -1
				     : to == ADVERTISING || to == PREPARING
					 ? BACK_HELPER_SECONDS * 1000
					 : BACK_SECONDS * 1000);
}

static void edge_ended(struct back_private *n, int rc)
{
	const struct pv_edge *edge = n->edge;

	n->edge = NULL;
	if (rc) {
		pv_xenbus_failed(&n->bus, edge);
		return;
	}
	pv_xenbus_done(&n->bus, edge);
	n->shown = !back_write(&n->device, "state", "%u", edge->to);
}

/* The work under way is done, or has failed (told). */
static void ended(struct back_private *n, int rc)
{
	step(n, IDLE);
	n->dirty = true;
	if (n->edge)
		edge_ended(n, rc);
	else if (n->resuming && rc)
		back_close(&n->device);
	n->resuming = false;
}

static void send_connect(struct back_private *n, struct back_connect *connect,
			 struct back_message *message)
{
	int fds[BACK_MAX_FDS + 1], error;

	message->type = BACK_CONNECT;
	message->flags = n->fresh ? 0 : BACK_RESUME;
	message->bytes = (uint32_t)connect->bytes;
	message->nr_fds = connect->nr_fds;
	message->journal_bytes = connect->journal_bytes;
	fds[0] = journal_open(&n->device, connect->journal_bytes, n->fresh);
	memcpy(fds + 1, connect->fds, connect->nr_fds * sizeof(int));
	if (fds[0] < 0) {
		ended(n, back_error(&n->device, fds[0],
				    n->fresh ? "no journal can be made in " BACK_DIR ": %s"
					     : "its journal in " BACK_DIR " is lost: %s",
				    strerror(-fds[0])));
		return;
	}
	step(n, CONNECTING);
	error = worker_send(n, message, fds, connect->nr_fds + 1);
	close(fds[0]);
	if (error) /* it is dying; its end begins again */
		back_log(LOG_WARNING, "domain %u: its worker does not listen: %s", n->device.domid,
			 strerror(-error));
}

static void prepare(struct back_private *n)
{
	struct back_message message = { .devid = n->device.devid };
	struct back_connect connect = { .body = message.body };
	int rc;

	step(n, PREPARING);
	n->reconnect = false;
	/* A worker that died may have begun to serve before it could say so. */
	n->fresh = !n->resuming && !(n->retried && journal_is_live(&n->device));
	snprintf(message.kind, sizeof(message.kind), "%s", n->device.class->kind);
	rc = n->device.class->prepare(&n->device, &connect, !n->fresh);
	if (rc == BACK_LATER)
		return;
	if (rc)
		ended(n, back_error(&n->device, rc, "it cannot be connected: %s", strerror(-rc)));
	else
		send_connect(n, &connect, &message);
	for (uint32_t i = 0; !connect.keep_fds && i < connect.nr_fds; i++)
		close(connect.fds[i]);
}

static void begin_connect(struct back_private *n)
{
	step(n, AWAIT_WORKER);
	if (worker_join(n))
		prepare(n);
}

static void begin_disconnect(struct back_private *n)
{
	struct back_message message = { .type = BACK_DISCONNECT, .devid = n->device.devid };

	snprintf(message.kind, sizeof(message.kind), "%s", n->device.class->kind);
	step(n, DISCONNECTING);
	worker_send(n, &message, NULL, 0);
}

static void unlinked(struct back_private *n)
{
	n->linked = false;
	if (n->device.class->disconnected)
		n->device.class->disconnected(&n->device);
}

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
static void dissolve(struct back_private *n)
{
	const struct back_class *class = n->device.class;

	destroy(n);
	discover_again(class);
}

static void advertise(struct back_private *n)
{
	int rc;

	step(n, ADVERTISING);
	rc = n->device.class->advertise ? n->device.class->advertise(&n->device) : 0;
	if (rc == BACK_LATER)
		return;
	if (rc || !n->resuming)
		ended(n, rc);
	else
		begin_connect(n);
}

/* --- what the edges need --------------------------------------------------------------------- */

/* Closing by mutual consent: not before the frontend has let go. */
static bool serves_on(const struct back_private *n)
{
	return !n->broken && n->peer != XenbusStateUnknown && n->peer != XenbusStateClosed &&
	       n->peer != XenbusStateInitialising;
}

static bool ends_connection(const struct pv_edge *edge)
{
	return edge && (edge->work == PV_WORK_QUIESCE || edge->work == PV_WORK_RELEASE);
}

/* The worker does not serve the device any more. */
static void quiesced(struct back_private *n)
{
	if (n->edge->work == PV_WORK_RELEASE)
		worker_leave(n);
	ended(n, 0);
}

static void start_edge(struct back_private *n, const struct pv_edge *edge)
{
	n->edge = edge;
	switch (edge->work) {
	case PV_WORK_ANNOUNCE:
		n->told = n->broken = false;
		advertise(n);
		return;
	case PV_WORK_CONNECT:
		n->retried = false; /* what an earlier connection left is not gone on with */
		begin_connect(n);
		return;
	case PV_WORK_QUIESCE:
	case PV_WORK_RELEASE:
		if (n->linked && edge->work == PV_WORK_QUIESCE && serves_on(n))
			ended(n, 0);
		else if (n->linked)
			begin_disconnect(n);
		else
			quiesced(n);
		return;
	default:
		ended(n, 0);
	}
}

/* What says Connected and is not linked: serai-backd or the worker died. */
static void resume(struct back_private *n, bool anew)
{
	n->resuming = true;
	if (anew)
		advertise(n);
	else
		begin_connect(n);
}

void back_finish(struct back_device *device, int rc)
{
	struct back_private *n = device->private;

	if (n->step == ADVERTISING && !rc)
		advertise(n);
	else if (n->step == PREPARING && !rc)
		prepare(n);
	else if (n->step == ADVERTISING || n->step == PREPARING)
		ended(n, rc);
}

void back_reconnect(struct back_device *device)
{
	struct back_private *n = device->private;

	n->reconnect = true;
	n->dirty = true;
}

int back_change(struct back_device *device, const void *body, size_t bytes, const int *fds,
		uint32_t nr_fds)
{
	struct back_message message = { .type = BACK_CHANGE,
					.devid = device->devid,
					.bytes = (uint32_t)bytes,
					.nr_fds = nr_fds };

	if (!device->private->linked)
		return -ENOTCONN;
	snprintf(message.kind, sizeof(message.kind), "%s", device->class->kind);
	memcpy(message.body, body, bytes);
	return worker_send(device->private, &message, fds, nr_fds);
}

/* --- what is heard of the worker ------------------------------------------------------------- */

void device_worker_ready(struct back_private *n)
{
	if (n->step == AWAIT_WORKER)
		prepare(n);
}

static void connected(struct back_private *n, const struct back_message *message)
{
	int rc = 0;

	if (message->result) {
		unlinked(n);
		if (n->doomed) {
			dissolve(n);
			return;
		}
		ended(n, back_error(&n->device, -EIO, "%s (%s)", message->text,
				    strerror(-message->result)));
		return;
	}
	n->linked = true;
	if (n->device.class->connected && !n->doomed)
		rc = n->device.class->connected(&n->device);
	if (rc || n->doomed)
		begin_disconnect(n); /* and ends with rc: see disconnected() */
	else
		ended(n, 0);
}

static void disconnected(struct back_private *n)
{
	unlinked(n);
	if (n->doomed) {
		dissolve(n);
		return;
	}
	if (n->reconnect && !n->edge) {
		n->reconnect = false;
		resume(n, true);
		return;
	}
	if (ends_connection(n->edge))
		quiesced(n);
	else
		ended(n, -EIO); /* it could not be finished */
}

void device_message(struct back_private *n, const struct back_message *message)
{
	switch (message->type) {
	case BACK_CONNECTED:
		if (n->step == CONNECTING)
			connected(n, message);
		break;
	case BACK_DISCONNECTED:
		if (n->step == DISCONNECTING)
			disconnected(n);
		break;
	case BACK_FAILED:
		back_error(&n->device, -EIO, "%s", message->text);
		back_close(&n->device);
		break;
	case BACK_TOLD:
		if (n->device.class->told)
			n->device.class->told(&n->device, message);
		break;
	}
}

/* The worker is dead, and nothing it had begun goes on. */
void device_worker_gone(struct back_private *n, bool give_up)
{
	bool used = n->linked || n->step == CONNECTING;

	if (used)
		unlinked(n);
	if (n->doomed) {
		dissolve(n);
		return;
	}
	if (give_up) {
		back_error(&n->device, -EIO,
			   "its worker died %u times within %u seconds; the log tells why",
			   WORKER_LIVES, WORKER_LIVES_SEC);
		if (n->step == IDLE)
			back_close(&n->device);
		else if (ends_connection(n->edge))
			quiesced(n);
		else
			ended(n, -EIO);
		return;
	}
	if (n->step == DISCONNECTING) {
		disconnected(n);
	} else if (n->step == CONNECTING || n->step == PREPARING || n->step == AWAIT_WORKER) {
		n->retried = true;
		begin_connect(n);
	} else if (used) {
		resume(n, false);
	}
}

static void too_late(struct back_timer *timer)
{
	struct back_private *n =
	    (struct back_private *)(void *)((char *)timer -
					    offsetof(struct back_private, deadline));

	if (n->step == CONNECTING || n->step == DISCONNECTING) {
		back_log(LOG_ERR, "domain %u: its worker hangs; it is killed", n->device.domid);
		worker_kill(n);
		back_set_timer(&n->deadline, BACK_SECONDS * 1000);
		return;
	}
	if (n->step == AWAIT_WORKER && n->resuming) {
		/* A slow disk is no reason to take it away. */
		back_log(LOG_WARNING, "domain %u: an earlier worker's I/O has not ended yet",
			 n->device.domid);
		back_set_timer(&n->deadline, BACK_SECONDS * 1000);
		return;
	}
	ended(n, back_error(&n->device, -ETIMEDOUT, "%s",
			    n->step == AWAIT_WORKER
				? "its worker does not start, or an earlier one's I/O does not end"
				: "its image or helper process does not answer"));
}

/* --- coming and going ------------------------------------------------------------------------ */

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
	    (own == XenbusStateClosing && serves_on(n) && journal_is_live(&n->device)))
		resume(n, true);
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
	n->deadline.expired = too_late;
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
		begin_disconnect(n);
	else
		dissolve(n);
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
	uint64_t second = now_ms() / 1000;

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
	heed_toolstack(n, shown);
	if (n->step != IDLE || n->doomed || too_often(n))
		return;
	if (n->linked && (n->reconnect || (n->broken && n->bus.own == XenbusStateClosing))) {
		begin_disconnect(n);
		return;
	}
	edge = pv_xenbus_next(&n->bus, n->peer);
	if (edge)
		start_edge(n, edge);
	else if (n->linked && n->bus.own == XenbusStateConnected && n->device.class->changed)
		n->device.class->changed(&n->device);
}
