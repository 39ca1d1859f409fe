/* SPDX-License-Identifier: MIT */
/*
 * What the decompressors share: the job in hand, reading integers, copying matches, checksums.
 *
 * Each format is one function unpack_<format>(u, scratch) that consumes from u->in and appends at
 * u->out. The output buffer is the window: a match may reach back to wherever its frame began.
 */
#ifndef DECOMPRESS_INTERNAL_H
#define DECOMPRESS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hv/errno.h>
#include <hv/string.h>

#define always_inline inline __attribute__((always_inline))

struct unpack {
	const uint8_t *in, *in_end;
	uint8_t *out, *out_start, *out_end;
	const char *why;
};

int unpack_gzip(struct unpack *u, void *scratch);
int unpack_xz(struct unpack *u, void *scratch);
int unpack_lzma(struct unpack *u, void *scratch);
int unpack_lz4(struct unpack *u, void *scratch);
int unpack_zstd(struct unpack *u, void *scratch);

size_t gzip_scratch_size(void);
size_t xz_scratch_size(void);
size_t lzma_scratch_size(void);
size_t zstd_scratch_size(void);

static inline int corrupt(struct unpack *u, const char *why)
{
	u->why = why;
	return -EINVAL;
}

static inline int no_space(struct unpack *u)
{
	u->why = "the unpacked data is larger than the memory set aside for it";
	return -ENOSPC;
}

static inline size_t in_left(const struct unpack *u)
{
	return (size_t)(u->in_end - u->in);
}

static inline size_t out_left(const struct unpack *u)
{
	return (size_t)(u->out_end - u->out);
}

typedef uint64_t __attribute__((may_alias, aligned(1))) unaligned64;
typedef uint32_t __attribute__((may_alias, aligned(1))) unaligned32;
typedef uint16_t __attribute__((may_alias, aligned(1))) unaligned16;

/* x86 is little-endian, and so are all these formats but for the odd field. */
static inline uint64_t le64(const void *p)
{
	return *(const unaligned64 *)p;
}
static inline uint32_t le32(const void *p)
{
	return *(const unaligned32 *)p;
}
static inline uint16_t le16(const void *p)
{
	return *(const unaligned16 *)p;
}

/* Appends a copy of the `len` bytes that begin `dist` back. The caller has checked that dist
 * reaches nothing before the output and that len fits; `end` bounds where whole words may spill
 * over. */
static always_inline uint8_t *copy_match(uint8_t *out, const uint8_t *end, size_t dist, size_t len)
{
	const uint8_t *from = out - dist;
	uint8_t *stop = out + len;

	if (dist >= 8 && (size_t)(end - out) >= len + 8) {
		do {
			*(unaligned64 *)out = *(const unaligned64 *)from;
			out += 8;
			from += 8;
		} while (out < stop);
		return stop;
	}
	if (dist == 1) {
		memset(out, *from, len);
		return stop;
	}
	while (out < stop)
		*out++ = *from++;
	return stop;
}

/* All checksums are compared here, so that a fuzzer can be let through to what lies behind them. */
static inline bool sums_match(uint64_t computed, uint64_t stored)
{
#ifdef DECOMPRESS_IGNORE_CHECKSUMS
	return true;
#else
	return computed == stored;
#endif
}

/* Eight bytes per step: t[k][b] is byte b's contribution k bytes later. */
struct crc32_tables {
	uint32_t t[8][256];
};
struct crc64_tables {
	uint64_t t[8][256];
};
void crc32_init(struct crc32_tables *tables);
void crc64_init(struct crc64_tables *tables);
/* Whole checksums: initial and final inversion included. */
uint32_t crc32(const struct crc32_tables *tables, const uint8_t *p, size_t len);
uint64_t crc64(const struct crc64_tables *tables, const uint8_t *p, size_t len);

/* The XXH32 and XXH64 hashes with seed 0. */
uint32_t xxh32(const uint8_t *p, size_t len);
uint64_t xxh64(const uint8_t *p, size_t len);

#endif
