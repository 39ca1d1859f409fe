/* SPDX-License-Identifier: MIT */
/*
 * Mapping and touching other domains' pages.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "private.h"

void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int num)
{
	if (num <= 0) {
		errno = EINVAL;
		return NULL;
	}
	return xenforeignmemory_map(xch->fmem, dom, prot, (size_t)num, arr, NULL);
}

void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int *err,
			  unsigned int num)
{
	return xenforeignmemory_map(xch->fmem, dom, prot, num, arr, err);
}

void *xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size, int prot,
			    size_t chunksize, struct privcmd_mmap_entry *entries, int nentries)
{
	size_t per_entry = chunksize >> XC_PAGE_SHIFT, pages = size >> XC_PAGE_SHIFT, i;
	xen_pfn_t *gfns;
	void *p;

	if (!per_entry || nentries <= 0 || pages != per_entry * (size_t)nentries) {
		errno = EINVAL;
		return NULL;
	}
	gfns = calloc(pages, sizeof(*gfns));
	if (!gfns)
		return NULL;
	for (i = 0; i < pages; i++)
		gfns[i] = entries[i / per_entry].mfn + i % per_entry;
	p = xenforeignmemory_map(xch->fmem, dom, prot, pages, gfns, NULL);
	free(gfns);
	return p;
}

void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
	size_t pages = ((size_t)size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
	struct privcmd_mmap_entry all = { .mfn = mfn };

	if (size <= 0) {
		errno = EINVAL;
		return NULL;
	}
	return xc_map_foreign_ranges(xch, dom, pages << XC_PAGE_SHIFT, prot, pages << XC_PAGE_SHIFT,
				     &all, 1);
}

int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn,
			   const char *src_page)
{
	void *page = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_WRITE, dst_pfn);

	if (!page)
		return -1;
	memcpy(page, src_page, XC_PAGE_SIZE);
	return munmap(page, XC_PAGE_SIZE);
}

int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num)
{
	size_t bytes = (size_t)num << XC_PAGE_SHIFT;
	void *pages;

	if (num <= 0 || num > INT32_MAX >> XC_PAGE_SHIFT)
		return fail(EINVAL);
	pages = xc_map_foreign_range(xch, domid, (int)bytes, PROT_WRITE, dst_pfn);
	if (!pages)
		return -1;
	memset(pages, 0, bytes);
	return munmap(pages, bytes);
}

#define TYPES_PER_CALL 1024 /* the hypervisor refuses more */

int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num, xen_pfn_t *arr)
{
	unsigned int done, now;

	for (done = 0; done < num; done += now) {
		struct xen_domctl domctl = domctl_for(dom, XEN_DOMCTL_getpageframeinfo3);
		struct xen_domctl_getpageframeinfo3 *info = &domctl.u.getpageframeinfo3;

		now = num - done < TYPES_PER_CALL ? num - done : TYPES_PER_CALL;
		struct bounce bounce = BOUNCE(info->array, arr + done, now * sizeof(*arr), INOUT);

		info->num = now;
		if (domctl_bounced(xch, &domctl, &bounce, 1) < 0)
			return -1;
	}
	return 0;
}

/* Entry `index` of the page table in frame mfn; 0 if it cannot be read. */
static uint64_t table_entry(xc_interface *xch, uint32_t dom, unsigned long mfn, unsigned int index)
{
	uint64_t *table = xc_map_foreign_range(xch, dom, XC_PAGE_SIZE, PROT_READ, mfn), entry;

	if (!table)
		return 0;
	entry = table[index];
	munmap(table, XC_PAGE_SIZE);
	return entry;
}

#define ENTRY_PRESENT	   1ull
#define ENTRY_LARGE	   (1ull << 7)
#define ENTRY_FRAME(entry) (((entry)&0x000ffffffffff000ull) >> XC_PAGE_SHIFT)

/* The top table's frame and the levels below it and with it; 0 if unknown. */
static unsigned long top_table(xc_interface *xch, uint32_t dom, int vcpu, int *levels)
{
	vcpu_guest_context_any_t context;
	unsigned int width;

	if (xc_domain_get_guest_width(xch, dom, &width) ||
	    xc_vcpu_getcontext(xch, dom, (uint32_t)vcpu, &context))
		return 0;
	*levels = width == 8 ? 4 : 3;
	if (width == 8)
		return context.x64.ctrlreg[3] >> XC_PAGE_SHIFT;
	/* 32-bit CR3s have the frame's high bits in the low ones. */
	return context.x32.ctrlreg[3] >> XC_PAGE_SHIFT |
	       (context.x32.ctrlreg[3] & (XC_PAGE_SIZE - 1)) << 20;
}

unsigned long xc_translate_foreign_address(xc_interface *xch, uint32_t dom, int vcpu,
					   unsigned long long virt)
{
	xc_dominfo_t info;
	unsigned long mfn;
	int level;

	/* HVM guests' contexts do not tell CR3 in this form. */
	if (xc_domain_getinfo(xch, dom, 1, &info) != 1 || info.domid != dom || info.hvm)
		return 0;
	mfn = top_table(xch, dom, vcpu, &level);
	for (; mfn && level; level--) {
		unsigned int shift = XC_PAGE_SHIFT + 9 * ((unsigned int)level - 1);
		uint64_t entry = table_entry(xch, dom, mfn, (virt >> shift) & 511);

		if (!(entry & ENTRY_PRESENT))
			return 0;
		mfn = ENTRY_FRAME(entry);
		if (level > 1 && entry & ENTRY_LARGE) {
			unsigned long low = (1ul << (shift - XC_PAGE_SHIFT)) - 1;

			return (mfn & ~low) | ((virt >> XC_PAGE_SHIFT) & low);
		}
	}
	return mfn;
}
