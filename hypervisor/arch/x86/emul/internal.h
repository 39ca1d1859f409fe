/* SPDX-License-Identifier: MIT */
/*
 * What the emulator's files share.
 *
 * A handler works on a private copy of the registers (struct emul_work.next).  x86_emulate()
 * publishes the copy only when the handler succeeded, so a handler may fail at any point as long
 * as its memory or machine effect is the last thing that can.
 */
#ifndef EMUL_INTERNAL_H
#define EMUL_INTERNAL_H

#include "opcode.h"

enum {
	FLAG_CF = 1 << 0,
	FLAG_PF = 1 << 2,
	FLAG_AF = 1 << 4,
	FLAG_ZF = 1 << 6,
	FLAG_SF = 1 << 7,
	FLAG_TF = 1 << 8,
	FLAG_DF = 1 << 10,
	FLAG_OF = 1 << 11,
	FLAG_RF = 1 << 16,
	FLAGS_ARITHMETIC = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF,
};

enum {
	VECTOR_UD = 6,
	VECTOR_SS = 12,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
};

enum {
	REX_W = 8,
};

/* An instruction in progress. */
struct emul_work {
	struct emul_ctx *ctx;
	const struct emul_ops *ops;
	const struct emul_insn *insn;
	struct emul_regs next; /* registers after the instruction, rip included */
	bool sti_shadow;
};

typedef int (*emul_handler)(struct emul_work *work);

enum emul_operand_kind {
	OPERAND_REG,
	OPERAND_MEM,
	OPERAND_IMM,
};

/* Where a value is.  A memory operand has passed the segment's checks. */
struct emul_operand {
	uint8_t kind; /* enum emul_operand_kind */
	uint8_t size;
	uint8_t reg;
	uint8_t seg;
	uint64_t val; /* linear address of a memory operand, value of an immediate */
};

/* ---- segment.c: from offset to linear address ------------------------------------------------ */

/* Check an access of `size` bytes and give its linear address. */
int emul_linear(struct emul_work *work, enum emul_seg seg, uint64_t offset, unsigned int size,
		bool write, uint64_t *linear);

/* Base of a segment alone; nothing is checked. */
int emul_segment_base(struct emul_work *work, enum emul_seg seg, uint64_t *base);

/* ---- operand.c: registers and operands ------------------------------------------------------- */

static inline uint64_t emul_size_mask(unsigned int size)
{
	return size >= 8 ? ~0ULL : (1ULL << (8 * size)) - 1;
}

/* Registers by number; byte registers follow the REX rule. */
uint64_t emul_get_reg(const struct emul_work *work, unsigned int reg, unsigned int size);
void emul_set_reg(struct emul_work *work, unsigned int reg, unsigned int size, uint64_t val);

/* Offset of the memory operand in its segment, with `extra` added before cutting to size. */
uint64_t emul_effective_address(const struct emul_work *work, int64_t extra);

struct emul_operand emul_reg_operand(unsigned int reg, unsigned int size);
int emul_mem_operand(struct emul_work *work, int64_t extra, unsigned int size, bool write,
		     struct emul_operand *operand);
/* ModRM.rm: register or memory. */
int emul_rm_operand(struct emul_work *work, unsigned int size, bool write,
		    struct emul_operand *operand);
/* Both operands, as the instruction's form says; forms of one operand leave *src zero. */
int emul_operands(struct emul_work *work, struct emul_operand *dst, struct emul_operand *src);

int emul_load(struct emul_work *work, const struct emul_operand *operand, uint64_t *val);
int emul_store(struct emul_work *work, const struct emul_operand *operand, uint64_t val);
/* The atomic operation on a memory operand; *old as in struct emul_ops. */
int emul_compare_exchange(struct emul_work *work, const struct emul_operand *mem, uint64_t *old,
			  uint64_t new);

/* ---- alu.c: arithmetic ----------------------------------------------------------------------- */

/* Result of OP_ADD … OP_BTC on values of `size` bytes; *flags takes the new status flags. */
uint64_t emul_compute(enum emul_op op, unsigned int size, uint64_t a, uint64_t b, uint64_t *flags);

/* ---- handlers -------------------------------------------------------------------------------- */

/* data.c */
int emul_do_alu(struct emul_work *work);
int emul_do_compare(struct emul_work *work);
int emul_do_bit(struct emul_work *work);
int emul_do_exchange(struct emul_work *work);
int emul_do_mov(struct emul_work *work);
int emul_do_mov_extend(struct emul_work *work);

/* cmpxchg.c */
int emul_do_cmpxchg(struct emul_work *work);
int emul_do_cmpxchg8b(struct emul_work *work);

/* string.c */
int emul_do_string(struct emul_work *work);

/* io.c */
int emul_do_in(struct emul_work *work);
int emul_do_out(struct emul_work *work);
int emul_step_ins(struct emul_work *work);
int emul_step_outs(struct emul_work *work);

/* string.c, for io.c: addresses and advance of the string registers. */
int emul_string_source(struct emul_work *work, struct emul_operand *mem);
int emul_string_destination(struct emul_work *work, struct emul_operand *mem);
void emul_string_advance(struct emul_work *work, enum emul_reg reg);

/* system.c */
int emul_do_interrupt_flag(struct emul_work *work);
int emul_do_hlt(struct emul_work *work);
int emul_do_flush_cache(struct emul_work *work);
int emul_do_invlpg(struct emul_work *work);
int emul_do_swapgs(struct emul_work *work);
int emul_do_cpuid(struct emul_work *work);

/* control.c */
int emul_do_clts(struct emul_work *work);
int emul_do_smsw(struct emul_work *work);
int emul_do_lmsw(struct emul_work *work);
int emul_do_cr(struct emul_work *work);
int emul_do_dr(struct emul_work *work);
int emul_do_rdmsr(struct emul_work *work);
int emul_do_wrmsr(struct emul_work *work);
int emul_do_rdtsc(struct emul_work *work);
int emul_do_rdpmc(struct emul_work *work);
int emul_do_rdpid(struct emul_work *work);
int emul_do_xgetbv(struct emul_work *work);
int emul_do_xsetbv(struct emul_work *work);

#endif /* EMUL_INTERNAL_H */
