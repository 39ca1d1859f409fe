/* SPDX-License-Identifier: MIT */
/*
 * What a xenstored does in a second, over its socket: one client, then two. Prints "BENCH name operations-per-second".
 *
 * The protocol is spoken directly, so that only the daemon and the kernel are measured. A connection's requests
 * go out one by one, each waiting for its reply.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DIRECTORY = 1, READ, WATCH = 4, TRANSACTION_START = 6, TRANSACTION_END, WRITE = 11, RM = 13, WATCH_EVENT = 15, ERROR };

struct head {
	uint32_t type, req_id, tx_id, len;
};

static const char *path = "/run/xenstored/socket";

static int client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void all(int fd, void *bytes, size_t len)
{
	if (len && recv(fd, bytes, len, MSG_WAITALL) != (ssize_t)len) {
		perror("reply");
		exit(1);
	}
}

static uint32_t receive(int fd, char *body)
{
	struct head head;

	all(fd, &head, sizeof(head));
	all(fd, body, head.len);
	body[head.len] = '\0';
	return head.type;
}

/* A request whose payload is the text with its NUL, and a value if given. Returns the reply's type. */
static uint32_t ask(int fd, uint32_t type, uint32_t tx, const char *text, const char *value, char *body)
{
	char message[4200];
	size_t len = strlen(text) + 1;
	struct head head = { type, 1, tx, 0 };
	uint32_t got;

	memcpy(message + sizeof(head), text, len);
	if (value) {
		memcpy(message + sizeof(head) + len, value, strlen(value));
		len += strlen(value);
	}
	head.len = (uint32_t)len;
	memcpy(message, &head, sizeof(head));
	if (write(fd, message, sizeof(head) + len) < 0) {
		perror("request");
		exit(1);
	}
	while ((got = receive(fd, body)) == WATCH_EVENT)
		;
	return got;
}

static char body[8192];

static void must(uint32_t type)
{
	if (type == ERROR) {
		fprintf(stderr, "refused: %s\n", body);
		exit(1);
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void report(const char *name, unsigned int count, uint64_t since)
{
	printf("BENCH %s %llu\n", name, (unsigned long long)(count * 1000000000ull / (now() - since)));
	fflush(stdout);
}

static unsigned int rounds = 1000;

static void writes(int fd, const char *name)
{
	uint64_t since = now();

	for (unsigned int i = 0; i < rounds; i++)
		must(ask(fd, WRITE, 0, "/bench/one", "a value", body));
	report(name, rounds, since);
}

static void reads(int fd, const char *name, const char *node)
{
	uint64_t since = now();

	for (unsigned int i = 0; i < rounds; i++)
		must(ask(fd, READ, 0, node, NULL, body));
	report(name, rounds, since);
}

static void tree(int fd)
{
	char node[64];
	unsigned int count = rounds * 10;
	uint64_t since = now();

	for (unsigned int i = 0; i < count; i++) {
		sprintf(node, "/bench/tree/%u/%u", i / 100, i % 100);
		must(ask(fd, WRITE, 0, node, "value", body));
	}
	report("create", count, since);
	reads(fd, "read-in-tree", "/bench/tree/7/77");
}

static void directory(int fd)
{
	char node[64];
	uint64_t since;

	for (int i = 0; i < 20; i++) {
		sprintf(node, "/bench/dir/%d", i);
		must(ask(fd, WRITE, 0, node, "", body));
	}
	since = now();
	for (unsigned int i = 0; i < rounds; i++)
		must(ask(fd, DIRECTORY, 0, "/bench/dir", NULL, body));
	report("directory", rounds, since);
}

static uint32_t begin(int fd)
{
	must(ask(fd, TRANSACTION_START, 0, "", NULL, body));
	return (uint32_t)atoi(body);
}

static void transactions(int fd)
{
	char node[64];
	uint64_t since = now();

	for (unsigned int i = 0; i < rounds / 10; i++) {
		uint32_t tx = begin(fd);

		for (int k = 0; k < 10; k++) {
			sprintf(node, "/bench/txn/%d", k);
			must(ask(fd, WRITE, tx, node, "value", body));
		}
		must(ask(fd, TRANSACTION_END, tx, "T", NULL, body));
	}
	report("transaction", rounds / 10, since);
}

/* Pairs that touch different nodes, interleaved; how many had to be repeated is printed too. */
static void pairs(int fd)
{
	int other = client();
	unsigned int conflicts = 0;
	uint64_t since = now();

	for (unsigned int i = 0; i < rounds / 10; i++) {
		uint32_t a = begin(fd), b = begin(other);

		must(ask(fd, WRITE, a, "/bench/pair/a", "value", body));
		must(ask(other, WRITE, b, "/bench/pair/b", "value", body));
		conflicts += ask(fd, TRANSACTION_END, a, "T", NULL, body) == ERROR;
		conflicts += ask(other, TRANSACTION_END, b, "T", NULL, body) == ERROR;
	}
	report("pairs", rounds / 10, since);
	printf("BENCH conflicts %u\n", conflicts);
	close(other);
}

/* Sets a watch, and takes its reply and first event, in whatever order. */
static void watch(int fd, const char *node)
{
	char message[sizeof(struct head) + 128];
	size_t len = strlen(node) + 1;
	struct head head = { WATCH, 1, 0, (uint32_t)len + 2 };

	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), node, len);
	memcpy(message + sizeof(head) + len, "t", 2);
	if (write(fd, message, sizeof(head) + len + 2) < 0)
		exit(1);
	must(receive(fd, body));
	must(receive(fd, body));
}

static void round_trips(int fd)
{
	int other = client();
	uint64_t since;

	watch(other, "/bench/watched");
	since = now();
	for (unsigned int i = 0; i < rounds; i++) {
		must(ask(fd, WRITE, 0, "/bench/watched", "value", body));
		receive(other, body);
	}
	report("watch-event", rounds, since);
	close(other);
}

static void unrelated_watches(int fd)
{
	int other = client();
	char node[64];

	for (int i = 0; i < 1000; i++) {
		sprintf(node, "/bench/unrelated/%d", i);
		watch(other, node);
	}
	writes(fd, "write-beside-watches");
	close(other);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc > 1)
		rounds = (unsigned int)atoi(argv[1]);
	fd = client();
	writes(fd, "write");
	reads(fd, "read", "/bench/one");
	tree(fd);
	directory(fd);
	transactions(fd);
	round_trips(fd);
	unrelated_watches(fd);
	pairs(fd);
	must(ask(fd, RM, 0, "/bench", NULL, body));
	return 0;
}
