/* SPDX-License-Identifier: MIT */
/*
 * Packets to the guest: tap, grant copy, ring. See queue.h.
 *
 * A tap does not tell how large its next packet is. One that turns out to need more pages than the
 * guest has offered waits, and the tap with it, which drops what it cannot hold: a guest that
 * offers nothing costs one packet of memory.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "packet.h"
#include "queue.h"

union rx_slot {
	struct netif_rx_request request;
	struct netif_rx_response response;
	struct netif_extra_info extra;
};
_Static_assert(sizeof(union rx_slot) == 8, "as DEFINE_RING_TYPES makes it");

struct rx_packet {
	struct virtio_net_hdr head;
	uint8_t *bytes; /* page-aligned */
	uint32_t length, first_copy;
	bool blank; /* leave the checksum to the guest */
};

static int lost(const char **fault)
{
	*fault = "the index of the rx ring is impossible";
	return -EIO;
}

static uint32_t pages_of(uint32_t length)
{
	return (length + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;
}

static bool segmented(const struct virtio_net_hdr *head)
{
	return head->gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

static uint32_t slots_of(uint32_t length, const struct virtio_net_hdr *head)
{
	return pages_of(length) + segmented(head);
}

/* Takes over all pages the guest offers. */
static int take_pages(struct net_queue *queue, const char **fault)
{
	union rx_slot slot;
	int rc = 1;

	while (queue->nr_pages < NET_RX_SLOTS && rc > 0) {
		rc = pv_ring_take(&queue->rx, &slot, sizeof(slot));
		if (rc < 0)
			return lost(fault);
		if (rc) {
			uint32_t at = (queue->first_page + queue->nr_pages++) % NET_RX_SLOTS;

			queue->pages[at] = slot.request;
		}
	}
	return 0;
}

static const struct netif_rx_request *use_page(struct net_queue *queue)
{
	const struct netif_rx_request *page = &queue->pages[queue->first_page];

	PV_ASSERT(queue->nr_pages);
	queue->first_page = (queue->first_page + 1) % NET_RX_SLOTS;
	queue->nr_pages--;
	return page;
}

/* The guest's half must be able to say it: what cannot be said is done here. */
static int settle_checksum(const struct net_queue *queue, struct rx_packet *packet)
{
	const struct virtio_net_hdr *head = &packet->head;
	struct packet parsed;

	packet->blank = false;
	if (!(head->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return segmented(head) ? -EBADMSG : 0;
	if (!packet_look(packet->bytes, packet->length, &parsed) &&
	    parsed.transport == head->csum_start &&
	    packet_sum_offset(&parsed) == head->csum_offset &&
	    queue->offloads & (parsed.v6 ? NET_CSUM_V6 : NET_CSUM_V4)) {
		packet->blank = true;
		return 0;
	}
	return segmented(head) ? -EBADMSG
			       : packet_finish_sum(packet->bytes, packet->length, head->csum_start,
						   head->csum_offset);
}

/* Whether the frontend can be given such a packet at all. */
static bool deliverable(const struct net_queue *queue, const struct rx_packet *packet)
{
	const struct virtio_net_hdr *head = &packet->head;

	if (packet->length < PACKET_ETHERNET || packet->length > PACKET_MAX)
		return false;
	if (packet->length > PV_PAGE_SIZE && !(queue->offloads & NET_SG))
		return false;
	switch (head->gso_type) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return head->gso_size && queue->offloads & NET_GSO_V4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return head->gso_size && queue->offloads & NET_GSO_V6;
	default:
		return false;
	}
}

/* The next packet, the one that waits first. 1: one, 0: none. */
static int next_packet(struct net_queue *queue, struct rx_packet *packet)
{
	struct iovec parts[2] = { { &packet->head, sizeof(packet->head) },
				  { packet->bytes, NET_PACKET_BYTES } };
	ssize_t got;

	packet->length = queue->waiting_bytes;
	if (queue->waiting_bytes) {
		packet->head = queue->waiting_head;
		packet->blank = queue->waiting_blank;
		memcpy(packet->bytes, queue->waiting, queue->waiting_bytes);
		queue->waiting_bytes = 0;
		return 1;
	}
	while ((got = readv(queue->tap, parts, 2)) >= (ssize_t)sizeof(packet->head)) {
		packet->length = (uint32_t)got - (uint32_t)sizeof(packet->head);
		if (deliverable(queue, packet) && !settle_checksum(queue, packet))
			return 1;
		queue->link->counters->to_guest.drops++;
	}
	return 0;
}

static void put_aside(struct net_queue *queue, const struct rx_packet *packet)
{
	memcpy(queue->waiting, packet->bytes, packet->length);
	queue->waiting_head = packet->head;
	queue->waiting_blank = packet->blank;
	queue->waiting_bytes = packet->length;
	queue->link->counters->waits++;
}

/*
 * One packet's copies, into the pages at `skip` of those not yet used; with an extra the second
 * page offered stays empty.
 */
static void plan_copies(const struct net_queue *queue, struct net_batch *batch,
			struct rx_packet *packet, uint32_t skip)
{
	packet->first_copy = batch->nr_copies;
	for (uint32_t i = 0; i < pages_of(packet->length); i++) {
		uint32_t slot = skip + i + (i && segmented(&packet->head));
		uint32_t left = packet->length - i * PV_PAGE_SIZE;

		batch->copies[batch->nr_copies++] = (xengnttab_grant_copy_segment_t){
			.source.virt = packet->bytes + i * PV_PAGE_SIZE,
			.dest.foreign = { .ref =
					      queue
						  ->pages[(queue->first_page + slot) % NET_RX_SLOTS]
						  .gref,
					  .domid = (uint16_t)queue->link->domid },
			.len = (uint16_t)(left < PV_PAGE_SIZE ? left : PV_PAGE_SIZE),
			.flags = GNTCOPY_dest_gref,
			.status = GNTST_general_error,
		};
	}
}

static int put_extra(struct net_queue *queue, const struct rx_packet *packet)
{
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	extra.u.gso.size = packet->head.gso_size;
	extra.u.gso.type = packet->head.gso_type == VIRTIO_NET_HDR_GSO_TCPV6
			       ? XEN_NETIF_GSO_TYPE_TCPV6
			       : XEN_NETIF_GSO_TYPE_TCPV4;
	use_page(queue);
	return answers_add(&queue->rx_answers, &extra, sizeof(extra));
}

static uint16_t first_flags(const struct rx_packet *packet)
{
	uint16_t flags = segmented(&packet->head) ? NETRXF_extra_info : 0;

	if (packet->blank)
		flags |= NETRXF_csum_blank | NETRXF_data_validated;
	else if (packet->head.flags & VIRTIO_NET_HDR_F_DATA_VALID)
		flags |= NETRXF_data_validated;
	return flags;
}

static int deliver(struct net_queue *queue, const struct net_batch *batch,
		   const struct rx_packet *packet)
{
	struct back_flow *flow = &queue->link->counters->to_guest;
	uint32_t nr = pages_of(packet->length);
	bool whole = true;
	int error = 0;

	for (uint32_t i = 0; i < nr && !error; i++) {
		const xengnttab_grant_copy_segment_t *copy = &batch->copies[packet->first_copy + i];
		struct netif_rx_response response = { .id = use_page(queue)->id };

		response.flags = i ? 0 : first_flags(packet);
		if (i + 1 < nr)
			response.flags |= NETRXF_more_data;
		response.status = copy->status == GNTST_okay ? (int16_t)copy->len : NETIF_RSP_ERROR;
		whole &= copy->status == GNTST_okay;
		error = answers_add(&queue->rx_answers, &response, sizeof(response));
		if (!i && segmented(&packet->head) && !error)
			error = put_extra(queue, packet);
	}
	flow->operations += whole;
	flow->bytes += whole ? packet->length : 0;
	flow->errors += !whole;
	return error;
}

/* How many packets have bytes in the arena and pages in the ring; more: there may be others. */
static uint32_t gather(struct net_queue *queue, struct net_batch *batch, struct rx_packet *packets,
		       bool *more)
{
	uint32_t nr = 0, at = 0, slots = 0;

	batch->nr_copies = 0;
	*more = true;
	while (nr < NET_BATCH_PACKETS && at + NET_PACKET_BYTES <= NET_ARENA_BYTES &&
	       batch->nr_copies + NET_PACKET_PAGES <= NET_BATCH_COPIES) {
		struct rx_packet *packet = &packets[nr];

		packet->bytes = batch->arena + at;
		if (!next_packet(queue, packet)) {
			*more = false;
			break;
		}
		if (slots + slots_of(packet->length, &packet->head) > queue->nr_pages) {
			put_aside(queue, packet);
			*more = false;
			break;
		}
		plan_copies(queue, batch, packet, slots);
		slots += slots_of(packet->length, &packet->head);
		at += pages_of(packet->length) * PV_PAGE_SIZE;
		nr++;
	}
	return nr;
}

/*
 * While a packet waits, the guest's next event matters and the tap's state does not; otherwise it
 * is the other way round. 1: there are pages for what waits after all.
 */
static int rest(struct net_queue *queue, const char **fault)
{
	bool poll = !queue->waiting_bytes;
	int rc = 0;

	if (!poll) {
		uint32_t need = slots_of(queue->waiting_bytes, &queue->waiting_head);

		rc = need <= queue->nr_pages || pv_ring_sleep(&queue->rx, need - queue->nr_pages);
		if (rc < 0)
			return lost(fault);
	}
	if (poll != queue->tap_polled) {
		back_poll_fd(queue->link, queue->tap, poll ? EPOLLIN : 0);
		queue->tap_polled = poll;
	}
	return rc;
}

int net_rx(struct net_queue *queue, struct net_batch *batch, const char **fault)
{
	struct rx_packet packets[NET_BATCH_PACKETS];
	uint32_t nr;
	bool more;
	int rc;

	if (take_pages(queue, fault))
		return -EIO;
	nr = gather(queue, batch, packets, &more);
	net_copy(queue, batch);
	for (uint32_t i = 0; i < nr; i++)
		if (deliver(queue, batch, &packets[i]))
			return lost(fault);
	rc = answers_show(&queue->rx_answers);
	if (rc < 0)
		return lost(fault);
	if (rc)
		back_notify(queue->link, queue->rx_port);
	rc = rest(queue, fault);
	return rc < 0 ? rc : rc || more ? NET_MORE : NET_IDLE;
}
