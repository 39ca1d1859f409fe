/* SPDX-License-Identifier: MIT */
/*
 * A guest's time stamp counter as a multiple of the CPU's: a fixed-point number, of the form in which the CPU takes it
 * to multiply by itself. Pure arithmetic. Source: APM vol. 2, §15.30.5; SDM vol. 3, §25.3 and §26.6.5.
 */
#ifndef ASM_TSC_RATIO_H
#define ASM_TSC_RATIO_H

#include <asm/time_scale.h>

/* At most 64 in all. */
struct tsc_ratio_format {
	uint8_t integer_bits, fraction_bits;
};

struct tsc_ratio {
	uint64_t value; /* 0: none, the counter runs as the CPU's */
	uint8_t fraction_bits;
};

/* With fewer steps in it a ratio may be wrong by more than a millionth. */
#define TSC_RATIO_LEAST (1ull << 20)

static inline uint64_t tsc_ratio_one(const struct tsc_ratio_format *f)
{
	return 1ull << f->fraction_bits;
}

/* The guest's rate over the host's, which is not 0; none if it is too large for the format, or too small to be exact. */
static inline struct tsc_ratio tsc_ratio_make(const struct tsc_ratio_format *f, uint32_t guest_khz, uint64_t host_khz)
{
	uint64_t guest = guest_khz, value;

	if (guest / host_khz >> f->integer_bits)
		return (struct tsc_ratio){ 0 };
	value = divide_wide(guest >> (64 - f->fraction_bits), guest << f->fraction_bits, host_khz);
	if (value < TSC_RATIO_LEAST)
		return (struct tsc_ratio){ 0 };
	return (struct tsc_ratio){ .value = value, .fraction_bits = f->fraction_bits };
}

/* As the CPU does it: what is beyond 64 bits is lost at both ends. */
static inline uint64_t tsc_ratio_apply(struct tsc_ratio r, uint64_t tsc)
{
	return r.value ? (uint64_t)((unsigned __int128)tsc * r.value >> r.fraction_bits) : tsc;
}

/*
 * How the guest's ticks become what `s` makes of the CPU's. s.mul is normalised, and the quotient, of which the upper
 * half becomes the new one, lies between 2^62 and 2^64.
 */
static inline struct time_scale tsc_ratio_time_scale(struct tsc_ratio r, struct time_scale s)
{
	int zeroes, drop;
	uint64_t q;

	if (!r.value)
		return s;
	zeroes = __builtin_clzll(r.value);
	q = divide_wide((uint64_t)s.mul << 31, 0, r.value << zeroes);
	drop = q >> 63 ? 32 : 31;
	s.mul = (uint32_t)(q >> drop);
	if (q >> (drop - 1) & 1 && s.mul != ~0u) /* to the nearest: a guest's clock is to stay with the machine's for years */
		s.mul++;
	s.shift = (int8_t)(s.shift + r.fraction_bits + zeroes + drop - 95);
	return s;
}

#endif
