/* SPDX-License-Identifier: MIT */
/* Numbers and amounts of memory on the command line. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "xl/xl.h"

bool number_read(struct xl *xl, const char *what, const char *text, long long least, long long most,
		 long long *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 0);
	if (!errno && end != text && !*end && *number >= least && *number <= most)
		return true;
	fail(xl, "%s is no %s: it must be a number from %lld to %lld", text, what, least, most);
	return false;
}

/* The power of two of a suffix; -1 if there is no such suffix. */
static int shift_of(const char *suffix)
{
	static const struct {
		const char *name;
		int shift;
	} known[] = { { "", 20 },   { "b", 0 },	 { "k", 10 },  { "kb", 10 }, { "m", 20 },
		      { "mb", 20 }, { "g", 30 }, { "gb", 30 }, { "t", 40 },  { "tb", 40 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcasecmp(known[i].name, suffix))
			return known[i].shift;
	return -1;
}

bool memory_read(struct xl *xl, const char *text, uint64_t *kib)
{
	char *end;
	long long number;
	int shift;

	errno = 0;
	number = strtoll(text, &end, 0);
	shift = end == text ? -1 : shift_of(end);
	if (errno || number < 0 || shift < 0 || (shift && number >> (52 - shift))) {
		fail(xl,
		     "%s is no amount of memory: give MiB as 512, or a unit as 512m, 2g, 65536k",
		     text);
		return false;
	}
	*kib = ((uint64_t)number << shift) >> 10;
	return true;
}
