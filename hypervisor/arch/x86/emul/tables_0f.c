/* SPDX-License-Identifier: MIT */
/*
 * The opcode maps behind the 0F escape, as data.
 *
 * The 0F map also gives VEX and EVEX map 1 its immediates.  0F 38 and 0F 3A are uniform: ModRM,
 * and ModRM with a byte.  Pages: SDM vol. 2 appendix A, tables.
 */
#include "opcode.h"

/* clang-format off */

#define RMW (A_LOCK | A_STORE)

const struct emul_opcode emul_0f[256] = {
	[0x00] = LEN(A_MODRM),				/* sldt … verw */
	[0x01] = { GRP_SYSTEM, FORM_RM, A_GROUP | A_MODRM },
	[0x02 ... 0x03] = LEN(A_MODRM),			/* lar, lsl */
	[0x04] = LEN(A_UNDEF),
	[0x05] = LEN(0),
	[0x06] = OPC(CLTS, NONE, A_PRIV),
	[0x07] = LEN(0),
	[0x08] = OPC(INVD, NONE, A_PRIV),
	[0x09] = OPC(WBINVD, NONE, A_PRIV),
	[0x0a] = LEN(A_UNDEF),
	[0x0b] = LEN(0),				/* ud2 */
	[0x0c] = LEN(A_UNDEF),
	[0x0d] = LEN(A_MODRM),				/* prefetch */
	[0x0e] = LEN(0),				/* femms */
	[0x0f] = LEN(A_MODRM | A_IB),			/* 3DNow!: the opcode comes last */
	[0x10 ... 0x1f] = LEN(A_MODRM),

	[0x20] = OPC(READ_CR, NONE, A_MODRM | A_REGONLY | A_PRIV),
	[0x21] = OPC(READ_DR, NONE, A_MODRM | A_REGONLY | A_PRIV),
	[0x22] = OPC(WRITE_CR, NONE, A_MODRM | A_REGONLY | A_PRIV),
	[0x23] = OPC(WRITE_DR, NONE, A_MODRM | A_REGONLY | A_PRIV),
	[0x24 ... 0x27] = LEN(A_UNDEF),
	[0x28 ... 0x2f] = LEN(A_MODRM),

	[0x30] = OPC(WRMSR, NONE, A_PRIV),
	[0x31] = OPC(RDTSC, NONE, 0),
	[0x32] = OPC(RDMSR, NONE, A_PRIV),
	[0x33] = OPC(RDPMC, NONE, 0),
	[0x34 ... 0x35] = LEN(0),			/* sysenter, sysexit */
	[0x36] = LEN(A_UNDEF),
	[0x37] = LEN(0),				/* getsec */
	[0x38 ... 0x3f] = LEN(A_UNDEF),			/* 38 and 3A are escapes */

	[0x40 ... 0x6f] = LEN(A_MODRM),
	[0x70 ... 0x73] = LEN(A_MODRM | A_IB),
	[0x74 ... 0x76] = LEN(A_MODRM),
	[0x77] = LEN(0),				/* emms, vzeroupper */
	[0x78 ... 0x79] = LEN(A_MODRM),			/* 78: see the decoder */
	[0x7a ... 0x7b] = LEN(A_UNDEF),
	[0x7c ... 0x7f] = LEN(A_MODRM),

	[0x80 ... 0x8f] = LEN(A_IZ | A_DEF64),		/* jcc */
	[0x90 ... 0x9f] = LEN(A_MODRM | A_BYTE),	/* setcc */

	[0xa0 ... 0xa1] = LEN(A_DEF64),
	[0xa2] = OPC(CPUID, NONE, 0),
	[0xa3] = OPC(BT, RM_R, A_MODRM),
	[0xa4] = LEN(A_MODRM | A_IB),
	[0xa5 ... 0xa7] = LEN(A_MODRM),
	[0xa8 ... 0xa9] = LEN(A_DEF64),
	[0xaa] = LEN(0),
	[0xab] = OPC(BTS, RM_R, A_MODRM | RMW),
	[0xac] = LEN(A_MODRM | A_IB),
	[0xad ... 0xaf] = LEN(A_MODRM),

	[0xb0] = OPC(CMPXCHG, RM_R, A_MODRM | A_BYTE | RMW),
	[0xb1] = OPC(CMPXCHG, RM_R, A_MODRM | RMW),
	[0xb2] = LEN(A_MODRM),
	[0xb3] = OPC(BTR, RM_R, A_MODRM | RMW),
	[0xb4 ... 0xb5] = LEN(A_MODRM),
	[0xb6] = OPC(MOVZX8, R_RM, A_MODRM),
	[0xb7] = OPC(MOVZX16, R_RM, A_MODRM),
	[0xb8 ... 0xb9] = LEN(A_MODRM),
	[0xba] = { GRP_BIT, FORM_RM_IMM, A_GROUP | A_MODRM | A_IB },
	[0xbb] = OPC(BTC, RM_R, A_MODRM | RMW),
	[0xbc ... 0xbd] = LEN(A_MODRM),
	[0xbe] = OPC(MOVSX8, R_RM, A_MODRM),
	[0xbf] = OPC(MOVSX16, R_RM, A_MODRM),

	[0xc0] = OPC(XADD, RM_R, A_MODRM | A_BYTE | RMW),
	[0xc1] = OPC(XADD, RM_R, A_MODRM | RMW),
	[0xc2] = LEN(A_MODRM | A_IB),
	[0xc3] = OPC(MOVNTI, RM_R, A_MODRM | A_STORE | A_PLAIN),
	[0xc4 ... 0xc6] = LEN(A_MODRM | A_IB),
	[0xc7] = { GRP_CX8, FORM_RM, A_GROUP | A_MODRM },
	[0xc8 ... 0xcf] = LEN(0),			/* bswap */

	[0xd0 ... 0xff] = LEN(A_MODRM),
};

const struct emul_opcode emul_0f38_any = LEN(A_MODRM);
const struct emul_opcode emul_0f3a_any = LEN(A_MODRM | A_IB);

const struct emul_opcode emul_system_reg[64] = {
	[0x10] = OPC(XGETBV, NONE, A_PLAIN),		/* 0F 01 D0 */
	[0x11] = OPC(XSETBV, NONE, A_PLAIN | A_PRIV),	/* 0F 01 D1 */
	[0x38] = OPC(SWAPGS, NONE, A_PRIV),	/* 0F 01 F8 */
	[0x39] = OPC(RDTSCP, NONE, 0),			/* 0F 01 F9 */
};
