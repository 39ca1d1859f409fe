/* SPDX-License-Identifier: MIT */
/*
 * VEX, EVEX and XOP escapes: recognised for their length only, nothing of them is emulated.
 *
 * Each replaces legacy prefixes, REX and escape bytes by a short bit field.  Outside 64-bit mode
 * they live in encodings of les, lds, bound and pop that would have a register operand, and are
 * told apart by the two top bits of the next byte.  The register bits are stored inverted.
 */
#include "cursor.h"

enum {
	REX_W = 8,
	REX_BASE = 0x40,
};

static bool is_vector_escape(const struct emul_insn *insn, struct emul_cursor *cur, uint8_t byte)
{
	uint8_t next;

	if (byte == 0x8f) {
		next = emul_peek8(cur);
		return cur->error == X86_DECODE_OK && (next & 0x1f) >= 8;
	}
	if (byte != 0x62 && byte != 0xc4 && byte != 0xc5)
		return false;
	if (insn->mode == 64)
		return true;
	next = emul_peek8(cur);
	return cur->error == X86_DECODE_OK && next >= 0xc0;
}

/* R, X, B are the inverted top bits of `rxb`; w is where W stands in its byte. */
static void set_rex(struct emul_insn *insn, uint8_t rxb, bool w)
{
	insn->rex = REX_BASE | ((~rxb >> 5) & 7) | (w ? REX_W : 0);
	if (insn->mode != 64)
		insn->rex = 0;
}

/* Map 1 has the immediates of the 0F map, but no jumps and nothing without ModRM save 77. */
static void map1_opcode(uint8_t byte, struct emul_opcode *opcode)
{
	uint16_t attr = emul_0f[byte].attr;

	*opcode = emul_0f38_any;
	if (byte == 0x77)
		opcode->attr = 0;
	else if ((attr & A_MODRM) && emul_imm_kind(attr) == A_IB)
		opcode->attr = A_MODRM | A_IB;
}

static void vex_opcode(struct emul_insn *insn, struct emul_cursor *cur, struct emul_opcode *opcode)
{
	insn->opcode = emul_take8(cur);
	switch (insn->map) {
	case EMUL_MAP_0F:
		map1_opcode(insn->opcode, opcode);
		break;
	case EMUL_MAP_0F38:
		*opcode = emul_0f38_any;
		break;
	case EMUL_MAP_0F3A:
		*opcode = emul_0f3a_any;
		break;
	case 5: /* EVEX only: half-precision */
	case 6:
		*opcode = emul_0f38_any;
		if (insn->encoding != EMUL_ENC_EVEX)
			opcode->attr = A_UNDEF;
		break;
	default:
		opcode->attr = A_UNDEF;
		break;
	}
}

static void decode_vex2(struct emul_insn *insn, struct emul_cursor *cur)
{
	uint8_t byte = emul_take8(cur);

	insn->encoding = EMUL_ENC_VEX;
	insn->map = EMUL_MAP_0F;
	set_rex(insn, byte | 0x60, false);
}

static void decode_vex3(struct emul_insn *insn, struct emul_cursor *cur)
{
	uint8_t first = emul_take8(cur);
	uint8_t second = emul_take8(cur);

	insn->encoding = EMUL_ENC_VEX;
	insn->map = first & 0x1f;
	set_rex(insn, first, second & 0x80);
}

static void decode_evex(struct emul_insn *insn, struct emul_cursor *cur)
{
	uint8_t first = emul_take8(cur);
	uint8_t second = emul_take8(cur);

	emul_take8(cur);
	insn->encoding = EMUL_ENC_EVEX;
	/* Bit 3 of the first and bit 2 of the second byte are fixed; map 0 does not exist. */
	insn->map = (first & 8) || !(second & 4) ? 0 : first & 7;
	set_rex(insn, first, second & 0x80);
}

static void decode_xop(struct emul_insn *insn, struct emul_cursor *cur, struct emul_opcode *opcode)
{
	uint8_t first = emul_take8(cur);
	uint8_t second = emul_take8(cur);

	insn->encoding = EMUL_ENC_XOP;
	insn->map = first & 0x1f;
	set_rex(insn, first, second & 0x80);
	insn->opcode = emul_take8(cur);
	*opcode = emul_0f38_any;
	if (insn->map == 8)
		opcode->attr = A_MODRM | A_IB;
	else if (insn->map == 10)
		opcode->attr = A_MODRM | A_IZ;
	else if (insn->map != 9)
		opcode->attr = A_UNDEF;
}

bool emul_decode_vector(struct emul_insn *insn, struct emul_cursor *cur, uint8_t byte,
			struct emul_opcode *opcode)
{
	bool prefixed = insn->rex || insn->lock || insn->opsize || insn->rep;

	if (!is_vector_escape(insn, cur, byte))
		return false;
	if (byte == 0x8f) {
		decode_xop(insn, cur, opcode);
	} else {
		if (byte == 0xc5)
			decode_vex2(insn, cur);
		else if (byte == 0xc4)
			decode_vex3(insn, cur);
		else
			decode_evex(insn, cur);
		vex_opcode(insn, cur, opcode);
	}
	if (prefixed)
		opcode->attr = A_UNDEF;
	return true;
}
