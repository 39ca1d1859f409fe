/* SPDX-License-Identifier: MIT */
/*
 * What this folder asks of the kernel's interfaces, addresses and routes, by rtnetlink (libmnl).
 * All return 0 (or what is said) or -errno; what is already so is success.
 */
#ifndef SERAI_NET_LINKS_H
#define SERAI_NET_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;

struct links {
	struct mnl_socket *socket;
	uint32_t sequence;
};

struct link_address {
	int family;
	uint8_t address[16];
	uint8_t prefix, scope;
};

struct link_route {
	int family;
	uint8_t to[16], gateway[16], source[16];
	bool has_gateway, has_source;
	uint8_t prefix, scope, protocol;
	uint32_t metric;
	unsigned int link;
};

int links_open(struct links *links);
void links_close(struct links *links);

int link_make_bridge(struct links *links, const char *name);
int link_delete(struct links *links, unsigned int link);
int link_up(struct links *links, unsigned int link);
int link_set_mtu(struct links *links, unsigned int link, uint32_t mtu);
int link_set_mac(struct links *links, unsigned int link, const uint8_t mac[6]);
/* master 0: none any more. */
int link_set_master(struct links *links, unsigned int link, unsigned int master);

int link_add_address(struct links *links, unsigned int link, const struct link_address *address);
int link_remove_address(struct links *links, unsigned int link, const struct link_address *address);
int link_add_route(struct links *links, const struct link_route *route);

/*
 * Lists of all there is: of one link, or of all (0). The caller frees *list. How many. Routes are
 * the main table's unicast ones with a single next hop.
 */
int links_addresses(struct links *links, unsigned int link, struct link_address **list);
int links_routes(struct links *links, unsigned int link, struct link_route **list);

/* The interface of the default route; 0: there is none. */
unsigned int links_uplink(struct links *links);

/* A text into a file of /proc/sys or /sys named by a format. */
int link_setting(const char *value, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
