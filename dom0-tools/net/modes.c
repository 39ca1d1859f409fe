/* SPDX-License-Identifier: MIT */
/* The modes' table, and what can be said about an interface without touching the kernel. */
#include "net/modes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct net_kind kinds[] = {
	[NET_BRIDGED] = { .word = "bridged", .bridge = "xenbr0", .uplink = true },
	[NET_NAT] = { .word = "nat",
		      .bridge = "serai-nat",
		      .subnet = 177,
		      .forward = true,
		      .translate = true,
		      .dhcp = true },
	[NET_HOST] = { .word = "host",
		       .bridge = "serai-host",
		       .subnet = 178,
		       .isolate = true,
		       .dhcp = true },
	[NET_INTERNAL] = { .word = "internal", .bridge = "serai-int", .isolate = true },
	[NET_ROUTED] = { .word = "routed",
			 .bridge = "serai-routed",
			 .subnet = 179,
			 .forward = true,
			 .dhcp = true },
};

const char net_mode_words[] = "bridged, nat, host, internal or routed";

const struct net_kind *net_kind(enum net_mode mode)
{
	return &kinds[mode];
}

const char *net_mode_word(enum net_mode mode)
{
	return mode == NET_DEFAULT ? "" : kinds[mode].word;
}

int net_mode_parse(const char *word, enum net_mode *mode)
{
	if (!strcasecmp(word, "host-only") || !strcasecmp(word, "hostonly"))
		word = kinds[NET_HOST].word;
	for (enum net_mode m = NET_BRIDGED; m <= NET_ROUTED; m++) {
		if (!strcasecmp(word, kinds[m].word)) {
			*mode = m;
			return 0;
		}
	}
	return -EINVAL;
}

bool net_address_parse(const char *text, int *family, uint8_t address[16])
{
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, text, address) == 1;
}

int net_address_next(const char **list, int *family, uint8_t address[16])
{
	static const char blanks[] = " \t,";
	const char *at = *list + strspn(*list, blanks);
	size_t length = strcspn(at, blanks);
	char word[INET6_ADDRSTRLEN];

	if (!length)
		return 0;
	*list = at + length;
	if (length >= sizeof(word))
		return -EINVAL;
	memcpy(word, at, length);
	word[length] = '\0';
	return net_address_parse(word, family, address) ? 1 : -EINVAL;
}

/* Names end in commands' arguments, files' names and rules: the kernel alone allows too much. */
static bool name_is_plain(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_.-")] &&
	       *name != '-' && *name != '.';
}

static int refuse(char why[NET_WHY], const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char why[NET_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, NET_WHY, format, args);
	va_end(args);
	return -EINVAL;
}

static int check(const struct net_vif *vif, char why[NET_WHY])
{
	const char *list = vif->ip;
	uint8_t address[16];
	int family, rc;

	if (!vif->name[0] || !name_is_plain(vif->name))
		return refuse(why, "\"%s\" is no name for a network interface", vif->name);
	if (!name_is_plain(vif->bridge))
		return refuse(why, "bridge=%s is no name for a bridge", vif->bridge);
	if (!name_is_plain(vif->gatewaydev))
		return refuse(why, "gatewaydev=%s is no name for a network interface",
			      vif->gatewaydev);
	if (vif->mac[strspn(vif->mac, "0123456789abcdefABCDEF:")])
		return refuse(why, "mac=%s is no MAC address", vif->mac);
	if (vif->mtu && (vif->mtu < NET_MTU_MIN || vif->mtu > NET_MTU_MAX))
		return refuse(why, "mtu=%u is not between %u and %u", vif->mtu, NET_MTU_MIN,
			      NET_MTU_MAX);
	do
		rc = net_address_next(&list, &family, address);
	while (rc > 0);
	return rc ? refuse(why, "ip=%s: addresses like 192.0.2.7 or 2001:db8::7 go there", vif->ip)
		  : 0;
}

static enum net_mode resolve(const struct net_vif *vif)
{
	if (vif->mode != NET_DEFAULT)
		return vif->mode;
	return vif->bridge[0] || if_nametoindex(kinds[NET_BRIDGED].bridge) ? NET_BRIDGED : NET_NAT;
}

int net_plan(const struct net_vif *vif, enum net_mode *mode, char bridge[IFNAMSIZ],
	     char why[NET_WHY])
{
	int error = check(vif, why);

	if (error)
		return error;
	why[0] = '\0';
	*mode = resolve(vif);
	if (*mode == NET_ROUTED && (vif->ip[0] || vif->gatewaydev[0])) {
		if (vif->bridge[0])
			return refuse(why,
				      "bridge=%s: an interface routed to its own ip= is on no "
				      "bridge; leave one of the two out",
				      vif->bridge);
		if (!vif->ip[0])
			return refuse(why, "gatewaydev=%s needs ip=, what to route to the guest",
				      vif->gatewaydev);
		bridge[0] = '\0';
		return 0;
	}
	snprintf(bridge, IFNAMSIZ, "%s", vif->bridge[0] ? vif->bridge : kinds[*mode].bridge);
	return 0;
}
