/* SPDX-License-Identifier: MIT */
/* strlcpy, apart from string.c because host tests link it where their C library has none. */
#include <hv/string.h>

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}
