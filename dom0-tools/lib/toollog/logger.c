/* SPDX-License-Identifier: MIT */
/*
 * The side of libxentoollog that speaks: calls a logger's methods, keeping the caller's errno.
 */
#include <errno.h>
#include <stdlib.h>

#include <xentoollog.h>

const char *xtl_level_to_string(xentoollog_level level)
{
	static const char *const name[XTL_NUM_LEVELS] = {
		[XTL_NONE] = "none",	     [XTL_DEBUG] = "debug",	  [XTL_VERBOSE] = "verbose",
		[XTL_DETAIL] = "detail",     [XTL_PROGRESS] = "progress", [XTL_INFO] = "info",
		[XTL_NOTICE] = "notice",     [XTL_WARN] = "warning",	  [XTL_ERROR] = "error",
		[XTL_CRITICAL] = "critical",
	};

	return (unsigned int)level < XTL_NUM_LEVELS ? name[level] : "(unknown level)";
}

void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
	      const char *context, const char *format, va_list al)
{
	int saved = errno;

	if (level > XTL_NONE && level < XTL_NUM_LEVELS)
		logger->vmessage(logger, level, errnoval, context, format, al);
	errno = saved;
}

void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
	     const char *context, const char *format, ...)
{
	va_list al;

	va_start(al, format);
	xtl_logv(logger, level, errnoval, context, format, al);
	va_end(al);
}

void xtl_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what,
		  unsigned long done, unsigned long total)
{
	int saved = errno, percent = 0;

	if (!logger->progress)
		return;
	if (total) /* divide the larger number, lest the product overflow */
		percent =
		    total > ~0ul / 100 ? (int)(done / (total / 100)) : (int)(done * 100 / total);
	logger->progress(logger, context, doing_what, percent, done, total);
	errno = saved;
}

void xtl_logger_destroy(struct xentoollog_logger *logger)
{
	if (logger)
		logger->destroy(logger);
}
