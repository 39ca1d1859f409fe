/* SPDX-License-Identifier: MIT */
/* Messages to the terminal, later to syslog; the trace to its file. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "io.h"
#include "../core/log.h"

bool log_tracing;

static bool to_syslog, verbose;
static FILE *trace;
static char *trace_path;

void log_to_syslog(void)
{
	openlog("xenstored", LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

void log_set_verbose(void)
{
	verbose = true;
}

void log_message(enum log_level level, const char *format, ...)
{
	static const int priority[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !verbose)
		return;
	va_start(args, format);
	if (to_syslog) {
		vsyslog(priority[level], format, args);
	} else {
		fputs("xenstored: ", stderr);
		vfprintf(stderr, format, args);
		fputc('\n', stderr);
	}
	va_end(args);
}

int log_set_trace(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return -errno;
	if (trace)
		fclose(trace);
	trace = file;
	log_tracing = true;
	if (path != trace_path) {
		free(trace_path);
		trace_path = strdup(path);
	}
	return 0;
}

void log_reopen_trace(void)
{
	if (trace_path)
		log_set_trace(trace_path);
}

void trace_message(const char *direction, const char *peer, const char *type, const char *body,
		   size_t len)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!trace)
		return;
	localtime_r(&now, &tm);
	fprintf(trace, "%s %s %04d%02d%02d %02d:%02d:%02d %s (", direction, peer, tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, type);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)body[i];

		fputc(!c ? ' ' : c < 0x20 || c > 0x7e ? '?' : c, trace);
	}
	fputs(")\n", trace);
	fflush(trace);
}

uint64_t log_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}
