/* SPDX-License-Identifier: MIT */
/*
 * qemu-storage-daemon, one process for each image that is not raw; the worker talks NBD to it.
 *
 * NBD over a Unix socket, because the worker can use it with nothing but a connected descriptor: no
 * shared memory (vhost-user would need the guest's), no mount that a dying process leaves behind
 * and no descriptor whose opening may hang (FUSE).
 *
 * It caches: only when it is asked to end (SIGTERM) has all that was answered reached the image.
 * So it is never killed by us. A new connection for the same rings is always to a new process, begun
 * after the old one has ended: nothing the old one had under way can come after what is done again.
 * If it dies by itself, another is started, and the worker writes again what was answered and not
 * flushed (worker/write_log.c). If it dies again and again the disk gives errors until it is
 * connected anew.
 * LIMITS: it runs as root. If it dies while the device closes, what its guest did not flush may be
 * lost, as when a disk loses power; the log tells.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM	 "/usr/bin/qemu-storage-daemon"
#define POLL_MS	 20
#define ASK_MS	 500
#define LIVES	 10 /* deaths in so many seconds that end it */
#define LIVES_SEC 10
#define JSON_MAX (2 * IMAGE_PATH_MAX + 256)

static void file_name(const struct storage *s, const char *suffix, char name[BACK_PATH_MAX])
{
	snprintf(name, BACK_PATH_MAX, BACK_DIR "/%u-%s-%u.%s", s->device->domid,
		 s->device->class->kind, s->device->devid, suffix);
}

/* --- its process ----------------------------------------------------------------------------- */

/* The process a pid file names, if it is still that program. */
static pid_t read_pid(const char *path)
{
	char text[64] = "", comm[64];
	pid_t pid = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			pid = atoi(text);
		close(fd);
	}
	if (pid <= 1)
		return 0;
	snprintf(comm, sizeof(comm), "/proc/%d/comm", (int)pid);
	fd = open(comm, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	memset(text, 0, sizeof(text));
	if (read(fd, text, sizeof(text) - 1) <= 0 || strncmp(text, "qemu-storage-da", 15))
		pid = 0;
	close(fd);
	return pid;
}

static void write_pid(const struct storage *s, pid_t pid)
{
	char path[BACK_PATH_MAX], text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)pid), fd;

	file_name(s, "pid", path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, len) != len)
		back_log(LOG_WARNING, "%s cannot be written: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* text as a JSON string's inside. False: too long, or no text. */
static bool json_escape(char *to, size_t room, const char *text)
{
	size_t at = 0;

	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || at + 3 > room)
			return false;
		if (*text == '"' || *text == '\\')
			to[at++] = '\\';
		to[at++] = *text;
	}
	to[at] = '\0';
	return true;
}

struct arguments {
	char file[JSON_MAX], format[256], server[BACK_PATH_MAX + 64], export[128];
};

static int make_arguments(const struct storage *s, struct arguments *a)
{
	const char *readonly = s->image->readonly ? "true" : "false";
	char path[2 * IMAGE_PATH_MAX], socket[BACK_PATH_MAX];

	if (!json_escape(path, sizeof(path), s->image->path))
		return -ENAMETOOLONG;
	file_name(s, "nbd", socket);
	snprintf(a->file, sizeof(a->file),
		 "{\"driver\":\"file\",\"node-name\":\"file\",\"filename\":\"%s\","
		 "\"read-only\":%s,\"discard\":\"unmap\"}",
		 path, readonly);
	snprintf(a->format, sizeof(a->format),
		 "{\"driver\":\"%s\",\"node-name\":\"image\",\"file\":\"file\","
		 "\"read-only\":%s,\"discard\":\"unmap\"}",
		 s->image->driver, readonly);
	snprintf(a->server, sizeof(a->server), "addr.type=unix,addr.path=%s,max-connections=1",
		 socket);
	snprintf(a->export, sizeof(a->export),
		 "type=nbd,id=e,node-name=image,name=disk,writable=%s",
		 s->image->readonly ? "off" : "on");
	return 0;
}

static int spawn(struct storage *s)
{
	static struct arguments a;
	char socket[BACK_PATH_MAX];
	sigset_t none;
	pid_t pid;
	int rc = make_arguments(s, &a);

	if (rc)
		return rc;
	file_name(s, "nbd", socket);
	unlink(socket);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		execl(PROGRAM, PROGRAM, "--blockdev", a.file, "--blockdev", a.format,
		      "--nbd-server", a.server, "--export", a.export, (char *)NULL);
		_exit(127);
	}
	write_pid(s, pid);
	return back_watch_process(&s->process, pid);
}

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

	file_name(s, "nbd", path);
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

static void poll_expired(struct back_timer *timer)
{
	struct storage *s =
	    (struct storage *)(void *)((char *)timer - offsetof(struct storage, poll));

	if (s->phase == STORAGE_STARTING && !try_connect(s))
		back_set_timer(&s->poll, POLL_MS);
	if (s->phase == STORAGE_ENDING)
		ask_to_end(s);
}

/* --- its life -------------------------------------------------------------------------------- */

static int begin(struct storage *s)
{
	int rc;

	if (access(PROGRAM, X_OK))
		return back_error(s->device, -ENOENT,
				  "%s: a %s image needs " PROGRAM
				  ": install Debian's qemu-system-common or qemu-utils",
				  s->image->path, s->image->driver);
	rc = spawn(s);
	if (rc)
		return back_error(s->device, rc, PROGRAM " cannot be started: %s", strerror(-rc));
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

/* What ended was wanted to: another may be. */
static void asked_ended(struct storage *s, int status)
{
	int rc;

	if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		back_log(LOG_ERR, "%s: qemu-storage-daemon was killed (signal %d) while it ended",
			 s->image->path, WTERMSIG(status));
	if (!s->wanted)
		return;
	rc = begin(s);
	if (rc != BACK_LATER)
		back_finish(s->device, rc);
}

static void process_exited(struct back_process *process, int status)
{
	struct storage *s =
	    (struct storage *)(void *)((char *)process - offsetof(struct storage, process));
	enum storage_phase phase = s->phase;
	bool killed = status == -1 || WIFSIGNALED(status);
	char path[BACK_PATH_MAX];

	file_name(s, "pid", path);
	unlink(path);
	s->phase = STORAGE_OFF;
	back_set_timer(&s->poll, -1);
	disconnect(s);
	if (phase == STORAGE_ENDING) {
		asked_ended(s, status);
		return;
	}
	count_death(s);
	if (phase == STORAGE_READY) {
		back_log(LOG_ERR, "%s: qemu-storage-daemon ended by itself (status %#x)",
			 s->image->path, (unsigned int)status);
		back_reconnect(s->device);
	} else if (!killed || storage_keeps_dying(s) || begin(s) != BACK_LATER) {
		failed(s, -EIO, "cannot open it");
	}
}

/* A predecessor's may still run: it ends first. */
static bool adopt(struct storage *s)
{
	char path[BACK_PATH_MAX];
	pid_t pid;

	file_name(s, "pid", path);
	pid = read_pid(path);
	return pid && !back_watch_process(&s->process, pid);
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
	if (adopt(s))
		storage_stop(s);
}

int storage_start(struct storage *s)
{
	if (s->phase == STORAGE_READY && s->connection >= 0)
		return 0;
	if (s->phase == STORAGE_STARTING || s->phase == STORAGE_GREETING)
		return BACK_LATER;
	if (s->process.pid > 0) {
		s->wanted = true;
		storage_stop(s);
		return BACK_LATER;
	}
	return begin(s);
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
	file_name(s, "pid", path);
	unlink(path);
	file_name(s, "nbd", path);
	unlink(path);
}

void storage_clean(const char *name)
{
	char path[BACK_PATH_MAX];
	pid_t pid;

	snprintf(path, sizeof(path), BACK_DIR "/%s", name);
	pid = strstr(name, ".pid") ? read_pid(path) : 0;
	if (pid)
		kill(pid, SIGTERM);
	unlink(path);
}
