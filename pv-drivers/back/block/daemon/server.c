/* SPDX-License-Identifier: MIT */
/*
 * The process of a qemu-storage-daemon: its arguments, and the file by which it is found again.
 *
 * The file says the process's number, and is locked by the process itself, from before it becomes
 * the server until it is gone, whoever lives or dies meanwhile: a serai-backd that was killed
 * between any two steps of starting one leaves none that its successor cannot find, and there are
 * never two of an image.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define JSON_MAX (2 * IMAGE_PATH_MAX + 256)

void server_file(const struct storage *s, const char *suffix, char name[BACK_PATH_MAX])
{
	snprintf(name, BACK_PATH_MAX, BACK_DIR "/%u-%s-%u.%s", s->device->domid,
		 s->device->class->kind, s->device->devid, suffix);
}

/* --- found again ----------------------------------------------------------------------------- */

/* It is a server, or about to become one. */
static bool is_server(pid_t pid)
{
	char path[64], name[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = pid > 1 && pid != getpid() ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) <= 0)
		name[0] = '\0';
	close(fd);
	return !strncmp(name, "qemu-storage-da", 15) || !strncmp(name, "serai-backd", 11);
}

/* A number that was not written yet is an earlier one's: it does not count. */
bool server_holds(const char *path, pid_t *pid)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	char text[16] = "";
	bool held;

	*pid = 0;
	if (fd < 0)
		return false;
	held = flock(fd, LOCK_EX | LOCK_NB) < 0;
	if (held && pread(fd, text, sizeof(text) - 1, 0) > 0 && is_server(atoi(text)))
		*pid = atoi(text);
	close(fd);
	return held;
}

bool server_runs(const struct storage *s, pid_t *pid)
{
	char path[BACK_PATH_MAX];

	server_file(s, "pid", path);
	return server_holds(path, pid);
}

/* In the process to be: its file, locked for its life. */
static void hold(const struct storage *s)
{
	char path[BACK_PATH_MAX], text[16];
	int fd, len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	server_file(s, "pid", path);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600); /* not closed by exec */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		_exit(fd < 0 ? 126 : SERVER_HELD);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		_exit(126);
}

/* --- started --------------------------------------------------------------------------------- */

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
	server_file(s, "nbd", socket);
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

static void become_server(const struct storage *s, const struct arguments *a)
{
	char socket[BACK_PATH_MAX];
	sigset_t none;

	setsid();
	hold(s);
	server_file(s, "nbd", socket);
	unlink(socket); /* an earlier one's: nobody else has it now */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(SERVER_PROGRAM, SERVER_PROGRAM, "--blockdev", a->file, "--blockdev", a->format,
	      "--nbd-server", a->server, "--export", a->export, (char *)NULL);
	_exit(127);
}

int server_start(const struct storage *s, struct back_process *process)
{
	static struct arguments a;
	int rc = make_arguments(s, &a);
	pid_t pid;

	if (rc)
		return rc;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become_server(s, &a);
	rc = back_watch_process(process, pid);
	if (rc)
		kill(pid, SIGKILL);
	return rc;
}
