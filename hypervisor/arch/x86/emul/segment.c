/* SPDX-License-Identifier: MIT */
/*
 * Segmentation: from an offset to a checked linear address.
 *
 * 64-bit mode knows only the bases of FS and GS, and asks that every byte be canonical.  The other
 * modes check presence, type and limit and wrap at 4 GiB.  A violation is #SS for the stack
 * segment and #GP for the others (SDM vol. 3 §5.3).
 *
 * LIMITS: canonical means 48 bits, also where the CPU runs with five paging levels.
 */
#include "internal.h"

static int segment_fault(struct emul_work *work, enum emul_seg seg)
{
	return emul_raise_error(work->ctx, seg == EMUL_SEG_SS ? VECTOR_SS : VECTOR_GP, 0);
}

static bool is_canonical(uint64_t linear)
{
	return (uint64_t)((int64_t)(linear << 16) >> 16) == linear;
}

static int describe(struct emul_work *work, enum emul_seg seg, struct emul_segment *out)
{
	*out = (struct emul_segment){ 0 };
	if (work->insn->mode == 64 && seg != EMUL_SEG_FS && seg != EMUL_SEG_GS)
		return EMUL_OKAY;
	if (!work->ops->segment)
		return EMUL_UNHANDLEABLE;
	return work->ops->segment(work->ctx, seg, out);
}

/* Is [offset, offset + size) inside the segment?  size is at least 1. */
static bool within_limit(const struct emul_segment *seg, uint64_t offset, unsigned int size)
{
	uint64_t last = offset + size - 1;
	uint64_t top = seg->big ? 0xffffffff : 0xffff;

	if (seg->expand_down)
		return offset > seg->limit && last <= top;
	return last <= seg->limit;
}

static int linear_64(struct emul_work *work, enum emul_seg seg, const struct emul_segment *desc,
		     uint64_t offset, unsigned int size, uint64_t *linear)
{
	uint64_t first = desc->base + offset;

	if (!is_canonical(first) || !is_canonical(first + size - 1) || first + size - 1 < first)
		return segment_fault(work, seg);
	*linear = first;
	return EMUL_OKAY;
}

int emul_linear(struct emul_work *work, enum emul_seg seg, uint64_t offset, unsigned int size,
		bool write, uint64_t *linear)
{
	struct emul_segment desc;
	int rc = describe(work, seg, &desc);

	if (rc != EMUL_OKAY)
		return rc;
	if (work->insn->mode == 64)
		return linear_64(work, seg, &desc, offset, size, linear);
	if (!desc.usable || (write ? !desc.writable : !desc.readable) ||
	    !within_limit(&desc, offset, size))
		return segment_fault(work, seg);
	*linear = (uint32_t)(desc.base + offset);
	return EMUL_OKAY;
}

int emul_segment_base(struct emul_work *work, enum emul_seg seg, uint64_t *base)
{
	struct emul_segment desc;
	int rc = describe(work, seg, &desc);

	*base = desc.base;
	return rc;
}
