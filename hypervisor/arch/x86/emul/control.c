/* SPDX-License-Identifier: MIT */
/*
 * Control, debug, model-specific and extended control registers, and the counters.
 *
 * The 64-bit values of rdmsr and its kin travel in edx:eax.
 */
#include "internal.h"

enum {
	CR0_PE = 1 << 0,
	CR0_TS = 1 << 3,
	CR0_LMSW = 0xf, /* the bits lmsw loads: PE, MP, EM, TS */
	TSC_AUX_MSR = 0xc0000103,
};

typedef int (*read_indexed)(struct emul_ctx *ctx, uint32_t index, uint64_t *val);
typedef int (*write_indexed)(struct emul_ctx *ctx, uint32_t index, uint64_t val);

static void set_pair(struct emul_work *work, uint64_t val)
{
	work->next.gpr[EMUL_RAX] = (uint32_t)val;
	work->next.gpr[EMUL_RDX] = val >> 32;
}

static uint64_t get_pair(const struct emul_work *work)
{
	return (uint32_t)work->next.gpr[EMUL_RAX] | work->next.gpr[EMUL_RDX] << 32;
}

/* edx:eax = read(ecx) */
static int read_by_ecx(struct emul_work *work, read_indexed read)
{
	uint64_t val = 0;
	int rc;

	if (!read)
		return EMUL_UNHANDLEABLE;
	rc = read(work->ctx, (uint32_t)work->next.gpr[EMUL_RCX], &val);
	if (rc == EMUL_OKAY)
		set_pair(work, val);
	return rc;
}

/* write(ecx, edx:eax) */
static int write_by_ecx(struct emul_work *work, write_indexed write)
{
	if (!write)
		return EMUL_UNHANDLEABLE;
	return write(work->ctx, (uint32_t)work->next.gpr[EMUL_RCX], get_pair(work));
}

int emul_do_rdmsr(struct emul_work *work)
{
	return read_by_ecx(work, work->ops->read_msr);
}

int emul_do_wrmsr(struct emul_work *work)
{
	return write_by_ecx(work, work->ops->write_msr);
}

int emul_do_rdpmc(struct emul_work *work)
{
	return read_by_ecx(work, work->ops->rdpmc);
}

int emul_do_xgetbv(struct emul_work *work)
{
	return read_by_ecx(work, work->ops->read_xcr);
}

int emul_do_xsetbv(struct emul_work *work)
{
	return write_by_ecx(work, work->ops->write_xcr);
}

static int read_tsc_aux(struct emul_work *work, uint64_t *aux)
{
	*aux = 0;
	if (!work->ops->read_msr)
		return EMUL_UNHANDLEABLE;
	return work->ops->read_msr(work->ctx, (uint32_t)TSC_AUX_MSR, aux);
}

/* rdtsc and rdtscp. */
int emul_do_rdtsc(struct emul_work *work)
{
	uint64_t tsc = 0, aux;
	int rc;

	if (!work->ops->rdtsc)
		return EMUL_UNHANDLEABLE;
	rc = work->ops->rdtsc(work->ctx, &tsc);
	if (rc != EMUL_OKAY)
		return rc;
	set_pair(work, tsc);
	if (work->insn->op != OP_RDTSCP)
		return EMUL_OKAY;
	rc = read_tsc_aux(work, &aux);
	work->next.gpr[EMUL_RCX] = (uint32_t)aux;
	return rc;
}

int emul_do_rdpid(struct emul_work *work)
{
	uint64_t aux;
	int rc = read_tsc_aux(work, &aux);

	if (rc == EMUL_OKAY)
		emul_set_reg(work, work->insn->rm, 8, (uint32_t)aux);
	return rc;
}

static int read_cr(struct emul_work *work, unsigned int nr, uint64_t *val)
{
	*val = 0;
	return work->ops->read_cr ? work->ops->read_cr(work->ctx, nr, val) : EMUL_UNHANDLEABLE;
}

static int write_cr(struct emul_work *work, unsigned int nr, uint64_t val)
{
	return work->ops->write_cr ? work->ops->write_cr(work->ctx, nr, val) : EMUL_UNHANDLEABLE;
}

/* These moves ignore the operand size prefix. */
static unsigned int move_size(const struct emul_insn *insn)
{
	return insn->mode == 64 ? 8 : 4;
}

int emul_do_cr(struct emul_work *work)
{
	const struct emul_insn *insn = work->insn;
	unsigned int size = move_size(insn);
	uint64_t val;
	int rc;

	if (insn->op == OP_WRITE_CR)
		return write_cr(work, insn->reg, emul_get_reg(work, insn->rm, size));
	rc = read_cr(work, insn->reg, &val);
	if (rc == EMUL_OKAY)
		emul_set_reg(work, insn->rm, size, val);
	return rc;
}

int emul_do_dr(struct emul_work *work)
{
	const struct emul_insn *insn = work->insn;
	unsigned int size = move_size(insn);
	uint64_t val = 0;
	int rc;

	if (insn->op == OP_WRITE_DR ? !work->ops->write_dr : !work->ops->read_dr)
		return EMUL_UNHANDLEABLE;
	if (insn->op == OP_WRITE_DR)
		return work->ops->write_dr(work->ctx, insn->reg,
					   emul_get_reg(work, insn->rm, size));
	rc = work->ops->read_dr(work->ctx, insn->reg, &val);
	if (rc == EMUL_OKAY)
		emul_set_reg(work, insn->rm, size, val);
	return rc;
}

int emul_do_clts(struct emul_work *work)
{
	uint64_t cr0;
	int rc = read_cr(work, 0, &cr0);

	return rc == EMUL_OKAY ? write_cr(work, 0, cr0 & ~(uint64_t)CR0_TS) : rc;
}

/* Memory takes 16 bits whatever the operand size. */
int emul_do_smsw(struct emul_work *work)
{
	struct emul_operand dst;
	uint64_t cr0;
	int rc;

	rc = emul_rm_operand(work, work->insn->has_mem ? 2 : work->insn->op_bytes, true, &dst);
	if (rc == EMUL_OKAY)
		rc = read_cr(work, 0, &cr0);
	if (rc == EMUL_OKAY)
		rc = emul_store(work, &dst, cr0);
	return rc;
}

/* lmsw can set PE but not clear it. */
int emul_do_lmsw(struct emul_work *work)
{
	struct emul_operand src;
	uint64_t cr0, msw;
	int rc = emul_rm_operand(work, 2, false, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &msw);
	if (rc == EMUL_OKAY)
		rc = read_cr(work, 0, &cr0);
	if (rc != EMUL_OKAY)
		return rc;
	msw = (msw & CR0_LMSW) | (cr0 & CR0_PE);
	return write_cr(work, 0, (cr0 & ~(uint64_t)CR0_LMSW) | msw);
}
