/* SPDX-License-Identifier: MIT */
/*
 * serai-backd: serves devices to guests from this domain. Options, one instance, the background.
 */
#include "backd.h"
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
	pid_t other = 0;
	int fd = service_lock(pid_file, 0600, &other);

	if (fd == -EWOULDBLOCK) {
		fprintf(stderr, "serai-backd: already running with pid %d (%s is locked)\n", other,
			pid_file);
	} else if (fd < 0) {
		errno = -fd;
		fail(pid_file, "serai-backd must be started by root.");
	}
	return fd;
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
		service_ready(notify);
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
		notify = service_detach();
		if (notify < 0) {
			errno = -notify;
			return fail("cannot go to the background", "");
		}
	}
	if (service_write_pid(fd))
		back_log(LOG_WARNING, "%s cannot be written", pid_file);
	return serve(notify);
}
