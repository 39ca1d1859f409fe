/* SPDX-License-Identifier: MIT */
/* Memory and strings: the C library's functions with their usual contracts, and strlcpy. */
#ifndef HV_STRING_H
#define HV_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* Copies as much of src as fits; dst is terminated if size != 0. Returns strlen(src): truncated if
 * that is >= size. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

#endif
