/* SPDX-License-Identifier: MIT */
/*
 * Where a guest's network interface belongs: the five network modes.
 *
 * A backend's interface (vif1.0) exists; net_join() puts it where its mode says and brings it up,
 * and makes what the mode needs and is not there yet: a bridge, its address, forwarding, address
 * translation, a DHCP server. It is the same for Linux's netback and for Serai's own backend.
 * Everything made is found again by looking, never remembered, so each call is idempotent, and
 * networks outlive their guests, as bridges made by hand do.
 *
 * Needs CAP_NET_ADMIN. Calls of several processes take turns (/run/serai/net/lock).
 */
#ifndef SERAI_NET_H
#define SERAI_NET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum net_mode {
	NET_DEFAULT,  /* no mode= word: bridged if bridge= names one or xenbr0 is there, else nat */
	NET_BRIDGED,  /* the guest is on Dom0's own network; xenbr0 takes over Dom0's uplink */
	NET_NAT,      /* serai-nat: guests, Dom0, and the outside by Dom0's address */
	NET_HOST,     /* serai-host: guests and Dom0, nobody else */
	NET_INTERNAL, /* serai-int: guests among themselves, without Dom0 */
	NET_ROUTED    /* serai-routed; with ip= no bridge: a route to just these addresses */
};

#define NET_MTU_MIN   68u
#define NET_MTU_MAX   65535u
#define NET_ADDRESSES 256
#define NET_WHY	      256

/* One interface as the user wants it. Empty strings and 0: not said. */
struct net_vif {
	char name[IFNAMSIZ]; /* of the interface in Dom0 */
	enum net_mode mode;
	char bridge[IFNAMSIZ];	   /* bridge= */
	char gatewaydev[IFNAMSIZ]; /* routed: whose address Dom0 shows the guest */
	char ip[NET_ADDRESSES];	   /* ip=: addresses of the guest's, IPv4 or IPv6, between blanks */
	char mac[18];		   /* the guest's: an ip= under nat, host, routed is leased to it */
	uint32_t mtu;
};

/*
 * The mode a word names: bridged, nat, host (or host-only, hostonly), internal, routed.
 * -EINVAL: none.
 */
int net_mode_parse(const char *word, enum net_mode *mode);
/* The word; "" for NET_DEFAULT. */
const char *net_mode_word(enum net_mode mode);
/* The words, for a message: "bridged, nat, host, internal or routed". */
extern const char net_mode_words[];

/*
 * What vif says, checked without touching anything: its mode with NET_DEFAULT resolved, and the
 * bridge it will join ("" if none), for the store's node of that name.
 * -EINVAL: it contradicts itself. why has a sentence for the user.
 */
int net_plan(const struct net_vif *vif, enum net_mode *mode, char bridge[IFNAMSIZ],
	     char why[NET_WHY]);

/*
 * Puts the interface in its place and up.
 * 0: done; why is "" or something the user should know ("no DHCP server is installed: …").
 * -errno: why tells what failed and the remedy. The interface is left, down or not joined.
 */
int net_join(const struct net_vif *vif, char why[NET_WHY]);

/*
 * Forgets what net_join() keeps for this interface beside the interface itself (routes, the lease).
 * To be called before or after the interface has gone; never fails.
 */
void net_leave(const struct net_vif *vif);

#endif
