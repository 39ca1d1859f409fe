/* SPDX-License-Identifier: MIT */
/*
 * A console's bytes: from its ring to its backlog, from there to its log and its terminal, and from
 * the terminal back into the ring.
 *
 * A guest is served when its port rings, and the port stays masked meanwhile; what it writes
 * between is found without another event. A kernel that writes much rings for every line, and each
 * time wakes us for one: such a console is left masked and looked at by the clock, so that a ring's
 * worth moves at once, until it falls silent. A guest that wrote more than its share within a
 * period is left masked until the period ends: then it waits for its ring to be emptied, and costs
 * Dom0 no more than that.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "console.h"

#define PERIOD_MS     100
#define PERIOD_BYTES  (1024 * 1024)
#define PERIOD_EVENTS 512
#define BUSY_US	      1000 /* events closer than this, */
#define BUSY_EVENTS   4	   /* so many in a row, make a console busy */
#define POLL_US	      250
#define IDLE_POLLS    4

static TAILQ_HEAD(, console) polled = TAILQ_HEAD_INITIALIZER(polled);
static int poll_clock = -1;

static void want_events(struct console *c)
{
	uint32_t wanted = 0;

	if (c->attached && c->mapped && ring_in_space(&c->ring))
		wanted |= EPOLLIN;
	if (c->attached && backlog_used(&c->backlog))
		wanted |= EPOLLOUT;
	if (c->attached && wanted != c->events)
		loop_change(c->pty.master, &c->source, wanted);
	c->events = wanted;
}

void set_attached(struct console *c, bool attached)
{
	if (attached == c->attached)
		return;
	c->attached = attached;
	c->ever_attached |= attached;
	c->events = 0;
	if (attached)
		loop_add(c->pty.master, &c->source, 0);
	else
		loop_remove(c->pty.master);
}

/* Give the client what it takes without waiting. */
void feed_client(struct console *c)
{
	struct iovec pieces[2];

	while (c->attached && backlog_used(&c->backlog)) {
		uint32_t used = backlog_used(&c->backlog);
		int nr = backlog_pieces(&c->backlog, c->backlog.file->tail, used, pieces);
		ssize_t n = writev(c->pty.master, pieces, nr);

		if (n > 0) {
			c->backlog.file->tail += n;
			c->fed = now_ms();
		} else if (n < 0 && errno == EIO) {
			set_attached(c, false);
		}
		if (n < (ssize_t)used)
			break;
	}
	want_events(c);
}

/* What is in the backlog and not in the log. */
void write_log(struct console *c)
{
	struct backlog_file *f = c->backlog.file;
	struct iovec pieces[2];
	int nr;

	if (f->logged == f->head)
		return;
	nr = backlog_pieces(&c->backlog, f->logged, f->head - f->logged, pieces);
	log_write(&c->log, pieces, nr);
	f->logged = f->head;
}

/* Up to max bytes from ring to backlog; returns how many. */
static unsigned int take_output(struct console *c, unsigned int max)
{
	unsigned int ready = ring_out_ready(&c->ring);
	struct backlog_file *f = c->backlog.file;
	struct iovec pieces[2];
	unsigned int n, at = 0;

	/* After indices made no sense the two count from different points. */
	f->base = f->head - c->ring.out_cons;
	n = backlog_make_room(&c->backlog, ready < max ? ready : max, self.options.keep);
	c->held = n < ready && n < max;
	if (!n)
		return 0;
	for (int i = 0, nr = backlog_pieces(&c->backlog, f->head, n, pieces); i < nr; i++) {
		ring_out_copy(&c->ring, at, pieces[i].iov_base, pieces[i].iov_len);
		at += pieces[i].iov_len;
	}
	backlog_commit(&c->backlog, n);
	ring_out_done(&c->ring, n);
	return n;
}

/* Empty the ring as far as one turn allows. */
unsigned int drain(struct console *c)
{
	unsigned int total = 0, n;

	if (!c->mapped)
		return 0;
	while (total < BATCH && (n = take_output(c, BATCH - total)))
		total += n;
	if (total) {
		xenevtchn_notify(self.evtchn, c->port);
		write_log(c);
	}
	return total;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* Whether the guest has something left of its share of this period. */
static bool may_go_on(struct console *c, unsigned int bytes)
{
	uint64_t now = now_ms();

	if (now - c->period_start >= PERIOD_MS) {
		c->period_start = now;
		c->period_bytes = c->period_events = 0;
	}
	c->period_bytes += bytes;
	c->period_events++;
	return c->period_bytes < PERIOD_BYTES && c->period_events < PERIOD_EVENTS;
}

static void set_clock(void)
{
	struct itimerspec once = { 0 };

	if (!TAILQ_EMPTY(&polled))
		once.it_value.tv_nsec = POLL_US * 1000;
	timerfd_settime(poll_clock, 0, &once, NULL);
}

static void start_polling(struct console *c)
{
	bool first = TAILQ_EMPTY(&polled);

	c->polled = true;
	c->idle_polls = 0;
	TAILQ_INSERT_TAIL(&polled, c, polled_next);
	if (first)
		set_clock();
}

void stop_polling(struct console *c)
{
	if (c->polled)
		TAILQ_REMOVE(&polled, c, polled_next);
	c->polled = false;
	c->streak = 0;
}

/* Events in quick succession, each with output: a guest that writes much, in small pieces. */
static bool is_busy(struct console *c, unsigned int total)
{
	uint64_t now = now_us();

	c->streak = total && now - c->last_event < BUSY_US ? c->streak + 1 : 0;
	c->last_event = now;
	return c->streak >= BUSY_EVENTS;
}

static unsigned int move_bytes(struct console *c)
{
	unsigned int resyncs = c->ring.resyncs, total = drain(c);

	feed_client(c);
	if (resyncs != c->ring.resyncs && !resyncs)
		say(LOG_WARNING,
		    "domain %u: its console ring's indices make no sense; output may be lost",
		    c->domid);
	/* More than a turn's worth, or the room was made just now. */
	if (total == BATCH || (c->held && backlog_free(&c->backlog)))
		loop_need_tick();
	return total;
}

void serve(struct console *c)
{
	unsigned int total = move_bytes(c);

	c->masked = !may_go_on(c, total);
	if (c->masked)
		loop_need_tick();
	else if (!c->polled && is_busy(c, total))
		start_polling(c);
	else if (!c->polled)
		xenevtchn_unmask(self.evtchn, c->port);
}

static void poll_one(struct console *c)
{
	unsigned int total;

	total = move_bytes(c);
	c->masked = !may_go_on(c, total);
	if (c->masked) {
		stop_polling(c);
		loop_need_tick();
		return;
	}
	c->idle_polls = total ? 0 : c->idle_polls + 1;
	if (c->idle_polls < IDLE_POLLS)
		return;
	stop_polling(c);
	xenevtchn_unmask(self.evtchn, c->port);
}

static void handle_clock(struct source *source, uint32_t events)
{
	struct console *c, *next;
	uint64_t count;

	(void)!read(poll_clock, &count, sizeof(count));
	for (c = TAILQ_FIRST(&polled); c; c = next) {
		next = TAILQ_NEXT(c, polled_next);
		poll_one(c);
	}
	set_clock();
}

static struct source clock_source = { handle_clock };

int serve_start(void)
{
	poll_clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return poll_clock < 0 ? -errno : loop_add(poll_clock, &clock_source, EPOLLIN);
}

/* Input. */

static void feed_guest(struct console *c)
{
	char buffer[sizeof(((struct xencons_interface *)0)->in)];
	unsigned int space = c->mapped ? ring_in_space(&c->ring) : 0;
	ssize_t n;

	if (!space)
		return;
	n = read(c->pty.master, buffer, space);
	if (n <= 0) /* nothing there, or the last client has closed it */
		return;
	ring_in_put(&c->ring, buffer, n);
	xenevtchn_notify(self.evtchn, c->port);
}

/* The guest has made room, or written: what a client typed before it left may still be waiting. */
void console_event(struct console *c)
{
	serve(c);
	feed_guest(c);
}

void handle_terminal(struct source *source, uint32_t events)
{
	struct console *c = (struct console *)source;

	if (events & EPOLLIN)
		feed_guest(c);
	if (events & EPOLLHUP)
		set_attached(c, pty_attached(&c->pty));
	feed_client(c);
	if (c->held && backlog_free(&c->backlog) && drain(c))
		feed_client(c);
}

void console_opened_or_closed(int watch)
{
	struct console *c;

	LIST_FOREACH(c, &self.consoles, next)
	{
		if (c->pty.master < 0 || (watch >= 0 && c->pty.watch != watch))
			continue;
		/* One that opened, wrote and closed, as "echo … > tty" does, is gone by now; its words are not. */
		feed_guest(c);
		set_attached(c, pty_attached(&c->pty));
		feed_client(c);
	}
}
