/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/blk.c pv-drivers/front/blk_buffers.c pv-drivers/front/blk_transfer.c pv-drivers/front/device.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * The block frontend against backends that serve, die, come back, keep what they mapped, and lie:
 * in states, facts, ids, operations, statuses and indexes; last, one that does anything at random.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "blk.h"

#define BACK	     "/local/domain/7/backend/vbd/1/51712"
#define FRONT	     "device/vbd/51712"
#define DISK_SECTORS 512

static struct blk_front blk;
static uint8_t disk[DISK_SECTORS * BLK_SECTOR], data[256 * 1024];
static struct pv_ring back;
static bool persistent, serving;
static unsigned int served;
static int16_t next_status;
static int ends[64]; /* how often each request ended */

static void set_state(enum xenbus_state state)
{
	store_set_number(BACK "/state", state);
}

static uint32_t own_state(void)
{
	return store_get_number(FRONT "/state");
}

static void begin(void)
{
	fake_reset();
	persistent = true;
	serving = false;
	served = 0;
	next_status = BLKIF_RSP_OKAY;
	memset(ends, 0, sizeof(ends));
	memset(disk, 0, sizeof(disk));
	store_set(FRONT "/backend", BACK);
	store_set_number(FRONT "/backend-id", FAKE_PEER);
	store_set_number(BACK "/online", 1);
	set_state(XenbusStateInitWait);
	assert_int_equal(blk_init(&blk, 51712), 0);
}

static void step(void)
{
	fake.now += TIME_MS;
	(void)front_device_step(&blk.device);
}

static void facts(uint64_t sectors, uint32_t info)
{
	store_set_number(BACK "/sectors", sectors);
	store_set_number(BACK "/sector-size", 512);
	store_set_number(BACK "/info", info);
	store_set_number(BACK "/feature-flush-cache", 1);
	store_set_number(BACK "/feature-persistent", persistent);
}

/* As an honest backend does once the frontend is Initialised. */
static void connect_back(void)
{
	void *page;

	assert_int_equal(own_state(), XenbusStateInitialised);
	page = peer_map(store_get_number(FRONT "/ring-ref"));
	assert_non_null(page);
	assert_int_equal(
	    pv_back_init(&back, page, PV_PAGE_SIZE, sizeof(union blkif_sring_entry), 0), 0);
	set_state(XenbusStateConnected);
	serving = true;
	step();
	assert_int_equal(own_state(), XenbusStateConnected);
}

static void go(void)
{
	begin();
	facts(DISK_SECTORS, 0);
	step();
	connect_back();
}

static void respond(uint64_t id, uint8_t operation, int16_t status)
{
	struct blkif_response response = { .id = id, .operation = operation, .status = status };

	assert_int_equal(pv_ring_put(&back, &response, sizeof(response)), 0);
	if (pv_ring_push(&back))
		peer_event(blk.port);
}

static void move(const struct blkif_request *request)
{
	uint64_t at = request->sector_number * BLK_SECTOR;

	for (unsigned int i = 0; i < request->nr_segments; i++) {
		const struct blkif_request_segment *seg = &request->seg[i];
		size_t len = (size_t)(seg->last_sect - seg->first_sect + 1) * BLK_SECTOR;
		uint8_t *page = peer_page(seg->gref, request->operation == BLKIF_OP_READ);

		assert_non_null(page);
		assert_true(at + len <= sizeof(disk));
		if (request->operation == BLKIF_OP_READ)
			memcpy(page + seg->first_sect * BLK_SECTOR, disk + at, len);
		else
			memcpy(disk + at, page + seg->first_sect * BLK_SECTOR, len);
		at += len;
	}
}

static bool take(struct blkif_request *request)
{
	return pv_ring_take(&back, request, sizeof(*request)) == 1;
}

/* Serves what there is, up to most requests. */
static void serve(unsigned int most)
{
	struct blkif_request request;

	while (most-- && take(&request)) {
		if (next_status == BLKIF_RSP_OKAY && request.operation <= BLKIF_OP_WRITE)
			move(&request);
		served++;
		respond(request.id, request.operation, next_status);
	}
	(void)!pv_ring_sleep(&back, 1);
}

static void serve_all(void)
{
	if (serving)
		serve(1000);
	step();
}

static void one_ended(struct blk_request *request)
{
	ends[(size_t)request->context]++;
}

static void submit(struct blk_request *request, size_t number, enum blk_op op, uint64_t sector,
		   uint32_t nr, void *bytes)
{
	*request = (struct blk_request){ .op = op,
					 .sector = sector,
					 .nr_sectors = nr,
					 .data = bytes,
					 .done = one_ended,
					 .context = (void *)number,
					 .status = 1 };
	blk_submit(&blk, request);
}

static void close_all(void)
{
	front_device_close(&blk.device);
	step();
	assert_true(blk.device.dead);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		peer_unmap(ref);
	grants_reap();
	fake_assert_clean();
}

static void transfers(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		begin();
		persistent = keep;
		facts(DISK_SECTORS, 0);
		step();
		connect_back();
		fake.idle = serve_all;
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)(i * 31 + i / 512);
		assert_int_equal(blk_transfer(&blk, BLK_WRITE, 0, data, DISK_SECTORS, TIME_NEVER),
				 0);
		assert_memory_equal(disk, data, sizeof(disk));
		memset(data, 0, sizeof(data));
		assert_int_equal(
		    blk_transfer(&blk, BLK_READ, 3, data, DISK_SECTORS - 3, TIME_NEVER), 0);
		assert_memory_equal(disk + 3 * BLK_SECTOR, data, sizeof(disk) - 3 * BLK_SECTOR);
		assert_int_equal(blk_transfer(&blk, BLK_FLUSH, 0, NULL, 0, TIME_NEVER), 0);
		close_all();
	}
}

static void refusals(void **state)
{
	struct blk_request r;
	static const struct {
		enum blk_op op;
		uint64_t sector;
		uint32_t nr;
		int status;
	} cases[] = {
		{ BLK_READ, DISK_SECTORS, 1, -XEN_ENOSPC },
		{ BLK_READ, DISK_SECTORS - 1, 2, -XEN_ENOSPC },
		{ BLK_READ, UINT64_MAX, 2, -XEN_ENOSPC },
		{ BLK_READ, 0, 0, -XEN_EINVAL },
		{ BLK_READ, 0, BLK_MAX_SECTORS + 1, -XEN_EINVAL },
		{ BLK_WRITE, 0, 1, -XEN_EROFS },
		{ BLK_DISCARD, 0, 1, -XEN_EOPNOTSUPP },
	};

	begin();
	facts(DISK_SECTORS, VDISK_READONLY);
	step();
	connect_back();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		submit(&r, i, cases[i].op, cases[i].sector, cases[i].nr, data);
		assert_int_equal(ends[i], 1);
		assert_int_equal(r.status, cases[i].status);
	}
	assert_int_equal(pv_ring_in_flight(&blk.ring), 0);
	close_all();
}

static void statuses(void **state)
{
	static const int16_t told[] = { BLKIF_RSP_ERROR, BLKIF_RSP_EOPNOTSUPP, 77, INT16_MIN };
	static const int meant[] = { -XEN_EIO, -XEN_EOPNOTSUPP, -XEN_EIO, -XEN_EIO };
	struct blk_request r;

	go();
	for (size_t i = 0; i < 4; i++) {
		next_status = told[i];
		submit(&r, i, BLK_READ, 0, 8, data);
		serve(1);
		assert_int_equal(ends[i], 1);
		assert_int_equal(r.status, meant[i]);
	}
	close_all();
}

static void nonsense_facts(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "sectors", "" },
		{ "sectors", "-1" },
		{ "sectors", "99999999999999999999999" },
		{ "sectors", "0x10" },
		{ "sectors", "36028797018963968" },
		{ "sector-size", "0" },
		{ "sector-size", "513" },
		{ "sector-size", "8192" },
		{ "info", "4294967296" },
		{ "feature-persistent", "2" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[XS_PATH_MAX];

		begin();
		facts(DISK_SECTORS, 0);
		snprintf(path, sizeof(path), BACK "/%s", cases[i].name);
		store_set(path, cases[i].value);
		step();
		set_state(XenbusStateConnected);
		step();
		assert_int_equal(own_state(), XenbusStateClosed);
		assert_false(blk.running);
		close_all();
	}
}

/* Answers are lost, some requests are done and others not; another backend comes. */
static void replay(void **state)
{
	struct blk_request r[6];
	uint8_t bytes[6][4096];

	go();
	for (size_t i = 0; i < 6; i++) {
		memset(bytes[i], (int)(i + 1), 4096);
		submit(&r[i], i, BLK_WRITE, i < 5 ? i * 8 : 0, 8, bytes[i]);
	}
	serve(2);
	assert_int_equal(ends[0] + ends[1], 2);
	set_state(XenbusStateClosed);
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	assert_false(blk.device.dead);
	fake.now += TIME_S;
	step();
	assert_int_equal(own_state(), XenbusStateInitialising);
	set_state(XenbusStateInitWait);
	step();
	connect_back();
	serve(100);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(ends[i], 1);
		assert_int_equal(r[i].status, 0);
	}
	/* In order: the last write to sector 0 is the one that counts. */
	assert_int_equal(disk[0], 6);
	assert_int_equal(disk[4 * 4096], 5);
	assert_int_equal(served, 6);
	close_all();
}

/* A backend that began to connect to what we had does not notice when it is gone: it must say Closed. */
static void late_backend(void **state)
{
	go();
	set_state(XenbusStateInitWait);
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	fake.now += 100 * TIME_MS;
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	set_state(XenbusStateConnected);
	fake.now += 10 * TIME_S;
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	set_state(XenbusStateClosed);
	step();
	assert_int_equal(own_state(), XenbusStateInitialising);
	set_state(XenbusStateInitWait);
	step();
	connect_back();
	close_all();
}

/* A dead backend keeps everything mapped: those pages are not used again, and others serve. */
static void kept_mappings(void **state)
{
	struct blk_request r;
	uint32_t kept[FAKE_GRANTS], nr = 0;

	go();
	submit(&r, 0, BLK_READ, 0, BLK_MAX_SECTORS, data);
	for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < FAKE_GRANTS; ref++)
		if (peer_map(ref))
			kept[nr++] = ref;
	assert_int_equal(nr, BLKIF_MAX_SEGMENTS_PER_REQUEST + 1);
	set_state(XenbusStateClosed);
	step();
	fake.now += TIME_S;
	set_state(XenbusStateInitWait);
	step();
	step();
	connect_back();
	assert_int_equal(grants.nr_retiring, nr);
	for (uint32_t i = 0; i < nr; i++)
		memset(peer_page(kept[i], true), 0xee, PV_PAGE_SIZE);
	serve(100);
	assert_int_equal(ends[0], 1);
	for (size_t i = 0; i < BLK_MAX_SECTORS * BLK_SECTOR; i++)
		assert_int_equal(data[i], 0);
	close_all();
}

/* A backend that never lets go and flaps: it can have its device's quota, and no more. */
static void quota(void **state)
{
	begin();
	facts(DISK_SECTORS, 0);
	for (unsigned int round = 0; round < 40; round++) {
		set_state(XenbusStateInitWait);
		step();
		step();
		for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES; ref < FAKE_GRANTS; ref++)
			(void)peer_map(ref);
		set_state(XenbusStateClosed);
		step();
		fake.now += DEVICE_BACKOFF_MAX;
	}
	assert_true(blk.device.quota.used <= blk.device.quota.limit);
	assert_true(fake.pages_out <= blk.device.quota.limit);
	close_all();
}

/* Lies about answers. Each is told once; the request waits, and an honest backend then does it. */
static void lie(unsigned int which, uint64_t id, uint8_t operation)
{
	struct pv_ring_page *page = back.page;

	switch (which) {
	case 0: /* not asked */
		respond(id + 1, operation, 0);
		break;
	case 1: /* no such id at all */
		respond(UINT64_MAX, operation, 0);
		break;
	case 2: /* another operation */
		respond(id, (uint8_t)(operation + 1), 0);
		break;
	case 3: /* more answers than requests */
		page->rsp_prod += 2;
		peer_event(blk.port);
		break;
	case 4: /* far away */
		page->rsp_prod += 0x80000000u;
		peer_event(blk.port);
		break;
	}
}

static void lies(void **state)
{
	for (unsigned int which = 0; which < 5; which++) {
		struct blkif_request request;
		struct blk_request r;

		go();
		memset(data, 0x55, 4096);
		submit(&r, 0, BLK_READ, 0, 8, data);
		assert_true(take(&request));
		lie(which, request.id, request.operation);
		assert_int_equal(ends[0], 0);
		assert_true(blk.device.fault);
		step();
		assert_int_equal(own_state(), XenbusStateClosed);
		set_state(XenbusStateInitWait);
		fake.now += TIME_S;
		step();
		step();
		connect_back();
		serve(10);
		assert_int_equal(ends[0], 1);
		assert_int_equal(r.status, 0);
		assert_int_equal(data[0], 0);
		close_all();
	}
}

/* An answer given twice ends one request once. */
static void twice(void **state)
{
	struct blkif_request request;
	struct blk_request r[2];

	go();
	submit(&r[0], 0, BLK_READ, 0, 8, data);
	submit(&r[1], 1, BLK_READ, 8, 8, data + 4096);
	assert_true(take(&request));
	respond(request.id, request.operation, 0);
	assert_true(take(&request) || true);
	respond(request.id ^ 1, request.operation, 0);
	peer_event(blk.port);
	assert_int_equal(ends[0] + ends[1], 1);
	assert_true(blk.device.fault);
	close_all();
	assert_int_equal(ends[0], 1);
	assert_int_equal(ends[1], 1);
}

/* After so many lies the device is dead, and what waits ends with an error. */
static void given_up(void **state)
{
	struct blkif_request request;
	struct blk_request r;

	go();
	submit(&r, 0, BLK_WRITE, 0, 8, data);
	for (unsigned int i = 0; i < DEVICE_FAULTS; i++) {
		assert_true(take(&request));
		respond(request.id, BLKIF_OP_DISCARD, 0);
		step();
		if (i == DEVICE_FAULTS - 1)
			break;
		set_state(XenbusStateInitWait);
		fake.now += TIME_S;
		step();
		step();
		connect_back();
	}
	assert_true(blk.device.dead);
	assert_int_equal(ends[0], 1);
	assert_int_equal(r.status, -XEN_EIO);
	submit(&r, 1, BLK_WRITE, 0, 8, data);
	assert_int_equal(r.status, -XEN_ENODEV);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		peer_unmap(ref);
	grants_reap();
	fake_assert_clean();
}

/*
 * Nobody answers: the caller's deadline ends the wait, and nothing is written to its memory after.
 */
static void stall(void **state)
{
	go();
	memset(data, 0x55, sizeof(data));
	assert_int_equal(blk_transfer(&blk, BLK_READ, 0, data, 256, fake.now + TIME_S),
			 -XEN_ETIMEDOUT);
	memset(disk, 0xaa, sizeof(disk));
	serve(100);
	for (size_t i = 0; i < 256 * BLK_SECTOR; i++)
		assert_int_equal(data[i], 0x55);
	close_all();
}

static void no_memory(void **state)
{
	struct blk_request r[8];

	go();
	fake.most_pages = fake.pages_out + 3;
	for (size_t i = 0; i < 8; i++)
		submit(&r[i], i, BLK_READ, 0, BLK_MAX_SECTORS, data);
	assert_int_equal(pv_ring_in_flight(&blk.ring), 1);
	for (unsigned int i = 0; i < 8; i++)
		serve(10);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(ends[i], 1);
	close_all();
	/* Too little even to begin with: closed, not stuck. */
	begin();
	facts(DISK_SECTORS, 0);
	fake.most_pages = 5;
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	fake.most_pages = 0;
	fake.now += TIME_S;
	step();
	step();
	connect_back();
	close_all();
}

/*
 * The toolstack detaches: the device closes for good only when its user says so, but stays closed.
 */
static void detach(void **state)
{
	struct blk_request r;

	go();
	store_set_number(BACK "/online", 0);
	set_state(XenbusStateClosing);
	step();
	assert_int_equal(own_state(), XenbusStateClosed);
	set_state(XenbusStateClosed);
	for (unsigned int i = 0; i < 100; i++) {
		fake.now += TIME_S;
		step();
	}
	assert_int_equal(own_state(), XenbusStateClosed);
	submit(&r, 0, BLK_READ, 0, 8, data);
	assert_int_equal(ends[0], 0);
	close_all();
	assert_int_equal(r.status, -XEN_ENODEV);
}

/* A peer that does anything, with any number, in any order. */
static void chaos(uint64_t *seed, struct blk_request *r, uint8_t *bytes)
{
	uint32_t action = pv_random(seed) % 20, number = pv_random(seed);
	struct blkif_request request;
	uint32_t *words = (uint32_t *)(void *)(back.page ? back.page : NULL);

	switch (action) {
	case 0:
		set_state((enum xenbus_state)(number % 12));
		break;
	case 1:
		store_set(BACK "/state", number % 2 ? "" : "4 ");
		break;
	case 2:
		if (own_state() == XenbusStateInitialised)
			set_state(XenbusStateConnected);
		break;
	case 3:
		set_state(XenbusStateInitWait);
		break;
	case 4:
		if (words && number % 4 == 0)
			words[number / 4 % 4] =
			    number % 3 ? words[number / 4 % 4] + number % 5 : number;
		break;
	case 5:
		if (words)
			words[16 + number % 900] = pv_random(seed);
		break;
	case 6:
		(void)peer_map(GNTTAB_NR_RESERVED_ENTRIES + number % 60);
		break;
	case 7:
	case 8:
		peer_unmap(GNTTAB_NR_RESERVED_ENTRIES + number % 60);
		break;
	case 9:
		store_set_number(BACK "/sectors", number % 3 ? DISK_SECTORS : number);
		break;
	case 10:
		store_set_number(BACK "/feature-persistent", number % 3);
		break;
	case 11:
		store_set_number(BACK "/online", number % 8 != 0);
		break;
	case 12: /* answers, mostly right */
	case 13:
	case 14:
		if (words && serving && !back.fault && take(&request) && pv_ring_room(&back)) {
			struct blkif_response response = { number % 16 ? request.id : number,
							   request.operation, 0 };

			(void)!pv_ring_put(&back, &response, sizeof(response));
			(void)!pv_ring_push(&back);
		}
		break;
	default:
		number %= 32;
		if (r[number].context && ends[number] == 1) {
			ends[number] = 0;
			submit(&r[number], number, (enum blk_op)(pv_random(seed) % 4),
			       pv_random(seed) % (DISK_SECTORS + 8),
			       pv_random(seed) % (BLK_MAX_SECTORS + 2), bytes);
		}
	}
	peer_event(1 + number % (FAKE_PORTS - 1));
}

/* The backend finds the frontend's new ring, as a new one would. */
static void follow_ring(void)
{
	static uint32_t ref;
	uint32_t now = store_get(FRONT "/ring-ref") ? store_get_number(FRONT "/ring-ref") : 0;
	void *page = now ? peer_page(now, true) : NULL;

	serving = page;
	if (!page) {
		back.page = NULL;
		return;
	}
	if (page != back.page || ref != now || back.fault)
		(void)!pv_back_init(&back, page, PV_PAGE_SIZE, sizeof(union blkif_sring_entry),
				    ((struct pv_ring_page *)page)->rsp_prod);
	ref = now;
}

static void fuzz(void **state)
{
	static struct blk_request r[32];
	static uint8_t bytes[BLK_MAX_SECTORS * BLK_SECTOR + BLK_SECTOR];
	uint64_t seed = 20240817, connects = 0;

	for (unsigned int round = 0; round < 300; round++) {
		begin();
		facts(DISK_SECTORS, 0);
		store_set(FRONT "/state", "1");
		memset(&back, 0, sizeof(back));
		for (size_t i = 0; i < 32; i++) {
			ends[i] = 1;
			r[i].context = (void *)1;
		}
		for (unsigned int i = 0; i < 1500 && !blk.device.dead; i++) {
			follow_ring();
			chaos(&seed, r, bytes);
			if (pv_random(&seed) % 3 == 0)
				step();
			if (pv_random(&seed) % 64 == 0)
				fake.now += DEVICE_BACKOFF_MAX;
			connects += blk.running;
		}
		front_device_close(&blk.device);
		step();
		assert_true(blk.device.dead);
		for (size_t i = 0; i < 32; i++)
			assert_int_equal(ends[i], 1);
		for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
			peer_unmap(ref);
		grants_reap();
		fake_assert_clean();
	}
	assert_true(connects > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transfers), cmocka_unit_test(refusals),
		cmocka_unit_test(statuses),  cmocka_unit_test(nonsense_facts),
		cmocka_unit_test(replay), cmocka_unit_test(late_backend),    cmocka_unit_test(kept_mappings),
		cmocka_unit_test(quota),     cmocka_unit_test(lies),
		cmocka_unit_test(twice),     cmocka_unit_test(given_up),
		cmocka_unit_test(stall),     cmocka_unit_test(no_memory),
		cmocka_unit_test(detach),    cmocka_unit_test(fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
