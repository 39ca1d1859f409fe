/* SPDX-License-Identifier: MIT */
/*
 * CRC-32 (IEEE 802.3) and CRC-64 (ECMA-182), both reflected.
 *
 * A kernel unpacks to tens of megabytes, so eight bytes go in one step with a table for each of the
 * eight places; the tables are made anew for each job, which costs less than what they save.
 */
#include "internal.h"

void crc32_init(struct crc32_tables *tables)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t r = b;

		for (int i = 0; i < 8; i++)
			r = (r >> 1) ^ (r & 1 ? 0xedb88320u : 0);
		tables->t[0][b] = r;
	}
	for (uint32_t b = 0; b < 256; b++)
		for (int k = 1; k < 8; k++) {
			uint32_t r = tables->t[k - 1][b];

			tables->t[k][b] = (r >> 8) ^ tables->t[0][r & 0xff];
		}
}

void crc64_init(struct crc64_tables *tables)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint64_t r = b;

		for (int i = 0; i < 8; i++)
			r = (r >> 1) ^ (r & 1 ? 0xc96c5795d7870f42ull : 0);
		tables->t[0][b] = r;
	}
	for (uint32_t b = 0; b < 256; b++)
		for (int k = 1; k < 8; k++) {
			uint64_t r = tables->t[k - 1][b];

			tables->t[k][b] = (r >> 8) ^ tables->t[0][r & 0xff];
		}
}

#define STEP(t, v)                                                                                 \
	((t)[7][(v)&0xff] ^ (t)[6][(v) >> 8 & 0xff] ^ (t)[5][(v) >> 16 & 0xff] ^                   \
	 (t)[4][(v) >> 24 & 0xff] ^ (t)[3][(v) >> 32 & 0xff] ^ (t)[2][(v) >> 40 & 0xff] ^          \
	 (t)[1][(v) >> 48 & 0xff] ^ (t)[0][(v) >> 56])

uint32_t crc32(const struct crc32_tables *tables, const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t v = le64(p) ^ crc;

		crc = STEP(tables->t, v);
	}
	while (len--)
		crc = (crc >> 8) ^ tables->t[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

uint64_t crc64(const struct crc64_tables *tables, const uint8_t *p, size_t len)
{
	uint64_t crc = ~0ull;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t v = le64(p) ^ crc;

		crc = STEP(tables->t, v);
	}
	while (len--)
		crc = (crc >> 8) ^ tables->t[0][(crc ^ *p++) & 0xff];
	return ~crc;
}
