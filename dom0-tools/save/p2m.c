/* SPDX-License-Identifier: MIT */
/*
 * Reads a PV guest's P2M list, in either form a guest publishes: mapped in its own address space (p2m_vaddr,
 * under the tables p2m_cr3), or through a tree of frame numbers (arch_shared_info). The guest can change all
 * of it at any time and is not believed: each page is mapped as the guest's own or not at all, and numbers only
 * choose what is mapped next.
 */
#include "save/format.h"
#include "save/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ENTRIES	   (PAGE_BYTES / sizeof(xen_pfn_t))
#define MAX_LEVELS 4
#define PAGES_AT_ONCE 512

/* Entries that name no frame of the guest's own: invalid, foreign (grants mapped), identity (devices). */
#define NOT_OWN ((xen_pfn_t)3 << 62)

struct reader {
	xenforeignmemory_handle *foreign;
	uint32_t domid;
	struct guest_p2m *p2m;
	unsigned int levels;
	bool tables; /* entries are page-table entries, not frame numbers */
	/* The last page used of each level, [0]: the one below the root. */
	struct {
		xen_pfn_t mfn;
		const volatile xen_pfn_t *page;
	} last[MAX_LEVELS];
};

static const volatile xen_pfn_t *map_page(const struct reader *reader, xen_pfn_t mfn)
{
	return xenforeignmemory_map(reader->foreign, reader->domid, PROT_READ, 1, &mfn, NULL);
}

static void unmap(const struct reader *reader, const volatile xen_pfn_t *page)
{
	xenforeignmemory_unmap(reader->foreign, (void *)(uintptr_t)page, 1);
}

static const volatile xen_pfn_t *page_of_level(struct reader *reader, unsigned int level, xen_pfn_t mfn)
{
	if (reader->last[level].page && reader->last[level].mfn == mfn)
		return reader->last[level].page;
	if (reader->last[level].page)
		unmap(reader, reader->last[level].page);
	reader->last[level].mfn = mfn;
	reader->last[level].page = map_page(reader, mfn);
	return reader->last[level].page;
}

/* The frame of the list's page `index` (counted from the first that the root spans); NO_MFN: a hole. */
static xen_pfn_t find_page(struct reader *reader, xen_pfn_t root, uint64_t index)
{
	xen_pfn_t mfn = root;

	for (unsigned int level = 0; level < reader->levels; level++) {
		const volatile xen_pfn_t *page = page_of_level(reader, level, mfn);
		unsigned int shift = 9 * (reader->levels - 1 - level);

		if (!page)
			return NO_MFN;
		mfn = page[index >> shift & (ENTRIES - 1)];
		if (reader->tables) {
			if (!(mfn & PTE_PRESENT))
				return NO_MFN;
			mfn = (mfn & PTE_FRAME) >> PAGE_BITS;
		}
	}
	return mfn;
}

/* Of the list's page `index`; NULL: it has none. */
static void take_page(struct guest_p2m *p2m, uint64_t index, const volatile xen_pfn_t *page)
{
	if (!page)
		p2m->page_mfn[index] = NO_MFN;
	for (uint64_t i = 0; i < ENTRIES && index * ENTRIES + i < p2m->nr_pfns; i++) {
		xen_pfn_t mfn = page ? page[i] : NO_MFN;

		p2m->mfn[index * ENTRIES + i] = mfn & NOT_OWN ? NO_MFN : mfn;
	}
}

/* Of the pages from `first` on, mapped together: alone, each costs Linux a page table for its mapping. */
static bool take_pages(const struct reader *reader, uint64_t first, uint64_t count)
{
	struct guest_p2m *p2m = reader->p2m;
	xen_pfn_t mfns[PAGES_AT_ONCE];
	int failed[PAGES_AT_ONCE];
	const volatile xen_pfn_t *pages = NULL;
	uint64_t nr = 0, at = 0;
	bool any = false;

	for (uint64_t i = first; i < first + count; i++)
		if (p2m->page_mfn[i] != NO_MFN)
			mfns[nr++] = p2m->page_mfn[i];
	if (nr)
		pages = xenforeignmemory_map(reader->foreign, reader->domid, PROT_READ, nr, mfns, failed);
	for (uint64_t i = first; i < first + count; i++) {
		uint64_t mine = p2m->page_mfn[i] == NO_MFN ? nr : at++;
		bool there = pages && mine < nr && !failed[mine];

		take_page(p2m, i, there ? pages + mine * ENTRIES : NULL);
		any |= there;
	}
	if (pages)
		xenforeignmemory_unmap(reader->foreign, (void *)(uintptr_t)pages, nr);
	return any;
}

static bool take_all(struct reader *reader, xen_pfn_t root, uint64_t first)
{
	struct guest_p2m *p2m = reader->p2m;
	bool any = false;

	for (uint64_t i = 0; i < p2m->nr_pages; i++)
		p2m->page_mfn[i] = find_page(reader, root, first + i);
	for (unsigned int level = 0; level < reader->levels; level++)
		if (reader->last[level].page)
			unmap(reader, reader->last[level].page);
	for (uint64_t i = 0; i < p2m->nr_pages; i += PAGES_AT_ONCE)
		any |= take_pages(reader, i, p2m->nr_pages - i < PAGES_AT_ONCE ? p2m->nr_pages - i : PAGES_AT_ONCE);
	return any;
}

int guest_p2m_read(struct guest_p2m *p2m, xenforeignmemory_handle *foreign, uint32_t domid,
		   const shared_info_t *shared_info, uint64_t most, struct complaint *complaint)
{
	const volatile struct arch_shared_info *arch = &shared_info->arch;
	struct reader reader = { .foreign = foreign, .domid = domid, .p2m = p2m };
	uint64_t cr3 = arch->p2m_cr3, virt = arch->p2m_vaddr, nr_pfns = arch->max_pfn;
	xen_pfn_t root = arch->pfn_to_mfn_frame_list_list;

	memset(p2m, 0, sizeof(*p2m));
	if (!nr_pfns || (!cr3 && (!root || root == NO_MFN))) {
		complain(complaint,
			 "domain %u has not published its frame list (it died too early, or has not yet come so far): "
			 "its memory cannot be told apart",
			 domid);
		return -EAGAIN;
	}
	if (nr_pfns > most) {
		complain(complaint, "domain %u's frame list is damaged: it claims %llu pages", domid,
			 (unsigned long long)nr_pfns);
		return -EINVAL;
	}
	reader.tables = cr3 != 0;
	reader.levels = cr3 ? 4 : 2;
	p2m->nr_pfns = nr_pfns;
	p2m->nr_pages = (nr_pfns + ENTRIES - 1) / ENTRIES;
	p2m->mfn = calloc(p2m->nr_pages * ENTRIES, sizeof(*p2m->mfn));
	p2m->page_mfn = calloc(p2m->nr_pages, sizeof(*p2m->page_mfn));
	if (!p2m->mfn || !p2m->page_mfn) {
		complain(complaint, "no memory for the frame list of domain %u", domid);
		guest_p2m_free(p2m);
		return -ENOMEM;
	}
	if (!take_all(&reader, cr3 ? cr3 >> PAGE_BITS : root, cr3 ? virt >> PAGE_BITS : 0)) {
		complain(complaint, "domain %u's frame list cannot be read", domid);
		guest_p2m_free(p2m);
		return -EINVAL;
	}
	return 0;
}

void guest_p2m_free(struct guest_p2m *p2m)
{
	free(p2m->mfn);
	free(p2m->page_mfn);
	memset(p2m, 0, sizeof(*p2m));
}
