/* SPDX-License-Identifier: MIT */
/* What links.c and links_list.c share. */
#ifndef SERAI_NET_LINKS_PRIVATE_H
#define SERAI_NET_LINKS_PRIVATE_H

#include <libmnl/libmnl.h>
#include <sys/socket.h>

#include "net/links.h"

static inline size_t links_address_bytes(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Begins a request in buffer. */
struct nlmsghdr *links_message(struct links *links, void *buffer, uint16_t type, uint16_t flags);
/* Sends it and gives each answer to each, until the last or the error. */
int links_talk(struct links *links, struct nlmsghdr *message, mnl_cb_t each, void *data);

#endif
