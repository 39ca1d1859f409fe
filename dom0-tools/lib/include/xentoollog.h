/* SPDX-License-Identifier: MIT */
/*
 * libxentoollog: where Xen tools and libraries send what they have to say.
 *
 * A logger is an object with three methods. Programs make one (the ready one writes to a stdio
 * stream) and hand it to every library they open; libraries talk to it with xtl_log() and
 * xtl_progress(). None of these functions changes errno.
 */
#ifndef XENTOOLLOG_H
#define XENTOOLLOG_H

#include <stdarg.h>
#include <stdio.h>

/* From chatter to catastrophe. XTL_PROGRESS is the level progress reports count as. */
typedef enum xentoollog_level {
	XTL_NONE, /* nothing is logged at this level */
	XTL_DEBUG,
	XTL_VERBOSE,
	XTL_DETAIL,
	XTL_PROGRESS,
	XTL_INFO,
	XTL_NOTICE,
	XTL_WARN,
	XTL_ERROR,
	XTL_CRITICAL,
	XTL_NUM_LEVELS
} xentoollog_level;

/*
 * What a logger does. Implementations put this structure first in their own.
 *
 * vmessage: one message. errnoval is an errno to explain, or -1; context names the library or
 * program, may be NULL; format has neither level, context nor newline.
 * progress: `doing_what` is `percent` done, done of total units; a new activity begins with
 * done == 0. May be NULL.
 * destroy: frees the logger.
 */
typedef struct xentoollog_logger xentoollog_logger;
struct xentoollog_logger {
	void (*vmessage)(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
			 const char *context, const char *format, va_list al)
		__attribute__((format(printf, 5, 0)));
	void (*progress)(struct xentoollog_logger *logger, const char *context,
			 const char *doing_what, int percent, unsigned long done,
			 unsigned long total);
	void (*destroy)(struct xentoollog_logger *logger);
};

/* Flags of the stdio logger. */
#define XTL_STDIOSTREAM_SHOW_PID	001u
#define XTL_STDIOSTREAM_SHOW_DATE	002u
#define XTL_STDIOSTREAM_HIDE_PROGRESS	004u
/* Progress rewrites one line; by default if the stream is a terminal. */
#define XTL_STDIOSTREAM_PROGRESS_USE_CR 010u
#define XTL_STDIOSTREAM_PROGRESS_NO_CR	020u

typedef struct xentoollog_logger_stdiostream xentoollog_logger_stdiostream;

/*
 * A logger that writes what is at least min_level to f, which stays the caller's. Returns NULL,
 * after saying so on f, if there is no memory.
 */
xentoollog_logger_stdiostream *
xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level, unsigned flags);
void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *lg, xentoollog_level min_level);
/* Of flags in both sets, the setting wins. */
void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *lg, unsigned set_flags,
				  unsigned clear_flags);
/* NULL is allowed. */
void xtl_logger_destroy(struct xentoollog_logger *logger);

/* Say something through a logger; parameters as of vmessage above. */
void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
	      const char *context, const char *format, va_list al)
	__attribute__((format(printf, 5, 0)));
void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
	     const char *context, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The percentage is computed here; total may be 0. */
void xtl_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what,
		  unsigned long done, unsigned long total);

/* The level's lower-case name; "[BUG:UNKNOWN XTL LEVEL]"-like text for what is none. */
const char *xtl_level_to_string(xentoollog_level level);

/*
 * For implementers: fills in the methods of `buffer` (whose first member is named vtable) with
 * NAME_vmessage, NAME_progress and NAME_destroy, and gives a malloc'ed copy, or NULL after
 * complaining through the buffer itself. Needs <errno.h> and <stdlib.h>.
 */
#define XTL_NEW_LOGGER(NAME, buffer) ({							\
	xentoollog_logger_##NAME *xtl_copy_ = malloc(sizeof(*xtl_copy_));		\
	(buffer).vtable.vmessage = NAME##_vmessage;					\
	(buffer).vtable.progress = NAME##_progress;					\
	(buffer).vtable.destroy = NAME##_destroy;					\
	if (xtl_copy_)									\
		*xtl_copy_ = (buffer);							\
	else										\
		xtl_log(&(buffer).vtable, XTL_CRITICAL, errno, "xtl",			\
			"no memory for a logger");					\
	xtl_copy_;									\
})

#endif
