/* SPDX-License-Identifier: MIT */
/* Connections: see server.h. */
#include "exporter/server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exporter/http.h"

#define BACKLOG 64

/* A connection reads its request, writes the answer, and leaves: what still comes is thrown away,
 * for closing at once could take the answer back. */
enum stage { READING, WRITING, LEAVING };

struct connection {
	int fd;
	enum stage stage;
	uint64_t until_ms;
	size_t got;
	char request[HTTP_REQUEST_MAX];
	char *answer; /* malloc'ed */
	size_t length, sent;
};

struct server {
	const struct server_limits *limits;
	server_body *body;
	void *context;
	int listener;
	struct connection *connections;
	unsigned int nr;
	struct pollfd *wait;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int server_listen(const char *address, unsigned int port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *at;
	char service[8];
	int fd, error = 0, on = 1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &at))
		return -EINVAL;
	fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		error = -errno;
	else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		 bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, BACKLOG))
		error = -errno;
	freeaddrinfo(at);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

/* The last one takes its place. */
static void drop(struct server *server, struct connection *connection)
{
	close(connection->fd);
	free(connection->answer);
	*connection = server->connections[--server->nr];
}

static struct connection *least_time(struct server *server)
{
	struct connection *least = &server->connections[0];

	for (unsigned int i = 1; i < server->nr; i++)
		if (server->connections[i].until_ms < least->until_ms)
			least = &server->connections[i];
	return least;
}

static void take_new(struct server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (server->nr == server->limits->connections)
		drop(server, least_time(server));
	server->connections[server->nr++] = (struct connection){
		.fd = fd, .stage = READING, .until_ms = now_ms() + server->limits->read_ms
	};
}

/* The answer into memory of its own. False: none is left. */
static bool prepare(struct server *server, struct connection *connection,
		    struct http_answer *answer)
{
	char *metrics = NULL;
	size_t length = 0, head;

	if (!answer->text && server->body(server->context, &metrics, &length))
		http_unavailable(answer);
	if (answer->text)
		length = strlen(answer->text);
	connection->answer = malloc(HTTP_ANSWER_HEAD + length);
	if (connection->answer) {
		head = http_head(connection->answer, answer, length);
		if (answer->head)
			length = 0;
		memcpy(connection->answer + head, answer->text ? answer->text : metrics, length);
		connection->length = head + length;
	}
	free(metrics);
	return connection->answer;
}

/* Each of these: false, the connection is done with. */

static bool write_answer(struct server *server, struct connection *connection)
{
	ssize_t sent = send(connection->fd, connection->answer + connection->sent,
			    connection->length - connection->sent, MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	connection->sent += (size_t)sent;
	if (connection->sent < connection->length)
		return true;
	connection->stage = LEAVING;
	connection->until_ms = now_ms() + server->limits->leave_ms;
	return !shutdown(connection->fd, SHUT_WR);
}

static bool read_request(struct server *server, struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->request + connection->got,
			   sizeof(connection->request) - connection->got, 0);
	struct http_answer answer;

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	connection->got += (size_t)got;
	if (!http_read(connection->request, connection->got, &answer))
		return true;
	connection->stage = WRITING;
	if (!prepare(server, connection, &answer))
		return false;
	connection->until_ms = now_ms() + server->limits->write_ms;
	return write_answer(server, connection);
}

static bool leave(struct connection *connection)
{
	char waste[4096];
	ssize_t got = recv(connection->fd, waste, sizeof(waste), 0);

	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool serve(struct server *server, struct connection *connection)
{
	switch (connection->stage) {
	case READING:
		return read_request(server, connection);
	case WRITING:
		return write_answer(server, connection);
	default:
		return leave(connection);
	}
}

/* Fills what poll() needs; how long at most it may wait. */
static int prepare_wait(struct server *server)
{
	uint64_t now = now_ms(), until = UINT64_MAX;

	for (unsigned int i = 0; i < server->nr; i++) {
		const struct connection *connection = &server->connections[i];

		server->wait[2 + i] = (struct pollfd){
			.fd = connection->fd,
			.events = connection->stage == WRITING ? POLLOUT : POLLIN,
		};
		if (connection->until_ms < until)
			until = connection->until_ms;
	}
	if (!server->nr)
		return -1;
	return until > now ? (int)(until - now) : 0;
}

/* From the last on, since dropping one puts the last in its place. */
static void serve_all(struct server *server)
{
	for (unsigned int i = server->nr; i-- > 0;) {
		struct connection *connection = &server->connections[i];

		if ((server->wait[2 + i].revents && !serve(server, connection)) ||
		    now_ms() >= connection->until_ms)
			drop(server, connection);
	}
}

static int loop(struct server *server, int stop)
{
	server->wait[0] = (struct pollfd){ .fd = stop, .events = POLLIN };
	server->wait[1] = (struct pollfd){ .fd = server->listener, .events = POLLIN };
	for (;;) {
		if (poll(server->wait, 2 + server->nr, prepare_wait(server)) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (server->wait[0].revents)
			return 0;
		serve_all(server);
		if (server->wait[1].revents)
			take_new(server);
	}
}

int server_run(int listener, int stop, const struct server_limits *limits, server_body *body,
	       void *context)
{
	struct server server = {
		.limits = limits, .body = body, .context = context, .listener = listener
	};
	int rc = -ENOMEM;

	server.connections = calloc(limits->connections, sizeof(*server.connections));
	server.wait = calloc(2 + limits->connections, sizeof(*server.wait));
	if (server.connections && server.wait)
		rc = loop(&server, stop);
	while (server.nr)
		drop(&server, &server.connections[server.nr - 1]);
	free(server.connections);
	free(server.wait);
	return rc;
}
