/* SPDX-License-Identifier: MIT */
/*
 * serai-exporter: what xentop --metrics says, as a page for collectors of metrics.
 *
 * The machine is read when a page is asked for, at most once a second however often that is. It
 * keeps nothing: killed and started again at any time, the next page is right.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "daemon/service.h"
#include "exporter/server.h"
#include "xentop/collect.h"
#include "xentop/report.h"

#define LOCK	"/run/serai/exporter.lock"
#define PORT	9780u
#define FRESH_S 1

struct options {
	const char *address;
	unsigned int port;
	bool foreground;
};

struct source {
	struct collector *collector;
	char *page;
	size_t length;
	struct timespec read; /* when */
};

static const struct server_limits limits = {
	.connections = 32, .read_ms = 5000, .write_ms = 10000, .leave_ms = 1000
};

static const char help[] =
    "Usage: serai-exporter [-F] [-l ADDRESS] [-p PORT]\n"
    "Serves what xentop --metrics says at http://ADDRESS:PORT/metrics.\n"
    "\n"
    "-l, --listen=ADDRESS  where, in numbers (127.0.0.1)\n"
    "-p, --port=PORT       (9780)\n"
    "-F, --foreground      stay in the foreground\n"
    "-h, --help            show these words\n";

static bool is_fresh(const struct source *source)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return source->page && now.tv_sec - source->read.tv_sec < FRESH_S;
}

static int read_machine(struct source *source)
{
	struct model model = { 0 };
	FILE *out;
	int rc;

	free(source->page);
	source->page = NULL;
	rc = collect(source->collector, &model.reading);
	if (rc)
		return rc;
	out = open_memstream(&source->page, &source->length);
	rc = out ? report_metrics(out, &model, &(struct show){ 0 }) : -ENOMEM;
	if (out && fclose(out) && !rc)
		rc = -ENOMEM;
	reading_free(&model.reading);
	clock_gettime(CLOCK_MONOTONIC, &source->read);
	if (rc) {
		free(source->page);
		source->page = NULL;
	}
	return rc;
}

static int page(void *context, char **body, size_t *length)
{
	struct source *source = context;
	int rc = is_fresh(source) ? 0 : read_machine(source);

	if (rc)
		return rc;
	*body = malloc(source->length);
	if (!*body)
		return -ENOMEM;
	memcpy(*body, source->page, source->length);
	*length = source->length;
	return 0;
}

static bool read_port(const char *text, unsigned int *port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !number || number > 65535)
		return false;
	*port = (unsigned int)number;
	return true;
}

/* -1: go on; else the program's status. */
static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option words[] = { { "listen", required_argument, NULL, 'l' },
					       { "port", required_argument, NULL, 'p' },
					       { "foreground", no_argument, NULL, 'F' },
					       { "help", no_argument, NULL, 'h' },
					       { NULL, 0, NULL, 0 } };
	int option;

	*options = (struct options){ .address = "127.0.0.1", .port = PORT };
	while ((option = getopt_long(argc, argv, "l:p:Fh", words, NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout) < 0;
		if (option == 'l') {
			options->address = optarg;
		} else if (option == 'F') {
			options->foreground = true;
		} else if (option != 'p') {
			fputs("serai-exporter: see serai-exporter --help\n", stderr);
			return 2;
		} else if (!read_port(optarg, &options->port)) {
			fprintf(stderr, "serai-exporter: --port %s: a number from 1 to 65535\n",
				optarg);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "serai-exporter: %s: what for? See serai-exporter --help\n", argv[optind]);
	return 2;
}

static int listen_or_complain(const struct options *options)
{
	int fd = server_listen(options->address, options->port);

	if (fd == -EINVAL)
		fprintf(stderr, "serai-exporter: --listen %s: no address in numbers\n",
			options->address);
	else if (fd < 0)
		fprintf(stderr, "serai-exporter: cannot listen at %s, port %u: %s%s\n",
			options->address, options->port, strerror(-fd),
			fd == -EADDRINUSE ? " (another port: -p)" : "");
	return fd;
}

/* One at a time. -1: go on. */
static int take_place(bool foreground, int *notify)
{
	pid_t other = 0;
	int lock = service_lock(LOCK, 0600, &other);

	if (lock == -EWOULDBLOCK) {
		fprintf(stderr, "serai-exporter: one is running already, process %d\n", (int)other);
		return 1;
	}
	if (lock < 0) {
		fprintf(stderr, "serai-exporter: %s: %s; root's rights are needed\n", LOCK,
			strerror(-lock));
		return 1;
	}
	*notify = foreground ? -1 : service_detach();
	if (!foreground && *notify < 0) {
		fprintf(stderr, "serai-exporter: cannot go into the background: %s\n",
			strerror(-*notify));
		return 1;
	}
	(void)service_write_pid(lock);
	return -1;
}

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct source source = { 0 };
	struct options options;
	int rc = read_options(argc, argv, &options), listener, notify = -1, stop;

	if (rc >= 0)
		return rc;
	rc = take_place(options.foreground, &notify);
	if (rc >= 0)
		return rc;
	listener = listen_or_complain(&options);
	if (listener < 0)
		return 1;
	source.collector = collector_open();
	stop = stop_signals();
	if (!source.collector || stop < 0)
		return 1;
	if (notify >= 0)
		service_ready(notify);
	rc = server_run(listener, stop, &limits, page, &source);
	if (rc)
		fprintf(stderr, "serai-exporter: stopped: %s\n", strerror(-rc));
	free(source.page);
	collector_close(source.collector);
	return rc ? 1 : 0;
}
