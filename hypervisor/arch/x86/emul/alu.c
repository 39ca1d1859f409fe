/* SPDX-License-Identifier: MIT */
/*
 * Integer arithmetic and its flags, in plain C.
 *
 * Each result is computed at full width and cut to the operand size; carries are read back from
 * the operands and the result at the top bit (SDM vol. 1 §3.4.3).  Flags an instruction leaves
 * undefined are cleared by the logic operations and kept by the bit tests, as CPUs do.
 */
#include "internal.h"

static uint64_t top_bit(unsigned int size)
{
	return 1ULL << (8 * size - 1);
}

/* 1 when the low byte has an even number of ones. */
static bool even_parity(uint64_t val)
{
	unsigned int byte = val & 0xff;

	byte ^= byte >> 4;
	return !((0x6996 >> (byte & 15)) & 1);
}

static uint64_t result_flags(uint64_t result, unsigned int size)
{
	uint64_t flags = 0;

	if (result == 0)
		flags |= FLAG_ZF;
	if (result & top_bit(size))
		flags |= FLAG_SF;
	if (even_parity(result))
		flags |= FLAG_PF;
	return flags;
}

static void set_flags(uint64_t *flags, uint64_t affected, uint64_t val)
{
	*flags = (*flags & ~affected) | (val & affected);
}

static uint64_t add(unsigned int size, uint64_t a, uint64_t b, bool carry, uint64_t affected,
		    uint64_t *flags)
{
	uint64_t r = (a + b + carry) & emul_size_mask(size);
	uint64_t new = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF);

	if (((a & b) | ((a | b) & ~r)) & top_bit(size))
		new |= FLAG_CF;
	if ((a ^ r) & (b ^ r) & top_bit(size))
		new |= FLAG_OF;
	set_flags(flags, affected, new);
	return r;
}

static uint64_t sub(unsigned int size, uint64_t a, uint64_t b, bool borrow, uint64_t affected,
		    uint64_t *flags)
{
	uint64_t r = (a - b - borrow) & emul_size_mask(size);
	uint64_t new = result_flags(r, size) | ((a ^ b ^ r) & FLAG_AF);

	if (((~a & b) | (~(a ^ b) & r)) & top_bit(size))
		new |= FLAG_CF;
	if ((a ^ b) & (a ^ r) & top_bit(size))
		new |= FLAG_OF;
	set_flags(flags, affected, new);
	return r;
}

static uint64_t logic(unsigned int size, uint64_t r, uint64_t *flags)
{
	r &= emul_size_mask(size);
	set_flags(flags, FLAGS_ARITHMETIC, result_flags(r, size));
	return r;
}

/* CF takes the bit's old value. */
static uint64_t bit_test(enum emul_op op, unsigned int size, uint64_t a, uint64_t nr,
			 uint64_t *flags)
{
	uint64_t bit = 1ULL << (nr & (8 * size - 1));

	set_flags(flags, FLAG_CF, a & bit ? FLAG_CF : 0);
	switch (op) {
	case OP_BTS:
		return a | bit;
	case OP_BTR:
		return a & ~bit;
	case OP_BTC:
		return a ^ bit;
	default:
		return a;
	}
}

uint64_t emul_compute(enum emul_op op, unsigned int size, uint64_t a, uint64_t b, uint64_t *flags)
{
	const uint64_t all = FLAGS_ARITHMETIC, but_cf = FLAGS_ARITHMETIC & ~FLAG_CF;
	bool carry = *flags & FLAG_CF;

	switch (op) {
	case OP_ADD:
	case OP_XADD:
		return add(size, a, b, false, all, flags);
	case OP_ADC:
		return add(size, a, b, carry, all, flags);
	case OP_SUB:
	case OP_CMP:
		return sub(size, a, b, false, all, flags);
	case OP_SBB:
		return sub(size, a, b, carry, all, flags);
	case OP_AND:
	case OP_TEST:
		return logic(size, a & b, flags);
	case OP_OR:
		return logic(size, a | b, flags);
	case OP_XOR:
		return logic(size, a ^ b, flags);
	case OP_INC:
		return add(size, a, 1, false, but_cf, flags);
	case OP_DEC:
		return sub(size, a, 1, false, but_cf, flags);
	case OP_NEG:
		return sub(size, 0, a, false, all, flags);
	case OP_NOT:
		return ~a & emul_size_mask(size);
	case OP_XCHG:
		return b;
	default:
		return bit_test(op, size, a, b, flags);
	}
}
