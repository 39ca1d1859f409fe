/* SPDX-License-Identifier: MIT */
/*
 * serai-backd: serves devices to guests from this domain. Options, one instance, the background.
 */
#include "backd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 100 /* a hundredth of a second apart */

struct backd backd;

void back_log(int priority, const char *format, ...)
{
	va_list args, again;

	if (priority == LOG_DEBUG && !backd.verbose)
		return;
	va_start(args, format);
	va_copy(again, args);
	vsyslog(priority, format, args);
	if (backd.interactive) {
		fprintf(stderr, "serai-backd: ");
		vfprintf(stderr, format, again);
		fputc('\n', stderr);
	}
	va_end(again);
	va_end(args);
}

static int usage(FILE *to)
{
	fprintf(to, "Usage: serai-backd [-i] [-v] [-p FILE]\n"
		    "  -i, --interactive    stay in the foreground, log to standard error\n"
		    "  -v, --verbose        log more\n"
		    "  -p, --pid-file FILE  (default: " BACK_DIR "/backd.lock)\n");
	return to == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *pid_file = BACK_DIR "/backd.lock";

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "interactive", no_argument, NULL, 'i' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "pid-file", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "hivp:", options, NULL)) != -1) {
		if (c == 'i')
			backd.interactive = true;
		else if (c == 'v')
			backd.verbose = true;
		else if (c == 'p')
			pid_file = optarg;
		else
			exit(usage(c == 'h' ? stdout : stderr));
	}
	if (optind < argc)
		exit(usage(stderr));
}

static int fail(const char *what, const char *remedy)
{
	fprintf(stderr, "serai-backd: %s: %s. %s\n", what, strerror(errno), remedy);
	return EXIT_FAILURE;
}

/* The worker is beside us, wherever the tree was installed. */
static bool find_worker(void)
{
	ssize_t len = readlink("/proc/self/exe", backd.worker_path, sizeof(backd.worker_path) - 16);
	char *slash;

	if (len < 0)
		return false;
	backd.worker_path[len] = '\0';
	slash = strrchr(backd.worker_path, '/');
	if (!slash)
		return false;
	memcpy(slash, "/serai-back", sizeof("/serai-back"));
	return !access(backd.worker_path, X_OK);
}

static int lock_pid_file(void)
{
	char other[16] = "";
	int fd = open(pid_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		fail(pid_file, "serai-backd must be started by root.");
		return -1;
	}
	/* One that was just killed may not be quite gone. */
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		usleep(10000);
	}
	(void)!read(fd, other, sizeof(other) - 1);
	fprintf(stderr, "serai-backd: already running with pid %d (%s is locked)\n", atoi(other),
		pid_file);
	close(fd);
	return -1;
}

static void write_pid(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) != len)
		back_log(LOG_WARNING, "%s cannot be written: %s", pid_file, strerror(errno));
}

/* The parent stays until the child serves, so that its exit code says whether it does. */
static int background(void)
{
	int ends[2], code = EXIT_FAILURE;
	char ready;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child) {
		close(ends[1]);
		if (read(ends[0], &ready, 1) == 1)
			code = EXIT_SUCCESS;
		_exit(code);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

static void leave_terminal(int notify)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)!chdir("/");
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	(void)!write(notify, "", 1);
	close(notify);
}

static int serve(int notify)
{
	int error;

	backd.xs = xs_open(0);
	if (!backd.xs)
		return fail("xenstored cannot be reached", "Is it running?");
	error = loop_start();
	if (!error)
		error = discover_start();
	if (error) {
		errno = -error;
		return fail("cannot start", "The log may tell more.");
	}
	discover_clean();
	if (notify >= 0)
		leave_terminal(notify);
	back_log(LOG_INFO, "serves devices of %s", backd.home);
	error = loop_run();
	if (error)
		back_log(LOG_ERR, "ends: %s", strerror(-error));
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	int fd, notify = -1;

	parse_options(argc, argv);
	openlog("serai-backd", LOG_PID, LOG_DAEMON);
	/* Devices stand still while a request waits: better give up soon, and try again later. */
	setenv("SERAI_XENSTORE_TIMEOUT", "5", 0);
	umask(077);
	mkdir("/run/serai", 0755);
	mkdir(BACK_DIR, 0700);
	mkdir(BACK_EMPTY, 0555);
	setrlimit(RLIMIT_NOFILE, &files);
	if (!find_worker())
		return fail(backd.worker_path, "It belongs beside serai-backd.");
	fd = lock_pid_file();
	if (fd < 0)
		return EXIT_FAILURE;
	if (!backd.interactive) {
		notify = background();
		if (notify < 0)
			return fail("cannot go to the background", "");
	}
	write_pid(fd);
	return serve(notify);
}
