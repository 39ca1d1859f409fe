// sources: tests/unit/fake_log.c
// cflags: -mgeneral-regs-only
/* SPDX-License-Identifier: MIT */
/* Scrubbing: all of the frames, nothing beside them, and the guest's vector registers as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define read_cr0  hw_read_cr0
#define read_cr4  hw_read_cr4
#define write_cr0 hw_write_cr0
#define clts	  hw_clts
#include <asm/system.h>
#undef read_cr0
#undef read_cr4
#undef write_cr0
#undef clts

static unsigned long fake_cr0, fake_cr4, nr_clts;
#define read_cr0()    fake_cr0
#define read_cr4()    fake_cr4
#define write_cr0(to) (fake_cr0 = (to))
#define clts()	      (fake_cr0 &= ~X86_CR0_TS, nr_clts++)
#include "../../hypervisor/arch/x86/mm/scrub.c"

#define FRAMES 5

/* Clears FRAMES - 2 in the middle with registers that hold something; they must hold it afterwards.
 */
static void clear_the_middle(uint8_t *frames)
{
	uint8_t before[32], after[32];

	memset(frames, 0xa5, FRAMES * PAGE_SIZE);
	for (unsigned int i = 0; i < sizeof(before); i++)
		before[i] = (uint8_t)(i * 7 + 1);
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vmovups %0, %%ymm0" ::"m"(before) : "memory");
	else
		__asm__ volatile("movups %0, %%xmm0" ::"m"(before) : "memory");
	clear_frames(frames + PAGE_SIZE, FRAMES - 2);
	memcpy(after, before, sizeof(after));
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vmovups %%ymm0, %0" : "=m"(after));
	else
		__asm__ volatile("movups %%xmm0, %0" : "=m"(after));
	assert_memory_equal(after, before, sizeof(before));
	for (size_t i = 0; i < FRAMES * PAGE_SIZE; i++)
		assert_int_equal(frames[i],
				 i < PAGE_SIZE || i >= (FRAMES - 1) * PAGE_SIZE ? 0xa5 : 0);
}

static void in_each_width(void **state)
{
	uint8_t *frames = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);

	(void)state;
	fake_cr4 = 0;
	clear_the_middle(frames);
	/* By what this machine's XCR0 says. */
	fake_cr4 = __builtin_cpu_supports("avx") ? X86_CR4_OSXSAVE : 0;
	clear_the_middle(frames);
	free(frames);
}

static void leaves_ts_as_it_was(void **state)
{
	uint8_t *frames = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);

	(void)state;
	fake_cr4 = 0;
	fake_cr0 = X86_CR0_TS | 1;
	nr_clts = 0;
	clear_the_middle(frames);
	assert_int_equal(fake_cr0, X86_CR0_TS | 1);
	assert_int_equal(nr_clts, 1);
	fake_cr0 = 1;
	clear_the_middle(frames);
	assert_int_equal(fake_cr0, 1);
	assert_int_equal(nr_clts, 1);
	free(frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_each_width),
		cmocka_unit_test(leaves_ts_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
