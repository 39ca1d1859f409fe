/* SPDX-License-Identifier: MIT */
/*
 * What Windows looks for in its own hypervisor; asm/hvm/viridian.h tells of it.
 *
 * A page the guest names for stubs, for the TSC or for its assists stays its own memory: it is written once, when the
 * guest says where, and not held. What the guest does to it afterwards is its own affair.
 */
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <asm/hvm/emulate.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/viridian.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <public/arch-x86/hvm/save.h>
#include <public/sched.h>
#include "vlapic_internal.h"

enum {
	MSR_GUEST_OS_ID = 0x40000000,
	MSR_HYPERCALL = 0x40000001,
	MSR_VP_INDEX = 0x40000002,
	MSR_TIME_REF_COUNT = 0x40000020,
	MSR_REFERENCE_TSC = 0x40000021,
	MSR_TSC_FREQUENCY = 0x40000022,
	MSR_APIC_FREQUENCY = 0x40000023,
	MSR_EOI = 0x40000070,
	MSR_ICR = 0x40000071,
	MSR_TPR = 0x40000072,
	MSR_VP_ASSIST = 0x40000073,
	MSR_CRASH_P0 = 0x40000100,
	MSR_CRASH_CTL = 0x40000105,
};
#define PAGE_ENABLED 1ull
#define CRASH_NOTIFY (1ull << 63)
#define APIC_HZ	     100000000u /* as vlapic_timer.c counts */

/* ---- pages the guest names ---- */

/* Its frame, if it is RAM that it may write; NULL: it is not, and the MSR is all the guest gets. */
static struct page *named_page(struct domain *d, uint64_t msr)
{
	enum p2m_type t;
	struct page *pg = p2m_get_page(d, _gfn(msr >> PAGE_SHIFT), true, &t);

	if (pg && t != P2M_ram_rw) {
		put_page(pg);
		return NULL;
	}
	return pg;
}

/* or $0x80000000, %eax; the call; ret: the bit tells its calls from Xen's. */
static void write_call_page(struct domain *d, uint64_t msr)
{
	static const uint8_t mark[] = { 0x0d, 0, 0, 0, 0x80 };
	struct page *pg = named_page(d, msr);
	uint8_t *p;

	if (!pg)
		return;
	p = page_to_virt(pg);
	memset(p, 0xcc, PAGE_SIZE);
	memcpy(p, mark, sizeof(mark));
	memcpy(p + sizeof(mark), hvm_vendor->call_insn, 3);
	p[sizeof(mark) + 3] = 0xc3;
	put_page(pg);
}

static uint64_t reference_count(const struct domain *d)
{
	return (uint64_t)(NOW() - d->arch.hvm->viridian.start) / 100;
}

struct tsc_page {
	uint32_t sequence, reserved; /* sequence 0: not to be used */
	uint64_t scale, offset;	     /* count = (TSC * scale >> 64) + offset */
};

static void write_tsc_page(struct vcpu *v, uint64_t msr)
{
	uint64_t khz = guest_tsc_khz(v);
	struct page *pg = named_page(v->domain, msr);
	struct tsc_page *t;

	if (!pg)
		return;
	t = page_to_virt(pg);
	memset(t, 0, PAGE_SIZE);
	if (khz > 10000) { /* 10^4 counts a millisecond; the quotient fits */
		t->scale = divide_wide(10000, 0, khz);
		t->offset = reference_count(v->domain) -
			    (uint64_t)((unsigned __int128)guest_tsc(v) * t->scale >> 64);
		__atomic_store_n(&t->sequence, v->domain->arch.vtsc ? 0 : 1, __ATOMIC_RELEASE);
	}
	put_page(pg);
}

static void clear_assists(struct domain *d, uint64_t msr)
{
	struct page *pg = named_page(d, msr);

	if (!pg)
		return;
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	put_page(pg);
}

/* ---- MSRs ---- */

/* Registers of the local APIC, whichever way the guest has it; `reg`: as in x2APIC's MSRs. */
static int apic_write(struct vcpu *v, unsigned int reg, uint64_t val)
{
	uint64_t base = v->arch.hvm->vlapic.base_msr;

	if (!(base & VLAPIC_BASE_ENABLE))
		return -EINVAL;
	if (base & VLAPIC_BASE_X2APIC)
		return vlapic_wrmsr(v, 0x800 + reg, val);
	if (reg == 0x30)
		vlapic_mmio_write(v, 0x310, 4, (uint32_t)(val >> 32));
	vlapic_mmio_write(v, reg << 4, 4, (uint32_t)val);
	return 0;
}

static int apic_read(struct vcpu *v, unsigned int reg, uint64_t *val)
{
	uint64_t base = v->arch.hvm->vlapic.base_msr;

	if (!(base & VLAPIC_BASE_ENABLE))
		return -EINVAL;
	if (base & VLAPIC_BASE_X2APIC)
		return vlapic_rdmsr(v, 0x800 + reg, val);
	*val = vlapic_mmio_read(v, reg << 4, 4);
	if (reg == 0x30)
		*val |= (uint64_t)vlapic_mmio_read(v, 0x310, 4) << 32;
	return 0;
}

int viridian_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	struct hvm_viridian *s = &v->domain->arch.hvm->viridian;
	uint64_t f = viridian_features(v->domain);

	switch (msr) {
	case MSR_GUEST_OS_ID:
		*val = READ_ONCE(s->guest_os_id);
		return 0;
	case MSR_HYPERCALL:
		*val = READ_ONCE(s->hypercall);
		return 0;
	case MSR_VP_INDEX:
		*val = v->vcpu_id;
		return 0;
	case MSR_TIME_REF_COUNT:
		*val = reference_count(v->domain);
		return f & HVMPV_time_ref_count ? 0 : -EINVAL;
	case MSR_REFERENCE_TSC:
		*val = READ_ONCE(s->reference_tsc);
		return f & HVMPV_reference_tsc ? 0 : -EINVAL;
	case MSR_TSC_FREQUENCY:
		*val = guest_tsc_khz(v) * 1000;
		return f & HVMPV_no_freq ? -EINVAL : 0;
	case MSR_APIC_FREQUENCY:
		*val = APIC_HZ;
		return f & HVMPV_no_freq ? -EINVAL : 0;
	case MSR_ICR:
		return apic_read(v, 0x30, val);
	case MSR_TPR:
		return apic_read(v, 0x08, val);
	case MSR_VP_ASSIST:
		*val = v->arch.hvm->vp_assist;
		return 0;
	case MSR_CRASH_P0 ... MSR_CRASH_P0 + 4:
		*val = READ_ONCE(s->crash[msr - MSR_CRASH_P0]);
		return f & HVMPV_crash_ctl ? 0 : -EINVAL;
	case MSR_CRASH_CTL:
		*val = CRASH_NOTIFY; /* what may be told */
		return f & HVMPV_crash_ctl ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* However the guest goes down next, it has crashed. */
static void note_crash(struct domain *d, uint64_t val)
{
	const uint64_t *p = d->arch.hvm->viridian.crash;

	if (!(val & CRASH_NOTIFY))
		return;
	d->crash_told = true;
	gprintk(LOG_WARNING, "The guest says that it crashed: %#lx %#lx %#lx %#lx %#lx\n", p[0], p[1], p[2], p[3], p[4]);
}

/* A system that has gone takes its page with it. */
static void set_guest_os_id(struct hvm_viridian *s, uint64_t val)
{
	WRITE_ONCE(s->guest_os_id, val);
	if (!val)
		WRITE_ONCE(s->hypercall, s->hypercall & ~PAGE_ENABLED);
}

static void set_hypercall(struct domain *d, uint64_t val)
{
	struct hvm_viridian *s = &d->arch.hvm->viridian;

	if (!READ_ONCE(s->guest_os_id))
		val &= ~PAGE_ENABLED;
	WRITE_ONCE(s->hypercall, val);
	if (val & PAGE_ENABLED)
		write_call_page(d, val);
}

static int write_page_msr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	struct hvm_viridian *s = &v->domain->arch.hvm->viridian;

	if (msr == MSR_HYPERCALL) {
		set_hypercall(v->domain, val);
		return 0;
	}
	if (msr == MSR_VP_ASSIST) {
		v->arch.hvm->vp_assist = val;
		if (val & PAGE_ENABLED)
			clear_assists(v->domain, val);
		return 0;
	}
	if (!(viridian_features(v->domain) & HVMPV_reference_tsc))
		return -EINVAL;
	WRITE_ONCE(s->reference_tsc, val);
	if (val & PAGE_ENABLED)
		write_tsc_page(v, val);
	return 0;
}

int viridian_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	struct hvm_viridian *s = &v->domain->arch.hvm->viridian;
	bool crash = viridian_features(v->domain) & HVMPV_crash_ctl;

	switch (msr) {
	case MSR_GUEST_OS_ID:
		set_guest_os_id(s, val);
		return 0;
	case MSR_HYPERCALL:
	case MSR_VP_ASSIST:
	case MSR_REFERENCE_TSC:
		return write_page_msr(v, msr, val);
	case MSR_EOI:
		return apic_write(v, 0x0b, 0);
	case MSR_ICR:
		return apic_write(v, 0x30, val);
	case MSR_TPR:
		return apic_write(v, 0x08, val & 0xff);
	case MSR_CRASH_P0 ... MSR_CRASH_P0 + 4:
		WRITE_ONCE(s->crash[msr - MSR_CRASH_P0], val);
		return crash ? 0 : -EINVAL;
	case MSR_CRASH_CTL:
		if (crash)
			note_crash(v->domain, val);
		return crash ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* ---- calls ---- */

#define CALL_MARK	     0x80000000u
#define CALL_LONG_SPIN	     8u
#define STATUS_SUCCESS	     0u
#define STATUS_UNKNOWN_CALL  2u

bool viridian_is_call(const struct vcpu *v, unsigned long rax)
{
	return rax & CALL_MARK && viridian_features(v->domain);
}

void viridian_call(struct vcpu *v)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint16_t code = (uint16_t)(hvm_code_mode(v) == 64 ? r->rcx : r->rax);

	if (code == CALL_LONG_SPIN) {
		(void)do_sched_op(SCHEDOP_yield, 0);
		r->rax = STATUS_SUCCESS;
	} else {
		r->rax = STATUS_UNKNOWN_CALL;
	}
	if (hvm_code_mode(v) != 64)
		r->rdx = 0; /* the result's other half */
}

/* ---- records ---- */

void viridian_save_domain(const struct domain *d, struct hvm_viridian_domain_context *out)
{
	const struct hvm_viridian *s = &d->arch.hvm->viridian;

	*out = (struct hvm_viridian_domain_context){ .hypercall_gpa = s->hypercall,
						     .guest_os_id = s->guest_os_id,
						     .time_ref_count = reference_count(d),
						     .reference_tsc = s->reference_tsc };
}

int viridian_load_domain(struct domain *d, const struct hvm_viridian_domain_context *in)
{
	struct hvm_viridian *s = &d->arch.hvm->viridian;

	if (!viridian_features(d) || in->time_ref_count > (uint64_t)INT64_MAX / 200)
		return trace_err(-EINVAL);
	s->guest_os_id = in->guest_os_id;
	s->hypercall = in->hypercall_gpa;
	s->reference_tsc = in->reference_tsc;
	s->start = NOW() - (s_time_t)in->time_ref_count * 100;
	if (in->reference_tsc & PAGE_ENABLED && d->max_vcpus && d->vcpu[0])
		write_tsc_page(d->vcpu[0], in->reference_tsc); /* another clock than before */
	return 0;
}

void viridian_save_vcpu(const struct vcpu *v, struct hvm_viridian_vcpu_context *out)
{
	*out = (struct hvm_viridian_vcpu_context){ .vp_assist_msr = v->arch.hvm->vp_assist };
}

/* A synthetic interrupt controller and its timers there are not. */
int viridian_load_vcpu(struct vcpu *v, const struct hvm_viridian_vcpu_context *in)
{
	static const struct hvm_viridian_vcpu_context none;

	if (!viridian_features(v->domain))
		return trace_err(-EINVAL);
	if (memcmp(&in->simp_msr, &none.simp_msr, sizeof(none) - offsetof(struct hvm_viridian_vcpu_context, simp_msr)))
		return trace_err(-EOPNOTSUPP);
	v->arch.hvm->vp_assist = in->vp_assist_msr;
	return 0;
}
