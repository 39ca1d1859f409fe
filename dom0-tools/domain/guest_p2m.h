/* SPDX-License-Identifier: MIT */
/* Which frames a PV guest uses, read from the list the guest itself publishes. */
#ifndef SERAI_GUEST_P2M_H
#define SERAI_GUEST_P2M_H

#include "domain/internal.h"

#include <xenforeignmemory.h>

/* A frame of the guest, as the core format's .xen_p2m section has them. */
struct guest_frame {
	uint64_t pfn, mfn;
};

/*
 * The guest's frames by rising PFN, malloc'ed; shared_info is its page, as mapped. The guest may
 * lie: the number is bounded by `most`, and frames that are not its own fail to map later. 0 or
 * -errno (told).
 */
int guest_p2m_read(struct session *session, xenforeignmemory_handle *foreign, uint32_t domid,
		   const shared_info_t *shared_info, uint64_t most, struct guest_frame **frames,
		   uint64_t *count);

#endif
