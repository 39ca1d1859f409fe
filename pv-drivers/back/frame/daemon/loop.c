/* SPDX-License-Identifier: MIT */
/*
 * The loop: descriptors by epoll, timers in a list ordered by time, processes by pidfd, and after
 * each round a look at the devices something was heard of.
 *
 * Sources may be removed while a round is handed out: a source of this round that is removed is
 * struck from it, so its memory may be freed at once. Its descriptor's number may be another
 * source's before the round is over: what epoll gives carries a count of additions besides the
 * number, so that the news of the one is never taken for the other's (a process would be thought
 * dead that has only begun).
 */
#include "backd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 64
#define MAX_FDS	   65536

static int epoll = -1, signals = -1;
static struct back_timer *timers;
static struct { /* by descriptor */
	struct back_source *source;
	uint32_t addition;
} sources[MAX_FDS];
static uint32_t additions;

uint64_t back_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

int back_add_fd(int fd, struct back_source *source, uint32_t wanted)
{
	uint32_t addition = ++additions;
	struct epoll_event e = { .events = wanted,
				 .data.u64 = (uint64_t)addition << 32 | (uint32_t)fd };

	if (fd < 0 || fd >= MAX_FDS)
		return -EMFILE;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return -errno;
	sources[fd].source = source;
	sources[fd].addition = addition;
	return 0;
}

void back_remove_fd(int fd)
{
	if (fd < 0 || fd >= MAX_FDS)
		return;
	epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
	sources[fd].source = NULL;
}

void back_set_timer(struct back_timer *timer, int ms)
{
	struct back_timer **at;

	for (at = &timers; timer->set && *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	timer->set = ms >= 0;
	if (ms < 0)
		return;
	timer->due = back_now_ms() + ms;
	for (at = &timers; *at && (*at)->due <= timer->due;)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

static void run_timers(void)
{
	uint64_t now = back_now_ms();

	while (timers && timers->due <= now) {
		struct back_timer *timer = timers;

		timers = timer->next;
		timer->set = false;
		timer->expired(timer);
	}
}

static int until_next_timer(void)
{
	uint64_t now = back_now_ms();

	if (!timers)
		return -1;
	return timers->due <= now ? 0 : (int)(timers->due - now);
}

/* --- processes ------------------------------------------------------------------------------- */

static void process_ready(struct back_source *source, uint32_t events)
{
	struct back_process *process =
	    (struct back_process *)(void *)((char *)source - offsetof(struct back_process, source));
	int status = -1;

	if (waitpid(process->pid, &status, WNOHANG) < 0)
		status = -1; /* not our child */
	back_forget_process(process);
	process->exited(process, status);
}

int back_watch_process(struct back_process *process, pid_t pid)
{
	int error;

	process->source.ready = process_ready;
	process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->pidfd < 0)
		return -errno; /* it has none: nobody waits for its end */
	process->pid = pid;
	error = back_add_fd(process->pidfd, &process->source, EPOLLIN);
	if (error)
		back_forget_process(process);
	return error;
}

void back_forget_process(struct back_process *process)
{
	if (process->pid <= 0)
		return;
	back_remove_fd(process->pidfd);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
	process->pid = 0;
}

void back_signal_process(struct back_process *process, int number)
{
	if (process->pid > 0 && process->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, process->pidfd, number, NULL, 0);
}

/* --- signals, xenstore ----------------------------------------------------------------------- */

static void signal_ready(struct back_source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGCHLD)
			continue; /* pidfds tell */
		else
			backd.stop = true;
}

static void watches_ready(struct back_source *source, uint32_t events)
{
	store_ready();
}

static struct back_source signal_source = { signal_ready }, store_source = { watches_ready };

int loop_start(void)
{
	sigset_t set;
	int error;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (epoll < 0 || signals < 0)
		return -errno;
	error = back_add_fd(signals, &signal_source, EPOLLIN);
	return error ? error : back_add_fd(xs_fileno(backd.xs), &store_source, EPOLLIN);
}

static void hand_out(const struct epoll_event *event)
{
	uint32_t fd = (uint32_t)event->data.u64;

	if (sources[fd].source && sources[fd].addition == event->data.u64 >> 32)
		sources[fd].source->ready(sources[fd].source, event->events);
}

int loop_run(void)
{
	struct epoll_event events[MAX_EVENTS];

	while (!backd.stop) {
		int nr = epoll_wait(epoll, events, MAX_EVENTS, until_next_timer());

		if (nr < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < nr; i++)
			hand_out(&events[i]);
		run_timers();
		look_at_dirty();
	}
	return 0;
}
