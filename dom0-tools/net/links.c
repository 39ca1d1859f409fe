/* SPDX-License-Identifier: MIT */
/* Interfaces, addresses and routes changed by rtnetlink: see links.h. */
#include "net/links.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/links_private.h"

#define ANSWER_SECONDS 5

int links_open(struct links *links)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };

	*links = (struct links){ .socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	if (!links->socket)
		return -errno;
	setsockopt(mnl_socket_get_fd(links->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	if (mnl_socket_bind(links->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int error = -errno;

		links_close(links);
		return error;
	}
	return 0;
}

void links_close(struct links *links)
{
	if (links->socket)
		mnl_socket_close(links->socket);
	links->socket = NULL;
}

struct nlmsghdr *links_message(struct links *links, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++links->sequence;
	return message;
}

int links_talk(struct links *links, struct nlmsghdr *message, mnl_cb_t each, void *data)
{
	char buffer[16384] __attribute__((aligned(8)));
	unsigned int port = mnl_socket_get_portid(links->socket);
	int rc = 1;

	if (mnl_socket_sendto(links->socket, message, message->nlmsg_len) < 0)
		return -errno;
	while (rc > 0) {
		ssize_t got = mnl_socket_recvfrom(links->socket, buffer, sizeof(buffer));

		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		rc = mnl_cb_run(buffer, (size_t)got, links->sequence, port, each, data);
	}
	return rc < 0 ? -errno : 0;
}

static int act(struct links *links, struct nlmsghdr *message)
{
	int error;

	message->nlmsg_flags |= NLM_F_ACK;
	error = links_talk(links, message, NULL, NULL);
	return error == -EEXIST ? 0 : error;
}

static struct nlmsghdr *about_link(struct links *links, void *buffer, uint16_t type, uint16_t flags,
				   unsigned int link, struct ifinfomsg **info)
{
	struct nlmsghdr *message = links_message(links, buffer, type, flags);

	*info = mnl_nlmsg_put_extra_header(message, sizeof(**info));
	(*info)->ifi_family = AF_UNSPEC;
	(*info)->ifi_index = (int)link;
	return message;
}

int link_make_bridge(struct links *links, const char *name)
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message =
	    about_link(links, buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, &info);
	struct nlattr *nest;

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_str(message, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(message, nest);
	return act(links, message);
}

int link_delete(struct links *links, unsigned int link)
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;

	return act(links, about_link(links, buffer, RTM_DELLINK, 0, link, &info));
}

int link_up(struct links *links, unsigned int link)
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = about_link(links, buffer, RTM_NEWLINK, 0, link, &info);

	info->ifi_flags = info->ifi_change = IFF_UP;
	return act(links, message);
}

int link_set_mtu(struct links *links, unsigned int link, uint32_t mtu)
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = about_link(links, buffer, RTM_NEWLINK, 0, link, &info);

	mnl_attr_put_u32(message, IFLA_MTU, mtu);
	return act(links, message);
}

int link_set_mac(struct links *links, unsigned int link, const uint8_t mac[6])
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = about_link(links, buffer, RTM_NEWLINK, 0, link, &info);

	mnl_attr_put(message, IFLA_ADDRESS, 6, mac);
	return act(links, message);
}

int link_set_master(struct links *links, unsigned int link, unsigned int master)
{
	char buffer[512] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = about_link(links, buffer, RTM_NEWLINK, 0, link, &info);

	mnl_attr_put_u32(message, IFLA_MASTER, master);
	return act(links, message);
}

static int change_address(struct links *links, uint16_t type, uint16_t flags, unsigned int link,
			  const struct link_address *address)
{
	char buffer[512] __attribute__((aligned(8)));
	struct nlmsghdr *message = links_message(links, buffer, type, flags);
	struct ifaddrmsg *about = mnl_nlmsg_put_extra_header(message, sizeof(*about));
	size_t length = links_address_bytes(address->family);

	about->ifa_family = (uint8_t)address->family;
	about->ifa_prefixlen = address->prefix;
	about->ifa_scope = address->scope;
	about->ifa_index = link;
	mnl_attr_put(message, IFA_LOCAL, length, address->address);
	mnl_attr_put(message, IFA_ADDRESS, length, address->address);
	if (address->family == AF_INET && address->prefix < 31) {
		uint32_t broadcast;

		memcpy(&broadcast, address->address, sizeof(broadcast));
		broadcast |= __builtin_bswap32(UINT32_MAX >> address->prefix);
		mnl_attr_put(message, IFA_BROADCAST, sizeof(broadcast), &broadcast);
	}
	return act(links, message);
}

int link_add_address(struct links *links, unsigned int link, const struct link_address *address)
{
	return change_address(links, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, address);
}

int link_remove_address(struct links *links, unsigned int link, const struct link_address *address)
{
	return change_address(links, RTM_DELADDR, 0, link, address);
}

int link_add_route(struct links *links, const struct link_route *route)
{
	char buffer[512] __attribute__((aligned(8)));
	struct nlmsghdr *message =
	    links_message(links, buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *about = mnl_nlmsg_put_extra_header(message, sizeof(*about));
	size_t length = links_address_bytes(route->family);

	about->rtm_family = (uint8_t)route->family;
	about->rtm_dst_len = route->prefix;
	about->rtm_table = RT_TABLE_MAIN;
	about->rtm_protocol = route->protocol ? route->protocol : RTPROT_BOOT;
	about->rtm_scope = route->scope;
	about->rtm_type = RTN_UNICAST;
	if (route->prefix)
		mnl_attr_put(message, RTA_DST, length, route->to);
	if (route->has_gateway)
		mnl_attr_put(message, RTA_GATEWAY, length, route->gateway);
	if (route->has_source)
		mnl_attr_put(message, RTA_PREFSRC, length, route->source);
	if (route->metric)
		mnl_attr_put_u32(message, RTA_PRIORITY, route->metric);
	mnl_attr_put_u32(message, RTA_OIF, route->link);
	return act(links, message);
}

int link_setting(const char *value, const char *format, ...)
{
	char path[256];
	va_list args;
	ssize_t wrote;
	int fd, error;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	wrote = write(fd, value, strlen(value));
	error = wrote < 0 ? -errno : 0;
	close(fd);
	return error;
}
