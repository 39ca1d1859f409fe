/* SPDX-License-Identifier: MIT */
/* What addresses and routes there are: rtnetlink's dumps as plain arrays. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "net/links_private.h"

#define LIST_MOST 4096 /* a router with a full table is not searched to its end */

struct listing {
	unsigned int link;
	size_t entry_bytes;
	int count, error;
	uint8_t *entries;
};

/* Room for one more; NULL: no memory, or enough of them. */
static void *append(struct listing *listing)
{
	size_t count = (size_t)listing->count;

	if (count >= LIST_MOST)
		return NULL;
	if (!(count & (count - 1))) {
		uint8_t *more =
		    realloc(listing->entries, (count ? 2 * count : 1) * listing->entry_bytes);

		if (!more) {
			listing->error = -ENOMEM;
			return NULL;
		}
		listing->entries = more;
	}
	listing->count++;
	return memset(listing->entries + count * listing->entry_bytes, 0, listing->entry_bytes);
}

static bool take(uint8_t to[16], const struct nlattr *attribute, int family)
{
	size_t length = links_address_bytes(family);

	if (mnl_attr_get_payload_len(attribute) != length)
		return false;
	memcpy(to, mnl_attr_get_payload(attribute), length);
	return true;
}

static int each_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *about = mnl_nlmsg_get_payload(message);
	struct listing *listing = data;
	struct link_address *entry;
	const struct nlattr *attribute;
	bool local = false;

	if (listing->link && about->ifa_index != listing->link)
		return MNL_CB_OK;
	if (about->ifa_family != AF_INET && about->ifa_family != AF_INET6)
		return MNL_CB_OK;
	entry = append(listing);
	if (!entry)
		return MNL_CB_OK;
	entry->family = about->ifa_family;
	entry->prefix = about->ifa_prefixlen;
	entry->scope = about->ifa_scope;
	mnl_attr_for_each(attribute, message, sizeof(*about))
	{
		int type = mnl_attr_get_type(attribute);

		/* ADDRESS is the other end's on a point-to-point link; LOCAL is always ours. */
		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local))
			take(entry->address, attribute, entry->family);
		local |= type == IFA_LOCAL;
	}
	return MNL_CB_OK;
}

static void route_attribute(struct link_route *route, const struct nlattr *attribute)
{
	switch (mnl_attr_get_type(attribute)) {
	case RTA_DST:
		take(route->to, attribute, route->family);
		break;
	case RTA_GATEWAY:
		route->has_gateway = take(route->gateway, attribute, route->family);
		break;
	case RTA_PREFSRC:
		route->has_source = take(route->source, attribute, route->family);
		break;
	case RTA_PRIORITY:
		route->metric = mnl_attr_get_u32(attribute);
		break;
	case RTA_OIF:
		route->link = mnl_attr_get_u32(attribute);
		break;
	}
}

static int each_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *about = mnl_nlmsg_get_payload(message);
	struct link_route route = { .family = about->rtm_family,
				    .prefix = about->rtm_dst_len,
				    .scope = about->rtm_scope,
				    .protocol = about->rtm_protocol };
	struct listing *listing = data;
	const struct nlattr *attribute;
	struct link_route *entry;

	if (about->rtm_table != RT_TABLE_MAIN || about->rtm_type != RTN_UNICAST ||
	    (about->rtm_family != AF_INET && about->rtm_family != AF_INET6))
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*about)) route_attribute(&route, attribute);
	if (!route.link || (listing->link && route.link != listing->link))
		return MNL_CB_OK;
	entry = append(listing);
	if (entry)
		*entry = route;
	return MNL_CB_OK;
}

static int list(struct links *links, uint16_t type, mnl_cb_t each, struct listing *listing)
{
	char buffer[512] __attribute__((aligned(8)));
	struct nlmsghdr *message = links_message(links, buffer, type, NLM_F_DUMP);
	int error;

	mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg)); /* above ifaddrmsg's size */
	error = links_talk(links, message, each, listing);
	if (!error)
		error = listing->error;
	if (!error)
		return listing->count;
	free(listing->entries);
	listing->entries = NULL;
	return error;
}

int links_addresses(struct links *links, unsigned int link, struct link_address **addresses)
{
	struct listing listing = { .link = link, .entry_bytes = sizeof(**addresses) };
	int rc = list(links, RTM_GETADDR, each_address, &listing);

	*addresses = (struct link_address *)(void *)listing.entries;
	return rc;
}

int links_routes(struct links *links, unsigned int link, struct link_route **routes)
{
	struct listing listing = { .link = link, .entry_bytes = sizeof(**routes) };
	int rc = list(links, RTM_GETROUTE, each_route, &listing);

	*routes = (struct link_route *)(void *)listing.entries;
	return rc;
}

unsigned int links_uplink(struct links *links)
{
	struct link_route *routes, *best = NULL;
	int count = links_routes(links, 0, &routes);
	unsigned int link;

	for (int i = 0; i < count; i++) {
		struct link_route *route = &routes[i];

		if (route->prefix || (best && best->family < route->family))
			continue;
		/* IPv4's before IPv6's, then the least metric. */
		if (!best || best->family > route->family || route->metric < best->metric)
			best = route;
	}
	link = best ? best->link : 0;
	if (count >= 0)
		free(routes);
	return link;
}
