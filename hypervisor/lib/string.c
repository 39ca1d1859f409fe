/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions.
 *
 * The compiler itself emits calls to memcpy, memmove, memset and memcmp, and would like to turn
 * loops that look like one of them into a call: inside them that is endless recursion, hence the
 * pragma. Blocks of at least BIG bytes go through the string instructions in words of eight, which
 * are fast on hardware and cheap under emulation; their start-up cost does not pay below that.
 */
#include <stdint.h>
#include <hv/string.h>

#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define BIG 128

/* Words at any address, of any declared type. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word64;
typedef uint32_t __attribute__((may_alias, aligned(1))) word32;
typedef uint16_t __attribute__((may_alias, aligned(1))) word16;

static inline void rep_movsq(void *dst, const void *src, size_t words)
{
	__asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(words) : : "memory");
}

/* 0..16 bytes by two words that may overlap: everything is read before anything is written. */
static inline void copy_small(char *d, const char *s, size_t n)
{
	if (n >= 8) {
		uint64_t first = *(const word64 *)s, last = *(const word64 *)(s + n - 8);

		*(word64 *)d = first;
		*(word64 *)(d + n - 8) = last;
	} else if (n >= 4) {
		uint32_t first = *(const word32 *)s, last = *(const word32 *)(s + n - 4);

		*(word32 *)d = first;
		*(word32 *)(d + n - 4) = last;
	} else if (n >= 2) {
		uint16_t first = *(const word16 *)s, last = *(const word16 *)(s + n - 2);

		*(word16 *)d = first;
		*(word16 *)(d + n - 2) = last;
	} else if (n) {
		*d = *s;
	}
}

/* Lowest address first; right for dst <= src even where they overlap. */
static inline void copy_up(char *d, const char *s, size_t n)
{
	if (n >= BIG) {
		rep_movsq(d, s, n / 8);
		d += n & ~(size_t)7;
		s += n & ~(size_t)7;
		n &= 7;
	}
	for (; n > 16; d += 8, s += 8, n -= 8)
		*(word64 *)d = *(const word64 *)s;
	copy_small(d, s, n);
}

static inline void copy_down(char *d, const char *s, size_t n)
{
	for (; n > 16; n -= 8)
		*(word64 *)(d + n - 8) = *(const word64 *)(s + n - 8);
	copy_small(d, s, n);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* One unsigned comparison: src ahead of dst by less than n is the only hard case. */
	if ((uintptr_t)dst - (uintptr_t)src < n)
		copy_down(dst, src, n);
	else
		copy_up(dst, src, n);
	return dst;
}

void *memset(void *dst, int byte, size_t n)
{
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;
	char *d = dst;

	if (n >= BIG) {
		size_t words = n / 8;

		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
		n &= 7;
	}
	for (; n >= 8; d += 8, n -= 8)
		*(word64 *)d = pattern;
	while (n--)
		*d++ = (char)byte;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= 8 && *(const word64 *)p == *(const word64 *)q; n -= 8) {
		p += 8;
		q += 8;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

/* The C library's signature takes const away; the address travels as a number for that. */
char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}
