/* SPDX-License-Identifier: MIT */
/*
 * Talks to a xenstored's socket as its input says, and prints what comes back, for comparing daemons.
 *
 * A line is: connection (0-9), message type, transaction (0, or t for the last one started on the connection),
 * payload. In the payload \0 is a NUL, \n a newline, \xHH a byte. A reply's bytes are printed the same way; the
 * transaction's number is not. The time a reply may take is bounded.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct head {
	uint32_t type, req_id, tx_id, len;
};

static int sockets[10];
static uint32_t last_txn[10];

static int connection(int number, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 10 };

	if (sockets[number])
		return sockets[number];
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	sockets[number] = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(sockets[number], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(sockets[number], (struct sockaddr *)&address, sizeof(address))) {
		perror(path);
		exit(1);
	}
	return sockets[number];
}

static size_t unescape(char *text)
{
	size_t n = 0;

	for (size_t i = 0; text[i]; n++) {
		unsigned int byte;

		if (text[i] != '\\') {
			text[n] = text[i++];
		} else if (text[i + 1] == 'x' && sscanf(text + i + 2, "%2x", &byte) == 1) {
			text[n] = (char)byte;
			i += 4;
		} else {
			text[n] = text[i + 1] == '0' ? '\0' : '\n';
			i += 2;
		}
	}
	return n;
}

static void print_bytes(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!bytes[i])
			fputs("\\0", stdout);
		else if (isprint((unsigned char)bytes[i]))
			putchar(bytes[i]);
		else
			printf("\\x%02x", (unsigned char)bytes[i]);
	}
	putchar('\n');
}

static int receive(int fd, void *bytes, size_t len)
{
	return !len || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* One message; 0 if none comes. Events come before or after replies, as the daemon likes: they are marked. */
static int answer(int number, int fd, struct head *head)
{
	char body[65536];

	if (!receive(fd, head, sizeof(*head)) || head->len > sizeof(body) || !receive(fd, body, head->len)) {
		printf("%d closed\n", number);
		close(fd);
		sockets[number] = 0;
		return 0;
	}
	if (head->type == 6) {
		last_txn[number] = (uint32_t)strtoul(body, NULL, 10);
		printf("%d 6 started\n", number);
		return 1;
	}
	printf("%d %u ", number, head->type);
	print_bytes(body, head->len);
	return 1;
}

int main(int argc, char **argv)
{
	static char line[16384];
	static uint32_t id;
	const char *path = argc > 1 ? argv[1] : "/run/xenstored/socket";

	while (fgets(line, sizeof(line), stdin)) {
		struct head head = { .req_id = ++id }, got;
		int number, skip = 0, fd;
		char txn;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%1d %u %c %n", &number, &head.type, &txn, &skip) < 3 || !skip)
			continue;
		fd = connection(number, path);
		head.tx_id = txn == 't' ? last_txn[number] : (uint32_t)(txn - '0');
		head.len = (uint32_t)unescape(line + skip);
		printf("< %d %u %c\n", number, head.type, txn);
		if (write(fd, &head, sizeof(head)) != sizeof(head) ||
		    write(fd, line + skip, head.len) != (ssize_t)head.len)
			return 1;
		do {
			if (!answer(number, fd, &got))
				break;
		} while (got.type == 15);
	}
	return 0;
}
