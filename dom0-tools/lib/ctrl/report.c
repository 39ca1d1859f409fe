/* SPDX-License-Identifier: MIT */
/*
 * Messages and errors of a handle.
 */
#include <stdlib.h>

#include "private.h"

const xc_error *xc_get_last_error(xc_interface *handle)
{
	return &handle->last_error;
}

void xc_clear_last_error(xc_interface *xch)
{
	xch->last_error.code = XC_ERROR_NONE;
	xch->last_error.message[0] = 0;
}

const char *xc_error_code_to_desc(int code)
{
	static const char *const text[] = {
		[XC_ERROR_NONE] = "no error",		[XC_INTERNAL_ERROR] = "internal error",
		[XC_INVALID_KERNEL] = "invalid kernel", [XC_INVALID_PARAM] = "invalid parameter",
		[XC_OUT_OF_MEMORY] = "out of memory",
	};

	return code >= 0 && code <= XC_OUT_OF_MEMORY ? text[code] : "unknown error";
}

const char *xc_strerror(xc_interface *xch, int errcode)
{
	static _Thread_local char text[128];

	return strerror_r(errcode, text, sizeof(text));
}

/* Formats into `text` and drops line ends, which loggers add themselves. */
static void format_line(char *text, size_t size, const char *fmt, va_list args)
{
	size_t length;

	vsnprintf(text, size, fmt, args);
	for (length = strlen(text); length && text[length - 1] == '\n'; length--)
		text[length - 1] = 0;
}

void xc_reportv(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level, int code,
		const char *fmt, va_list args)
{
	char text[XC_MAX_ERROR_MSG_LEN];
	int saved = errno;

	format_line(text, sizeof(text), fmt, args);
	if (level >= XTL_ERROR) {
		xch->last_error.code = (enum xc_error_code)code;
		memcpy(xch->last_error.message, text, sizeof(text));
	}
	if (lg)
		xtl_log(lg, level, -1, "xc", "%s%s%s", text, code ? ": " : "",
			code ? xc_error_code_to_desc(code) : "");
	errno = saved;
}

void xc_report(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level, int code,
	       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xc_reportv(xch, lg, level, code, fmt, args);
	va_end(args);
}

void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xc_reportv(xch, xch->error_handler, XTL_ERROR, code, fmt, args);
	va_end(args);
}

const char *xc_set_progress_prefix(xc_interface *xch, const char *doing)
{
	const char *old = xch->currently_progress_reporting;

	xch->currently_progress_reporting = doing;
	return old;
}

void xc_report_progress_single(xc_interface *xch, const char *doing)
{
	xtl_progress(xch->error_handler, "xc", doing, 0, 0);
}

void xc_report_progress_step(xc_interface *xch, unsigned long done, unsigned long total)
{
	xtl_progress(xch->error_handler, "xc",
		     xch->currently_progress_reporting ? xch->currently_progress_reporting : "",
		     done, total);
}
