/* SPDX-License-Identifier: MIT */
/*
 * Entries in use: the checked step from "the guest says so" to "we hold it", and back.
 *
 * Ordering: the marks in the shared entry are set with a full barrier before the frame number is
 * read, and cleared after the last access to the frame (release); a granter that clears flags with
 * compare-and-swap therefore either stops us or waits for us.
 */
#include "internal.h"

/* A granter that changes its entry this often in a row is playing games. */
#define MARK_TRIES 16

union combo {
	uint32_t word;
	struct {
		uint16_t flags;
		domid_t domid;
	};
};

/* Sets GTF_reading (and _writing), if type, grantee and access are right at that very moment. */
static int mark(struct grant_entry_v1 *shared, domid_t grantee, bool write)
{
	uint32_t *word = (uint32_t *)shared;
	union combo old = { .word = __atomic_load_n(word, __ATOMIC_RELAXED) };

	for (unsigned int i = 0; i < MARK_TRIES; i++) {
		union combo new = old;

		if ((old.flags & GTF_type_mask) != GTF_permit_access || old.domid != grantee)
			return GNTST_general_error;
		if (write && (old.flags & GTF_readonly))
			return GNTST_general_error;
		new.flags |= GTF_reading | (write ? GTF_writing : 0);
		if (__atomic_compare_exchange_n(word, &old.word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static void unmark(struct grant_entry_v1 *shared, unsigned int flags)
{
	__atomic_fetch_and(&shared->flags, (uint16_t)~flags, __ATOMIC_RELEASE);
}

static bool in_use(const struct active_entry *act)
{
	return act->readers || act->writers;
}

/* The entry was just marked for its first user. */
static int take_frame(struct domain *granter, struct grant_entry_v1 *shared,
		      struct active_entry *act, const struct domain *grantee)
{
	struct page *pg = get_page_from_gfn(granter, _gfn(READ_ONCE(shared->frame)));

	if (!pg)
		return GNTST_bad_page;
	act->mfn = page_to_mfn(pg);
	act->grantee = grantee->domain_id;
	return GNTST_okay;
}

/* act->lock held. What it changes it undoes on failure. */
static int use_locked(struct domain *granter, struct grant_entry_v1 *shared,
		      struct active_entry *act, const struct domain *grantee, bool write)
{
	bool first = !in_use(act), first_writer = write && !act->writers;
	int rc = GNTST_okay;

	if (!first && act->grantee != grantee->domain_id)
		return GNTST_general_error;
	if (first || first_writer)
		rc = mark(shared, grantee->domain_id, write);
	if (rc)
		return rc;
	if (first)
		rc = take_frame(granter, shared, act, grantee);
	if (!rc && first_writer && get_page_type(mfn_to_page(act->mfn), PGT_writable, false)) {
		rc = GNTST_general_error;
		if (first)
			put_page(mfn_to_page(act->mfn));
	}
	if (rc) {
		unmark(shared, (first_writer ? GTF_writing : 0) | (first ? GTF_reading : 0));
		return rc;
	}
	if (write)
		act->writers++;
	else
		act->readers++;
	return GNTST_okay;
}

int grant_use(struct domain *granter, grant_ref_t ref, const struct domain *grantee, bool write,
	      mfn_t *mfn)
{
	struct grant_entry_v1 *shared = grant_shared_entry(granter->grant_table, ref);
	struct active_entry *act;
	int rc;

	if (!shared)
		return GNTST_bad_gntref;
	act = grant_active_entry(granter->grant_table, ref, true);
	if (!act)
		return GNTST_no_space;
	spin_lock(&act->lock);
	rc = use_locked(granter, shared, act, grantee, write);
	*mfn = act->mfn;
	spin_unlock(&act->lock);
	return rc;
}

/* The caller keeps the granter's struct alive. */
void grant_unuse(struct domain *granter, grant_ref_t ref, bool write)
{
	struct grant_entry_v1 *shared = grant_shared_entry(granter->grant_table, ref);
	struct active_entry *act = grant_active_entry(granter->grant_table, ref, false);
	unsigned int gone = 0;

	BUG_ON(!act);
	spin_lock(&act->lock);
	BUG_ON(write ? !act->writers : !act->readers);
	if (write)
		act->writers--;
	else
		act->readers--;
	if (write && !act->writers) {
		(void)!put_page_type(mfn_to_page(act->mfn), false);
		gone |= GTF_writing;
	}
	if (!in_use(act)) {
		put_page(mfn_to_page(act->mfn));
		gone |= GTF_reading;
	}
	if (gone)
		unmark(shared, gone);
	spin_unlock(&act->lock);
}

/* Of an entry that the caller's mapping keeps in use. */
mfn_t grant_used_mfn(struct domain *granter, grant_ref_t ref)
{
	struct active_entry *act = grant_active_entry(granter->grant_table, ref, false);

	BUG_ON(!act || !in_use(act));
	return act->mfn;
}
