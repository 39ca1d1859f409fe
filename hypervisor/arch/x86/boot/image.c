/* SPDX-License-Identifier: MIT */
/* Protection of the hypervisor's image, and the instructions in it that depend on the CPU. */
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/image.h>
#include <asm/options.h>
#include <asm/page.h>
#include <asm/system.h>

struct smap_patch {
	uint64_t addr, is_stac;
};
extern const struct smap_patch __smap_patch_start[], __smap_patch_end[];
extern pte_t l1_image[1024], l3_direct[PT_ENTRIES];

void image_patch_smap(void)
{
	static const uint8_t insn[2][3] = { { 0x0f, 0x01, 0xca }, { 0x0f, 0x01, 0xcb } };

	cpu_has_smap_active = cpu_has_smap && opt_smap;
	if (!cpu_has_smap_active)
		return;
	for (const struct smap_patch *p = __smap_patch_start; p < __smap_patch_end; p++)
		memcpy((void *)p->addr, insn[p->is_stac != 0], 3);
}

static void protect(const char *from, const char *to, uint64_t flags)
{
	uint64_t first = ((uint64_t)from - HV_IMAGE_BASE - HV_LOAD_PHYS) >> PAGE_SHIFT;
	uint64_t end = ((uint64_t)to - HV_IMAGE_BASE - HV_LOAD_PHYS) >> PAGE_SHIFT;

	BUG_ON(end > 1024);
	for (uint64_t i = first; i < end; i++)
		pte_write(&l1_image[i], mk_pte(pte_mfn(l1_image[i]), flags));
}

void image_protect(void)
{
	protect(_stext, _etext, HV_PTE_RX);
	protect(_srodata, _erodata, HV_PTE_RO);
	protect(_sdata, _end, HV_PTE_RW);
	for (uint64_t i = ((uint64_t)_end - HV_IMAGE_BASE - HV_LOAD_PHYS) >> PAGE_SHIFT; i < 1024; i++)
		pte_write(&l1_image[i], (pte_t){ 0 });
	pte_write(&idle_pg_table[0], (pte_t){ 0 });
	write_cr4(read_cr4() & ~X86_CR4_PGE);
	write_cr3(read_cr3());
	write_cr4(read_cr4() | X86_CR4_PGE);
}
