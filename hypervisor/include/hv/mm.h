/* SPDX-License-Identifier: MIT */
/*
 * Frames: the frame table, the allocator, references and types. The invariants of the page-type
 * machine are told in docs/page-types.md and at the head of arch/x86/mm/page_type.c.
 */
#ifndef HV_MM_H
#define HV_MM_H

#include <hv/lib.h>
#include <hv/spinlock.h>

struct domain;
struct page; /* one per machine frame; layout in asm/page_info.h */

/* ---- allocator (common/page_alloc.c) ---- */
#define MEMF_ZERO	 1u	      /* zeroed (domain pages always are, by scrubbing) */
#define MEMF_NO_REFCOUNT 2u	      /* not charged to the domain's tot_pages */
#define MEMF_BITS(n)	 ((unsigned int)(n) << 24) /* every byte below 1 << n; 0: anywhere */
#define MEMF_GET_BITS(f) ((f) >> 24)
#define MAX_ORDER	 18

void page_alloc_init(void);
void page_alloc_add(mfn_t first, mfn_t end); /* boot: hand RAM [first, end) to the heap */

/* The hypervisor's own memory, mapped in the direct map; NULL if none. Order: log2 of pages. */
void *alloc_xen_pages(unsigned int order, unsigned int memflags);
void free_xen_pages(void *v, unsigned int order);
#define alloc_xen_page() alloc_xen_pages(0, MEMF_ZERO)
#define free_xen_page(v) free_xen_pages((v), 0)

/* Frames for a domain: owner set, one reference ("allocated") held, on the domain's page list.
 * NULL: no memory, or d would exceed max_pages, or d is dying. */
struct page *alloc_domain_pages(struct domain *d, unsigned int order, unsigned int memflags);
/* Frames owned by nobody yet. */
struct page *alloc_anon_pages(unsigned int order, unsigned int memflags);
void free_anon_pages(struct page *pg, unsigned int order);
/* Makes a xenheap frame mappable by d's guest: owner d, `writable` or read-only; never freed by d. */
void share_xen_page(void *v, struct domain *d, bool writable);

/* Freed frames are scrubbed in the background: an idle CPU that sees this raises SOFTIRQ_SCRUB. */
bool scrub_needed(void);

/* XENMEM_claim_pages: sets aside memory until d owns `total` frames; 0 drops the claim. -EINVAL a claim
 * exists, or total is out of range; -ENOMEM not that much free. */
int domain_set_outstanding(struct domain *d, uint64_t total);
uint64_t claimed_pages_count(void); /* by all domains together */
uint64_t dirty_pages_count(void);   /* free, not yet scrubbed */
unsigned int heap_audit(void);	    /* breaches found */
uint64_t free_pages_count(void);
uint64_t free_pages_below(unsigned int bits);

/* Variable-size objects (common/xmalloc.c): kmalloc-like, for structs up to a few pages. */
void *xzalloc_bytes(size_t size);
void xfree(void *p);
#define xzalloc(type)		((type *)xzalloc_bytes(sizeof(type)))
#define xzalloc_array(type, n)	((type *)xzalloc_array_bytes(sizeof(type), (n)))
void *xzalloc_array_bytes(size_t size, size_t n); /* NULL on overflow too */

/* ---- frame table (arch) ---- */
bool mfn_valid(mfn_t mfn);	      /* has a struct page */
struct page *mfn_to_page(mfn_t mfn);  /* must be valid */
mfn_t page_to_mfn(const struct page *pg);
void *mfn_to_virt(mfn_t mfn);	      /* direct map; RAM only */
mfn_t virt_to_mfn(const void *v);     /* direct map or hypervisor image */
uint64_t virt_to_maddr(const void *v);
void *maddr_to_virt(uint64_t ma);
static inline void *page_to_virt(const struct page *pg)
{
	return mfn_to_virt(page_to_mfn(pg));
}
struct domain *page_get_owner(const struct page *pg); /* NULL: free or nobody's */
/* Maps device memory for the hypervisor itself, uncached, for good. Panics if out of room. */
void *ioremap(uint64_t maddr, size_t len);

/* ---- references and types (arch/x86/mm/page_type.c) ---- */
/* Types: a frame has one at a time and changes only while its type count is zero. */
enum page_type {
	PGT_none,
	PGT_l1, PGT_l2, PGT_l3, PGT_l4, /* page tables; mapped read-only by guests */
	PGT_seg_desc,			/* GDT/LDT frame */
	PGT_shared,			/* grant-mapped read-only frames of a shared page type: unused */
	PGT_writable
};

/* A reference keeps the frame from being freed. Fails unless d owns it (and it is not being freed). */
bool get_page(struct page *pg, const struct domain *d) __must_check;
/* Whoever owns it; NULL or the owner. */
struct domain *get_page_owner_and_reference(struct page *pg) __must_check;
void put_page(struct page *pg);
/* A typed reference: validates page tables and descriptor tables when the type is first taken.
 * 0; -EINVAL: not possible (other type in use, bad contents); -ERESTART: interrupted, call again.
 * `preemptible` false never returns -ERESTART. */
int get_page_type(struct page *pg, enum page_type type, bool preemptible) __must_check;
int put_page_type(struct page *pg, bool preemptible); /* 0 or -ERESTART (preemptible only) */
bool get_page_and_type(struct page *pg, const struct domain *d, enum page_type type) __must_check;
void put_page_and_type(struct page *pg);
/* Guests with a physical map of their own: 2^order frames appear in it, or one goes, if it is there. Others: 0.
 * INVALID_MFN: frames that will come when they are touched; -ENOENT: there is none such to go. */
int arch_gfn_populate(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
int arch_gfn_depopulate(struct domain *d, gfn_t gfn, mfn_t mfn);
/* XENMEM_add_to_physmap and its opposite. -EACCES: d has no such map; -ERESTART: to be called again, other work waits. */
int arch_add_to_physmap(struct domain *d, unsigned int space, uint64_t idx, gfn_t gfn);
int arch_remove_from_physmap(struct domain *d, gfn_t gfn);
/* XENMEM_resource_ioreq_server: how many frames a server has, 0: d can have none; one of them, made if need be. */
uint32_t arch_ioreq_frames(const struct domain *d);
int arch_ioreq_frame(struct domain *d, uint32_t id, unsigned int frame, uint64_t *mfn);
uint64_t arch_max_gfn(const struct domain *d); /* highest in use; of those guests only */
/* A guest-named frame of d, with a reference: NULL if it names none. PV: gfn == mfn. */
struct page *get_page_from_gfn(struct domain *d, gfn_t gfn) __must_check;

/* Checks the whole frame table's invariants, pausing all guests; prints each breach. */
unsigned int page_type_audit(bool verbose);
/* The same for who must not keep a CPU so long: `breathe` is called every now and then, without locks. */
unsigned int page_type_audit_breathing(bool verbose, void (*breathe)(void));

#endif
