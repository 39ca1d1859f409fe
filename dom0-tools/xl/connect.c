/* SPDX-License-Identifier: MIT */
/*
 * Connections, each opened when a command first needs it, and why one cannot be: no hypervisor, no
 * rights, no store daemon, a daemon that hangs.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/xl.h"

static void explain_hypervisor(struct xl *xl, int error)
{
	char type[8] = "";
	FILE *file = fopen("/sys/hypervisor/type", "re");

	if (file && !fgets(type, sizeof(type), file))
		type[0] = '\0';
	if (file)
		fclose(file);
	if (strncmp(type, "xen", 3))
		fail(xl, "this system does not run on a hypervisor: boot it as Dom0 of Serai or "
			 "Xen (see the boot menu)");
	else if (access("/dev/xen/privcmd", F_OK) && access("/proc/xen/privcmd", F_OK))
		fail(xl, "/dev/xen/privcmd is missing: modprobe xen-privcmd (only the control "
			 "domain has it)");
	else if (error == EACCES || error == EPERM)
		fail(xl, "the hypervisor may only be asked by root: use sudo xl …");
	else
		fail(xl, "the hypervisor cannot be reached: %s (/dev/xen/privcmd)",
		     strerror(error));
}

xc_interface *hypervisor(struct xl *xl)
{
	if (!xl->session.xc) {
		xl->session.xc = xc_interface_open(&xl->logger, &xl->logger, 0);
		if (!xl->session.xc)
			explain_hypervisor(xl, errno);
	}
	return xl->session.xc;
}

static void store_hangs(int signal)
{
	static const char text[] =
	    "xl: xenstored does not answer: see its log, then restart it (it keeps its state)\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(EXIT_FAILED);
}

void store_guard(bool on)
{
	static bool handled;

	if (on && !handled) {
		signal(SIGALRM, store_hangs);
		handled = true;
	}
	alarm(on ? STORE_SECONDS : 0);
}

static void explain_store(struct xl *xl, int error)
{
	if (error == EACCES || error == EPERM)
		fail(xl, "xenstored may only be asked by root: use sudo xl …");
	else if (error == ENOENT || error == ECONNREFUSED)
		fail(xl, "xenstored does not run: start it (service xen start, or systemctl start "
			 "xenstored)");
	else
		fail(xl, "xenstored cannot be reached: %s", strerror(error));
}

struct xs_handle *store(struct xl *xl)
{
	static bool tried;

	if (!xl->session.xs && !tried) {
		tried = true;
		store_guard(true);
		/* Only the socket: the kernel's device would wait for ever if no daemon runs. */
		xl->session.xs = xs_open(XS_OPEN_SOCKETONLY);
		store_guard(false);
		if (!xl->session.xs)
			explain_store(xl, errno);
	}
	return xl->session.xs;
}

/* The operations on domains wait for the store as long as it takes: one that hangs is found out
 * before. */
struct session *whole_session(struct xl *xl)
{
	static bool answered;

	if (!hypervisor(xl) || !store(xl))
		return NULL;
	if (!answered)
		free(read_node(xl, "/local"));
	answered = true;
	return &xl->session;
}

void disconnect(struct xl *xl)
{
	/* The end of the process closes both; only what talks on the way down is worth its time. */
	if (xl->verbosity && xl->session.xc)
		xc_interface_close(xl->session.xc);
}

char *read_node(struct xl *xl, const char *format, ...)
{
	char path[512], *value;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (!store(xl))
		return NULL;
	store_guard(true);
	value = xs_read(xl->session.xs, XBT_NULL, path, NULL);
	store_guard(false);
	return value;
}

bool write_node(struct xl *xl, const char *path, const char *value)
{
	bool good;

	if (!store(xl))
		return false;
	store_guard(true);
	good = xs_write(xl->session.xs, XBT_NULL, path, value, (unsigned int)strlen(value));
	store_guard(false);
	return good;
}
