/* SPDX-License-Identifier: MIT */
/*
 * The order of a stream: headers, what never changes of the domain, its pages, then what its processors and the
 * hypervisor know. A page's content comes once, as the domain stands still.
 */
#include "save/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int write_headers(struct saving *saving)
{
	const struct image_header image = { .marker = IMAGE_MARKER, .id = htonl(IMAGE_ID), .version = htonl(IMAGE_VERSION) };
	int version = xc_version(saving->xc, XENVER_version, NULL);
	const struct domain_header domain = { .type = saving->is_pv ? IMAGE_TYPE_PV : IMAGE_TYPE_HVM,
					      .page_shift = PAGE_BITS,
					      .xen_major = (uint32_t)version >> 16,
					      .xen_minor = (uint32_t)version & 0xffff };
	int error = output_bytes(&saving->out, &image, sizeof(image));

	return error ? error : output_bytes(&saving->out, &domain, sizeof(domain));
}

/* What CPUID and MSRs show it, so that the domain sees the same machine afterwards. */
static int write_policies(struct saving *saving)
{
	xc_interface *xc = saving->xc;
	uint32_t nr_leaves, nr_msrs;
	xen_cpuid_leaf_t *leaves = NULL;
	xen_msr_entry_t *msrs = NULL;
	int error = xc_get_cpu_policy_size(xc, &nr_leaves, &nr_msrs) ? -errno : 0;

	if (!error) {
		leaves = calloc(nr_leaves + 1, sizeof(*leaves));
		msrs = calloc(nr_msrs + 1, sizeof(*msrs));
		error = leaves && msrs ? 0 : -ENOMEM;
	}
	if (!error &&
	    xc_get_domain_cpu_policy(xc, saving->save->domid, &nr_leaves, leaves, &nr_msrs, msrs))
		error = -errno;
	if (error)
		complain(saving->complaint, "the domain's CPU policy cannot be read: %s", strerror(-error));
	if (!error && nr_leaves)
		error = output_record(&saving->out, RECORD_CPUID_POLICY, NULL, 0, leaves,
				      nr_leaves * (uint32_t)sizeof(*leaves));
	if (!error && nr_msrs)
		error = output_record(&saving->out, RECORD_MSR_POLICY, NULL, 0, msrs,
				      nr_msrs * (uint32_t)sizeof(*msrs));
	free(leaves);
	free(msrs);
	return error;
}

static int write_tsc(struct saving *saving)
{
	struct tsc_info info = { 0 };

	if (xc_domain_get_tsc_info(saving->xc, saving->save->domid, &info.mode, &info.nsec, &info.khz,
				   &info.incarnation)) {
		complain(saving->complaint, "the domain's clock cannot be read: %s", strerror(errno));
		return -errno;
	}
	return output_record(&saving->out, RECORD_TSC_INFO, &info, sizeof(info), NULL, 0);
}

/* ---- pages ---- */

/* What goes into one record. */
struct batch {
	unsigned int count;
	uint64_t number[PAGES_IN_RECORD]; /* as the record has them */
	xen_pfn_t mfn[PAGES_IN_RECORD];
	uint8_t *pages; /* mapped */
};

/* The domain's own frames among the PFNs from `first` on, and what they are used as. */
static int choose(struct saving *saving, struct batch *batch, uint64_t first)
{
	xen_pfn_t types[PAGES_IN_RECORD];
	uint64_t pfns[PAGES_IN_RECORD];
	unsigned int count = 0;

	for (uint64_t pfn = first; pfn < first + PAGES_IN_RECORD && pfn < saving->nr_pfns; pfn++) {
		xen_pfn_t mfn = saving->is_pv ? saving->p2m.mfn[pfn] : pfn;

		if (mfn == NO_MFN)
			continue;
		pfns[count] = pfn;
		types[count] = batch->mfn[count] = mfn;
		count++;
	}
	batch->count = 0;
	if (count && xc_get_pfn_type_batch(saving->xc, saving->save->domid, count, types)) {
		complain(saving->complaint, "the uses of the domain's pages cannot be read: %s", strerror(errno));
		return -errno;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (types[i] >= TYPE_EMPTY)
			continue; /* given away, or of an HVM guest's holes */
		batch->mfn[batch->count] = batch->mfn[i];
		batch->number[batch->count++] = PAGE_NUMBER(pfns[i], types[i]);
	}
	return 0;
}

static int write_run(struct saving *saving, const uint8_t *from, uint64_t count, bool empty)
{
	return count ? output_pages(&saving->out, empty ? NULL : from, count) : 0;
}

/* Stretches of pages that are alike go in one piece. */
static int write_pages(struct saving *saving, const struct batch *batch)
{
	uint64_t table[PTE_COUNT];
	unsigned int start = 0;
	bool empty = false;
	int error = 0;

	for (unsigned int i = 0; i < batch->count && !error; i++) {
		const uint8_t *page = batch->pages + ((uint64_t)i << PAGE_BITS);
		uint32_t type = PAGE_TYPE(batch->number[i]);
		bool table_page = saving->is_pv && is_table(type);
		bool zero = !table_page && all_zeros(page);

		if (i > start && (table_page || zero != empty)) {
			error = write_run(saving, batch->pages + ((uint64_t)start << PAGE_BITS), i - start, empty);
			start = i;
		}
		empty = zero;
		if (error || !table_page)
			continue;
		error = save_pv_table(saving, table, (const uint64_t *)page, PAGE_PFN(batch->number[i]),
				      TABLE_LEVEL(type));
		if (!error)
			error = output_bytes(&saving->out, table, sizeof(table));
		start = i + 1;
	}
	return error ? error
		     : write_run(saving, batch->pages + ((uint64_t)start << PAGE_BITS), batch->count - start, empty);
}

static int write_batch(struct saving *saving, struct batch *batch)
{
	const struct page_data head = { .count = batch->count };
	uint32_t numbers = batch->count * (uint32_t)sizeof(*batch->number);
	const struct record_header record = { RECORD_PAGE_DATA,
					      (uint32_t)sizeof(head) + numbers + (batch->count << PAGE_BITS) };
	int error;

	batch->pages = xenforeignmemory_map(saving->foreign, saving->save->domid, PROT_READ, batch->count,
					    batch->mfn, NULL);
	if (!batch->pages) {
		complain(saving->complaint, "the domain's memory cannot be mapped: %s", strerror(errno));
		return -errno;
	}
	error = output_align(&saving->out, sizeof(record) + sizeof(head) + numbers);
	if (!error)
		error = output_bytes(&saving->out, &record, sizeof(record));
	if (!error)
		error = output_bytes(&saving->out, &head, sizeof(head));
	if (!error)
		error = output_bytes(&saving->out, batch->number, numbers);
	if (!error)
		error = write_pages(saving, batch);
	if (!saving->save->apart)
		xenforeignmemory_unmap(saving->foreign, batch->pages, batch->count);
	return error;
}

static int write_batches(void *data, struct complaint *complaint)
{
	struct saving *saving = data;
	const struct save_progress *progress = &saving->save->progress;
	struct batch batch;
	uint64_t done = 0;
	int error = 0;

	saving->complaint = saving->out.complaint = complaint;

	for (uint64_t first = 0; first < saving->nr_pfns && !error; first += PAGES_IN_RECORD) {
		error = choose(saving, &batch, first);
		if (!error && batch.count)
			error = write_batch(saving, &batch);
		done += batch.count;
		if (!error && batch.count && progress->tell &&
		    !progress->tell(progress->data, done, saving->info.tot_pages)) {
			complain(complaint, "it was asked to stop");
			error = -ECANCELED;
		}
	}
	return error;
}

static int write_memory(struct saving *saving)
{
	int error = run_apart(saving->save->apart, &saving->xc, write_batches, saving, saving->complaint);

	output_follow(&saving->out);
	return error;
}

/* ---- all of it ---- */

static int start(struct saving *saving)
{
	const struct save *save = saving->save;
	xen_pfn_t last;

	if (xc_domain_getinfolist(saving->xc, save->domid, 1, &saving->info) != 1 ||
	    saving->info.domain != save->domid) {
		complain(saving->complaint, "there is no domain %u", save->domid);
		return -ESRCH;
	}
	saving->is_pv = !(saving->info.flags & XEN_DOMINF_hvm_guest);
	saving->foreign = xenforeignmemory_open(NULL, 0);
	if (!saving->foreign) {
		complain(saving->complaint, "guests' memory cannot be mapped here: %s", strerror(errno));
		return -errno;
	}
	if (saving->is_pv)
		return save_pv_start(saving);
	if (xc_domain_maximum_gpfn(saving->xc, save->domid, &last) < 0) {
		complain(saving->complaint, "the size of the domain's memory cannot be read: %s", strerror(errno));
		return -errno;
	}
	saving->nr_pfns = last + 1;
	return 0;
}

static int write_all(struct saving *saving)
{
	int error = write_headers(saving);

	if (!error && saving->is_pv)
		error = save_pv_info(saving);
	if (!error)
		error = write_policies(saving);
	if (!error)
		error = output_record(&saving->out, RECORD_STATIC_DATA_END, NULL, 0, NULL, 0);
	if (!error && saving->is_pv)
		error = save_pv_frames(saving);
	if (!error)
		error = write_memory(saving);
	if (!error)
		error = write_tsc(saving);
	if (!error)
		error = saving->is_pv ? save_pv_state(saving) : save_hvm_state(saving);
	return error ? error : output_record(&saving->out, RECORD_END, NULL, 0, NULL, 0);
}

int save_domain(const struct save *save, struct complaint *complaint)
{
	struct saving saving = { .save = save, .xc = save->xc, .complaint = complaint };
	int error;

	output_start(&saving.out, save->fd, complaint);
	error = start(&saving);
	if (!error)
		error = write_all(&saving);
	if (error) /* of what has complained, the words stay */
		complain(complaint, "%s", strerror(-error));
	save_pv_end(&saving);
	if (saving.foreign)
		xenforeignmemory_close(saving.foreign);
	return error;
}
