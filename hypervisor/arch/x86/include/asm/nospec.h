/* SPDX-License-Identifier: MIT */
/*
 * Speculation past a bounds check (Spectre variant 1): an index that a guest chose may be used speculatively although it was
 * refused. block_speculation() stands between the check and the use: three bytes of NOP, patched at boot to LFENCE
 * (spec-ctrl=branch-harden; entry code has SPEC_FENCE).
 */
#ifndef ASM_NOSPEC_H
#define ASM_NOSPEC_H

static inline void block_speculation(void)
{
#ifndef HOST_BUILD
	__asm__ volatile("772:.byte 0x0f, 0x1f, 0x00\n\t"
			 ".pushsection .spec_patch, \"a\"\n\t"
			 ".quad 772b, 0, 3\n\t" /* SPEC_PATCH_FENCE */
			 ".popsection" ::
				 : "memory");
#endif
}

#endif
