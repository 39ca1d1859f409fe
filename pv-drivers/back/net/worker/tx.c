/* SPDX-License-Identifier: MIT */
/* Packets from the guest: ring, grant copy, tap. See queue.h. */
#include <errno.h>

#include "packet.h"
#include "queue.h"

union tx_slot {
	struct netif_tx_request request;
	struct netif_extra_info extra;
	struct netif_tx_response response;
};
_Static_assert(sizeof(union tx_slot) == 12, "as DEFINE_RING_TYPES makes it");

struct tx_packet {
	uint16_t ids[NET_MAX_PARTS];
	uint16_t nr_parts, nr_extras;
	uint16_t flags; /* NETTXF_* of the first request */
	uint16_t gso_size;
	uint8_t gso_type;
	bool bad; /* to be answered with an error */
	uint32_t first_copy, nr_copies;
	uint8_t *bytes;
	uint32_t length;
};

struct tx_parts {
	struct netif_tx_request part[NET_MAX_PARTS];
};

static int lost(const char **fault, const char *why)
{
	*fault = why;
	return -EIO;
}

/* The next slot of a packet that has begun. */
static int next_slot(struct net_queue *queue, union tx_slot *slot, const char **fault)
{
	int rc = pv_ring_take(&queue->tx, slot, sizeof(*slot));

	if (rc < 0)
		return lost(fault, "the index of the tx ring is impossible");
	return rc ? 0 : lost(fault, "a packet on the tx ring has no end");
}

static int take_extras(struct net_queue *queue, struct tx_packet *packet, const char **fault)
{
	union tx_slot slot;

	do {
		if (next_slot(queue, &slot, fault))
			return -EIO;
		if (++packet->nr_extras > XEN_NETIF_EXTRA_TYPE_MAX)
			return lost(fault, "a packet on the tx ring has too many extras");
		switch (slot.extra.type) {
		case XEN_NETIF_EXTRA_TYPE_GSO:
			packet->gso_size = slot.extra.u.gso.size;
			packet->gso_type = slot.extra.u.gso.type;
			if (!packet->gso_size || (packet->gso_type != XEN_NETIF_GSO_TYPE_TCPV4 &&
						  packet->gso_type != XEN_NETIF_GSO_TYPE_TCPV6))
				return lost(fault, "a segmentation nobody knows on the tx ring");
			break;
		case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
		case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
			packet->bad = true; /* not offered; the packet is a dummy */
			break;
		case XEN_NETIF_EXTRA_TYPE_HASH:
			break;
		default:
			return lost(fault, "an extra nobody knows on the tx ring");
		}
	} while (slot.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return 0;
}

static int add_part(struct tx_packet *packet, struct tx_parts *parts,
		    const struct netif_tx_request *request, const char **fault)
{
	if (packet->nr_parts == NET_MAX_PARTS)
		return lost(fault, "a packet on the tx ring has too many parts");
	packet->ids[packet->nr_parts] = request->id;
	parts->part[packet->nr_parts++] = *request;
	return 0;
}

/* All slots of a packet. 1: one, 0: none. */
static int take_packet(struct net_queue *queue, struct tx_packet *packet, struct tx_parts *parts,
		       const char **fault)
{
	union tx_slot slot;
	int rc = pv_ring_take(&queue->tx, &slot, sizeof(slot));

	if (rc < 0)
		return lost(fault, "the index of the tx ring is impossible");
	if (!rc)
		return 0;
	*packet = (struct tx_packet){ .flags = slot.request.flags };
	if (add_part(packet, parts, &slot.request, fault))
		return -EIO;
	if (slot.request.flags & NETTXF_extra_info && take_extras(queue, packet, fault))
		return -EIO;
	while (slot.request.flags & NETTXF_more_data)
		if (next_slot(queue, &slot, fault) || add_part(packet, parts, &slot.request, fault))
			return -EIO;
	return 1;
}

/* The first request's size is the packet's: makes it the part's own. */
static int check_parts(struct tx_packet *packet, struct tx_parts *parts, const char **fault)
{
	packet->length = parts->part[0].size;
	for (unsigned int i = 1; i < packet->nr_parts; i++) {
		if (parts->part[i].size > parts->part[0].size) {
			packet->bad = true;
			return 0;
		}
		parts->part[0].size -= parts->part[i].size;
	}
	for (unsigned int i = 0; i < packet->nr_parts; i++)
		if ((uint32_t)parts->part[i].offset + parts->part[i].size > PV_PAGE_SIZE)
			return lost(fault, "a packet on the tx ring reaches beyond its page");
	packet->bad |= packet->length < PACKET_ETHERNET;
	return 0;
}

static uint32_t page_end(uint32_t at)
{
	return (at + PV_PAGE_SIZE - 1) & ~(PV_PAGE_SIZE - 1);
}

/*
 * Where in the arena a packet goes best: a copy that crosses a page of ours costs two, and after
 * the first part whole pages are usual.
 */
static uint32_t place(uint32_t at, const struct tx_packet *packet, const struct tx_parts *parts)
{
	uint32_t first = parts->part[0].size;

	if (packet->nr_parts > 1)
		return page_end(at + first) - first;
	return page_end(at) < at + first && page_end(at) != at ? page_end(at) : at;
}

static void plan_copies(struct net_queue *queue, struct net_batch *batch, struct tx_packet *packet,
			const struct tx_parts *parts, uint32_t *at)
{
	*at = place(*at, packet, parts);
	packet->bytes = batch->arena + *at;
	packet->first_copy = batch->nr_copies;
	for (unsigned int i = 0; i < packet->nr_parts; i++) {
		const struct netif_tx_request *part = &parts->part[i];

		if (!part->size)
			continue;
		batch->copies[batch->nr_copies++] = (xengnttab_grant_copy_segment_t){
			.source.foreign = { .ref = part->gref,
					    .offset = part->offset,
					    .domid = (uint16_t)queue->link->domid },
			.dest.virt = batch->arena + *at,
			.len = part->size,
			.flags = GNTCOPY_source_gref,
			.status = GNTST_general_error,
		};
		*at += part->size;
	}
	packet->nr_copies = batch->nr_copies - packet->first_copy;
}

void net_copy(struct net_queue *queue, struct net_batch *batch)
{
	/* Each copy's status tells; a call that fails leaves them as they were, in error. */
	if (batch->nr_copies)
		(void)back_copy(queue->link, batch->copies, batch->nr_copies);
}

static bool arrived(const struct net_batch *batch, const struct tx_packet *packet)
{
	for (uint32_t i = 0; i < packet->nr_copies; i++)
		if (batch->copies[packet->first_copy + i].status != GNTST_okay)
			return false;
	return true;
}

/* What the tap is told of a packet. -errno: it cannot be what its flags say. */
static int make_head(struct tx_packet *packet, struct virtio_net_hdr *head)
{
	struct packet parsed;
	int error;

	*head = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if (!(packet->flags & NETTXF_csum_blank) && !packet->gso_size)
		return 0;
	error = packet_look(packet->bytes, packet->length, &parsed);
	if (error)
		return error;
	head->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	head->csum_start = parsed.transport;
	head->csum_offset = packet_sum_offset(&parsed);
	packet_begin_sum(packet->bytes, &parsed);
	if (!packet->gso_size)
		return 0;
	if (!parsed.tcp || parsed.v6 != (packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV6))
		return -EBADMSG;
	head->hdr_len = parsed.header;
	head->gso_size = packet->gso_size;
	head->gso_type = parsed.v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	return 0;
}

/* Whether the packet may go; if not, it is bad from now on. */
static bool prepare(const struct net_batch *batch, struct tx_packet *packet,
		    struct virtio_net_hdr *head)
{
	packet->bad = packet->bad || !arrived(batch, packet) || make_head(packet, head);
	return !packet->bad;
}

/* A full or absent network loses packets; nobody waits for it. */
static void count_sent(struct back_flow *flow, const struct back_write *writes, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (writes[i].result < 0) {
			flow->drops++;
		} else {
			flow->operations++;
			flow->bytes += writes[i].part[1].iov_len;
		}
	}
}

static void send_packets(struct net_queue *queue, const struct net_batch *batch,
			 struct tx_packet *packets, uint32_t nr)
{
	struct back_flow *flow = &queue->link->counters->from_guest;
	struct virtio_net_hdr heads[NET_BATCH_PACKETS];
	struct back_write writes[NET_BATCH_PACKETS];
	uint32_t good = 0;

	for (uint32_t i = 0; i < nr; i++) {
		struct tx_packet *packet = &packets[i];

		if (!prepare(batch, packet, &heads[good])) {
			flow->errors++;
			continue;
		}
		writes[good].part[0] = (struct iovec){ &heads[good], sizeof(heads[good]) };
		writes[good].part[1] = (struct iovec){ packet->bytes, packet->length };
		good++;
	}
	back_write_each(queue->link, queue->tap, writes, good);
	count_sent(flow, writes, good);
}

static int answer(struct net_queue *queue, const struct tx_packet *packet)
{
	struct netif_tx_response response = { .status =
						  packet->bad ? NETIF_RSP_ERROR : NETIF_RSP_OKAY };
	const struct netif_tx_response none = { .status = NETIF_RSP_NULL };
	int error = 0;

	for (unsigned int i = 0; i < packet->nr_parts && !error; i++) {
		response.id = packet->ids[i];
		error = answers_add(&queue->tx_answers, &response, sizeof(response));
		for (unsigned int e = 0; !i && e < packet->nr_extras && !error; e++)
			error = answers_add(&queue->tx_answers, &none, sizeof(none));
	}
	return error;
}

/* Whether one more packet of any size has room. */
static bool room(const struct net_batch *batch, uint32_t nr_packets, uint32_t at)
{
	return nr_packets < NET_BATCH_PACKETS &&
	       batch->nr_copies + NET_MAX_PARTS <= NET_BATCH_COPIES &&
	       at + NET_PACKET_BYTES + PV_PAGE_SIZE <= NET_ARENA_BYTES;
}

/* As many packets as there are and fit; -EIO, or how many. */
static int gather(struct net_queue *queue, struct net_batch *batch, struct tx_packet *packets,
		  uint64_t now_us, const char **fault)
{
	struct tx_parts parts;
	uint32_t nr = 0, at = 0;

	batch->nr_copies = 0;
	while (room(batch, nr, at) && bucket_open(queue->bucket, now_us)) {
		struct tx_packet *packet = &packets[nr];
		int rc = take_packet(queue, packet, &parts, fault);

		if (rc < 0 || (rc && check_parts(packet, &parts, fault)))
			return -EIO;
		if (!rc)
			break;
		if (!packet->bad)
			plan_copies(queue, batch, packet, &parts, &at);
		bucket_spend(queue->bucket, packet->length);
		nr++;
	}
	return (int)nr;
}

int net_tx(struct net_queue *queue, struct net_batch *batch, uint64_t now_us, const char **fault)
{
	struct tx_packet packets[NET_BATCH_PACKETS];
	int nr = gather(queue, batch, packets, now_us, fault), rc;

	if (nr < 0)
		return nr;
	net_copy(queue, batch);
	send_packets(queue, batch, packets, (uint32_t)nr);
	for (int i = 0; i < nr; i++)
		if (answer(queue, &packets[i]))
			return lost(fault, "the index of the tx ring is impossible");
	rc = answers_show(&queue->tx_answers);
	if (rc < 0)
		return lost(fault, "the index of the tx ring is impossible");
	if (rc)
		back_notify(queue->link, queue->tx_port);
	if (!bucket_open(queue->bucket, now_us))
		return NET_CLOSED;
	rc = pv_ring_sleep(&queue->tx, 1);
	if (rc < 0)
		return lost(fault, "the index of the tx ring is impossible");
	return rc ? NET_MORE : NET_IDLE;
}
