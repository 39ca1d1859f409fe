/* SPDX-License-Identifier: MIT */
/*
 * Reads a stream record by record. Pages go into memory as they come, what is about processors is kept until all
 * memory is there. Nothing in the stream is believed: a length, a number of pages or a PFN is checked before it is
 * used.
 */
#include "save/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SUPER_ORDER 9
#define SUPER_PAGES ((uint64_t)1 << SUPER_ORDER)

static int read_headers(struct restoring *restoring)
{
	struct image_header image;
	struct domain_header domain;
	int error = input_bytes(&restoring->in, &image, sizeof(image));

	if (!error)
		error = input_bytes(&restoring->in, &domain, sizeof(domain));
	if (error)
		return error;
	if (image.marker != IMAGE_MARKER || ntohl(image.id) != IMAGE_ID)
		return damaged(restoring, "no domain begins where one should");
	if (ntohs(image.options) & IMAGE_BIG || ntohl(image.version) < 2 || ntohl(image.version) > IMAGE_VERSION) {
		complain(restoring->complaint, "its format (version %u%s) is not known here", ntohl(image.version),
			 ntohs(image.options) & IMAGE_BIG ? ", big-endian" : "");
		return -EINVAL;
	}
	if (domain.page_shift != PAGE_BITS || (domain.type != IMAGE_TYPE_PV && domain.type != IMAGE_TYPE_HVM))
		return damaged(restoring, "it is of no kind of domain there is");
	if ((domain.type == IMAGE_TYPE_PV) != restoring->restore->is_pv)
		return damaged(restoring, "its configuration is of another type of guest");
	/* The second version has no such record. */
	restoring->static_done = ntohl(image.version) == 2;
	return 0;
}

/* ---- memory ---- */

static int out_of_memory(struct restoring *restoring)
{
	complain(restoring->complaint, "the hypervisor gave %llu MiB and no more: stop a guest, or lower "
				       "Domain-0's memory (xl mem-set 0)",
		 (unsigned long long)restoring->pages >> 8);
	return -ENOMEM;
}

/* A page of 2 MiB if all its PFNs are asked for; false: not, so they are taken one by one. */
static bool populate_super(struct restoring *restoring, const uint64_t *pfns, unsigned int count)
{
	xen_pfn_t extent = pfns[0];

	if (count < SUPER_PAGES || pfns[0] & (SUPER_PAGES - 1))
		return false;
	for (uint64_t i = SUPER_PAGES - 1; i; i--) /* from the end: nearly always the first look tells */
		if (pfns[i] != pfns[0] + i)
			return false;
	if (xc_domain_populate_physmap(restoring->xc, restoring->restore->domid, 1, SUPER_ORDER, 0,
				       &extent) != 1)
		return false;
	for (uint64_t i = 0; i < SUPER_PAGES; i++)
		restoring->mfn[pfns[i]] = (restoring->restore->is_pv ? extent : pfns[0]) + i + 1;
	return true;
}

static int populate_single(struct restoring *restoring, const uint64_t *pfns, unsigned int count)
{
	xen_pfn_t frames[PAGES_IN_RECORD];

	for (unsigned int i = 0; i < count; i++)
		frames[i] = pfns[i];
	if (xc_domain_populate_physmap(restoring->xc, restoring->restore->domid, count, 0, 0, frames) !=
	    (int)count)
		return out_of_memory(restoring);
	for (unsigned int i = 0; i < count; i++)
		restoring->mfn[pfns[i]] = (restoring->restore->is_pv ? frames[i] : pfns[i]) + 1;
	return 0;
}

/* None of the PFNs has memory, and none comes twice; they need not rise. */
static int populate_list(struct restoring *restoring, const uint64_t *pfns, unsigned int count)
{
	unsigned int start = 0;
	int error = 0;

	for (unsigned int i = 0; i < count && !error;) {
		if (!populate_super(restoring, pfns + i, count - i)) {
			i++;
			continue;
		}
		if (i > start)
			error = populate_single(restoring, pfns + start, i - start);
		i += SUPER_PAGES;
		start = i;
	}
	if (!error && count > start)
		error = populate_single(restoring, pfns + start, count - start);
	restoring->pages += error ? 0 : count;
	return error;
}

int restore_populate(struct restoring *restoring, const uint64_t *pfns, unsigned int count)
{
	uint64_t fresh[PAGES_IN_RECORD];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (pfns[i] >= MOST_PFNS)
			return damaged(restoring, "it names a page beyond all memory");
		if (restoring->mfn[pfns[i]])
			continue;
		restoring->mfn[pfns[i]] = NO_MFN; /* named twice: taken once */
		fresh[nr++] = pfns[i];
	}
	return nr ? populate_list(restoring, fresh, nr) : 0;
}

void *restore_map(struct restoring *restoring, xen_pfn_t mfn, const char *what)
{
	void *page = mfn == NO_MFN ? NULL
				   : xenforeignmemory_map(restoring->foreign, restoring->restore->domid,
							  PROT_READ | PROT_WRITE, 1, &mfn, NULL);

	if (!page)
		complain(restoring->complaint, mfn == NO_MFN ? "it is damaged: %s is not in it" : "%s cannot be mapped",
			 what);
	return page;
}

/* The pages of one record that have data. */
struct batch {
	unsigned int count;
	uint64_t pfn[PAGES_IN_RECORD];
	uint32_t type[PAGES_IN_RECORD];
	bool hole[PAGES_IN_RECORD];    /* zeros, which are not read */
	bool written[PAGES_IN_RECORD]; /* fresh memory may have its zeros already */
	uint8_t *pages;		       /* those written, mapped without gaps */
	unsigned int nr_mapped;
};

static int read_numbers(struct restoring *restoring, struct batch *batch, unsigned int count)
{
	uint64_t number[PAGES_IN_RECORD];
	int error = input_bytes(&restoring->in, number, count * sizeof(*number));

	if (error)
		return error;
	for (unsigned int i = 0; i < count; i++) {
		if (PAGE_PFN(number[i]) >= MOST_PFNS)
			return damaged(restoring, "it names a page beyond all memory");
		if (PAGE_TYPE(number[i]) >= TYPE_EMPTY)
			continue;
		batch->pfn[batch->count] = PAGE_PFN(number[i]);
		batch->type[batch->count++] = PAGE_TYPE(number[i]);
	}
	return 0;
}

static int read_table(struct restoring *restoring, uint64_t pfn, uint64_t *to)
{
	uint64_t table[PTE_COUNT], missing[PTE_COUNT];
	int error = input_bytes(&restoring->in, table, sizeof(table));

	if (!error)
		error = restore_populate(restoring, missing, restore_pv_missing(restoring, table, missing));
	return error ? error : restore_pv_table(restoring, to, table, pfn);
}

/* A page of memory that may already be zeros is not written. */
static void make_zero(uint8_t *page)
{
	if (!all_zeros(page))
		bulk_clear(page, PAGE_BYTES);
}

/* Data that can be read in one piece: to the next table or hole. */
static unsigned int stretch(const struct restoring *restoring, const struct batch *batch, unsigned int first)
{
	unsigned int end = first;

	while (end < batch->count && !batch->hole[end] && !(restoring->restore->is_pv && is_table(batch->type[end])))
		end++;
	return end - first;
}

/* A page of a hole, or a table. */
static int read_single(struct restoring *restoring, const struct batch *batch, unsigned int i, uint8_t *to)
{
	if (!batch->hole[i])
		return read_table(restoring, batch->pfn[i], (uint64_t *)to);
	if (batch->written[i])
		make_zero(to);
	return input_skip(&restoring->in, PAGE_BYTES);
}

static int read_pages(struct restoring *restoring, const struct batch *batch)
{
	uint8_t *to = batch->pages;
	int error = 0;

	for (unsigned int i = 0, count; i < batch->count && !error; i += count) {
		count = stretch(restoring, batch, i);
		if (count) {
			error = input_bytes(&restoring->in, to, (uint64_t)count << PAGE_BITS);
		} else {
			error = read_single(restoring, batch, i, to);
			count = 1;
		}
		to += batch->written[i] ? (uint64_t)count << PAGE_BITS : 0;
	}
	return error;
}

static int map_batch(struct restoring *restoring, struct batch *batch)
{
	xen_pfn_t mfns[PAGES_IN_RECORD];

	batch->nr_mapped = 0;
	batch->pages = NULL;
	for (unsigned int i = 0; i < batch->count; i++)
		if (batch->written[i])
			mfns[batch->nr_mapped++] = restored_mfn(restoring, batch->pfn[i]);
	if (!batch->nr_mapped)
		return 0;
	batch->pages = xenforeignmemory_map(restoring->foreign, restoring->restore->domid, PROT_READ | PROT_WRITE,
					    batch->nr_mapped, mfns, NULL);
	if (batch->pages)
		return 0;
	complain(restoring->complaint, "the new domain's memory cannot be mapped: %s", strerror(errno));
	return -errno;
}

static int take_batch(struct restoring *restoring, struct batch *batch)
{
	int error = restore_populate(restoring, batch->pfn, batch->count);

	if (error)
		return error;
	input_holes(&restoring->in, batch->count, batch->hole);
	for (unsigned int i = 0; i < batch->count; i++) {
		uint64_t pfn = batch->pfn[i];

		batch->written[i] = !batch->hole[i] || !restoring->fresh_zeros || restoring->type[pfn] & SEEN;
		restoring->type[pfn] = (uint8_t)(batch->type[i] >> 28) | SEEN;
		if (pfn >= restoring->nr_pfns)
			restoring->nr_pfns = pfn + 1;
	}
	error = map_batch(restoring, batch);
	if (!error)
		error = read_pages(restoring, batch);
	if (batch->pages && !restoring->restore->apart)
		xenforeignmemory_unmap(restoring->foreign, batch->pages, batch->nr_mapped);
	return error;
}

static int take_pages(struct restoring *restoring, uint32_t length)
{
	const struct save_progress *progress = &restoring->restore->progress;
	struct batch batch = { 0 };
	struct page_data head;
	int error;

	if (!restoring->static_done)
		return damaged(restoring, "pages come before what they are of");
	if (length < sizeof(head))
		return damaged(restoring, "a record of pages is too short");
	error = input_bytes(&restoring->in, &head, sizeof(head));
	if (error)
		return error;
	if (!head.count || head.count > PAGES_IN_RECORD)
		return damaged(restoring, "a record has no pages, or too many");
	error = read_numbers(restoring, &batch, head.count);
	if (error)
		return error;
	if (length != sizeof(head) + head.count * sizeof(uint64_t) + ((uint64_t)batch.count << PAGE_BITS))
		return damaged(restoring, "a record of pages has another length than they");
	if (batch.count)
		error = take_batch(restoring, &batch);
	if (!error && progress->tell &&
	    !progress->tell(progress->data, restoring->pages, restoring->restore->most_pages)) {
		complain(restoring->complaint, "it was asked to stop");
		error = -ECANCELED;
	}
	return error ? error : input_skip(&restoring->in, -length & 7);
}

static int skip_record(struct restoring *restoring, const struct record_header *record)
{
	return input_skip(&restoring->in, ((uint64_t)record->length + 7) & ~7ULL);
}

static int check_length(struct restoring *restoring, const struct record_header *record)
{
	return record->length > RECORD_MOST ? damaged(restoring, "a record is longer than any can be") : 0;
}

/* All records of pages from restoring->next on, which is then the one behind them. */
static int take_all_pages(void *data, struct complaint *complaint)
{
	struct restoring *restoring = data;
	int error = 0;

	restoring->complaint = restoring->in.complaint = complaint;
	while (!error && (restoring->next.type == RECORD_PAGE_DATA || restoring->next.type & RECORD_OPTIONAL)) {
		error = check_length(restoring, &restoring->next);
		if (!error)
			error = restoring->next.type == RECORD_PAGE_DATA ? take_pages(restoring, restoring->next.length)
									 : skip_record(restoring, &restoring->next);
		if (!error)
			error = input_bytes(&restoring->in, &restoring->next, sizeof(restoring->next));
	}
	return error;
}

/* What a process apart changes of *restoring is seen here, but for what it points to. */
static int take_memory(struct restoring *restoring)
{
	struct complaint *complaint = restoring->complaint;
	xc_interface *xc = restoring->xc;
	int error = run_apart(restoring->restore->apart, &restoring->xc, take_all_pages, restoring, complaint);

	restoring->complaint = restoring->in.complaint = complaint;
	restoring->xc = xc;
	return error;
}

/* ---- other records ---- */

static int read_body(struct restoring *restoring, uint32_t length, struct blob *body)
{
	int error;

	/* Padded, so that the last of what is in it may be read whole. */
	body->data = calloc(1, (size_t)length + 8);
	body->bytes = length;
	if (!body->data)
		return -ENOMEM;
	error = input_bytes(&restoring->in, body->data, length);
	return error ? error : input_skip(&restoring->in, -length & 7);
}

static int take_tsc(struct restoring *restoring, const struct blob *body)
{
	const struct tsc_info *info = body->data;

	if (body->bytes < sizeof(*info))
		return damaged(restoring, "the clock's record is too short");
	if (!xc_domain_set_tsc_info(restoring->xc, restoring->restore->domid, info->mode, info->nsec,
				    info->khz, info->incarnation))
		return 0;
	complain(restoring->complaint, "the hypervisor refused the domain's clock: %s", strerror(errno));
	return -errno;
}

/* What the domain is to see of the machine; both parts once they are there. */
static int take_policies(struct restoring *restoring)
{
	uint32_t leaf = ~0u, subleaf = ~0u, msr = ~0u;

	if (!restoring->cpuid.bytes && !restoring->msr.bytes)
		return 0;
	if (restoring->cpuid.bytes % sizeof(xen_cpuid_leaf_t) || restoring->msr.bytes % sizeof(xen_msr_entry_t))
		return damaged(restoring, "what is said of the CPU ends within an entry");
	if (!xc_set_domain_cpu_policy(restoring->xc, restoring->restore->domid,
				      restoring->cpuid.bytes / (uint32_t)sizeof(xen_cpuid_leaf_t),
				      restoring->cpuid.data,
				      restoring->msr.bytes / (uint32_t)sizeof(xen_msr_entry_t), restoring->msr.data,
				      &leaf, &subleaf, &msr))
		return 0;
	complain(restoring->complaint,
		 "this machine cannot show the guest the CPU it has seen so far (leaf %#x.%#x, MSR %#x: %s): restore it "
		 "where it was saved, or on a CPU with all of that one's features",
		 leaf, subleaf, msr, strerror(errno));
	return -errno;
}

/* Takes over the body if the place is free. */
static int keep(struct restoring *restoring, struct blob *place, struct blob *body)
{
	if (place->data)
		return damaged(restoring, "a record comes twice");
	*place = *body;
	*body = (struct blob){ 0 };
	return 0;
}

static int take_body(struct restoring *restoring, uint32_t type, struct blob *body)
{
	switch (type) {
	case RECORD_TSC_INFO:
		return take_tsc(restoring, body);
	case RECORD_CPUID_POLICY:
	case RECORD_MSR_POLICY:
		if (restoring->static_done)
			return damaged(restoring, "what is said of the CPU comes too late");
		return keep(restoring, type == RECORD_CPUID_POLICY ? &restoring->cpuid : &restoring->msr, body);
	case RECORD_STATIC_DATA_END:
		restoring->static_done = true;
		return take_policies(restoring);
	case RECORD_TOOLSTACK:
	case RECORD_VERIFY:
		return 0;
	case RECORD_CHECKPOINT:
	case RECORD_CHECKPOINT_DIRTY:
		complain(restoring->complaint, "it is a stream of checkpoints (remus, colo), which is not supported");
		return -EOPNOTSUPP;
	}
	if (restoring->restore->is_pv && type != RECORD_HVM_CONTEXT && type != RECORD_HVM_PARAMS)
		return restore_pv_record(restoring, type, body);
	if (!restoring->restore->is_pv && type == RECORD_HVM_CONTEXT)
		return keep(restoring, &restoring->hvm_context, body);
	if (!restoring->restore->is_pv && type == RECORD_HVM_PARAMS)
		return restore_hvm_params(restoring, body);
	return damaged(restoring, "it has a record no such guest has");
}

static int take_record(struct restoring *restoring, const struct record_header *record)
{
	struct blob body = { 0 };
	int error = check_length(restoring, record);

	if (!error)
		error = read_body(restoring, record->length, &body);
	if (!error)
		error = take_body(restoring, record->type, &body);
	free(body.data);
	return error;
}

static int read_records(struct restoring *restoring)
{
	struct record_header *next = &restoring->next;
	int error = input_bytes(&restoring->in, next, sizeof(*next));

	while (!error && next->type != RECORD_END) {
		if (next->type == RECORD_PAGE_DATA || next->type & RECORD_OPTIONAL) {
			error = take_memory(restoring);
			continue;
		}
		error = take_record(restoring, next);
		if (!error)
			error = input_bytes(&restoring->in, next, sizeof(*next));
	}
	/* What comes behind is the caller's to read. */
	if (!error && restoring->in.sparse && lseek(restoring->in.fd, (off_t)restoring->in.at, SEEK_SET) < 0)
		error = -errno;
	return error;
}

/* ---- all of it ---- */

/* Seen by a process apart, too; only what is used takes memory. */
static void *shared_array(uint64_t count, size_t size)
{
	void *map = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* Serai clears all memory it gives a domain; Xen's may hold what was there before its start (bootscrub=no). */
static bool gives_zeros(xc_interface *xc)
{
	xen_extraversion_t extra = "";

	return !xc_version(xc, XENVER_extraversion, extra) && strstr(extra, "-serai");
}

static int run(struct restoring *restoring)
{
	int error;

	restoring->fresh_zeros = gives_zeros(restoring->xc);
	restoring->foreign = xenforeignmemory_open(NULL, 0);
	if (!restoring->foreign) {
		complain(restoring->complaint, "guests' memory cannot be mapped here: %s", strerror(errno));
		return -errno;
	}
	restoring->mfn = shared_array(MOST_PFNS, sizeof(*restoring->mfn));
	restoring->type = shared_array(MOST_PFNS, sizeof(*restoring->type));
	restoring->vcpu = calloc(MOST_VCPUS, sizeof(*restoring->vcpu));
	if (!restoring->mfn || !restoring->type || !restoring->vcpu)
		return -ENOMEM;
	error = read_headers(restoring);
	if (!error)
		error = read_records(restoring);
	if (error)
		return error;
	return restoring->restore->is_pv ? restore_pv_finish(restoring) : restore_hvm_finish(restoring);
}

static void forget(struct restoring *restoring)
{
	for (uint32_t i = 0; i < restoring->nr_vcpus; i++) {
		free(restoring->vcpu[i].basic.data);
		free(restoring->vcpu[i].extended.data);
		free(restoring->vcpu[i].xsave.data);
		free(restoring->vcpu[i].msrs.data);
	}
	free(restoring->vcpu);
	free(restoring->p2m_frames.data);
	free(restoring->shared_info.data);
	free(restoring->hvm_context.data);
	free(restoring->cpuid.data);
	free(restoring->msr.data);
	if (restoring->mfn)
		munmap(restoring->mfn, MOST_PFNS * sizeof(*restoring->mfn));
	if (restoring->type)
		munmap(restoring->type, MOST_PFNS * sizeof(*restoring->type));
	if (restoring->foreign)
		xenforeignmemory_close(restoring->foreign);
}

int restore_domain(struct restore *restore, struct complaint *complaint)
{
	struct restoring *restoring = shared_array(1, sizeof(*restoring));
	int error;

	if (!restoring) {
		complain(complaint, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	*restoring = (struct restoring){ .restore = restore, .xc = restore->xc, .complaint = complaint };
	input_start(&restoring->in, restore->fd, complaint);
	error = run(restoring);
	if (error) /* of what has complained, the words stay */
		complain(complaint, "%s", strerror(-error));
	forget(restoring);
	munmap(restoring, sizeof(*restoring));
	return error;
}
