/* SPDX-License-Identifier: MIT */
/* set_segment_base: FS and GS bases of the guest. Called in guest kernel mode only. */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/msr.h>
#include <asm/pv.h>

/* Loads the user-mode GS selector without disturbing the kernel's base: swap, load, swap back. A bad
 * selector loads as null and is reported. */
static long load_user_gs(uint32_t sel)
{
	long rc = 0;
	uint64_t kernel_base = rdmsr(MSR_GS_BASE);

	sel = pv_fix_selector((uint16_t)sel);
	__asm__ volatile("swapgs\n"
			 "1: mov %w0, %%gs\n"
			 "2: mfence; swapgs\n"
			 ".pushsection .text.entry, \"ax\"\n"
			 "3: xor %k0, %k0; mov %w0, %%gs; mov %2, %1; jmp 2b\n"
			 ".popsection\n"
			 ".pushsection .extable, \"a\"; .quad 1b, 3b; .popsection"
			 : "+r"(sel), "+r"(rc)
			 : "i"(-EINVAL));
	wrmsr(MSR_GS_BASE, kernel_base);
	return rc;
}

long do_set_segment_base(unsigned long which, unsigned long base)
{
	if (which != SEGBASE_GS_USER_SEL && !is_canonical(base))
		return trace_err(-EINVAL);
	switch (which) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		return 0;
	case SEGBASE_GS_USER_SEL:
		return load_user_gs((uint32_t)base);
	default:
		return trace_err(-EINVAL);
	}
}
