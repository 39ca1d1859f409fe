/* SPDX-License-Identifier: MIT */
/*
 * Cameras: the frontend sets a configuration, agrees on a number of buffers, shares them and queues
 * them to be filled; while the stream runs the backend tells of each filled one. A camera has a
 * request ring (ring.h) and a page of events from the backend.
 *
 * Xenstore, the FIELD names below. Backend: versions. Frontend: version (one of them); from the
 * toolstack be-alloc, max-buffers, controls, unique-id, and formats/FOURCC/WIDTHxHEIGHT/frame-rates,
 * where FOURCC is as in V4L2, without trailing blanks and with -BE if big-endian; from the frontend
 * the references and channels of both rings.
 */
#ifndef __XEN_PUBLIC_IO_CAMERAIF_H__
#define __XEN_PUBLIC_IO_CAMERAIF_H__

#include "ring.h"
#include "../grant_table.h"

#define XENCAMERA_PROTOCOL_VERSION	"1"

/* operation */
#define XENCAMERA_OP_CONFIG_SET		0x00	/* not while the stream runs */
#define XENCAMERA_OP_CONFIG_GET		0x01
#define XENCAMERA_OP_CONFIG_VALIDATE	0x02	/* what SET would give, at any time */
#define XENCAMERA_OP_FRAME_RATE_SET	0x03
#define XENCAMERA_OP_BUF_GET_LAYOUT	0x04	/* a buffer's, in this configuration */
#define XENCAMERA_OP_BUF_REQUEST	0x05	/* so many buffers; the response says how many */
#define XENCAMERA_OP_BUF_CREATE		0x06
#define XENCAMERA_OP_BUF_DESTROY	0x07
#define XENCAMERA_OP_BUF_QUEUE		0x08	/* the backend may fill it */
#define XENCAMERA_OP_BUF_DEQUEUE	0x09	/* no longer */
#define XENCAMERA_OP_CTRL_ENUM		0x0a	/* by index, until an error */
#define XENCAMERA_OP_CTRL_SET		0x0b
#define XENCAMERA_OP_CTRL_GET		0x0c
#define XENCAMERA_OP_STREAM_START	0x0d
#define XENCAMERA_OP_STREAM_STOP	0x0e

/* Controls. */
#define XENCAMERA_CTRL_BRIGHTNESS	0
#define XENCAMERA_CTRL_CONTRAST		1
#define XENCAMERA_CTRL_SATURATION	2
#define XENCAMERA_CTRL_HUE		3
#define XENCAMERA_MAX_CTRL		4

#define XENCAMERA_CTRL_FLG_RO		(1 << 0)
#define XENCAMERA_CTRL_FLG_WO		(1 << 1)
#define XENCAMERA_CTRL_FLG_VOLATILE	(1 << 2)	/* changes by itself */

/* How pixels are coloured; the names are those of the standards. */
#define XENCAMERA_COLORSPACE_DEFAULT	0
#define XENCAMERA_COLORSPACE_SMPTE170M	1
#define XENCAMERA_COLORSPACE_REC709	2
#define XENCAMERA_COLORSPACE_SRGB	3
#define XENCAMERA_COLORSPACE_OPRGB	4
#define XENCAMERA_COLORSPACE_BT2020	5
#define XENCAMERA_COLORSPACE_DCI_P3	6

/* xfer_func */
#define XENCAMERA_XFER_FUNC_DEFAULT	0
#define XENCAMERA_XFER_FUNC_709		1
#define XENCAMERA_XFER_FUNC_SRGB	2
#define XENCAMERA_XFER_FUNC_OPRGB	3
#define XENCAMERA_XFER_FUNC_NONE	4
#define XENCAMERA_XFER_FUNC_DCI_P3	5
#define XENCAMERA_XFER_FUNC_SMPTE2084	6

/* ycbcr_enc */
#define XENCAMERA_YCBCR_ENC_IGNORE		0
#define XENCAMERA_YCBCR_ENC_601			1
#define XENCAMERA_YCBCR_ENC_709			2
#define XENCAMERA_YCBCR_ENC_XV601		3
#define XENCAMERA_YCBCR_ENC_XV709		4
#define XENCAMERA_YCBCR_ENC_BT2020		5
#define XENCAMERA_YCBCR_ENC_BT2020_CONST_LUM	6

/* quantization */
#define XENCAMERA_QUANTIZATION_DEFAULT		0
#define XENCAMERA_QUANTIZATION_FULL_RANGE	1
#define XENCAMERA_QUANTIZATION_LIM_RANGE	2

/* type of events */
#define XENCAMERA_EVT_FRAME_AVAIL	0x00
#define XENCAMERA_EVT_CTRL_CHANGE	0x01

#define XENCAMERA_DRIVER_NAME		"vcamera"

#define XENCAMERA_LIST_SEPARATOR	","
#define XENCAMERA_RESOLUTION_SEPARATOR	"x"
#define XENCAMERA_FRACTION_SEPARATOR	"/"

#define XENCAMERA_FIELD_BE_VERSIONS	"versions"	/* a list */
#define XENCAMERA_FIELD_FE_VERSION	"version"
#define XENCAMERA_FIELD_REQ_RING_REF	"req-ring-ref"
#define XENCAMERA_FIELD_REQ_CHANNEL	"req-event-channel"
#define XENCAMERA_FIELD_EVT_RING_REF	"evt-ring-ref"
#define XENCAMERA_FIELD_EVT_CHANNEL	"evt-event-channel"
#define XENCAMERA_FIELD_MAX_BUFFERS	"max-buffers"
#define XENCAMERA_FIELD_CONTROLS	"controls"	/* a list of XENCAMERA_CTRL_*_STR */
#define XENCAMERA_FIELD_FORMATS		"formats"
#define XENCAMERA_FIELD_FRAME_RATES	"frame-rates"	/* a list of fractions */
#define XENCAMERA_FIELD_BE_ALLOC	"be-alloc"	/* 1: the backend allocates buffers */
#define XENCAMERA_FIELD_UNIQUE_ID	"unique-id"

#define XENCAMERA_CTRL_BRIGHTNESS_STR	"brightness"
#define XENCAMERA_CTRL_CONTRAST_STR	"contrast"
#define XENCAMERA_CTRL_SATURATION_STR	"saturation"
#define XENCAMERA_CTRL_HUE_STR		"hue"

#define XENCAMERA_FOURCC_BIGENDIAN_STR	"-BE"

#define XENCAMERA_MAX_PLANE		4

struct xencamera_config_req {
	uint32_t pixel_format;		/* a FourCC */
	uint32_t width;			/* pixels */
	uint32_t height;
};

struct xencamera_frame_rate_req {
	uint32_t frame_rate_numer;	/* numer / denom Hz */
	uint32_t frame_rate_denom;
};

/* Both ways; 0 when all have been destroyed. */
struct xencamera_buf_request {
	uint8_t num_bufs;
};

/*
 * A buffer. Its pages are in a list of directory pages, which the backend fills in if it is the one
 * to allocate.
 */
struct xencamera_buf_create_req {
	uint8_t index;			/* below num_bufs */
	uint8_t reserved[3];
	uint32_t plane_offset[XENCAMERA_MAX_PLANE];	/* bytes from the buffer's start */
	grant_ref_t gref_directory;	/* the first directory page */
};

/* As many gref as the page has room for, the last page as many as are left. */
struct xencamera_page_directory {
	grant_ref_t gref_dir_next_page;	/* 0: the last */
	grant_ref_t gref[1];
};

/* A buffer, or a control to describe. */
struct xencamera_index {
	uint8_t index;
};

struct xencamera_ctrl_value {
	uint8_t type;			/* XENCAMERA_CTRL_* */
	uint8_t reserved[7];
	int64_t value;
};

struct xencamera_get_ctrl_req {
	uint8_t type;
};

/* The configuration in force, which need not be the one asked for. */
struct xencamera_config_resp {
	uint32_t pixel_format;
	uint32_t width;
	uint32_t height;
	uint32_t colorspace;
	uint32_t xfer_func;
	uint32_t ycbcr_enc;
	uint32_t quantization;
	uint32_t displ_asp_ratio_numer;	/* the picture's proportions when shown */
	uint32_t displ_asp_ratio_denom;
	uint32_t frame_rate_numer;
	uint32_t frame_rate_denom;
};

struct xencamera_buf_get_layout_resp {
	uint8_t num_planes;
	uint8_t reserved[3];
	uint32_t size;			/* bytes of the whole buffer */
	uint32_t plane_size[XENCAMERA_MAX_PLANE];
	uint32_t plane_stride[XENCAMERA_MAX_PLANE];	/* bytes from row to row */
};

struct xencamera_ctrl_enum_resp {
	uint8_t index;
	uint8_t type;			/* XENCAMERA_CTRL_* */
	uint8_t reserved[2];
	uint32_t flags;			/* XENCAMERA_CTRL_FLG_* */
	int64_t min;
	int64_t max;
	int64_t step;
	int64_t def_val;
};

/* This buffer is full, and the frontend's. */
struct xencamera_frame_avail_evt {
	uint8_t index;
	uint8_t reserved[3];
	uint32_t used_sz;		/* bytes */
	uint32_t seq_num;		/* of the frame; gaps are frames dropped */
};

struct xencamera_req {
	uint16_t id;			/* for the response */
	uint8_t operation;		/* XENCAMERA_OP_* */
	uint8_t reserved[5];
	union {
		struct xencamera_config_req config;
		struct xencamera_frame_rate_req frame_rate;
		struct xencamera_buf_request buf_request;
		struct xencamera_buf_create_req buf_create;
		struct xencamera_index index;
		struct xencamera_ctrl_value ctrl_value;
		struct xencamera_get_ctrl_req get_ctrl;
		uint8_t reserved[56];
	} req;
};

struct xencamera_resp {
	uint16_t id;
	uint8_t operation;
	uint8_t reserved;
	int32_t status;			/* 0 or a negative XEN_E* */
	union {
		struct xencamera_config_resp config;
		struct xencamera_buf_get_layout_resp buf_layout;
		struct xencamera_buf_request buf_request;
		struct xencamera_ctrl_enum_resp ctrl_enum;
		struct xencamera_ctrl_value ctrl_value;
		uint8_t reserved1[56];
	} resp;
};

struct xencamera_evt {
	uint16_t id;			/* counts events */
	uint8_t type;			/* XENCAMERA_EVT_* */
	uint8_t reserved[5];
	union {
		struct xencamera_frame_avail_evt frame_avail;
		struct xencamera_ctrl_value ctrl_value;
		uint8_t reserved[56];
	} evt;
};

DEFINE_RING_TYPES(xen_cameraif, struct xencamera_req, struct xencamera_resp);

/* The event page: indexes, then the ring, for the frontend to read. */
struct xencamera_event_page {
	uint32_t in_cons;
	uint32_t in_prod;
	uint8_t reserved[56];
};

#define XENCAMERA_EVENT_PAGE_SIZE	4096
#define XENCAMERA_IN_RING_OFFS		(sizeof(struct xencamera_event_page))
#define XENCAMERA_IN_RING_SIZE		(XENCAMERA_EVENT_PAGE_SIZE - XENCAMERA_IN_RING_OFFS)
#define XENCAMERA_IN_RING_LEN		(XENCAMERA_IN_RING_SIZE / sizeof(struct xencamera_evt))
#define XENCAMERA_IN_RING(page)		\
	((struct xencamera_evt *)((char *)(page) + XENCAMERA_IN_RING_OFFS))
#define XENCAMERA_IN_RING_REF(page, idx) (XENCAMERA_IN_RING(page)[(idx) % XENCAMERA_IN_RING_LEN])

#endif
