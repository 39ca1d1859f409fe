/* SPDX-License-Identifier: MIT */
/*
 * Printing: %c %s %d %i %u %x %p %%, with l, ll, z, a width, - and 0, and a precision for %s. What
 * is none of these is printed as it stands.
 */
#ifndef KIT_STDIO_H
#define KIT_STDIO_H

#include <stdarg.h>
#include <stddef.h>

int printf(const char *format, ...) __attribute__((format(printf, 1, 2))); /* to the console */
int snprintf(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vsnprintf(char *text, size_t size, const char *format, va_list arguments);

#endif
