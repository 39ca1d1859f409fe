/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the two halves of a device, always with a deadline: neither need answer. What a guest
 * writes into its own half is read as a number and nothing more.
 */
#include "domain/device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/io/xenbus.h>

#define READY_SECONDS	  20
#define OWN_READY_SECONDS 120 /* serai-backd waits shorter for its helpers, and tells why */
#define CONNECTED_SECONDS 30
#define FORGET_SECONDS	  5
#define MOST_QUEUES	  8 /* looked at */

char *device_complaint(struct session *session, const struct device *device)
{
	char *text = store_read(session, "%s/error", device->backend);

	if (!text)
		text = store_read(session, "/local/domain/%u/error/backend/%s/%u/%u/error",
				  device->backend_domid, device->back_type, device->domid,
				  device->number);
	return text;
}

static uint64_t state_of(struct session *session, const char *directory)
{
	uint64_t state;

	return store_read_number(session, &state, "%s/state", directory) ? state
									 : XenbusStateUnknown;
}

/* Short naps first: most answers come within a millisecond or two. */
static void nap(struct timespec *pause)
{
	nanosleep(pause, NULL);
	if (pause->tv_nsec < 50000000)
		pause->tv_nsec *= 2;
}

static int backend_failed(struct session *session, const struct device *device)
{
	char *why = device_complaint(session, device);

	tell(session, 0, "the backend of %s %u gave up: %s", device->kind->noun, device->number,
	     why ? why : "it does not say why; see the kernel's log and /var/log/xen/domd.log");
	free(why);
	return -EIO;
}

/* Whose work a silent backend would have been. */
static const char *remedy(const struct device *device)
{
	if (device->backend_domid)
		return "does the driver domain run \"xl devd\"?";
	if (!strcmp(device->back_type, "vbd"))
		return "load its module: modprobe xen-blkback";
	if (!strcmp(device->back_type, "vif"))
		return "load its module: modprobe xen-netback";
	return "serai-backd should; see /var/log/xen/domd.log";
}

static bool is_own_backend(const struct device *device)
{
	return !device->backend_domid && strcmp(device->back_type, "vbd") &&
	       strcmp(device->back_type, "vif");
}

int device_await_backend(struct session *session, const struct device *device)
{
	uint64_t seconds = is_own_backend(device) ? OWN_READY_SECONDS : READY_SECONDS;
	uint64_t deadline = now_ns() + seconds * 1000000000ULL, state;
	struct timespec pause = { 0, 1000000 };

	while ((state = state_of(session, device->backend)) < XenbusStateInitWait) {
		if (now_ns() > deadline)
			return tell(session, -ETIME, "no backend takes care of %s: %s",
				    device->backend, remedy(device));
		nap(&pause);
	}
	return state < XenbusStateClosing ? 0 : backend_failed(session, device);
}

int device_await_interface(struct session *session, const struct device *device, const char *name)
{
	uint64_t deadline = now_ns() + READY_SECONDS * 1000000000ULL;
	struct timespec pause = { 0, 1000000 };

	while (!if_nametoindex(name)) {
		if (state_of(session, device->backend) >= XenbusStateClosing)
			return backend_failed(session, device);
		if (now_ns() > deadline)
			return tell(session, -ETIME,
				    "xen-netback has not made the interface %s: see the kernel's "
				    "log",
				    name);
		nap(&pause);
	}
	return 0;
}

int device_await_connected(struct session *session, const struct device *device)
{
	uint64_t deadline = now_ns() + CONNECTED_SECONDS * 1000000000ULL, front, back;
	struct timespec pause = { 0, 1000000 };

	for (;;) {
		front = state_of(session, device->frontend);
		back = state_of(session, device->backend);
		if (front == XenbusStateConnected && back == XenbusStateConnected)
			return 0;
		if (back >= XenbusStateClosing || back == XenbusStateUnknown)
			return backend_failed(session, device);
		if (now_ns() > deadline)
			break;
		nap(&pause);
	}
	if (front < XenbusStateInitialised)
		return tell(session, -ETIME,
			    "the guest does not take %s %u: it may lack the frontend's driver, or "
			    "not have come so far",
			    device->kind->noun, device->number);
	return tell(session, -ETIME, "%s %u does not connect: its backend is in state %u, %s",
		    device->kind->noun, device->number, (unsigned int)back,
		    "see the kernel's log and /var/log/xen/domd.log");
}

bool device_await_closed(struct session *session, const struct device *device, uint64_t deadline)
{
	struct timespec pause = { 0, 1000000 };
	uint64_t state;

	while ((state = state_of(session, device->backend)) != XenbusStateClosed &&
	       state != XenbusStateUnknown) {
		if (now_ns() > deadline)
			return false;
		nap(&pause);
	}
	return true;
}

static void add_port(struct session *session, struct device_ports *ports, const char *directory,
		     const char *node)
{
	uint64_t port;

	if (ports->count < MOST_DEVICE_PORTS &&
	    store_read_number(session, &port, "%s/%s", directory, node) && port <= UINT32_MAX)
		ports->port[ports->count++] = (uint32_t)port;
}

static void add_ports(struct session *session, struct device_ports *ports, const char *directory)
{
	add_port(session, ports, directory, "event-channel");
	add_port(session, ports, directory, "event-channel-tx");
	add_port(session, ports, directory, "event-channel-rx");
}

void device_ports(struct session *session, const struct device *device, struct device_ports *ports)
{
	char *queue;

	ports->count = 0;
	if (!device->frontend[0])
		return;
	add_ports(session, ports, device->frontend);
	for (unsigned int i = 0; i < MOST_QUEUES; i++) {
		unsigned int before = ports->count;

		if (asprintf(&queue, "%s/queue-%u", device->frontend, i) < 0)
			return;
		add_ports(session, ports, queue);
		free(queue);
		if (ports->count == before)
			return;
	}
}

/* A port that is no port has been closed, too. */
static bool is_open(struct session *session, uint32_t domid, uint32_t port)
{
	xc_evtchn_status_t status = { .dom = (domid_t)domid, .port = port };

	return !xc_evtchn_status(session->xc, &status) && status.status != EVTCHNSTAT_closed;
}

void device_await_forgotten(struct session *session, uint32_t domid,
			    const struct device_ports *ports)
{
	uint64_t deadline = now_ns() + FORGET_SECONDS * 1000000000ULL;
	struct timespec pause = { 0, 1000000 };

	for (unsigned int i = 0; i < ports->count; i++)
		while (is_open(session, domid, ports->port[i]) && now_ns() < deadline)
			nap(&pause);
}
