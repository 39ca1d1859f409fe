/* SPDX-License-Identifier: MIT */
/* update_descriptor: writes one checked entry of a GDT or LDT frame. */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/current.h>
#include <asm/mm.h>
#include <asm/page_info.h>

long do_update_descriptor(unsigned long pa, unsigned long desc)
{
	struct domain *d = current->domain;
	uint64_t entry = desc, mfn = pa >> PAGE_SHIFT;
	enum page_type type;
	struct page *pg;

	if ((pa & 7) || !check_descriptor(&entry) || !frame_valid(mfn))
		return trace_err(-EINVAL);
	pg = frame_page(mfn);
	if (!get_page(pg, d))
		return trace_err(-EINVAL);
	/* A frame that is not (yet) a descriptor table is checked as a whole when it becomes one.
	 */
	type = type_of(type_read(pg)) == PGT_seg_desc ? PGT_seg_desc : PGT_writable;
	if (get_page_type(pg, type, false)) {
		put_page(pg);
		return trace_err(-EINVAL);
	}
	__atomic_store_n((uint64_t *)((char *)page_virt(pg) + (pa & ~PAGE_MASK)), entry,
			 __ATOMIC_RELEASE);
	put_page_and_type(pg);
	return 0;
}
