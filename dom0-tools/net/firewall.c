/* SPDX-License-Identifier: MIT */
/*
 * Rules of a bridge, in the nftables table "serai_<bridge>", which is replaced as a whole in one
 * transaction: no packet meets half of them, and doing it again changes nothing.
 *
 * LIMITS: a rule that accepts here does not overrule another table's that drops; an administrator's
 * own firewall has the last word.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net/helpers.h"

#define RULES_ROOM 2048

struct text {
	char *at;
	size_t room, length;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	size_t left = text->length < text->room ? text->room - text->length : 0;
	va_list args;

	va_start(args, format);
	text->length += (size_t)vsnprintf(text->at + (text->room - left), left, format, args);
	va_end(args);
}

/* Nothing passes between the bridge and others; not to Dom0 either if it has no address there. */
static void isolate(struct text *text, const char *bridge, bool from_dom0)
{
	add(text, "chain forward { type filter hook forward priority 0; policy accept;\n");
	add(text, "iifname \"%s\" oifname != \"%s\" drop\n", bridge, bridge);
	add(text, "oifname \"%s\" iifname != \"%s\" drop\n}\n", bridge, bridge);
	if (from_dom0)
		add(text,
		    "chain input { type filter hook input priority 0; policy accept;\n"
		    "iifname \"%s\" drop\n}\n",
		    bridge);
}

/* What leaves the network of this address leaves under Dom0's own. */
static void leave(struct text *text, const char *bridge, const struct link_address *address)
{
	char network[INET6_ADDRSTRLEN];
	uint8_t bits[16];

	if (!address->family)
		return;
	memcpy(bits, address->address, sizeof(bits));
	for (unsigned int bit = address->prefix; bit < 8 * sizeof(bits); bit++)
		bits[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	inet_ntop(address->family, bits, network, sizeof(network));
	add(text, "%s saddr %s/%u oifname != \"%s\" masquerade\n",
	    address->family == AF_INET ? "ip" : "ip6", network, address->prefix, bridge);
}

/* From outside only answers get in. */
static void translate(struct text *text, const char *bridge, const struct net_addresses *addresses)
{
	add(text, "chain forward { type filter hook forward priority 0; policy accept;\n");
	add(text, "oifname \"%s\" iifname != \"%s\" ct state established,related accept\n", bridge,
	    bridge);
	add(text, "oifname \"%s\" iifname != \"%s\" drop\n}\n", bridge, bridge);
	add(text, "chain leave { type nat hook postrouting priority 100; policy accept;\n");
	leave(text, bridge, &addresses->four);
	leave(text, bridge, &addresses->six);
	add(text, "}\n");
}

int net_rules(char *room, size_t bytes, const struct net_kind *kind, const char *bridge,
	      const struct net_addresses *addresses)
{
	struct text text = { .at = room, .room = bytes };

	add(&text, "table inet serai_%s {}\ndelete table inet serai_%s\n", bridge, bridge);
	add(&text, "table inet serai_%s {\n", bridge);
	if (kind->isolate)
		isolate(&text, bridge, !kind->subnet);
	if (kind->translate)
		translate(&text, bridge, addresses);
	add(&text, "}\n");
	return text.length < bytes ? (int)text.length : -ENOSPC;
}

int net_set_rules(const struct net_kind *kind, const char *bridge,
		  const struct net_addresses *addresses, char why[NET_WHY])
{
	static const char *const nft[] = { "nft", "-f", "-", NULL };
	char rules[RULES_ROOM], said[NET_WHY];
	int error;

	if (!kind->isolate && !kind->translate)
		return 0;
	error = net_rules(rules, sizeof(rules), kind, bridge, addresses);
	if (error < 0)
		return net_why(why, error, "rules of %s are too long", bridge);
	error = net_run(nft, rules, said);
	if (error == -ENOENT)
		return net_why(why, error,
			       "mode=%s needs nftables: install it (apt-get install nftables), or "
			       "use another mode",
			       kind->word);
	return error ? net_why(why, error, "nft refused the rules of %s: %.160s", bridge,
			       error == -EIO ? said : strerror(-error))
		     : 0;
}
