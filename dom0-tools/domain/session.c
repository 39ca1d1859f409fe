/* SPDX-License-Identifier: MIT */
/*
 * Opens the hypervisor and the store, and speaks to the user.
 *
 * The libraries' own complaints are dropped: they name calls, not causes. What the user reads is
 * said here, once per failure.
 */
#include "domain/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void drop_message(xentoollog_logger *logger, xentoollog_level level, int error,
			 const char *context, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

static void drop_message(xentoollog_logger *logger, xentoollog_level level, int error,
			 const char *context, const char *format, va_list arguments)
{
}

static void drop_progress(xentoollog_logger *logger, const char *context, const char *doing,
			  int percent, unsigned long done, unsigned long total)
{
}

static void keep_logger(xentoollog_logger *logger)
{
}

static xentoollog_logger quiet = { drop_message, drop_progress, keep_logger };

static void say(struct session *session, xentoollog_level level, const char *format,
		va_list arguments) __attribute__((format(printf, 3, 0)));

static void say(struct session *session, xentoollog_level level, const char *format,
		va_list arguments)
{
	if (session->log) {
		xtl_logv(session->log, level, -1, NULL, format, arguments);
	} else {
		vfprintf(stderr, format, arguments);
		fputc('\n', stderr);
	}
}

int tell(struct session *session, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(session, XTL_ERROR, format, arguments);
	va_end(arguments);
	return error;
}

void warn(struct session *session, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(session, XTL_WARN, format, arguments);
	va_end(arguments);
}

static int no_hypervisor(struct session *session, int error)
{
	if (error == EACCES || error == EPERM)
		return tell(session, -error,
			    "no access to the hypervisor: this needs root's rights");
	if (access("/sys/hypervisor/type", F_OK))
		return tell(session, -ENODEV,
			    "there is no hypervisor under this system: boot it under Serai or Xen");
	return tell(session, -ENODEV,
		    "/dev/xen/privcmd cannot be opened (%s): load the module xen-privcmd, and be "
		    "in Domain-0",
		    strerror(error));
}

int session_open(struct session *session, xentoollog_logger *log)
{
	*session = (struct session){ .log = log };
	session->xc = xc_interface_open(&quiet, &quiet, 0);
	if (!session->xc)
		return no_hypervisor(session, errno);
	/*
	 * Only the daemon's socket: behind the kernel's xenbus device a missing daemon is a hang.
	 */
	session->xs = xs_open(XS_OPEN_SOCKETONLY);
	if (session->xs)
		return 0;
	tell(session, 0,
	     "xenstored cannot be reached (%s): start it with \"systemctl start xenstored\" or "
	     "\"xenstored\"",
	     strerror(errno));
	session_close(session);
	return -ENOTCONN;
}

void session_close(struct session *session)
{
	if (session->xs)
		xs_close(session->xs);
	if (session->xc)
		xc_interface_close(session->xc);
	session->xs = NULL;
	session->xc = NULL;
}

bool domain_info(struct session *session, uint32_t domid, xc_domaininfo_t *info)
{
	return xc_domain_getinfolist(session->xc, domid, 1, info) == 1 && info->domain == domid;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
