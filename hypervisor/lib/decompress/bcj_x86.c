/* SPDX-License-Identifier: MIT */
/*
 * The x86 branch filter of xz, undone.
 *
 * The packer replaced the relative target behind CALL (E8) and JMP (E9) by an absolute one, which
 * repeats more often. It did so only where the operand's top byte was 00 or FF, and with care where
 * another E8 or E9 that was left alone lies up to three bytes before: the two operands overlap
 * then. `history` remembers those: bit n is set for one that lies n + 1 bytes before the current
 * position.
 */
#include "bcj_x86.h"

#define OPERAND_SPAN 5

static inline bool is_sign(uint8_t byte)
{
	return byte == 0x00 || byte == 0xff;
}

/* The next E8 or E9 at or after p; eight bytes are looked at in one step. */
static const uint8_t *next_branch(const uint8_t *p, const uint8_t *end)
{
	const uint64_t ones = 0x0101010101010101ull, highs = ones << 7;

	while (end - p >= 8) {
		uint64_t odd = (le64(p) & ~ones) ^ ones * 0xe8;
		/* The lowest zero byte is marked exactly; higher marks may be false. */
		uint64_t mark = (odd - ones) & ~odd & highs;

		if (mark)
			return p + __builtin_ctzll(mark) / 8;
		p += 8;
	}
	while (p < end && (*p & 0xfe) != 0xe8)
		p++;
	return p;
}

/* The operand that the packer had found. `reach`: how far before lies a branch left alone; 0: none.
 */
static uint32_t relative_target(uint32_t value, uint32_t next_ip, unsigned int reach)
{
	uint32_t target;

	for (;;) {
		target = value - next_ip;
		if (!reach || !is_sign((uint8_t)(target >> (24 - 8 * reach))))
			break;
		value = target ^ ((1u << (32 - 8 * reach)) - 1);
	}
	/* 25 significant bits, sign-extended. */
	target &= 0x01ffffff;
	return target & 0x01000000 ? target | 0xff000000 : target;
}

void bcj_x86_decode(uint8_t *buf, size_t len, uint32_t start_ip)
{
	uint8_t *end = len < OPERAND_SPAN ? buf : buf + len - (OPERAND_SPAN - 1), *p = buf;
	const uint8_t *last = NULL;
	uint32_t history = 0;

	while ((p = buf + (next_branch(p, end) - buf)) < end) {
		size_t gap = last ? (size_t)(p - last) : OPERAND_SPAN;
		unsigned int reach;

		history = gap > 3 ? 0 : (history << (gap - 1)) & 7;
		reach = history ? 32 - (unsigned int)__builtin_clz(history) : 0;
		last = p;
		if ((history & (history - 1)) || (reach && is_sign(p[4 - reach])) ||
		    !is_sign(p[4])) {
			history = history << 1 | 1;
			p++;
			continue;
		}
		*(unaligned32 *)(p + 1) =
		    relative_target(le32(p + 1), start_ip + (uint32_t)(p - buf) + 5, reach);
		p += OPERAND_SPAN;
	}
}
