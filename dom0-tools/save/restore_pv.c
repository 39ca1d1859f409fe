/* SPDX-License-Identifier: MIT */
/*
 * A PV guest's part of a stream: the guest's own frame numbers become the machine's, in page tables, registers and the
 * guest's frame list; its start information tells it where its rings are now.
 *
 * Tables are written while they are plain pages; pinned, the hypervisor checks each of them. So nothing that is in
 * them can harm but the guest.
 */
#include "save/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#define ENTRIES	    (PAGE_BYTES / sizeof(xen_pfn_t))
#define TYPE_PINNED 8 /* of a type's four bits */
#define PINS	    512 /* in a call */
#define LIST_PAGES  512 /* mapped at once */

static int refused(struct restoring *restoring, const char *what)
{
	int error = -errno;

	complain(restoring->complaint, "the hypervisor refused %s: %s", what, strerror(-error));
	return error;
}

/* ---- page tables ---- */

unsigned int restore_pv_missing(const struct restoring *restoring, const uint64_t *table, uint64_t *pfns)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < PTE_COUNT; i++) {
		uint64_t pfn = (table[i] & PTE_FRAME) >> PAGE_BITS;

		if (table[i] & PTE_PRESENT && (pfn >= MOST_PFNS || !restoring->mfn[pfn]))
			pfns[count++] = pfn;
	}
	return count;
}

int restore_pv_table(struct restoring *restoring, uint64_t *to, const uint64_t *from, uint64_t pfn)
{
	for (unsigned int i = 0; i < PTE_COUNT; i++) {
		xen_pfn_t mfn;

		to[i] = from[i];
		if (!(from[i] & PTE_PRESENT))
			continue;
		mfn = restored_mfn(restoring, (from[i] & PTE_FRAME) >> PAGE_BITS);
		if (mfn == NO_MFN) {
			complain(restoring->complaint, "it is damaged: page table %#llx names no page of the guest",
				 (unsigned long long)pfn);
			return -EINVAL;
		}
		to[i] = (from[i] & ~PTE_FRAME) | mfn << PAGE_BITS;
	}
	return 0;
}

static int pin(struct restoring *restoring, struct mmuext_op *ops, unsigned int count)
{
	if (!count || xc_mmuext_op(restoring->restore->xc, ops, count, restoring->restore->domid) >= 0)
		return 0;
	return refused(restoring, "the guest's page tables");
}

static int pin_tables(struct restoring *restoring)
{
	static const uint8_t how[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
				       MMUEXT_PIN_L4_TABLE };
	struct mmuext_op ops[PINS];
	unsigned int count = 0;
	int error = 0;

	for (uint64_t pfn = 0; pfn < restoring->nr_pfns && !error; pfn++) {
		unsigned int level = restoring->type[pfn] & 7;

		if (!(restoring->type[pfn] & TYPE_PINNED) || level < 1 || level > 4)
			continue;
		memset(&ops[count], 0, sizeof(ops[count]));
		ops[count].cmd = how[level - 1];
		ops[count++].arg1.mfn = restored_mfn(restoring, pfn);
		if (count == PINS) {
			error = pin(restoring, ops, count);
			count = 0;
		}
	}
	return error ? error : pin(restoring, ops, count);
}

/* ---- records ---- */

static int take_info(struct restoring *restoring, const struct blob *body)
{
	const struct pv_info *info = body->data;

	if (body->bytes < sizeof(*info))
		return damaged(restoring, "the record of the guest's width is too short");
	if (info->guest_width != 8 || info->levels != 4) {
		complain(restoring->complaint, "it is of a 32-bit PV guest, which is not supported: such a guest runs "
					       "as type=\"pvh\"");
		return -EOPNOTSUPP;
	}
	restoring->has_info = true;
	return 0;
}

/* Their pages have memory before they themselves come. */
static int take_frames(struct restoring *restoring, struct blob *body)
{
	const struct pv_p2m_frames *head = body->data;
	uint64_t count;
	const uint64_t *pfns = (const uint64_t *)(head + 1);

	if (body->bytes < sizeof(*head) || head->first_pfn || head->last_pfn >= MOST_PFNS || restoring->p2m_frames.data)
		return damaged(restoring, "the guest's frame list is of no known form");
	count = head->last_pfn / ENTRIES + 1;
	if (body->bytes != sizeof(*head) + count * sizeof(*pfns))
		return damaged(restoring, "the guest's frame list has another length than it says");
	for (uint64_t i = 0; i < count; i++)
		if (pfns[i] >= MOST_PFNS)
			return damaged(restoring, "the guest's frame list is beyond all memory");
	restoring->last_pfn = head->last_pfn;
	restoring->p2m_frames = *body;
	*body = (struct blob){ 0 };
	return 0;
}

static int take_vcpu(struct restoring *restoring, uint32_t type, struct blob *body)
{
	const struct pv_vcpu *head = body->data;
	struct blob *place;

	if (body->bytes < sizeof(*head) || head->id >= MOST_VCPUS)
		return damaged(restoring, "a vCPU's record is of none there can be");
	if (head->id >= restoring->nr_vcpus)
		restoring->nr_vcpus = head->id + 1;
	place = type == RECORD_PV_VCPU_BASIC	   ? &restoring->vcpu[head->id].basic
		: type == RECORD_PV_VCPU_EXTENDED ? &restoring->vcpu[head->id].extended
		: type == RECORD_PV_VCPU_XSAVE	   ? &restoring->vcpu[head->id].xsave
						   : &restoring->vcpu[head->id].msrs;
	if (place->data)
		return damaged(restoring, "a vCPU's record comes twice");
	if (type == RECORD_PV_VCPU_BASIC && body->bytes < sizeof(*head) + sizeof(vcpu_guest_context_x86_64_t))
		return damaged(restoring, "a vCPU's registers are cut off");
	if (type == RECORD_PV_VCPU_MSRS && (body->bytes - sizeof(*head)) % sizeof(xen_domctl_vcpu_msr_t))
		return damaged(restoring, "the list of a vCPU's MSRs ends within one");
	body->bytes -= (uint32_t)sizeof(*head);
	memmove(body->data, (const uint8_t *)body->data + sizeof(*head), body->bytes);
	*place = *body;
	*body = (struct blob){ 0 };
	return 0;
}

int restore_pv_record(struct restoring *restoring, uint32_t type, struct blob *body)
{
	if (type == RECORD_PV_INFO)
		return take_info(restoring, body);
	if (!restoring->has_info)
		return damaged(restoring, "the record of the guest's width is missing");
	switch (type) {
	case RECORD_PV_P2M_FRAMES:
		return take_frames(restoring, body);
	case RECORD_PV_VCPU_BASIC:
	case RECORD_PV_VCPU_EXTENDED:
	case RECORD_PV_VCPU_XSAVE:
	case RECORD_PV_VCPU_MSRS:
		return take_vcpu(restoring, type, body);
	case RECORD_SHARED_INFO:
		if (restoring->shared_info.data || body->bytes < PAGE_BYTES)
			return damaged(restoring, "the shared page comes twice, or is cut off");
		restoring->shared_info = *body;
		*body = (struct blob){ 0 };
		return 0;
	}
	complain(restoring->complaint, "it has a record (%u) that is not known here", type);
	return -EINVAL;
}

/* ---- what the guest looks at first ---- */

/* Its event channels are gone; what they were it makes anew. */
static int fill_shared_info(struct restoring *restoring, xen_pfn_t frame)
{
	const shared_info_t *saved = restoring->shared_info.data;
	shared_info_t *page;

	page = saved ? restore_map(restoring, frame, "the shared page") : NULL;
	if (!page)
		return saved ? -EIO : damaged(restoring, "the shared page is missing");
	memcpy(page->vcpu_info, saved->vcpu_info, sizeof(page->vcpu_info));
	page->arch = saved->arch;
	page->arch.pfn_to_mfn_frame_list_list = 0;
	memset(page->evtchn_pending, 0, sizeof(page->evtchn_pending));
	memset(page->evtchn_mask, 0xff, sizeof(page->evtchn_mask));
	xenforeignmemory_unmap(restoring->foreign, page, 1);
	return 0;
}

static int fill_start_info(struct restoring *restoring, uint64_t pfn, xen_pfn_t shared_info_frame)
{
	struct restore *restore = restoring->restore;
	start_info_t *info = restore_map(restoring, restored_mfn(restoring, pfn), "the guest's start information");

	if (!info)
		return -EINVAL;
	restore->store_mfn = restored_mfn(restoring, info->store_mfn);
	restore->console_mfn = restored_mfn(restoring, info->console.domU.mfn);
	info->nr_pages = (unsigned long)restoring->last_pfn + 1;
	info->shared_info = shared_info_frame << PAGE_BITS;
	info->flags = 0;
	info->store_mfn = restore->store_mfn;
	info->store_evtchn = restore->store_port;
	info->console.domU.mfn = restore->console_mfn;
	info->console.domU.evtchn = restore->console_port;
	xenforeignmemory_unmap(restoring->foreign, info, 1);
	return restore->store_mfn == NO_MFN || restore->console_mfn == NO_MFN
		   ? damaged(restoring, "the guest's rings are not in its memory")
		   : 0;
}

/*
 * The list's pages hold the old machine's frames; a guest reads them before it can make new ones. They are mapped together:
 * alone, each costs Linux a page table for its mapping.
 */
static int fill_list_pages(struct restoring *restoring, uint64_t first, uint64_t count)
{
	const uint64_t *pfns = (const uint64_t *)((const struct pv_p2m_frames *)restoring->p2m_frames.data + 1);
	xen_pfn_t mfns[LIST_PAGES], *list;

	for (uint64_t i = 0; i < count; i++) {
		mfns[i] = restored_mfn(restoring, pfns[first + i]);
		if (mfns[i] == NO_MFN)
			return damaged(restoring, "the guest's frame list is not in it");
	}
	list = xenforeignmemory_map(restoring->foreign, restoring->restore->domid, PROT_READ | PROT_WRITE, count, mfns, NULL);
	if (!list)
		return refused(restoring, "a mapping of the guest's frame list");
	for (uint64_t i = 0; i < count * ENTRIES; i++)
		list[i] = restored_mfn(restoring, first * ENTRIES + i);
	xenforeignmemory_unmap(restoring->foreign, list, count);
	return 0;
}

static int fill_list(struct restoring *restoring)
{
	uint64_t pages = restoring->last_pfn / ENTRIES + 1, count;
	int error = restoring->p2m_frames.data ? 0 : damaged(restoring, "the guest's frame list is missing");

	for (uint64_t first = 0; first < pages && !error; first += count) {
		count = pages - first < LIST_PAGES ? pages - first : LIST_PAGES;
		error = fill_list_pages(restoring, first, count);
	}
	return error;
}

/* ---- vCPUs ---- */

static int own_frame(struct restoring *restoring, uint64_t pfn, uint64_t *mfn)
{
	*mfn = restored_mfn(restoring, pfn);
	return *mfn == NO_MFN ? damaged(restoring, "a vCPU's registers name pages that are not there") : 0;
}

static int set_registers(struct restoring *restoring, uint32_t vcpu, const struct blob *saved)
{
	vcpu_guest_context_any_t any = { 0 };
	vcpu_guest_context_x86_64_t *context = &any.x64;
	uint64_t mfn = 0;
	int error = 0;

	memcpy(context, saved->data, sizeof(*context));
	if (context->gdt_ents > 512 * sizeof(context->gdt_frames) / sizeof(context->gdt_frames[0]))
		return damaged(restoring, "a vCPU's descriptor table is too long");
	if (!vcpu)
		error = own_frame(restoring, START_INFO(context), &START_INFO(context));
	for (unsigned int i = 0; i < (context->gdt_ents + 511) / 512 && !error; i++) {
		error = own_frame(restoring, context->gdt_frames[i], &mfn);
		context->gdt_frames[i] = mfn;
	}
	if (!error)
		error = own_frame(restoring, context->ctrlreg[3] >> PAGE_BITS, &mfn);
	context->ctrlreg[3] = mfn << PAGE_BITS;
	if (!error && context->ctrlreg[1] & 1) {
		error = own_frame(restoring, context->ctrlreg[1] >> PAGE_BITS, &mfn);
		context->ctrlreg[1] = mfn << PAGE_BITS;
	}
	if (!error && xc_vcpu_setcontext(restoring->restore->xc, restoring->restore->domid, vcpu, &any))
		error = refused(restoring, "a vCPU's registers");
	return error;
}

static int set_vcpu(struct restoring *restoring, uint32_t vcpu)
{
	const struct restored_vcpu *saved = &restoring->vcpu[vcpu];
	xc_interface *xc = restoring->restore->xc;
	uint32_t domid = restoring->restore->domid;
	int error = set_registers(restoring, vcpu, &saved->basic);

	if (!error && saved->extended.bytes) {
		struct xen_domctl_ext_vcpucontext extended = { 0 };

		memcpy(&extended, saved->extended.data,
		       saved->extended.bytes < sizeof(extended) ? saved->extended.bytes : sizeof(extended));
		if (xc_vcpu_set_ext_context(xc, domid, vcpu, &extended))
			error = refused(restoring, "a vCPU's further callbacks");
	}
	if (!error && saved->xsave.bytes) {
		const xc_vcpu_extstate_t state = { .size = saved->xsave.bytes, .buffer = saved->xsave.data };

		if (xc_vcpu_set_extstate(xc, domid, vcpu, &state))
			error = refused(restoring, "a vCPU's extended state (of a CPU with more than this one?)");
	}
	if (!error && saved->msrs.bytes &&
	    xc_vcpu_set_msrs(xc, domid, vcpu, saved->msrs.bytes / (uint32_t)sizeof(xen_domctl_vcpu_msr_t),
			     saved->msrs.data))
		error = refused(restoring, "a vCPU's MSRs");
	return error;
}

static int set_vcpus(struct restoring *restoring)
{
	int error = 0;

	for (uint32_t vcpu = 0; vcpu < restoring->nr_vcpus && !error; vcpu++)
		if (restoring->vcpu[vcpu].basic.data)
			error = set_vcpu(restoring, vcpu);
	return error;
}

/* ---- the end ---- */

static int set_memory_map(struct restoring *restoring)
{
	struct e820entry map = { .size = restoring->restore->map_bytes, .type = E820_RAM };

	return xc_domain_set_memory_map(restoring->restore->xc, restoring->restore->domid, &map, 1)
		   ? refused(restoring, "the guest's memory map")
		   : 0;
}

int restore_pv_finish(struct restoring *restoring)
{
	struct restore *restore = restoring->restore;
	struct pv_domain grants = { .domid = restore->domid,
					 .store_domid = restore->store_domid,
					 .console_domid = restore->console_domid };
	const vcpu_guest_context_x86_64_t *first = restoring->vcpu[0].basic.data;
	xc_domaininfo_t info;
	int error;

	if (!first)
		return damaged(restoring, "the first vCPU is missing");
	if (xc_domain_getinfolist(restore->xc, restore->domid, 1, &info) != 1 || info.domain != restore->domid) {
		complain(restoring->complaint, "domain %u went away while it was restored", restore->domid);
		return -ESRCH;
	}
	error = fill_shared_info(restoring, info.shared_info_frame);
	if (!error)
		error = fill_start_info(restoring, START_INFO(first), info.shared_info_frame);
	if (!error)
		error = fill_list(restoring);
	if (!error)
		error = pin_tables(restoring);
	if (!error)
		error = set_memory_map(restoring);
	if (!error)
		error = set_vcpus(restoring);
	grants.store_mfn = restore->store_mfn;
	grants.console_mfn = restore->console_mfn;
	return error ? error : pv_seed_grants(&grants, restoring->complaint);
}
