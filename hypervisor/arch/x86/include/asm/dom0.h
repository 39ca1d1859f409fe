/* SPDX-License-Identifier: MIT */
/* Private to the Dom0 builder: what its files pass each other. */
#ifndef ASM_DOM0_H
#define ASM_DOM0_H

#include <hv/domain.h>
#include <hv/kernel_image.h>
#include <asm/boot.h>

struct dom0 {
	struct domain *d;
	const struct boot_module *kernel, *initrd;
	struct kernel_image image;
	uint64_t nr_pages;
	uint64_t v_start, v_start_info, v_pt, v_stack, v_end; /* guest virtual */
	uint64_t nr_pt;
	uint64_t nr_p2m_frames, p2m_pfn;
	uint64_t initrd_pfn, initrd_len;
};

void *dom0_pfn_to_virt(struct dom0 *b, uint64_t pfn);
mfn_t dom0_pfn_to_mfn(struct dom0 *b, uint64_t pfn);
/* Page-table frames for [v_start, v_end) and the P2M. */
uint64_t dom0_tables_needed(const struct dom0 *b, uint64_t v_end);
void dom0_write_tables(struct dom0 *b);
/* bzImage or ELF module -> parsed image over an unpacked ELF the caller frees. 0 or -errno with *why. */
int dom0_unpack_kernel(const void *module, size_t len, struct kernel_image *image, void **elf,
		       unsigned int *elf_order, const char **why);

static inline unsigned int dom0_order(uint64_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

#endif
