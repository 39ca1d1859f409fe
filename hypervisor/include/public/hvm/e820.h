/* SPDX-License-Identifier: MIT */
/* Where an HVM guest's firmware finds the memory map, and how memory below 4 GiB is split. */
#ifndef __XEN_PUBLIC_HVM_E820_H__
#define __XEN_PUBLIC_HVM_E820_H__

#include "../xen.h"

#define HVM_E820_PAGE		0x00090000	/* guest-physical */
#define HVM_E820_NR_OFFSET	0x000001E8	/* in that page: number of entries */
#define HVM_E820_OFFSET		0x000002D0	/* in that page: the entries */

/* RAM may end here; from here to 4 GiB are devices. */
#define HVM_BELOW_4G_RAM_END	 0xF0000000
#define HVM_BELOW_4G_MMIO_START	 HVM_BELOW_4G_RAM_END
#define HVM_BELOW_4G_MMIO_LENGTH ((xen_mk_ullong(1) << 32) - HVM_BELOW_4G_MMIO_START)

#endif
