/* SPDX-License-Identifier: MIT */
/*
 * What the edges of a device's XenbusState machine need done: a worker found, the class asked, the
 * two brought together; and what is heard of the worker afterwards.
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
 */
#include "backd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- the machine's steps --------------------------------------------------------------------- */

static void step(struct back_private *n, enum step to)
{
	static const char *const names[] = { "idle",	  "advertising", "await-worker",
					     "preparing", "connecting",	 "disconnecting" };

	back_log(LOG_DEBUG, "%s %u of domain %u: %s -> %s%s", n->device.class->kind,
		 n->device.devid, n->device.domid, names[n->step], names[to],
		 n->resuming ? " (resuming)" : "");
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

void connection_end(struct back_private *n)
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

bool connection_serves_on(const struct back_private *n)
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

void connection_start_edge(struct back_private *n, const struct pv_edge *edge)
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
		if (n->linked && edge->work == PV_WORK_QUIESCE && connection_serves_on(n))
			ended(n, 0);
		else if (n->linked)
			connection_end(n);
		else
			quiesced(n);
		return;
	default:
		ended(n, 0);
	}
}

void connection_resume(struct back_private *n, bool anew)
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
			device_dissolve(n);
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
		connection_end(n); /* and ends with rc: see disconnected() */
	else
		ended(n, 0);
}

static void disconnected(struct back_private *n)
{
	unlinked(n);
	if (n->doomed) {
		device_dissolve(n);
		return;
	}
	if (n->reconnect && !n->edge) {
		n->reconnect = false;
		connection_resume(n, true);
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
		device_dissolve(n);
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
		connection_resume(n, false);
	}
}

void connection_too_late(struct back_timer *timer)
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
		back_log(LOG_WARNING,
			 "domain %u: an earlier worker's I/O has not ended yet, or the next hangs",
			 n->device.domid);
		worker_kill(n); /* if there is one, it serves nobody */
		back_set_timer(&n->deadline, BACK_SECONDS * 1000);
		return;
	}
	ended(n, back_error(&n->device, -ETIMEDOUT, "%s",
			    n->step == AWAIT_WORKER
				? "its worker does not start, or an earlier one's I/O does not end"
				: "its image or helper process does not answer"));
}
