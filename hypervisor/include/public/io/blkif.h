/* SPDX-License-Identifier: MIT */
/*
 * Block devices: the frontend's requests to a disk, over a ring (ring.h) or several.
 *
 * Xenstore, the backend's directory. From the toolstack: mode (r, w), params, type (phy, file,
 * tap), physical-device (hex major:minor) and physical-device-path (from the hotplug script),
 * direct-io-safe, discard-enable. From the backend: feature-barrier, feature-flush-cache,
 * feature-discard (with discard-granularity, -alignment, -secure), feature-persistent (it keeps
 * grants mapped), feature-max-indirect-segments, max-ring-page-order (once: max-ring-pages),
 * multi-queue-max-queues; and of the disk info (VDISK_*), sectors, sector-size,
 * physical-sector-size.
 *
 * The frontend's: virtual-device and device-type from the toolstack, as is trusted (0: beware of
 * the backend). From the frontend: event-channel, ring-ref (or ring-page-order, once
 * num-ring-pages, and ring-ref0, ring-ref1 ...), protocol (protocols.h), feature-persistent,
 * feature-large-sector-size; multi-queue-num-queues if above 1, then ring and channel are in
 * queue-0, queue-1 ...
 */
#ifndef __XEN_PUBLIC_IO_BLKIF_H__
#define __XEN_PUBLIC_IO_BLKIF_H__

#include "ring.h"
#include "../grant_table.h"

#ifndef blkif_vdev_t
#define blkif_vdev_t	uint16_t
#endif
#define blkif_sector_t	uint64_t

/* Operations; from WRITE_BARRIER on, only with the backend's feature-... or max-indirect-... */
#define BLKIF_OP_READ			0
#define BLKIF_OP_WRITE			1
#define BLKIF_OP_WRITE_BARRIER		2	/* all before it first, it, then all after it */
#define BLKIF_OP_FLUSH_DISKCACHE	3	/* what has been answered shall be on the medium */
#define BLKIF_OP_RESERVED_1		4
#define BLKIF_OP_DISCARD		5	/* blkif_request_discard */
#define BLKIF_OP_INDIRECT		6	/* blkif_request_indirect */

#define BLKIF_MAX_SEGMENTS_PER_REQUEST		11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST	8

/*
 * A run of 512-byte units of one page, ends included, so last_sect is at most 7. Sector numbers
 * count such units too, unless the frontend has feature-large-sector-size.
 */
struct blkif_request_segment {
	grant_ref_t gref;
	uint8_t first_sect, last_sect;
};

/* A slot. The response repeats id and operation. */
struct blkif_request {
	uint8_t operation;		/* BLKIF_OP_* */
	uint8_t nr_segments;
	blkif_vdev_t handle;		/* the device, as in virtual-device */
	uint64_t id;
	blkif_sector_t sector_number;
	struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;

/* The two others are laid over a slot. */
struct blkif_request_discard {
	uint8_t operation;
	uint8_t flag;
	blkif_vdev_t handle;
	uint64_t id;
	blkif_sector_t sector_number;
	uint64_t nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;
#define BLKIF_DISCARD_SECURE	(1 << 0)	/* flag: unreadable for good, if discard-secure */

/* Reads or writes like blkif_request, but the segments are in granted pages, 512 in each. */
struct blkif_request_indirect {
	uint8_t operation;
	uint8_t indirect_op;		/* BLKIF_OP_READ, BLKIF_OP_WRITE */
	uint16_t nr_segments;
	uint64_t id;
	blkif_sector_t sector_number;
	blkif_vdev_t handle;
	grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
#ifdef __i386__
	uint64_t pad;
#endif
};
typedef struct blkif_request_indirect blkif_request_indirect_t;

struct blkif_response {
	uint64_t id;
	uint8_t operation;
	int16_t status;
};
typedef struct blkif_response blkif_response_t;

#define BLKIF_RSP_OKAY		0
#define BLKIF_RSP_ERROR		-1
#define BLKIF_RSP_EOPNOTSUPP	-2

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);

/* Bits of the node info. */
#define VDISK_CDROM	0x1
#define VDISK_REMOVABLE	0x2
#define VDISK_READONLY	0x4

#endif
