/* SPDX-License-Identifier: MIT */
/*
 * A frontend's life on xenbus, the same for every kind of device.
 *
 * front_device_step() looks at the backend's state and goes along the edges of pv_xenbus as far as
 * they lead; a class does the work of its edges. It is called after every change (its own thread in
 * a guest, the test in a test), by nobody else.
 *
 * A backend that goes away is waited for: the device closes, and opens again when the toolstack's
 * nodes say that it should be there (online is not 0) and a backend waits (InitWait). Reopening is
 * slowed down, so that a backend that flaps costs little. What is in flight is kept meanwhile: the
 * class replays or drops it. A backend that breaks the protocol is given up like one that died, but
 * only DEVICE_FAULTS times: then the device is dead for good.
 *
 * Pages that were granted and are still mapped by a backend when the device closes are not reused:
 * they count against the device's quota until grants_reap() finds them free.
 */
#ifndef FRONT_DEVICE_H
#define FRONT_DEVICE_H

#include "env.h"
#include "pv_xenbus.h"
#include "xs.h"

#define DEVICE_FAULTS	   3
#define DEVICE_BACKOFF	   (20 * TIME_MS)
#define DEVICE_BACKOFF_MAX (2 * TIME_S)
#define DEVICE_PATIENCE	   (1 * TIME_S)

struct front_device;

/* All may wait on xenstore but quiesce and release. */
struct front_class {
	const char *kind; /* directory below device/ */
	enum pv_half half;
	/* The quota: twice what is used, so that one dead backend may keep all it had. */
	uint32_t nr_grants;
	/* Makes rings and channels. On failure release() follows. */
	int (*offer)(struct front_device *device);
	/*
	 * Writes the keys of what was offered, below device->node; done again if the store says so.
	 */
	int (*publish)(struct front_device *device, uint32_t tx);
	/* Reads the device's facts; may be NULL. */
	int (*connect)(struct front_device *device);
	/* We are Connected, as xenstore shows: go. */
	void (*connected)(struct front_device *device);
	void (*quiesce)(struct front_device *device);
	/* Also without an offer, and twice. */
	void (*release)(struct front_device *device);
	/* No more will come: fail what waits. */
	void (*dead)(struct front_device *device, int error);
};

struct front_device {
	const struct front_class *class;
	char node[48];
	char backend[XS_PATH_MAX]; /* empty: not known */
	domid_t peer;
	enum xenbus_state peer_seen; /* the backend's, when xenstore last told it */
	struct pv_xenbus bus;
	struct pv_grant_quota quota;
	struct xs_watch state_watch;   /* on the backend's state */
	struct xs_watch backend_watch; /* on our node's backend: gone, back, or another one */
	bool wanted;
	bool dead;
	bool fault;   /* the peer broke the protocol; taken note of by the next step */
	bool restart; /* close and open again; the same */
	uint32_t nr_faults;
	uint64_t backoff, closed_at, reopen_at, connected_at;
	struct wait_queue changed; /* for who calls step */
	struct wait_queue settled; /* for who waits for Connected, Closed or the end */
};

/* Begins with device/KIND/ID. Needs no backend yet. */
int front_device_init(struct front_device *device, const struct front_class *class, uint32_t id);

/* False: the device is dead, or closed and not wanted: do not call again. */
bool front_device_step(struct front_device *device);

/* When step is due even if nothing changes. */
uint64_t front_device_due(const struct front_device *device);

/* The peer broke the protocol; may be called by event handlers. */
void front_device_fault(struct front_device *device);

/* Closes and opens again, blaming nobody. May be called by event handlers. */
void front_device_restart(struct front_device *device);

/* The user is done with it. */
void front_device_close(struct front_device *device);

/* -XEN_ETIMEDOUT; -XEN_ENODEV: it is dead. */
int front_device_wait_connected(struct front_device *device, uint64_t deadline);

static inline bool front_device_is_connected(const struct front_device *device)
{
	return device->bus.own == XenbusStateConnected && !device->fault && !device->restart &&
	       !device->dead;
}

/*
 * The id of the n-th device of a kind, in the store's order.
 * -XEN_ENOENT: there are not so many.
 */
int front_device_find(const char *kind, unsigned int n, uint32_t *id);

/*
 * For classes. A number in the backend's or our directory: 0 and *number, or an error: -XEN_EINVAL
 * for what is no decimal number up to max. absent, if not negative, stands for a missing node.
 */
int front_read_number(const char *directory, const char *name, uint64_t max, int64_t absent,
		      uint64_t *number);

/* PREFIX/NAME = number, PREFIX being the device's own node. */
int front_write_number(struct front_device *device, uint32_t tx, const char *name, uint32_t number);

/* A page granted to the peer. -XEN_ENOSPC, -XEN_ERANGE: see pv_grants.h; nothing is left then. */
int front_grant(struct front_device *device, void *page, bool readonly, grant_ref_t *ref);

/* Ends the grant and frees the page, as soon as the peer lets go. */
void front_ungrant(void *page, grant_ref_t ref);

#endif
