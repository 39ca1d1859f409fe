/* SPDX-License-Identifier: MIT */
/*
 * Messages for the administrator, and the trace of what clients ask. Implemented by io/log.c; tests
 * have their own.
 */
#ifndef XSD_LOG_H
#define XSD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_message(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* True if a trace is kept; trace_message() costs nothing to skip otherwise. */
extern bool log_tracing;
void trace_message(const char *direction, const char *peer, const char *type, const char *body,
		   size_t len);
/* Opens (NULL: closes) the trace file; -errno. */
int log_set_trace(const char *path);

/* Seconds of a clock that never goes back. */
uint64_t log_seconds(void);

#endif
