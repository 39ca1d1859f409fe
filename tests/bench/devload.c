/* SPDX-License-Identifier: MIT */
/*
 * The load on a guest's devices: what one operation takes, by the monotonic clock (nanoseconds;
 *under -icount, instructions).
 *
 *	devload disk DEVICE [FIGURE]	O_DIRECT requests on it; it is overwritten
 *	devload net ADDRESS [FIGURE [ROUNDS]]	against "devload serve" there; so many rounds between the marks of profile_plugin.c
 *	devload console			1 MB to standard output, a console; the figures follow
 *	devload serve			the other end of net
 *
 * Each figure is a line "BENCH name value". With FIGURE only that one is measured, again and again:
 *for profiles.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/fs.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	printf("devload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void tell(const char *name, long long value)
{
	printf("BENCH %s %lld\n", name, value);
	fflush(stdout);
}

/* How often a figure is measured: once, or, if it is the only one asked for, for long. */
static const char *only;

static int rounds(const char *name)
{
	return !only ? 1 : strcmp(only, name) ? 0 : 1000;
}

/* --- disks ------------------------------------------------------------------------------------ */

#define BLOCK	   4096u
#define LARGE	   (1u << 20)
#define MOST_DEPTH 32

static struct {
	uint64_t blocks;
	struct io_uring ring;
	uint8_t *memory; /* MOST_DEPTH buffers of LARGE bytes, registered as one */
	uint32_t random, next;
} disk;

static uint64_t some_offset(uint32_t bytes)
{
	if (bytes == LARGE)
		return (uint64_t)(disk.next++) * LARGE % (disk.blocks * BLOCK);
	disk.random = disk.random * 1664525u + 1013904223u;
	return (disk.random >> 8) % disk.blocks * BLOCK;
}

static void begin(uint64_t slot, bool write, uint32_t bytes)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&disk.ring);
	uint8_t *memory = disk.memory + slot * LARGE;

	if (write)
		io_uring_prep_write_fixed(sqe, 0, memory, bytes, some_offset(bytes), 0);
	else
		io_uring_prep_read_fixed(sqe, 0, memory, bytes, some_offset(bytes), 0);
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->user_data = slot;
}

/* nr requests, depth of them at a time, as many as can be submitted at once: nanoseconds of each.
 */
static long long requests(bool write, uint32_t bytes, unsigned int depth, unsigned int nr)
{
	unsigned int started = 0, ended = 0;
	struct io_uring_cqe *cqe;
	long long start = now();

	for (; started < depth; started++)
		begin(started, write, bytes);
	while (ended < nr) {
		if (io_uring_submit_and_wait(&disk.ring, 1) < 0)
			die("io_uring");
		while (!io_uring_peek_cqe(&disk.ring, &cqe)) {
			uint64_t slot = cqe->user_data;

			if (cqe->res != (int)bytes)
				die("a request failed");
			io_uring_cqe_seen(&disk.ring, cqe);
			if (started < nr) {
				begin(slot, write, bytes);
				started++;
			}
			ended++;
		}
	}
	return (now() - start) / nr;
}

static const struct disk_figure {
	const char *name;
	bool write;
	uint32_t bytes;
	unsigned int depth, before,
	    nr; /* requests: before, uncounted, caches and grants are cold */
} disk_figures[] = {
	{ "write-large", true, LARGE, 2, 136, 96 }, /* first: the image's file is filled */
	{ "read-large", false, LARGE, 2, 8, 96 },   { "read-1", false, BLOCK, 1, 100, 1000 },
	{ "read-32", false, BLOCK, 32, 200, 4000 }, { "write-1", true, BLOCK, 1, 100, 1000 },
	{ "write-32", true, BLOCK, 32, 200, 4000 },
};

static void disk_figure(const struct disk_figure *f)
{
	long long each;

	requests(f->write, f->bytes, f->depth, f->before);
	each = requests(f->write, f->bytes, f->depth, f->nr);
	tell(f->name, f->bytes == LARGE ? LARGE * 1000LL / each : each); /* MB/s, ns */
}

static int load_disk(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT);
	struct iovec whole = { .iov_len = MOST_DEPTH * LARGE };
	uint64_t bytes;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		die(path);
	disk.blocks = bytes / BLOCK;
	disk.random = 1;
	disk.memory = mmap(NULL, whole.iov_len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	whole.iov_base = disk.memory;
	if (disk.memory == MAP_FAILED || io_uring_queue_init(MOST_DEPTH, &disk.ring, 0) ||
	    io_uring_register_buffers(&disk.ring, &whole, 1) ||
	    io_uring_register_files(&disk.ring, &fd, 1))
		die("io_uring");
	for (size_t i = 0; i < sizeof(disk_figures) / sizeof(disk_figures[0]); i++)
		for (int again = rounds(disk_figures[i].name); again; again--)
			disk_figure(&disk_figures[i]);
	return 0;
}

/* --- network ---------------------------------------------------------------------------------- */

#define PORT	  7000
#define PACKET	  64
#define PACKETS	  20000
#define TRIPS	  1000
#define BULK	  (64u << 20)
#define BULK_PART (64u << 10)

/* What the other end shall do for a connection: the first byte of it. */
enum order { SINK = 'k', SOURCE = 's', TALK = 'e', COUNT = 'c', FLOOD = 'f' };

struct counted {
	uint32_t packets;
	int64_t ns; /* from the first to the last */
};

static uint8_t data[BULK_PART];

static int tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("socket");
	return fd;
}

static struct sockaddr_in at(const char *address, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &to.sin_addr);
	return to;
}

static int order(const char *address, char what)
{
	struct sockaddr_in to = at(address, PORT);
	int fd = tcp();

	for (int tries = 0; connect(fd, (struct sockaddr *)&to, sizeof(to)); tries++) {
		if (tries == 100)
			die("connect");
		usleep(100000);
	}
	if (write(fd, &what, 1) != 1)
		die("order");
	return fd;
}

static void whole(int fd, void *to, size_t bytes)
{
	if (recv(fd, to, bytes, MSG_WAITALL) != (ssize_t)bytes)
		die("the other end went away");
}

static int udp(uint16_t port)
{
	struct sockaddr_in own = at("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 16 << 20;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own)))
		die("udp");
	return fd;
}

/* Counts packets until fd is readable or nothing comes for a second. */
static struct counted count(int packets, int until)
{
	struct pollfd fds[2] = { { .fd = packets, .events = POLLIN },
				 { .fd = until, .events = POLLIN } };
	struct counted counted = { 0 };
	long long first = 0, last = 0;

	for (;;) {
		if (recv(packets, data, sizeof(data), MSG_DONTWAIT) >= 0) {
			last = now();
			first = counted.packets++ ? first : last;
			continue;
		}
		if (fds[1].revents || poll(fds, 2, 1000) < 1)
			break;
	}
	counted.ns = last - first;
	return counted;
}

/* A full queue refuses; the packet is lost, which is what is counted at the other end. */
static void flood(int fd, struct sockaddr_in to)
{
	for (int i = 0; i < PACKETS; i++)
		sendto(fd, data, PACKET, 0, (struct sockaddr *)&to, sizeof(to));
}

static long long per_second(struct counted counted)
{
	return counted.ns ? counted.packets * 1000000000LL / counted.ns : 0;
}

static void sent_packets(const char *address)
{
	int control = order(address, COUNT), fd = udp(PORT + 2);
	struct counted counted;
	char byte = 0;

	whole(control, &byte, 1);
	flood(fd, at(address, PORT + 1));
	if (write(control, &byte, 1) != 1)
		die("control");
	whole(control, &counted, sizeof(counted));
	tell("packets-sent", per_second(counted));
	tell("packets-sent-arrived", counted.packets * 100LL / PACKETS);
	close(control);
	close(fd);
}

static void received_packets(const char *address)
{
	int fd = udp(PORT + 2), control = order(address, FLOOD);
	struct counted counted = count(fd, control);

	tell("packets-received", per_second(counted));
	tell("packets-received-arrived", counted.packets * 100LL / PACKETS);
	close(control);
	close(fd);
}

static void udp_trips(const char *address)
{
	struct sockaddr_in to = at(address, PORT + 3);
	int fd = udp(PORT + 2);
	struct timeval patience = { .tv_sec = 1 };
	long long start = 0;

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("udp");
	for (int i = -50; i < TRIPS; i++) {
		start = i ? start : now();
		if (send(fd, data, PACKET, 0) < 0 || recv(fd, data, sizeof(data), 0) < 0)
			die("udp round trip");
	}
	tell("udp-trip", (now() - start) / TRIPS);
	close(fd);
}

static void tcp_trips(const char *address)
{
	int fd = order(address, TALK);
	long long start = 0;

	for (int i = -50; i < TRIPS; i++) {
		start = i ? start : now();
		if (write(fd, data, PACKET) != PACKET)
			die("tcp round trip");
		whole(fd, data, PACKET);
	}
	tell("tcp-trip", (now() - start) / TRIPS);
	close(fd);
}

static void put_bulk(int fd)
{
	for (uint32_t sent = 0; sent < BULK;) {
		ssize_t put = write(fd, data, BULK_PART);

		if (put < 0)
			die("bulk");
		sent += (uint32_t)put;
	}
	shutdown(fd, SHUT_WR);
}

static void get_bulk(int fd)
{
	while (read(fd, data, BULK_PART) > 0)
		;
}

static void bulk(const char *address, const char *name, char what)
{
	int fd = order(address, what);
	long long start = now();

	if (what == SINK)
		put_bulk(fd); /* then the other end hangs up */
	get_bulk(fd);
	tell(name, BULK * 1000LL / (now() - start)); /* MB/s */
	close(fd);
}

static void sent_bulk(const char *address)
{
	bulk(address, "tcp-sent", SINK);
}

static void received_bulk(const char *address)
{
	bulk(address, "tcp-received", SOURCE);
}

static int load_net(const char *address, int marked)
{
	static const struct {
		const char *name;
		void (*measure)(const char *address);
	} figures[] = {
		{ "udp-trip", udp_trips },	  { "tcp-trip", tcp_trips },
		{ "tcp-sent", sent_bulk },	  { "tcp-received", received_bulk },
		{ "packets-sent", sent_packets }, { "packets-received", received_packets },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (marked && rounds(figures[i].name)) {
			figures[i].measure(address);
			__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .ascii \"PROB\"" ::: "memory");
			for (int again = marked; again; again--)
				figures[i].measure(address);
			__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .ascii \"PROE\"" ::: "memory");
			break;
		}
		for (int again = rounds(figures[i].name); again; again--)
			figures[i].measure(address);
	}
	return 0;
}

/* --- the other end ---------------------------------------------------------------------------- */

static void echo(int fd)
{
	ssize_t got;

	while ((got = read(fd, data, sizeof(data))) > 0)
		if (write(fd, data, (size_t)got) != got)
			break;
}

static void count_for(int control)
{
	int fd = udp(PORT + 1);
	struct counted counted;
	char byte = 0;

	if (write(control, &byte, 1) == 1) {
		counted = count(fd, control);
		if (write(control, &counted, sizeof(counted)) < 0)
			printf("devload: the count went nowhere\n");
	}
	close(fd);
}

static void flood_for(const struct sockaddr_in *peer)
{
	struct sockaddr_in to = *peer;
	int fd = udp(0);

	to.sin_port = htons(PORT + 2);
	flood(fd, to);
	usleep(50000); /* the last ones arrive before the connection's end does */
	close(fd);
}

static void obey(int fd, const struct sockaddr_in *peer)
{
	char what = 0;

	if (read(fd, &what, 1) != 1)
		return;
	switch (what) {
	case SINK:
		get_bulk(fd);
		break;
	case SOURCE:
		put_bulk(fd);
		get_bulk(fd);
		break;
	case TALK:
		echo(fd);
		break;
	case COUNT:
		count_for(fd);
		break;
	case FLOOD:
		flood_for(peer);
		break;
	}
}

static void echo_packets(void)
{
	int fd = udp(PORT + 3);
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t got;

	while ((got = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&peer, &size)) >= 0)
		sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&peer, size);
}

static int serve(void)
{
	struct sockaddr_in own = at("0.0.0.0", PORT), peer;
	int fd = tcp(), on = 1, connection;

	if (!fork()) {
		echo_packets();
		exit(1);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) || listen(fd, 4))
		die("listen");
	for (;;) {
		socklen_t size = sizeof(peer);

		connection = accept(fd, (struct sockaddr *)&peer, &size);
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (connection >= 0)
			obey(connection, &peer);
		close(connection);
	}
}

/* --- the console ------------------------------------------------------------------------------ */

static int load_console(void)
{
	static char line[100];
	long long start, took;
	struct termios raw;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	if (!tcgetattr(STDOUT_FILENO, &raw)) {
		raw.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(STDOUT_FILENO, TCSANOW, &raw);
	}
	start = now();
	for (int i = 0; i < 10000; i++)
		if (write(STDOUT_FILENO, line, sizeof(line)) != sizeof(line))
			die("console");
	tcdrain(STDOUT_FILENO);
	took = now() - start;
	tell("console", took);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	only = argc >= 4 ? argv[3] : NULL;
	if (!strcmp(what, "disk") && argc >= 3)
		return load_disk(argv[2]);
	if (!strcmp(what, "net") && argc >= 3)
		return load_net(argv[2], argc == 5 ? atoi(argv[4]) : 0);
	if (!strcmp(what, "console"))
		return load_console();
	if (!strcmp(what, "serve"))
		return serve();
	fprintf(stderr,
		"usage: devload disk DEVICE [FIGURE] | net ADDRESS [FIGURE [ROUNDS]] | console | serve\n");
	return 2;
}
