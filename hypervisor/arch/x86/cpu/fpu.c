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
#include <asm/cpu_policy.h>
#include <asm/current.h>
#include <asm/msr.h>

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

/*
 * State from outside: whatever would make FXRSTOR or XRSTOR fault is refused or masked here, because they
 * run in the hypervisor. Source: SDM vol. 1 §10.5.1, §13.4, §13.8.
 */
#define MXCSR_OFFSET	 24
#define XSTATE_BV_OFFSET 512
#define XHEADER_SIZE	 64
#define XSAVE_MIN	 (FXSAVE_SIZE + XHEADER_SIZE)

static uint32_t mxcsr_mask(void)
{
	static __aligned(16) uint8_t image[FXSAVE_SIZE];
	uint32_t mask;

	/* Every writer writes the same. */
	__asm__ volatile("fxsave64 %0" : "=m"(image));
	memcpy(&mask, image + 28, sizeof(mask));
	return mask ? mask : 0xffbf;
}

static void mask_mxcsr(void *area)
{
	uint32_t *mxcsr = (uint32_t *)((uint8_t *)area + MXCSR_OFFSET);

	*mxcsr &= mxcsr_mask();
}

void fpu_set_legacy(struct vcpu *v, const void *image)
{
	uint64_t *header = (uint64_t *)((uint8_t *)v->arch.xsave + XSTATE_BV_OFFSET);

	memcpy(v->arch.xsave, image, FXSAVE_SIZE);
	mask_mxcsr(v->arch.xsave);
	if (xstate_size)
		header[0] |= XSTATE_FP | XSTATE_SSE;
}

int fpu_set_xstate(struct vcpu *v, uint64_t xcr0, uint64_t xcr0_accum, const void *area, uint32_t size)
{
	const uint64_t *header = (const uint64_t *)((const uint8_t *)area + XSTATE_BV_OFFSET);
	uint64_t xcr0_was = v->arch.xcr0, accum_was = v->arch.xcr0_accum;

	if (!xstate_size || size < XSAVE_MIN || size > xstate_size)
		return trace_err(-EINVAL);
	if (header[0] & ~xcr0_accum)
		return trace_err(-EINVAL);
	for (unsigned int i = 1; i < XHEADER_SIZE / 8; i++)
		if (header[i]) /* the compacted form, or reserved */
			return trace_err(-EINVAL);
	if (fpu_set_guest_xcr0(v, xcr0_accum) || fpu_set_guest_xcr0(v, xcr0)) {
		v->arch.xcr0 = xcr0_was;
		v->arch.xcr0_accum = accum_was;
		return trace_err(-EINVAL);
	}
	v->arch.xcr0_accum = xcr0_accum | xcr0;
	memset(v->arch.xsave, 0, xstate_size);
	memcpy(v->arch.xsave, area, size);
	mask_mxcsr(v->arch.xsave);
	return 0;
}

/* XSETBV by the guest, who may have what its policy shows. The combinations the manual forbids are refused: SDM vol. 1 §13.3. */
int fpu_set_guest_xcr0(struct vcpu *v, uint64_t xcr0)
{
	if (!xstate_size || (xcr0 & ~(xstate_mask & cpu_policy_xcr0(v->domain->arch.cpuid))) || !(xcr0 & XSTATE_FP))
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
