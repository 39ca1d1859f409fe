/* SPDX-License-Identifier: MIT */
/*
 * Messages to the user: one line each, on stderr. Libraries' own words are shown from -v on only:
 * the command that called them says the same with cause and remedy.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xl/xl.h"

static void stamp(const struct xl *xl)
{
	char text[40];
	time_t now = time(NULL);
	struct tm tm;

	if (!xl->timestamps || !localtime_r(&now, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	fprintf(stderr, "%s [%d] ", text, getpid());
}

static void say(const struct xl *xl, const char *kind, const char *format, va_list args)
{
	stamp(xl);
	fprintf(stderr, "xl: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int fail(struct xl *xl, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	say(xl, "", format, args);
	va_end(args);
	return EXIT_FAILED;
}

void caution(struct xl *xl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(xl, "warning: ", format, args);
	va_end(args);
}

static struct xl *owner(xentoollog_logger *logger)
{
	return (struct xl *)((char *)logger - offsetof(struct xl, logger));
}

/* Contexts of the libraries below the domain operations. */
static bool from_library(const char *context)
{
	return context && (!strncmp(context, "xc", 2) || !strncmp(context, "xen", 3));
}

static void log_message(xentoollog_logger *logger, xentoollog_level level, int error,
			const char *context, const char *format, va_list args)
{
	struct xl *xl = owner(logger);
	int wanted = XTL_PROGRESS - xl->verbosity;

	if (from_library(context) && xl->verbosity == 0)
		return;
	if ((int)level < (wanted < XTL_DEBUG ? XTL_DEBUG : wanted))
		return;
	stamp(xl);
	fprintf(stderr, "xl: %s%s%s",
		level >= XTL_ERROR  ? ""
		: level >= XTL_WARN ? "warning: "
				    : "",
		from_library(context) ? context : "", from_library(context) ? ": " : "");
	vfprintf(stderr, format, args);
	fprintf(stderr, error >= 0 ? ": %s\n" : "\n", strerror(error >= 0 ? error : 0));
}

static void log_progress(xentoollog_logger *logger, const char *context, const char *what,
			 int percent, unsigned long done, unsigned long total)
{
	struct xl *xl = owner(logger);

	if (!xl->carriage && !xl->verbosity)
		return;
	fprintf(stderr, "%sxl: %s: %d%% (%lu of %lu)%s", xl->carriage ? "\r" : "", what, percent,
		done, total, xl->carriage && done < total ? "" : "\n");
}

static void log_destroy(xentoollog_logger *logger)
{
}

void message_init(struct xl *xl)
{
	xl->logger.vmessage = log_message;
	xl->logger.progress = log_progress;
	xl->logger.destroy = log_destroy;
	xl->session.log = &xl->logger;
}
