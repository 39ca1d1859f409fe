/* SPDX-License-Identifier: MIT */
/*
 * The frame table's audit: counts again, from page tables, pins and vCPUs, what every frame's
 * counts should be, and reports each difference. All guests are paused meanwhile.
 *
 * Tables and descriptor frames are referenced only from places known here, so their type counts
 * must agree exactly. Other subsystems hold writable and plain references too (grants, registered
 * areas), so those counts must be at least what is found. Memory is bounded by working on one
 * section of the frame table (512 MiB of RAM) at a time, for which all tables are walked. It takes long: every now and then
 * who asked for it may do something else, as long as no guest runs.
 */
#include <hv/domain.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "mm_private.h"

#define SECTION_FRAMES (1u << SECTION_SHIFT)
#define MAX_REPORTS    20
#define WINDOW_FRAMES  (1u << 12) /* of a domain's, looked for at once */
#define BREATH	       12000	  /* entries looked at between two breaths; a frame counts as some */

struct tally {
	uint32_t typed, plain;
};

struct audit {
	uint64_t first; /* frame of the section */
	struct tally *count;
	unsigned int breaches;
	bool verbose;
	uint64_t charged; /* frames found of one domain */
	void (*breathe)(void); /* NULL: without a stop */
	unsigned int looked;   /* since the last time */
};

static void has_looked(struct audit *a, unsigned int nr)
{
	a->looked += nr;
	if (a->looked < BREATH || !a->breathe)
		return;
	a->looked = 0;
	a->breathe();
}

static void breach(struct audit *a, uint64_t mfn, const char *what, uint64_t have, uint64_t want)
{
	const struct page *pg = frame_page(mfn);

	if (a->breaches++ < MAX_REPORTS || a->verbose)
		printk("audit: frame %lx (ref %lx type %lx): %s: %lu, should be %lu\n",
		       (unsigned long)mfn, (unsigned long)pg->ref, (unsigned long)pg->type, what,
		       (unsigned long)have, (unsigned long)want);
}

static void tally(struct audit *a, uint64_t mfn, bool typed)
{
	struct tally *t;

	if (mfn < a->first || mfn - a->first >= SECTION_FRAMES)
		return;
	t = &a->count[mfn - a->first];
	t->plain++;
	t->typed += typed;
}

static void tally_mfn(struct audit *a, mfn_t mfn)
{
	if (mfn_x(mfn) && !mfn_eq(mfn, INVALID_MFN))
		tally(a, mfn_x(mfn), true);
}

/* ---- holders ---- */
static void tally_table(struct audit *a, struct page *pg)
{
	uint64_t t = type_read(pg);
	unsigned int level = type_of(t), done = t & TYPE_VALID ? PT_ENTRIES : type_done(t);
	const pte_t *table = page_virt(pg);

	for (unsigned int i = 0; i < done; i++) {
		pte_t e = table[i];

		if (level == 4 && i >= HV_SLOT_FIRST && i < HV_SLOT_END)
			continue;
		if (!pte_present(e))
			continue;
		if ((t & TYPE_VALID) && !(type_groups(t) >> (i / GROUP_ENTRIES) & 1))
			breach(a, frame_number(pg), "entry of a group that is not noted", i, type_groups(t));
		if (!(e.e & PTE_USER))
			breach(a, frame_number(pg), "entry without USER", i, 0);
		if (level > 1 && (t & TYPE_VALID) &&
		    !(type_read(frame_page(mfn_x(pte_mfn(e)))) & TYPE_VALID))
			breach(a, frame_number(pg), "entry to a table that is not valid", i, 0);
		if (level > 1)
			tally(a, mfn_x(pte_mfn(e)), true);
		else if (l1e_page(e))
			tally(a, mfn_x(pte_mfn(e)), e.e & PTE_RW);
	}
}

static void tally_page(struct audit *a, struct page *pg)
{
	uint64_t t = type_read(pg), mfn = frame_number(pg), ref = ref_read(pg);

	if ((t & TYPE_COUNT) && type_is_table(type_of(t))) {
		tally_table(a, pg);
		has_looked(a, PT_ENTRIES);
	}
	if (t & TYPE_PINNED)
		tally(a, mfn, true);
	if (t & TYPE_ORPHAN)
		tally(a, mfn, true);
	if (ref & REF_ALLOCATED)
		tally(a, mfn, false);
	/* share_xen_page() gave it a typed reference without a plain one. */
	if ((ref & REF_XEN) && mfn >= a->first && mfn - a->first < SECTION_FRAMES)
		a->count[mfn - a->first].typed++;
	if (t & TYPE_LOCK)
		breach(a, mfn, "locked", 1, 0);
}

/* Descriptor frames are held by what the per-domain window maps. */
static void tally_window(struct audit *a, const struct domain *d, unsigned int vcpu)
{
	const pte_t *l1 = d->arch.perdomain_l1 ? d->arch.perdomain_l1[vcpu / 16] : NULL;

	for (unsigned int i = 0; l1 && i < GDT_LDT_PAGES; i++) {
		pte_t e = l1[(vcpu % 16) * GDT_LDT_PAGES + i];
		struct page *pg = pte_present(e) ? l1e_page(e) : NULL;

		if (pg && (ref_read(pg) & REF_OWNER) == ref_owner_bits(d->domain_id))
			tally(a, frame_number(pg), true);
	}
}

static void for_each_page(struct audit *a, struct domain *d, void (*fn)(struct audit *a, struct page *pg))
{
	for (uint64_t at = 0; at < max_page;) {
		uint64_t first = at, end = min((at | (WINDOW_FRAMES - 1)) + 1, max_page);
		struct page *pg;

		while ((pg = domain_next_page_before(d, &at, end)))
			fn(a, pg);
		has_looked(a, 4 * (unsigned int)(end - first));
	}
}

static void tally_domain(struct audit *a, struct domain *d)
{
	struct vcpu *v;

	for_each_page(a, d, tally_page);
	for_each_vcpu(d, v)
	{
		tally_mfn(a, v->arch.pv.guest_table);
		tally_mfn(a, v->arch.pv.guest_table_user);
		if (v->arch.pv.old_table)
			tally(a, frame_number(v->arch.pv.old_table), true);
		tally_window(a, d, v->vcpu_id);
		has_looked(a, GDT_LDT_PAGES);
	}
}

/* ---- comparison ---- */
static void compare(struct audit *a, uint64_t mfn)
{
	const struct tally *want = &a->count[mfn - a->first];
	uint64_t t = type_read(frame_page(mfn)), ref = ref_read(frame_page(mfn));
	uint64_t typed = t & TYPE_COUNT, plain = ref & REF_COUNT;

	if ((ref & REF_FREE) || !(ref & REF_OWNER) ||
	    (ref & REF_OWNER) == ref_owner_bits(DOMID_XEN)) {
		if (want->typed || want->plain)
			breach(a, mfn, "references to a frame no guest owns", want->plain, 0);
		return;
	}
	if (type_of(t) != PGT_writable && type_of(t) != PGT_none ? typed != want->typed
								 : typed < want->typed)
		breach(a, mfn, "typed references", typed, want->typed);
	if (plain < want->plain)
		breach(a, mfn, "references", plain, want->plain);
	if (t & TYPE_BUSY)
		breach(a, mfn, "busy", 1, 0);
}

static void audit_section(struct audit *a)
{
	struct domain *d;

	__builtin_memset(a->count, 0, SECTION_FRAMES * sizeof(*a->count));
	for (d = domain_get_next(0); d;) {
		domid_t next = d->domain_id + 1;

		if (d->arch.is_pv)
			tally_domain(a, d);
		domain_put(d);
		d = domain_get_next(next);
	}
	for (uint64_t mfn = a->first; mfn < a->first + SECTION_FRAMES && mfn < max_page; mfn++) {
		compare(a, mfn);
		has_looked(a, 2);
	}
}

/* Frames the domains own must add up to what they are charged for. */
static void count_charged(struct audit *a, struct page *pg)
{
	a->charged += !(ref_read(pg) & (REF_XEN | REF_UNCHARGED));
}

static void audit_totals(struct audit *a)
{
	struct domain *d;

	for (d = domain_get_next(0); d;) {
		domid_t next = d->domain_id + 1;

		a->charged = 0;
		for_each_page(a, d, count_charged);
		if (a->charged != d->tot_pages) {
			a->breaches++;
			printk("audit: domain %u owns %lu frames, is charged %u\n", d->domain_id,
			       (unsigned long)a->charged, d->tot_pages);
		}
		domain_put(d);
		d = domain_get_next(next);
	}
}

/* Dom0 comes first, so no domain comes or goes between the two calls. */
static void pause_all(void (*fn)(struct domain *d))
{
	struct domain *d;

	for (d = domain_get_next(0); d;) {
		domid_t next = d->domain_id + 1;

		fn(d);
		domain_put(d);
		d = domain_get_next(next);
	}
}

unsigned int page_type_audit_breathing(bool verbose, void (*breathe)(void))
{
	struct audit a = { .verbose = verbose, .breathe = breathe };

	a.count = xzalloc_array(struct tally, SECTION_FRAMES);
	if (!a.count)
		return 0;
	pause_all(domain_pause);
	for (uint64_t first = 0; first < max_page; first += SECTION_FRAMES) {
		a.first = first;
		if (section_has_ram(first))
			audit_section(&a);
	}
	audit_totals(&a);
	a.breaches += heap_audit();
	pause_all(domain_unpause);
	xfree(a.count);
	if (a.breaches || verbose)
		printk("audit: %u breaches\n", a.breaches);
	return a.breaches;
}

unsigned int page_type_audit(bool verbose)
{
	return page_type_audit_breathing(verbose, NULL);
}
