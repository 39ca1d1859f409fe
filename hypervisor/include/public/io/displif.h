/* SPDX-License-Identifier: MIT */
/*
 * Displays: the frontend makes buffers of its (or the backend's) memory, framebuffers of the buffers,
 * shows one on a connector and flips to another. Each connector has a request ring (ring.h) and a
 * page of events from the backend.
 *
 * Xenstore, the FIELD names below. Backend: versions. Frontend: version (one of them); from the
 * toolstack be-alloc, and in a directory for each connector, 0 and up, resolution and unique-id; from
 * the frontend there the references and channels of both rings.
 */
#ifndef __XEN_PUBLIC_IO_DISPLIF_H__
#define __XEN_PUBLIC_IO_DISPLIF_H__

#include "ring.h"
#include "../grant_table.h"

#define XENDISPL_PROTOCOL_VERSION	"2"
#define XENDISPL_PROTOCOL_VERSION_INT	2

/* operation; below 0x10 is reserved */
#define XENDISPL_OP_DBUF_CREATE		0x10
#define XENDISPL_OP_DBUF_DESTROY	0x11
#define XENDISPL_OP_FB_ATTACH		0x12	/* makes a framebuffer */
#define XENDISPL_OP_FB_DETACH		0x13
#define XENDISPL_OP_SET_CONFIG		0x14	/* shows it with a mode, or nothing any more */
#define XENDISPL_OP_PG_FLIP		0x15	/* shows another; done at the event */
#define XENDISPL_OP_GET_EDID		0x16	/* since version 2 */

/* type of events */
#define XENDISPL_EVT_PG_FLIP		0x00

#define XENDISPL_DRIVER_NAME		"vdispl"

#define XENDISPL_LIST_SEPARATOR		","
#define XENDISPL_RESOLUTION_SEPARATOR	"x"

#define XENDISPL_FIELD_BE_VERSIONS	"versions"	/* a list */
#define XENDISPL_FIELD_FE_VERSION	"version"
#define XENDISPL_FIELD_REQ_RING_REF	"req-ring-ref"
#define XENDISPL_FIELD_REQ_CHANNEL	"req-event-channel"
#define XENDISPL_FIELD_EVT_RING_REF	"evt-ring-ref"
#define XENDISPL_FIELD_EVT_CHANNEL	"evt-event-channel"
#define XENDISPL_FIELD_RESOLUTION	"resolution"	/* widthxheight; EDID, if any, goes before */
#define XENDISPL_FIELD_BE_ALLOC		"be-alloc"	/* 1: the backend can allocate buffers */
#define XENDISPL_FIELD_UNIQUE_ID	"unique-id"

/* EDID data (E-EDID): blocks. */
#define XENDISPL_EDID_BLOCK_SIZE	128
#define XENDISPL_EDID_BLOCK_COUNT	256
#define XENDISPL_EDID_MAX_SIZE		(XENDISPL_EDID_BLOCK_SIZE * XENDISPL_EDID_BLOCK_COUNT)

/*
 * A buffer, known by the frontend's own cookie. Its pages are in a list of directory pages; with
 * REQ_ALLOC it is the backend that fills in the grants.
 */
#define XENDISPL_DBUF_FLG_REQ_ALLOC	(1 << 0)
struct xendispl_dbuf_create_req {
	uint64_t dbuf_cookie;		/* not 0 */
	uint32_t width;			/* pixels */
	uint32_t height;
	uint32_t bpp;			/* bits of a pixel */
	uint32_t buffer_sz;		/* bytes */
	uint32_t flags;			/* XENDISPL_DBUF_FLG_* */
	grant_ref_t gref_directory;	/* the first directory page */
	uint32_t data_ofs;		/* of the picture, from the buffer's start */
};

/* As many gref as the page has room for, the last page as many as are left. */
struct xendispl_page_directory {
	grant_ref_t gref_dir_next_page;	/* 0: the last */
	grant_ref_t gref[1];
};

struct xendispl_dbuf_destroy_req {
	uint64_t dbuf_cookie;
};

/* A framebuffer, a view of a buffer; several may share one. */
struct xendispl_fb_attach_req {
	uint64_t dbuf_cookie;
	uint64_t fb_cookie;		/* the frontend's own, not 0 */
	uint32_t width;
	uint32_t height;
	uint32_t pixel_format;		/* a FourCC, as of DRM */
};

struct xendispl_fb_detach_req {
	uint64_t fb_cookie;
};

/* fb_cookie 0 and the rest 0: the connector goes dark. */
struct xendispl_set_config_req {
	uint64_t fb_cookie;
	uint32_t x;			/* in the framebuffer */
	uint32_t y;
	uint32_t width;
	uint32_t height;
	uint32_t bpp;
};

struct xendispl_page_flip_req {
	uint64_t fb_cookie;
};

/* A buffer for the EDID, up to XENDISPL_EDID_MAX_SIZE. */
struct xendispl_get_edid_req {
	uint32_t buffer_sz;
	grant_ref_t gref_directory;
};

struct xendispl_get_edid_resp {
	uint32_t edid_sz;		/* bytes written */
};

/* This framebuffer is visible now. */
struct xendispl_pg_flip_evt {
	uint64_t fb_cookie;
};

struct xendispl_req {
	uint16_t id;			/* for the response */
	uint8_t operation;		/* XENDISPL_OP_* */
	uint8_t reserved[5];
	union {
		struct xendispl_dbuf_create_req dbuf_create;
		struct xendispl_dbuf_destroy_req dbuf_destroy;
		struct xendispl_fb_attach_req fb_attach;
		struct xendispl_fb_detach_req fb_detach;
		struct xendispl_set_config_req set_config;
		struct xendispl_page_flip_req pg_flip;
		struct xendispl_get_edid_req get_edid;
		uint8_t reserved[56];
	} op;
};

struct xendispl_resp {
	uint16_t id;
	uint8_t operation;
	uint8_t reserved;
	int32_t status;			/* 0 or a negative XEN_E* */
	union {
		struct xendispl_get_edid_resp get_edid;
		uint8_t reserved1[56];
	} op;
};

struct xendispl_evt {
	uint16_t id;			/* counts events */
	uint8_t type;			/* XENDISPL_EVT_* */
	uint8_t reserved[5];
	union {
		struct xendispl_pg_flip_evt pg_flip;
		uint8_t reserved[56];
	} op;
};

DEFINE_RING_TYPES(xen_displif, struct xendispl_req, struct xendispl_resp);

/* The event page: indexes, then the ring, for the frontend to read. */
struct xendispl_event_page {
	uint32_t in_cons;
	uint32_t in_prod;
	uint8_t reserved[56];
};

#define XENDISPL_EVENT_PAGE_SIZE	4096
#define XENDISPL_IN_RING_OFFS		(sizeof(struct xendispl_event_page))
#define XENDISPL_IN_RING_SIZE		(XENDISPL_EVENT_PAGE_SIZE - XENDISPL_IN_RING_OFFS)
#define XENDISPL_IN_RING_LEN		(XENDISPL_IN_RING_SIZE / sizeof(struct xendispl_evt))
#define XENDISPL_IN_RING(page)		\
	((struct xendispl_evt *)((char *)(page) + XENDISPL_IN_RING_OFFS))
#define XENDISPL_IN_RING_REF(page, idx)	(XENDISPL_IN_RING(page)[(idx) % XENDISPL_IN_RING_LEN])

#endif
