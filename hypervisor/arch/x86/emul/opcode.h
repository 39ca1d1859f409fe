/* SPDX-License-Identifier: MIT */
/*
 * The opcode tables' vocabulary, private to the emulator.
 *
 * An entry says three things of an opcode: how long it is (attributes), which operation it is
 * (OP_NONE when the emulator only needs its length) and where its operands are (form).
 */
#ifndef EMUL_OPCODE_H
#define EMUL_OPCODE_H

#include <asm/emul.h>

/* Attributes. */
enum {
	A_MODRM = 1 << 0,   /* a ModRM byte follows */
	A_BYTE = 1 << 1,    /* operands are bytes */
	A_INV64 = 1 << 2,   /* does not exist in 64-bit mode */
	A_DEF64 = 1 << 3,   /* operand size is 8 by default in 64-bit mode */
	A_GROUP = 1 << 4,   /* op is an enum emul_group; ModRM decides */
	A_LOCK = 1 << 5,    /* a lock prefix is allowed on a memory destination */
	A_UNDEF = 1 << 6,   /* no such instruction */
	A_PRIV = 1 << 7,    /* CPL 0 only */
	A_REGONLY = 1 << 8, /* ModRM.mod is ignored, the operand is a register */
	A_PLAIN = 1 << 9,   /* another instruction if 66, F2 or F3 precede */
	A_STORE = 1 << 10,  /* the destination operand is written */

	/* Immediates, a field of its own. */
	A_IMM_MASK = 7 << 12,
	A_IB = 1 << 12,	   /* byte */
	A_IW = 2 << 12,	   /* word */
	A_IZ = 3 << 12,	   /* operand size, at most 4 bytes */
	A_IV = 4 << 12,	   /* operand size */
	A_MOFFS = 5 << 12, /* address of the memory operand, address size */
	A_IWB = 6 << 12,   /* word, then byte */
	A_FAR = 7 << 12,   /* IZ, then selector */
};

/*
 * Operations.  The order is used: OP_ADD … OP_CMP follow the encoding's numbers, and the classes
 * of x86_insn_class() are ranges.
 */
enum emul_op {
	OP_NONE,

	OP_ADD,
	OP_OR,
	OP_ADC,
	OP_SBB,
	OP_AND,
	OP_SUB,
	OP_XOR,
	OP_CMP,
	OP_TEST,
	OP_INC,
	OP_DEC,
	OP_NOT,
	OP_NEG,
	OP_XADD,
	OP_XCHG,
	OP_BT,
	OP_BTS,
	OP_BTR,
	OP_BTC,
	OP_MOV,
	OP_MOVNTI,
	OP_MOVZX8,
	OP_MOVZX16,
	OP_MOVSX8,
	OP_MOVSX16,
	OP_MOVSXD,
	OP_CMPXCHG,
	OP_CMPXCHG8B,
	OP_LAST_DATA = OP_CMPXCHG8B,

	OP_MOVS,
	OP_STOS,
	OP_LODS,
	OP_LAST_STRING = OP_LODS,

	OP_IN,
	OP_OUT,
	OP_INS,
	OP_OUTS,
	OP_LAST_IO = OP_OUTS,

	OP_CLI,
	OP_STI,
	OP_HLT,
	OP_CLTS,
	OP_INVD,
	OP_WBINVD,
	OP_READ_CR,
	OP_WRITE_CR,
	OP_READ_DR,
	OP_WRITE_DR,
	OP_SMSW,
	OP_LMSW,
	OP_INVLPG,
	OP_SWAPGS,
	OP_RDMSR,
	OP_WRMSR,
	OP_RDTSC,
	OP_RDTSCP,
	OP_RDPMC,
	OP_RDPID,
	OP_CPUID,
	OP_XGETBV,
	OP_XSETBV,
	NR_OPS,
};

/* Where the operands are: destination first. */
enum emul_form {
	FORM_NONE,	/* implied */
	FORM_RM,	/* ModRM.rm alone */
	FORM_RM_R,	/* ModRM.rm, ModRM.reg */
	FORM_R_RM,	/* ModRM.reg, ModRM.rm */
	FORM_RM_IMM,	/* ModRM.rm, immediate */
	FORM_ACC_IMM,	/* rAX, immediate */
	FORM_ACC_MOFFS, /* rAX, memory at a full address */
	FORM_MOFFS_ACC, /* the other way round */
	FORM_OPREG_IMM, /* register in the opcode, immediate */
	FORM_ACC_OPREG, /* rAX, register in the opcode */
	FORM_PORT_IMM,	/* I/O port in an immediate byte */
	FORM_PORT_DX,	/* I/O port in DX */
};

struct emul_opcode {
	uint8_t op;
	uint8_t form;
	uint16_t attr;
};

/* Entries: decoded for their length only, or with an operation. */
/* clang-format off */
#define LEN(attr_)             { OP_NONE, FORM_NONE, (attr_) }
#define OPC(op_, form_, attr_) { OP_##op_, FORM_##form_, (attr_) }
/* clang-format on */

/* Opcodes told apart by ModRM. */
enum emul_group {
	GRP_ALU,     /* 80 … 83 */
	GRP_POP,     /* 8F */
	GRP_MOV_IMM, /* C6, C7 */
	GRP_UNARY_B, /* F6 */
	GRP_UNARY_V, /* F7 */
	GRP_INC_B,   /* FE */
	GRP_INC_V,   /* FF */
	GRP_SYSTEM,  /* 0F 01, memory forms and smsw, lmsw */
	GRP_BIT,     /* 0F BA */
	GRP_CX8,     /* 0F C7 */
	NR_GROUPS,
};

extern const struct emul_opcode emul_one_byte[256];
extern const struct emul_opcode emul_0f[256];
extern const struct emul_opcode emul_0f38_any; /* all of 0F 38 has this shape */
extern const struct emul_opcode emul_0f3a_any; /* all of 0F 3A has this shape */

/* By ModRM.reg. */
extern const struct emul_opcode emul_groups[NR_GROUPS][8];
/* 0F 01 with mod 3, by the rest of ModRM; entries without an op fall back to the group. */
extern const struct emul_opcode emul_system_reg[64];

/* Immediate kind of an attribute word. */
static inline unsigned int emul_imm_kind(uint16_t attr)
{
	return attr & A_IMM_MASK;
}

#endif /* EMUL_OPCODE_H */
