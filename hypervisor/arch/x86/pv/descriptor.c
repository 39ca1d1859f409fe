/* SPDX-License-Identifier: MIT */
/*
 * The guest's GDT and LDT as the CPU sees them: windows in the per-domain area, 16 pages each per vCPU,
 * mapping the guest's own frames. A frame shown there holds a PGT_seg_desc reference: its contents were
 * checked and the guest cannot write it but through update_descriptor.
 *
 * GDT window: pages 0..13 the guest's (or zeroes), page 14 the hypervisor's page of the CPU the vCPU
 * runs on, page 15 nothing. LDT window: filled when first touched, emptied by SET_LDT.
 */
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <asm/cpu.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <hv/smp.h>

static const uint8_t zero_page[PAGE_SIZE] __aligned(4096);

/* The L1 entries of v's windows: 32 in a row. */
static pte_t *window(struct vcpu *v)
{
	return v->domain->arch.perdomain_l1[v->vcpu_id / 16] + (v->vcpu_id % 16) * GDT_LDT_PAGES;
}

static void show(struct vcpu *v, unsigned int slot, mfn_t mfn, uint64_t flags)
{
	pte_write(&window(v)[slot], mk_pte(mfn, flags & ~PTE_GLOBAL));
	if (v == current)
		invlpg(GDT_VIRT_START(v->vcpu_id) + slot * PAGE_SIZE);
}

static void hide(struct vcpu *v, unsigned int slot)
{
	pte_write(&window(v)[slot], (pte_t){ 0 });
	if (v == current)
		invlpg(GDT_VIRT_START(v->vcpu_id) + slot * PAGE_SIZE);
}

void pv_destroy_gdt(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->arch.pv;

	for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
		show(v, i, virt_to_mfn(zero_page), HV_PTE_RO);
		if (!mfn_eq(pv->gdt_frames[i], INVALID_MFN))
			put_page_and_type(mfn_to_page(pv->gdt_frames[i]));
		pv->gdt_frames[i] = INVALID_MFN;
	}
	pv->gdt_ents = 0;
}

int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
	struct pv_vcpu *pv = &v->arch.pv;
	unsigned int nr = (entries + 511) / 512, i;
	struct page *pg[FIRST_RESERVED_GDT_PAGE];

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return trace_err(-EINVAL);
	for (i = 0; i < nr; i++) {
		pg[i] = get_page_from_gfn(v->domain, _gfn(frames[i]));
		if (!pg[i])
			goto refuse;
		if (get_page_type(pg[i], PGT_seg_desc, false)) {
			put_page(pg[i]);
			goto refuse;
		}
	}
	pv_destroy_gdt(v);
	for (i = 0; i < nr; i++) {
		pv->gdt_frames[i] = _mfn(frames[i]);
		show(v, i, _mfn(frames[i]), HV_PTE_RW);
	}
	pv->gdt_ents = entries;
	return 0;
refuse:
	while (i-- > 0)
		put_page_and_type(pg[i]);
	return trace_err(-EINVAL);
}

long do_set_gdt(unsigned long list, unsigned long entries)
{
	uint64_t frames[16];
	unsigned int nr = (unsigned int)((entries + 511) / 512);

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return trace_err(-EINVAL);
	if (raw_copy_from_guest(frames, list, nr * sizeof(frames[0])))
		return trace_err(-EFAULT);
	return pv_set_gdt(current, frames, (unsigned int)entries);
}

void pv_invalidate_ldt(struct vcpu *v)
{
	pte_t *w = window(v) + 16;

	spin_lock(&v->arch.pv.ldt_lock);
	for (unsigned int i = 0; v->arch.pv.shadow_ldt_mapcnt && i < 16; i++) {
		pte_t old = pte_read(&w[i]);

		if (!pte_present(old))
			continue;
		hide(v, 16 + i);
		put_page_and_type(mfn_to_page(pte_mfn(old)));
		v->arch.pv.shadow_ldt_mapcnt--;
	}
	spin_unlock(&v->arch.pv.ldt_lock);
}

int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned int ents)
{
	struct pv_vcpu *pv = &v->arch.pv;

	if (ents > 8192 || (ents && ((base & (PAGE_SIZE - 1)) || !guest_addr_ok(base) ||
				     !guest_addr_ok(base + ents * 8 - 1))))
		return trace_err(-EINVAL);
	if (pv->ldt_ents == ents && pv->ldt_base == base)
		return 0;
	pv_invalidate_ldt(v);
	pv->ldt_base = base;
	pv->ldt_ents = ents;
	if (v == current)
		cpu_set_ldt(LDT_VIRT_START(v->vcpu_id), ents);
	return 0;
}

/* The machine frame guest address `va` is mapped to in v's kernel page table, or INVALID_MFN. The tables
 * are validated ones: every level above the last is a page table of the guest's. */
static mfn_t guest_va_to_mfn(struct vcpu *v, uint64_t va)
{
	mfn_t m = v->arch.pv.guest_table;

	for (unsigned int level = 4; level >= 1; level--) {
		const pte_t *t = mfn_to_virt(m);
		pte_t e = pte_read(&t[PT_INDEX(va, level)]);

		if (!pte_present(e) || (level > 1 && (pte_flags(e) & PTE_PSE)))
			return INVALID_MFN;
		m = pte_mfn(e);
	}
	return m;
}

bool pv_map_ldt_page(struct vcpu *v, unsigned int index)
{
	struct pv_vcpu *pv = &v->arch.pv;
	struct page *pg;
	mfn_t mfn;

	if (index * 512 >= pv->ldt_ents)
		return false;
	mfn = guest_va_to_mfn(v, pv->ldt_base + index * PAGE_SIZE);
	if (mfn_eq(mfn, INVALID_MFN) || !mfn_valid(mfn))
		return false;
	pg = mfn_to_page(mfn);
	if (!get_page_and_type(pg, v->domain, PGT_seg_desc))
		return false;
	spin_lock(&pv->ldt_lock);
	if (pte_present(pte_read(&window(v)[16 + index]))) {
		spin_unlock(&pv->ldt_lock);
		put_page_and_type(pg);
		return true;
	}
	show(v, 16 + index, mfn, HV_PTE_RW);
	pv->shadow_ldt_mapcnt++;
	spin_unlock(&pv->ldt_lock);
	return true;
}

/* v becomes current on this CPU: point page 14 at the CPU's own page, load GDTR and LDTR. Runs on v's
 * page tables with no translation of the window cached (CR3 was just loaded; entries are not global). */
void pv_load_descriptor_tables(struct vcpu *v)
{
	uint64_t base = GDT_VIRT_START(v->vcpu_id);
	mfn_t own = virt_to_mfn(cpu_gdt_page(smp_processor_id()));

	pte_write(&window(v)[FIRST_RESERVED_GDT_PAGE], mk_pte(own, HV_PTE_RW & ~PTE_GLOBAL));
	cpu_load_gdt_base(base);
	cpu_set_ldt(LDT_VIRT_START(v->vcpu_id), v->arch.pv.ldt_ents);
}
