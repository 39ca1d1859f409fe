// sources: xenstore/lib/*.c dom0-tools/lib/toolcore/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include -Idom0-tools/lib/include
/* SPDX-License-Identifier: MIT */
/*
 * libxenstore against a daemon that plays a script: one step per message it gets.
 *
 * A step says what message must come and what to do then. Steps of one connection follow each other; a
 * step that hangs up makes the next step's message come by a new connection.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>

enum deed {
	ANSWER,	      /* as asked, with reply */
	ERROR,	      /* reply is an error's name */
	BYTEWISE,     /* ANSWER, a byte at a time */
	HANG_UP,      /* without an answer */
	CUT,	      /* hang up in the middle of the answer */
	HANG,	      /* never answer */
	GARBAGE,      /* a message of impossible length */
	OTHER_TYPE,   /* answer something else */
	EVENT_BEFORE, /* an event, reply being its payload, then an empty answer */
	LATE_BEFORE,  /* an answer to some older request, then ANSWER */
};

struct step {
	uint32_t type;
	const char *payload; /* must be this, if not NULL */
	uint32_t payload_len;
	enum deed deed;
	const char *reply;
	uint32_t len;
};
#define STR(s) s, sizeof(s)    /* with the NUL */
#define RAW(s) s, sizeof(s) - 1
#define END    { .type = XS_INVALID }

static char dir[] = "/tmp/test-xenstore-XXXXXX", path[64];
static int listener;
static pthread_t thread;
static const struct step *script;
static char problem[256];
static uint32_t seen_tx[32];
static int nr_seen;

static bool get(int fd, void *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

static void send_message(int fd, const struct xsd_sockmsg *to, uint32_t type, const char *body, uint32_t len, int chunk,
			 int cut)
{
	struct xsd_sockmsg header = *to;
	char all[8192];
	size_t total = sizeof(header) + len - cut, at = 0;

	header.type = type;
	header.len = len;
	memcpy(all, &header, sizeof(header));
	if (len)
		memcpy(all + sizeof(header), body, len);
	for (; at < total; at += chunk)
		if (send(fd, all + at, at + chunk > total ? total - at : chunk, MSG_NOSIGNAL) < 0)
			return;
}

/* false: the connection is over */
static bool play(int fd, const struct step *s, const struct xsd_sockmsg *m)
{
	struct xsd_sockmsg old = *m, event = { 0 };

	switch (s->deed) {
	case ANSWER:
		send_message(fd, m, m->type, s->reply, s->len, 8192, 0);
		return true;
	case ERROR:
		send_message(fd, m, XS_ERROR, s->reply, s->len, 8192, 0);
		return true;
	case BYTEWISE:
		send_message(fd, m, m->type, s->reply, s->len, 1, 0);
		return true;
	case CUT:
		send_message(fd, m, m->type, s->reply, s->len, 8192, 1);
		return false;
	case OTHER_TYPE:
		send_message(fd, m, XS_MKDIR, s->reply, s->len, 8192, 0);
		return false;
	case GARBAGE:
		old.len = 0x7fffffff;
		send(fd, &old, sizeof(old), MSG_NOSIGNAL);
		return false;
	case EVENT_BEFORE:
		send_message(fd, &event, XS_WATCH_EVENT, s->reply, s->len, 8192, 0);
		send_message(fd, m, m->type, "OK", m->type == XS_READ ? 2 : 3, 8192, 0);
		return true;
	case LATE_BEFORE:
		old.req_id -= 1;
		send_message(fd, &old, m->type, "stale", 6, 8192, 0);
		send_message(fd, m, m->type, s->reply, s->len, 8192, 0);
		return true;
	case HANG:
		recv(fd, &old, 1, 0); /* until the client gives up */
		return false;
	case HANG_UP:
		break;
	}
	return false;
}

/* false: hung up on the client */
static bool serve(int fd)
{
	struct xsd_sockmsg m;
	char body[XENSTORE_PAYLOAD_MAX];

	while (script->type != XS_INVALID && get(fd, &m, sizeof(m)) && get(fd, body, m.len)) {
		const struct step *s = script++;

		seen_tx[nr_seen++] = m.tx_id;
		if (m.type != s->type)
			snprintf(problem, sizeof(problem), "step %d: type %u, not %u", nr_seen, m.type, s->type);
		else if (s->payload && (m.len != s->payload_len || memcmp(body, s->payload, m.len)))
			snprintf(problem, sizeof(problem), "step %d: payload '%.*s'", nr_seen, (int)m.len, body);
		if (!play(fd, s, &m))
			return false;
	}
	return true;
}

static void *daemon_main(void *unused)
{
	int fd;

	while (script->type != XS_INVALID && (fd = accept(listener, NULL, NULL)) >= 0) {
		if (serve(fd) && script->type == XS_INVALID) {
			char c;

			recv(fd, &c, 1, 0); /* let the client close first */
		}
		close(fd);
	}
	return NULL;
}

static struct xs_handle *begin(const struct step *steps)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct xs_handle *h;

	script = steps;
	problem[0] = '\0';
	nr_seen = 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	pthread_create(&thread, NULL, daemon_main, NULL);
	h = xs_open(0);
	assert_non_null(h);
	return h;
}

static void end(struct xs_handle *h)
{
	xs_close(h);
	shutdown(listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listener);
	if (problem[0])
		fail_msg("%s", problem);
	assert_int_equal(script->type, XS_INVALID);
}

static void expect_read(struct xs_handle *h, xs_transaction_t t, const char *wanted)
{
	unsigned int len = 99;
	char *value = xs_read(h, t, "/a", &len);

	assert_non_null(value);
	assert_string_equal(value, wanted);
	assert_int_equal(len, strlen(wanted));
	free(value);
}

static void calls_send_what_the_wire_wants(void **state)
{
	static const struct step steps[] = {
		{ XS_READ, STR("/a"), ANSWER, RAW("one") },
		{ XS_WRITE, RAW("/a\0v\0w"), ANSWER, STR("OK") },
		{ XS_MKDIR, STR("/a"), ANSWER, STR("OK") },
		{ XS_RM, STR("/a"), ERROR, STR("ENOENT") },
		{ XS_DIRECTORY, STR("/a"), ANSWER, STR("x\0yy") },
		{ XS_DIRECTORY, STR("/b"), ANSWER, "", 0 },
		{ XS_GET_PERMS, STR("/a"), ANSWER, STR("n0\0r3\0b70") },
		{ XS_SET_PERMS, STR("/a\0w1\0b2"), ANSWER, STR("OK") },
		{ XS_INTRODUCE, STR("5\0" "4660\0" "7"), ANSWER, STR("OK") },
		{ XS_IS_DOMAIN_INTRODUCED, STR("5"), ANSWER, STR("T") },
		{ XS_IS_DOMAIN_INTRODUCED, STR("6"), ANSWER, STR("F") },
		{ XS_SET_TARGET, STR("5\0" "6"), ANSWER, STR("OK") },
		{ XS_RESUME, STR("5"), ANSWER, STR("OK") },
		{ XS_RELEASE, STR("5"), ERROR, STR("EACCES") },
		{ XS_GET_DOMAIN_PATH, STR("5"), ANSWER, STR("/local/domain/5") },
		{ XS_CONTROL, STR("quota\0" "5"), ANSWER, STR("nodes 7") },
		{ XS_READ, STR("/a"), ERROR, STR("EUNHEARDOF") },
		END
	};
	struct xs_handle *h = begin(steps);
	struct xs_permissions *p, set[] = { { 1, XS_PERM_WRITE }, { 2, XS_PERM_READ | XS_PERM_WRITE } };
	unsigned int n;
	char **names, *text;
	char argument[] = "5";

	expect_read(h, XBT_NULL, "one");
	assert_true(xs_write(h, XBT_NULL, "/a", "v\0w", 3));
	assert_true(xs_mkdir(h, XBT_NULL, "/a"));
	assert_false(xs_rm(h, XBT_NULL, "/a"));
	assert_int_equal(errno, ENOENT);
	names = xs_directory(h, XBT_NULL, "/a", &n);
	assert_int_equal(n, 2);
	assert_string_equal(names[1], "yy");
	free(names);
	names = xs_directory(h, XBT_NULL, "/b", &n);
	assert_non_null(names);
	assert_int_equal(n, 0);
	free(names);
	p = xs_get_permissions(h, XBT_NULL, "/a", &n);
	assert_int_equal(n, 3);
	assert_int_equal(p[2].id, 70);
	assert_int_equal(p[2].perms, XS_PERM_READ | XS_PERM_WRITE);
	free(p);
	assert_true(xs_set_permissions(h, XBT_NULL, "/a", set, 2));
	set[0].perms = XS_PERM_OWNER;
	assert_false(xs_set_permissions(h, XBT_NULL, "/a", set, 2));
	assert_int_equal(errno, EINVAL);
	assert_true(xs_introduce_domain(h, 5, 0x1234, 7));
	assert_true(xs_is_domain_introduced(h, 5));
	assert_false(xs_is_domain_introduced(h, 6));
	assert_true(xs_set_target(h, 5, 6));
	assert_true(xs_resume_domain(h, 5));
	assert_false(xs_release_domain(h, 5));
	assert_int_equal(errno, EACCES);
	text = xs_get_domain_path(h, 5);
	assert_string_equal(text, "/local/domain/5");
	free(text);
	text = xs_control_command(h, "quota", argument, 2);
	assert_string_equal(text, "nodes 7");
	free(text);
	assert_null(xs_read(h, XBT_NULL, "/a", NULL));
	assert_int_equal(errno, EINVAL);
	assert_false(xs_write(h, XBT_NULL, "/a", path, XENSTORE_PAYLOAD_MAX));
	assert_int_equal(errno, E2BIG);
	end(h);
}

static void answers_may_come_in_pieces_late_or_broken(void **state)
{
	static const struct step steps[] = {
		{ XS_READ, STR("/a"), BYTEWISE, RAW("in pieces") },
		{ XS_READ, STR("/a"), LATE_BEFORE, RAW("mine") },
		{ XS_READ, STR("/a"), CUT, RAW("cut") },
		{ XS_READ, STR("/a"), ANSWER, RAW("second try") },
		{ XS_READ, STR("/a"), GARBAGE, NULL, 0 },
		{ XS_READ, STR("/a"), ANSWER, RAW("after garbage") },
		{ XS_READ, STR("/a"), OTHER_TYPE, STR("OK") },
		{ XS_READ, STR("/a"), ANSWER, RAW("well again") },
		END
	};
	struct xs_handle *h = begin(steps);

	expect_read(h, XBT_NULL, "in pieces");
	expect_read(h, XBT_NULL, "mine");
	expect_read(h, XBT_NULL, "second try");
	expect_read(h, XBT_NULL, "after garbage");
	assert_null(xs_read(h, XBT_NULL, "/a", NULL));
	assert_int_equal(errno, EPROTO);
	expect_read(h, XBT_NULL, "well again");
	end(h);
}

static void a_lost_answer_repeats_the_request_if_that_is_harmless(void **state)
{
	static const struct step steps[] = {
		{ XS_WRITE, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_WRITE, RAW("/a\0v"), ANSWER, STR("OK") },
		{ XS_RM, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_RM, NULL, 0, ERROR, STR("ENOENT") },
		{ XS_CONTROL, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		END
	};
	struct xs_handle *h = begin(steps);

	assert_true(xs_write(h, XBT_NULL, "/a", "v", 1));
	assert_true(xs_rm(h, XBT_NULL, "/a"));
	assert_null(xs_control_command(h, "check", NULL, 0));
	assert_int_equal(errno, ECONNRESET);
	assert_null(xs_read(h, XBT_NULL, "/a", NULL));
	assert_int_equal(errno, ECONNRESET);
	end(h);
}

static void a_hung_daemon_costs_the_time_out(void **state)
{
	static const struct step steps[] = {
		{ XS_READ, NULL, 0, HANG, NULL, 0 },
		{ XS_READ, NULL, 0, ANSWER, RAW("awake") },
		END
	};
	struct xs_handle *h = begin(steps);

	assert_null(xs_read(h, XBT_NULL, "/a", NULL));
	assert_int_equal(errno, ETIMEDOUT);
	expect_read(h, XBT_NULL, "awake");
	end(h);
}

static void a_dead_transaction_ends_with_eagain(void **state)
{
	static const struct step steps[] = {
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("1") },
		{ XS_WRITE, NULL, 0, ANSWER, STR("OK") },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, ANSWER, RAW("outside") },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("1") },
		{ XS_WRITE, NULL, 0, ANSWER, STR("OK") },
		{ XS_TRANSACTION_END, STR("T"), ANSWER, STR("OK") },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("2") },
		{ XS_TRANSACTION_END, STR("T"), HANG_UP, NULL, 0 },
		END
	};
	static const uint32_t wanted_tx[] = { 0, 1, 1, 0, 0, 1, 1, 0, 2 };
	struct xs_handle *h = begin(steps);
	xs_transaction_t t = xs_transaction_start(h), second;

	assert_true(xs_write(h, t, "/a", "v", 1));
	expect_read(h, t, "outside");
	assert_true(xs_write(h, t, "/a", "dropped", 7));
	second = xs_transaction_start(h);
	assert_int_not_equal(second, t);
	assert_true(xs_write(h, second, "/a", "v", 1));
	assert_false(xs_transaction_end(h, t, false));
	assert_int_equal(errno, EAGAIN);
	assert_true(xs_transaction_end(h, second, false));
	t = xs_transaction_start(h);
	assert_false(xs_transaction_end(h, t, false));
	assert_int_equal(errno, EAGAIN);
	assert_memory_equal(seen_tx, wanted_tx, sizeof(wanted_tx));
	end(h);
}

static struct xs_question question(enum xsd_sockmsg_type type, const char *payload, unsigned int len)
{
	return (struct xs_question){ .type = type, .payload = payload, .len = len, .error = 99 };
}

static void many_questions_go_together(void **state)
{
	static const struct step steps[] = {
		{ XS_READ, STR("/a"), BYTEWISE, RAW("one") },
		{ XS_READ, STR("/b"), ERROR, STR("ENOENT") },
		{ XS_DIRECTORY, STR("/c"), LATE_BEFORE, STR("x\0y") },
		END
	};
	struct xs_handle *h = begin(steps);
	struct xs_question q[] = { question(XS_READ, STR("/a")), question(XS_READ, STR("/b")),
				   question(XS_DIRECTORY, STR("/c")) };

	assert_true(xs_ask_many(h, XBT_NULL, q, 3));
	assert_int_equal(q[0].error, 0);
	assert_string_equal(q[0].answer, "one");
	assert_int_equal(q[0].answer_len, 3);
	assert_int_equal(q[1].error, ENOENT);
	assert_null(q[1].answer);
	assert_int_equal(q[2].error, 0);
	assert_memory_equal(q[2].answer, "x\0y", 4);
	free(q[0].answer);
	free(q[2].answer);

	q[1].type = XS_WRITE; /* reads and changes at once */
	assert_false(xs_ask_many(h, XBT_NULL, q, 3));
	assert_int_equal(errno, EINVAL);
	q[1] = question(XS_WATCH, STR("/a\0t"));
	assert_false(xs_ask_many(h, XBT_NULL, q + 1, 1));
	assert_int_equal(errno, EINVAL);
	q[1] = question(XS_READ, "", XENSTORE_PAYLOAD_MAX + 1);
	assert_false(xs_ask_many(h, XBT_NULL, q, 2));
	assert_int_equal(errno, E2BIG);
	end(h);
}

static void many_changes_survive_a_restart(void **state)
{
	static const struct step steps[] = {
		{ XS_WRITE, NULL, 0, ANSWER, STR("OK") },
		{ XS_RM, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_WRITE, RAW("/a\0v"), ANSWER, STR("OK") },
		{ XS_RM, STR("/b"), ERROR, STR("ENOENT") },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("1") },
		{ XS_WRITE, NULL, 0, HANG_UP, NULL, 0 },
		END
	};
	struct xs_handle *h = begin(steps);
	struct xs_question q[] = { question(XS_WRITE, RAW("/a\0v")), question(XS_RM, STR("/b")) };
	xs_transaction_t t;

	for (int round = 0; round < 2; round++) {
		t = round ? xs_transaction_start(h) : XBT_NULL;
		assert_true(xs_ask_many(h, t, q, 2));
		for (int i = 0; i < 2; i++) {
			assert_int_equal(q[i].error, 0);
			free(q[i].answer);
		}
	}
	assert_false(xs_transaction_end(h, t, false));
	assert_int_equal(errno, EAGAIN);
	end(h);
}

/* What is not there is not written beside; another's change meanwhile, and a restart, begin it again. */
static void a_write_beside_what_is_gone_makes_nothing(void **state)
{
	static const struct step steps[] = {
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("1") },
		{ XS_READ, STR("/d"), ERROR, STR("ENOENT") },
		{ XS_TRANSACTION_END, STR("F"), ANSWER, STR("OK") },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("2") },
		{ XS_READ, STR("/d"), ANSWER, NULL, 0 },
		{ XS_WRITE, RAW("/d/a\0v"), ANSWER, STR("OK") },
		{ XS_TRANSACTION_END, STR("T"), ERROR, STR("EAGAIN") },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("3") },
		{ XS_READ, STR("/d"), ANSWER, NULL, 0 },
		{ XS_WRITE, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_TRANSACTION_START, NULL, 0, ANSWER, STR("1") },
		{ XS_READ, STR("/d"), ANSWER, NULL, 0 },
		{ XS_WRITE, RAW("/d/a\0v"), ERROR, STR("EACCES") },
		{ XS_TRANSACTION_END, STR("F"), ANSWER, STR("OK") },
		END
	};
	struct xs_handle *h = begin(steps);

	assert_false(xs_write_if(h, "/d", "/d/a", "v", 1));
	assert_int_equal(errno, ENOENT);
	assert_false(xs_write_if(h, "/d", "/d/a", "v", 1));
	assert_int_equal(errno, EACCES);
	end(h);
}

static bool readable(struct xs_handle *h, int ms)
{
	struct pollfd p = { .fd = xs_fileno(h), .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static void expect_event(struct xs_handle *h, const char *where, const char *token)
{
	char **event;

	assert_true(readable(h, 3000));
	for (int i = 0; !(event = xs_check_watch(h)); i++) {
		assert_int_equal(errno, EAGAIN);
		assert_true(i < 100);
		assert_true(readable(h, 3000));
	}
	assert_string_equal(event[XS_WATCH_PATH], where);
	assert_string_equal(event[XS_WATCH_TOKEN], token);
	free(event);
}

static void watches_come_back_after_a_restart(void **state)
{
	static const struct step steps[] = {
		{ XS_WATCH, STR("/w\0t"), EVENT_BEFORE, STR("/w\0t") },
		{ XS_READ, NULL, 0, ANSWER, RAW("v") },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_WATCH, STR("/w\0t"), EVENT_BEFORE, STR("/w\0t") },
		{ XS_READ, NULL, 0, EVENT_BEFORE, STR("/w/x\0t") },
		{ XS_UNWATCH, STR("/w\0t"), HANG_UP, NULL, 0 },
		{ XS_WATCH, STR("/w\0t"), ANSWER, STR("OK") },
		{ XS_UNWATCH, STR("/w\0t"), ANSWER, STR("OK") },
		END
	};
	struct xs_handle *h = begin(steps);

	assert_true(xs_fileno(h) >= 0);
	assert_true(xs_watch(h, "/w", "t"));
	expect_event(h, "/w", "t");
	assert_null(xs_check_watch(h));
	assert_false(readable(h, 0));
	expect_read(h, XBT_NULL, "v");
	expect_read(h, XBT_NULL, "OK");
	expect_event(h, "/w", "t");
	expect_event(h, "/w/x", "t");
	assert_true(xs_unwatch(h, "/w", "t"));
	end(h);
}

static void a_poller_alone_notices_the_restart(void **state)
{
	static const struct step steps[] = {
		{ XS_WATCH, STR("/w\0t"), EVENT_BEFORE, STR("/w\0t") },
		{ XS_WATCH, STR("/v\0t"), HANG_UP, NULL, 0 },
		{ XS_WATCH, STR("/w\0t"), EVENT_BEFORE, STR("/w\0t") },
		{ XS_WATCH, STR("/v\0t"), ANSWER, STR("OK") },
		{ XS_READ, NULL, 0, ANSWER, RAW("") },
		{ XS_READ, NULL, 0, CUT, RAW("x") },
		{ XS_WATCH, NULL, 0, EVENT_BEFORE, STR("/v\0t") },
		{ XS_WATCH, NULL, 0, ANSWER, STR("OK") },
		{ XS_READ, NULL, 0, GARBAGE, NULL, 0 },
		{ XS_WATCH, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_WATCH, NULL, 0, EVENT_BEFORE, STR("/z\0t") },
		{ XS_WATCH, NULL, 0, ANSWER, STR("OK") },
		{ XS_READ, NULL, 0, ANSWER, RAW("") },
		END
	};
	struct xs_handle *h = begin(steps);
	char **event;
	unsigned int n;

	assert_true(xs_watch(h, "/w", "t"));
	expect_event(h, "/w", "t");
	assert_true(xs_watch(h, "/v", "t"));
	expect_event(h, "/w", "t");
	expect_read(h, XBT_NULL, "");
	expect_read(h, XBT_NULL, "");
	event = xs_read_watch(h, &n);
	assert_string_equal(event[XS_WATCH_PATH], "/v");
	free(event);
	event = xs_read_watch(h, &n);
	assert_string_equal(event[XS_WATCH_PATH], "/z");
	free(event);
	end(h);
}

static void unwatch_drops_its_events_if_asked(void **state)
{
	static const struct step steps[] = {
		{ XS_WATCH, NULL, 0, EVENT_BEFORE, STR("/w\0t") },
		{ XS_WATCH, NULL, 0, EVENT_BEFORE, STR("/v\0t") },
		{ XS_UNWATCH, NULL, 0, EVENT_BEFORE, STR("/w/x\0t") },
		END
	};
	struct xs_handle *h;

	h = begin(steps);
	xs_close(h);
	shutdown(listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listener);
	h = begin(steps);
	xs_close(h);
	h = xs_open(XS_UNWATCH_FILTER);
	assert_true(xs_watch(h, "/w", "t"));
	assert_true(xs_watch(h, "/v", "t"));
	assert_true(xs_unwatch(h, "/w", "t"));
	expect_event(h, "/v", "t");
	assert_null(xs_check_watch(h));
	assert_int_equal(errno, EAGAIN);
	end(h);
}

static void long_directories_come_in_parts(void **state)
{
	static const struct step steps[] = {
		{ XS_DIRECTORY, NULL, 0, ERROR, STR("E2BIG") },
		{ XS_DIRECTORY_PART, STR("/a\0" "0"), ANSWER, STR("7\0one\0two") },
		{ XS_DIRECTORY_PART, STR("/a\0" "8"), ANSWER, STR("8\0three") },
		{ XS_DIRECTORY_PART, STR("/a\0" "0"), ANSWER, STR("8\0one\0two") },
		{ XS_DIRECTORY_PART, STR("/a\0" "8"), ANSWER, STR("8\0three\0") },
		{ XS_DIRECTORY, NULL, 0, ERROR, STR("E2BIG") },
		{ XS_DIRECTORY_PART, STR("/a\0" "0"), ANSWER, STR("8\0one") },
		{ XS_DIRECTORY_PART, STR("/a\0" "4"), ANSWER, STR("8\0") },
		{ XS_DIRECTORY, NULL, 0, ERROR, STR("E2BIG") },
		{ XS_DIRECTORY_PART, NULL, 0, ANSWER, RAW("123") },
		END
	};
	struct xs_handle *h = begin(steps);
	unsigned int n;
	char **names = xs_directory(h, XBT_NULL, "/a", &n);

	assert_non_null(names);
	assert_int_equal(n, 3);
	assert_string_equal(names[0], "one");
	assert_string_equal(names[2], "three");
	free(names);
	names = xs_directory(h, XBT_NULL, "/a", &n);
	assert_int_equal(n, 1);
	free(names);
	assert_null(xs_directory(h, XBT_NULL, "/a", &n));
	assert_int_equal(errno, EPROTO);
	end(h);
}

static void *reader_main(void *handle)
{
	unsigned int n;

	return xs_read_watch(handle, &n);
}

static void threads_share_a_handle(void **state)
{
	static const struct step steps[] = {
		{ XS_READ, NULL, 0, ANSWER, RAW("1") },
		{ XS_READ, NULL, 0, ANSWER, RAW("2") },
		{ XS_READ, NULL, 0, HANG_UP, NULL, 0 },
		{ XS_READ, NULL, 0, ANSWER, RAW("3") },
		{ XS_WATCH, NULL, 0, EVENT_BEFORE, STR("/w\0t") },
		END
	};
	struct xs_handle *h = begin(steps);
	pthread_t reader;
	void *event;

	pthread_create(&reader, NULL, reader_main, h);
	usleep(20000);
	expect_read(h, XBT_NULL, "1");
	expect_read(h, XBT_NULL, "2");
	expect_read(h, XBT_NULL, "3");
	assert_true(xs_watch(h, "/w", "t"));
	pthread_join(reader, &event);
	assert_string_equal(((char **)event)[XS_WATCH_PATH], "/w");
	free(event);
	end(h);
}

static void without_a_daemon_open_fails_at_once(void **state)
{
	unlink(path);
	assert_null(xs_open(0));
	assert_int_equal(errno, ENOENT);
}

static void permissions_have_one_form(void **state)
{
	struct xs_permissions p[3];
	static const char *const bad[] = { "", "n", "x1", "n1x", "n-1", "n 1", "1n", "r99999999999" };

	assert_true(xs_strings_to_perms(p, 3, "n0\0w12\0b4294967295"));
	assert_int_equal(p[0].perms, XS_PERM_NONE);
	assert_int_equal(p[1].perms, XS_PERM_WRITE);
	assert_int_equal(p[1].id, 12);
	assert_int_equal(p[2].id, UINT_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(xs_strings_to_perms(p, 1, bad[i]));
}

static void paths_lie_below_others(void **state)
{
	assert_true(xs_path_is_subpath("/a", "/a"));
	assert_true(xs_path_is_subpath("/a", "/a/b"));
	assert_false(xs_path_is_subpath("/a", "/ab"));
	assert_false(xs_path_is_subpath("/a/b", "/a"));
	assert_true(xs_path_is_subpath("/", "/a"));
	assert_false(xs_path_is_subpath("/", "a"));
}

static void the_environment_names_the_socket(void **state)
{
	unsetenv("XENSTORED_PATH");
	unsetenv("XENSTORED_RUNDIR");
	assert_string_equal(xs_daemon_socket(), "/var/run/xenstored/socket");
	setenv("XENSTORED_RUNDIR", "/x", 1);
	assert_string_equal(xs_daemon_rundir(), "/x");
	assert_string_equal(xs_daemon_socket(), "/x/socket");
	assert_string_equal(xs_daemon_socket_ro(), "/x/socket");
	setenv("XENSTORED_PATH", path, 1);
	assert_string_equal(xs_daemon_socket(), path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_send_what_the_wire_wants),
		cmocka_unit_test(answers_may_come_in_pieces_late_or_broken),
		cmocka_unit_test(a_lost_answer_repeats_the_request_if_that_is_harmless),
		cmocka_unit_test(a_hung_daemon_costs_the_time_out),
		cmocka_unit_test(a_dead_transaction_ends_with_eagain),
		cmocka_unit_test(many_questions_go_together),
		cmocka_unit_test(many_changes_survive_a_restart),
		cmocka_unit_test(a_write_beside_what_is_gone_makes_nothing),
		cmocka_unit_test(watches_come_back_after_a_restart),
		cmocka_unit_test(a_poller_alone_notices_the_restart),
		cmocka_unit_test(unwatch_drops_its_events_if_asked),
		cmocka_unit_test(long_directories_come_in_parts),
		cmocka_unit_test(threads_share_a_handle),
		cmocka_unit_test(without_a_daemon_open_fails_at_once),
		cmocka_unit_test(permissions_have_one_form),
		cmocka_unit_test(paths_lie_below_others),
		cmocka_unit_test(the_environment_names_the_socket),
	};
	int code;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	setenv("XENSTORED_PATH", path, 1);
	setenv("SERAI_XENSTORE_TIMEOUT", "0.6", 1);
	code = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return code;
}
