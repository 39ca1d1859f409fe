/* SPDX-License-Identifier: MIT */
/*
 * The known option that a mistyped one most resembles, see hv/cmdline.h: the least number of characters
 * to insert, delete or replace (Levenshtein's distance), row by row. '-' and '_' count as equal.
 */
#include <hv/cmdline.h>
#include <hv/string.h>

#define NAME_MAX_LEN 32

static bool same_char(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Both at most NAME_MAX_LEN long. */
static unsigned int distance(const char *a, size_t len_a, const char *b, size_t len_b)
{
	unsigned int row[NAME_MAX_LEN + 1];

	for (unsigned int j = 0; j <= len_b; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= len_a; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= len_b; j++) {
			unsigned int replaced = diagonal + !same_char(a[i - 1], b[j - 1]);

			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, replaced);
		}
	}
	return row[len_b];
}

const char *cmdline_nearest(const char *word, const struct hv_option *table, size_t nr)
{
	const char *equals, *best = NULL;
	size_t len;
	unsigned int limit;

	if (!strncmp(word, "no-", 3))
		word += 3;
	equals = strchr(word, '=');
	len = equals ? (size_t)(equals - word) : strlen(word);
	if (!len || len > NAME_MAX_LEN)
		return NULL;
	limit = len < 6 ? 1 : len < 10 ? 2 : 3; /* more is another word, not a slip */
	for (size_t i = 0; i < nr; i++) {
		size_t known = strlen(table[i].name);
		unsigned int d = known > NAME_MAX_LEN ? limit + 1 : distance(word, len, table[i].name, known);

		if (d <= limit) {
			best = table[i].name;
			limit = d - (d != 0);
			if (!d)
				break;
		}
	}
	return best;
}
