/* SPDX-License-Identifier: MIT */
/*
 * qemu-storage-daemon, one process for each image that is not raw; the worker talks NBD to it.
 *
 * NBD over a Unix socket, because the worker can use it with nothing but a connected descriptor: no
 * shared memory (vhost-user would need the guest's), no mount that a dying process leaves behind
 * and no descriptor whose opening may hang (FUSE).
 *
 * It caches: only when it is asked to end (SIGTERM) has all that was answered reached the image.
 * So it is never killed by us. A new connection for the same rings is always to a new process,
 * begun after the old one has ended: nothing the old one had under way can come after what is done
 * again. One is found again, and known to be gone, by the lock it holds (server.c). If it dies by
 * itself, another is started, and the worker writes again what was answered and not flushed
 * (worker/write_log.c). If it dies again and again the disk gives errors until it is connected
 * anew. LIMITS: it runs as root. If it dies while the device closes, what its guest did not flush
 * may be lost, as when a disk loses power; the log tells.
 */
#include "disk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS	  20
#define ASK_MS	  500
#define LIVES	  10 /* deaths in so many seconds that end it */
#define LIVES_SEC 10

/* --- its connection -------------------------------------------------------------------------- */

static void disconnect(struct storage *s)
{
	if (s->connection < 0)
		return;
	back_remove_fd(s->connection);
	close(s->connection);
	s->connection = -1;
}

static void failed(struct storage *s, int rc, const char *what)
{
	back_error(s->device, rc, "%s: qemu-storage-daemon %s: %s; the log tells more",
		   s->image->path, what, strerror(-rc));
	storage_stop(s);
	back_finish(s->device, rc);
}

static void connection_ready(struct back_source *source, uint32_t events)
{
	struct storage *s =
	    (struct storage *)(void *)((char *)source - offsetof(struct storage, source));
	int rc = handshake_go_on(&s->handshake, s->connection);

	if (!rc)
		return;
	if (rc == -ECONNRESET || rc == -EPIPE) {
		disconnect(s); /* its end follows, and tells how it died */
		return;
	}
	back_remove_fd(s->connection);
	if (rc < 0) {
		failed(s, rc, "does not greet");
		return;
	}
	s->phase = STORAGE_READY;
	back_finish(s->device, 0);
}

/* Its socket appears when it has opened the image. */
static bool try_connect(struct storage *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[BACK_PATH_MAX];

	server_file(s, "nbd", path);
	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	s->connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->connection < 0)
		return false;
	if (connect(s->connection, (struct sockaddr *)&address, sizeof(address)) ||
	    back_add_fd(s->connection, &s->source, EPOLLIN)) {
		close(s->connection);
		s->connection = -1;
		return false;
	}
	handshake_start(&s->handshake);
	s->phase = STORAGE_GREETING;
	return true;
}

/*
 * More than once: its handler only leaves a word, which its main loop reads before it sleeps. One
 * signal between the two would be noticed at the next event, and there may be none.
 */
static void ask_to_end(struct storage *s)
{
	s->phase = STORAGE_ENDING;
	back_signal_process(&s->process, SIGTERM);
	back_set_timer(&s->poll, ASK_MS);
}

/*
 * One whose serai-backd died may still run: it ends first. False: there is none. It may be of so
 * late a start that it has not said yet who it is.
 */
static bool end_left(struct storage *s)
{
	pid_t pid = 0;

	if (!server_runs(s, &pid))
		return false;
	if (pid > 0 && !back_watch_process(&s->process, pid)) {
		ask_to_end(s);
	} else {
		s->phase = STORAGE_ENDING;
		back_set_timer(&s->poll, POLL_MS);
	}
	return true;
}

/* --- its life -------------------------------------------------------------------------------- */

static int begin(struct storage *s)
{
	int rc;

	if (access(SERVER_PROGRAM, X_OK))
		return back_error(s->device, -ENOENT,
				  "%s: a %s image needs " SERVER_PROGRAM
				  ": install Debian's qemu-system-common or qemu-utils",
				  s->image->path, s->image->driver);
	rc = server_start(s, &s->process);
	if (rc)
		return back_error(s->device, rc, SERVER_PROGRAM " cannot be started: %s",
				  strerror(-rc));
	s->wanted = false;
	s->phase = STORAGE_STARTING;
	back_set_timer(&s->poll, POLL_MS);
	return BACK_LATER;
}

static void count_death(struct storage *s)
{
	uint64_t now = back_now_ms();

	if (now - s->since > LIVES_SEC * 1000) {
		s->since = now;
		s->deaths = 0;
	}
	s->deaths++;
}

bool storage_keeps_dying(const struct storage *s)
{
	return s->deaths >= LIVES;
}

static void begin_again(struct storage *s)
{
	int rc = begin(s);

	if (rc != BACK_LATER)
		back_finish(s->device, rc);
}

/* What ended was wanted to: another may be. */
static void asked_ended(struct storage *s, int status)
{
	if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		back_log(LOG_ERR, "%s: qemu-storage-daemon was killed (signal %d) while it ended",
			 s->image->path, WTERMSIG(status));
	if (s->wanted)
		begin_again(s);
}

static void poll_expired(struct back_timer *timer)
{
	struct storage *s =
	    (struct storage *)(void *)((char *)timer - offsetof(struct storage, poll));

	if (s->phase == STORAGE_STARTING && !try_connect(s))
		back_set_timer(&s->poll, POLL_MS);
	if (s->phase != STORAGE_ENDING)
		return;
	if (s->process.pid > 0) {
		ask_to_end(s);
	} else if (!end_left(s)) {
		s->phase = STORAGE_OFF;
		asked_ended(s, -1);
	}
}

/* Not asked to. */
static void died(struct storage *s, enum storage_phase phase, int status)
{
	bool killed = status == -1 || WIFSIGNALED(status);
	bool held = !killed && WEXITSTATUS(status) == SERVER_HELD;

	count_death(s);
	if (phase == STORAGE_READY) {
		back_log(LOG_ERR, "%s: qemu-storage-daemon ended by itself (status %#x)",
			 s->image->path, (unsigned int)status);
		back_reconnect(s->device);
	} else if (!(killed || held) || storage_keeps_dying(s)) {
		failed(s, -EIO, "cannot open it");
	} else if (held && end_left(s)) {
		s->wanted = true;
	} else {
		begin_again(s);
	}
}

static void process_exited(struct back_process *process, int status)
{
	struct storage *s =
	    (struct storage *)(void *)((char *)process - offsetof(struct storage, process));
	enum storage_phase phase = s->phase;

	s->phase = STORAGE_OFF;
	back_set_timer(&s->poll, -1);
	disconnect(s);
	if (phase == STORAGE_ENDING)
		asked_ended(s, status);
	else
		died(s, phase, status);
}

void storage_init(struct storage *s, struct back_device *device, const struct image *image)
{
	s->device = device;
	s->image = image;
	s->connection = -1;
	s->process.exited = process_exited;
	s->process.pidfd = -1;
	s->poll.expired = poll_expired;
	s->source.ready = connection_ready;
	(void)end_left(s);
}

int storage_start(struct storage *s)
{
	if (s->phase == STORAGE_READY && s->connection >= 0)
		return 0;
	if (s->phase == STORAGE_STARTING || s->phase == STORAGE_GREETING)
		return BACK_LATER;
	if (s->phase == STORAGE_OFF)
		return begin(s);
	s->wanted = true;
	if (s->phase != STORAGE_ENDING)
		storage_stop(s);
	return BACK_LATER;
}

void storage_stop(struct storage *s)
{
	back_set_timer(&s->poll, -1);
	disconnect(s);
	if (s->process.pid > 0)
		ask_to_end(s);
}

void storage_forget(struct storage *s)
{
	char path[BACK_PATH_MAX];

	if (!s->device)
		return;
	storage_stop(s);
	back_set_timer(&s->poll, -1);
	back_forget_process(&s->process);
	server_file(s, "pid", path);
	unlink(path);
	server_file(s, "nbd", path);
	unlink(path);
}

void storage_clean(const char *name)
{
	char path[BACK_PATH_MAX];
	pid_t pid = 0;

	snprintf(path, sizeof(path), BACK_DIR "/%s", name);
	if (strstr(name, ".pid") && server_holds(path, &pid) && pid > 0)
		kill(pid, SIGTERM);
	unlink(path);
}
