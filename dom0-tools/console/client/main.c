/* SPDX-License-Identifier: MIT */
/*
 * xenconsole: the user's side of a guest's console. xl console runs it.
 *
 * It ends when the user types the escape, or when the guest is gone. When only the daemon behind
 * the guest's terminal is, it waits for the next one and goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client.h"

#define APPEAR_MS 10000
#define RETURN_MS 5000
#define ESCAPE	  0x1d /* ^] */
#define LOCK	  "/var/lock/xenconsole."

struct options {
	unsigned int num;
	const char *type; /* NULL: not said */
	int notify, escape;
	bool interactive;
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "num", required_argument, NULL, 'n' },
	{ "type", required_argument, NULL, 't' },
	{ "start-notify-fd", required_argument, NULL, 's' },
	{ "escape", required_argument, NULL, 'e' },
	{ "interactive", no_argument, NULL, 'i' },
	{ NULL, 0, NULL, 0 },
};

static int usage(FILE *to)
{
	fprintf(to, "Usage: xenconsole [OPTION] DOMID\n"
		    "Attach to a domain's console. Ctrl+] detaches.\n"
		    "\n"
		    "  -h, --help       display this help and exit\n"
		    "  -n, --num N      use console number N\n"
		    "  -t, --type TYPE  console type: 'pv', 'serial' or 'vuart'\n"
		    "  -e, --escape C   detach by C (a character, or ^ and a letter) instead\n"
		    "  -i, --interactive  read input even if it is no terminal\n"
		    "  --start-notify-fd N  tell a parent through descriptor N when attached\n");
	return to == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool parse_number(const char *text, unsigned int *value)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*value = (unsigned int)number;
	return end != text && !*end && number <= INT_MAX && *text != '-';
}

static int parse_escape(const char *text)
{
	if (text[0] == '^' && text[1] && !text[2])
		return text[1] & 0x1f;
	return text[0] && !text[1] ? (unsigned char)text[0] : -1;
}

static bool parse_option(struct options *o, int c)
{
	unsigned int notify;

	switch (c) {
	case 'n':
		return parse_number(optarg, &o->num);
	case 't':
		o->type = optarg;
		return !strcmp(optarg, "pv") || !strcmp(optarg, "serial") ||
		       !strcmp(optarg, "vuart");
	case 'e':
		o->escape = parse_escape(optarg);
		return o->escape >= 0;
	case 's':
		if (!parse_number(optarg, &notify))
			return false;
		o->notify = (int)notify;
		return true;
	case 'i':
		o->interactive = true;
		return true;
	default:
		return false;
	}
}

/* A device model's serial line is the console of a guest that has one. */
static const char *default_type(struct target *t)
{
	char path[96], *name;

	snprintf(path, sizeof(path), "/local/domain/%u/serial/0/tty", t->domid);
	name = xs_read(t->xs, XBT_NULL, path, NULL);
	free(name);
	return name ? "serial" : "pv";
}

static void name_path(struct target *t, const struct options *o)
{
	const char *type = o->type ? o->type : o->num ? "pv" : default_type(t);

	if (!strcmp(type, "serial"))
		snprintf(t->path, sizeof(t->path), "/local/domain/%u/serial/%u/tty", t->domid,
			 o->num);
	else if (!strcmp(type, "vuart"))
		snprintf(t->path, sizeof(t->path), "/local/domain/%u/vuart/0/tty", t->domid);
	else if (o->num)
		snprintf(t->path, sizeof(t->path), "/local/domain/%u/device/console/%u/tty",
			 t->domid, o->num);
	else
		snprintf(t->path, sizeof(t->path), "/local/domain/%u/console/tty", t->domid);
}

/* Two at one terminal would each get a part of what the guest writes. */
static bool lock_console(unsigned int domid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), LOCK "%u", domid);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	fprintf(
	    stderr,
	    "xenconsole: the console of domain %u is in use by another xenconsole (it holds %s)\n",
	    domid, path);
	close(fd);
	return false;
}

static void notify_parent(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "", 1) != 1)
		fprintf(stderr, "xenconsole: Could not notify parent with fd %d: %s\n", fd,
			strerror(errno));
	close(fd);
}

static int attach(struct target *t, const struct options *o)
{
	struct relay relay = { .in = -1, .out = STDOUT_FILENO, .escape = o->escape };
	bool typing = o->interactive || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	enum relay_end end;
	char why[160];
	int ms = APPEAR_MS;

	for (;;) {
		relay.guest = target_open(t, ms, why, sizeof(why));
		if (relay.guest < 0)
			break;
		if (ms == APPEAR_MS) {
			notify_parent(o->notify);
			if (typing)
				terminal_make_raw(STDIN_FILENO);
			relay.in = typing ? STDIN_FILENO : -1;
		}
		end = relay_run(&relay);
		close(relay.guest);
		if (end == RELAY_DETACHED)
			return EXIT_SUCCESS;
		if (end == RELAY_FAILED) {
			terminal_restore();
			fprintf(stderr, "xenconsole: %s\n", strerror(errno));
			return EXIT_FAILURE;
		}
		ms = RETURN_MS;
	}
	/* It was there once: then it ended with the guest, which is how a console ends. */
	if (ms == RETURN_MS && !target_is_alive(t))
		return EXIT_SUCCESS;
	terminal_restore();
	fprintf(stderr, "xenconsole: cannot attach to domain %u: %s\n", t->domid, why);
	return EXIT_FAILURE;
}

static int run(const struct options *o, unsigned int domid)
{
	struct target t = { .domid = domid };
	int code = EXIT_FAILURE;

	t.xs = xs_open(0);
	if (!t.xs) {
		fprintf(stderr, "xenconsole: cannot reach xenstored at %s: %s. Is it running?\n",
			xs_daemon_socket(), strerror(errno));
		return EXIT_FAILURE;
	}
	name_path(&t, o);
	if (!xs_watch(t.xs, t.path, "tty") || !xs_watch(t.xs, "@releaseDomain", "gone"))
		fprintf(stderr, "xenconsole: cannot watch %s: %s\n", t.path, strerror(errno));
	else if (lock_console(domid))
		code = attach(&t, o);
	xs_close(t.xs);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = { .notify = -1, .escape = ESCAPE };
	unsigned int domid;
	int c;

	while ((c = getopt_long(argc, argv, "hn:t:e:i", long_options, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (!parse_option(&o, c)) {
			if (c != '?')
				fprintf(stderr, "xenconsole: -%c %s: not understood\n", c, optarg);
			return usage(stderr);
		}
	}
	if (argc - optind != 1)
		return usage(stderr);
	if (!parse_number(argv[optind], &domid)) {
		fprintf(stderr, "xenconsole: Invalid DOMID `%s'\n", argv[optind]);
		return EXIT_FAILURE;
	}
	if (domid == 0) {
		fprintf(stderr,
			"xenconsole: Can't specify Domain-0: its console is the hypervisor's\n");
		return EXIT_FAILURE;
	}
	return run(&o, domid);
}
