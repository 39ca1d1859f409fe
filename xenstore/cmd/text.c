/* SPDX-License-Identifier: MIT */
/*
 * Values and permissions as people write them.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int escape_byte(unsigned char c, char *to)
{
	static const char plain[] = "\t\n\r\\", letter[] = "tnr\\";
	const char *found = c ? strchr(plain, c) : NULL;

	if (found)
		return sprintf(to, "\\%c", letter[found - plain]);
	if (c >= ' ' && c < 0x7f) {
		*to = c;
		return 1;
	}
	/* In octal up to 7, where it is as short as C's own. */
	return sprintf(to, c < 8 ? "\\%03o" : "\\x%02x", c);
}

char *escape(const char *value, unsigned int len)
{
	char *text = malloc(4 * (size_t)len + 1), *to = text;

	if (!text)
		return NULL;
	for (unsigned int i = 0; i < len; i++)
		to += escape_byte(value[i], to);
	*to = '\0';
	return text;
}

static bool is_hex(char c)
{
	return c && strchr("0123456789abcdefABCDEF", c);
}

static char *number_escape(char *from, int base, int digits, char *value)
{
	char text[4] = "", *end;

	for (int i = 0; i < digits && is_hex(from[i]); i++)
		text[i] = from[i];
	*value = (char)strtoul(text, &end, base);
	return from + (end - text);
}

unsigned int unescape(char *text)
{
	static const char letter[] = "tnr\\", plain[] = "\t\n\r\\";
	char *from = text, *to = text;

	while (*from) {
		const char *found;

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++;
		found = *from ? strchr(letter, *from) : NULL;
		if (found) {
			*to++ = plain[found - letter];
			from++;
		} else if (*from == 'x' && is_hex(from[1])) {
			from = number_escape(from + 1, 16, 2, to++);
		} else if (*from >= '0' && *from <= '7') {
			from = number_escape(from, 8, 3, to++);
		} else if (*from) {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return to - text;
}

struct xs_permissions *parse_perms(char **args, int nr)
{
	struct xs_permissions *perms = calloc(nr + 1, sizeof(*perms));
	const char *letters = "nrwb";

	for (int i = 0; perms && i < nr; i++) {
		const char *found = args[i][0] ? strchr(letters, args[i][0]) : NULL;

		if (!found) {
			fprintf(stderr,
				"%s: Invalid permission specification: '%c' (of n, r, w, b and a "
				"domain's number)\n",
				program_invocation_short_name, args[i][0]);
			free(perms);
			return NULL;
		}
		perms[i].perms = found - letters;
		perms[i].id = strtoul(args[i] + 1, NULL, 10);
	}
	return perms;
}

void print_perms(FILE *out, const struct xs_permissions *perms, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		fprintf(out, "%c%c%u", i ? ',' : '(', "nrwb"[perms[i].perms & 3], perms[i].id);
	fputc(')', out);
}
