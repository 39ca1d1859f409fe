/* SPDX-License-Identifier: MIT */
/*
 * Formatted output, see hv/printf.h. All output goes through put(), the only place that knows the
 * buffer's end, and the only one that counts.
 */
#include <stdbool.h>
#include <stdint.h>
#include <hv/parse.h>
#include <hv/printf.h>
#include <hv/string.h>

struct sink {
	char *buf;
	size_t size, len; /* len counts what would have been written, too */
};

struct spec {
	bool left, zero, plus, space, alt, upper;
	int width, precision; /* precision -1: none given */
	char length;	      /* h, H (hh), l (also ll, z, t, j: all 64 bits) or 0 */
};

/* Widths come from the code, but sometimes by way of data: a bound on the time one call may take.
 */
#define MAX_WIDTH 4096

static void put(struct sink *s, char c)
{
	if (s->len + 1 < s->size)
		s->buf[s->len] = c;
	s->len++;
}

static void put_repeated(struct sink *s, char c, int n)
{
	while (n-- > 0)
		put(s, c);
}

static void put_bytes(struct sink *s, const char *p, size_t n)
{
	while (n--)
		put(s, *p++);
}

static void put_string(struct sink *s, const struct spec *sp, const char *str)
{
	size_t n;
	int pad;

	if (!str)
		str = "(null)";
	n = sp->precision >= 0 ? strnlen(str, (size_t)sp->precision) : strlen(str);
	pad = n < (size_t)sp->width ? sp->width - (int)n : 0;
	put_repeated(s, ' ', sp->left ? 0 : pad);
	put_bytes(s, str, n);
	put_repeated(s, ' ', sp->left ? pad : 0);
}

/* Writes digits from the end of `end` backwards; returns how many. */
static int digits(char *end, uint64_t v, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	for (; v; v /= base, n++)
		*--end = set[v % base];
	return n;
}

static void put_number(struct sink *s, const struct spec *sp, uint64_t v, unsigned int base,
		       const char *prefix)
{
	char tmp[24];
	int n = digits(tmp + sizeof(tmp), v, base, sp->upper);
	int want = sp->precision >= 0 ? sp->precision : 1;
	int zeros = n < want ? want - n : 0, plen = (int)strlen(prefix), pad;

	if (sp->alt && base == 8 && !zeros)
		zeros = 1;
	if (sp->zero && !sp->left && sp->precision < 0 && sp->width > plen + zeros + n)
		zeros = sp->width - plen - n;
	pad = sp->width - plen - zeros - n;
	put_repeated(s, ' ', sp->left ? 0 : pad);
	put_bytes(s, prefix, (size_t)plen);
	put_repeated(s, '0', zeros);
	put_bytes(s, tmp + sizeof(tmp) - n, (size_t)n);
	put_repeated(s, ' ', sp->left ? pad : 0);
}

static void put_signed(struct sink *s, const struct spec *sp, int64_t v)
{
	const char *sign = v < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";

	put_number(s, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, sign);
}

static void put_hex(struct sink *s, const struct spec *sp, uint64_t v)
{
	put_number(s, sp, v, 16, !sp->alt || !v ? "" : sp->upper ? "0X" : "0x");
}

static void put_pointer(struct sink *s, struct spec *sp, const void *p)
{
	sp->alt = true;
	put_number(s, sp, (uintptr_t)p, 16, "0x");
}

static const char *parse_flags(struct spec *sp, const char *f)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			sp->left = true;
			break;
		case '0':
			sp->zero = true;
			break;
		case '+':
			sp->plus = true;
			break;
		case ' ':
			sp->space = true;
			break;
		case '#':
			sp->alt = true;
			break;
		default:
			return f;
		}
	}
}

static const char *parse_count(int *out, const char *f)
{
	int n = 0;

	for (; is_digit(*f); f++)
		if (n < MAX_WIDTH)
			n = n * 10 + (*f - '0');
	*out = n < MAX_WIDTH ? n : MAX_WIDTH;
	return f;
}

static const char *parse_length(struct spec *sp, const char *f)
{
	if (f[0] == 'h') {
		sp->length = f[1] == 'h' ? 'H' : 'h';
		return f + (f[1] == 'h' ? 2 : 1);
	}
	if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j') {
		sp->length = 'l';
		return f + (f[0] == 'l' && f[1] == 'l' ? 2 : 1);
	}
	return f;
}

/* va_list may be an array type, so it travels in a struct where it must be advanced for the caller.
 */
struct args {
	va_list ap;
};

static int star(struct args *a)
{
	int n = va_arg(a->ap, int);

	return n > MAX_WIDTH ? MAX_WIDTH : n < -MAX_WIDTH ? -MAX_WIDTH : n;
}

static const char *parse_spec(struct spec *sp, const char *f, struct args *a)
{
	*sp = (struct spec){ .precision = -1 };
	f = parse_flags(sp, f);
	if (*f == '*') {
		sp->width = star(a);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		f++;
	} else {
		f = parse_count(&sp->width, f);
	}
	if (*f == '.') {
		if (*++f == '*') {
			sp->precision = star(a);
			if (sp->precision < 0)
				sp->precision = -1;
			f++;
		} else {
			f = parse_count(&sp->precision, f);
		}
	}
	return parse_length(sp, f);
}

static int64_t next_signed(const struct spec *sp, struct args *a)
{
	if (sp->length == 'l')
		return va_arg(a->ap, long);
	if (sp->length == 'h')
		return (short)va_arg(a->ap, int);
	if (sp->length == 'H')
		return (signed char)va_arg(a->ap, int);
	return va_arg(a->ap, int);
}

static uint64_t next_unsigned(const struct spec *sp, struct args *a)
{
	if (sp->length == 'l')
		return va_arg(a->ap, unsigned long);
	if (sp->length == 'h')
		return (unsigned short)va_arg(a->ap, unsigned int);
	if (sp->length == 'H')
		return (unsigned char)va_arg(a->ap, unsigned int);
	return va_arg(a->ap, unsigned int);
}

/* One conversion, `f` behind its '%'. Returns what follows; NULL if it is none of ours. */
static const char *convert(struct sink *s, const char *f, struct args *a)
{
	struct spec sp;
	char c;

	f = parse_spec(&sp, f, a);
	switch (*f) {
	case 'd':
	case 'i':
		put_signed(s, &sp, next_signed(&sp, a));
		break;
	case 'u':
		put_number(s, &sp, next_unsigned(&sp, a), 10, "");
		break;
	case 'o':
		put_number(s, &sp, next_unsigned(&sp, a), 8, "");
		break;
	case 'X':
		sp.upper = true;
		/* fall through */
	case 'x':
		put_hex(s, &sp, next_unsigned(&sp, a));
		break;
	case 'c':
		c = (char)va_arg(a->ap, int);
		put_repeated(s, ' ', sp.left ? 0 : sp.width - 1);
		put(s, c);
		put_repeated(s, ' ', sp.left ? sp.width - 1 : 0);
		break;
	case 's':
		put_string(s, &sp, va_arg(a->ap, const char *));
		break;
	case 'p':
		put_pointer(s, &sp, va_arg(a->ap, const void *));
		break;
	case '%':
		put(s, '%');
		break;
	default:
		return NULL;
	}
	return f + 1;
}

int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct sink s = { .buf = buf, .size = size };
	struct args a;

	va_copy(a.ap, args);
	while (*fmt) {
		const char *next = NULL;

		if (*fmt == '%')
			next = convert(&s, fmt + 1, &a);
		if (next) {
			fmt = next;
			continue;
		}
		put(&s, *fmt++);
	}
	va_end(a.ap);
	if (size)
		buf[s.len < size ? s.len : size - 1] = '\0';
	return (int)s.len;
}

int hv_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = hv_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
