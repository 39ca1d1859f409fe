/* SPDX-License-Identifier: MIT */
/*
 * FPU and extended state. It is switched with the vCPU, always and at once: no guest ever runs with
 * another's registers behind CR0.TS (lazy switching leaks them on some CPUs). TS is set only when a
 * guest asked for it by fpu_taskswitch. XCR0 is the guest's while it runs; a save covers every
 * component the guest ever enabled.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/current.h>
#include <asm/msr.h>

#define XSTATE_FP  1ul
#define XSTATE_SSE 2ul
#define XSTATE_AVX 4ul
#define XSTATE_AVX512 0xe0ul
#define XSTATE_KNOWN (XSTATE_FP | XSTATE_SSE | XSTATE_AVX | XSTATE_AVX512)
#define FXSAVE_SIZE 512

uint32_t xstate_size;
uint64_t xstate_mask;

static void set_xcr0(uint64_t v)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

static void detect_xstate(void)
{
	uint32_t a, b, c, d;

	cpuid_count(0xd, 0, &a, &b, &c, &d);
	xstate_mask = (((uint64_t)d << 32) | a) & XSTATE_KNOWN;
	if ((xstate_mask & XSTATE_AVX512) != XSTATE_AVX512)
		xstate_mask &= ~XSTATE_AVX512;
	set_xcr0(xstate_mask);
	cpuid_count(0xd, 0, &a, &b, &c, &d);
	xstate_size = b; /* for what XCR0 now enables */
}

void fpu_cpu_init(void)
{
	if (cpu_has_xsave && host_cpu.max_leaf >= 0xd) {
		if (!xstate_mask)
			detect_xstate();
		set_xcr0(xstate_mask);
	}
	clts();
	__asm__ volatile("fninit");
}

int fpu_vcpu_create(struct vcpu *v)
{
	uint32_t size = xstate_size ? xstate_size : FXSAVE_SIZE;
	uint8_t *p = xzalloc_bytes(size + 63);

	if (!p)
		return -ENOMEM;
	v->arch.xsave_alloc = p;
	v->arch.xsave = (void *)ROUNDUP((uintptr_t)p, 64ul);
	v->arch.xcr0 = v->arch.xcr0_accum = XSTATE_FP;
	/* FCW and MXCSR as after reset; XSTATE_BV 0 makes XRSTOR initialise the rest. */
	((uint16_t *)v->arch.xsave)[0] = 0x37f;
	((uint32_t *)v->arch.xsave)[6] = 0x1f80;
	return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
	xfree(v->arch.xsave_alloc);
	v->arch.xsave_alloc = v->arch.xsave = NULL;
}

void fpu_save(struct vcpu *v)
{
	clts();
	if (xstate_size) {
		uint64_t m = v->arch.xcr0_accum | XSTATE_FP | XSTATE_SSE;

		set_xcr0(m);
		__asm__ volatile("xsave64 (%0)" ::"r"(v->arch.xsave), "a"((uint32_t)m),
				 "d"((uint32_t)(m >> 32))
				 : "memory");
	} else {
		__asm__ volatile("fxsave64 (%0)" ::"r"(v->arch.xsave) : "memory");
	}
}

void fpu_restore(struct vcpu *v)
{
	clts();
	if (xstate_size) {
		uint64_t m = v->arch.xcr0_accum | XSTATE_FP | XSTATE_SSE;

		set_xcr0(m);
		__asm__ volatile("xrstor64 (%0)" ::"r"(v->arch.xsave), "a"((uint32_t)m),
				 "d"((uint32_t)(m >> 32))
				 : "memory");
		set_xcr0(v->arch.xcr0);
	} else {
		__asm__ volatile("fxrstor64 (%0)" ::"r"(v->arch.xsave) : "memory");
	}
	if (v->arch.fpu_ts)
		write_cr0(read_cr0() | X86_CR0_TS);
}

/* XSETBV by the guest. The combinations the manual forbids are refused: SDM vol. 1 §13.3. */
int fpu_set_guest_xcr0(struct vcpu *v, uint64_t xcr0)
{
	if (!xstate_size || (xcr0 & ~xstate_mask) || !(xcr0 & XSTATE_FP))
		return -EINVAL;
	if ((xcr0 & XSTATE_AVX) && !(xcr0 & XSTATE_SSE))
		return -EINVAL;
	if ((xcr0 & XSTATE_AVX512) &&
	    ((xcr0 & XSTATE_AVX512) != XSTATE_AVX512 || !(xcr0 & XSTATE_AVX)))
		return -EINVAL;
	v->arch.xcr0 = xcr0;
	v->arch.xcr0_accum |= xcr0;
	if (v == current)
		set_xcr0(xcr0);
	return 0;
}

void pv_set_fpu_ts(struct vcpu *v, bool ts)
{
	v->arch.fpu_ts = ts;
	if (ts)
		write_cr0(read_cr0() | X86_CR0_TS);
	else
		clts();
}

long do_fpu_taskswitch(unsigned long set)
{
	pv_set_fpu_ts(current, set != 0);
	return 0;
}
