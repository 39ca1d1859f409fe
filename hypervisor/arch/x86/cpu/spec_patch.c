/* SPDX-License-Identifier: MIT */
/*
 * Puts a plan into the entry code (entry/mitigate.S), at boot while text can still be written: calls are
 * redirected, exits become jumps, thunks get another body. What is not planned stays as linked.
 */
#include <hv/string.h>
#include <asm/spec_ctrl.h>

/* Kinds as in asm_macros.h. */
enum { PATCH_RSB, PATCH_VERW };
#define SPEC_THUNK_SIZE 32

struct spec_site {
	uint64_t addr, instead, kind;
};
extern const struct spec_site __spec_patch_start[], __spec_patch_end[];

struct spec_thunk_bodies {
	void *site;
	const void *retpoline, *lfence;
};
extern const struct spec_thunk_bodies spec_thunks[];

/* Five bytes: an opcode and how far it is from its end to the target. */
static void write_branch(const struct spec_site *s, uint8_t opcode)
{
	uint8_t insn[5] = { opcode };
	int32_t distance = (int32_t)(s->instead - (s->addr + sizeof(insn)));

	memcpy(insn + 1, &distance, sizeof(distance));
	memcpy((void *)s->addr, insn, sizeof(insn));
}

void spec_patch(const struct spec_plan *p)
{
	for (const struct spec_site *s = __spec_patch_start; s < __spec_patch_end; s++) {
		if (s->kind == PATCH_RSB && p->rsb)
			write_branch(s, 0xe8);
		else if (s->kind == PATCH_VERW && p->verw)
			write_branch(s, 0xe9);
	}
	if (p->thunk == SPEC_THUNK_JMP)
		return;
	for (const struct spec_thunk_bodies *t = spec_thunks; t->site; t++)
		memcpy(t->site, p->thunk == SPEC_THUNK_LFENCE ? t->lfence : t->retpoline, SPEC_THUNK_SIZE);
}
