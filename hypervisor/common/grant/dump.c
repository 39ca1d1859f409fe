/* SPDX-License-Identifier: MIT */
/* Debug key 'g': every domain's grant entries in use, and how many mappings it holds itself. */
#include <hv/console.h>
#include <hv/keyhandler.h>
#include "internal.h"
#include "../dump.h"

static void dump_entry(const struct grant_table *gt, grant_ref_t ref, struct active_entry *act)
{
	spin_lock(&act->lock);
	if (act->readers || act->writers)
		printk("  %5u: by d%u, %u reading, %u writing, mfn %llx, flags %x\n", ref,
		       act->grantee, act->readers, act->writers,
		       (unsigned long long)mfn_x(act->mfn), grant_shared_entry(gt, ref)->flags);
	spin_unlock(&act->lock);
}

static unsigned int count_mappings(const struct grant_table *gt)
{
	unsigned int n = 0;

	for (uint32_t h = 0; maptrack_entry(gt, h); h++)
		if (maptrack_entry(gt, h)->state != MT_FREE)
			n++;
	return n;
}

static void dump_table(const struct domain *d)
{
	struct grant_table *gt = d->grant_table;

	printk("Domain %u: %u of %u frames, holds %u mappings\n", d->domain_id,
	       grant_table_nr_frames(gt), gt->max_frames, count_mappings(gt));
	for (grant_ref_t ref = 0; grant_shared_entry(gt, ref); ref++) {
		struct active_entry *act = grant_active_entry(gt, ref, false);

		if (act)
			dump_entry(gt, ref, act);
	}
}

void dump_grant_tables(unsigned char key)
{
	struct domain *d;
	domid_t from = 0;

	while ((d = domain_get_next(from)) != NULL) {
		if (d->grant_table)
			dump_table(d);
		keyhandler_breathe();
		from = d->domain_id + 1;
		domain_put(d);
	}
}
