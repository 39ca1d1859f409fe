/* SPDX-License-Identifier: MIT */
/* The parts of net_join(): each makes one thing that a mode needs. */
#ifndef SERAI_NET_HELPERS_H
#define SERAI_NET_HELPERS_H

#include "net/links.h"
#include "net/modes.h"

#define NET_RUN_DIR "/run/serai/net"

/* Sets why; returns error, so that "return net_why(...)" reads well. */
int net_why(char why[NET_WHY], int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a bridge's network is addressed with: Dom0's own addresses there; family 0: none. */
struct net_addresses {
	struct link_address four, six;
};

/* --- helper programs: run.c ------------------------------------------------------------------ */

/* Whether there is such a program where Dom0's programs are. */
bool net_have(const char *program);
/*
 * Runs a program (argv, found as above) with text as its input, ten seconds at most. What it says
 * on stderr goes into said, cut.
 * -ENOENT: there is none. -ETIMEDOUT. -EIO: it ended with another status than 0.
 */
int net_run(const char *const argv[], const char *input, char said[NET_WHY]);

/* --- uplink.c -------------------------------------------------------------------------------- */

/*
 * Puts Dom0's interface to the outside on the new bridge, and its addresses and routes to the
 * bridge itself. If that fails everything is as before. why: also what to know when it succeeds.
 */
int net_take_uplink(struct links *links, const char *bridge, char why[NET_WHY]);

/* --- firewall.c ------------------------------------------------------------------------------ */

/* nftables' rules of a bridge, in a table of its own: none if the mode needs none. */
int net_set_rules(const struct net_kind *kind, const char *bridge,
		  const struct net_addresses *addresses, char why[NET_WHY]);
/* The same rules as a text; how long. For tests, too. */
int net_rules(char *room, size_t bytes, const struct net_kind *kind, const char *bridge,
	      const struct net_addresses *addresses);

/* --- lease.c --------------------------------------------------------------------------------- */

/*
 * A DHCP server for the bridge: dnsmasq, which tells of IPv6's prefix, too, else udhcpd. why: none
 * is installed; that is no error.
 */
int net_serve_leases(const struct net_kind *kind, const char *bridge,
		     const struct net_addresses *addresses, char why[NET_WHY]);
/* The guest with vif->mac gets the first IPv4 address of vif->ip. */
void net_reserve_lease(const struct net_vif *vif, const char *bridge);
void net_forget_lease(const struct net_vif *vif, const char *bridge);

/* --- network.c ------------------------------------------------------------------------------- */

/* The bridge of a mode with all it needs; made if it is the mode's to make. 0 and its index. */
int net_make_network(struct links *links, enum net_mode mode, const char *bridge,
		     unsigned int *link, char why[NET_WHY]);
/* Forwarding of IPv6. Dom0 itself goes on hearing the routers it has heard so far. 0 or -errno. */
int net_forward_six(void);
/* The IPv4 address of an interface; 0, or -ENOENT. */
int net_link_address(struct links *links, unsigned int link, struct link_address *address);
/* An interface without a bridge, and routes to what vif->ip lists. */
int net_make_routes(struct links *links, const struct net_vif *vif, unsigned int link,
		    char why[NET_WHY]);

#endif
