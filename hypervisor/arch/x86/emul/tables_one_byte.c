/* SPDX-License-Identifier: MIT */
/*
 * The one-byte opcode map and its groups, as data.
 *
 * Prefixes and escapes (26, 2E, 36, 3E, 40-4F in 64-bit mode, 62, 64-67, 0F, C4, C5, F0, F2, F3)
 * are the decoder's; where such a byte is also an instruction in another mode, the entry here is
 * that instruction.  Pages: SDM vol. 2 appendix A, tables.
 */
#include "opcode.h"

/* clang-format off */

/* The six regular forms of an arithmetic instruction. `w` is what its destination takes. */
#define ALU(base, op, w)						\
	[(base) + 0] = OPC(op, RM_R, A_MODRM | A_BYTE | (w)),		\
	[(base) + 1] = OPC(op, RM_R, A_MODRM | (w)),			\
	[(base) + 2] = OPC(op, R_RM, A_MODRM | A_BYTE),			\
	[(base) + 3] = OPC(op, R_RM, A_MODRM),				\
	[(base) + 4] = OPC(op, ACC_IMM, A_BYTE | A_IB),			\
	[(base) + 5] = OPC(op, ACC_IMM, A_IZ)

#define RMW (A_LOCK | A_STORE)
#define GROUP(group_, form_, attr_) \
	{ GRP_##group_, FORM_##form_, A_GROUP | A_MODRM | (attr_) }

const struct emul_opcode emul_one_byte[256] = {
	ALU(0x00, ADD, RMW),
	ALU(0x08, OR, RMW),
	ALU(0x10, ADC, RMW),
	ALU(0x18, SBB, RMW),
	ALU(0x20, AND, RMW),
	ALU(0x28, SUB, RMW),
	ALU(0x30, XOR, RMW),
	ALU(0x38, CMP, 0),

	/* push, pop of segments and the decimal adjusts */
	[0x06 ... 0x07] = LEN(A_INV64),
	[0x0e] = LEN(A_INV64),
	[0x16 ... 0x17] = LEN(A_INV64),
	[0x1e ... 0x1f] = LEN(A_INV64),
	[0x27] = LEN(A_INV64),
	[0x2f] = LEN(A_INV64),
	[0x37] = LEN(A_INV64),
	[0x3f] = LEN(A_INV64),

	[0x40 ... 0x4f] = LEN(A_INV64),			/* inc, dec */
	[0x50 ... 0x5f] = LEN(A_DEF64),			/* push, pop */
	[0x60 ... 0x61] = LEN(A_INV64),			/* pusha, popa */
	[0x62] = LEN(A_INV64 | A_MODRM),		/* bound */
	[0x63] = OPC(MOVSXD, R_RM, A_MODRM),		/* arpl outside 64-bit mode */
	[0x68] = LEN(A_IZ | A_DEF64),
	[0x69] = LEN(A_MODRM | A_IZ),
	[0x6a] = LEN(A_IB | A_DEF64),
	[0x6b] = LEN(A_MODRM | A_IB),
	[0x6c] = OPC(INS, NONE, A_BYTE),
	[0x6d] = OPC(INS, NONE, 0),
	[0x6e] = OPC(OUTS, NONE, A_BYTE),
	[0x6f] = OPC(OUTS, NONE, 0),

	[0x70 ... 0x7f] = LEN(A_IB | A_DEF64),		/* jcc */

	[0x80] = GROUP(ALU, RM_IMM, A_BYTE | A_IB),
	[0x81] = GROUP(ALU, RM_IMM, A_IZ),
	[0x82] = GROUP(ALU, RM_IMM, A_BYTE | A_IB | A_INV64),
	[0x83] = GROUP(ALU, RM_IMM, A_IB),
	[0x84] = OPC(TEST, RM_R, A_MODRM | A_BYTE),
	[0x85] = OPC(TEST, RM_R, A_MODRM),
	[0x86] = OPC(XCHG, RM_R, A_MODRM | A_BYTE | RMW),
	[0x87] = OPC(XCHG, RM_R, A_MODRM | RMW),
	[0x88] = OPC(MOV, RM_R, A_MODRM | A_BYTE | A_STORE),
	[0x89] = OPC(MOV, RM_R, A_MODRM | A_STORE),
	[0x8a] = OPC(MOV, R_RM, A_MODRM | A_BYTE),
	[0x8b] = OPC(MOV, R_RM, A_MODRM),
	[0x8c ... 0x8e] = LEN(A_MODRM),			/* mov from, to segment; lea */
	[0x8f] = GROUP(POP, RM, A_DEF64),

	[0x90] = LEN(0),				/* nop, pause */
	[0x91 ... 0x97] = OPC(XCHG, ACC_OPREG, 0),
	[0x98 ... 0x99] = LEN(0),
	[0x9a] = LEN(A_FAR | A_INV64),
	[0x9b] = LEN(0),
	[0x9c ... 0x9d] = LEN(A_DEF64),			/* pushf, popf */
	[0x9e ... 0x9f] = LEN(0),

	[0xa0] = OPC(MOV, ACC_MOFFS, A_MOFFS | A_BYTE),
	[0xa1] = OPC(MOV, ACC_MOFFS, A_MOFFS),
	[0xa2] = OPC(MOV, MOFFS_ACC, A_MOFFS | A_BYTE | A_STORE),
	[0xa3] = OPC(MOV, MOFFS_ACC, A_MOFFS | A_STORE),
	[0xa4] = OPC(MOVS, NONE, A_BYTE),
	[0xa5] = OPC(MOVS, NONE, 0),
	[0xa6 ... 0xa7] = LEN(0),			/* cmps */
	[0xa8] = OPC(TEST, ACC_IMM, A_BYTE | A_IB),
	[0xa9] = OPC(TEST, ACC_IMM, A_IZ),
	[0xaa] = OPC(STOS, NONE, A_BYTE),
	[0xab] = OPC(STOS, NONE, 0),
	[0xac] = OPC(LODS, NONE, A_BYTE),
	[0xad] = OPC(LODS, NONE, 0),
	[0xae ... 0xaf] = LEN(0),			/* scas */

	[0xb0 ... 0xb7] = OPC(MOV, OPREG_IMM, A_BYTE | A_IB),
	[0xb8 ... 0xbf] = OPC(MOV, OPREG_IMM, A_IV),

	[0xc0 ... 0xc1] = LEN(A_MODRM | A_IB),		/* shifts */
	[0xc2] = LEN(A_IW | A_DEF64),
	[0xc3] = LEN(A_DEF64),
	[0xc4 ... 0xc5] = LEN(A_MODRM | A_INV64),	/* les, lds */
	[0xc6] = GROUP(MOV_IMM, RM_IMM, A_BYTE | A_IB),
	[0xc7] = GROUP(MOV_IMM, RM_IMM, A_IZ),
	[0xc8] = LEN(A_IWB | A_DEF64),			/* enter */
	[0xc9] = LEN(A_DEF64),
	[0xca] = LEN(A_IW),
	[0xcb ... 0xcc] = LEN(0),
	[0xcd] = LEN(A_IB),
	[0xce] = LEN(A_INV64),
	[0xcf] = LEN(0),

	[0xd0 ... 0xd3] = LEN(A_MODRM),			/* shifts */
	[0xd4 ... 0xd5] = LEN(A_IB | A_INV64),
	[0xd6] = LEN(A_INV64),
	[0xd7] = LEN(0),
	[0xd8 ... 0xdf] = LEN(A_MODRM),			/* x87 */

	[0xe0 ... 0xe3] = LEN(A_IB | A_DEF64),		/* loop, jcxz */
	[0xe4] = OPC(IN, PORT_IMM, A_BYTE | A_IB),
	[0xe5] = OPC(IN, PORT_IMM, A_IB),
	[0xe6] = OPC(OUT, PORT_IMM, A_BYTE | A_IB),
	[0xe7] = OPC(OUT, PORT_IMM, A_IB),
	[0xe8 ... 0xe9] = LEN(A_IZ | A_DEF64),
	[0xea] = LEN(A_FAR | A_INV64),
	[0xeb] = LEN(A_IB | A_DEF64),
	[0xec] = OPC(IN, PORT_DX, A_BYTE),
	[0xed] = OPC(IN, PORT_DX, 0),
	[0xee] = OPC(OUT, PORT_DX, A_BYTE),
	[0xef] = OPC(OUT, PORT_DX, 0),

	[0xf1] = LEN(0),
	[0xf4] = OPC(HLT, NONE, A_PRIV),
	[0xf5] = LEN(0),
	[0xf6] = GROUP(UNARY_B, RM, A_BYTE),
	[0xf7] = GROUP(UNARY_V, RM, 0),
	[0xf8 ... 0xf9] = LEN(0),
	[0xfa] = OPC(CLI, NONE, 0),
	[0xfb] = OPC(STI, NONE, 0),
	[0xfc ... 0xfd] = LEN(0),
	[0xfe] = GROUP(INC_B, RM, A_BYTE),
	[0xff] = GROUP(INC_V, RM, 0),
};

/* FORM_NONE in a group keeps the form of the opcode; attributes add to the opcode's. */
const struct emul_opcode emul_groups[NR_GROUPS][8] = {
	[GRP_ALU] = {
		OPC(ADD, NONE, RMW), OPC(OR, NONE, RMW), OPC(ADC, NONE, RMW), OPC(SBB, NONE, RMW),
		OPC(AND, NONE, RMW), OPC(SUB, NONE, RMW), OPC(XOR, NONE, RMW), OPC(CMP, NONE, 0),
	},
	[GRP_POP] = {
		[0] = LEN(0), [1 ... 7] = LEN(A_UNDEF),
	},
	[GRP_MOV_IMM] = {
		[0] = OPC(MOV, NONE, A_STORE), [1 ... 6] = LEN(A_UNDEF),
		[7] = LEN(0),					/* xabort, xbegin */
	},
	[GRP_UNARY_B] = {
		OPC(TEST, RM_IMM, A_IB), OPC(TEST, RM_IMM, A_IB),
		OPC(NOT, NONE, RMW), OPC(NEG, NONE, RMW), [4 ... 7] = LEN(0),
	},
	[GRP_UNARY_V] = {
		OPC(TEST, RM_IMM, A_IZ), OPC(TEST, RM_IMM, A_IZ),
		OPC(NOT, NONE, RMW), OPC(NEG, NONE, RMW), [4 ... 7] = LEN(0),
	},
	[GRP_INC_B] = {
		OPC(INC, NONE, RMW), OPC(DEC, NONE, RMW), [2 ... 7] = LEN(A_UNDEF),
	},
	[GRP_INC_V] = {
		OPC(INC, NONE, RMW), OPC(DEC, NONE, RMW),
		LEN(A_DEF64), LEN(0), LEN(A_DEF64), LEN(0), LEN(A_DEF64), LEN(A_UNDEF),
	},
	[GRP_SYSTEM] = {
		[0 ... 3] = LEN(0),				/* sgdt, sidt, lgdt, lidt */
		[4] = OPC(SMSW, RM, A_STORE), [5] = LEN(0),
		[6] = OPC(LMSW, RM, A_PRIV), [7] = OPC(INVLPG, RM, A_PRIV),
	},
	[GRP_BIT] = {
		[0 ... 3] = LEN(A_UNDEF), [4] = OPC(BT, NONE, 0), [5] = OPC(BTS, NONE, RMW),
		[6] = OPC(BTR, NONE, RMW), [7] = OPC(BTC, NONE, RMW),
	},
	[GRP_CX8] = {
		[0] = LEN(0), [1] = OPC(CMPXCHG8B, NONE, RMW), [2 ... 6] = LEN(0),
		[7] = OPC(RDPID, NONE, 0),			/* with F3 and mod 3 only */
	},
};
