/* SPDX-License-Identifier: MIT */
/* Classes of ASCII characters, and numbers out of text. */
#ifndef HV_PARSE_H
#define HV_PARSE_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static inline bool is_alpha(char c)
{
	return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

static inline bool is_alnum(char c)
{
	return is_digit(c) || is_alpha(c);
}

static inline bool is_xdigit(char c)
{
	return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_print(char c)
{
	return c >= ' ' && c <= '~';
}

/*
 * Each parses at the very start of s (no blanks, no sign), sets *end behind what it used (s itself
 * on failure; end may be NULL: then all of s must have been used) and *out. 0; -EINVAL: no number
 * there, or text behind it that must not be; -ERANGE: more than 64 bits.
 */
/* base 0: 0x… hexadecimal, 0… octal, else decimal. base 16 takes 0x as well. */
int parse_u64(const char *s, const char **end, unsigned int base, uint64_t *out);
/* Bytes: a number of base 0 and perhaps B, K, M, G or T in either case, powers of 1024. */
int parse_size(const char *s, const char **end, uint64_t *out);
/* The same; a number without suffix counts units of 1 << shift bytes. */
int parse_size_unit(const char *s, const char **end, unsigned int shift, uint64_t *out);

#endif
