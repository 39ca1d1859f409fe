/* SPDX-License-Identifier: MIT */
/*
 * libxentoolcore: what concerns all Xen library handles of a process at once.
 */
#ifndef XENTOOLCORE_H
#define XENTOOLCORE_H

#include <stdint.h>

#include <xen/xen.h>

/*
 * Gives up power: every handle the process holds through Serai's libraries can from now on only
 * affect domid. Handles that cannot be narrowed are cut off altogether. For a process that serves
 * one guest and might be taken over by it; denial of service is not prevented.
 *
 * Returns 0, or -1 with errno: then some handles may be restricted and others not. A second call
 * for the same domain may fail, one for another domain does. Thread safe; handles opened meanwhile
 * may escape it, handles being closed meanwhile count until closed.
 */
int xentoolcore_restrict_all(domid_t domid);

#endif
