/* SPDX-License-Identifier: MIT */
/* A frontend's life on xenbus. The rules are in device.h and pv-drivers/ring/pv_xenbus.h. */
#include "device.h"

#include <string.h>

static int path_of(char path[XS_PATH_MAX], const struct front_device *device, const char *name)
{
	return xs_join(path, device->node, name);
}

/* Digits only: what else a peer may write is nonsense, not zero. */
static int parse(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return -XEN_EINVAL;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return -XEN_EINVAL;
		value = value * 10 + digit;
	}
	*number = value;
	return 0;
}

int front_read_number(const char *directory, const char *name, uint64_t max, int64_t absent,
		      uint64_t *number)
{
	char path[XS_PATH_MAX], text[24];
	int rc = xs_join(path, directory, name);

	if (!rc)
		rc = xs_read(XS_NO_TX, path, text, sizeof(text));
	if (rc == -XEN_ENOENT && absent >= 0) {
		*number = (uint64_t)absent;
		return 0;
	}
	if (rc == -XEN_E2BIG)
		return -XEN_EINVAL;
	if (rc >= 0 && (size_t)rc != strlen(text))
		return -XEN_EINVAL;
	return rc < 0 ? rc : parse(text, max, number);
}

int front_write_number(struct front_device *device, uint32_t tx, const char *name, uint32_t number)
{
	char path[XS_PATH_MAX], text[12];
	int rc = path_of(path, device, name);

	snprintf(text, sizeof(text), "%u", number);
	return rc ? rc : xs_write(tx, path, text);
}

int front_grant(struct front_device *device, void *page, bool readonly, grant_ref_t *ref)
{
	int rc = pv_grants_get(&grants, &device->quota, ref);

	if (rc)
		return rc;
	rc = pv_grants_begin(&grants, *ref, device->peer, page_frame(page), readonly);
	if (rc)
		pv_grants_put(&grants, *ref);
	return rc;
}

void front_ungrant(void *page, grant_ref_t ref)
{
	if (pv_grants_retire(&grants, ref))
		pages_free(page, 1);
}

int front_device_find(const char *kind, unsigned int n, uint32_t *id)
{
	char path[XS_PATH_MAX], names[256];
	int len, rc = xs_join(path, "device", kind);

	len = rc ? rc : xs_list(path, names, sizeof(names));
	if (len < 0)
		return len;
	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		uint64_t number;

		if (parse(name, UINT32_MAX, &number) || n--)
			continue;
		*id = (uint32_t)number;
		return 0;
	}
	return -XEN_ENOENT;
}

int front_device_init(struct front_device *device, const struct front_class *class, uint32_t id)
{
	memset(device, 0, sizeof(*device));
	device->class = class;
	device->quota.limit = class->nr_grants;
	device->wanted = true;
	device->backoff = DEVICE_BACKOFF;
	snprintf(device->node, sizeof(device->node), "device/%s/%u", class->kind, id);
	pv_xenbus_init(&device->bus, class->half, XenbusStateInitialising);
	device->state_watch.queue = device->backend_watch.queue = &device->changed;
	if (path_of(device->backend_watch.path, device, "backend"))
		return -XEN_E2BIG;
	return xs_watch_add(&device->backend_watch);
}

/* Where the backend is may change while we are closed: a device attached anew, or elsewhere. */
static int find_backend(struct front_device *device)
{
	char path[XS_PATH_MAX], backend[XS_PATH_MAX];
	uint64_t peer = 0;
	int rc = path_of(path, device, "backend");

	device->backend_watch.fired = false;
	if (!rc)
		rc = xs_read(XS_NO_TX, path, backend, sizeof(backend));
	if (rc >= 0)
		rc = front_read_number(device->node, "backend-id", DOMID_FIRST_RESERVED - 1, -1,
				       &peer);
	if (rc)
		return rc;
	device->peer = (domid_t)peer;
	if (!strcmp(backend, device->backend))
		return 0;
	if (device->backend[0])
		xs_watch_remove(&device->state_watch);
	memcpy(device->backend, backend, sizeof(backend));
	device->peer_seen = XenbusStateUnknown;
	rc = xs_join(device->state_watch.path, backend, "state");
	if (!rc)
		rc = xs_watch_add(&device->state_watch);
	if (rc)
		device->backend[0] = 0;
	return rc;
}

/* A store that is late to answer says nothing of the backend: it is as it was, and asked for again. */
static enum xenbus_state peer_state(struct front_device *device)
{
	char text[8];
	int len;

	device->state_watch.fired = false;
	if (!device->backend[0])
		return XenbusStateUnknown;
	len = xs_read(XS_NO_TX, device->state_watch.path, text, sizeof(text));
	if (len == -XEN_ETIMEDOUT)
		device->state_watch.fired = true;
	else
		device->peer_seen =
		    len < 0 ? XenbusStateUnknown : pv_xenbus_parse(text, (size_t)len);
	return device->peer_seen;
}

/* All keys at once, so that a backend never sees half of them. */
static int publish(struct front_device *device)
{
	int rc;

	for (unsigned int tries = 0; tries < 5; tries++) {
		uint32_t tx;

		rc = xs_begin(&tx);
		if (rc)
			return rc;
		rc = device->class->publish(device, tx);
		if (rc) {
			(void)xs_end(tx, false);
			return rc;
		}
		rc = xs_end(tx, true);
		if (rc != -XEN_EAGAIN)
			return rc;
	}
	return rc;
}

static int work(struct front_device *device, const struct pv_edge *edge)
{
	const struct front_class *class = device->class;
	int rc = 0;

	switch (edge->work) {
	case PV_WORK_OFFER:
		rc = class->offer(device);
		if (!rc)
			rc = publish(device);
		return rc;
	case PV_WORK_CONNECT:
		return class->connect ? class->connect(device) : 0;
	case PV_WORK_QUIESCE:
		class->quiesce(device);
		return 0;
	case PV_WORK_RELEASE:
		class->release(device);
		return 0;
	default:
		return 0;
	}
}

static void entered(struct front_device *device, const struct pv_edge *edge)
{
	uint64_t now = time_now();

	if (edge->to == XenbusStateConnected) {
		device->connected_at = now;
		device->class->connected(device);
		wake_all(&device->settled);
	} else if (edge->to == XenbusStateClosed) {
		if (device->connected_at && now - device->connected_at > DEVICE_BACKOFF_MAX)
			device->backoff = DEVICE_BACKOFF;
		device->connected_at = 0;
		device->closed_at = now;
		device->reopen_at = now + device->backoff;
		device->backoff = device->backoff * 2 < DEVICE_BACKOFF_MAX ? device->backoff * 2
									   : DEVICE_BACKOFF_MAX;
		wake_all(&device->settled);
	}
}

/* A device whose nodes are gone is told to nobody: it is being removed. */
static void walk(struct front_device *device)
{
	const struct pv_edge *edge;

	while ((edge = pv_xenbus_next(&device->bus, peer_state(device)))) {
		int rc = work(device, edge);

		if (rc) {
			printf("%s: %s: error %d\n", device->node,
			       edge->work == PV_WORK_OFFER ? "cannot offer" : "cannot connect",
			       -rc);
			pv_xenbus_failed(&device->bus, edge);
			continue;
		}
		pv_xenbus_done(&device->bus, edge);
		rc = front_write_number(device, XS_NO_TX, "state", edge->to);
		if (rc && rc != -XEN_ENOENT && rc != -XEN_EACCES)
			printf("%s: cannot tell state %u: error %d\n", device->node, edge->to, -rc);
		entered(device, edge);
	}
}

static void die(struct front_device *device, int error)
{
	device->dead = true;
	device->class->dead(device, error);
	wake_all(&device->settled);
}

/*
 * A backend that has seen our Closed is Closed itself. One that shows something else may be about to
 * connect to what we had before, and would never notice that it is gone; unless it has stayed so for
 * long.
 */
static bool peer_is_ready(struct front_device *device)
{
	enum xenbus_state peer = peer_state(device);

	if (peer == XenbusStateClosed)
		return true;
	return time_now() >= device->closed_at + DEVICE_PATIENCE &&
	       (peer == XenbusStateInitWait || peer == XenbusStateInitialising);
}

/* Closed, and somebody wants it back: does the toolstack, too? */
static bool may_reopen(struct front_device *device)
{
	uint64_t online;

	if (time_now() < device->reopen_at || find_backend(device) || !peer_is_ready(device))
		return false;
	if (front_read_number(device->backend, "online", 1, 1, &online) || !online)
		return false;
	return true;
}

static void heed_fault(struct front_device *device)
{
	device->fault = false;
	if (++device->nr_faults == DEVICE_FAULTS)
		device->wanted = false;
	printf("%s: the backend breaks the protocol%s\n", device->node,
	       device->wanted ? "" : " again; given up");
	pv_xenbus_close(&device->bus);
}

bool front_device_step(struct front_device *device)
{
	struct pv_xenbus *bus = &device->bus;

	if (device->dead)
		return false;
	grants_reap();
	if (!device->backend[0])
		(void)find_backend(device);
	if (device->fault)
		heed_fault(device);
	if (!device->wanted || device->restart)
		pv_xenbus_close(bus);
	device->restart = false;
	walk(device);
	if (bus->own == XenbusStateClosed && device->wanted && may_reopen(device)) {
		pv_xenbus_open(bus);
		walk(device);
	}
	if (bus->own == XenbusStateClosed && !device->wanted)
		die(device, device->nr_faults < DEVICE_FAULTS ? -XEN_ENODEV : -XEN_EIO);
	return !device->dead;
}

uint64_t front_device_due(const struct front_device *device)
{
	if (device->fault || device->restart || device->state_watch.fired ||
	    device->backend_watch.fired)
		return 0;
	if (device->bus.own == XenbusStateClosed && device->wanted) {
		/* Past that, only nodes can change something; but a lost event must not stop us. */
		uint64_t now = time_now(), patience = device->closed_at + DEVICE_PATIENCE;

		if (now < device->reopen_at)
			return device->reopen_at;
		return now < patience ? patience : now + DEVICE_BACKOFF_MAX;
	}
	return grants.nr_retiring ? time_now() + 100 * TIME_MS : TIME_NEVER;
}

void front_device_fault(struct front_device *device)
{
	device->fault = true;
	wake_all(&device->changed);
}

void front_device_restart(struct front_device *device)
{
	device->restart = true;
	wake_all(&device->changed);
}

void front_device_close(struct front_device *device)
{
	device->wanted = false;
	wake_all(&device->changed);
}

int front_device_wait_connected(struct front_device *device, uint64_t deadline)
{
	int rc = 0;

	while (!front_device_is_connected(device) && !device->dead && !rc)
		rc = wait_on(&device->settled, deadline);
	if (device->dead)
		return -XEN_ENODEV;
	return front_device_is_connected(device) ? 0 : rc;
}
