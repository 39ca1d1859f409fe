/* SPDX-License-Identifier: MIT */
/* Printing to memory and to the console. */
#include "kernel.h"

#include "console.h"

struct output {
	char *text;
	size_t size, len; /* len counts what did not fit, too */
};

struct field {
	bool left, zeros;
	unsigned int width;
	size_t precision;
	unsigned int longs; /* l, ll, z: 1 or more */
};

static void put(struct output *out, char c)
{
	if (out->len + 1 < out->size)
		out->text[out->len] = c;
	out->len++;
}

static void put_field(struct output *out, const struct field *field, const char *text, size_t len)
{
	size_t pad = field->width > len ? field->width - len : 0;

	if (field->zeros && !field->left && len && *text == '-') {
		put(out, *text++);
		len--;
	}
	for (; pad && !field->left; pad--)
		put(out, field->zeros ? '0' : ' ');
	while (len--)
		put(out, *text++);
	for (; pad; pad--)
		put(out, ' ');
}

static void put_number(struct output *out, const struct field *field, uint64_t value,
		       unsigned int base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[--at] = '-';
	put_field(out, field, digits + at, sizeof(digits) - at);
}

/* Flags, width, precision and length, up to the letter that says what it is. */
static const char *read_field(const char *format, struct field *field)
{
	*field = (struct field){ .precision = SIZE_MAX };
	for (;; format++) {
		if (*format == '-')
			field->left = true;
		else if (*format == '0')
			field->zeros = true;
		else
			break;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		field->width = field->width * 10 + (unsigned int)(*format - '0');
	if (*format == '.')
		for (field->precision = 0, format++; *format >= '0' && *format <= '9'; format++)
			field->precision = field->precision * 10 + (size_t)(*format - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		field->longs++;
	return format;
}

static void put_string(struct output *out, const struct field *field, const char *text)
{
	size_t len = 0;

	if (!text)
		text = "(null)";
	while (len < field->precision && text[len])
		len++;
	put_field(out, field, text, len);
}

int vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
	struct output out = { text, size, 0 };
	struct field field;

	for (; *format; format++) {
		int64_t number;
		char c;

		if (*format != '%') {
			put(&out, *format);
			continue;
		}
		format = read_field(format + 1, &field);
		switch (*format) {
		case 'c':
			c = (char)va_arg(arguments, int);
			put_field(&out, &field, &c, 1);
			break;
		case 's':
			put_string(&out, &field, va_arg(arguments, const char *));
			break;
		case 'd':
		case 'i':
			number = field.longs ? va_arg(arguments, int64_t) : va_arg(arguments, int);
			put_number(&out, &field, number < 0 ? -(uint64_t)number : (uint64_t)number,
				   10, number < 0);
			break;
		case 'u':
		case 'x':
			put_number(&out, &field,
				   field.longs ? va_arg(arguments, uint64_t)
					       : va_arg(arguments, unsigned int),
				   *format == 'x' ? 16 : 10, false);
			break;
		case 'p':
			put_number(&out, &field, va_arg(arguments, uint64_t), 16, false);
			break;
		case 0:
			format--;
			break;
		default:
			put(&out, *format);
		}
	}
	if (size)
		text[out.len < size ? out.len : size - 1] = 0;
	return (int)out.len;
}

int snprintf(char *text, size_t size, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, size, format, arguments);
	va_end(arguments);
	return len;
}

/*
 * The initial domain has no console ring, and the hypervisor's own takes what others may not write.
 */
static void write(const char *text, size_t len)
{
	if (machine.initial_domain)
		CALL3(__HYPERVISOR_console_io, CONSOLEIO_write, len, text);
	else
		console_write(text, len);
}

static void print(const char *format, va_list arguments)
{
	char line[256];
	int len = vsnprintf(line, sizeof(line), format, arguments);

	write(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

int printf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	return 0;
}

void panic(const char *format, ...)
{
	va_list arguments;

	printf("thread %s: ", thread_name());
	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	printf("\n");
	guest_end(END_CRASH);
}
