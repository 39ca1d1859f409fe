/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into memory: %d %i %u %x %X %o %c %s %p %% with flags - 0 + space #, width and
 * precision (numbers or *), lengths hh h l ll z t j. No floating point, no %n. An unknown
 * conversion is printed as it stands and takes no argument.
 */
#ifndef HV_PRINTF_H
#define HV_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/* Terminates buf if size != 0. Returns the length without bound: truncated if that is >= size. */
int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));
int hv_snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
