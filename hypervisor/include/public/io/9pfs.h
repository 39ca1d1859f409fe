/* SPDX-License-Identifier: MIT */
/*
 * A shared folder: 9P messages over byte rings (ring.h), in to the guest, out from it.
 *
 * Xenstore, the backend's directory: versions, max-rings, max-ring-page-order from the backend;
 * path and security_model from the toolstack. The frontend's: tag from the toolstack; version,
 * num-rings, ring-ref0 and event-channel-0 ... (one pair a ring) from the frontend.
 */
#ifndef __XEN_PUBLIC_IO_9PFS_H__
#define __XEN_PUBLIC_IO_9PFS_H__

#include "../grant_table.h"
#include "ring.h"

DEFINE_XEN_FLEX_RING_AND_INTF(xen_9pfs);

#endif
