/* SPDX-License-Identifier: MIT */
/* domctl getpageframeinfo3: what each frame is used as, so that a copier knows tables from data. */
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <asm/page_info.h>
#include <public/domctl.h>
#include "handlers.h"

#define MAX_FRAMES     1024 /* per call: the time it takes is bounded */
#define FRAMES_AT_ONCE 64   /* copied in, and their uses out */

static uint64_t frame_use(struct domain *d, uint64_t gfn)
{
	static const uint32_t by_type[] = {
		[PGT_l1] = XEN_DOMCTL_PFINFO_L1TAB,
		[PGT_l2] = XEN_DOMCTL_PFINFO_L2TAB,
		[PGT_l3] = XEN_DOMCTL_PFINFO_L3TAB,
		[PGT_l4] = XEN_DOMCTL_PFINFO_L4TAB,
	};
	struct page *pg = get_page_from_gfn(d, _gfn(gfn));
	uint64_t use = XEN_DOMCTL_PFINFO_NOTAB, type;

	if (!pg)
		return XEN_DOMCTL_PFINFO_XTAB;
	type = type_read(pg);
	if ((type & TYPE_COUNT) || (type & TYPE_PINNED)) {
		unsigned int t = (unsigned int)((type & TYPE_MASK) >> TYPE_SHIFT);

		if (t < ARRAY_SIZE(by_type))
			use = by_type[t];
		if (type & TYPE_PINNED)
			use |= XEN_DOMCTL_PFINFO_LPINTAB;
	}
	put_page(pg);
	return use;
}

int domctl_page_types(struct domain *d, struct xen_domctl *op)
{
	uint64_t nr = op->u.getpageframeinfo3.num;
	guest_ptr_t list = guest_handle_addr(op->u.getpageframeinfo3.array);

	if (nr > MAX_FRAMES)
		return trace_err(-E2BIG);
	for (uint64_t done = 0, count; done < nr; done += count) {
		uint64_t frames[FRAMES_AT_ONCE], bytes;

		count = min(nr - done, (uint64_t)FRAMES_AT_ONCE);
		bytes = count * sizeof(*frames);
		if (raw_copy_from_guest(frames, list + done * sizeof(*frames), bytes))
			return trace_err(-EFAULT);
		for (uint64_t i = 0; i < count; i++)
			frames[i] = frame_use(d, frames[i]);
		if (raw_copy_to_guest(list + done * sizeof(*frames), frames, bytes))
			return trace_err(-EFAULT);
	}
	return 0;
}
