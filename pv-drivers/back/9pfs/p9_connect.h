/* SPDX-License-Identifier: MIT */
/*
 * What serai-backd tells the worker of a share. fds[0]: the folder, a mount of its own that ends
 * there, so that even ".." from it leads nowhere.
 */
#ifndef P9_CONNECT_H
#define P9_CONNECT_H

#include <stdint.h>

#define P9_CONNECT_RINGS 8u

struct p9_connect {
	uint32_t nr_rings;
	uint32_t readonly;
	uint32_t security; /* enum p9_security */
	struct {
		uint32_t ref, port;
	} rings[P9_CONNECT_RINGS];
};

#endif
