/* SPDX-License-Identifier: MIT */
/*
 * The loop: one epoll set of serai-backd's socket, the guest's events, io_uring and what services
 * add. Each round handles each of them once, then submits what was prepared and takes what is done.
 *
 * An event is unmasked before it is handled: what the guest does after that rings again, so
 * nothing is missed, and a guest that rings without end is heard once a round.
 */
#include "worker.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 32
#define MAX_PORTS  64 /* a round */
#define MAX_RESTS  4

static int epoll = -1;
static bool again; /* some service has more to do */
static uint64_t next_tick;

uint64_t back_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

uint64_t back_recent_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t); /* read from memory, whatever the clock is */
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static int add(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

void loop_drop(int fd)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

int back_poll_fd(struct back_link *link, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (fd < 0 || fd >= MAX_FDS)
		return -EMFILE;
	if (!events) {
		worker.by_fd[fd] = NULL;
		epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (worker.by_fd[fd])
		return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &e) < 0 ? -errno : 0;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return -errno;
	worker.by_fd[fd] = link->private;
	return 0;
}

void back_tick(struct back_link *link, int ms)
{
	link->private->due = ms < 0 ? 0 : back_now_ms() + ms + 1;
	if (ms >= 0 && (!next_tick || link->private->due < next_tick))
		next_tick = link->private->due;
}

void back_again(struct back_link *link)
{
	link->private->again = true;
	again = true;
}

/* --- io_uring -------------------------------------------------------------------------------- */

struct io_uring_sqe *back_submission(struct back_link *link, struct back_io *io)
{
	struct io_uring_sqe *sqe = NULL;

	/* The completion queue has twice the entries: it cannot overflow. */
	if (worker.under_way < RING_ENTRIES)
		sqe = io_uring_get_sqe(&worker.ring);
	if (!sqe)
		return NULL;
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, io);
	worker.under_way++;
	return sqe;
}

void back_submit(void)
{
	if (io_uring_sq_ready(&worker.ring))
		io_uring_submit(&worker.ring);
}

/* True: there was something. */
static bool complete(void)
{
	struct io_uring_cqe *cqe;
	bool any = false;

	while (!io_uring_peek_cqe(&worker.ring, &cqe)) {
		struct back_io *io = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&worker.ring, cqe);
		worker.under_way--;
		io->done(io, result);
		any = true;
	}
	return any;
}

static uint32_t unwritten; /* of back_write_each() */

static void written(struct back_io *io, int result)
{
	struct back_write *write =
	    (struct back_write *)((uint8_t *)io - offsetof(struct back_write, io));

	write->result = result;
	unwritten--;
}

static void write_one(int fd, struct back_write *write)
{
	ssize_t put = writev(fd, write->part, 2);

	write->result = put < 0 ? -errno : (int)put;
}

/* What never blocks is done when submitted; waiting is for a kernel that sees it otherwise. */
static void finish_writes(void)
{
	for (unsigned int wait = 0; unwritten; wait = 1) {
		int rc = io_uring_submit_and_wait(&worker.ring, wait);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY)
			abort();
		complete();
	}
}

void back_write_each(struct back_link *link, int fd, struct back_write *writes, uint32_t nr)
{
	bool alone = nr < 2 || nr > RING_ENTRIES - worker.under_way;

	for (uint32_t i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = alone ? NULL : back_submission(link, &writes[i].io);

		if (!sqe) {
			back_submit(); /* those before it */
			write_one(fd, &writes[i]);
			continue;
		}
		writes[i].io.done = written;
		io_uring_prep_writev(sqe, fd, writes[i].part, 2, 0);
		io_uring_sqe_set_data(sqe, &writes[i].io);
		unwritten++;
	}
	finish_writes();
}

/* --- events ---------------------------------------------------------------------------------- */

static void handle_event(struct back_link_private *p, int port)
{
	if (port >= 0 && p->closing)
		return;
	if (port >= 0)
		p->link.counters->events++;
	p->link.service->event(&p->link, port);
}

/* All ports in one call, and unmasked in one: the driver's calls cost more than what they do. */
static void handle_ports(void)
{
	evtchn_port_t ports[MAX_PORTS];
	int fd = xenevtchn_fd(worker.evtchn);
	ssize_t got = read(fd, ports, sizeof(ports));

	if (got < (ssize_t)sizeof(ports[0]) || write(fd, ports, (size_t)got) != got)
		return;
	for (size_t i = 0; i < (size_t)got / sizeof(ports[0]); i++)
		if (ports[i] < worker.nr_ports && worker.by_port[ports[i]])
			handle_event(worker.by_port[ports[i]], (int)ports[i]);
}

static void handle_fd(int fd, uint32_t events)
{
	struct back_link_private *p;

	if (fd == WORKER_SOCKET)
		links_message();
	else if (fd == xenevtchn_fd(worker.evtchn))
		handle_ports();
	else if (fd == worker.ring.ring_fd)
		complete();
	else if ((p = worker.by_fd[fd]))
		p->link.service->ready(&p->link, fd, events);
}

static void handle_again(void)
{
	struct back_link_private *p;

	if (!again)
		return;
	again = false;
	LIST_FOREACH (p, &worker.links, all) {
		if (!p->again)
			continue;
		p->again = false;
		handle_event(p, -1);
	}
}

/*
 * What is submitted is often done at once (page cache, memory), and answering it makes room for
 * more: a few times over, before the loop asks for other events.
 */
static void handle_rest(void)
{
	for (int i = 0; i < MAX_RESTS; i++) {
		handle_again();
		back_submit();
		if (!complete() && !again)
			return;
	}
}

static void handle_ticks(void)
{
	struct back_link_private *p;
	uint64_t now;

	if (!next_tick)
		return;
	now = back_now_ms();
	if (now < next_tick)
		return;
	next_tick = 0;
	LIST_FOREACH (p, &worker.links, all) {
		if (p->due && p->due <= now) {
			p->due = 0;
			p->link.service->tick(&p->link);
		}
		if (p->due && (!next_tick || p->due < next_tick))
			next_tick = p->due;
	}
}

static int patience(void)
{
	uint64_t now;

	if (again)
		return 0;
	if (!next_tick)
		return -1;
	now = back_now_ms();
	return next_tick <= now ? 0 : (int)(next_tick - now);
}

int loop_start(void)
{
	int error;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;
	error = add(WORKER_SOCKET, EPOLLIN);
	if (!error)
		error = add(xenevtchn_fd(worker.evtchn), EPOLLIN);
	return error ? error : add(worker.ring.ring_fd, EPOLLIN);
}

void loop_run(void)
{
	struct epoll_event events[MAX_EVENTS];

	for (;;) {
		int nr = epoll_wait(epoll, events, MAX_EVENTS, patience());

		if (nr < 0 && errno != EINTR)
			abort();
		for (int i = 0; i < nr; i++)
			handle_fd(events[i].data.fd, events[i].events);
		handle_ticks();
		handle_rest();
		links_reap();
		back_submit();
	}
}
