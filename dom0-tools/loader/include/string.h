/* SPDX-License-Identifier: MIT */
/* The part of the C library that a program without one has (string.c). */
#ifndef SERAI_LOADER_STRING_H
#define SERAI_LOADER_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
