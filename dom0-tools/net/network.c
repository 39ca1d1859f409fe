/* SPDX-License-Identifier: MIT */
/* A mode's network: its bridge with an address and what goes with it; or routes without one. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/helpers.h"

/* With nothing else to show, Dom0's end of a route to a guest. */
static const struct link_address lone_address = {
	.family = AF_INET, .address = { 169, 254, 255, 1 }, .prefix = 32, .scope = RT_SCOPE_LINK
};

int net_link_address(struct links *links, unsigned int link, struct link_address *address)
{
	struct link_address *list;
	int count = links_addresses(links, link, &list), rc = -ENOENT;

	for (int i = 0; i < count && rc; i++) {
		if (list[i].family == AF_INET) {
			*address = list[i];
			rc = 0;
		}
	}
	if (count >= 0)
		free(list);
	return count < 0 ? count : rc;
}

static bool overlaps(const uint8_t subnet[3], int family, const uint8_t *address, uint8_t prefix)
{
	uint32_t mask = prefix < 24 ? prefix ? ~(UINT32_MAX >> prefix) : 0 : 0xffffff00u, other;

	memcpy(&other, address, sizeof(other));
	return family == AF_INET &&
	       !((ntohl(other) ^ ((uint32_t)subnet[0] << 24 | (uint32_t)subnet[1] << 16 |
				  (uint32_t)subnet[2] << 8)) &
		 mask);
}

/* Whether an address of Dom0's or a route (the default one does not count) lies there. */
static int taken(struct links *links, const uint8_t subnet[3])
{
	struct link_address *addresses;
	struct link_route *routes;
	int count, found = 0;

	count = links_addresses(links, 0, &addresses);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		found |= overlaps(subnet, addresses[i].family, addresses[i].address,
				  addresses[i].prefix);
	free(addresses);
	count = links_routes(links, 0, &routes);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		found |= routes[i].prefix &&
			 overlaps(subnet, routes[i].family, routes[i].to, routes[i].prefix);
	free(routes);
	return found;
}

static int give_address(struct links *links, const struct net_kind *kind, const char *bridge,
			unsigned int link, struct link_address *address, char why[NET_WHY])
{
	uint8_t subnet[3] = { 192, 168, kind->subnet };
	int error = 1;

	for (unsigned int i = 0; i < NET_SUBNET_TRIES && error > 0; i++) {
		subnet[2] = (uint8_t)(kind->subnet + i * NET_SUBNET_STEP);
		error = taken(links, subnet);
	}
	if (error > 0)
		return net_why(why, -EADDRINUSE,
			       "no free network for %s: 192.168.%u.0/24 and its alternatives are "
			       "all in use; make the bridge with an address of your choice",
			       bridge, kind->subnet);
	*address = (struct link_address){ .family = AF_INET, .prefix = 24 };
	memcpy(address->address, subnet, sizeof(subnet));
	address->address[3] = 1;
	if (!error)
		error = link_add_address(links, link, address);
	return error
		   ? net_why(why, error, "bridge %s gets no address: %s", bridge, strerror(-error))
		   : 0;
}

static int address_six(struct links *links, unsigned int link, struct link_address *address)
{
	struct link_address *list;
	int count = links_addresses(links, link, &list), rc = -ENOENT;

	for (int i = 0; i < count && rc; i++) {
		if (list[i].family == AF_INET6 && list[i].scope == RT_SCOPE_UNIVERSE) {
			*address = list[i];
			rc = 0;
		}
	}
	if (count >= 0)
		free(list);
	return count < 0 ? count : rc;
}

/*
 * A prefix of our own for IPv6, of the kind nobody routes, numbered as the IPv4 subnet is. Somebody
 * who runs a bridge of his own gives it an address himself. Without IPv6 in the kernel, or switched
 * off there, guests have none.
 */
static void give_six(struct links *links, const char *bridge, unsigned int link, bool made,
		     struct net_addresses *addresses)
{
	const uint8_t net = addresses->four.address[2];
	struct link_address *six = &addresses->six;

	if (!address_six(links, link, six) || !made ||
	    link_setting("0", "/proc/sys/net/ipv6/conf/%s/disable_ipv6", bridge))
		return;
	*six = (struct link_address){ .family = AF_INET6, .prefix = 64 };
	memcpy(six->address, "\xfdSerai", 6);
	six->address[6] = net / 100;
	six->address[7] = (uint8_t)(net / 10 % 10 << 4 | net % 10);
	six->address[15] = 1;
	if (link_add_address(links, link, six))
		six->family = 0;
}

int net_forward_six(void)
{
	static const char settings[] = "/proc/sys/net/ipv6/conf";
	DIR *dir = opendir(settings);
	struct dirent *entry;

	/* A router does not hear others, and forgets their routes, unless told so (2) before. */
	while (dir && (entry = readdir(dir)) != NULL) {
		char path[NAME_MAX + 64], heard = 0;
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s/accept_ra", settings, entry->d_name);
		file = entry->d_name[0] != '.' ? fopen(path, "re") : NULL;
		if (file && fread(&heard, 1, 1, file) && heard == '1')
			link_setting("2", "%s", path);
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return link_setting("1", "%s/all/forwarding", settings);
}

/* The kernel forwards; for translation's sake, too. */
static int forward(char why[NET_WHY])
{
	int error = link_setting("1", "/proc/sys/net/ipv4/ip_forward");

	return error ? net_why(why, error, "/proc/sys/net/ipv4/ip_forward cannot be set: %s",
			       strerror(-error))
		     : 0;
}

static int make_bridge(struct links *links, enum net_mode mode, const char *bridge, bool *made,
		       char why[NET_WHY])
{
	const struct net_kind *kind = net_kind(mode);
	int error;

	*made = false;
	if (if_nametoindex(bridge))
		return 0;
	if (kind->uplink && strcmp(bridge, kind->bridge))
		return net_why(why, -ENODEV,
			       "there is no bridge %s: make it (ip link add %s type bridge), leave "
			       "bridge= out, or say mode=nat",
			       bridge, bridge);
	error = link_make_bridge(links, bridge);
	if (error)
		return net_why(why, error, "bridge %s cannot be made (modprobe bridge?): %s",
			       bridge, strerror(-error));
	*made = true;
	return 0;
}

/* What stands behind a bridge with addresses. */
static int equip(struct links *links, const struct net_kind *kind, const char *bridge,
		 unsigned int link, bool made, char why[NET_WHY])
{
	struct net_addresses addresses = { .four = { .family = AF_INET } };
	struct link_address *address = &addresses.four;
	int error = 0;

	if (kind->subnet) {
		/* Guests are nobody to tell Dom0 its routes. */
		link_setting("0", "/proc/sys/net/ipv6/conf/%s/accept_ra", bridge);
		error = net_link_address(links, link, address);
		if (error == -ENOENT)
			error = give_address(links, kind, bridge, link, address, why);
	} else if (kind->isolate) {
		/* Not even a link-local address: Dom0 is no part of this network. */
		link_setting("1", "/proc/sys/net/ipv6/conf/%s/disable_ipv6", bridge);
	}
	if (!error && kind->translate)
		give_six(links, bridge, link, made, &addresses);
	if (!error)
		error = link_up(links, link);
	if (!error)
		error = net_set_rules(kind, bridge, &addresses, why);
	if (!error && kind->forward)
		error = forward(why);
	if (!error && addresses.six.family && net_forward_six())
		addresses.six.family = 0; /* nobody shall be told of a way that is none */
	return error ? error : net_serve_leases(kind, bridge, &addresses, why);
}

int net_make_network(struct links *links, enum net_mode mode, const char *bridge,
		     unsigned int *link, char why[NET_WHY])
{
	const struct net_kind *kind = net_kind(mode);
	bool made;
	int error = make_bridge(links, mode, bridge, &made, why);

	if (error)
		return error;
	*link = if_nametoindex(bridge);
	if (kind->uplink)
		error = made ? net_take_uplink(links, bridge, why) : link_up(links, *link);
	else
		error = equip(links, kind, bridge, *link, made, why);
	if (error && made)
		link_delete(links, *link);
	if (error && !why[0])
		net_why(why, error, "bridge %s cannot be set up: %s", bridge, strerror(-error));
	return error;
}

/* The address the guest sees at the other end: gatewaydev's, the uplink's, or a made-up one. */
static void show_address(struct links *links, const struct net_vif *vif, struct link_address *shown)
{
	unsigned int from =
	    vif->gatewaydev[0] ? if_nametoindex(vif->gatewaydev) : links_uplink(links);

	if (!from || net_link_address(links, from, shown))
		*shown = lone_address;
	shown->prefix = 32;
	shown->scope = RT_SCOPE_LINK;
}

int net_make_routes(struct links *links, const struct net_vif *vif, unsigned int link,
		    char why[NET_WHY])
{
	struct link_route route = { .scope = RT_SCOPE_LINK, .link = link };
	struct link_address shown;
	const char *list = vif->ip;
	int error;

	if (vif->gatewaydev[0] && !if_nametoindex(vif->gatewaydev))
		return net_why(why, -ENODEV, "gatewaydev=%s: there is no such interface",
			       vif->gatewaydev);
	show_address(links, vif, &shown);
	error = link_add_address(links, link, &shown);
	while (!error && net_address_next(&list, &route.family, route.to) > 0) {
		route.prefix = route.family == AF_INET ? 32 : 128;
		error = link_add_route(links, &route);
		if (!error && route.family == AF_INET6)
			error = net_forward_six();
	}
	if (error)
		return net_why(why, error, "routes to ip=%s cannot be made: %s", vif->ip,
			       strerror(-error));
	/* Dom0 answers for all it can reach, so any gateway the guest thinks of will do. */
	link_setting("1", "/proc/sys/net/ipv4/conf/%s/proxy_arp", vif->name);
	link_setting("0", "/proc/sys/net/ipv6/conf/%s/accept_ra", vif->name);
	return forward(why);
}
