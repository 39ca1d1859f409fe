/* SPDX-License-Identifier: MIT */
/*
 * MSRs of a VMX guest that are not emulated. EFER, PAT and those of SYSENTER are in the VMCS; those of SYSCALL are the
 * CPU's, loaded when the vCPU comes to it: the host needs them for PV guests only. The guest reads all of these and the
 * segment bases by itself, and writes the bases; the other writes leave it, so that struct vmx_vcpu always knows what
 * they are. Values the CPU would refuse are refused before they are kept.
 */
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include "vmx.h"

uint64_t vmx_msr_bitmap_pa;

#define BITMAP_WRITES 2048 /* offset; reads come first */
#define BITMAP_HIGH   1024 /* offset of the numbers from 0xc0000000 in each */

static void allow(uint8_t *map, uint32_t msr)
{
	if (msr >= 0xc0000000)
		map += BITMAP_HIGH;
	map[(msr & 0x1fff) / 8] &= (uint8_t) ~(1u << msr % 8);
}

static const uint32_t bases[] = { MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE };

/* Where a switched MSR is kept, and what may be in it. */
static const struct switched_msr {
	uint32_t msr;
	uint16_t offset;
	bool address; /* canonical; else: see `max` */
	uint64_t max;
} switched[] = {
	{ MSR_STAR, offsetof(struct hvm_msrs, star), false, ~0ull },
	{ MSR_LSTAR, offsetof(struct hvm_msrs, lstar), true, 0 },
	{ MSR_CSTAR, offsetof(struct hvm_msrs, cstar), true, 0 },
	{ MSR_SFMASK, offsetof(struct hvm_msrs, sfmask), false, 0xffffffff },
	{ MSR_SYSENTER_CS, offsetof(struct hvm_msrs, sysenter_cs), false, 0xffffffff },
	{ MSR_SYSENTER_ESP, offsetof(struct hvm_msrs, sysenter_esp), true, 0 },
	{ MSR_SYSENTER_EIP, offsetof(struct hvm_msrs, sysenter_eip), true, 0 },
};

int vmx_msr_init(void)
{
	uint8_t *map = alloc_xen_page();

	if (!map)
		return -ENOMEM;
	memset(map, 0xff, PAGE_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		allow(map, bases[i]);
		allow(map + BITMAP_WRITES, bases[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(switched); i++)
		allow(map, switched[i].msr);
	vmx_msr_bitmap_pa = virt_to_maddr(map);
	return 0;
}

static const struct switched_msr *find(uint32_t msr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(switched); i++)
		if (switched[i].msr == msr)
			return &switched[i];
	return NULL;
}

bool vmx_is_switched_msr(uint32_t msr)
{
	return find(msr);
}

int vmx_write_switched_msr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	const struct switched_msr *s = find(msr);
	struct hvm_msrs m;

	if (s->address ? !is_canonical(val) : val > s->max)
		return -EINVAL;
	vmx_get_msrs(v, &m);
	*(uint64_t *)((char *)&m + s->offset) = val;
	vmx_set_msrs(v, &m);
	return 0;
}

/* ---- as a whole ---- */

/* A toolstack's values may be any; what the CPU refuses stays as it was, which is the guest's problem. */
static void load(uint32_t msr, uint64_t val)
{
	(void)!wrmsr_safe(msr, val);
}

void vmx_load_msrs(struct vcpu *v)
{
	const struct hvm_msrs *m = &vmx_of(v)->msrs;

	load(MSR_STAR, m->star);
	load(MSR_LSTAR, m->lstar);
	load(MSR_CSTAR, m->cstar);
	load(MSR_SFMASK, m->sfmask);
	load(MSR_KERNEL_GS_BASE, m->kernel_gs_base);
}

void vmx_save_msrs(struct vcpu *v)
{
	vmx_of(v)->msrs.kernel_gs_base = rdmsr(MSR_KERNEL_GS_BASE);
	vmx_restore_host_msrs();
}

void vmx_get_msrs(struct vcpu *v, struct hvm_msrs *m)
{
	*m = vmx_of(v)->msrs;
	if (vmcs_is_here(v))
		m->kernel_gs_base = rdmsr(MSR_KERNEL_GS_BASE);
}

static void set_efer(struct vcpu *v, uint64_t efer)
{
	struct vmx_vcpu *x = vmx_of(v);

	x->entry_controls = (x->entry_controls & ~ENTRY_GUEST_64) | (efer & EFER_LMA ? ENTRY_GUEST_64 : 0);
	vmcs_write(v, VMCS_ENTRY_CONTROLS, x->entry_controls);
	vmcs_write(v, VMCS_GUEST_EFER, efer);
	x->pdptes_stale = true;
}

void vmx_set_msrs(struct vcpu *v, const struct hvm_msrs *m)
{
	struct vmx_vcpu *x = vmx_of(v);

	if (m->efer != x->msrs.efer || m->pat != x->msrs.pat)
		vmx_flush_linear(v);
	x->msrs = *m;
	set_efer(v, m->efer);
	vmcs_write(v, VMCS_GUEST_PAT, m->pat);
	vmcs_write(v, VMCS_GUEST_SYSENTER_CS, m->sysenter_cs);
	vmcs_write(v, VMCS_GUEST_SYSENTER_ESP, m->sysenter_esp);
	vmcs_write(v, VMCS_GUEST_SYSENTER_EIP, m->sysenter_eip);
	if (vmcs_is_here(v))
		vmx_load_msrs(v);
}
