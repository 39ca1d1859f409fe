/* SPDX-License-Identifier: MIT */
/*
 * Port I/O: in, out and one step of ins, outs.
 *
 * LIMITS: without the probe_write operation, an ins whose buffer turns out not to be writable has
 * already read the port.
 */
#include "internal.h"

/* REX.W does not widen a port access. */
static unsigned int port_size(const struct emul_insn *insn)
{
	return insn->op_bytes == 8 ? 4 : insn->op_bytes;
}

static uint16_t port_number(const struct emul_work *work)
{
	if (work->insn->form == FORM_PORT_IMM)
		return work->insn->imm & 0xff;
	return (uint16_t)work->next.gpr[EMUL_RDX];
}

static int read_port(struct emul_work *work, unsigned int size, uint32_t *val)
{
	*val = 0;
	if (!work->ops->read_io)
		return EMUL_UNHANDLEABLE;
	return work->ops->read_io(work->ctx, port_number(work), size, val);
}

static int write_port(struct emul_work *work, unsigned int size, uint64_t val)
{
	if (!work->ops->write_io)
		return EMUL_UNHANDLEABLE;
	return work->ops->write_io(work->ctx, port_number(work), size, (uint32_t)val);
}

int emul_do_in(struct emul_work *work)
{
	unsigned int size = port_size(work->insn);
	uint32_t val;
	int rc = read_port(work, size, &val);

	if (rc == EMUL_OKAY)
		emul_set_reg(work, EMUL_RAX, size, val);
	return rc;
}

int emul_do_out(struct emul_work *work)
{
	unsigned int size = port_size(work->insn);

	return write_port(work, size, emul_get_reg(work, EMUL_RAX, size));
}

int emul_step_ins(struct emul_work *work)
{
	struct emul_operand dst;
	uint32_t val;
	int rc = emul_string_destination(work, &dst);

	if (rc == EMUL_OKAY && !work->ops->write)
		rc = EMUL_UNHANDLEABLE;
	if (rc == EMUL_OKAY && work->ops->probe_write)
		rc = work->ops->probe_write(work->ctx, dst.seg, dst.val, dst.size);
	if (rc == EMUL_OKAY)
		rc = read_port(work, dst.size, &val);
	if (rc == EMUL_OKAY)
		rc = emul_store(work, &dst, val);
	if (rc == EMUL_OKAY)
		emul_string_advance(work, EMUL_RDI);
	return rc;
}

int emul_step_outs(struct emul_work *work)
{
	struct emul_operand src;
	uint64_t val;
	int rc = emul_string_source(work, &src);

	if (rc == EMUL_OKAY)
		rc = emul_load(work, &src, &val);
	if (rc == EMUL_OKAY)
		rc = write_port(work, src.size, val);
	if (rc == EMUL_OKAY)
		emul_string_advance(work, EMUL_RSI);
	return rc;
}
