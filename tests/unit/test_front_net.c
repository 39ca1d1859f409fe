/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/net.c pv-drivers/front/device.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * The network frontend against backends that carry frames, come and go, and lie about lengths,
 * offsets, flags, ids and indexes; last, one that does anything at random.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "net.h"

#define BACK  "/local/domain/7/backend/vif/1/0"
#define FRONT "device/vif/0"

static struct net_front net;
static struct pv_ring rx, tx;
static uint8_t got[8192], sent_back[8192];
static size_t got_len;
static unsigned int nr_got;

static void begin(void)
{
	fake_reset();
	nr_got = 0;
	memset(&rx, 0, sizeof(rx));
	memset(&tx, 0, sizeof(tx));
	store_set(FRONT "/backend", BACK);
	store_set_number(FRONT "/backend-id", FAKE_PEER);
	store_set(FRONT "/mac", "00:16:3e:0a:Bf:07");
	store_set_number(BACK "/state", XenbusStateInitWait);
	assert_int_equal(net_init(&net, 0), 0);
}

static void step(void)
{
	fake.now += TIME_MS;
	(void)front_device_step(&net.device);
}

static void attach(struct pv_ring *ring, const char *key, size_t entry)
{
	void *page = peer_map(store_get_number(key));

	assert_non_null(page);
	assert_int_equal(pv_back_init(ring, page, PV_PAGE_SIZE, entry, 0), 0);
}

static void connect(void)
{
	step();
	assert_int_equal(store_get_number(FRONT "/state"), XenbusStateConnected);
	attach(&rx, FRONT "/rx-ring-ref", sizeof(union netif_rx_sring_entry));
	attach(&tx, FRONT "/tx-ring-ref", sizeof(union netif_tx_sring_entry));
	store_set_number(BACK "/state", XenbusStateConnected);
	step();
}

static void go(void)
{
	begin();
	connect();
}

static void receive(void *context, const void *frame, size_t len)
{
	assert_true(len <= PV_PAGE_SIZE && len >= NET_FRAME_MIN);
	memcpy(got, frame, len);
	got_len = len;
	nr_got++;
	if (context)
		(void)!net_send(&net, frame, len < NET_FRAME_MAX ? len : NET_FRAME_MAX);
}

static void poll(void)
{
	while (net_poll(&net, receive, NULL))
		;
}

static void finish(void)
{
	front_device_close(&net.device);
	step();
	assert_true(net.device.dead);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		peer_unmap(ref);
	grants_reap();
	fake_assert_clean();
}

/* Takes a posted buffer, fills it, answers it as told. */
static void deliver(const void *bytes, size_t len, uint16_t offset, uint16_t flags, int status,
		    int id)
{
	struct netif_rx_request request;
	struct netif_rx_response response;
	uint8_t *page;

	assert_int_equal(pv_ring_take(&rx, &request, sizeof(request)), 1);
	page = peer_page(request.gref, true);
	assert_non_null(page);
	if (bytes)
		memcpy(page + offset, bytes, len);
	response = (struct netif_rx_response){ .id = id < 0 ? request.id : (uint16_t)id,
					       .offset = offset,
					       .flags = flags,
					       .status = (int16_t)status };
	assert_int_equal(pv_ring_put(&rx, &response, sizeof(response)), 0);
	(void)!pv_ring_push(&rx);
}

/* What the guest sends comes by the port of its own ring, as does what it posts. */
static void sends_by(const char *tx_key, const char *rx_key)
{
	unsigned int tx_port = (unsigned int)store_get_number(tx_key);
	unsigned int rx_port = (unsigned int)store_get_number(rx_key);
	unsigned int posted = fake.ports[rx_port].sent, sent = fake.ports[tx_port].sent;
	uint8_t frame[60] = { 0 };

	assert_true(posted >= 1); /* the buffers to receive in */
	assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	assert_int_equal(fake.ports[tx_port].sent, sent + 1);
	if (rx_port != tx_port)
		assert_int_equal(fake.ports[rx_port].sent, posted);
}

static void a_port_for_each_ring(void **state)
{
	(void)state;
	begin();
	store_set_number(BACK "/feature-split-event-channels", 1);
	connect();
	assert_null(store_get(FRONT "/event-channel"));
	assert_int_not_equal(store_get_number(FRONT "/event-channel-tx"),
			     store_get_number(FRONT "/event-channel-rx"));
	sends_by(FRONT "/event-channel-tx", FRONT "/event-channel-rx");
	finish();
}

/* The next backend knows but one, and must not take the old ones for it. */
static void one_port_for_both(void **state)
{
	(void)state;
	begin();
	store_set_number(FRONT "/event-channel-tx", 3);
	store_set_number(FRONT "/event-channel-rx", 4);
	connect();
	assert_null(store_get(FRONT "/event-channel-tx"));
	assert_null(store_get(FRONT "/event-channel-rx"));
	sends_by(FRONT "/event-channel", FRONT "/event-channel");
	finish();
}

static void frames(void **state)
{
	static const uint8_t mac[6] = { 0, 0x16, 0x3e, 0x0a, 0xbf, 7 };
	struct netif_tx_request request;
	uint8_t frame[NET_FRAME_MAX];

	go();
	assert_memory_equal(net.mac, mac, 6);
	for (unsigned int i = 0; i < 1000; i++) {
		struct netif_tx_response done = { .status = NETIF_RSP_OKAY };
		size_t len = NET_FRAME_MIN + i % (NET_FRAME_MAX - NET_FRAME_MIN + 1);

		memset(frame, (int)i, sizeof(frame));
		assert_int_equal(net_send(&net, frame, len), 0);
		assert_int_equal(pv_ring_take(&tx, &request, sizeof(request)), 1);
		assert_int_equal(request.size, len);
		assert_null(peer_page(request.gref, true)); /* read-only */
		assert_memory_equal((uint8_t *)peer_page(request.gref, false) + request.offset,
				    frame, len);
		done.id = request.id;
		assert_int_equal(pv_ring_put(&tx, &done, sizeof(done)), 0);
		(void)!pv_ring_push(&tx);
		deliver(frame, len, (uint16_t)(i % 2500), 0, (int)len, -1);
		poll();
		assert_int_equal(nr_got, i + 1);
		assert_int_equal(got_len, len);
		assert_memory_equal(got, frame, len);
	}
	assert_int_equal(net_send(&net, frame, NET_FRAME_MAX + 1), -XEN_EMSGSIZE);
	assert_int_equal(net_send(&net, frame, 3), -XEN_EMSGSIZE);
	finish();
	assert_int_equal(net_send(&net, frame, 60), -XEN_ENODEV);
}

static void full(void **state)
{
	uint8_t frame[60] = { 0 };

	go();
	for (unsigned int i = 0; i < NET_TX; i++)
		assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	assert_int_equal(net_send(&net, frame, sizeof(frame)), -XEN_ENOSPC);
	finish();
}

static void errors_are_counted(void **state)
{
	go();
	deliver(NULL, 0, 0, 0, NETIF_RSP_ERROR, -1);
	deliver(NULL, 0, 0, 0, NETIF_RSP_DROPPED, -1);
	deliver(NULL, 0, 0, 0, 5, -1);
	poll();
	assert_int_equal(net.counters.rx_errors, 3);
	assert_false(net.device.fault);
	finish();
}

static void lies(void **state)
{
	static const struct {
		uint16_t offset, flags;
		int status, id;
	} cases[] = {
		{ 4096, 0, 60, -1 },
		{ 4097, 0, 60, -1 },
		{ 65535, 0, 60, -1 },
		{ 0, 0, 4097, -1 },
		{ 4000, 0, 97, -1 },
		{ 0, 0, 32767, -1 },
		{ 0, 0, 60, NET_RX },
		{ 0, 0, 60, 65535 },
		{ 0, NETRXF_more_data, 60, -1 },
		{ 0, NETRXF_extra_info, 60, -1 },
		{ 0, NETRXF_gso_prefix, 60, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		go();
		deliver(NULL, 0, cases[i].offset, cases[i].flags, cases[i].status, cases[i].id);
		poll();
		assert_int_equal(nr_got, 0);
		assert_true(net.device.fault);
		step();
		assert_int_equal(store_get_number(FRONT "/state"), XenbusStateClosed);
		finish();
	}
}

static void lying_indexes(void **state)
{
	for (unsigned int i = 0; i < 4; i++) {
		go();
		*(i % 2 ? &((struct pv_ring_page *)rx.page)->rsp_prod
			: &((struct pv_ring_page *)tx.page)->rsp_prod) +=
		    i < 2 ? NET_RX + 1 : 0x80000000u;
		poll();
		assert_int_equal(nr_got, 0);
		assert_true(net.device.fault);
		finish();
	}
}

/* The same id answered twice. */
static void twice(void **state)
{
	struct netif_rx_request request;

	go();
	assert_int_equal(pv_ring_take(&rx, &request, sizeof(request)), 1);
	for (unsigned int i = 0; i < 2; i++) {
		struct netif_rx_response response = { .id = request.id, .status = 60 };

		if (i)
			assert_int_equal(pv_ring_take(&rx, &request, sizeof(request)), 1);
		assert_int_equal(pv_ring_put(&rx, &response, sizeof(response)), 0);
	}
	(void)!pv_ring_push(&rx);
	poll();
	assert_int_equal(nr_got, 1);
	assert_true(net.device.fault);
	finish();
}

static void comes_back(void **state)
{
	uint8_t frame[60] = { 1 };

	go();
	assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	store_set_number(BACK "/state", XenbusStateClosed);
	step();
	assert_int_equal(net_send(&net, frame, sizeof(frame)), -XEN_ENODEV);
	/* The old backend still has the rings mapped; new ones are made. */
	fake.now += TIME_S;
	store_set_number(BACK "/state", XenbusStateInitWait);
	step();
	step();
	assert_int_equal(store_get_number(FRONT "/state"), XenbusStateConnected);
	assert_int_equal(grants.nr_retiring, 2);
	attach(&rx, FRONT "/rx-ring-ref", sizeof(union netif_rx_sring_entry));
	attach(&tx, FRONT "/tx-ring-ref", sizeof(union netif_tx_sring_entry));
	deliver(frame, sizeof(frame), 0, 0, sizeof(frame), -1);
	poll();
	assert_int_equal(nr_got, 1);
	assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	finish();
}

/* What is not answered in time is not that the backend is gone. */
static void the_store_is_slow(void **state)
{
	uint8_t frame[60] = { 1 };

	go();
	fake.xs_error = -XEN_ETIMEDOUT;
	store_set_number(BACK "/state", XenbusStateConnected);
	step();
	assert_int_equal(store_get_number(FRONT "/state"), XenbusStateConnected);
	assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	assert_int_equal(front_device_due(&net.device), 0);
	fake.xs_error = 0;
	step();
	assert_int_equal(net_send(&net, frame, sizeof(frame)), 0);
	assert_true(front_device_due(&net.device) > fake.now);
	fake.xs_error = -XEN_ETIMEDOUT;
	store_set_number(BACK "/state", XenbusStateClosed);
	step();
	fake.xs_error = 0;
	step(); /* heard late */
	assert_int_equal(net_send(&net, frame, sizeof(frame)), -XEN_ENODEV);
	finish();
}

static void bad_mac(void **state)
{
	static const char *const texts[] = { "",
					     "00:16:3e",
					     "00:16:3e:00:00:0g",
					     "00:16:3e:00:00:00:",
					     "01:16:3e:00:00:00",
					     "0016.3e00.0000" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		begin();
		store_set(FRONT "/mac", texts[i]);
		assert_int_equal(net_init(&net, 0), -XEN_EINVAL);
	}
}

static void no_memory(void **state)
{
	for (unsigned int most = 1; most < NET_RX + NET_TX + 2; most += 7) {
		begin();
		fake.most_pages = most;
		step();
		assert_int_equal(store_get_number(FRONT "/state"), XenbusStateClosed);
		finish();
	}
}

static void chaos(uint64_t *seed)
{
	uint32_t action = pv_random(seed) % 12, number = pv_random(seed);
	struct pv_ring *ring = number & 1 ? &rx : &tx;
	uint32_t *words = (uint32_t *)(void *)ring->page;
	uint8_t frame[80] = { 0 };
	grant_ref_t ref;

	switch (action) {
	case 0:
		store_set_number(BACK "/state", number % 12);
		break;
	case 1:
		store_set_number(BACK "/state", XenbusStateInitWait);
		break;
	case 2:
		if (words && number % 4 == 0)
			words[number / 8 % 4] += number % 3 ? number % 5 : number;
		break;
	case 3:
	case 4: /* a plausible answer */
		if (words) {
			struct netif_rx_response response = { .id =
								  (uint16_t)(number % (NET_RX + 1)),
							      .offset = (uint16_t)(number % 4100),
							      .flags =
								  number % 7 ? 0 : (uint16_t)number,
							      .status = (int16_t)(number % 200) };
			uint32_t *prod = &((struct pv_ring_page *)ring->page)->rsp_prod;

			memcpy(ring->slots + (*prod % ring->nr_slots) * ring->entry_size, &response,
			       sizeof(response));
			++*prod;
		}
		break;
	case 5:
		ref = GNTTAB_NR_RESERVED_ENTRIES + number % 80;
		if (number & 0x10000)
			(void)peer_map(ref);
		else
			peer_unmap(ref);
		break;
	case 6:
	case 7:
		(void)!net_send(&net, frame, number % 80);
		break;
	default:
		for (unsigned int i = 0; i < 4 && net_poll(&net, receive, &net); i++)
			;
	}
}

static void follow(struct pv_ring *ring, const char *key, size_t entry)
{
	void *page = store_get(key) ? peer_page(store_get_number(key), true) : NULL;

	if (page && page != ring->page)
		(void)!pv_back_init(ring, page, PV_PAGE_SIZE, entry, 0);
	else if (!page)
		ring->page = NULL;
}

static void fuzz(void **state)
{
	uint64_t seed = 20240818, running = 0;

	for (unsigned int round = 0; round < 400; round++) {
		begin();
		for (unsigned int i = 0; i < 1500 && !net.device.dead; i++) {
			follow(&rx, FRONT "/rx-ring-ref", sizeof(union netif_rx_sring_entry));
			follow(&tx, FRONT "/tx-ring-ref", sizeof(union netif_tx_sring_entry));
			chaos(&seed);
			if (pv_random(&seed) % 3 == 0)
				step();
			if (pv_random(&seed) % 64 == 0)
				fake.now += DEVICE_BACKOFF_MAX;
			running += net.running;
		}
		finish();
	}
	assert_true(running > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_for_each_ring),
		cmocka_unit_test(one_port_for_both),
		cmocka_unit_test(frames),
		cmocka_unit_test(full),
		cmocka_unit_test(errors_are_counted),
		cmocka_unit_test(lies),
		cmocka_unit_test(lying_indexes),
		cmocka_unit_test(twice),
		cmocka_unit_test(comes_back), cmocka_unit_test(the_store_is_slow),
		cmocka_unit_test(bad_mac),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
