/* SPDX-License-Identifier: MIT */
/*
 * A scatter list that stands for a buffer in a hypercall where the hypervisor cannot walk the
 * guest's page tables. Not used on x86.
 */
#ifndef _XEN_XENCOMM_H_
#define _XEN_XENCOMM_H_

#if !defined(__ASSEMBLY__) && defined(__has_include)
#if __has_include(<stdint.h>)
#include <stdint.h>
#endif
#endif

#define XENCOMM_MAGIC	0x58434F4D
#define XENCOMM_INVALID	(~0UL)		/* no page in a slot */

struct xencomm_desc {
	uint32_t magic;
	uint32_t nr_addrs;
	uint64_t address[0];		/* guest-physical, in the buffer's order */
};

#endif /* _XEN_XENCOMM_H_ */
