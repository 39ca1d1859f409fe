/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/net/worker/[!s]*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring
// cflags: -Ipv-drivers/back -Idom0-tools/lib/include
/*
 * The network backend's rings against a frontend that is honest, one that lies in each way there
 * is, and one that writes a million random requests.
 */
#include "net_fixture.h"

static const char *fault;

static int run_tx(void)
{
	fault = NULL;
	return net_tx(&queue, &batch, 0, &fault);
}

static int run_rx(void)
{
	fault = NULL;
	return net_rx(&queue, &batch, &fault);
}

static void request(uint32_t ref, uint32_t offset, uint32_t size, uint32_t flags, uint32_t id)
{
	struct netif_tx_request r = { ref, (uint16_t)offset, (uint16_t)flags, (uint16_t)id,
				      (uint16_t)size };

	assert_int_equal(pv_ring_put(&tx, &r, sizeof(r)), 0);
}

static void extra(uint32_t type, uint32_t flags, uint32_t size, uint32_t gso_type)
{
	struct netif_extra_info e = { .type = (uint8_t)type, .flags = (uint8_t)flags };

	e.u.gso.size = (uint16_t)size;
	e.u.gso.type = (uint8_t)gso_type;
	assert_int_equal(pv_ring_put(&tx, &e, sizeof(e)), 0);
}

static void expect_answer(int id, int status)
{
	struct netif_tx_response r;

	assert_int_equal(pv_ring_take(&tx, &r, sizeof(r)), 1);
	if (id >= 0)
		assert_int_equal(r.id, id);
	assert_int_equal(r.status, status);
}

static void expect_no_answer(void)
{
	struct netif_tx_response r;

	assert_int_equal(pv_ring_take(&tx, &r, sizeof(r)), 0);
}

/* The next packet on the wire; its length, or -1. */
static ssize_t sent(struct virtio_net_hdr *head, uint8_t *bytes)
{
	struct iovec parts[2] = { { head, sizeof(*head) }, { bytes, 65536 } };
	ssize_t got = readv(wire, parts, 2);

	return got < 0 ? -1 : got - (ssize_t)sizeof(*head);
}

static void one_packet(void **state)
{
	struct virtio_net_hdr head;
	uint8_t bytes[65536];

	begin(ALL);
	make_packet(guest[5] + 100, 61, false, false);
	request(5, 100, 61, 0, 77);
	pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_IDLE);
	assert_int_equal(sent(&head, bytes), 61);
	assert_memory_equal(bytes, guest[5] + 100, 61);
	assert_int_equal(head.flags, 0);
	assert_int_equal(head.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	expect_answer(77, NETIF_RSP_OKAY);
	expect_no_answer();
	assert_int_equal(notified, 1);
	assert_int_equal(counters.from_guest.operations, 1);
	assert_int_equal(counters.from_guest.bytes, 61);
}

static void blank_checksums(void **state)
{
	struct virtio_net_hdr head;
	uint8_t bytes[65536];

	for (int kind = 0; kind < 4; kind++) {
		bool v6 = kind & 1, tcp = kind & 2;

		begin(ALL);
		make_packet(guest[1], 1001, v6, tcp);
		request(1, 0, 1001, NETTXF_csum_blank | NETTXF_data_validated, 1);
		pv_ring_push(&tx);
		assert_int_equal(run_tx(), NET_IDLE);
		assert_int_equal(sent(&head, bytes), 1001);
		assert_int_equal(head.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(head.csum_start, v6 ? 54 : 34);
		assert_int_equal(head.csum_offset, tcp ? 16 : 6);
		assert_int_equal(packet_finish_sum(bytes, 1001, head.csum_start, head.csum_offset),
				 0);
		assert_int_equal(verify(bytes, 1001, v6, tcp), 0);
		expect_answer(1, NETIF_RSP_OKAY);
	}
}

static void segmented_in_parts(void **state)
{
	static uint8_t whole[65536], bytes[65536];
	struct virtio_net_hdr head;

	for (int v6 = 0; v6 < 2; v6++) {
		begin(ALL);
		make_packet(whole, 9000, v6, true);
		memcpy(guest[1] + 50, whole, 66);
		memcpy(guest[2], whole + 66, 4096);
		memcpy(guest[3], whole + 66 + 4096, 4096);
		memcpy(guest[4] + 1000, whole + 66 + 8192, 9000 - 66 - 8192);
		request(1, 50, 9000, NETTXF_extra_info | NETTXF_more_data, 10);
		extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1400, v6 ? 2 : 1);
		request(2, 0, 4096, NETTXF_more_data, 11);
		request(3, 0, 4096, NETTXF_more_data, 12);
		request(4, 1000, 9000 - 66 - 8192, 0, 13);
		pv_ring_push(&tx);
		assert_int_equal(run_tx(), NET_IDLE);
		assert_int_equal(sent(&head, bytes), 9000);
		assert_int_equal(head.gso_size, 1400);
		assert_int_equal(head.gso_type,
				 v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4);
		assert_int_equal(head.hdr_len, v6 ? 74 : 54);
		assert_int_equal(head.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		memcpy(whole + head.csum_start + 16, bytes + head.csum_start + 16, 2);
		assert_memory_equal(bytes, whole, 9000);
		expect_answer(10, NETIF_RSP_OKAY);
		expect_answer(-1, NETIF_RSP_NULL);
		expect_answer(11, NETIF_RSP_OKAY);
		expect_answer(12, NETIF_RSP_OKAY);
		expect_answer(13, NETIF_RSP_OKAY);
		expect_no_answer();
	}
}

/* A packet that is wrong in itself costs itself: the next one goes. */
static void wrong_packets(void **state)
{
	static const struct {
		uint32_t ref, size, flags, gso, gso_type;
		uint32_t second_ref, second_size;
		bool v6, tcp, fragment;
	} rows[] = {
		{ .ref = BAD_REF, .size = 100 },
		{ .ref = 1, .size = 13 },
		{ .ref = 1, .size = 0 },
		{ .ref = 1, .size = 100, .second_ref = 2, .second_size = 101 },
		{ .ref = 1, .size = 100, .second_ref = BAD_REF, .second_size = 50 },
		{ .ref = 1, .size = 100, .flags = NETTXF_csum_blank, .fragment = true },
		{ .ref = 1, .size = 100, .gso = 50, .gso_type = 1 }, /* UDP */
		{ .ref = 1, .size = 100, .gso = 50, .gso_type = 2, .tcp = true },
		{ .ref = 1, .size = 100, .gso = 50, .gso_type = 1, .tcp = true, .v6 = true },
		{ .ref = 1, .size = 40, .flags = NETTXF_csum_blank, .tcp = true },
	};
	struct virtio_net_hdr head;
	uint8_t bytes[65536];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t flags = rows[i].flags | (rows[i].gso ? NETTXF_extra_info : 0);

		begin(ALL);
		make_packet(guest[1], 100, rows[i].v6, rows[i].tcp);
		if (rows[i].fragment)
			guest[1][20] = 0x20;
		make_packet(guest[3], 60, false, false);
		if (rows[i].second_ref)
			flags |= NETTXF_more_data;
		request(rows[i].ref, 0, rows[i].size, flags, 1);
		if (rows[i].gso)
			extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, rows[i].gso, rows[i].gso_type);
		if (rows[i].second_ref)
			request(rows[i].second_ref, 0, rows[i].second_size, 0, 2);
		request(3, 0, 60, 0, 9);
		pv_ring_push(&tx);
		assert_int_equal(run_tx(), NET_IDLE);
		expect_answer(1, NETIF_RSP_ERROR);
		if (rows[i].gso)
			expect_answer(-1, NETIF_RSP_NULL);
		if (rows[i].second_ref)
			expect_answer(2, NETIF_RSP_ERROR);
		expect_answer(9, NETIF_RSP_OKAY);
		assert_int_equal(sent(&head, bytes), 60);
		assert_int_equal(sent(&head, bytes), -1);
		assert_int_equal(counters.from_guest.errors, 1);
	}
}

static void multicast_is_not_offered(void **state)
{
	begin(ALL);
	request(1, 0, 0, NETTXF_extra_info, 1);
	extra(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0, 0);
	pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_IDLE);
	expect_answer(1, NETIF_RSP_ERROR);
	expect_answer(-1, NETIF_RSP_NULL);
}

/* A ring that cannot be followed any more ends the device, with a reason. */
static void broken_rings(void **state)
{
	for (int kind = 0; kind < 12; kind++) {
		begin(ALL);
		switch (kind) {
		case 0: /* beyond the page */
			request(1, 4000, 97, 0, 1);
			break;
		case 1:
			request(1, 0, 5000, NETTXF_more_data, 1);
			request(2, 4095, 904, 0, 2);
			break;
		case 2: /* no end */
			request(1, 0, 100, NETTXF_more_data, 1);
			break;
		case 3:
			request(1, 0, 100, NETTXF_extra_info, 1);
			break;
		case 4:
			request(1, 0, 100, NETTXF_extra_info, 1);
			extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1, 1);
			break;
		case 5: /* unknown */
			request(1, 0, 100, NETTXF_extra_info, 1);
			extra(XEN_NETIF_EXTRA_TYPE_NONE, 0, 1, 1);
			break;
		case 6:
			request(1, 0, 100, NETTXF_extra_info, 1);
			extra(XEN_NETIF_EXTRA_TYPE_MAX, 0, 1, 1);
			break;
		case 7:
			request(1, 0, 100, NETTXF_extra_info, 1);
			extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 0, 1);
			break;
		case 8:
			request(1, 0, 100, NETTXF_extra_info, 1);
			extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 100, 3);
			break;
		case 9: /* too long */
			for (int i = 0; i < NET_MAX_PARTS + 1; i++)
				request(1, 0, i ? 10 : 1000,
					i < NET_MAX_PARTS ? NETTXF_more_data : 0, 1);
			break;
		case 10:
			request(1, 0, 100, NETTXF_extra_info, 1);
			for (int i = 0; i < 100; i++)
				extra(XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_EXTRA_FLAG_MORE, 1, 1);
			break;
		}
		pv_ring_push(&tx);
		if (kind == 11)
			tx.page->req_prod = 257;
		assert_int_equal(run_tx(), -EIO);
		assert_non_null(fault);
		assert_true(strlen(fault) > 10);
	}
}

static void more_than_a_batch(void **state)
{
	struct virtio_net_hdr head;
	uint8_t bytes[65536];
	int turns = 0, rc;

	begin(ALL);
	make_packet(guest[1], 1514, false, true);
	for (uint32_t i = 0; i < 256; i++)
		request(1, 0, 1514, 0, i);
	pv_ring_push(&tx);
	do {
		rc = run_tx();
		turns++;
		while (sent(&head, bytes) >= 0)
			;
	} while (rc == NET_MORE);
	assert_int_equal(rc, NET_IDLE);
	assert_in_range(turns, 4, 6);
	for (int i = 0; i < 256; i++)
		expect_answer(i, NETIF_RSP_OKAY);
	assert_int_equal(counters.from_guest.operations, 256);
}

static void limited(void **state)
{
	begin(ALL);
	bucket_init(&bucket, 1000, 1000000, 0);
	bucket.tokens = 1; /* one packet, whatever its size */
	make_packet(guest[1], 1514, false, true);
	request(1, 0, 1514, 0, 1);
	request(1, 0, 1514, 0, 2);
	pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_CLOSED);
	expect_answer(1, NETIF_RSP_OKAY);
	expect_no_answer();
	assert_in_range(bucket_wait_ms(&bucket), 1500, 1520);
	assert_int_equal(net_tx(&queue, &batch, 1520000, &fault), NET_CLOSED);
	expect_answer(2, NETIF_RSP_OKAY);
}

/* The network is full, or gone: packets are lost, answered all the same. */
static void no_network(void **state)
{
	begin(ALL);
	close(wire);
	wire = -1;
	signal(SIGPIPE, SIG_IGN);
	make_packet(guest[1], 60, false, true);
	request(1, 0, 60, 0, 1);
	pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_IDLE);
	expect_answer(1, NETIF_RSP_OKAY);
	assert_int_equal(counters.from_guest.drops, 1);
}

/* --- to the guest ---------------------------------------------------------------------------- */

static void offer(uint32_t ref, uint32_t id)
{
	struct netif_rx_request r = { .id = (uint16_t)id, .gref = ref };

	assert_int_equal(pv_ring_put(&rx, &r, sizeof(r)), 0);
}

static void receive(const struct virtio_net_hdr *head, const uint8_t *bytes, uint32_t length)
{
	struct virtio_net_hdr none = { 0 };
	struct iovec parts[2] = { { (void *)(uintptr_t)(head ? head : &none), sizeof(none) },
				  { (void *)(uintptr_t)bytes, length } };

	assert_int_equal(writev(wire, parts, 2), length + sizeof(none));
}

static struct netif_rx_response got(void)
{
	struct netif_rx_response r;

	assert_int_equal(pv_ring_take(&rx, &r, sizeof(r)), 1);
	return r;
}

static void expect_part(int id, int flags, int status)
{
	struct netif_rx_response r = got();

	assert_int_equal(r.id, id);
	assert_int_equal(r.offset, 0);
	assert_int_equal(r.flags, flags);
	assert_int_equal(r.status, status);
}

static void expect_nothing(void)
{
	struct netif_rx_response r;

	assert_int_equal(pv_ring_take(&rx, &r, sizeof(r)), 0);
}

static uint8_t packet[65536];

static void one_received(void **state)
{
	begin(ALL);
	make_packet(packet, 333, false, true);
	offer(9, 42);
	pv_ring_push(&rx);
	receive(NULL, packet, 333);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(42, 0, 333);
	expect_nothing();
	assert_memory_equal(guest[9], packet, 333);
	assert_int_equal(counters.to_guest.bytes, 333);
}

static void jumbo_received(void **state)
{
	begin(ALL);
	make_packet(packet, 9014, false, true);
	for (uint32_t i = 0; i < 4; i++)
		offer(10 + i, i);
	pv_ring_push(&rx);
	receive(NULL, packet, 9014);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(0, NETRXF_more_data, 4096);
	expect_part(1, NETRXF_more_data, 4096);
	expect_part(2, 0, 9014 - 8192);
	expect_nothing();
	assert_memory_equal(guest[10], packet, 4096);
	assert_memory_equal(guest[12], packet + 8192, 9014 - 8192);
}

static void segments_received(void **state)
{
	struct virtio_net_hdr head = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = 54,
				       .csum_offset = 16,
				       .gso_size = 1428,
				       .gso_type = VIRTIO_NET_HDR_GSO_TCPV6 };
	struct netif_extra_info e;

	begin(ALL);
	make_packet(packet, 6000, true, true);
	for (uint32_t i = 0; i < 3; i++)
		offer(10 + i, i);
	pv_ring_push(&rx);
	receive(&head, packet, 6000);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(
	    0, NETRXF_extra_info | NETRXF_more_data | NETRXF_csum_blank | NETRXF_data_validated,
	    4096);
	assert_int_equal(pv_ring_take(&rx, &e, sizeof(e)), 1);
	assert_int_equal(e.type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(e.flags, 0);
	assert_int_equal(e.u.gso.size, 1428);
	assert_int_equal(e.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
	expect_part(2, 0, 6000 - 4096);
	assert_memory_equal(guest[12], packet + 4096, 6000 - 4096);
}

static void completed_for_the_guest(void **state)
{
	struct virtio_net_hdr head = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = 54,
				       .csum_offset = 6 };
	struct packet parsed;

	begin(NET_SG | NET_CSUM_V4);
	make_packet(packet, 777, true, false);
	assert_int_equal(packet_look(packet, 777, &parsed), 0);
	packet_begin_sum(packet, &parsed);
	offer(1, 1);
	pv_ring_push(&rx);
	receive(&head, packet, 777);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(1, 0, 777);
	assert_int_equal(verify(guest[1], 777, true, false), 0);
}

static void undeliverable(void **state)
{
	struct virtio_net_hdr gso = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				      .csum_start = 34,
				      .csum_offset = 16,
				      .gso_size = 1400,
				      .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 };

	begin(0);
	offer(1, 1);
	offer(2, 2);
	pv_ring_push(&rx);
	make_packet(packet, 5000, false, true);
	receive(NULL, packet, 5000); /* of two pages */
	receive(&gso, packet, 3000);
	receive(NULL, packet, 10);
	make_packet(packet, 70, false, true);
	receive(NULL, packet, 70);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(1, 0, 70);
	expect_nothing();
	assert_int_equal(counters.to_guest.drops, 3);
}

static void waits_for_pages(void **state)
{
	begin(ALL);
	make_packet(packet, 9014, false, true);
	offer(1, 1);
	offer(2, 2);
	pv_ring_push(&rx);
	receive(NULL, packet, 9014);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_nothing();
	assert_false(polled); /* the tap can wait */
	assert_int_equal(run_rx(), NET_IDLE);
	offer(3, 3);
	assert_true(pv_ring_push(&rx)); /* we asked for this one */
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(1, NETRXF_more_data, 4096);
	expect_part(2, NETRXF_more_data, 4096);
	expect_part(3, 0, 9014 - 8192);
	assert_true(polled);
	assert_memory_equal(guest[3], packet + 8192, 9014 - 8192);
}

static void bad_pages(void **state)
{
	begin(ALL);
	make_packet(packet, 5000, false, true);
	offer(1, 1);
	offer(BAD_REF, 2);
	offer(3, 3);
	pv_ring_push(&rx);
	receive(NULL, packet, 5000);
	receive(NULL, packet, 60);
	assert_int_equal(run_rx(), NET_IDLE);
	expect_part(1, NETRXF_more_data, 4096);
	expect_part(2, 0, NETIF_RSP_ERROR);
	expect_part(3, 0, 60);
	assert_int_equal(counters.to_guest.errors, 1);
	assert_int_equal(counters.to_guest.operations, 1);
}

static void rx_index_lies(void **state)
{
	begin(ALL);
	rx.page->req_prod = 300;
	assert_int_equal(run_rx(), -EIO);
	assert_non_null(fault);
}

/* A worker that dies between copying and answering: the next one begins at a packet's start. */
static void taken_over(void **state)
{
	struct virtio_net_hdr head;
	uint8_t bytes[65536];

	begin(ALL);
	make_packet(guest[1], 1000, false, true);
	for (uint32_t i = 0; i < 100; i++)
		request(1, 0, 1000, 0, i);
	pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_MORE);
	assert_int_equal(pv_back_init(&queue.tx, tx_page, 4096, sizeof(struct netif_tx_request),
				      pv_back_resume_index(tx_page)),
			 0);
	while (sent(&head, bytes) >= 0)
		;
	assert_int_equal(run_tx(), NET_IDLE);
	for (int i = 0; i < 100; i++)
		expect_answer(i, NETIF_RSP_OKAY);
	expect_no_answer();
}

/*
 * The ring as a worker leaves it that dies when `written` of nr answers from index first on are in
 * their slots and none is shown: the others' slots are still as the guest wrote them.
 */
static void die_writing(struct pv_ring *ring, void *page, const uint8_t *before,
			struct answers *answers, uint32_t nr, uint32_t written)
{
	size_t head = sizeof(struct pv_ring_page), size = ring->entry_size;
	struct pv_ring_page *shared = page;

	for (uint32_t i = written; i < nr; i++)
		memcpy((uint8_t *)page + head + i * size, before + head + i * size, size);
	shared->rsp_prod = 0;
	answers->kept->nr = nr;
	assert_int_equal(pv_back_init(ring, page, 4096, size, pv_back_resume_index(page)), 0);
	assert_true(answers_resume(answers) >= 0);
	assert_int_equal(answers->kept->nr, 0);
}

static void died_answering_tx(void **state)
{
	static uint8_t before[4096], bytes[65536];
	struct virtio_net_hdr head;

	for (uint32_t written = 0; written <= 4; written++) {
		begin(ALL);
		make_packet(guest[1], 3000, false, true);
		make_packet(guest[3], 60, false, false);
		request(3, 0, 60, 0, 20);
		request(1, 0, 3500, NETTXF_extra_info | NETTXF_more_data, 10);
		extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 1400, 1);
		request(2, 0, 500, 0, 11);
		(void)pv_ring_push(&tx);
		memcpy(before, tx_page, sizeof(before));
		assert_int_equal(run_tx(), NET_IDLE);
		request(3, 0, 60, 0, 30);
		(void)pv_ring_push(&tx);
		die_writing(&queue.tx, tx_page, before, &queue.tx_answers, 4, written);
		while (sent(&head, bytes) >= 0)
			;
		assert_int_equal(run_tx(), NET_IDLE);
		assert_int_equal(sent(&head, bytes), 60); /* the later one, and nothing else */
		assert_int_equal(sent(&head, bytes), -1);
		expect_answer(20, NETIF_RSP_OKAY);
		expect_answer(10, NETIF_RSP_OKAY);
		expect_answer(-1, NETIF_RSP_NULL);
		expect_answer(11, NETIF_RSP_OKAY);
		expect_answer(30, NETIF_RSP_OKAY);
		expect_no_answer();
	}
}

static void died_answering_rx(void **state)
{
	static uint8_t before[4096];

	for (uint32_t written = 0; written <= 2; written++) {
		begin(ALL);
		make_packet(packet, 5000, false, true);
		for (uint32_t i = 0; i < 3; i++)
			offer(10 + i, 100 + i);
		(void)pv_ring_push(&rx);
		receive(NULL, packet, 5000);
		memcpy(before, rx_page, sizeof(before));
		assert_int_equal(run_rx(), NET_IDLE);
		queue.first_page = queue.nr_pages = 0; /* the successor's */
		die_writing(&queue.rx, rx_page, before, &queue.rx_answers, 2, written);
		receive(NULL, packet, 60);
		assert_int_equal(run_rx(), NET_IDLE);
		expect_part(100, NETRXF_more_data, 4096);
		expect_part(101, 0, 5000 - 4096);
		expect_part(102, 0, 60);
		expect_nothing();
	}
}

/* Answers that were shown are not shown again, and nonsense in the journal harms nobody. */
static void nothing_to_resume(void **state)
{
	begin(ALL);
	make_packet(guest[1], 60, false, true);
	request(1, 0, 60, 0, 1);
	(void)pv_ring_push(&tx);
	assert_int_equal(run_tx(), NET_IDLE);
	journal.tx.nr = 1; /* died before this was taken back */
	assert_int_equal(answers_resume(&queue.tx_answers), 0);
	expect_answer(1, NETIF_RSP_OKAY);
	expect_no_answer();
	journal.tx.first = queue.tx.prod;
	journal.tx.nr = NET_MAX_SLOTS + 1;
	assert_int_equal(answers_resume(&queue.tx_answers), 0);
	journal.tx.nr = 3; /* more than the ring has requests */
	assert_int_equal(answers_resume(&queue.tx_answers), -EIO);
	expect_no_answer();
}

/* --- random ---------------------------------------------------------------------------------- */

static uint64_t seed = 20261121;

static uint32_t below(uint32_t n)
{
	return pv_random(&seed) % n;
}

/* Mostly what could be, sometimes what is not. */
static void random_request(void)
{
	static const uint16_t sizes[] = { 0, 13, 14, 60, 100, 1514, 4095, 4096, 4097, 9000, 65535 };
	bool wild = !below(8);
	uint32_t flags = below(6) ? 0 : NETTXF_more_data;

	flags |= below(3) ? 0 : NETTXF_csum_blank;
	flags |= below(12) ? 0 : NETTXF_extra_info;
	if (wild)
		flags = pv_random(&seed) & 0xffff;
	request(wild ? below(2 * NR_PAGES) : below(NR_PAGES),
		below(4) ? 0 : below(wild ? 5000 : 80), below(3) ? sizes[below(11)] : below(4096),
		flags, pv_random(&seed));
}

/* A whole packet, right but for a lie now and then; how many slots. */
static uint32_t random_whole(void)
{
	uint32_t parts = below(3) ? 1 : 1 + below(6), size[6], total = 0, gso = !below(4);
	uint32_t flags = below(2) ? NETTXF_csum_blank : 0;

	for (uint32_t i = 0; i < parts; i++) {
		size[i] = i ? 1 + below(4096) : 60 + below(2000);
		total += size[i];
	}
	if (!below(50))
		total = below(70000); /* not the sum */
	if (gso)
		flags |= NETTXF_extra_info;
	for (uint32_t i = 0; i < parts; i++) {
		uint32_t more = i + 1 < parts ? NETTXF_more_data : 0;
		uint32_t offset = below(4) ? 0 : below(2097);

		if (offset + size[i] > PV_PAGE_SIZE && below(100))
			offset = 0;
		request(below(60) ? below(NR_PAGES) : BAD_REF, i ? offset : 0, i ? size[i] : total,
			(i ? 0 : flags) | more, pv_random(&seed));
		if (!i && gso)
			extra(below(500) ? XEN_NETIF_EXTRA_TYPE_GSO : below(6), 0,
			      below(1500) + !!below(300), 1 + below(2));
	}
	return parts + gso;
}

static void random_pages(void)
{
	for (int p = 0; p < NR_PAGES; p++) {
		make_packet(guest[p], 100 + below(3000), below(2), below(2));
		for (uint32_t n = below(4); n; n--)
			guest[p][below(80)] = (uint8_t)pv_random(&seed);
	}
}

static void drain(struct pv_ring *ring)
{
	uint8_t message[16];

	while (pv_ring_take(ring, message, ring->entry_size) > 0)
		;
}

static void random_slots(uint32_t n)
{
	while (n--) {
		if (below(9))
			random_request();
		else
			extra(below(6), !below(4), below(3000), below(3));
	}
}

static void a_million_from_the_guest(void **state)
{
	uint32_t requests = 0, faults = 0, packets = 0;

	while (requests < 1000000) {
		begin(ALL);
		close(queue.tap);
		queue.tap = open("/dev/null", O_WRONLY);
		random_pages();
		for (int round = 0; round < 200; round++) {
			bool wild = !below(30);
			uint32_t n = below(pv_ring_room(&tx) + 1);

			if (wild)
				random_slots(n);
			else
				for (n = 0; pv_ring_room(&tx) > 7 && below(40);)
					n += random_whole();
			requests += n;
			pv_ring_push(&tx);
			if (run_tx() < 0) {
				faults++;
				break;
			}
			drain(&tx);
		}
		packets += (uint32_t)counters.from_guest.operations;
	}
	assert_true(faults > 100);
	assert_true(packets > 50000);
}

static void random_packet(void)
{
	struct virtio_net_hdr head = { 0 };
	uint32_t length = below(4) ? below(3000) : below(60000);

	make_packet(packet, length < 80 ? 80 : length, below(2), below(2));
	for (uint32_t n = below(3); n; n--)
		packet[below(80)] = (uint8_t)pv_random(&seed);
	if (below(2)) {
		head.flags = (uint8_t)below(4);
		head.csum_start = (uint16_t)(below(2) ? 34 : below(100));
		head.csum_offset = (uint16_t)(below(2) ? 16 : 6);
		head.gso_type = (uint8_t)below(6);
		head.gso_size = (uint16_t)below(2000);
	}
	receive(&head, packet, length);
}

static void a_million_to_the_guest(void **state)
{
	uint32_t requests = 0, packets = 0;

	while (requests < 1000000) {
		begin(below(4) ? ALL : below(32));
		for (int round = 0; round < 400; round++) {
			uint32_t n = below(3) ? below(pv_ring_room(&rx) + 1) : 0;

			for (uint32_t i = 0; i < n; i++)
				offer(below(8) ? below(NR_PAGES) : below(2 * NR_PAGES),
				      pv_random(&seed));
			requests += n;
			pv_ring_push(&rx);
			if (!queue.waiting_bytes)
				random_packet();
			if (!below(2000))
				rx.page->req_prod += below(400);
			if (run_rx() < 0)
				break;
			drain(&rx);
		}
		packets += (uint32_t)counters.to_guest.operations;
	}
	assert_true(packets > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_packet),
		cmocka_unit_test(blank_checksums),
		cmocka_unit_test(segmented_in_parts),
		cmocka_unit_test(wrong_packets),
		cmocka_unit_test(multicast_is_not_offered),
		cmocka_unit_test(broken_rings),
		cmocka_unit_test(more_than_a_batch),
		cmocka_unit_test(limited),
		cmocka_unit_test(no_network),
		cmocka_unit_test(one_received),
		cmocka_unit_test(jumbo_received),
		cmocka_unit_test(segments_received),
		cmocka_unit_test(completed_for_the_guest),
		cmocka_unit_test(undeliverable),
		cmocka_unit_test(waits_for_pages),
		cmocka_unit_test(bad_pages),
		cmocka_unit_test(rx_index_lies),
		cmocka_unit_test(taken_over),
		cmocka_unit_test(died_answering_tx),
		cmocka_unit_test(died_answering_rx),
		cmocka_unit_test(nothing_to_resume),
		cmocka_unit_test(a_million_from_the_guest),
		cmocka_unit_test(a_million_to_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
