/* SPDX-License-Identifier: MIT */
/*
 * What a policy may be changed to, and what goes with a feature that it hides: features that build on it, and the XSAVE
 * components that hold their registers. So a guest that is levelled to an older CPU cannot have state that CPU has not.
 */
#include <hv/lib.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>

#define B(n) (1u << (n))
enum { EAX, EBX, ECX, EDX };

const struct cpuid_entry *cpu_policy_find(const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
	for (unsigned int i = 0; i < p->nr; i++)
		if (p->entry[i].leaf == leaf &&
		    (p->entry[i].subleaf == subleaf || p->entry[i].subleaf == CPUID_NO_SUBLEAF))
			return &p->entry[i];
	return NULL;
}

static bool is_feature_word(uint32_t leaf, uint32_t subleaf, unsigned int reg)
{
	switch (leaf) {
	case 1:
		return reg == 2 || reg == 3;
	case 7:
		return subleaf == 0 && reg >= 1;
	case 0xd:
		return subleaf == 1 && reg == 0;
	case 0x80000001:
		return reg == 2 || reg == 3;
	case 0x80000007:
		return reg == 3;
	case 0x80000008:
		return reg == 1;
	default:
		return false;
	}
}

/*
 * A guest may be shown less than it could have, never more: features are cut to the most it can have,
 * sizes and limits too; what only describes (model, caches, brand) is the toolstack's to choose.
 */
bool cpu_policy_change(struct cpu_policy *p, const struct cpu_policy *most, const struct cpuid_entry *want)
{
	struct cpuid_entry *e = (struct cpuid_entry *)(uintptr_t)cpu_policy_find(p, want->leaf, want->subleaf);
	const struct cpuid_entry *limit = cpu_policy_find(most, want->leaf, want->subleaf);

	if (!e || !limit || e->subleaf != want->subleaf) {
		/* Nothing to show there, and nothing is wanted. */
		return !(want->r[0] | want->r[1] | want->r[2] | want->r[3]);
	}
	if (want->leaf == 0xd && want->subleaf != 1)
		return true; /* follows from the CPU and the features */
	for (unsigned int i = 0; i < 4; i++)
		e->r[i] = is_feature_word(want->leaf, want->subleaf, i) ? want->r[i] & limit->r[i] : want->r[i];
	if (!(want->leaf & 0x7fffffff))
		e->r[0] = min(want->r[0], limit->r[0]);
	return true;
}

uint32_t cpu_policy_xsave_bytes(const struct cpu_policy *p, uint64_t xcr0, bool compacted)
{
	uint32_t end = 576;

	for (uint32_t i = 2; i < 63; i++) {
		const struct cpuid_entry *e = (xcr0 >> i) & 1 ? cpu_policy_find(p, 0xd, i) : NULL;

		if (!e)
			continue;
		if (compacted)
			end = (uint32_t)(e->r[2] & 2 ? ROUNDUP(end, 64u) : end) + e->r[0];
		else
			end = max(end, e->r[0] + e->r[1]);
	}
	return end;
}

/* ---- levelling ---- */

struct feature {
	uint32_t leaf;
	uint8_t reg, bit;
};
static const struct feature xsave = { 1, ECX, 26 }, avx = { 1, ECX, 28 }, avx512f = { 7, EBX, 16 }, sse = { 1, EDX, 25 };

/* In order: what is hidden by one line hides by the next ones. */
static const struct {
	const struct feature *needs;
	uint32_t leaf;
	uint8_t reg;
	uint32_t bits;
} builds_on[] = {
	{ &sse, 1, EDX, B(26) },		  /* SSE2 */
	{ &sse, 1, ECX, B(0) | B(9) | B(19) | B(20) }, /* SSE3 SSSE3 SSE4.1 SSE4.2 */
	{ &sse, 1, ECX, B(28) },
	{ &xsave, 1, ECX, B(28) },		  /* AVX */
	{ &avx, 1, ECX, B(12) | B(29) },	  /* FMA F16C */
	{ &avx, 7, EBX, B(5) | B(16) },		  /* AVX2 AVX512F */
	{ &avx, 7, ECX, B(9) | B(10) },		  /* VAES VPCLMULQDQ */
	{ &avx, 0x80000001, ECX, B(11) | B(16) }, /* XOP FMA4 */
	{ &avx512f, 7, EBX, B(17) | B(21) | B(26) | B(27) | B(28) | B(30) | B(31) },
	{ &avx512f, 7, ECX, B(1) | B(6) | B(11) | B(12) | B(14) },
	{ &avx512f, 7, EDX, B(2) | B(3) },
};

static struct cpuid_entry *entry(struct cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
	return (struct cpuid_entry *)(uintptr_t)cpu_policy_find(p, leaf, subleaf);
}

static bool has(const struct cpu_policy *p, const struct feature *f)
{
	const struct cpuid_entry *e = cpu_policy_find(p, f->leaf, 0);

	return e && e->r[f->reg] & B(f->bit);
}

static uint64_t components(const struct cpu_policy *p)
{
	if (!has(p, &xsave))
		return 0;
	return XSTATE_FP | XSTATE_SSE | (has(p, &avx) ? XSTATE_AVX : 0) | (has(p, &avx512f) ? XSTATE_AVX512 : 0);
}

static void level_xstate(struct cpu_policy *p, const struct cpu_policy *most)
{
	uint64_t keep = components(p);

	for (unsigned int i = 0; i < p->nr; i++) {
		struct cpuid_entry *e = &p->entry[i];
		const struct cpuid_entry *full = cpu_policy_find(most, e->leaf, e->subleaf);

		if (e->leaf != 0xd || !full)
			continue;
		if (e->subleaf > 1 || !keep)
			for (unsigned int reg = 0; reg < 4; reg++)
				e->r[reg] = keep >> e->subleaf & 1 ? full->r[reg] : 0;
	}
	if (keep && entry(p, 0xd, 0)) {
		struct cpuid_entry *e = entry(p, 0xd, 0);
		const struct cpuid_entry *full = cpu_policy_find(most, 0xd, 0);

		e->r[EAX] = full->r[EAX] & (uint32_t)keep;
		e->r[EDX] = full->r[EDX] & (uint32_t)(keep >> 32);
		e->r[EBX] = e->r[ECX] = cpu_policy_xsave_bytes(p, cpu_policy_xcr0(p), false);
	}
}

void cpu_policy_level(struct cpu_policy *p, const struct cpu_policy *most)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(builds_on); i++) {
		struct cpuid_entry *e = entry(p, builds_on[i].leaf, 0);

		if (e && !has(p, builds_on[i].needs))
			e->r[builds_on[i].reg] &= ~builds_on[i].bits;
	}
	level_xstate(p, most);
}

uint64_t cpu_policy_xcr0(const struct cpu_policy *p)
{
	const struct cpuid_entry *e = cpu_policy_find(p, 0xd, 0);

	return e ? e->r[EAX] | (uint64_t)e->r[EDX] << 32 : 0;
}

bool cpu_policy_shows(const struct cpu_policy *p, uint32_t leaf)
{
	const struct cpuid_entry *e = cpu_policy_find(p, leaf & 0x80000000, 0);

	return e && leaf <= e->r[EAX];
}
