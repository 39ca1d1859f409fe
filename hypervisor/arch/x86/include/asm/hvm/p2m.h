/* SPDX-License-Identifier: MIT */
/*
 * The guest physical map of a hardware-virtualized domain: gfn -> frame and type, as the tables the
 * CPU walks (nested paging, EPT). The invariants are at the head of arch/x86/hvm/p2m.c.
 */
#ifndef ASM_HVM_P2M_H
#define ASM_HVM_P2M_H

#include <hv/lib.h>
#include <hv/spinlock.h>
#include <asm/page.h>
#include <public/xen.h>

struct domain;
struct page;

/* Kept in bits 52..55 of a leaf, in both formats. */
enum p2m_type {
	P2M_invalid,	 /* nothing there */
	P2M_ram_rw,	 /* the domain's own frame */
	P2M_ram_ro,	 /* the same, not to be written */
	P2M_grant_rw,	 /* another domain's frame, by grant */
	P2M_grant_ro,
	P2M_foreign,	 /* another domain's frame, by XENMAPSPACE_gmfn_foreign */
	P2M_ioreq_server, /* the domain's own, but writes are a device model's (XEN_DMOP_map_mem_type_to_ioreq_server) */
	P2M_on_demand,	 /* no frame until it is touched: not present to the CPU */
	NR_P2M_TYPES
};
static inline bool p2m_is_own_ram(enum p2m_type t)
{
	return t == P2M_ram_rw || t == P2M_ram_ro || t == P2M_ioreq_server;
}

/* Permission bits, and in leaves the memory type. All tables allow everything, the leaf decides. */
struct p2m_format {
	uint64_t table;
	uint64_t dirty; /* the CPU sets it in a leaf it writes through; 0: it does not */
	uint64_t leaf[NR_P2M_TYPES];
};
extern const struct p2m_format npt_format, ept_format;
void p2m_set_format(const struct p2m_format *f); /* boot, before any domain */

/* Frames whose writes are followed: p2m_dirty.c. */
struct p2m_tracking {
	uint64_t gfn, nr;
	uint64_t told; /* of so many an answer has been given, by a call that goes on from there */
	bool all;      /* to it all count as written: the range is new */
};

struct p2m {
	spinlock_t lock;
	mfn_t root;
	pte_t *top;		/* the same, mapped */
	uint64_t max_gfn;	/* one past the highest ever set; guarded by: lock */
	uint64_t pool_limit;	/* pages for tables: XEN_DOMCTL_set_paging_mempool_size */
	uint64_t nr_tables;	/* in use; guarded by: lock */
	struct p2m_tracking tracking; /* guarded by: lock */
	uint64_t relinquish_gfn; /* how far p2m_relinquish() has come */
};

#define P2M_ORDER_4K 0u
#define P2M_ORDER_2M 9u
#define P2M_ORDER_1G 18u
#define P2M_MAX_GFN (1ull << 36) /* 48 bits of guest-physical address */

int p2m_init(struct domain *d);	    /* 0, -ENOMEM */
int p2m_relinquish(struct domain *d); /* drops all it holds: 0 or -ERESTART */
void p2m_destroy(struct domain *d);

/* What is at gfn; *order (may be NULL): of the entry, or of the hole. No reference is taken: only good for
 * a look. INVALID_MFN if there is no frame. */
mfn_t p2m_get(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order);
/* The frame with a reference, whoever owns it; NULL if there is none, or `write` and it may not be. */
struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write, enum p2m_type *t);
/*
 * Puts 2^order frames, aligned alike, at gfn; what was there goes. A reference to each is taken here, of the
 * frame's owner (who may be another domain for grants and foreign frames). 0; -EINVAL: out of range, or not
 * aligned; -ENOMEM: no table; -EBUSY: a frame has no owner or is being freed.
 */
int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t);
/* Changes nothing, but then p2m_set() and p2m_clear() of this place need no memory. 0, -EINVAL, -ENOMEM. */
int p2m_prepare(struct domain *d, gfn_t gfn, unsigned int order);
int p2m_clear(struct domain *d, gfn_t gfn, unsigned int order); /* to a hole; drops references */
/* Clears gfn only if it has this frame. -ENOENT: it has not. */
int p2m_clear_if(struct domain *d, gfn_t gfn, mfn_t mfn);
/* Populate on demand: promises memory at gfn (0, -EINVAL, -ENOMEM); takes a promise back (-ENOENT: there is none); keeps
 * one, because gfn is wanted (0: try again; -ENOMEM: d may have no more, or there is none). */
int p2m_promise(struct domain *d, gfn_t gfn, unsigned int order);
int p2m_forget_promise(struct domain *d, gfn_t gfn);
int p2m_keep_promise(struct domain *d, gfn_t gfn);
/*
 * p2m_dirty.c: following what is written. track: to this range from now on (nr 0: to none); where to begin, and how.
 * interrupted: whoever tracks this range next goes on from t->told.
 * take: a bit per frame from gfn on, of up to 64, that has been written since the last time; p2m_flush() must follow
 * the last of them, and then the answer holds.
 */
struct p2m_tracking p2m_track_dirty(struct domain *d, uint64_t gfn, uint64_t nr);
void p2m_track_interrupted(struct domain *d, const struct p2m_tracking *t);
uint64_t p2m_take_dirty(struct domain *d, uint64_t gfn, unsigned int nr);
void p2m_flush(struct domain *d); /* no translation made before is used any more when it returns */
uint64_t p2m_max_gfn(const struct domain *d); /* highest used */

/* physmap.c. A frame of d's own (get_page_from_gfn()). */
struct page *p2m_get_own_page(struct domain *d, gfn_t gfn);
/* Grants mapped at a guest-physical address. GNTST_*. */
int hvm_grant_map(struct domain *d, uint64_t gpa, mfn_t mfn, unsigned int flags);
int hvm_grant_unmap(struct domain *d, uint64_t gpa, mfn_t mfn, uint64_t new_addr);

#endif
