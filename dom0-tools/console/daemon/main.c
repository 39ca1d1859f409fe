/* SPDX-License-Identifier: MIT */
/*
 * xenconsoled: serves the consoles of all domains. Options, going to the background, one instance.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "daemon/service.h"

struct xenconsoled self = {
	.options = { .log_dir = "/var/log/xen/console",
		     .state_dir = "/run/xen/xenconsoled",
		     .pid_file = "/var/run/xen/xenconsoled.pid" },
};

void say(int priority, const char *format, ...)
{
	va_list args, again;

	if (priority == LOG_DEBUG && !self.options.verbose)
		return;
	va_start(args, format);
	va_copy(again, args);
	vsyslog(priority, format, args);
	if (self.options.interactive) {
		fprintf(stderr, "xenconsoled: ");
		vfprintf(stderr, format, again);
		fputc('\n', stderr);
	}
	va_end(again);
	va_end(args);
}

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "log", required_argument, NULL, 'l' },
	{ "log-dir", required_argument, NULL, 'r' },
	{ "pid-file", required_argument, NULL, 'p' },
	{ "timestamp", required_argument, NULL, 't' },
	{ "overflow-data", required_argument, NULL, 'o' },
	{ "replace-escape", no_argument, NULL, 'e' },
	{ "state-dir", required_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static int usage(FILE *to)
{
	fprintf(
	    to,
	    "Usage: xenconsoled [-h] [-V] [-v] [-i] [--log=none|guest|hv|all] [--log-dir=DIR]\n"
	    "                   [--pid-file=PATH] [-t, --timestamp=none|guest|hv|all]\n"
	    "                   [-o, --overflow-data=discard|keep] [--replace-escape] "
	    "[--state-dir=DIR]\n"
	    "\n"
	    "  --replace-escape  - replace ESC character with dot when writing console log\n"
	    "  --state-dir       - where output that nobody has read is kept across restarts\n");
	return to == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Index of the word in the list, or exit. */
static int choose(const char *option, const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(word, words[i]))
			return i;
	fprintf(stderr, "xenconsoled: --%s=%s: not one of", option, word);
	for (int i = 0; words[i]; i++)
		fprintf(stderr, "%s %s", i ? "," : "", words[i]);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static void parse_options(int argc, char **argv)
{
	/* In the order of LOG_GUEST | LOG_HV. */
	static const char *const kinds[] = { "none", "guest", "hv", "all", NULL };
	static const char *const overflow[] = { "discard", "keep", NULL };
	struct options *o = &self.options;
	int c;

	while ((c = getopt_long(argc, argv, "hVvit:o:", long_options, NULL)) != -1) {
		switch (c) {
		case 'V':
			puts("xenconsoled of Serai");
			exit(EXIT_SUCCESS);
		case 'v':
			o->verbose = true;
			break;
		case 'i':
			o->interactive = true;
			break;
		case 'l':
			o->log = choose("log", optarg, kinds);
			break;
		case 't':
			o->stamp = choose("timestamp", optarg, kinds);
			break;
		case 'o':
			o->keep = choose("overflow-data", optarg, overflow);
			break;
		case 'e':
			o->dots = true;
			break;
		case 'r':
			o->log_dir = optarg;
			break;
		case 'p':
			o->pid_file = optarg;
			break;
		case 's':
			o->state_dir = optarg;
			break;
		default:
			exit(usage(c == 'h' ? stdout : stderr));
		}
	}
	if (optind < argc)
		exit(usage(stderr));
}

static void make_dirs(const char *path)
{
	char *copy = strdup(path);

	for (char *p = copy ? strchr(copy + 1, '/') : NULL; p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(copy, 0755);
		*p = '/';
	}
	if (copy && mkdir(copy, 0700) < 0 && errno != EEXIST)
		say(LOG_WARNING, "cannot make %s: %s", path, strerror(errno));
	free(copy);
}

/* Each guest needs a terminal; more guests than descriptors would be silent ones. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < 65536 && geteuid() == 0)
		limit.rlim_cur = limit.rlim_max = 65536;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		say(LOG_WARNING, "cannot raise the number of open files: %s", strerror(errno));
}

static int fail(const char *what, const char *remedy)
{
	fprintf(stderr, "xenconsoled: %s: %s%s%s\n", what, strerror(errno), remedy ? ". " : "",
		remedy ? remedy : "");
	return EXIT_FAILURE;
}

static int open_handles(void)
{
	self.xs = xs_open(0);
	if (!self.xs)
		return fail("cannot reach xenstored", "Is it running?");
	self.xc = xc_interface_open(NULL, NULL, 0);
	if (!self.xc)
		return fail("cannot reach the hypervisor",
			    "Is this the control domain, and xen-privcmd loaded?");
	self.evtchn = xenevtchn_open(NULL, 0);
	if (!self.evtchn)
		return fail("cannot use event channels", "Is the module xen-evtchn loaded?");
	self.gnttab = xengnttab_open(NULL, 0);
	if (!self.gnttab)
		return fail("cannot map grants", "Is the module xen-gntdev loaded?");
	self.foreign = xenforeignmemory_open(NULL, 0);
	if (!self.foreign)
		return fail("cannot map guests' memory", "Is the module xen-privcmd loaded?");
	return 0;
}

/* The locked pid file is what makes a second daemon go away. */
static int lock_pid_file(void)
{
	const char *path = self.options.pid_file;
	pid_t other = 0;
	int fd = service_lock(path, 0644, &other);

	if (fd == -EWOULDBLOCK) {
		fprintf(stderr, "xenconsoled: already running with pid %d (%s is locked)\n", other,
			path);
	} else if (fd < 0) {
		errno = -fd;
		fail(path, NULL);
	}
	return fd;
}

static int serve(int notify)
{
	int error;

	if (open_handles())
		return EXIT_FAILURE;
	error = loop_start();
	if (error) {
		errno = -error;
		return fail("cannot start", NULL);
	}
	if (notify >= 0)
		service_ready(notify);
	error = loop_run();
	if (error)
		say(LOG_ERR, "ends: %s", strerror(-error));
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int pid_fd, notify = -1, code;

	parse_options(argc, argv);
	if (geteuid() != 0) {
		fprintf(stderr, "xenconsoled requires root to run.\n");
		return EXIT_FAILURE;
	}
	openlog("xenconsoled", LOG_PID, LOG_DAEMON);
	/* Consoles stand still while a request waits; better give up soon, and try again later. */
	setenv("SERAI_XENSTORE_TIMEOUT", "3", 0);
	umask(027);
	pid_fd = lock_pid_file();
	if (pid_fd < 0)
		return EXIT_FAILURE;
	make_dirs(self.options.state_dir);
	if (self.options.log)
		make_dirs(self.options.log_dir);
	raise_limits();
	/* Before anything is opened: mappings of guests' memory belong to one process. */
	if (!self.options.interactive) {
		notify = service_detach();
		if (notify < 0) {
			errno = -notify;
			return fail("cannot go to the background", NULL);
		}
	}
	if (service_write_pid(pid_fd))
		say(LOG_WARNING, "%s cannot be written", self.options.pid_file);
	code = serve(notify);
	unlink(self.options.pid_file);
	return code;
}
