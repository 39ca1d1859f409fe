/* SPDX-License-Identifier: MIT */
/*
 * domd: acts when domains end.
 *
 * The loop waits for the store's word that some domain has ended, looks at all domains marked as
 * watched, and lets a child process act on each that has (a core dump must not hold up others). It
 * keeps nothing in memory that matters: killed and started again at any time, it looks and goes on.
 * When the store goes away it waits for it to come back.
 */
#include "domd/domd.h"
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CHILDREN 16
#define LOOK_MS	     60000 /* without any word: a lost one costs no more than this */
#define RETRY_MS     500
#define AT_ONCE	     (4096 / sizeof(xc_domaininfo_t)) /* more would have to map memory each time */

struct child {
	pid_t pid; /* 0: free */
	uint32_t domid;
};

static struct child children[MAX_CHILDREN];
static bool stop;
static int lock_fd; /* held as long as this process lives; its children must not keep it */

static struct child *child_of(uint32_t domid)
{
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid && children[i].domid == domid)
			return &children[i];
	return NULL;
}

static struct child *free_child(void)
{
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		if (!children[i].pid)
			return &children[i];
	return NULL;
}

/* In the child: signals as at a program's start. */
static void plain_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void start_child(uint32_t domid)
{
	struct child *child = free_child();
	pid_t pid;

	if (!child || child_of(domid))
		return; /* looked at again when a child ends */
	pid = fork();
	if (!pid) {
		close(lock_fd);
		plain_signals();
		_exit(domid == DOMID_INVALID ? resume_restarts() : act_on_domain(domid));
	}
	if (pid > 0)
		*child = (struct child){ pid, domid };
}

static void reap_children(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (unsigned int i = 0; i < MAX_CHILDREN; i++)
			if (children[i].pid == pid)
				children[i].pid = 0;
}

static bool watched(struct session *session, uint32_t domid)
{
	char *mark = domain_mark(session, domid);
	bool ours = mark && !strcmp(mark, MARK_WATCHED);

	free(mark);
	return ours;
}

/* One that suspended itself is somebody's who saves it, and may go on. */
static bool has_ended(const xc_domaininfo_t *info)
{
	uint32_t reason = info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	return info->flags & XEN_DOMINF_shutdown && !(info->flags & XEN_DOMINF_dying) && reason != SHUTDOWN_suspend;
}

static void look(struct session *session)
{
	xc_domaininfo_t info[AT_ONCE];
	uint32_t next = 1;
	int got;

	while ((got = xc_domain_getinfolist(session->xc, next, AT_ONCE, info)) > 0) {
		for (int i = 0; i < got; i++) {
			models_look(session, &info[i]);
			if (has_ended(&info[i]) && watched(session, info[i].domain))
				start_child(info[i].domain);
		}
		next = info[got - 1].domain + 1;
	}
}

/*
 * Takes all words there are; false if the store is gone. Backends come and go with every domain,
 * and are no reason to look at all domains.
 */
static bool take_words(struct session *session, bool *any_ended)
{
	char **word;

	while ((word = xs_check_watch(session->xs)) != NULL) {
		if (strcmp(word[XS_WATCH_TOKEN], BACKENDS_TOKEN))
			*any_ended = true;
		else
			backends_changed(session, word[XS_WATCH_PATH]);
		free(word);
	}
	return errno == EAGAIN;
}

static void take_signals(int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			stop = true;
	reap_children();
}

/* Until the store goes away or the daemon is told to end. */
static void watch_domains(struct session *session, int signals)
{
	struct pollfd wait[4] = { { .fd = xs_fileno(session->xs), .events = POLLIN },
				  { .fd = signals, .events = POLLIN },
				  { .events = POLLIN },
				  { .fd = models_ready(), .events = POLLIN } };

	bool look_now = true;

	while (!stop) {
		int most, ready;

		if (look_now)
			look(session);
		look_now = false;
		most = backends_keep(session, LOOK_MS);
		wait[2].fd = backends_process();
		wait[2].revents = 0;
		ready = poll(wait, 4, most);
		if (ready < 0 && errno != EINTR)
			return;
		/* Beside words: a child that has ended makes room for another, and a word may be
		 * lost. */
		look_now = ready <= 0 || wait[1].revents || wait[3].revents;
		if (wait[2].revents)
			backends_ended();
		if (wait[3].revents)
			models_ended(session);
		if (wait[1].revents)
			take_signals(signals);
		if (wait[0].revents && !take_words(session, &look_now))
			return;
	}
}

static void serve(int signals)
{
	bool resumed = false, told = false;

	while (!stop) {
		struct pollfd wait = { .fd = signals, .events = POLLIN };
		struct session session;
		/* The session's complaint is worth one line, not two a second. */
		int error = told && access("/run/xenstored/socket", F_OK)
				? -ENOTCONN
				: session_open(&session, NULL);

		if (!error) {
			told = false;
			if (!resumed)
				start_child(DOMID_INVALID);
			resumed = true;
			backends_watch(&session);
			models_watch(&session);
			if (xs_watch(session.xs, "@releaseDomain", "domd"))
				watch_domains(&session, signals);
			session_close(&session);
		}
		told = told || error;
		if (!stop && poll(&wait, 1, RETRY_MS) > 0)
			take_signals(signals);
	}
}

static int take_lock(void)
{
	pid_t other = 0;

	lock_fd = service_lock(DOMD_LOCK, 0600, &other);
	if (lock_fd < 0 && lock_fd != -EWOULDBLOCK) {
		fprintf(stderr, "domd: %s: %s; root's rights are needed\n", DOMD_LOCK,
			strerror(-lock_fd));
		exit(1);
	}
	return lock_fd < 0;
}

static void go_into_background(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), log;
	pid_t pid = fork();

	if (pid)
		_exit(pid < 0);
	setsid();
	mkdir(LOG_DIRECTORY, 0755);
	log = open(LOG_DIRECTORY "/domd.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	/* Whatever else the starting command had open, its locks above all, is none of ours. */
	dup2(lock_fd, STDERR_FILENO + 1);
	lock_fd = STDERR_FILENO + 1;
	fcntl(lock_fd, F_SETFD, FD_CLOEXEC);
	close_range(lock_fd + 1, ~0U, 0);
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	bool foreground = argc == 2 && !strcmp(argv[1], "-F");

	if (argc > 1 && !foreground) {
		fprintf(stderr, "usage: domd [-F]\nActs when domains end (on_poweroff= and so on). "
				"-F: stay in the foreground.\n");
		return 2;
	}
	umask(022);
	if (take_lock()) {
		if (foreground)
			fprintf(stderr, "domd: one is running already\n");
		return foreground;
	}
	if (!foreground)
		go_into_background();
	if (chdir("/"))
		return 1;
	serve(block_signals());
	return 0;
}
