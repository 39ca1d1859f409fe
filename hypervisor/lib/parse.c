/* SPDX-License-Identifier: MIT */
/* Numbers and sizes out of text, see hv/parse.h. */
#include <stddef.h>
#include <hv/errno.h>
#include <hv/parse.h>

static unsigned int digit_value(char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	if (is_alpha(c))
		return (unsigned int)(to_lower(c) - 'a') + 10;
	return 99;
}

/* Skips 0x where digits follow it, and settles base 0. */
static const char *parse_base(const char *s, unsigned int *base)
{
	if ((*base == 0 || *base == 16) && s[0] == '0' && to_lower(s[1]) == 'x' &&
	    is_xdigit(s[2])) {
		*base = 16;
		return s + 2;
	}
	if (*base == 0)
		*base = s[0] == '0' ? 8 : 10;
	return s;
}

/* Reads all digits even when they are too many, so that *end is behind the number in any case. */
static int scan(const char *s, const char **end, unsigned int base, uint64_t *out)
{
	const char *p = parse_base(s, &base), *first = p;
	uint64_t v = 0;
	int rc = 0;

	for (; digit_value(*p) < base; p++)
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit_value(*p), &v))
			rc = -ERANGE;
	*end = p == first ? s : p;
	*out = v;
	return p == first ? -EINVAL : rc;
}

static int finish(const char *s, const char *p, const char **end, int rc)
{
	if (!rc && !end && *p)
		rc = -EINVAL;
	if (end)
		*end = rc ? s : p;
	return rc;
}

int parse_u64(const char *s, const char **end, unsigned int base, uint64_t *out)
{
	const char *p;
	uint64_t v;
	int rc = scan(s, &p, base, &v);

	rc = finish(s, p, end, rc);
	if (!rc)
		*out = v;
	return rc;
}

int parse_size_unit(const char *s, const char **end, unsigned int shift, uint64_t *out)
{
	static const char suffixes[] = "bkmgt";
	const char *p;
	uint64_t v;
	int rc = scan(s, &p, 0, &v);

	for (unsigned int i = 0; !rc && suffixes[i]; i++) {
		if (to_lower(*p) == suffixes[i]) {
			shift = i * 10;
			p++;
			break;
		}
	}
	if (!rc && v > UINT64_MAX >> shift)
		rc = -ERANGE;
	rc = finish(s, p, end, rc);
	if (!rc)
		*out = v << shift;
	return rc;
}

int parse_size(const char *s, const char **end, uint64_t *out)
{
	return parse_size_unit(s, end, 0, out);
}
