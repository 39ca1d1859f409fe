/* SPDX-License-Identifier: MIT */
/*
 * A VMX guest's segments, control and debug registers.
 *
 * CR0 and CR4 are shown as the guest wrote them; in truth CR0.NE, CR4.VMXE and MCE are on, as the CPU or the host need
 * it, and CR0.CD and NW are off: guests do not turn the machine's caches off. Only CR0.TS changes without an exit.
 *
 * With 32-bit PAE paging the CPU walks from four entries that it keeps in the VMCS. It loads them when the guest writes
 * CR3; when we change what they depend on, we do, before the next entry.
 */
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/page_info.h>
#include "vmx.h"

/* ---- segments ---- */

static unsigned int index_of(enum hvm_seg seg)
{
	static const uint8_t index[NR_HVM_SEGS] = {
		[HVM_ES] = 0, [HVM_CS] = 1,   [HVM_SS] = 2, [HVM_DS] = 3,   [HVM_FS] = 4,
		[HVM_GS] = 5, [HVM_LDTR] = 6, [HVM_TR] = 7, [HVM_GDTR] = 8, [HVM_IDTR] = 9,
	};

	return index[seg] * 2u;
}

void vmx_get_segment(struct vcpu *v, enum hvm_seg seg, struct hvm_segment *out)
{
	unsigned int i = index_of(seg);
	uint64_t access;

	*out = (struct hvm_segment){ .limit = (uint32_t)vmcs_read(v, VMCS_GUEST_LIMIT + i),
				     .base = vmcs_read(v, VMCS_GUEST_BASE + i) };
	if (seg == HVM_GDTR || seg == HVM_IDTR)
		return;
	out->sel = (uint16_t)vmcs_read(v, VMCS_GUEST_SELECTOR + i);
	access = vmcs_read(v, VMCS_GUEST_ACCESS + i);
	out->attr = (uint16_t)((access & 0xff) | (access >> 4 & 0xf00));
	if (access & ACCESS_UNUSABLE)
		out->attr &= (uint16_t)~HVM_ATTR_P;
}

/* In the one form that an entry accepts: code and data accessed, granularity as the limit has it. */
static uint32_t access_rights(struct hvm_segment *s)
{
	uint32_t attr = s->attr & 0xfff;

	if (!(attr & HVM_ATTR_P))
		return ACCESS_UNUSABLE | (attr & 0x60);
	if (attr & HVM_ATTR_S)
		attr |= 1;
	if (s->limit > 0xfffff) {
		attr |= HVM_ATTR_G;
		s->limit |= 0xfff;
	} else if ((s->limit & 0xfff) != 0xfff) {
		attr &= ~HVM_ATTR_G;
	}
	return (attr & 0xff) | (attr & 0xf00) << 4;
}

void vmx_set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *in)
{
	unsigned int i = index_of(seg);
	struct hvm_segment s = *in;

	if (seg == HVM_GDTR || seg == HVM_IDTR) {
		s.limit &= 0xffff;
	} else {
		vmcs_write(v, VMCS_GUEST_ACCESS + i, access_rights(&s));
		vmcs_write(v, VMCS_GUEST_SELECTOR + i, s.sel);
	}
	vmcs_write(v, VMCS_GUEST_LIMIT + i, s.limit);
	vmcs_write(v, VMCS_GUEST_BASE + i, s.base);
}

/* ---- control registers ---- */

uint64_t vmx_get_cr(struct vcpu *v, unsigned int nr)
{
	const struct vmx_vcpu *x = vmx_of(v);

	switch (nr) {
	case 0:
		return (x->cr0 & ~X86_CR0_TS) | (vmcs_read(v, VMCS_GUEST_CR0) & X86_CR0_TS);
	case 2:
		return x->cr2;
	case 3:
		return vmcs_read(v, VMCS_GUEST_CR3);
	default:
		return v->arch.hvm->cr4;
	}
}

void vmx_set_cr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	struct vmx_vcpu *x = vmx_of(v);

	switch (nr) {
	case 0:
		x->cr0 = val;
		vmcs_write(v, VMCS_CR0_SHADOW, val);
		vmcs_write(v, VMCS_GUEST_CR0, (val & ~(X86_CR0_CD | X86_CR0_NW)) | X86_CR0_NE);
		break;
	case 2:
		x->cr2 = val;
		return;
	case 3:
		vmcs_write(v, VMCS_GUEST_CR3, val);
		break;
	case 4:
		v->arch.hvm->cr4 = val;
		vmcs_write(v, VMCS_CR4_SHADOW, val);
		vmcs_write(v, VMCS_GUEST_CR4, val | X86_CR4_VMXE | (cpu_has(f1d, 7) ? X86_CR4_MCE : 0));
		break;
	}
	x->pdptes_stale = true;
	vmx_flush_linear(v);
}

/* Interrupts may be off: memory that has not been there yet (P2M_on_demand) is not asked for, and reads as nothing. */
static bool read_pdptes(struct vcpu *v, uint64_t cr3, uint64_t pdptes[4])
{
	gfn_t gfn = _gfn((cr3 & 0xffffffff) >> PAGE_SHIFT);
	const uint64_t *at;
	enum p2m_type t;
	struct page *pg;

	(void)p2m_get(v->domain, gfn, &t, NULL);
	pg = p2m_is_own_ram(t) ? p2m_get_page(v->domain, gfn, false, &t) : NULL;
	if (!pg)
		return false;
	at = (const uint64_t *)((const char *)page_to_virt(pg) + (cr3 & 0xfe0));
	for (unsigned int i = 0; i < 4; i++)
		pdptes[i] = READ_ONCE(at[i]);
	put_page(pg);
	return true;
}

void vmx_load_pdptes(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);
	uint64_t pdptes[4] = { 0 };

	x->pdptes_stale = false;
	if (!(x->cr0 & X86_CR0_PG) || !(v->arch.hvm->cr4 & X86_CR4_PAE) || (x->msrs.efer & EFER_LMA))
		return;
	(void)read_pdptes(v, vmcs_read(v, VMCS_GUEST_CR3), pdptes);
	for (unsigned int i = 0; i < 4; i++)
		vmcs_write(v, VMCS_GUEST_PDPTE + 2 * i, pdptes[i]);
}

/* ---- debug registers: the CPU's once the guest touches one, or has armed one ---- */

uint64_t vmx_get_dr(struct vcpu *v, unsigned int nr)
{
	if (nr == 7)
		return vmcs_read(v, VMCS_GUEST_DR7);
	return v->arch.hvm->dr_loaded ? read_dr6() : vmx_of(v)->dr6;
}

void vmx_set_dr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	if (nr == 7) {
		vmcs_write(v, VMCS_GUEST_DR7, (val & 0xffff2fff) | 0x400);
		return;
	}
	vmx_of(v)->dr6 = (val & 0xe00f) | 0xffff0ff0;
	if (v->arch.hvm->dr_loaded)
		write_dr6(vmx_of(v)->dr6);
}

void vmx_load_debugregs(struct vcpu *v)
{
	struct hvm_vcpu *h = v->arch.hvm;

	write_dr0(h->dr[0]);
	write_dr1(h->dr[1]);
	write_dr2(h->dr[2]);
	write_dr3(h->dr[3]);
	write_dr6(h->vmx->dr6);
	h->dr_loaded = true;
	vmcs_set_cpu_controls(v, 0, CPU_MOV_DR);
}

void vmx_save_debugregs(struct vcpu *v)
{
	struct hvm_vcpu *h = v->arch.hvm;

	if (!h->dr_loaded)
		return;
	h->dr[0] = read_dr0();
	h->dr[1] = read_dr1();
	h->dr[2] = read_dr2();
	h->dr[3] = read_dr3();
	h->vmx->dr6 = read_dr6();
	h->dr_loaded = false;
	vmcs_set_cpu_controls(v, CPU_MOV_DR, 0);
}
