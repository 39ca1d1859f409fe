/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/frame/daemon/device.c pv-drivers/back/frame/daemon/connection.c pv-drivers/back/frame/daemon/discover.c
// sources: pv-drivers/back/frame/daemon/store.c pv-drivers/ring/pv_[xn]*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
/*
 * serai-backd's devices over a xenstore, workers and a class of the test's own: an ordinary life, a
 * worker's death at each step, and frontends, toolstacks, workers and clocks that do anything at
 * any time, after which nothing may be left.
 */
#include "pv_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "frame/daemon/backd.h"

#define NR_DEVICES 3
#define DOMID	   5

struct backd backd;

/* --- xenstore -------------------------------------------------------------------------------- */

static struct {
	char path[128], value[64];
} nodes[256];
static unsigned int nr_nodes;
static bool store_down;

static int find_node(const char *path)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strcmp(nodes[i].path, path))
			return (int)i;
	return -1;
}

static void set_node(const char *path, const char *value)
{
	int i = find_node(path);

	if (i < 0) {
		assert_true(nr_nodes < 256);
		i = (int)nr_nodes++;
	}
	snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
	snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

static void remove_below(const char *path)
{
	size_t len = strlen(path);

	for (unsigned int i = 0; i < nr_nodes;)
		if (!strncmp(nodes[i].path, path, len) &&
		    (!nodes[i].path[len] || nodes[i].path[len] == '/'))
			nodes[i] = nodes[--nr_nodes];
		else
			i++;
}

static bool anything_below(const char *path)
{
	size_t len = strlen(path);

	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strncmp(nodes[i].path, path, len) &&
		    (!nodes[i].path[len] || nodes[i].path[len] == '/'))
			return true;
	return false;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	int i = find_node(path);

	if (store_down || i < 0) {
		errno = store_down ? ETIMEDOUT : ENOENT;
		return NULL;
	}
	if (len)
		*len = (unsigned int)strlen(nodes[i].value);
	return strdup(nodes[i].value);
}

bool xs_write_if(struct xs_handle *h, const char *node, const char *path, const void *data,
		 unsigned int len)
{
	char value[64];

	if (!anything_below(node)) {
		errno = ENOENT;
		return false;
	}
	snprintf(value, sizeof(value), "%.*s", (int)len, (const char *)data);
	set_node(path, value);
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	remove_below(path);
	return true;
}

/* The children of a path, as xs_directory() gives them: one block. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	char **list = calloc(1, 64 * sizeof(char *) + 64 * 32), *text = (char *)(list + 64);
	size_t len = strlen(path);
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_nodes; i++) {
		unsigned int same = 0;
		char name[32];

		if (strncmp(nodes[i].path, path, len) || nodes[i].path[len] != '/')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(nodes[i].path + len + 1, "/"),
			 nodes[i].path + len + 1);
		while (same < nr && strcmp(list[same], name))
			same++;
		if (same < nr)
			continue;
		list[nr] = strcpy(text + nr * 32, name);
		nr++;
	}
	*num = nr;
	if (nr)
		return list;
	free(list);
	errno = ENOENT;
	return NULL;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	return true;
}

char **xs_check_watch(struct xs_handle *h)
{
	return NULL;
}

/* --- clock, workers, journals ---------------------------------------------------------------- */

static uint64_t now;
static struct back_timer *timers[64];

uint64_t back_now_ms(void)
{
	return now;
}

void back_set_timer(struct back_timer *timer, int ms)
{
	unsigned int at = 0;

	while (at < 64 && timers[at] != timer)
		at++;
	if (at < 64)
		timers[at] = NULL;
	timer->set = ms >= 0;
	if (ms < 0)
		return;
	timer->due = now + (uint64_t)ms;
	for (at = 0; timers[at]; at++)
		assert_true(at < 63);
	timers[at] = timer;
}

static void pass_time(uint64_t ms)
{
	now += ms;
	for (unsigned int i = 0; i < 64; i++)
		if (timers[i] && timers[i]->due <= now) {
			struct back_timer *timer = timers[i];

			timers[i] = NULL;
			timer->set = false;
			timer->expired(timer);
		}
}

void back_log(int priority, const char *format, ...)
{
}

/* One worker for all devices. What it was told and has not answered, by device. */
static bool running, wants_death;
static unsigned int joined, journals, lived;
static uint32_t owes[NR_DEVICES]; /* a message's type */
static bool live[NR_DEVICES], has_journal[NR_DEVICES];

bool worker_join(struct back_private *n)
{
	if (!n->worker)
		joined++;
	n->worker = (struct worker *)&joined;
	return running;
}

void worker_leave(struct back_private *n)
{
	if (n->worker)
		joined--;
	n->worker = NULL;
}

void worker_kill(struct back_private *n)
{
	wants_death = true;
}

int worker_send(struct back_private *n, const struct back_message *message, const int *fds,
		uint32_t nr_fds)
{
	if (!running)
		return -ENOTCONN;
	assert_non_null(n->worker);
	assert_int_equal(owes[n->device.devid], 0);
	owes[n->device.devid] = message->type;
	if (message->type == BACK_CONNECT) {
		/* Only what is live is gone on with, and it always is. */
		assert_int_equal(!!(message->flags & BACK_RESUME), live[n->device.devid]);
	}
	return 0;
}

void worker_evict(const char *lock_name)
{
}

int journal_open(struct back_device *device, uint32_t bytes, bool fresh)
{
	if (!fresh && !has_journal[device->devid])
		return -ENOENT;
	if (fresh)
		live[device->devid] = false;
	has_journal[device->devid] = true;
	return dup(0);
}

bool journal_is_live(struct back_device *device)
{
	return live[device->devid];
}

void journal_remove(struct back_device *device)
{
	has_journal[device->devid] = live[device->devid] = false;
}

/* --- the class ------------------------------------------------------------------------------- */

static bool later, refuse; /* what it does next */
static unsigned int appeared, gone, prepared, disconnects;

static int answer(void)
{
	return refuse ? -EIO : later ? BACK_LATER : 0;
}

static int test_appeared(struct back_device *device)
{
	appeared++;
	return 0;
}

static int test_advertise(struct back_device *device)
{
	return answer();
}

static int test_prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	int rc = answer();

	if (!rc)
		prepared++;
	connect->journal_bytes = 100;
	return rc;
}

static int test_connected(struct back_device *device)
{
	return refuse ? -EIO : 0;
}

static void test_disconnected(struct back_device *device)
{
	disconnects++;
}

static void test_gone(struct back_device *device)
{
	gone++;
}

static const struct back_class test_class = {
	.kind = "test",
	.state_bytes = 16,
	.appeared = test_appeared,
	.advertise = test_advertise,
	.prepare = test_prepare,
	.connected = test_connected,
	.disconnected = test_disconnected,
	.gone = test_gone,
};
BACK_CLASS(test_class);

/* --- what happens ---------------------------------------------------------------------------- */

static char *back_path(uint32_t devid, const char *key)
{
	static char path[128];

	snprintf(path, sizeof(path), "/local/domain/0/backend/test/%u/%u%s%s", DOMID, devid,
		 key[0] ? "/" : "", key);
	return path;
}

static char *front_path(uint32_t devid, const char *key)
{
	static char path[128];

	snprintf(path, sizeof(path), "/local/domain/%u/device/test/%u%s%s", DOMID, devid,
		 key[0] ? "/" : "", key);
	return path;
}

static void front_state(uint32_t devid, int state)
{
	char text[4];

	snprintf(text, sizeof(text), "%d", state);
	set_node(front_path(devid, "state"), text);
}

static void plug(uint32_t devid)
{
	char front[128];

	snprintf(front, sizeof(front), "%s", front_path(devid, ""));
	set_node(back_path(devid, "frontend"), front);
	set_node(back_path(devid, "online"), "1");
	front_state(devid, 1);
	set_node(back_path(devid, "state"), "1");
}

static int shown(uint32_t devid)
{
	int i = find_node(back_path(devid, "state"));

	return i < 0 ? -1 : atoi(nodes[i].value);
}

static void look(void)
{
	struct back_private *n;

	discover_again(&test_class);
	LIST_FOREACH (n, &backd.devices, all)
		n->dirty = true;
	look_at_dirty();
}

static struct back_private *device(uint32_t devid)
{
	return device_find(&test_class, DOMID, devid);
}

static void worker_starts(void)
{
	running = true;
	for (uint32_t i = 0; i < NR_DEVICES; i++)
		if (device(i) && device(i)->worker)
			device_worker_ready(device(i));
}

static void worker_dies(bool give_up)
{
	running = wants_death = false;
	memset(owes, 0, sizeof(owes));
	for (uint32_t i = 0; i < NR_DEVICES; i++)
		if (device(i) && device(i)->worker)
			device_worker_gone(device(i), give_up);
}

/* It answers what it owes this device. */
static void worker_answers(uint32_t devid, int result)
{
	struct back_message message = { .devid = devid, .kind = "test", .result = result };

	if (!running || !owes[devid])
		return;
	message.type = owes[devid] == BACK_CONNECT ? BACK_CONNECTED : BACK_DISCONNECTED;
	if (owes[devid] == BACK_CONNECT)
		live[devid] = !result;
	owes[devid] = 0;
	if (device(devid))
		device_message(device(devid), &message);
}

static void settle(void)
{
	for (int i = 0; i < 40; i++) {
		look();
		if (wants_death)
			worker_dies(false);
		if (!running && joined)
			worker_starts();
		for (uint32_t d = 0; d < NR_DEVICES; d++) {
			worker_answers(d, 0);
			if (device(d))
				back_finish(&device(d)->device, 0);
		}
		pass_time(1000);
	}
}

static void start(void)
{
	nr_nodes = 0;
	snprintf(backd.home, sizeof(backd.home), "/local/domain/0");
	running = wants_death = later = refuse = store_down = false;
	memset(owes, 0, sizeof(owes));
	memset(live, 0, sizeof(live));
	memset(has_journal, 0, sizeof(has_journal));
	appeared = gone = joined = prepared = disconnects = 0;
	assert_true(LIST_EMPTY(&backd.devices));
}

static void nothing_is_left(void)
{
	later = refuse = store_down = false;
	remove_below("/local/domain/0/backend");
	settle();
	assert_true(LIST_EMPTY(&backd.devices));
	assert_int_equal(appeared, gone);
	assert_int_equal(joined, 0);
	for (uint32_t i = 0; i < NR_DEVICES; i++)
		assert_false(has_journal[i]);
	for (unsigned int i = 0; i < 64; i++)
		assert_null(timers[i]);
}

static void connect_device(uint32_t devid)
{
	plug(devid);
	settle();
	assert_int_equal(shown(devid), 2);
	front_state(devid, 3);
	settle();
	assert_int_equal(shown(devid), 4);
	front_state(devid, 4);
	settle();
	assert_true(device(devid)->linked);
}

static void an_ordinary_life(void **state)
{
	start();
	connect_device(1);
	set_node(back_path(1, "online"), "0");
	set_node(back_path(1, "state"), "5");
	settle();
	assert_int_equal(shown(1), 5);
	front_state(1, 6);
	settle();
	assert_int_equal(shown(1), 6);
	assert_false(device(1)->linked);
	nothing_is_left();
}

/* The daemon learns of a removal a moment later; what it has to say until then brings nothing back. */
static void what_the_toolstack_removed_stays_removed(void **state)
{
	start();
	connect_device(1);
	remove_below("/local/domain/0/backend");
	assert_int_equal(back_write(&device(1)->device, "state", "5"), -ENOENT);
	assert_false(anything_below("/local/domain/0/backend"));
	front_state(1, 5);
	settle();
	assert_false(anything_below("/local/domain/0/backend"));
	nothing_is_left();
}

/* A disk in use closes when its guest is done with it, and is served until then. */
static void a_frontend_in_use_is_served_while_it_closes(void **state)
{
	start();
	connect_device(1);
	set_node(back_path(1, "online"), "0");
	settle();
	assert_int_equal(shown(1), 5);
	assert_true(device(1)->linked);
	worker_dies(false);
	settle();
	assert_true(device(1)->linked);
	front_state(1, 5);
	settle();
	assert_true(device(1)->linked);
	front_state(1, 6);
	look();
	assert_int_equal(device(1)->step, DISCONNECTING);
	settle();
	assert_int_equal(shown(1), 6);
	nothing_is_left();
	/* Nor does a new daemon end that. */
	start();
	plug(1);
	front_state(1, 4);
	set_node(back_path(1, "online"), "0");
	set_node(back_path(1, "state"), "5");
	has_journal[1] = live[1] = true;
	settle();
	assert_int_equal(shown(1), 5);
	assert_true(device(1)->linked);
	remove_below(front_path(1, "state"));
	settle();
	assert_int_equal(shown(1), 6);
	assert_false(device(1)->linked);
	nothing_is_left();
}

static void an_error_while_closing_ends_it(void **state)
{
	start();
	connect_device(1);
	set_node(back_path(1, "online"), "0");
	settle();
	back_error(&device(1)->device, -EIO, "an error");
	back_close(&device(1)->device);
	settle();
	assert_int_equal(shown(1), 5);
	assert_false(device(1)->linked);
	nothing_is_left();
}

static void what_takes_time_is_waited_for(void **state)
{
	start();
	later = true;
	plug(1);
	look();
	assert_int_equal(shown(1), 1);
	assert_int_equal(device(1)->step, ADVERTISING);
	later = false;
	back_finish(&device(1)->device, 0);
	look();
	assert_int_equal(shown(1), 2);
	later = true;
	front_state(1, 3);
	look();
	worker_starts();
	assert_int_equal(device(1)->step, PREPARING);
	pass_time(1000 * (BACK_HELPER_SECONDS + 1)); /* but not for ever */
	settle();
	assert_int_equal(shown(1), 6);
	nothing_is_left();
}

static void a_frontend_comes_back(void **state)
{
	start();
	connect_device(0);
	front_state(0, 1); /* its guest has rebooted in place */
	settle();
	assert_int_equal(shown(0), 2);
	front_state(0, 3);
	settle();
	assert_int_equal(shown(0), 4);
	nothing_is_left();
}

static void another_device_in_the_same_place(void **state)
{
	start();
	for (int closed = 0; closed < 2; closed++) {
		connect_device(0);
		if (closed) {
			set_node(back_path(0, "online"), "0");
			settle();
			front_state(0, 6);
			settle();
			assert_int_equal(shown(0), 6);
		}
		/* Nobody looks between these two. */
		remove_below(back_path(0, ""));
		plug(0);
		settle();
		assert_int_equal(shown(0), 2);
		front_state(0, 3);
		settle();
		assert_int_equal(shown(0), 4);
		remove_below(back_path(0, ""));
		settle();
	}
	nothing_is_left();
}

static void errors_close_one_device(void **state)
{
	start();
	connect_device(0);
	plug(1);
	settle();
	refuse = true;
	front_state(1, 3);
	settle();
	refuse = false;
	assert_int_equal(shown(1), 6);
	assert_true(find_node(back_path(1, "error")) >= 0);
	assert_int_equal(shown(0), 4);
	assert_true(device(0)->linked);
	/* Begun anew it is another device, but not too often. */
	front_state(1, 1);
	settle();
	assert_int_equal(shown(1), 2);
	assert_true(find_node(back_path(1, "error")) < 0);
	refuse = true;
	front_state(1, 3);
	for (int i = 0; i < 3; i++) {
		look();
		worker_starts();
	}
	assert_int_equal(shown(1), 6);
	refuse = false;
	front_state(1, 1);
	look();
	look();
	assert_int_equal(shown(1), 2);
	refuse = true;
	front_state(1, 3);
	for (int i = 0; i < 3; i++) {
		look();
		worker_starts();
	}
	refuse = false;
	assert_int_equal(shown(1), 6);
	front_state(1, 1);
	look();
	look();
	assert_int_equal(shown(1), 6);
	settle();
	assert_int_equal(shown(1), 2);
	nothing_is_left();
}

static void a_dead_worker_is_not_noticed(void **state)
{
	start();
	connect_device(0);
	connect_device(1);
	worker_dies(false);
	assert_int_equal(shown(0), 4);
	settle();
	assert_int_equal(shown(0), 4);
	assert_true(device(0)->linked && device(1)->linked);
	/* While it connects, and while it disconnects. */
	plug(2);
	settle();
	front_state(2, 3);
	look();
	assert_int_equal(device(2)->step, CONNECTING);
	live[2] = true; /* it had begun to serve */
	worker_dies(false);
	settle();
	assert_int_equal(shown(2), 4);
	front_state(2, 6);
	look();
	assert_int_equal(device(2)->step, DISCONNECTING);
	worker_dies(false);
	look();
	assert_int_equal(shown(2), 6);
	/* One that dies again and again ends its devices. */
	settle();
	worker_dies(true);
	settle();
	assert_int_equal(shown(0), 5);
	nothing_is_left();
}

static void a_new_daemon_goes_on(void **state)
{
	start();
	plug(1);
	front_state(1, 4);
	set_node(back_path(1, "state"), "4");
	has_journal[1] = live[1] = true;
	settle();
	assert_int_equal(shown(1), 4);
	assert_true(device(1)->linked);
	nothing_is_left();
	/* Without the journal it cannot: the frontend is told. */
	start();
	plug(1);
	front_state(1, 4);
	set_node(back_path(1, "state"), "4");
	settle();
	assert_int_equal(shown(1), 5);
	nothing_is_left();
}

/* What still serves is not ended while its successor is not even asked for. */
static void a_new_daemon_leaves_workers_alone(void **state)
{
	start();
	plug(1);
	front_state(1, 4);
	set_node(back_path(1, "state"), "4");
	has_journal[1] = live[1] = true;
	later = true;
	look();
	assert_int_equal(device(1)->step, ADVERTISING);
	assert_int_equal(joined, 0);
	assert_true(discover_needs("5.lock"));
	assert_true(discover_needs("5-test-1.lock"));
	assert_false(discover_needs("6.lock"));
	assert_false(discover_needs("5-test-2.lock"));
	assert_false(discover_needs("5-none-1.lock"));
	assert_false(discover_needs("backd.lock"));
	nothing_is_left();
	assert_false(discover_needs("5.lock"));
}

static void a_store_that_does_not_answer_ends_nothing(void **state)
{
	start();
	connect_device(1);
	store_down = true;
	look();
	pass_time(5000);
	look();
	store_down = false;
	settle();
	assert_int_equal(shown(1), 4);
	assert_true(device(1)->linked);
	nothing_is_left();
}

static void anything(uint64_t *seed)
{
	static const int likely[] = { 3, 3, 3, 4, 4, 4, 4, 1, 1, 6, 5, 8 };
	uint32_t devid = pv_random(seed) % NR_DEVICES;
	struct back_message failed = { .type = BACK_FAILED, .devid = devid, .kind = "test" };

	switch (pv_random(seed) % 24) {
	case 0:
		if (shown(devid) == 6) /* the toolstack takes it away */
			remove_below(back_path(devid, ""));
		else if (!device(devid))
			plug(devid);
		break;
	case 1:
		if (!(pv_random(seed) % 4))
			remove_below(back_path(devid, ""));
		else if (!(pv_random(seed) % 4) && device(devid)) {
			remove_below(back_path(devid, ""));
			plug(devid);
		}
		break;
	case 2:
		set_node(back_path(devid, "online"), pv_random(seed) % 4 ? "1" : "0");
		break;
	case 3:
		if (!(pv_random(seed) % 8))
			remove_below(front_path(devid, ""));
		break;
	case 4:
		worker_dies(!(pv_random(seed) % 8));
		break;
	case 5:
		later = !(pv_random(seed) % 3);
		refuse = !(pv_random(seed) % 6);
		break;
	case 6:
		pass_time(pv_random(seed) % 8 ? 1000 : pv_random(seed) % 40000);
		break;
	case 7:
		if (device(devid))
			back_finish(&device(devid)->device, pv_random(seed) % 4 ? 0 : -EIO);
		break;
	case 8:
		if (device(devid))
			device_message(device(devid), &failed);
		break;
	case 9:
		if (device(devid))
			back_reconnect(&device(devid)->device);
		break;
	case 10:
		worker_answers(devid, pv_random(seed) % 4 ? 0 : -EINVAL);
		break;
	case 11:
	case 12:
		worker_answers(devid, 0);
		break;
	case 13:
	case 14:
	case 15:
		if (!running && joined)
			worker_starts();
		break;
	default:
		front_state(devid, likely[pv_random(seed) % 12]);
		break;
	}
	if (wants_death)
		worker_dies(false);
	look();
}

static void anything_may_happen(void **state)
{
	uint64_t seed = 4711;
	unsigned int links = 0;

	for (int life = 0; life < 300; life++) {
		start();
		for (int i = 0; i < 400; i++)
			anything(&seed);
		links += prepared;
		nothing_is_left();
	}
	print_message("%u connections prepared\n", links);
	assert_true(links > 1000); /* it did go that far */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_life),
		cmocka_unit_test(what_the_toolstack_removed_stays_removed),
		cmocka_unit_test(a_frontend_in_use_is_served_while_it_closes),
		cmocka_unit_test(an_error_while_closing_ends_it),
		cmocka_unit_test(what_takes_time_is_waited_for),
		cmocka_unit_test(a_frontend_comes_back),
		cmocka_unit_test(another_device_in_the_same_place),
		cmocka_unit_test(errors_close_one_device),
		cmocka_unit_test(a_dead_worker_is_not_noticed),
		cmocka_unit_test(a_new_daemon_goes_on),
		cmocka_unit_test(a_new_daemon_leaves_workers_alone),
		cmocka_unit_test(a_store_that_does_not_answer_ends_nothing),
		cmocka_unit_test(anything_may_happen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
