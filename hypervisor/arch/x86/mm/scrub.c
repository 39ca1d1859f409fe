/* SPDX-License-Identifier: MIT */
/*
 * Clears memory that is to change hands, past the caches: its next user is rarely this CPU.
 *
 * A general register moves eight bytes at a time, and the string instructions are slow without
 * microcode made for them. So a vector register is borrowed: its contents, which are some guest's,
 * are put back behind the clearing, and nothing runs in between that would look at them, because a
 * CPU changes its vCPU only on the way out of the hypervisor. The legacy instructions leave the
 * upper parts of a register alone; the wide ones clear what is above 32 bytes, so they are not used
 * where XCR0 says that something is there.
 */
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/system.h>

#define XCR0_UPPER    0xe6u /* all that can hold a part of a vector register */
#define XCR0_AVX_ONLY 0x6u
#define STEP	      1024

static bool may_use_avx(void)
{
	uint32_t low, high;

	if (!(read_cr4() & X86_CR4_OSXSAVE))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & XCR0_UPPER) == XCR0_AVX_ONLY;
}

static void clear_by_16(void *va, uint64_t bytes)
{
	uint8_t kept[16];
	void *end = (uint8_t *)va + bytes;

	__asm__ volatile("movups %%xmm0, %[kept]\n\t"
			 "xorps %%xmm0, %%xmm0\n"
			 "1:\n\t"
			 ".set scrub_at, 0\n\t"
			 ".rept %c[step] / 16\n\t"
			 "movntps %%xmm0, scrub_at(%[va])\n\t"
			 ".set scrub_at, scrub_at + 16\n\t"
			 ".endr\n\t"
			 "add %[step], %[va]\n\t"
			 "cmp %[end], %[va]\n\t"
			 "jb 1b\n\t"
			 "sfence\n\t"
			 "movups %[kept], %%xmm0"
			 : [va] "+r"(va), [kept] "=m"(kept)
			 : [end] "r"(end), [step] "i"(STEP)
			 : "memory");
}

static void clear_by_32(void *va, uint64_t bytes)
{
	uint8_t kept[32];
	void *end = (uint8_t *)va + bytes;

	__asm__ volatile("vmovups %%ymm0, %[kept]\n\t"
			 "vxorps %%ymm0, %%ymm0, %%ymm0\n"
			 "1:\n\t"
			 ".set scrub_at, 0\n\t"
			 ".rept %c[step] / 32\n\t"
			 "vmovntps %%ymm0, scrub_at(%[va])\n\t"
			 ".set scrub_at, scrub_at + 32\n\t"
			 ".endr\n\t"
			 "add %[step], %[va]\n\t"
			 "cmp %[end], %[va]\n\t"
			 "jb 1b\n\t"
			 "sfence\n\t"
			 "vmovups %[kept], %%ymm0"
			 : [va] "+r"(va), [kept] "=m"(kept)
			 : [end] "r"(end), [step] "i"(STEP)
			 : "memory");
}

void clear_frames(void *va, uint64_t nr)
{
	uint64_t cr0 = read_cr0();

	/* An interrupt in between may do the same: it finds TS clear and leaves it so. */
	if (cr0 & X86_CR0_TS)
		clts();
	if (may_use_avx())
		clear_by_32(va, nr << PAGE_SHIFT);
	else
		clear_by_16(va, nr << PAGE_SHIFT);
	if (cr0 & X86_CR0_TS)
		write_cr0(cr0);
}
