/* SPDX-License-Identifier: MIT */
/* XXH32 and XXH64 with seed 0: the checksums inside LZ4 and Zstandard frames. */
#include "internal.h"

#define P32_1 2654435761u
#define P32_2 2246822519u
#define P32_3 3266489917u
#define P32_4 668265263u
#define P32_5 374761393u

#define P64_1 11400714785074694791ull
#define P64_2 14029467366897019727ull
#define P64_3 1609587929392839161ull
#define P64_4 9650029242287828579ull
#define P64_5 2870177450012600261ull

static inline uint32_t rol32(uint32_t v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static inline uint64_t rol64(uint64_t v, unsigned int n)
{
	return v << n | v >> (64 - n);
}

static inline uint32_t round32(uint32_t acc, uint32_t lane)
{
	return rol32(acc + lane * P32_2, 13) * P32_1;
}

static inline uint64_t round64(uint64_t acc, uint64_t lane)
{
	return rol64(acc + lane * P64_2, 31) * P64_1;
}

uint32_t xxh32(const uint8_t *p, size_t len)
{
	uint32_t h = P32_5;
	size_t left = len;

	if (len >= 16) {
		uint32_t a = P32_1 + P32_2, b = P32_2, c = 0, d = 0 - P32_1;

		for (; left >= 16; p += 16, left -= 16) {
			a = round32(a, le32(p));
			b = round32(b, le32(p + 4));
			c = round32(c, le32(p + 8));
			d = round32(d, le32(p + 12));
		}
		h = rol32(a, 1) + rol32(b, 7) + rol32(c, 12) + rol32(d, 18);
	}
	h += (uint32_t)len;
	for (; left >= 4; p += 4, left -= 4)
		h = rol32(h + le32(p) * P32_3, 17) * P32_4;
	while (left--)
		h = rol32(h + *p++ * P32_5, 11) * P32_1;
	h = (h ^ h >> 15) * P32_2;
	h = (h ^ h >> 13) * P32_3;
	return h ^ h >> 16;
}

static inline uint64_t merge64(uint64_t h, uint64_t acc)
{
	return (h ^ round64(0, acc)) * P64_1 + P64_4;
}

static uint64_t tail64(uint64_t h, const uint8_t *p, size_t left)
{
	for (; left >= 8; p += 8, left -= 8)
		h = rol64(h ^ round64(0, le64(p)), 27) * P64_1 + P64_4;
	if (left >= 4) {
		h = rol64(h ^ le32(p) * P64_1, 23) * P64_2 + P64_3;
		p += 4;
		left -= 4;
	}
	while (left--)
		h = rol64(h ^ *p++ * P64_5, 11) * P64_1;
	h = (h ^ h >> 33) * P64_2;
	h = (h ^ h >> 29) * P64_3;
	return h ^ h >> 32;
}

uint64_t xxh64(const uint8_t *p, size_t len)
{
	uint64_t h = P64_5;
	size_t left = len;

	if (len >= 32) {
		uint64_t a = P64_1 + P64_2, b = P64_2, c = 0, d = 0 - P64_1;

		for (; left >= 32; p += 32, left -= 32) {
			a = round64(a, le64(p));
			b = round64(b, le64(p + 8));
			c = round64(c, le64(p + 16));
			d = round64(d, le64(p + 24));
		}
		h = rol64(a, 1) + rol64(b, 7) + rol64(c, 12) + rol64(d, 18);
		h = merge64(merge64(merge64(merge64(h, a), b), c), d);
	}
	return tail64(h + len, p, left);
}
