/* SPDX-License-Identifier: MIT */
/* Messages to the administrator: to syslog, and on the terminal when the daemon runs in the
 * foreground. */
#ifndef CONSOLE_SAY_H
#define CONSOLE_SAY_H

#include <syslog.h>

/* priority: LOG_ERR, LOG_WARNING …; LOG_DEBUG is dropped unless asked for. */
void say(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
