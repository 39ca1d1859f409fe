/* SPDX-License-Identifier: MIT */
/*
 * For libraries that hold file descriptors with power over domains: how xentoolcore_restrict_all()
 * finds them.
 *
 * A handle embeds a Xentoolcore__Active_Handle and registers it before anything can fail:
 *
 *	handle->tc.restrict_callback = my_restrict;
 *	xentoolcore__register_active_handle(&handle->tc);
 *	handle->fd = open(...);
 *
 * with fd = -1 before, so that the callback, which another thread may make at any time between
 * registering and deregistering, finds either -1 or the descriptor. Deregister before closing.
 */
#ifndef XENTOOLCORE_INTERNAL_H
#define XENTOOLCORE_INTERNAL_H

#include <stddef.h>

#include "xentoolcore.h"

typedef struct Xentoolcore__Active_Handle Xentoolcore__Active_Handle;

/* Returns 0 or -1 with errno. Must not register or deregister. */
typedef int Xentoolcore__Restrict_Callback(Xentoolcore__Active_Handle *handle, domid_t domid);

/* Three pointers: part of the binary interface, since other libraries embed it. */
struct Xentoolcore__Active_Handle {
	Xentoolcore__Restrict_Callback *restrict_callback;
	struct Xentoolcore__Active_Handle *next;	/* the rest is the list's */
	struct Xentoolcore__Active_Handle **link;
};

void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *handle);
void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *handle);

/*
 * The restriction of last resort: puts /dev/null in the place of fd. Below 0 (not open) there is
 * nothing to do. 0, or -1 with errno.
 */
int xentoolcore__restrict_by_dup2_null(int fd);

/* The structure that contains a member. */
#ifndef CONTAINER_OF
#define CONTAINER_OF(inner_ptr, outer, member) \
	((outer *)(void *)((char *)(inner_ptr) - offsetof(outer, member)))
#endif

#endif
