/* SPDX-License-Identifier: MIT */
/*
 * Dom0's way out becomes a port of a bridge, and the bridge takes its place: MAC address, IP
 * addresses, routes. First everything is read, then changed; whatever fails, what was read is put
 * back.
 *
 * LIMITS: addresses of DHCP become permanent ones, and a program that configures the interface does
 * not know that the bridge is to be configured now; the user is told.
 */
#include <errno.h>
#include <net/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/helpers.h"

struct uplink {
	unsigned int link, bridge;
	char name[IFNAMSIZ];
	uint8_t mac[6];
	struct link_address *addresses;
	struct link_route *routes;
	int nr_addresses, nr_routes;
};

static bool in_sysfs(const char *name, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, what);
	return !access(path, F_OK);
}

/* -EINVAL: not an interface that can be a bridge's port. */
static int read_mac(struct uplink *uplink)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, uplink->name, IFNAMSIZ);
	error = ioctl(fd, SIOCGIFHWADDR, &request) ? -errno : 0;
	close(fd);
	if (!error && request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		error = -EINVAL;
	memcpy(uplink->mac, request.ifr_hwaddr.sa_data, sizeof(uplink->mac));
	return error;
}

static int look(struct links *links, struct uplink *uplink, char why[NET_WHY])
{
	if (!if_indextoname(uplink->link, uplink->name))
		return -errno;
	if (in_sysfs(uplink->name, "bridge"))
		return net_why(why, -ELOOP,
			       "Dom0's way out, %s, is a bridge already: say bridge=%s",
			       uplink->name, uplink->name);
	if (in_sysfs(uplink->name, "wireless") || read_mac(uplink))
		return net_why(why, -EINVAL,
			       "Dom0's way out, %s, cannot be on a bridge: say mode=nat",
			       uplink->name);
	uplink->nr_addresses = links_addresses(links, uplink->link, &uplink->addresses);
	uplink->nr_routes = links_routes(links, uplink->link, &uplink->routes);
	return uplink->nr_addresses < 0 ? uplink->nr_addresses
	       : uplink->nr_routes < 0	? uplink->nr_routes
					: 0;
}

/* Routes the kernel makes of addresses come by themselves; gateways need the others first. */
static int put_routes(struct links *links, const struct uplink *uplink, unsigned int link)
{
	int error = 0;

	for (int gateways = 0; gateways < 2; gateways++) {
		for (int i = 0; i < uplink->nr_routes && !error; i++) {
			struct link_route route = uplink->routes[i];

			route.link = link;
			if (route.protocol != RTPROT_KERNEL && route.has_gateway == gateways)
				error = link_add_route(links, &route);
		}
	}
	return error;
}

static int move(struct links *links, const struct uplink *uplink, unsigned int from,
		unsigned int to)
{
	int error = 0;

	for (int i = 0; i < uplink->nr_addresses && !error; i++) {
		const struct link_address *address = &uplink->addresses[i];

		if (address->family == AF_INET6 && address->scope == RT_SCOPE_LINK)
			continue;
		error = link_remove_address(links, from, address);
		if (!error || error == -EADDRNOTAVAIL)
			error = link_add_address(links, to, address);
	}
	return error ? error : put_routes(links, uplink, to);
}

static int take(struct links *links, const struct uplink *uplink)
{
	int error = link_set_mac(links, uplink->bridge, uplink->mac);

	if (!error)
		error = link_up(links, uplink->bridge);
	if (!error)
		error = link_set_master(links, uplink->link, uplink->bridge);
	if (!error)
		error = move(links, uplink, uplink->link, uplink->bridge);
	return error;
}

static void give_back(struct links *links, const struct uplink *uplink)
{
	link_set_master(links, uplink->link, 0);
	for (int i = 0; i < uplink->nr_addresses; i++) {
		link_remove_address(links, uplink->bridge, &uplink->addresses[i]);
		link_add_address(links, uplink->link, &uplink->addresses[i]);
	}
	put_routes(links, uplink, uplink->link);
}

int net_take_uplink(struct links *links, const char *bridge, char why[NET_WHY])
{
	struct uplink uplink = { .link = links_uplink(links), .bridge = if_nametoindex(bridge) };
	int error;

	if (!uplink.link) {
		net_why(why, 0,
			"%s leads nowhere: Dom0 has no default route; add its interface (ip link "
			"set IF master %s)",
			bridge, bridge);
		return link_up(links, uplink.bridge);
	}
	error = look(links, &uplink, why);
	if (!error) {
		error = take(links, &uplink);
		if (error)
			give_back(links, &uplink);
	}
	if (!error)
		net_why(why, 0,
			"%s has taken over %s's addresses: what configures %s (a DHCP client, "
			"ifupdown) should configure %s from now on",
			bridge, uplink.name, uplink.name, bridge);
	free(uplink.nr_addresses >= 0 ? uplink.addresses : NULL);
	free(uplink.nr_routes >= 0 ? uplink.routes : NULL);
	return error;
}
