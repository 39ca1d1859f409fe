/* SPDX-License-Identifier: MIT */
/*
 * A PV guest's part of a stream: its frames' numbers, page tables, registers and descriptor tables, in all of which
 * machine frames become the guest's own.
 */
#include "save/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* PFNs by MFN: as big as the machine, but only what is written takes memory. */
static int make_reverse(struct saving *saving)
{
	unsigned long last;
	void *map;

	if (xc_maximum_ram_page(saving->xc, &last)) {
		complain(saving->complaint, "the machine's size cannot be read: %s", strerror(errno));
		return -errno;
	}
	saving->nr_mfns = last + 1;
	map = mmap(NULL, saving->nr_mfns * sizeof(*saving->pfn_of), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		complain(saving->complaint, "memory ran out");
		return -ENOMEM;
	}
	saving->pfn_of = map;
	for (uint64_t pfn = 0; pfn < saving->nr_pfns; pfn++)
		if (saving->p2m.mfn[pfn] < saving->nr_mfns)
			saving->pfn_of[saving->p2m.mfn[pfn]] = (uint32_t)pfn + 1;
		else
			saving->p2m.mfn[pfn] = NO_MFN;
	return 0;
}

int save_pv_start(struct saving *saving)
{
	const struct save *save = saving->save;
	xen_pfn_t frame = saving->info.shared_info_frame;
	/* Beside its memory a guest may have room for some more: ballooned out, or for others' pages. */
	uint64_t most = 2 * (uint64_t)saving->info.max_pages + (1 << 18);
	int error;

	saving->shared_info = xenforeignmemory_map(saving->foreign, save->domid, PROT_READ, 1, &frame, NULL);
	if (!saving->shared_info) {
		complain(saving->complaint, "the domain's shared page cannot be mapped: %s", strerror(errno));
		return -errno;
	}
	error = guest_p2m_read(&saving->p2m, saving->foreign, save->domid, saving->shared_info, most,
			       saving->complaint);
	saving->nr_pfns = saving->p2m.nr_pfns;
	return error ? error : make_reverse(saving);
}

void save_pv_end(struct saving *saving)
{
	guest_p2m_free(&saving->p2m);
	if (saving->pfn_of)
		munmap(saving->pfn_of, saving->nr_mfns * sizeof(*saving->pfn_of));
	if (saving->shared_info)
		xenforeignmemory_unmap(saving->foreign, saving->shared_info, 1);
}

/* The guest's own number of a frame; NO_PFN: it is not the guest's. */
#define NO_PFN UINT64_MAX
static inline uint64_t find_number(const struct saving *saving, uint64_t mfn)
{
	return mfn < saving->nr_mfns && saving->pfn_of[mfn] ? saving->pfn_of[mfn] - 1 : NO_PFN;
}

static int own_number(struct saving *saving, uint64_t mfn, const char *where, uint64_t *pfn)
{
	*pfn = find_number(saving, mfn);
	if (*pfn != NO_PFN)
		return 0;
	complain(saving->complaint,
		 "%s names the frame %#llx, which is not the guest's: it maps memory of another domain or a device, "
		 "and cannot be saved so",
		 where, (unsigned long long)mfn);
	return -EINVAL;
}

static int foreign_in_table(struct saving *saving, uint64_t mfn, uint64_t pfn, unsigned int level)
{
	char where[64];
	uint64_t none;

	snprintf(where, sizeof(where), "the page table %#llx (level %u)", (unsigned long long)pfn, level);
	return own_number(saving, mfn, where, &none);
}

int save_pv_table(struct saving *saving, uint64_t *to, const uint64_t *from, uint64_t pfn, unsigned int level)
{
	for (unsigned int i = 0; i < PTE_COUNT; i++) {
		uint64_t entry = ((const volatile uint64_t *)from)[i], mfn = (entry & PTE_FRAME) >> PAGE_BITS, own;

		if (level == 4 && i >= L4_HYPERVISOR_FIRST && i < L4_HYPERVISOR_END)
			entry = 0;
		to[i] = entry;
		if (!(entry & PTE_PRESENT))
			continue;
		own = find_number(saving, mfn);
		if (own == NO_PFN)
			return foreign_in_table(saving, mfn, pfn, level);
		to[i] = (entry & ~PTE_FRAME) | own << PAGE_BITS;
	}
	return 0;
}

int save_pv_info(struct saving *saving)
{
	const struct pv_info info = { .guest_width = 8, .levels = 4 };

	return output_record(&saving->out, RECORD_PV_INFO, &info, sizeof(info), NULL, 0);
}

int save_pv_frames(struct saving *saving)
{
	const struct guest_p2m *p2m = &saving->p2m;
	const struct pv_p2m_frames head = { 0, (uint32_t)(p2m->nr_pfns - 1) };
	uint64_t *pfns = calloc(p2m->nr_pages, sizeof(*pfns));
	int error = pfns ? 0 : -ENOMEM;

	for (uint64_t i = 0; i < p2m->nr_pages && !error; i++)
		error = own_number(saving, p2m->page_mfn[i], "the guest's frame list", &pfns[i]);
	if (!error)
		error = output_record(&saving->out, RECORD_PV_P2M_FRAMES, &head, sizeof(head), pfns,
				      (uint32_t)(p2m->nr_pages * sizeof(*pfns)));
	free(pfns);
	return error;
}

/* ---- vCPUs ---- */

static int unreadable(struct saving *saving, uint32_t vcpu, const char *what)
{
	int error = -errno;

	complain(saving->complaint, "vCPU %u's %s cannot be read: %s", vcpu, what, strerror(-error));
	return error;
}

static int write_basic(struct saving *saving, uint32_t vcpu)
{
	const struct pv_vcpu head = { vcpu, 0 };
	vcpu_guest_context_any_t any;
	vcpu_guest_context_x86_64_t *context = &any.x64;
	uint64_t pfn = 0;
	int error = 0;

	if (xc_vcpu_getcontext(saving->xc, saving->save->domid, vcpu, &any))
		return unreadable(saving, vcpu, "registers");
	if (!vcpu) {
		error = own_number(saving, START_INFO(context), "the suspend call", &pfn);
		if (error)
			return error;
		START_INFO(context) = pfn;
	}
	for (unsigned int i = 0; i < (context->gdt_ents + 511) / 512 && !error; i++) {
		error = own_number(saving, context->gdt_frames[i], "a vCPU's descriptor table", &pfn);
		context->gdt_frames[i] = pfn;
	}
	if (!error)
		error = own_number(saving, context->ctrlreg[3] >> PAGE_BITS, "a vCPU's CR3", &pfn);
	if (error)
		return error;
	context->ctrlreg[3] = pfn << PAGE_BITS;
	if (context->ctrlreg[1]) {
		error = own_number(saving, context->ctrlreg[1] >> PAGE_BITS, "a vCPU's user page table", &pfn);
		context->ctrlreg[1] = pfn << PAGE_BITS | 1;
	}
	return error ? error
		     : output_record(&saving->out, RECORD_PV_VCPU_BASIC, &head, sizeof(head), context,
				     sizeof(*context));
}

static int write_extended(struct saving *saving, uint32_t vcpu)
{
	const struct pv_vcpu head = { vcpu, 0 };
	struct xen_domctl_ext_vcpucontext extended;

	if (xc_vcpu_get_ext_context(saving->xc, saving->save->domid, vcpu, &extended))
		return unreadable(saving, vcpu, "further callbacks");
	_Static_assert(sizeof(extended) <= 128, "what 4.17 takes");
	return output_record(&saving->out, RECORD_PV_VCPU_EXTENDED, &head, sizeof(head), &extended,
			     sizeof(extended));
}

static int write_xsave(struct saving *saving, uint32_t vcpu)
{
	const struct pv_vcpu head = { vcpu, 0 };
	xc_interface *xc = saving->xc;
	uint32_t domid = saving->save->domid;
	xc_vcpu_extstate_t state = { 0 };
	int error = 0;

	if (xc_vcpu_get_extstate(xc, domid, vcpu, &state))
		return unreadable(saving, vcpu, "extended state");
	if (!state.size)
		return 0;
	state.buffer = calloc(1, state.size);
	if (!state.buffer)
		return -ENOMEM;
	if (xc_vcpu_get_extstate(xc, domid, vcpu, &state))
		error = unreadable(saving, vcpu, "extended state");
	else
		error = output_record(&saving->out, RECORD_PV_VCPU_XSAVE, &head, sizeof(head), state.buffer,
				      (uint32_t)state.size);
	free(state.buffer);
	return error;
}

static int write_msrs(struct saving *saving, uint32_t vcpu)
{
	const struct pv_vcpu head = { vcpu, 0 };
	xc_interface *xc = saving->xc;
	uint32_t domid = saving->save->domid, count = 0;
	xen_domctl_vcpu_msr_t *msrs;
	int error = 0;

	if (xc_vcpu_get_msrs(xc, domid, vcpu, &count, NULL))
		return unreadable(saving, vcpu, "MSRs");
	if (!count)
		return 0;
	msrs = calloc(count, sizeof(*msrs));
	if (!msrs)
		return -ENOMEM;
	if (xc_vcpu_get_msrs(xc, domid, vcpu, &count, msrs))
		error = unreadable(saving, vcpu, "MSRs");
	else if (count)
		error = output_record(&saving->out, RECORD_PV_VCPU_MSRS, &head, sizeof(head), msrs,
				      count * (uint32_t)sizeof(*msrs));
	free(msrs);
	return error;
}

int save_pv_state(struct saving *saving)
{
	int error = output_record(&saving->out, RECORD_SHARED_INFO, NULL, 0, saving->shared_info, PAGE_BYTES);
	xc_vcpuinfo_t info;

	for (uint32_t vcpu = 0; vcpu <= saving->info.max_vcpu_id && !error; vcpu++) {
		if (xc_vcpu_getinfo(saving->xc, saving->save->domid, vcpu, &info))
			return unreadable(saving, vcpu, "state");
		if (!info.online)
			continue;
		error = write_basic(saving, vcpu);
		if (!error)
			error = write_extended(saving, vcpu);
		if (!error)
			error = write_xsave(saving, vcpu);
		if (!error)
			error = write_msrs(saving, vcpu);
	}
	return error;
}
