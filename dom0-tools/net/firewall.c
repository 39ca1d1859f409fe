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

/* Guests leave under Dom0's address; from outside only answers get in. */
static void translate(struct text *text, const char *bridge, const struct link_address *address)
{
	char network[INET_ADDRSTRLEN];
	uint32_t bits;

	memcpy(&bits, address->address, sizeof(bits));
	if (address->prefix < 32)
		bits &= htonl(~(UINT32_MAX >> address->prefix));
	inet_ntop(AF_INET, &bits, network, sizeof(network));
	add(text, "chain forward { type filter hook forward priority 0; policy accept;\n");
	add(text, "oifname \"%s\" iifname != \"%s\" ct state established,related accept\n", bridge,
	    bridge);
	add(text, "oifname \"%s\" iifname != \"%s\" drop\n}\n", bridge, bridge);
	add(text, "chain leave { type nat hook postrouting priority 100; policy accept;\n");
	add(text, "ip saddr %s/%u oifname != \"%s\" masquerade\n}\n", network, address->prefix,
	    bridge);
}

int net_rules(char *room, size_t bytes, const struct net_kind *kind, const char *bridge,
	      const struct link_address *address)
{
	struct text text = { .at = room, .room = bytes };

	add(&text, "table inet serai_%s {}\ndelete table inet serai_%s\n", bridge, bridge);
	add(&text, "table inet serai_%s {\n", bridge);
	if (kind->isolate)
		isolate(&text, bridge, !kind->subnet);
	if (kind->translate)
		translate(&text, bridge, address);
	add(&text, "}\n");
	return text.length < bytes ? (int)text.length : -ENOSPC;
}

int net_set_rules(const struct net_kind *kind, const char *bridge,
		  const struct link_address *address, char why[NET_WHY])
{
	static const char *const nft[] = { "nft", "-f", "-", NULL };
	char rules[RULES_ROOM], said[NET_WHY];
	int error;

	if (!kind->isolate && !kind->translate)
		return 0;
	error = net_rules(rules, sizeof(rules), kind, bridge, address);
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
