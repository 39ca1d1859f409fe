/* SPDX-License-Identifier: MIT */
/*
 * The network class in serai-backd: the tap and where it belongs (place.c), what the frontend
 * wants (class.c).
 */
#ifndef NET_DAEMON_H
#define NET_DAEMON_H

#include "back_daemon.h"
#include "net/net.h"
#include "net/net_class.h"

/* What a child process that places an interface says, in memory it shares with us. */
struct net_placing {
	int rc;
	char why[NET_WHY];
};

struct net_device {
	struct net_vif vif;
	char script[BACK_PATH_MAX]; /* a user's, instead of a mode; "": none */
	bool made;		    /* the tap is there */
	bool placed;
	struct back_process process;
	struct back_device *device;
	struct net_placing *placing;
};

/* --- tap.c: 0 or a descriptor, or -errno ------------------------------------------------------ */

/* Makes the interface, to stay until tap_remove(); one of that name that is a tap is taken over. */
int tap_make(const char *name);
/* A descriptor for one more queue of it. */
int tap_open(const char *name);
/* What the frontend takes over from the kernel: enum net_offload. */
int tap_set_offloads(int fd, uint32_t offloads);
void tap_remove(const char *name);
/* Those of devices that went while no serai-backd was there to see it. */
void tap_remove_stale(bool (*in_use)(unsigned int domid, unsigned int devid));

/* --- place.c ---------------------------------------------------------------------------------- */

/* Into its network, or the user's script: BACK_LATER, and ends by back_finish(). */
int net_place(struct back_device *device);
/* Out of it again; the script hears of it, too. */
void net_unplace(struct back_device *device);

#endif
