/* SPDX-License-Identifier: MIT */
// sources: dom0-tools/exporter/http.c dom0-tools/exporter/server.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
// libs: -lpthread
/*
 * The page of metrics: what is answered to requests good and bad, and that clients who are slow,
 * silent, many, or rude keep nobody else waiting.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exporter/http.h"
#include "exporter/server.h"

#define SILENT 40 /* more than there are places */

static void requests(void **state)
{
	static const struct {
		const char *request, *status; /* NULL: not whole */
		bool metrics, head;
	} rows[] = {
		{ "", NULL },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n", NULL },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r", NULL },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", true },
		{ "GET /metrics HTTP/1.0\n\n", "200 OK", true },
		{ "GET /metrics?name[]=a HTTP/1.1\r\n\r\n", "200 OK", true },
		{ "HEAD /metrics HTTP/1.1\r\n\r\n", "200 OK", true, true },
		{ "GET / HTTP/1.1\r\n\r\n", "200 OK" },
		{ "GET /metricsx HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "GET /../etc/passwd HTTP/1.1\r\n\r\n", "404 Not Found" },
		{ "POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed" },
		{ "GET /metrics\r\n\r\n", "400 Bad Request" },
		{ "GET /metrics HTTP/2.0\r\n\r\n", "400 Bad Request" },
		{ "GET /metrics HTTP/1.1 x\r\n\r\n", "400 Bad Request" },
		{ "\r\n\r\n", "400 Bad Request" },
		{ "\n\n", "400 Bad Request" },
		{ "   \n\n", "400 Bad Request" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_answer answer;
		size_t length = strlen(rows[i].request);
		char *exact = malloc(length + !length); /* a byte too far is seen */

		memcpy(exact, rows[i].request, length);
		assert_int_equal(http_read(exact, length, &answer), rows[i].status != NULL);
		free(exact);
		if (!rows[i].status)
			continue;
		assert_string_equal(answer.status, rows[i].status);
		assert_int_equal(!answer.text, rows[i].metrics);
		assert_int_equal(answer.head, rows[i].head);
		assert_int_equal(answer.allow != NULL, !strncmp(rows[i].status, "405", 3));
	}
}

static void long_request(void **state)
{
	struct http_answer answer;
	char request[HTTP_REQUEST_MAX];

	memset(request, 'x', sizeof(request));
	assert_false(http_read(request, sizeof(request) - 1, &answer));
	assert_true(http_read(request, sizeof(request), &answer));
	assert_string_equal(answer.status, "431 Request Header Fields Too Large");
}

static void heads(void **state)
{
	struct http_answer answer;
	char room[HTTP_ANSWER_HEAD];
	size_t length;

	http_read("PUT / HTTP/1.1\n\n", 16, &answer);
	length = http_head(room, &answer, 17);
	assert_int_equal(length, strlen(room));
	assert_non_null(strstr(room, "\r\nContent-Length: 17\r\n"));
	assert_non_null(strstr(room, "\r\nAllow: GET, HEAD\r\n"));
	http_read("GET /metrics HTTP/1.1\n\n", 23, &answer);
	http_head(room, &answer, 0);
	assert_non_null(strstr(room, "application/openmetrics-text; version=1.0.0"));
}

/* --- The server ------------------------------------------------------------------------------ */

struct running {
	pthread_t thread;
	int listener, stop, rc;
	size_t page; /* bytes; 0: there is none */
	struct sockaddr_in at;
};

static int page(void *context, char **body, size_t *length)
{
	const struct running *r = context;

	if (!r->page)
		return -EIO;
	*length = r->page;
	*body = malloc(r->page);
	memset(*body, 'm', r->page);
	return 0;
}

static void *run(void *context)
{
	static const struct server_limits limits = {
		.connections = 8, .read_ms = 2000, .write_ms = 1000, .leave_ms = 300
	};
	struct running *r = context;

	r->rc = server_run(r->listener, r->stop, &limits, page, r);
	return NULL;
}

static void start(struct running *r, size_t bytes)
{
	socklen_t length = sizeof(r->at);

	*r = (struct running){ .page = bytes, .stop = eventfd(0, 0) };
	r->listener = server_listen("127.0.0.1", 0);
	assert_true(r->listener >= 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&r->at, &length), 0);
	assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
}

static void stop(struct running *r)
{
	eventfd_write(r->stop, 1);
	pthread_join(r->thread, NULL);
	assert_int_equal(r->rc, 0);
	close(r->listener);
	close(r->stop);
}

static int client(const struct running *r)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&r->at, sizeof(r->at)), 0);
	return fd;
}

/* Until the other end closes; what it said, NUL-terminated, is the caller's to free. */
static char *hear(int fd)
{
	size_t length = 0, room = 1 << 16;
	char *said = malloc(room);
	ssize_t got;

	while ((got = recv(fd, said + length, room - length - 1, 0)) > 0) {
		length += (size_t)got;
		if (room - length < 4096)
			said = realloc(said, room *= 2);
	}
	said[length] = '\0';
	close(fd);
	return said;
}

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void expect(int fd, const char *status, size_t body)
{
	char *said = hear(fd), *end = strstr(said, "\r\n\r\n");

	assert_memory_equal(said, status, strlen(status));
	assert_non_null(end);
	assert_int_equal(strlen(end + 4), body);
	free(said);
}

static void pages(void **state)
{
	struct running r;
	int fd;

	start(&r, 3000000); /* more than a socket takes at once */
	fd = client(&r);
	say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
	expect(fd, "HTTP/1.1 200 OK\r\n", 3000000);
	fd = client(&r);
	say(fd, "HEAD /metrics HTTP/1.1\r\n\r\n");
	expect(fd, "HTTP/1.1 200 OK\r\n", 0);
	fd = client(&r);
	for (const char *at = "GET /nothing HTTP/1.0\n\n"; *at; at++)
		assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
	expect(fd, "HTTP/1.1 404 Not Found\r\n", strlen("There is only /metrics\n"));
	stop(&r);
	start(&r, 0);
	fd = client(&r);
	say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
	expect(fd, "HTTP/1.1 503 Service Unavailable\r\n",
	       strlen("The hypervisor does not answer\n"));
	stop(&r);
}

/* Clients that say nothing, half of it, take nothing, or go at once. */
static void rude_clients(void **state)
{
	struct running r;
	int silent[SILENT], greedy, fd;
	char *said;

	start(&r, 3000000);
	greedy = client(&r);
	say(greedy, "GET /metrics HTTP/1.1\r\n\r\n");
	for (int i = 0; i < SILENT; i++) {
		silent[i] = client(&r);
		say(silent[i], i & 1 ? "GET /met" : "");
		if (i % 5 == 0)
			shutdown(silent[i], SHUT_WR);
	}
	fd = client(&r);
	say(fd, "GET / HTTP/1.1\r\n\r\n");
	expect(fd, "HTTP/1.1 200 OK\r\n", strlen("What this machine's domains use: see /metrics\n"));
	for (int i = 0; i < SILENT; i++) {
		said = hear(silent[i]); /* it does end */
		assert_string_equal(said, "");
		free(said);
	}
	free(hear(greedy));
	stop(&r);
}

static void endless_request(void **state)
{
	char much[8192];
	struct running r;
	int fd;

	start(&r, 10);
	memset(much, 'x', sizeof(much));
	fd = client(&r);
	assert_true(send(fd, much, sizeof(much), MSG_NOSIGNAL) > 0);
	expect(fd, "HTTP/1.1 431 ", strlen("The request is too long\n"));
	stop(&r);
}

static void addresses(void **state)
{
	assert_int_equal(server_listen("localhost", 0), -EINVAL);
	assert_int_equal(server_listen("1.2.3.4.5", 0), -EINVAL);
	assert_int_equal(server_listen("203.0.113.1", 0), -EADDRNOTAVAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),	cmocka_unit_test(long_request),
		cmocka_unit_test(heads),	cmocka_unit_test(pages),
		cmocka_unit_test(rude_clients), cmocka_unit_test(endless_request),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
