// SPDX-License-Identifier: MIT
// sources: dom0-tools/domain/device_*.c dom0-tools/domain/devices.c dom0-tools/domain/devices_add.c dom0-tools/domain/store.c dom0-tools/config/spec.c dom0-tools/config/spec_*.c dom0-tools/config/node.c pv-drivers/back/vfb/keymap_layouts.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ibuild/tools/gen -Idom0-tools -Idom0-tools/lib/include -Ixenstore/include
/*
 * Attaching and detaching over a store of the test's own, with halves that answer, are late, fail
 * or say nothing. Time is what naps add up to, so that deadlines cost none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <errno.h>

#include "config/syntax.h"
#include "domain/device.h"
#include "domain/model.h"
#include "net/net.h"

/* --- a store --- */

static struct {
	char path[200], value[200];
} nodes[200], nodes_at_start[200];
static unsigned int nr_nodes, nr_at_start;

static int node_at(const char *path)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!strcmp(nodes[i].path, path))
			return (int)i;
	return -1;
}

static bool below(const char *path, const char *top)
{
	size_t length = strlen(top);

	return !strncmp(path, top, length) && (!path[length] || path[length] == '/');
}

static void put(const char *path, const char *value)
{
	char parent[200];
	int at = node_at(path);

	if (at < 0) {
		snprintf(parent, sizeof(parent), "%s", path);
		if (strrchr(parent, '/') > parent) {
			*strrchr(parent, '/') = '\0';
			if (node_at(parent) < 0)
				put(parent, "");
		}
		at = (int)nr_nodes++;
		assert_true(nr_nodes < 200);
		strcpy(nodes[at].path, path);
	}
	snprintf(nodes[at].value, sizeof(nodes[at].value), "%s", value);
}

static const char *get(const char *path)
{
	int at = node_at(path);

	return at < 0 ? "" : nodes[at].value;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	memcpy(nodes_at_start, nodes, sizeof(nodes));
	nr_at_start = nr_nodes;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	if (abort) {
		memcpy(nodes, nodes_at_start, sizeof(nodes));
		nr_nodes = nr_at_start;
	}
	return true;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int length)
{
	char value[200];

	snprintf(value, sizeof(value), "%.*s", (int)length, (const char *)data);
	put(path, value);
	return true;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *length)
{
	errno = ENOENT;
	return node_at(path) < 0 ? NULL : strdup(get(path));
}

/* Who watches is told of the paths that are named, not of what goes with them. */
static char removed[64][200];
static unsigned int nr_removed;

static bool was_removed(const char *path)
{
	for (unsigned int i = 0; i < nr_removed && i < 64; i++)
		if (!strcmp(removed[i], path))
			return true;
	return false;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	unsigned int kept = 0;

	strcpy(removed[nr_removed++ % 64], path);

	errno = ENOENT;
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (!below(nodes[i].path, path))
			nodes[kept++] = nodes[i];
	if (kept == nr_nodes)
		return false;
	nr_nodes = kept;
	return true;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *count)
{
	char **names = calloc(nr_nodes + 1, sizeof(*names) + 200), *text;
	size_t length = strlen(path);

	errno = ENOENT;
	*count = 0;
	if (node_at(path) < 0) {
		free(names);
		return NULL;
	}
	text = (char *)(names + nr_nodes + 1);
	for (unsigned int i = 0; i < nr_nodes; i++) {
		if (!below(nodes[i].path, path) || !nodes[i].path[length] ||
		    strchr(nodes[i].path + length + 1, '/'))
			continue;
		names[*count] = strcpy(text + *count * 200, nodes[i].path + length + 1);
		++*count;
	}
	return names;
}

static bool answer(struct xs_handle *h, struct xs_question *q)
{
	const char *path = q->payload;
	size_t length = strlen(path) + 1;
	unsigned int count;
	char **names;

	switch (q->type) {
	case XS_WRITE:
		return xs_write(h, 1, path, path + length, q->len - (unsigned int)length);
	case XS_RM:
		return xs_rm(h, 1, path);
	case XS_SET_PERMS:
		return node_at(path) >= 0;
	case XS_READ:
		q->answer = xs_read(h, 1, path, NULL);
		q->answer_len = q->answer ? (unsigned int)strlen(q->answer) : 0;
		return q->answer;
	case XS_DIRECTORY:
		names = xs_directory(h, 1, path, &count);
		q->answer = names ? calloc(count + 1, 200) : NULL;
		for (unsigned int i = 0; names && i < count; i++) {
			strcpy(q->answer + q->answer_len, names[i]);
			q->answer_len += (unsigned int)strlen(names[i]) + 1;
		}
		free(names);
		return q->answer;
	default:
		fail();
		return false;
	}
}

static bool looks(const struct xs_question *question)
{
	return question->type == XS_READ || question->type == XS_DIRECTORY;
}

bool xs_ask_many(struct xs_handle *h, xs_transaction_t t, struct xs_question *questions,
		 unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		questions[i].answer = NULL;
		questions[i].answer_len = 0;
		/* Either looks or changes, as the library has it. */
		assert_int_equal(looks(&questions[i]), looks(&questions[0]));
		errno = EINVAL;
		questions[i].error = answer(h, &questions[i]) ? 0 : errno;
	}
	return true;
}

/* --- both halves, each given a turn at every nap --- */

#define BACK  "/local/domain/0/backend/vinput/1/0"
#define FRONT "/local/domain/1/device/vkbd/0"

#define PORT  23

static bool guest_takes, guest_lets_go, backend_lives, backend_fails, port_open;
static uint64_t now, sees_after, gone_since;

static void back_turn(void)
{
	int front = atoi(get(FRONT "/state")), back = atoi(get(BACK "/state"));

	if (node_at(BACK "/state") < 0 || !backend_lives)
		return;
	if (backend_fails) {
		put(BACK "/error", "no such key");
		put(BACK "/state", "6");
	} else if (node_at(FRONT "/state") < 0 || (front == 6 && back == 5))
		put(BACK "/state", "6");
	else if (back == 1)
		put(BACK "/state", "2");
	else if (back == 2 && front == 3)
		put(BACK "/state", "4");
}

static void front_turn(void)
{
	int front = atoi(get(FRONT "/state")), back = atoi(get(BACK "/state"));

	if (node_at(FRONT "/state") < 0) {
		gone_since = gone_since ? gone_since : now;
		if (now - gone_since >= sees_after)
			port_open = false;
		return;
	}
	gone_since = 0;
	if (guest_takes && front == 1 && back == 2)
		put(FRONT "/state", "3");
	else if (front == 3 && back == 4)
		put(FRONT "/state", "4");
	else if (guest_lets_go && back == 5)
		put(FRONT "/state", "6");
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	now += (uint64_t)wanted->tv_sec * 1000000000 + (uint64_t)wanted->tv_nsec;
	back_turn();
	front_turn();
	return 0;
}

uint64_t now_ns(void)
{
	return now;
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
	assert_int_equal(status->dom, 1);
	status->status = port_open && status->port == PORT ? EVTCHNSTAT_unbound : EVTCHNSTAT_closed;
	return 0;
}

/* --- the rest of the toolstack --- */

static char said[400];
static uint32_t flags;
static struct domain_config config;

int tell(struct session *session, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said, sizeof(said), format, arguments);
	va_end(arguments);
	return error;
}

void warn(struct session *session, const char *format, ...)
{
}

bool domain_info(struct session *session, uint32_t domid, xc_domaininfo_t *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = (domid_t)domid;
	info->flags = flags;
	return domid == 1;
}

int domain_find(struct session *session, const char *name, uint32_t *domid)
{
	return tell(session, -ESRCH, "there is no domain %s", name);
}

int model_change_medium(struct session *session, uint32_t domid, const struct disk_spec *disk)
{
	return 0;
}

void domd_start(struct session *session)
{
}

int program_beside(char *path, size_t room, const char *name)
{
	return -ENOENT;
}

bool string_list_add(struct string_list *list, const char *text)
{
	list->item = realloc(list->item, (list->count + 1) * sizeof(*list->item));
	list->item[list->count++] = strdup(text);
	return true;
}

void string_list_remove(struct string_list *list, unsigned int index)
{
	free(list->item[index]);
	list->count--;
	memmove(list->item + index, list->item + index + 1,
		(list->count - index) * sizeof(*list->item));
}

void config_change(struct session *session, uint32_t domid,
		   bool (*change)(struct domain_config *config, const void *data), const void *data)
{
	change(&config, data);
}

int net_mode_parse(const char *word, enum net_mode *mode)
{
	return -EINVAL;
}

const char *net_mode_word(enum net_mode mode)
{
	return "";
}

int net_plan(const struct net_vif *vif, enum net_mode *mode, char *bridge, char *why)
{
	return -EINVAL;
}

static uint64_t interface_made; /* when */

unsigned int if_nametoindex(const char *name)
{
	return now >= interface_made ? 3 : 0;
}

static struct net_vif joined;
static bool joins;
static unsigned int left;

int net_join(const struct net_vif *vif, char *why)
{
	joined = *vif;
	return joins ? 0 : -EINVAL;
}

void net_leave(const struct net_vif *vif)
{
	left++;
}

void syntax_fault(struct syntax *syntax, const char *source, struct place place, bool fatal,
		  const char *format, ...)
{
}

/* --- cases --- */

static struct session session;
static unsigned int before;

static int start(void **state)
{
	nr_nodes = 0;
	now = 0;
	flags = 0;
	guest_takes = guest_lets_go = backend_lives = true;
	backend_fails = port_open = false;
	sees_after = gone_since = 0;
	put("/local/domain/0/backend", "");
	put("/local/domain/1/device", "");
	put("/libxl/1/type", "pv");
	before = nr_nodes;
	return 0;
}

static int finish(void **state)
{
	while (config.vkbs.count)
		string_list_remove(&config.vkbs, 0);
	free(config.vkbs.item);
	config.vkbs.item = NULL;
	return 0;
}

static int attach(void)
{
	return domain_attach(&session, 1, DEVICE_VKB, "backend-type=linux,unique-id=k");
}

static int detach(enum detach_force force)
{
	return domain_detach(&session, 1, DEVICE_VKB, 0, force);
}

/* Nothing is left of an attempt, in the store or in the record. */
static void assert_as_before(void)
{
	for (unsigned int i = before; i < nr_nodes; i++)
		print_message("left: %s\n", nodes[i].path);
	assert_int_equal(nr_nodes, before);
	assert_int_equal(config.vkbs.count, 0);
}

static void attached_means_both_ends_connected(void **state)
{
	assert_int_equal(attach(), 0);
	assert_string_equal(get(BACK "/state"), "4");
	assert_string_equal(get(FRONT "/state"), "4");
	assert_string_equal(get("/libxl/1/device/vkbd/0/backend"), BACK);
	assert_int_equal(config.vkbs.count, 1);
	assert_string_equal(config.vkbs.item[0], "devid=0,backend-type=linux,unique-id=k");
	assert_int_equal(detach(DETACH_ASK), 0);
	assert_as_before();
}

/* Even of the last of its kind, whose parents go with it: Linux takes no notice of theirs. */
static void kernels_are_told_of_the_device_that_goes(void **state)
{
	assert_int_equal(attach(), 0);
	nr_removed = 0;
	assert_int_equal(detach(DETACH_ASK), 0);
	assert_true(was_removed(BACK));
	assert_true(was_removed("/local/domain/0/backend/vinput"));
	assert_true(was_removed(FRONT));
	assert_as_before();
}

static void a_guest_that_does_not_take_it_gets_nothing(void **state)
{
	guest_takes = false;
	assert_int_equal(attach(), -ETIME);
	assert_non_null(strstr(said, "does not take"));
	assert_in_range(now / 1000000000, 30, 40);
	assert_as_before();
}

static void without_a_backend_nothing_is_left(void **state)
{
	backend_lives = false;
	assert_int_equal(attach(), -ETIME);
	assert_non_null(strstr(said, "no backend"));
	assert_as_before();
}

/* Destroyed by somebody else since the command looked it up: nothing brings its nodes back. */
static void a_domain_that_is_gone_gets_no_nodes(void **state)
{
	struct store_batch batch = { .transaction = XBT_NULL };

	store_remove(&batch, "/local/domain/1");
	store_remove(&batch, "/libxl/1");
	before = nr_nodes;
	assert_int_equal(attach(), -ENOENT);
	assert_as_before();
	assert_int_equal(store_tell_domain(&session, 1, "control/shutdown", "halt"), -ENOENT);
	assert_as_before();
	put("/local/domain/1", "");
	assert_int_equal(store_tell_domain(&session, 1, "control/shutdown", "halt"), 0);
	assert_string_equal(get("/local/domain/1/control/shutdown"), "halt");
}

static void a_failed_backends_words_are_told(void **state)
{
	backend_fails = true;
	assert_int_equal(attach(), -EIO);
	assert_non_null(strstr(said, "no such key"));
	assert_as_before();
}

static void a_guest_that_holds_on_keeps_it_until_forced(void **state)
{
	uint64_t started;

	assert_int_equal(attach(), 0);
	guest_lets_go = false;
	started = now;
	assert_int_equal(detach(DETACH_ASK), -EBUSY);
	assert_non_null(strstr(said, "--force"));
	assert_in_range((now - started) / 1000000000, 10, 11);
	assert_int_equal(config.vkbs.count, 1);
	assert_int_equal(detach(DETACH_INSIST), 0);
	assert_as_before();
}

static void a_detach_that_was_given_up_can_be_ended_later(void **state)
{
	assert_int_equal(attach(), 0);
	guest_lets_go = false;
	assert_int_equal(detach(DETACH_ASK), -EBUSY);
	guest_lets_go = true;
	assert_int_equal(detach(DETACH_ASK), 0);
	assert_as_before();
	assert_int_equal(detach(DETACH_ASK), -ENODEV);
}

/* It would take a device made at once at the same place for the old one. */
static void a_device_is_gone_when_the_guest_has_seen_it(void **state)
{
	for (enum detach_force force = DETACH_ASK; force <= DETACH_INSIST; force++) {
		assert_int_equal(attach(), 0);
		put(FRONT "/queue-0/event-channel-tx", "23");
		port_open = true;
		sees_after = 700000000;
		gone_since = 0;
		assert_int_equal(detach(force), 0);
		assert_false(port_open);
		assert_as_before();
	}
	assert_int_equal(attach(), 0);
	put(FRONT "/event-channel", "23");
	port_open = true;
	sees_after = UINT64_MAX; /* or, if it never does, after a while */
	assert_int_equal(detach(DETACH_ASK), 0);
	assert_in_range((now - gone_since) / 1000000000, 5, 6);
	assert_as_before();
}

static void force_needs_neither_half(void **state)
{
	uint64_t started;

	assert_int_equal(attach(), 0);
	guest_lets_go = backend_lives = false;
	started = now;
	assert_int_equal(detach(DETACH_AT_ONCE), 0);
	assert_in_range(now - started, 0, 4000000000);
	assert_as_before();
}

static void guests_that_stand_still_are_not_waited_for(void **state)
{
	assert_int_equal(attach(), 0);
	flags = XEN_DOMINF_paused;
	now = 0;
	assert_int_equal(detach(DETACH_ASK), -EBUSY);
	assert_int_equal(attach(), -EBUSY);
	assert_non_null(strstr(said, "paused"));
	assert_int_equal(now, 0);
	flags = XEN_DOMINF_shutdown;
	assert_int_equal(attach(), -ESRCH);
	assert_int_equal(detach(DETACH_ASK), 0);
	assert_as_before();
}

static void numbers_in_use_are_respected(void **state)
{
	assert_int_equal(attach(), 0);
	assert_int_equal(
	    domain_attach(&session, 1, DEVICE_VKB, "devid=0,backend-type=linux,unique-id=other"),
	    -EEXIST);
	assert_non_null(strstr(said, "there already"));
	assert_string_equal(get(BACK "/unique-id"), "k");
	assert_string_equal(get(FRONT "/state"), "4");
	assert_int_equal(config.vkbs.count, 1);
}

static void what_cannot_be_is_refused_before_anything_is_written(void **state)
{
	static const struct {
		enum device_class class;
		const char *text;
		int error;
		const char *words;
	} rows[] = {
		{ DEVICE_VKB, "backend-type=linux", -EINVAL, "unique-id" },
		{ DEVICE_VKB, "backend=nobody", -ESRCH, "nobody" },
		{ DEVICE_VKB, "", -ENOENT, "serai-backd" },
		{ DEVICE_DISK, "/nonexistent,raw,xvdb,w", -ENOENT, "/nonexistent" },
		{ DEVICE_DISK, "/dev/null,raw,xvdb,w", -ENOTBLK, "neither" },
		{ DEVICE_DISK, "/proc/self/exe,qcow2,xvdb,w", -ENOENT, "serai-backd" },
		{ DEVICE_DISK, "format=qcow2,vdev=xvdb,backendtype=phy,target=/x", -EINVAL, "raw" },
		{ DEVICE_DISK, "format=qcow2,vdev=xvdb,script=x,target=/x", -EINVAL, "script=" },
		{ DEVICE_VIF, "type=ioemu", -EINVAL, "PV" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int error = domain_attach(&session, 1, rows[i].class, rows[i].text);

		if (error != rows[i].error || !strstr(said, rows[i].words))
			fail_msg("%s: %d, %s", rows[i].text, error, said);
		assert_as_before();
	}
}

static void ending_a_domain_ends_its_devices_without_its_help(void **state)
{
	assert_int_equal(attach(), 0);
	guest_lets_go = false;
	devices_destroy(&session, 1);
	/* As the rest of the domain's parts. */
	xs_rm(NULL, XBT_NULL, "/libxl/1/device");
	xs_rm(NULL, XBT_NULL, "/local/domain/1/device/vkbd");
	while (config.vkbs.count)
		string_list_remove(&config.vkbs, 0);
	assert_as_before();
}

/* xen-netback is ready before it makes its interface. */
static void an_interface_that_is_late_is_waited_for(void **state)
{
	static const char *const at = "/local/domain/5/backend/vif/1/0";
	char path[100];

	put("/local/domain/5/backend/vif/1/0/state", "2");
	snprintf(path, sizeof(path), "%s/hotplug-status", at);
	joins = true;
	joined.name[0] = '\0';
	interface_made = now + 300000000;
	driver_look(&session, 5);
	assert_true(now >= interface_made);
	assert_string_equal(joined.name, "vif1.0");
	assert_string_equal(get(path), "connected");
	xs_rm(NULL, 1, "/local/domain/5/backend/vif/1");
	driver_look(&session, 5);
	/* It never comes. */
	put("/local/domain/5/backend/vif/1/0/state", "2");
	joined.name[0] = '\0';
	interface_made = UINT64_MAX;
	driver_look(&session, 5);
	assert_string_equal(joined.name, "");
	assert_string_equal(get(path), "error");
	assert_non_null(strstr(said, "interface vif1.0"));
	interface_made = 0;
	xs_rm(NULL, 1, "/local/domain/5/backend/vif/1");
	driver_look(&session, 5);
}

static void a_driver_domain_places_its_interfaces_once(void **state)
{
	static const char *const at = "/local/domain/5/backend/vif/1/0";
	char path[100];

	put("/local/domain/5/backend/vif/1/0/state", "1");
	put("/local/domain/5/backend/vif/1/0/bridge", "br7");
	put("/local/domain/5/backend/vif/1/0/script", "/etc/xen/scripts/vif-bridge");
	snprintf(path, sizeof(path), "%s/hotplug-status", at);
	joins = true;
	joined.name[0] = '\0';
	left = 0;
	driver_look(&session, 5);
	assert_string_equal(joined.name, ""); /* the backend is not ready yet */
	put("/local/domain/5/backend/vif/1/0/state", "2");
	driver_look(&session, 5);
	assert_string_equal(joined.name, "vif1.0");
	assert_string_equal(joined.bridge, "br7");
	assert_string_equal(get(path), "connected");
	joined.name[0] = '\0';
	put("/local/domain/5/backend/vif/1/0/state", "4");
	driver_look(&session, 5);
	assert_string_equal(joined.name, "");
	assert_int_equal(left, 0);
	put("/local/domain/5/backend/vif/1/0/state", "6");
	driver_look(&session, 5);
	driver_look(&session, 5);
	assert_int_equal(left, 1);
	/* Another one that cannot be placed: the backend says so. */
	joins = false;
	put("/local/domain/5/backend/vif/1/0/state", "2");
	driver_look(&session, 5);
	assert_string_equal(get(path), "error");
	xs_rm(NULL, 1, "/local/domain/5/backend/vif/1");
	driver_look(&session, 5);
	assert_int_equal(left, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(attached_means_both_ends_connected),
		CASE(kernels_are_told_of_the_device_that_goes),
		CASE(a_guest_that_does_not_take_it_gets_nothing),
		CASE(without_a_backend_nothing_is_left),
		CASE(a_domain_that_is_gone_gets_no_nodes),
		CASE(a_failed_backends_words_are_told),
		CASE(a_guest_that_holds_on_keeps_it_until_forced),
		CASE(a_detach_that_was_given_up_can_be_ended_later),
		CASE(a_device_is_gone_when_the_guest_has_seen_it),
		CASE(force_needs_neither_half),
		CASE(guests_that_stand_still_are_not_waited_for),
		CASE(numbers_in_use_are_respected),
		CASE(what_cannot_be_is_refused_before_anything_is_written),
		CASE(a_driver_domain_places_its_interfaces_once),
		CASE(an_interface_that_is_late_is_waited_for),
		CASE(ending_a_domain_ends_its_devices_without_its_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
