/* SPDX-License-Identifier: MIT */
/*
 * The old .lzma container: properties, dictionary size, unpacked size or all ones, then one LZMA
 * stream, which ends at that size or at an end marker. It has no magic number and no checksum.
 */
#include "lzma.h"

#define HEADER_SIZE 13

size_t lzma_scratch_size(void)
{
	return sizeof(struct lzma);
}

int unpack_lzma(struct unpack *u, void *scratch)
{
	struct lzma *l = scratch;
	uint8_t *limit = u->out_end;
	enum lzma_stop stop;
	uint64_t size;

	if (in_left(u) < HEADER_SIZE + 5)
		return corrupt(u, "the lzma data is cut short");
	size = le64(u->in + 5);
	if (!lzma_set_properties(l, u->in[0]))
		return corrupt(u, "the lzma header asks for unsupported literal properties");
	if (size != UINT64_MAX && size > out_left(u))
		return no_space(u);
	if (size != UINT64_MAX)
		limit = u->out + size;
	if (!lzma_start(l, u->in + HEADER_SIZE))
		return corrupt(u, "the lzma data is damaged");
	u->in += HEADER_SIZE + 5;
	lzma_reset_state(l);
	l->window = u->out;
	stop = lzma_run(l, u, u->in_end, limit);
	if (stop == LZMA_BAD)
		return corrupt(u, "the lzma data is damaged or cut short");
	if (stop == LZMA_END && (size == UINT64_MAX || u->out == limit))
		return 0;
	if (stop == LZMA_END || u->out < limit)
		return corrupt(u, "the lzma data is cut short");
	/* Where the size is not told and the room is used up, only the end marker may follow. */
	return size != UINT64_MAX || lzma_at_end_marker(l, u) ? 0 : no_space(u);
}
