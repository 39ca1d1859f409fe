/* SPDX-License-Identifier: MIT */
/*
 * One process for a guest (or for a device whose class wants its own): started, fed over a socket,
 * watched, started again when it dies.
 *
 * What makes a restart safe is the lock: a file the worker holds locked by a descriptor that it
 * also registers with its io_uring. The kernel gives that up only once the process is gone *and*
 * its last I/O is done; so who has the lock knows that nothing of an earlier worker's can still
 * reach the disk or the guest, and only then is the next one started. The lock also serves a
 * serai-backd whose predecessor died: it finds the worker's pid in the file and ends it. It waits
 * for that process's end, too: the kernel may let go of the lock before the event channels.
 *
 *	none -> LOCKING (poll for the lock) -> STARTING (exec) -> RUNNING -> ENDING (its death, then
 *	the lock) -> LOCKING, or none if nobody needs it any more
 */
#include "backd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 5

enum phase { LOCKING, STARTING, RUNNING, ENDING };

struct worker {
	uint32_t domid;
	char name[64];			/* <domid> or <domid>-<kind>-<devid>, of its lock file */
	const struct back_class *class; /* of its own device's, else NULL */
	enum phase phase;
	bool dead;  /* ENDING: the process is gone, the lock is awaited */
	bool ours;  /* ENDING because nobody needed it */
	unsigned int users;
	struct back_process process;
	int evicted; /* LOCKING: whoever had the lock, a pidfd; -1: nobody known */
	int socket, lock;
	struct back_source source;
	struct back_timer poll;
	uint64_t since; /* deaths are counted from here */
	unsigned int deaths;
	LIST_ENTRY(worker) all;
};
static LIST_HEAD(, worker) workers;

static void try_to_start(struct worker *w);

/* --- the lock -------------------------------------------------------------------------------- */

/* A locked descriptor, or -EWOULDBLOCK, or another -errno. pid: who has it. */
static int take_lock(const char *name, pid_t *pid)
{
	char path[BACK_PATH_MAX], text[16] = "";
	int fd, error;

	snprintf(path, sizeof(path), BACK_DIR "/%s.lock", name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	error = -errno;
	*pid = pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
	close(fd);
	return error;
}

static void write_lock(int fd, pid_t pid)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)pid);

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) != len)
		back_log(LOG_WARNING, "a worker's lock file cannot be written: %s",
			 strerror(errno));
}

static void remove_lock(const char *name)
{
	char path[BACK_PATH_MAX];

	snprintf(path, sizeof(path), BACK_DIR "/%s.lock", name);
	unlink(path);
}

/* A pid from a file may be somebody else's by now. A pidfd of what was killed, or -1. */
static int kill_worker(pid_t pid)
{
	char path[64], name[16] = "";
	int fd, pidfd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0 && read(fd, name, sizeof(name) - 1) > 0 &&
	    !strncmp(name, "serai-back", 10) && strncmp(name, "serai-backd", 11)) {
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	} else if (pidfd >= 0) {
		close(pidfd);
		pidfd = -1;
	}
	close(fd);
	return pidfd;
}

/* Who was evicted has ended, and with it all that it held. */
static bool evicted_is_gone(struct worker *w)
{
	struct pollfd end = { .fd = w->evicted, .events = POLLIN };

	if (w->evicted < 0)
		return true;
	if (!poll(&end, 1, 0))
		return false;
	close(w->evicted);
	w->evicted = -1;
	return true;
}

void worker_evict(const char *lock_name)
{
	char name[64];
	struct worker *w;
	pid_t pid = 0;
	int fd;

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(lock_name) - 5), lock_name);
	if (!strcmp(name, "backd"))
		return;
	LIST_FOREACH (w, &workers, all)
		if (!strcmp(w->name, name))
			return;
	fd = take_lock(name, &pid);
	if (fd >= 0) {
		remove_lock(name);
		close(fd);
	} else {
		fd = kill_worker(pid);
		if (fd >= 0)
			close(fd);
		remove_lock(name);
	}
}

/* --- its life -------------------------------------------------------------------------------- */

static void forget(struct worker *w)
{
	back_set_timer(&w->poll, -1);
	if (w->evicted >= 0)
		close(w->evicted);
	remove_lock(w->name);
	LIST_REMOVE(w, all);
	free(w);
}

static void tell_gone(struct worker *w, bool give_up)
{
	struct back_private *n, *next;

	/* Each may end by this, and the worker with the last one; but not before the walk's end. */
	w->users++;
	for (n = LIST_FIRST(&backd.devices); n; n = next) {
		next = LIST_NEXT(n, all);
		if (n->worker == w)
			device_worker_gone(n, give_up);
	}
	if (!--w->users && w->phase == LOCKING)
		forget(w);
}

/* The process is dead and the lock is free, or was never taken by it. */
static void worker_over(struct worker *w)
{
	bool give_up = false;

	if (back_now_ms() - w->since > WORKER_LIVES_SEC * 1000) {
		w->since = back_now_ms();
		w->deaths = 0;
	}
	if (w->users && !w->ours && ++w->deaths >= WORKER_LIVES) {
		give_up = true;
		w->deaths = 0;
	}
	w->phase = LOCKING;
	w->dead = w->ours = false;
	if (!w->users) {
		forget(w);
		return;
	}
	back_set_timer(&w->poll, give_up ? -1 : 0);
	tell_gone(w, give_up);
}

static void close_socket(struct worker *w)
{
	if (w->socket < 0)
		return;
	back_remove_fd(w->socket);
	close(w->socket);
	w->socket = -1;
}

static void process_exited(struct back_process *process, int status)
{
	struct worker *w =
	    (struct worker *)(void *)((char *)process - offsetof(struct worker, process));

	close_socket(w);
	if (!w->ours)
		back_log(LOG_ERR, "the worker of domain %u died (%s %d); it is started again",
			 w->domid, WIFSIGNALED(status) ? "signal" : "exit code",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	w->phase = ENDING;
	w->dead = true;
	back_set_timer(&w->poll, 0);
}

static void socket_ready(struct back_source *source, uint32_t events)
{
	struct worker *w =
	    (struct worker *)(void *)((char *)source - offsetof(struct worker, source));
	struct back_message message;
	struct back_private *n, *next;

	for (int i = 0; i < 16; i++) {
		ssize_t got = recv(w->socket, &message, sizeof(message), MSG_DONTWAIT);

		if (got != sizeof(message))
			break;
		message.kind[BACK_KIND_MAX - 1] = message.text[sizeof(message.text) - 1] = '\0';
		if (message.bytes > BACK_BODY_BYTES)
			break;
		if (message.type == BACK_READY && message.result) {
			back_log(LOG_ERR, "the worker of domain %u cannot start: %s: %s", w->domid,
				 message.text, strerror(-message.result));
			continue;
		}
		if (message.type == BACK_READY && w->phase == STARTING)
			w->phase = RUNNING;
		for (n = LIST_FIRST(&backd.devices); n; n = next) {
			next = LIST_NEXT(n, all);
			if (n->worker != w)
				continue;
			if (message.type == BACK_READY)
				device_worker_ready(n);
			else if (n->device.devid == message.devid &&
				 !strcmp(n->device.class->kind, message.kind))
				device_message(n, &message);
		}
		if (w->socket < 0)
			return;
	}
	if (events & (EPOLLHUP | EPOLLERR))
		close_socket(w); /* its end follows */
}

static int move_fd(int from, int to)
{
	return dup2(from, to) < 0 ? -1 : 0;
}

/* A program of a class's own is beside the common one. */
static void exec_worker(const struct worker *w, const char *domid, const char *uid,
			const char *kind)
{
	const char *program = w->class ? w->class->program : NULL;
	const char *slash = strrchr(backd.worker_path, '/');
	char path[sizeof(backd.worker_path) + BACK_KIND_MAX];

	if (!program)
		program = slash + 1;
	snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - backd.worker_path), backd.worker_path,
		 program);
	execl(path, program, domid, uid, kind, (char *)NULL);
}

/* In the child: descriptors 0 to 2 as they are, the socket as 3, the lock as 4. */
static void become_worker(struct worker *w, int socket, int lock)
{
	char domid[16], uid[16];
	const char *kind = w->class ? w->class->kind : "-";
	int high_socket = fcntl(socket, F_DUPFD, 16), high_lock = fcntl(lock, F_DUPFD, 16);
	sigset_t none;

	if (high_socket < 0 || high_lock < 0 || move_fd(high_socket, 3) || move_fd(high_lock, 4))
		_exit(126);
	close(high_socket);
	close(high_lock);
	close_range(5, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(domid, sizeof(domid), "%u", w->domid);
	snprintf(uid, sizeof(uid), "%u", BACK_UID_BASE + (w->domid & 0x7fff));
	exec_worker(w, domid, uid, kind);
	_exit(127);
}

static int spawn(struct worker *w, int lock)
{
	int ends[2], error = 0, size = 1 << 20;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pid = fork();
	if (pid < 0)
		error = -errno;
	if (!pid)
		become_worker(w, ends[1], lock);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return error;
	}
	write_lock(lock, pid);
	w->socket = ends[0];
	w->source.ready = socket_ready;
	error = back_watch_process(&w->process, pid);
	if (!error)
		error = back_add_fd(w->socket, &w->source, EPOLLIN);
	if (error)
		kill(pid, SIGKILL);
	return error;
}

static void start(struct worker *w, int lock)
{
	int error = spawn(w, lock);

	close(lock); /* the child has it now */
	w->phase = STARTING;
	if (error) {
		back_log(LOG_ERR, "no worker for domain %u can be started: %s", w->domid,
			 strerror(-error));
		w->phase = ENDING;
		w->dead = true;
		back_set_timer(&w->poll, 1000);
	}
}

/* LOCKING: the way is free, or an earlier worker is told to end. ENDING: is all of it over? */
static void try_to_start(struct worker *w)
{
	pid_t pid = 0;
	int lock = take_lock(w->name, &pid);

	if (lock == -EWOULDBLOCK) {
		/* Again, until it was: who took the lock may not have written who it is. */
		if (w->phase == LOCKING && w->evicted < 0)
			w->evicted = kill_worker(pid);
		back_set_timer(&w->poll, POLL_MS);
		return;
	}
	if (lock >= 0 && !evicted_is_gone(w)) {
		close(lock);
		back_set_timer(&w->poll, POLL_MS);
		return;
	}
	if (lock < 0) {
		back_log(LOG_ERR, BACK_DIR "/%s.lock: %s", w->name, strerror(-lock));
		back_set_timer(&w->poll, 1000);
		return;
	}
	if (w->phase == LOCKING) {
		start(w, lock);
		return;
	}
	close(lock);
	worker_over(w);
}

static void poll_expired(struct back_timer *timer)
{
	struct worker *w = (struct worker *)(void *)((char *)timer - offsetof(struct worker, poll));

	if (w->phase == LOCKING || (w->phase == ENDING && w->dead))
		try_to_start(w);
}

/* --- what devices ask for -------------------------------------------------------------------- */

static struct worker *new_worker(const struct back_private *n)
{
	const struct back_device *device = &n->device;
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->domid = device->domid;
	w->socket = w->evicted = -1;
	w->poll.expired = poll_expired;
	w->process.exited = process_exited;
	w->since = back_now_ms();
	if (device->class->own_worker) {
		w->class = device->class;
		snprintf(w->name, sizeof(w->name), "%u-%s-%u", device->domid, device->class->kind,
			 device->devid);
	} else {
		snprintf(w->name, sizeof(w->name), "%u", device->domid);
	}
	LIST_INSERT_HEAD(&workers, w, all);
	back_set_timer(&w->poll, 0);
	return w;
}

static bool serves(const struct worker *w, const struct back_private *n)
{
	char own[64];

	if (w->domid != n->device.domid || (w->class != NULL) != n->device.class->own_worker)
		return false;
	if (!w->class)
		return true;
	snprintf(own, sizeof(own), "%u-%s-%u", n->device.domid, n->device.class->kind,
		 n->device.devid);
	return !strcmp(own, w->name);
}

bool worker_join(struct back_private *n)
{
	struct worker *w;

	if (!n->worker) {
		LIST_FOREACH (w, &workers, all)
			if (serves(w, n))
				break;
		if (!w)
			w = new_worker(n);
		if (!w)
			return false; /* the deadline tells */
		w->users++;
		n->worker = w;
	}
	w = n->worker;
	if (w->phase == LOCKING && !w->poll.set)
		back_set_timer(&w->poll, 0); /* it was given up before */
	return w->phase == RUNNING;
}

void worker_leave(struct back_private *n)
{
	struct worker *w = n->worker;

	n->worker = NULL;
	if (!w || --w->users)
		return;
	if (w->phase == LOCKING) {
		forget(w);
	} else if (w->phase != ENDING) {
		back_signal_process(&w->process, SIGKILL); /* it has nothing left to lose */
		w->phase = ENDING;
		w->ours = true;
	}
}

void worker_kill(struct back_private *n)
{
	if (n->worker)
		back_signal_process(&n->worker->process, SIGKILL);
}

int worker_send(struct back_private *n, const struct back_message *message, const int *fds,
		uint32_t nr_fds)
{
	struct worker *w = n->worker;
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE((BACK_MAX_FDS + 1) * sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)message, .iov_len = sizeof(*message) };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };

	if (!w || w->socket < 0)
		return -ENOTCONN;
	if (nr_fds) {
		head.msg_control = &control;
		head.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, nr_fds * sizeof(int));
	}
	return sendmsg(w->socket, &head, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
