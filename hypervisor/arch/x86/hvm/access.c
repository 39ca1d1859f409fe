/* SPDX-License-Identifier: MIT */
/*
 * Copies from and to the memory of current's guest by linear address, for hypercalls: as its kernel, through the
 * page tables it has loaded. Only RAM and granted pages count as memory.
 */
#include <hv/string.h>
#include <asm/hvm/compat.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>

/* The page behind `linear`, referenced, and how much of `len` lies in it. */
static struct page *page_at(uint64_t linear, bool write, unsigned long *len)
{
	struct vcpu *v = current;
	unsigned long room = PAGE_SIZE - (linear & ~PAGE_MASK);
	enum p2m_type t;
	uint32_t pfec;
	uint64_t gpa;

	if (!hvm_translate(v, linear, write ? PFEC_WRITE : 0, &gpa, &pfec))
		return NULL;
	*len = min(*len, room);
	return p2m_get_page(v->domain, _gfn(gpa >> PAGE_SHIFT), write, &t);
}

/* One page's worth; 0: not accessible. `buf` NULL: cleared. */
static unsigned long copy_piece(uint64_t linear, void *buf, unsigned long len, bool write)
{
	struct page *pg = page_at(linear, write, &len);
	char *p;

	if (!pg)
		return 0;
	p = (char *)page_to_virt(pg) + (linear & ~PAGE_MASK);
	if (!buf)
		memset(p, 0, len);
	else if (write)
		memcpy(p, buf, len);
	else
		memcpy(buf, p, len);
	put_page(pg);
	return len;
}

unsigned long hvm_copy(uint64_t linear, void *buf, unsigned long len, bool write)
{
	unsigned long left;

	if (unlikely(hvm_compat_copy(current, linear, buf, len, write, &left)))
		return left;
	while (len) {
		unsigned long done = copy_piece(linear, buf, len, write);

		if (!done)
			break;
		linear += done;
		len -= done;
		if (buf)
			buf = (char *)buf + done;
	}
	return len;
}
