/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/p9.c pv-drivers/front/p9_client.c pv-drivers/front/device.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * The shared folder's frontend against a server of two files: reading, writing and making files, a
 * server that goes in the middle of any call, stalls, or answers nonsense.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "p9.h"

#define BACK  "/local/domain/7/backend/9pfs/1/0"
#define FRONT "device/9pfs/0"
#define SIZE  20000

static struct p9_front p9;
static struct pv_stream from_guest, to_guest;
static uint8_t content[SIZE], made[SIZE], buffer[SIZE];
static uint32_t made_len;
static bool made_exists, attached;
static char fids[16][64]; /* the path each stands for */
static uint8_t message[P9_MESSAGE], reply[P9_MESSAGE];
static uint32_t message_len, reply_len, reply_sent;
static unsigned int nr_calls, die_at, lie_at, lie_how;
static bool mute, babbling, poke;

static uint64_t number(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void put(uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		reply[reply_len++] = (uint8_t)value;
}

static void error(uint32_t value)
{
	reply[4] = 7;
	put(value, 4);
}

static uint8_t *file_of(uint32_t fid, uint32_t *size)
{
	if (!strcmp(fids[fid], "/dir/file")) {
		*size = SIZE;
		return content;
	}
	*size = made_len;
	return !strcmp(fids[fid], "/dir/new") && made_exists ? made : NULL;
}

static bool known(const char *path)
{
	return !*path || !strcmp(path, "/dir") || !strcmp(path, "/dir/file") ||
	       (!strcmp(path, "/dir/new") && made_exists);
}

static void walk(const uint8_t *body)
{
	char path[64];
	uint32_t nr = (uint32_t)number(body + 8, 2), done = 0;

	snprintf(path, sizeof(path), "%s", fids[number(body, 4)]);
	body += 10;
	for (; done < nr; done++) {
		size_t len = number(body, 2), at = strlen(path);

		snprintf(path + at, sizeof(path) - at, "/%.*s", (int)len, (const char *)body + 2);
		if (!known(path))
			break;
		body += 2 + len;
	}
	if (!done && nr) {
		error(2);
		return;
	}
	put(done, 2);
	for (uint32_t i = 0; i < done * 13; i++)
		put(0, 1);
	if (done == nr)
		memcpy(fids[number(message + 7 + 4, 4)], path, sizeof(path));
}

static void serve(void)
{
	const uint8_t *body = message + 7;
	uint32_t fid = (uint32_t)number(body, 4), size, len;
	uint64_t offset;
	uint8_t *file;

	reply_len = 7;
	memcpy(reply, message, 7);
	reply[4]++;
	switch (message[4]) {
	case 100:
		memset(fids, 0, sizeof(fids));
		put(number(body, 4) < 2000 ? number(body, 4) : 2000, 4);
		put(8, 2);
		memcpy(reply + reply_len, "9P2000.L", 8);
		reply_len += 8;
		break;
	case 104:
		attached = true;
		reply_len += 13;
		break;
	case 110:
		assert_true(attached);
		walk(body);
		break;
	case 12:
		file = file_of(fid, &size);
		if (!file)
			error(2);
		else if (number(body + 4, 4) & 01000)
			made_len = 0;
		if (file)
			reply_len += 17;
		break;
	case 14:
		assert_string_equal(fids[fid], "/dir");
		made_exists = true;
		made_len = 0;
		snprintf(fids[fid], sizeof(fids[fid]), "/dir/new");
		reply_len += 17;
		break;
	case 116:
		file = file_of(fid, &size);
		offset = number(body + 4, 8);
		len = (uint32_t)number(body + 12, 4);
		assert_non_null(file);
		assert_true(len <= 2000 - 11);
		len = offset >= size ? 0 : len < size - offset ? len : (uint32_t)(size - offset);
		put(len, 4);
		memcpy(reply + reply_len, file + (len ? offset : 0), len);
		reply_len += len;
		break;
	case 118:
		file = file_of(fid, &size);
		offset = number(body + 4, 8);
		len = (uint32_t)number(body + 12, 4);
		assert_ptr_equal(file, made);
		assert_true(offset + len <= SIZE);
		memcpy(made + offset, body + 16, len);
		if (offset + len > made_len)
			made_len = (uint32_t)(offset + len);
		put(len, 4);
		break;
	case 120:
		memset(fids[fid], 0, sizeof(fids[fid]));
		break;
	default:
		fail();
	}
	nr_calls++;
}

static void spoil(void)
{
	switch (lie_how) {
	case 0:
		reply[0] = 6;
		reply[1] = 0;
		return;
	case 1:
		reply[4] ^= 0x55;
		break;
	case 2:
		reply[0] = reply[1] = reply[2] = 0xff;
		return;
	case 3:
		poke = true;
		return;
	}
	memcpy(reply, &reply_len, 4);
}

static void disconnect(void)
{
	attached = false;
	message_len = reply_len = reply_sent = 0;
	store_set_number(BACK "/state", XenbusStateClosed);
}

static void serve_stream(void)
{
	int64_t got =
	    pv_stream_read(&from_guest, message + message_len, sizeof(message) - message_len);

	if (got < 0)
		return;
	if (babbling)
		return;
	message_len += (uint32_t)got;
	if (message_len >= 7 && number(message, 4) == message_len) {
		message_len = 0;
		if (die_at && nr_calls + 1 == die_at) {
			nr_calls++;
			disconnect();
			return;
		}
		serve();
		memcpy(reply, &reply_len, 4);
		if (lie_at && nr_calls == lie_at)
			spoil();
	}
	if (mute)
		return;
	got = pv_stream_write(&to_guest, reply + reply_sent, reply_len - reply_sent);
	if (got > 0)
		reply_sent += (uint32_t)got;
	if (poke)
		p9.page->in_prod += 0x10000;
	poke = false;
	if (reply_sent == reply_len)
		reply_len = reply_sent = 0;
}

/* The backend's xenbus, in a few words. */
static void follow_states(void)
{
	uint32_t front = store_get(FRONT "/state") ? store_get_number(FRONT "/state") : 1;
	uint32_t own = store_get_number(BACK "/state");

	if (own == XenbusStateInitWait && front == XenbusStateInitialised) {
		struct xen_9pfs_data_intf *page = peer_map(store_get_number(FRONT "/ring-ref0"));
		uint32_t half = (uint32_t)XEN_FLEX_RING_SIZE(page->ring_order);
		uint8_t *data = peer_map(page->ref[0]);

		assert_true(page->ring_order <= P9_ORDER);
		message_len = reply_len = reply_sent = 0;
		assert_int_equal(
		    pv_stream_init_writer(&to_guest, data, half, &page->in_prod, &page->in_cons),
		    0);
		assert_int_equal(pv_stream_init_reader(&from_guest, data + half, half,
						       &page->out_prod, &page->out_cons),
				 0);
		store_set_number(BACK "/state", XenbusStateConnected);
	} else if (own == XenbusStateConnected && front == XenbusStateConnected) {
		serve_stream();
	} else if (own == XenbusStateConnected && front > XenbusStateConnected) {
		disconnect();
	} else if (own == XenbusStateClosed && front == XenbusStateInitialising) {
		for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
			peer_unmap(ref);
		store_set_number(BACK "/state", XenbusStateInitWait);
	}
}

static void everybody(void)
{
	follow_states();
	(void)front_device_step(&p9.device);
}

static void begin(const char *order)
{
	fake_reset();
	for (unsigned int i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 7 + i / 256);
	nr_calls = die_at = lie_at = lie_how = 0;
	mute = made_exists = attached = babbling = false;
	store_set(FRONT "/backend", BACK);
	store_set_number(FRONT "/backend-id", FAKE_PEER);
	store_set_number(BACK "/state", XenbusStateInitWait);
	store_set(BACK "/max-ring-page-order", order);
	assert_int_equal(p9_init(&p9, 0), 0);
	fake.idle = everybody;
}

static void finish(void)
{
	front_device_close(&p9.device);
	everybody();
	assert_true(p9.device.dead);
	for (unsigned int ref = 0; ref < FAKE_GRANTS; ref++)
		peer_unmap(ref);
	grants_reap();
	fake_assert_clean();
}

static uint64_t soon(void)
{
	return fake.now + 5 * TIME_S;
}

static void read_all(struct p9_file *file)
{
	uint32_t at = 0;
	int got;

	memset(buffer, 0, sizeof(buffer));
	while ((got = p9_read(&p9, file, at, buffer + at, SIZE - at + 1, soon())) > 0)
		at += (uint32_t)got;
	assert_int_equal(got, 0);
	assert_int_equal(at, SIZE);
	assert_memory_equal(buffer, content, SIZE);
}

static void write_all(struct p9_file *file)
{
	for (uint32_t at = 0; at < SIZE;) {
		int done = p9_write(&p9, file, at, content + at, SIZE - at, soon());

		assert_true(done > 0);
		at += (uint32_t)done;
	}
	assert_int_equal(made_len, SIZE);
	assert_memory_equal(made, content, SIZE);
}

static void both(void)
{
	struct p9_file *in, *out;

	assert_int_equal(p9_open(&p9, "dir/file", P9_READ, &in, soon()), 0);
	assert_int_equal(p9_open(&p9, "dir/new", P9_CREATE, &out, soon()), 0);
	read_all(in);
	write_all(out);
	p9_close(&p9, in, soon());
	p9_close(&p9, out, soon());
}

static void files(void **state)
{
	static const char *const orders[] = { "0", "1", "9" };

	for (unsigned int i = 0; i < 3; i++) {
		begin(orders[i]);
		both();
		both(); /* the file is there now */
		finish();
	}
}

static void errors(void **state)
{
	struct p9_file *file, *files[P9_FILES];
	char path[300];

	begin("1");
	assert_int_equal(p9_open(&p9, "dir/nothing", P9_READ, &file, soon()), -XEN_ENOENT);
	assert_int_equal(p9_open(&p9, "nowhere/new", P9_CREATE, &file, soon()), -XEN_ENOENT);
	assert_int_equal(p9_open(&p9, "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", P9_READ, &file, soon()),
			 -XEN_E2BIG);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	assert_int_equal(p9_open(&p9, path, P9_READ, &file, soon()), -XEN_E2BIG);
	for (unsigned int i = 0; i < P9_FILES; i++)
		assert_int_equal(p9_open(&p9, "dir/file", P9_READ, &files[i], soon()), 0);
	assert_int_equal(p9_open(&p9, "dir/file", P9_READ, &file, soon()), -XEN_EMFILE);
	p9_close(&p9, files[3], soon());
	assert_int_equal(p9_open(&p9, "dir/file", P9_READ, &file, soon()), 0);
	finish();
	assert_int_equal(p9_read(&p9, file, 0, buffer, 1, soon()), -XEN_ENODEV);
}

/* At each call of the whole once. */
static void server_dies(void **state)
{
	for (unsigned int at = 1; at < 40; at++) {
		begin("1");
		die_at = at;
		both();
		finish();
	}
}

static void server_stalls(void **state)
{
	struct p9_file *file;
	uint64_t start;

	begin("1");
	assert_int_equal(p9_open(&p9, "dir/file", P9_READ, &file, soon()), 0);
	mute = true;
	for (unsigned int i = 0; i < 5; i++) {
		start = fake.now;
		assert_int_equal(p9_read(&p9, file, 0, buffer, 10, soon()), -XEN_ETIMEDOUT);
		assert_true(fake.now - start < 6 * TIME_S);
	}
	mute = false;
	read_all(file);
	finish();
}

static void server_lies(void **state)
{
	for (lie_how = 0; lie_how < 4;) {
		unsigned int how = lie_how;

		for (unsigned int at = 1; at < 12; at++) {
			begin("1");
			lie_how = how;
			lie_at = at;
			both();
			assert_int_equal(p9.device.nr_faults, 1);
			finish();
		}
		lie_how = how + 1;
	}
}

static uint64_t seed = 20240820;

static void babble(void)
{
	uint8_t bytes[200];

	follow_states();
	if (p9.running) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)pv_random(&seed);
		memset(bytes, 0, 4);
		bytes[0] = (uint8_t)(pv_random(&seed) % 190 + 7);
		memcpy(bytes + 5, &p9.tag, 2);
		bytes[4] = pv_random(&seed) % 8 ? (uint8_t)(p9.request[4] + 1) : 7;
		(void)!pv_stream_write(&to_guest, bytes, pv_random(&seed) % 30 ? bytes[0] : 200);
	}
	(void)front_device_step(&p9.device);
}

static void fuzz(void **state)
{
	for (unsigned int round = 0; round < 2000; round++) {
		struct p9_file *file;

		begin("1");
		fake.idle = babble;
		babbling = true;
		if (!p9_open(&p9, "dir/file", pv_random(&seed) % 3, &file, soon())) {
			assert_true(p9_read(&p9, file, 5, buffer, 100, soon()) <= 100);
			assert_true(p9_write(&p9, file, 5, buffer, 100, soon()) <= 100);
			p9_close(&p9, file, soon());
		}
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),       cmocka_unit_test(errors),
		cmocka_unit_test(server_dies), cmocka_unit_test(server_stalls),
		cmocka_unit_test(server_lies), cmocka_unit_test(fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
