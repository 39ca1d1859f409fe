/* SPDX-License-Identifier: MIT */
/*
 * The event loop: one epoll set of event channels, xenstore, signals, terminals and a tick.
 *
 * The tick runs only while something was put off (a guest that used up its share, a terminal being
 * emptied after its guest died), so an idle daemon never wakes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

#define TICK_MS	   50
#define MAX_EVENTS 64

static int signals = -1;
static bool tick_due;

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

int loop_add(int fd, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	return epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

void loop_change(int fd, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	epoll_ctl(self.epoll, EPOLL_CTL_MOD, fd, &e);
}

void loop_remove(int fd)
{
	epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void set_tick(bool on)
{
	struct itimerspec period = { 0 };

	if (on)
		period.it_value.tv_nsec = period.it_interval.tv_nsec = TICK_MS * 1000000;
	timerfd_settime(self.tick, 0, &period, NULL);
	self.ticking = on;
}

void loop_need_tick(void)
{
	if (!self.ticking)
		set_tick(true);
}

static void handle_tick(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)!read(self.tick, &count, sizeof(count));
	tick_due = true;
}

/* Not among other events, which may be of a console that is freed here. */
static void tick(void)
{
	tick_due = false;
	/* Whoever still needs ticks asks again. */
	set_tick(false);
	domains_tick();
	console_tick();
}

static void handle_signal(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP) {
		self.stop = true;
		return;
	}
	console_reopen_logs();
	hvlog_reopen();
}

static void handle_inotify(struct source *source, uint32_t events)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len = read(self.inotify, buffer, sizeof(buffer));

	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *e =
		    (const struct inotify_event *)(const void *)(buffer + at);

		/* After an overflow it may have been any: -1. */
		console_opened_or_closed(e->mask & IN_Q_OVERFLOW ? -1 : e->wd);
		at += sizeof(*e) + e->len;
	}
}

/* A port stays masked from its event until it is unmasked, so one guest cannot ring again and
 * again. */
static void handle_evtchn(struct source *source, uint32_t events)
{
	int port;

	for (int i = 0; i < MAX_EVENTS && (port = xenevtchn_pending(self.evtchn)) >= 0; i++) {
		if (hvlog_event(port))
			continue;
		if ((unsigned int)port < self.nr_ports && self.by_port[port])
			console_event(self.by_port[port]);
		else
			say(LOG_DEBUG, "event on port %d that nobody serves", port);
	}
}

static struct source tick_source = { handle_tick }, signal_source = { handle_signal },
		     inotify_source = { handle_inotify }, evtchn_source = { handle_evtchn };

static int open_sources(void)
{
	sigset_t set;
	int fd = xenevtchn_fd(self.evtchn);

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	self.epoll = epoll_create1(EPOLL_CLOEXEC);
	self.tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	self.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (signals < 0 || self.epoll < 0 || self.tick < 0 || self.inotify < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return -errno;
	if (loop_add(self.tick, &tick_source, EPOLLIN) ||
	    loop_add(signals, &signal_source, EPOLLIN) ||
	    loop_add(self.inotify, &inotify_source, EPOLLIN) ||
	    loop_add(fd, &evtchn_source, EPOLLIN))
		return -errno;
	return serve_start();
}

int loop_start(void)
{
	int error = open_sources();

	if (!error && (self.options.log & LOG_HV))
		error = hvlog_start();
	return error ? error : domains_start();
}

int loop_run(void)
{
	struct epoll_event events[MAX_EVENTS];
	int error = 0;

	while (!error && !self.stop) {
		int nr = epoll_wait(self.epoll, events, MAX_EVENTS, -1);

		if (nr < 0 && errno != EINTR)
			error = -errno;
		for (int i = 0; i < nr; i++) {
			struct source *source = events[i].data.ptr;

			source->handle(source, events[i].events);
		}
		if (tick_due)
			tick();
	}
	return error;
}
