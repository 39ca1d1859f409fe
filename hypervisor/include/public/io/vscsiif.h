/* SPDX-License-Identifier: MIT */
/*
 * SCSI devices passed through: commands of a virtual host's devices, over a one-page ring (ring.h).
 *
 * Xenstore. The frontend's: event-channel, ring-ref, protocol (protocols.h). The backend's, besides
 * feature-host and feature-sg-grant (the most segments by granted pages, at least
 * VSCSIIF_SG_TABLESIZE), a directory vscsi-devs/dev-N for each device: from the toolstack p-dev (the
 * real one: host:channel:target:lun, or a WWN with :lun), p-devname, v-dev (the virtual one,
 * host:channel:target:lun), state; the frontend keeps vscsi-devs/dev-N/state. Devices come and go
 * while the host is Reconfiguring: a new one has state Initialising and ends Connected, one to leave
 * is set to Closing and may be deleted once Closed.
 */
#ifndef __XEN__PUBLIC_IO_SCSI_H__
#define __XEN__PUBLIC_IO_SCSI_H__

#include "ring.h"
#include "../grant_table.h"

/* act */
#define VSCSIIF_ACT_SCSI_CDB		1	/* carry out the command in cmnd */
#define VSCSIIF_ACT_SCSI_ABORT		2	/* give up ref_rqid, of this device */
#define VSCSIIF_ACT_SCSI_RESET		3	/* reset the target: channel, id */
#define VSCSIIF_ACT_SCSI_SG_PRESET	4	/* no longer used */

#define VSCSIIF_SG_TABLESIZE		26
#define VSCSIIF_MAX_COMMAND_SIZE	16
#define VSCSIIF_SENSE_BUFFERSIZE	96
#define VSCSIIF_PAGE_SIZE		4096

struct scsiif_request_segment {
	grant_ref_t gref;
	uint16_t offset;
	uint16_t length;
};
typedef struct scsiif_request_segment vscsiif_segment_t;

#define VSCSIIF_SG_PER_PAGE (VSCSIIF_PAGE_SIZE / sizeof(struct scsiif_request_segment))

/*
 * The data are the segments, one after the other. With SG_GRANT (and feature-sg-grant) the segments
 * in seg hold not data but arrays of further segments, as many as fit their lengths.
 */
struct vscsiif_request {
	uint16_t rqid;			/* for the response */
	uint8_t act;			/* VSCSIIF_ACT_* */
	uint8_t cmd_len;
	uint8_t cmnd[VSCSIIF_MAX_COMMAND_SIZE];
	uint16_t timeout_per_command;	/* once seconds; not used */
	uint16_t channel, id, lun;	/* the virtual device */
	uint16_t ref_rqid;		/* what to abort */
	uint8_t sc_data_direction;	/* 1 to the device, 2 from it, 3 no data */
	uint8_t nr_segments;		/* in seg */
#define VSCSIIF_SG_GRANT 0x80		/* in nr_segments */
	vscsiif_segment_t seg[VSCSIIF_SG_TABLESIZE];
	uint32_t reserved[3];
};
typedef struct vscsiif_request vscsiif_request_t;

/* SG_PRESET's slot: segments of the request that follows. */
#define VSCSIIF_SG_LIST_SIZE ((sizeof(vscsiif_request_t) - 4) / sizeof(vscsiif_segment_t))
struct vscsiif_sg_list {
	uint16_t rqid;
	uint8_t act;
	uint8_t nr_segments;
	vscsiif_segment_t seg[VSCSIIF_SG_LIST_SIZE];
};
typedef struct vscsiif_sg_list vscsiif_sg_list_t;

struct vscsiif_response {
	uint16_t rqid;
	uint8_t act;			/* only with SG_PRESET */
	uint8_t sense_len;
	uint8_t sense_buffer[VSCSIIF_SENSE_BUFFERSIZE];
	int32_t rslt;			/* below; of resets, RSLT_RESET_* */
	uint32_t residual_len;		/* bytes not transferred */
	uint32_t reserved[36];
};
typedef struct vscsiif_response vscsiif_response_t;

/* rslt: the device's SCSI status, and what became of the command on its way there. */
#define XEN_VSCSIIF_RSLT_STATUS(x)			((x) & 0x00ff)
#define XEN_VSCSIIF_RSLT_HOST(x)			(((x) & 0x00ff0000) >> 16)
#define XEN_VSCSIIF_RSLT_HOST_OK			0
#define XEN_VSCSIIF_RSLT_HOST_NO_CONNECT		1	/* no connection in time */
#define XEN_VSCSIIF_RSLT_HOST_BUS_BUSY			2	/* bus not free in time */
#define XEN_VSCSIIF_RSLT_HOST_TIME_OUT			3
#define XEN_VSCSIIF_RSLT_HOST_BAD_TARGET		4
#define XEN_VSCSIIF_RSLT_HOST_ABORT			5
#define XEN_VSCSIIF_RSLT_HOST_PARITY			6
#define XEN_VSCSIIF_RSLT_HOST_ERROR			7	/* of the driver or adapter */
#define XEN_VSCSIIF_RSLT_HOST_RESET			8
#define XEN_VSCSIIF_RSLT_HOST_BAD_INTR			9
#define XEN_VSCSIIF_RSLT_HOST_PASSTHROUGH		10
#define XEN_VSCSIIF_RSLT_HOST_SOFT_ERROR		11	/* try again */
#define XEN_VSCSIIF_RSLT_HOST_IMM_RETRY			12	/* try again, not counted as a failure */
#define XEN_VSCSIIF_RSLT_HOST_REQUEUE			13
#define XEN_VSCSIIF_RSLT_HOST_TRANSPORT_DISRUPTED	14	/* and may come back */
#define XEN_VSCSIIF_RSLT_HOST_TRANSPORT_FAILFAST	15
#define XEN_VSCSIIF_RSLT_HOST_TARGET_FAILURE		16	/* by no path */
#define XEN_VSCSIIF_RSLT_HOST_NEXUS_FAILURE		17	/* not by this path */
#define XEN_VSCSIIF_RSLT_HOST_ALLOC_FAILURE		18	/* the device is full */
#define XEN_VSCSIIF_RSLT_HOST_MEDIUM_ERROR		19
#define XEN_VSCSIIF_RSLT_HOST_TRANSPORT_MARGINAL	20

#define XEN_VSCSIIF_RSLT_RESET_SUCCESS	0x2002
#define XEN_VSCSIIF_RSLT_RESET_FAILED	0x2003

DEFINE_RING_TYPES(vscsiif, struct vscsiif_request, struct vscsiif_response);

#endif
