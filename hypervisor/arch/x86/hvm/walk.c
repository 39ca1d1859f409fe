/* SPDX-License-Identifier: MIT */
/*
 * The guest's own page tables, walked as the CPU would: permissions, accessed and dirty bits, error codes. The
 * guest's other vCPUs may change the tables meanwhile, so each entry is read once, and written by
 * compare-and-exchange. Source: SDM vol. 3 ch. 4.
 *
 * LIMITS: no protection keys (the CPU policy offers none); in PAE mode the four top entries are read from memory.
 */
#include <asm/cpu.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/msr.h>

struct walk_format {
	uint8_t levels, entry_bytes, index_bits;
	uint8_t large_levels; /* up to which level an entry may be a page: bit per level */
	bool nx;
};
static const struct walk_format format_64 = { 4, 8, 9, 1 << 2 | 1 << 3, true };
static const struct walk_format format_pae = { 3, 8, 9, 1 << 2, true };
static const struct walk_format format_32 = { 2, 4, 10, 1 << 2, false };

struct walk {
	struct vcpu *v;
	uint64_t cr0, cr4, efer;
	uint32_t access; /* PFEC_WRITE, _USER, _INSN */
	uint64_t rights; /* PTE_RW, PTE_USER: of all levels; PTE_NX: of any */
};

static const struct walk_format *choose_format(const struct walk *w)
{
	if (w->efer & EFER_LMA)
		return &format_64;
	return w->cr4 & X86_CR4_PAE ? &format_pae : &format_32;
}

static uint64_t read_entry(const void *p, unsigned int bytes)
{
	return bytes == 8 ? __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED) :
			    __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
}

/* Sets bits in an entry that still is what was read. */
static void set_bits(void *p, unsigned int bytes, uint64_t e, uint64_t bits)
{
	uint32_t low = (uint32_t)e;

	if ((e & bits) == bits)
		return;
	if (bytes == 8)
		__atomic_compare_exchange_n((uint64_t *)p, &e, e | bits, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	else
		__atomic_compare_exchange_n((uint32_t *)p, &low, low | (uint32_t)bits, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
}

static bool allowed(const struct walk *w)
{
	bool user_page = w->rights & PTE_USER, user = w->access & PFEC_USER;

	if (user && !user_page)
		return false;
	if ((w->access & PFEC_WRITE) && !(w->rights & PTE_RW) && (user || (w->cr0 & X86_CR0_WP)))
		return false;
	if (!(w->access & PFEC_INSN))
		return true;
	return !((w->efer & EFER_NXE) && (w->rights & PTE_NX)) &&
	       !(!user && user_page && (w->cr4 & X86_CR4_SMEP));
}

/* One level. False: a fault; *present tells which. Else *e is the entry. */
static bool step(struct walk *w, const struct walk_format *f, uint64_t table, unsigned int level, uint64_t linear,
		 uint64_t *e, bool *leaf)
{
	unsigned int shift = PAGE_SHIFT + (level - 1) * f->index_bits;
	bool top_of_pae = f == &format_pae && level == 3;
	enum p2m_type t;
	struct page *pg = p2m_get_page(w->v->domain, _gfn(table >> PAGE_SHIFT), false, &t);
	uint64_t bits = PTE_ACCESSED;
	char *p;

	*e = 0;
	if (!pg)
		return false;
	p = (char *)page_to_virt(pg) + (table & ~PAGE_MASK) +
	    (linear >> shift & ((1u << f->index_bits) - 1)) * f->entry_bytes;
	*e = read_entry(p, f->entry_bytes);
	*leaf = level == 1 || ((f->large_levels >> level & 1) && (*e & PTE_PSE) &&
			       (f != &format_32 || (w->cr4 & X86_CR4_PSE)));
	if (!top_of_pae) {
		w->rights &= (*e & (PTE_RW | PTE_USER)) | PTE_NX;
		w->rights |= f->nx ? *e & PTE_NX : 0;
	}
	if ((*e & PTE_PRESENT) && !top_of_pae && (!*leaf || allowed(w)) && t == P2M_ram_rw) {
		if (*leaf && (w->access & PFEC_WRITE))
			bits |= PTE_DIRTY;
		set_bits(p, f->entry_bytes, *e, bits);
	}
	put_page(pg);
	return *e & PTE_PRESENT;
}

static uint64_t leaf_address(const struct walk_format *f, uint64_t e, unsigned int level, uint64_t linear)
{
	uint64_t mask = (1ull << (PAGE_SHIFT + (level - 1) * f->index_bits)) - 1;
	uint64_t base = e & PTE_ADDR;

	if (f == &format_32) {
		base = (uint32_t)e & ~0xfffu;
		if (level == 2) /* PSE-36: address bits 39:32 in 20:13 */
			base = ((uint32_t)e & 0xffc00000) | (e >> 13 & 0xff) << 32;
	}
	return (base & ~mask) | (linear & mask);
}

static bool walk_tables(struct walk *w, uint64_t linear, uint64_t *gpa)
{
	const struct walk_format *f = choose_format(w);
	uint64_t table = hvm_vendor->get_cr(w->v, 3), e;
	bool leaf;

	table &= f == &format_pae ? 0xffffffe0ull : PTE_ADDR;
	w->rights = PTE_RW | PTE_USER;
	for (unsigned int level = f->levels;; level--) {
		if (!step(w, f, table, level, linear, &e, &leaf))
			return false;
		if (leaf) {
			*gpa = leaf_address(f, e, level, linear);
			return true;
		}
		table = f == &format_32 ? (uint32_t)e & ~0xfffu : e & PTE_ADDR;
	}
}

bool hvm_translate(struct vcpu *v, uint64_t linear, uint32_t access, uint64_t *gpa, uint32_t *pfec)
{
	struct walk w = { .v = v, .access = access };
	struct hvm_msrs m;

	w.cr0 = hvm_vendor->get_cr(v, 0);
	if (!(w.cr0 & X86_CR0_PG)) {
		*gpa = (uint32_t)linear;
		return true;
	}
	hvm_vendor->get_msrs(v, &m);
	w.efer = m.efer;
	w.cr4 = hvm_vendor->get_cr(v, 4);
	*pfec = access & (PFEC_WRITE | PFEC_USER);
	if ((access & PFEC_INSN) && ((w.efer & EFER_NXE) || (w.cr4 & X86_CR4_SMEP)))
		*pfec |= PFEC_INSN;
	if (!walk_tables(&w, linear, gpa))
		return false;
	*pfec |= PFEC_PRESENT;
	return allowed(&w);
}
