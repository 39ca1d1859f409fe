/* SPDX-License-Identifier: MIT */
/*
 * Reading an instruction stream, private to the decoder.
 *
 * The first failure sticks and later reads give zero, so decoding steps need not test each byte:
 * whoever finishes looks at `error` once.
 */
#ifndef EMUL_CURSOR_H
#define EMUL_CURSOR_H

#include "opcode.h"

struct emul_cursor {
	const uint8_t *bytes;
	size_t nbytes;
	unsigned int pos;
	int error; /* enum emul_decode_rc */
};

static inline uint8_t emul_take8(struct emul_cursor *cur)
{
	if (cur->error != X86_DECODE_OK)
		return 0;
	if (cur->pos >= X86_INSN_MAX) {
		cur->error = X86_DECODE_TOO_LONG;
		return 0;
	}
	if (cur->pos >= cur->nbytes) {
		cur->error = X86_DECODE_TRUNCATED;
		return 0;
	}
	return cur->bytes[cur->pos++];
}

/* Next byte without consuming it; a missing one is an error all the same. */
static inline uint8_t emul_peek8(struct emul_cursor *cur)
{
	uint8_t byte = emul_take8(cur);

	if (cur->error == X86_DECODE_OK)
		cur->pos--;
	return byte;
}

/* Little-endian, zero-extended. */
static inline uint64_t emul_take(struct emul_cursor *cur, unsigned int len)
{
	uint64_t val = 0;

	for (unsigned int i = 0; i < len; i++)
		val |= (uint64_t)emul_take8(cur) << (8 * i);
	return val;
}

/* Little-endian, sign-extended.  len 1 … 8. */
static inline int64_t emul_take_signed(struct emul_cursor *cur, unsigned int len)
{
	unsigned int spare = 64 - 8 * len;

	return (int64_t)(emul_take(cur, len) << spare) >> spare;
}

/*
 * vex.c: the escapes behind C4, C5, 62 and 8F.  When `byte`, just taken, starts one, fill
 * encoding, map, opcode and rex and return true with *opcode the entry that tells the length.
 */
bool emul_decode_vector(struct emul_insn *insn, struct emul_cursor *cur, uint8_t byte,
			struct emul_opcode *opcode);

#endif /* EMUL_CURSOR_H */
