/* SPDX-License-Identifier: MIT */
/*
 * The decoder: prefixes, opcode, ModRM, immediates.
 *
 * All knowledge of single instructions is in the tables; this file knows the shape of the
 * encoding.  The steps run in stream order over a cursor whose first error sticks, so truncated
 * input is always told as such and never read past.
 */
#include "cursor.h"

enum {
	REX_B = 1,
	REX_X = 2,
	REX_R = 4,
	REX_W = 8,
};

static const struct emul_opcode undefined = { OP_NONE, FORM_NONE, A_UNDEF };

/* ---- Prefixes -------------------------------------------------------------------------------- */

/* In 64-bit mode overrides other than FS and GS are ignored, wherever they stand. */
static void set_override(struct emul_insn *insn, enum emul_seg seg)
{
	if (insn->mode != 64 || seg >= EMUL_SEG_FS)
		insn->seg = seg;
}

static bool legacy_prefix(struct emul_insn *insn, uint8_t byte, bool *addrsize)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		set_override(insn, (byte >> 3) & 3);
		return true;
	case 0x64:
	case 0x65:
		set_override(insn, EMUL_SEG_FS + (byte & 1));
		return true;
	case 0x66:
		insn->opsize = true;
		return true;
	case 0x67:
		*addrsize = true;
		return true;
	case 0xf0:
		insn->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		insn->rep = byte;
		return true;
	default:
		return false;
	}
}

/* Returns the first byte that is no prefix.  A REX counts only when it is the last prefix. */
static uint8_t decode_prefixes(struct emul_insn *insn, struct emul_cursor *cur)
{
	bool addrsize = false;
	uint8_t byte;

	for (;;) {
		byte = emul_take8(cur);
		if (cur->error != X86_DECODE_OK)
			break;
		if (legacy_prefix(insn, byte, &addrsize))
			insn->rex = 0;
		else if (insn->mode == 64 && (byte & 0xf0) == 0x40)
			insn->rex = byte;
		else
			break;
	}
	if (insn->mode == 64)
		insn->addr_bytes = addrsize ? 4 : 8;
	else
		insn->addr_bytes = (insn->mode == 32) != addrsize ? 4 : 2;
	return byte;
}

/* ---- Opcode ---------------------------------------------------------------------------------- */

/* AMD's extrq and insertq share 0F 78 with Intel's vmread; a prefix tells. */
static void sse4a_quirk(struct emul_insn *insn, struct emul_opcode *opcode)
{
	if (insn->opcode == 0x78 && (insn->opsize || insn->rep == 0xf2))
		opcode->attr |= A_IW;
}

static void decode_0f(struct emul_insn *insn, struct emul_cursor *cur, struct emul_opcode *opcode)
{
	insn->map = EMUL_MAP_0F;
	insn->opcode = emul_take8(cur);
	switch (insn->opcode) {
	case 0x38:
		insn->map = EMUL_MAP_0F38;
		insn->opcode = emul_take8(cur);
		*opcode = emul_0f38_any;
		break;
	case 0x3a:
		insn->map = EMUL_MAP_0F3A;
		insn->opcode = emul_take8(cur);
		*opcode = emul_0f3a_any;
		break;
	default:
		*opcode = emul_0f[insn->opcode];
		sse4a_quirk(insn, opcode);
		break;
	}
}

static void decode_opcode(struct emul_insn *insn, struct emul_cursor *cur, uint8_t byte,
			  struct emul_opcode *opcode)
{
	if (emul_decode_vector(insn, cur, byte, opcode))
		return;
	if (byte == 0x0f) {
		decode_0f(insn, cur, opcode);
	} else {
		insn->opcode = byte;
		*opcode = emul_one_byte[byte];
	}
}

/* The register forms of 0F 01 and 0F C7 share ModRM.reg with unrelated memory forms. */
static void register_group(const struct emul_insn *insn, enum emul_group group,
			   struct emul_opcode *sub)
{
	const struct emul_opcode *reg = &emul_system_reg[insn->modrm & 0x3f];

	if (group == GRP_SYSTEM) {
		if (reg->op != OP_NONE)
			*sub = *reg;
		else if (sub->op == OP_INVLPG)
			*sub = (struct emul_opcode){ OP_NONE, FORM_NONE, 0 };
	} else if (group == GRP_CX8) {
		if (sub->op != OP_RDPID || insn->rep != 0xf3)
			*sub = (struct emul_opcode){ OP_NONE, FORM_NONE, 0 };
	}
}

static void resolve_group(const struct emul_insn *insn, struct emul_opcode *opcode)
{
	enum emul_group group = opcode->op;
	struct emul_opcode sub = emul_groups[group][(insn->modrm >> 3) & 7];

	if (insn->mod == 3)
		register_group(insn, group, &sub);
	else if (sub.op == OP_RDPID)
		sub.op = OP_NONE;
	opcode->op = sub.op;
	if (sub.form != FORM_NONE)
		opcode->form = sub.form;
	opcode->attr = (uint16_t)((opcode->attr & ~A_GROUP) | sub.attr);
}

/* ---- ModRM ----------------------------------------------------------------------------------- */

/* 16-bit addressing: base and index by ModRM.rm. */
static const struct {
	uint8_t base;
	uint8_t index;
} ea16[8] = {
	{ EMUL_RBX, EMUL_RSI },	     { EMUL_RBX, EMUL_RDI },	  { EMUL_RBP, EMUL_RSI },
	{ EMUL_RBP, EMUL_RDI },	     { EMUL_RSI, EMUL_REG_NONE }, { EMUL_RDI, EMUL_REG_NONE },
	{ EMUL_RBP, EMUL_REG_NONE }, { EMUL_RBX, EMUL_REG_NONE },
};

static void decode_ea16(struct emul_insn *insn, struct emul_cursor *cur)
{
	static const uint8_t disp_bytes[3] = { 0, 1, 2 };
	unsigned int rm = insn->modrm & 7;

	if (insn->mod == 0 && rm == 6) {
		insn->disp = emul_take_signed(cur, 2);
		return;
	}
	insn->base = ea16[rm].base;
	insn->index = ea16[rm].index;
	if (insn->mod)
		insn->disp = emul_take_signed(cur, disp_bytes[insn->mod]);
}

static void decode_sib(struct emul_insn *insn, struct emul_cursor *cur)
{
	uint8_t sib = emul_take8(cur);
	uint8_t index = ((sib >> 3) & 7) | (insn->rex & REX_X ? 8 : 0);

	if (index != EMUL_RSP) {
		insn->index = index;
		insn->scale = 1 << (sib >> 6);
	}
	insn->base = sib & 7;
}

/* Base 5 without displacement means "displacement only"; without SIB in 64-bit mode, rip. */
static void decode_ea(struct emul_insn *insn, struct emul_cursor *cur)
{
	static const uint8_t disp_bytes[3] = { 0, 1, 4 };
	unsigned int len = disp_bytes[insn->mod];
	bool sib = (insn->modrm & 7) == 4;

	if (sib)
		decode_sib(insn, cur);
	else
		insn->base = insn->modrm & 7;

	if (insn->base == EMUL_RBP && insn->mod == 0) {
		insn->base = insn->mode == 64 && !sib ? EMUL_REG_RIP : EMUL_REG_NONE;
		len = 4;
	} else if (insn->rex & REX_B) {
		insn->base |= 8;
	}
	if (len)
		insn->disp = emul_take_signed(cur, len);
}

static void default_segment(struct emul_insn *insn)
{
	if (insn->seg != EMUL_REG_NONE)
		return;
	if (insn->base == EMUL_RSP || insn->base == EMUL_RBP)
		insn->seg = EMUL_SEG_SS;
	else
		insn->seg = EMUL_SEG_DS;
}

static void decode_modrm(struct emul_insn *insn, struct emul_cursor *cur)
{
	insn->has_modrm = true;
	insn->modrm = emul_take8(cur);
	insn->mod = insn->modrm >> 6;
	insn->reg = ((insn->modrm >> 3) & 7) | (insn->rex & REX_R ? 8 : 0);
	insn->rm = (insn->modrm & 7) | (insn->rex & REX_B ? 8 : 0);
}

static void decode_memory(struct emul_insn *insn, struct emul_cursor *cur, uint16_t attr)
{
	if (attr & A_REGONLY)
		insn->mod = 3;
	if (insn->mod == 3)
		return;
	insn->has_mem = true;
	if (insn->addr_bytes == 2)
		decode_ea16(insn, cur);
	else
		decode_ea(insn, cur);
}

/* ---- Sizes and immediates -------------------------------------------------------------------- */

static void set_op_bytes(struct emul_insn *insn, uint16_t attr)
{
	if (insn->mode == 64) {
		if (insn->rex & REX_W)
			insn->op_bytes = 8;
		else if (insn->opsize)
			insn->op_bytes = 2;
		else
			insn->op_bytes = attr & A_DEF64 ? 8 : 4;
	} else {
		insn->op_bytes = (insn->mode == 32) != insn->opsize ? 4 : 2;
	}
}

static void decode_immediate(struct emul_insn *insn, struct emul_cursor *cur, uint16_t attr)
{
	bool word = insn->op_bytes == 2 && insn->encoding == EMUL_ENC_LEGACY;

	switch (emul_imm_kind(attr)) {
	case A_IB:
		insn->imm_bytes = 1;
		break;
	case A_IW:
	case A_IWB:
		insn->imm_bytes = 2;
		break;
	case A_IZ:
	case A_FAR:
		insn->imm_bytes = word ? 2 : 4;
		break;
	case A_IV:
		insn->imm_bytes = insn->op_bytes;
		break;
	case A_MOFFS:
		insn->has_mem = true;
		insn->disp = (int64_t)emul_take(cur, insn->addr_bytes);
		return;
	default:
		return;
	}
	insn->imm = (uint64_t)emul_take_signed(cur, insn->imm_bytes);
	if (emul_imm_kind(attr) == A_IWB)
		insn->imm2 = emul_take8(cur);
	else if (emul_imm_kind(attr) == A_FAR)
		insn->imm2 = (uint16_t)emul_take(cur, 2);
}

/* An entry that a prefix turns into another instruction keeps only its length. */
static void settle_operation(struct emul_insn *insn, const struct emul_opcode *opcode)
{
	bool plain = !insn->opsize && !insn->rep;

	insn->attr = opcode->attr;
	insn->form = opcode->form;
	insn->op = (opcode->attr & A_PLAIN) && !plain ? OP_NONE : opcode->op;
	if (opcode->attr & A_BYTE)
		insn->op_bytes = 1;
}

int x86_decode(struct emul_insn *insn, unsigned int mode, const uint8_t *bytes, size_t nbytes)
{
	struct emul_cursor cur = { .bytes = bytes, .nbytes = nbytes };
	struct emul_opcode opcode = undefined;
	uint8_t byte;

	*insn = (struct emul_insn){
		.mode = (uint8_t)mode,
		.seg = EMUL_REG_NONE,
		.base = EMUL_REG_NONE,
		.index = EMUL_REG_NONE,
		.scale = 1,
	};

	byte = decode_prefixes(insn, &cur);
	decode_opcode(insn, &cur, byte, &opcode);
	if (cur.error == X86_DECODE_OK && (opcode.attr & A_MODRM))
		decode_modrm(insn, &cur);
	if (cur.error != X86_DECODE_OK)
		return cur.error;

	if (opcode.attr & A_GROUP)
		resolve_group(insn, &opcode);
	if ((opcode.attr & A_UNDEF) || (mode == 64 && (opcode.attr & A_INV64)))
		return X86_DECODE_INVALID;

	if (opcode.attr & A_MODRM)
		decode_memory(insn, &cur, opcode.attr);
	default_segment(insn);
	set_op_bytes(insn, opcode.attr);
	decode_immediate(insn, &cur, opcode.attr);
	settle_operation(insn, &opcode);
	insn->length = (uint8_t)cur.pos;
	return cur.error;
}

enum emul_class x86_insn_class(const struct emul_insn *insn)
{
	if (insn->op == OP_NONE)
		return EMUL_CLASS_NONE;
	if (insn->op <= OP_LAST_DATA)
		return EMUL_CLASS_DATA;
	if (insn->op <= OP_LAST_STRING)
		return EMUL_CLASS_STRING;
	if (insn->op <= OP_LAST_IO)
		return EMUL_CLASS_IO;
	return EMUL_CLASS_SYSTEM;
}
