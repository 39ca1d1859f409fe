/* SPDX-License-Identifier: MIT */
/*
 * Puts a plan into the entry code (entry/mitigate.S), at boot while text can still be written: calls are
 * redirected, exits become jumps, thunks get another body. What is not planned stays as linked.
 */
#include <hv/string.h>
#include <asm/spec_ctrl.h>

/* Kinds as in asm_macros.h. */
enum { PATCH_RSB, PATCH_VERW, PATCH_XPTI, PATCH_FENCE, PATCH_IBPB_PV, PATCH_IBPB_HVM, PATCH_NO_RSB_HVM, NR_KINDS };
#define CALL 0xe8
#define JUMP 0xe9
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
	static const uint8_t fence[] = { 0x0f, 0xae, 0xe8 };
	const uint8_t opcode[NR_KINDS] = {
		[PATCH_RSB] = p->rsb || p->ibpb_entry_pv ? CALL : 0,
		[PATCH_VERW] = p->verw ? JUMP : 0,
		[PATCH_XPTI] = p->xpti_dom0 || p->xpti_domu ? JUMP : 0,
		[PATCH_IBPB_PV] = p->ibpb_entry_pv ? CALL : 0,
		[PATCH_IBPB_HVM] = p->ibpb_entry_hvm ? CALL : 0,
		[PATCH_NO_RSB_HVM] = p->rsb_hvm ? 0 : JUMP,
	};

	for (const struct spec_site *s = __spec_patch_start; s < __spec_patch_end; s++) {
		if (s->kind != PATCH_FENCE && opcode[s->kind])
			write_branch(s, opcode[s->kind]);
		else if (s->kind == PATCH_FENCE && p->branch_harden)
			memcpy((void *)s->addr, fence, sizeof(fence));
	}
	if (p->thunk == SPEC_THUNK_JMP)
		return;
	for (const struct spec_thunk_bodies *t = spec_thunks; t->site; t++)
		memcpy(t->site, p->thunk == SPEC_THUNK_LFENCE ? t->lfence : t->retpoline, SPEC_THUNK_SIZE);
}
