/* SPDX-License-Identifier: MIT */
/* The table of modes: everything that differs between them. */
#ifndef SERAI_NET_MODES_H
#define SERAI_NET_MODES_H

#include "net/net.h"

struct net_kind {
	const char *word;
	const char *bridge; /* the default one */
	/*
	 * Dom0's address on a bridge made here is 192.168.N.1/24, the first N of subnet, subnet +
	 * 10, … that nothing else uses; 0: no address.
	 */
	uint8_t subnet;
	bool uplink;	/* a bridge made here takes over Dom0's interface to the outside */
	bool forward;	/* the kernel forwards between it and the outside … */
	bool translate; /* … under its own address */
	bool isolate;	/* nothing is forwarded in or out */
	bool dhcp;
};

#define NET_SUBNET_STEP	 10
#define NET_SUBNET_TRIES 6

/* mode is not NET_DEFAULT. */
const struct net_kind *net_kind(enum net_mode mode);

/* Whether text is an address the kernel would take; family is AF_INET or AF_INET6, [out]. */
bool net_address_parse(const char *text, int *family, uint8_t address[16]);

/*
 * Takes the next address off a list between blanks.
 * 1: one. 0: no more. -EINVAL: what stands there is none.
 */
int net_address_next(const char **list, int *family, uint8_t address[16]);

#endif
