/* SPDX-License-Identifier: MIT */
/*
 * The logger that writes lines to a stdio stream.
 *
 * On a terminal, progress rewrites one line with \r. `progress_open` says that such a line stands
 * there unfinished: the next message must end it first, and a shorter one must wipe its tail.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xentoollog.h>

struct xentoollog_logger_stdiostream {
	xentoollog_logger vtable; /* first: callers see only this */
	FILE *f;
	xentoollog_level min_level;
	unsigned flags;
	int last_percent;
	unsigned long last_done;
	int progress_width; /* columns of the unfinished line */
	bool progress_open;
};

static xentoollog_logger_stdiostream *own(struct xentoollog_logger *logger)
{
	return (xentoollog_logger_stdiostream *)logger;
}

static void end_progress_line(xentoollog_logger_stdiostream *lg)
{
	if (lg->progress_open)
		fputc('\n', lg->f);
	lg->progress_open = false;
	lg->progress_width = 0;
}

static void stdiostream_vmessage(struct xentoollog_logger *logger, xentoollog_level level,
				 int errnoval, const char *context, const char *format, va_list al)
{
	xentoollog_logger_stdiostream *lg = own(logger);
	char date[40];
	time_t now;
	struct tm tm;

	if (level < lg->min_level)
		return;
	end_progress_line(lg);
	now = time(NULL);
	if ((lg->flags & XTL_STDIOSTREAM_SHOW_DATE) && localtime_r(&now, &tm) &&
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %Z", &tm))
		fprintf(lg->f, "%s ", date);
	if (lg->flags & XTL_STDIOSTREAM_SHOW_PID)
		fprintf(lg->f, "[%lu] ", (unsigned long)getpid());
	if (context)
		fprintf(lg->f, "%s: ", context);
	fprintf(lg->f, "%s: ", xtl_level_to_string(level));
	vfprintf(lg->f, format, al);
	if (errnoval >= 0)
		fprintf(lg->f, ": %s", strerror(errnoval));
	fputc('\n', lg->f);
	fflush(lg->f);
}

/* A report is news if the activity begins, moves by a percent, or ends. */
static bool is_news(xentoollog_logger_stdiostream *lg, int percent, unsigned long done,
		    unsigned long total)
{
	return !done || done < lg->last_done || percent > lg->last_percent ||
	       (done >= total && lg->last_done < total);
}

static void stdiostream_progress(struct xentoollog_logger *logger, const char *context,
				 const char *doing_what, int percent, unsigned long done,
				 unsigned long total)
{
	xentoollog_logger_stdiostream *lg = own(logger);
	bool cr = lg->flags & XTL_STDIOSTREAM_PROGRESS_USE_CR;
	int width;

	if (lg->flags & XTL_STDIOSTREAM_HIDE_PROGRESS || lg->min_level > XTL_PROGRESS ||
	    !is_news(lg, percent, done, total))
		return;
	lg->last_percent = percent;
	lg->last_done = done;
	width = fprintf(lg->f, "%s%s%s%s: %lu/%lu %3d%%", cr ? "\r" : "", context ? context : "",
			context ? ": " : "", doing_what, done, total, percent);
	if (cr) {
		if (width < lg->progress_width)
			fprintf(lg->f, "%*s", lg->progress_width - width, "");
		lg->progress_width = width;
		lg->progress_open = true;
		if (done >= total)
			end_progress_line(lg);
	} else {
		fputc('\n', lg->f);
	}
	fflush(lg->f);
}

static void stdiostream_destroy(struct xentoollog_logger *logger)
{
	xentoollog_logger_stdiostream *lg = own(logger);

	end_progress_line(lg);
	free(lg);
}

void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *lg, xentoollog_level min_level)
{
	lg->min_level = min_level;
}

void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *lg, unsigned set_flags,
				  unsigned clear_flags)
{
	unsigned wanted = (lg->flags & ~clear_flags) | set_flags;

	if (set_flags & XTL_STDIOSTREAM_HIDE_PROGRESS)
		end_progress_line(lg);
	if (wanted & XTL_STDIOSTREAM_PROGRESS_NO_CR)
		wanted &= ~XTL_STDIOSTREAM_PROGRESS_USE_CR;
	lg->flags = wanted;
}

xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level,
							    unsigned flags)
{
	xentoollog_logger_stdiostream lg = { .f = f, .min_level = min_level };

	if (!(flags & XTL_STDIOSTREAM_PROGRESS_NO_CR) && isatty(fileno(f)) > 0)
		flags |= XTL_STDIOSTREAM_PROGRESS_USE_CR;
	xtl_stdiostream_adjust_flags(&lg, flags, 0);
	return XTL_NEW_LOGGER(stdiostream, lg);
}
