/* SPDX-License-Identifier: MIT */
/*
 * Converting counts of one frequency to another: count * 2^shift * mul / 2^32, the form the ABI gives
 * guests in vcpu_time_info. mul is normalised to its top bit, so a rate is exact to 2^-31.
 */
#ifndef ASM_TIME_SCALE_H
#define ASM_TIME_SCALE_H

#include <stdint.h>

struct time_scale {
	uint32_t mul;
	int8_t shift;
};

static inline uint64_t time_scale_apply(uint64_t count, struct time_scale s)
{
	count = s.shift < 0 ? count >> -s.shift : count << s.shift;
	return (uint64_t)(((unsigned __int128)count * s.mul) >> 32);
}

/* Counts at `from` Hz become counts at `to` Hz. Both non-zero. */
static inline struct time_scale time_scale_make(uint64_t from, uint64_t to)
{
	int8_t shift = 0;

	while ((from | to) >> 32) {
		from >>= 1;
		to >>= 1;
	}
	from = from ? from : 1;
	for (; to >= from; shift++)
		from <<= 1;
	for (; to * 2 < from && to; shift--)
		to <<= 1;
	return (struct time_scale){ .mul = (uint32_t)((to << 32) / from), .shift = shift };
}

/* high * 2^64 + low over `by`; high < by, so that the quotient fits. */
static inline uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t by)
{
	uint64_t quotient, rest;

	__asm__("divq %4" : "=a"(quotient), "=d"(rest) : "0"(low), "1"(high), "rm"(by) : "cc");
	return quotient;
}

#endif
