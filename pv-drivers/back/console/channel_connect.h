/* SPDX-License-Identifier: MIT */
/*
 * What serai-backd tells the worker of a channel. fds[0]: a terminal's master, or a listening
 * socket that takes one peer after the other.
 */
#ifndef CHANNEL_CONNECT_H
#define CHANNEL_CONNECT_H

#include <stdint.h>

struct channel_connect {
	uint32_t ref, port;
	uint32_t listens; /* fds[0] is a socket to accept from */
};

#endif
