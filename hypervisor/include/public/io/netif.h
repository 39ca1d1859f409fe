/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces: one or more pairs of rings (ring.h), for packets from the guest (tx) and to
 * it (rx), and maybe a control ring.
 *
 * Xenstore, the backend's directory: feature-sg, feature-gso-tcpv4, feature-gso-tcpv6,
 * feature-ipv6-csum-offload, feature-no-csum-offload, feature-rx-copy, feature-rx-flip,
 * feature-multicast-control, feature-dynamic-multicast-control, feature-split-event-channels,
 * feature-ctrl-ring, multi-queue-max-queues, carrier (0: no link).
 *
 * The frontend's: handle, mac, mtu (default 1500) and trusted (0: beware of the backend) from the
 * toolstack. From the frontend: tx-ring-ref, rx-ring-ref, event-channel (or event-channel-tx and
 * event-channel-rx), request-rx-copy, feature-rx-notify, the offload features it can take itself,
 * request-multicast-control, ctrl-ring-ref and event-channel-ctrl; multi-queue-num-queues if above
 * 1, then rings and channels are in queue-0, queue-1 ...
 */
#ifndef __XEN_PUBLIC_IO_NETIF_H__
#define __XEN_PUBLIC_IO_NETIF_H__

#include "ring.h"
#include "../grant_table.h"

/* A backend takes packets of at least this many slots. */
#define XEN_NETIF_NR_SLOTS_MIN	18
#define XEN_NETIF_MAX_TX_SIZE	0xFFFF

/*
 * A packet from the guest is a row of slots: a netif_tx_request, with extra_info set some
 * netif_extra_info, then as long as more_data is set in the last request another one. The first
 * request's size is that of the whole packet, any other's that of its own part.
 */
#define _NETTXF_csum_blank	0	/* the backend shall fill in the checksum */
#define NETTXF_csum_blank	(1U << _NETTXF_csum_blank)
#define _NETTXF_data_validated	1	/* no need to check it */
#define NETTXF_data_validated	(1U << _NETTXF_data_validated)
#define _NETTXF_more_data	2
#define NETTXF_more_data	(1U << _NETTXF_more_data)
#define _NETTXF_extra_info	3
#define NETTXF_extra_info	(1U << _NETTXF_extra_info)

struct netif_tx_request {
	grant_ref_t gref;
	uint16_t offset;	/* in the granted page */
	uint16_t flags;		/* NETTXF_* */
	uint16_t id;		/* for the response */
	uint16_t size;
};
typedef struct netif_tx_request netif_tx_request_t;

/* One for each slot, those of extras included. */
struct netif_tx_response {
	uint16_t id;
	int16_t status;		/* NETIF_RSP_* */
};
typedef struct netif_tx_response netif_tx_response_t;

/* The guest offers a page for received data. */
struct netif_rx_request {
	uint16_t id;
	uint16_t pad;
	grant_ref_t gref;
};
typedef struct netif_rx_request netif_rx_request_t;

/*
 * A received packet is a row of responses and extras like one sent, but each with its own size. A
 * response stands in the slot of its request; frontends rely on that, as an extra has no id.
 */
#define _NETRXF_data_validated	0
#define NETRXF_data_validated	(1U << _NETRXF_data_validated)
#define _NETRXF_csum_blank	1
#define NETRXF_csum_blank	(1U << _NETRXF_csum_blank)
#define _NETRXF_more_data	2
#define NETRXF_more_data	(1U << _NETRXF_more_data)
#define _NETRXF_extra_info	3
#define NETRXF_extra_info	(1U << _NETRXF_extra_info)
#define _NETRXF_gso_prefix	4	/* an obsolete way to tell the segment size */
#define NETRXF_gso_prefix	(1U << _NETRXF_gso_prefix)

struct netif_rx_response {
	uint16_t id;
	uint16_t offset;	/* of the data in the page */
	uint16_t flags;		/* NETRXF_* */
	int16_t status;		/* bytes; NETIF_RSP_* if negative */
};
typedef struct netif_rx_response netif_rx_response_t;

#define NETIF_RSP_OKAY		0
#define NETIF_RSP_ERROR		-1
#define NETIF_RSP_DROPPED	-2
#define NETIF_RSP_NULL		1	/* answers an extra */

/* Extras, for either direction; in place of a slot's request or response. */
#define XEN_NETIF_EXTRA_TYPE_NONE	0
#define XEN_NETIF_EXTRA_TYPE_GSO	1	/* gso: the packet is to be segmented */
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD	2	/* mcast: let this group through, ... */
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL	3	/* ... or no more; the packet itself is a dummy */
#define XEN_NETIF_EXTRA_TYPE_HASH	4	/* hash: already calculated */
#define XEN_NETIF_EXTRA_TYPE_MAX	5

#define _XEN_NETIF_EXTRA_FLAG_MORE	0	/* another extra comes next */
#define XEN_NETIF_EXTRA_FLAG_MORE	(1U << _XEN_NETIF_EXTRA_FLAG_MORE)

#define XEN_NETIF_GSO_TYPE_NONE		0
#define XEN_NETIF_GSO_TYPE_TCPV4	1
#define XEN_NETIF_GSO_TYPE_TCPV6	2

struct netif_extra_info {
	uint8_t type;			/* XEN_NETIF_EXTRA_TYPE_* */
	uint8_t flags;			/* XEN_NETIF_EXTRA_FLAG_* */
	union {
		struct {
			uint16_t size;		/* payload of a segment, at most */
			uint8_t type;		/* XEN_NETIF_GSO_TYPE_* */
			uint8_t pad;
			uint16_t features;	/* none exist */
		} gso;
		struct {
			uint8_t addr[6];
		} mcast;
		struct {
			uint8_t type;		/* _XEN_NETIF_CTRL_HASH_TYPE_*, a bit number */
			uint8_t algorithm;	/* XEN_NETIF_CTRL_HASH_ALGORITHM_* */
			uint8_t value[4];	/* little endian */
		} hash;
		uint16_t pad[3];
	} u;
};
typedef struct netif_extra_info netif_extra_info_t;

DEFINE_RING_TYPES(netif_tx, struct netif_tx_request, struct netif_tx_response);
DEFINE_RING_TYPES(netif_rx, struct netif_rx_request, struct netif_rx_response);

/*
 * Control ring: the guest says how packets to it are spread over its queues: a hash selects an
 * entry of a table (modulo its size), which names the queue. No table: the hash modulo queues.
 *
 * What is hashed: source and destination address, for TCP both ports after them. Of several
 * enabled types the one covering most of the packet is used.
 */
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV4		0
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4		(1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV4)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP	1
#define XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP	(1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV6		2
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6		(1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV6)
#define _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP	3
#define XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP	(1 << _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

#define XEN_NETIF_CTRL_HASH_ALGORITHM_NONE	0	/* the backend spreads as it likes */
#define XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ	1

#ifdef XEN_NETIF_DEFINE_TOEPLITZ
/*
 * Bits of key and data are numbered from the first byte's highest. Each set data bit adds (xor) the
 * 32 key bits from its own number on; the key goes on with zeros.
 */
static uint32_t xen_netif_toeplitz_hash(const uint8_t *key, unsigned int keylen,
					const uint8_t *buf, unsigned int buflen)
{
	uint32_t window = 0, hash = 0;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		window = window << 1 | (bit / 8 < keylen && (key[bit / 8] << bit % 8 & 0x80));
	for (bit = 0; bit / 8 < buflen; bit++) {
		unsigned int next = bit / 8 + 4;

		if (buf[bit / 8] << bit % 8 & 0x80)
			hash ^= window;
		window = window << 1 | (next < keylen && (key[next] << bit % 8 & 0x80));
	}
	return hash;
}
#endif

/*
 * Requests, with the parameters in data[]. The HASH_FLAGS two need an algorithm to be set. A gref
 * names a page with the input at its start, granted until the response.
 */
#define XEN_NETIF_CTRL_TYPE_INVALID			0
#define XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS		1	/* returns supported types */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS		2	/* types; 0 disables */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_KEY		3	/* gref, bytes */
#define XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE	4	/* returns the most entries */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE	5	/* entries; zeroes the table */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING		6	/* gref of uint32_t queue numbers,
								   how many, the first's index */
#define XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM		7	/* algorithm */
#define XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE	8	/* queue; returns most entries */
#define XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING		9	/* queue, gref of xen_netif_gref,
								   how many; all or none */
#define XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING		10	/* the same; returns how many */

struct xen_netif_ctrl_request {
	uint16_t id;
	uint16_t type;		/* XEN_NETIF_CTRL_TYPE_* */
	uint32_t data[3];
};

struct xen_netif_ctrl_response {
	uint16_t id;		/* both from the request */
	uint16_t type;
	uint32_t status;	/* XEN_NETIF_CTRL_STATUS_* */
	uint32_t data;
};

#define XEN_NETIF_CTRL_STATUS_SUCCESS		0
#define XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED	1
#define XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER	2
#define XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW	3	/* more than the backend can hold */

/* A page the backend shall keep mapped. */
struct xen_netif_gref {
	grant_ref_t ref;
	uint16_t flags;		/* XEN_NETIF_CTRLF_GREF_* */
	uint16_t status;	/* [out] of DEL: XEN_NETIF_CTRL_STATUS_* */
};
#define _XEN_NETIF_CTRLF_GREF_readonly	0
#define XEN_NETIF_CTRLF_GREF_readonly	(1U << _XEN_NETIF_CTRLF_GREF_readonly)

DEFINE_RING_TYPES(xen_netif_ctrl, struct xen_netif_ctrl_request, struct xen_netif_ctrl_response);

#endif
