/* SPDX-License-Identifier: MIT */
/*
 * Builds a PV domain, step by step or at once: memory, contents (contents.c), page tables, grants,
 * first vCPU.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static void end_phase(const struct pv_work *work, const char *name)
{
	if (work->domain->phase)
		work->domain->phase(work->domain->phase_data, name);
}

static int pin_root(const struct pv_work *work, struct complaint *complaint)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	pin.arg1.mfn = work->p2m[work->layout.main.table_pfn[3]];
	if (xc_mmuext_op(work->domain->xc, &pin, 1, work->domain->domid) >= 0)
		return 0;
	complain(complaint, "the hypervisor refused the guest's page tables: %s", strerror(errno));
	return -errno;
}

static int set_memory_map(const struct pv_domain *domain, struct complaint *complaint)
{
	struct e820entry map = { .addr = 0, .size = domain->map_bytes, .type = E820_RAM };

	if (!xc_domain_set_memory_map(domain->xc, domain->domid, &map, 1))
		return 0;
	complain(complaint, "the hypervisor refused the guest's memory map: %s", strerror(errno));
	return -errno;
}

static int find_shared_info(struct pv_work *work, struct complaint *complaint)
{
	xc_domaininfo_t info;

	if (xc_domain_getinfolist(work->domain->xc, work->domain->domid, 1, &info) != 1 ||
	    info.domain != work->domain->domid) {
		complain(complaint, "domain %u went away while it was built", work->domain->domid);
		return -ESRCH;
	}
	work->shared_info_mfn = info.shared_info_frame;
	return 0;
}

int pv_place(struct pv_work *work, struct complaint *complaint)
{
	struct pv_domain *domain = work->domain;
	int error = pv_layout_compute(&work->layout, domain->image, domain->nr_pages,
				      domain->ramdisk_bytes, complaint);

	return error ? error : find_shared_info(work, complaint);
}

int pv_take_memory(struct pv_work *work, struct complaint *complaint)
{
	const struct pv_domain *domain = work->domain;
	size_t bytes = domain->nr_pages * sizeof(xen_pfn_t);

	work->p2m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (work->p2m == MAP_FAILED) {
		work->p2m = NULL;
		complain(complaint, "Domain-0 has no %zu MiB for the guest's frame list",
			 bytes >> 20);
		return -ENOMEM;
	}
	work->p2m_bytes = bytes;
	return pv_populate(domain->xc, domain->domid, domain->nr_pages, work->p2m, complaint);
}

void pv_tell_rings(const struct pv_work *work)
{
	work->domain->store_mfn = work->p2m[work->layout.xenstore.pfn];
	work->domain->console_mfn = work->p2m[work->layout.console.pfn];
}

/* What only the hypervisor can do, once nobody maps the pages any more. */
int pv_start(const struct pv_work *work, struct complaint *complaint)
{
	const struct pv_domain *domain = work->domain;
	const struct image *image = domain->image;
	int error = 0;

	if (image->hypercall_page) {
		uint64_t pfn = (image->hypercall_page - image->virt_base) >> PAGE_BITS;

		error = pv_init_hypercall_page(domain->domid, work->p2m[pfn], complaint);
	}
	if (!error)
		error = pin_root(work, complaint);
	if (!error && domain->map_bytes)
		error = set_memory_map(domain, complaint);
	if (!error)
		error = pv_start_context(domain, &work->layout,
					 work->p2m[work->layout.main.table_pfn[3]], complaint);
	return error;
}

void pv_forget(struct pv_work *work)
{
	if (work->p2m)
		munmap(work->p2m, work->p2m_bytes);
	work->p2m = NULL;
}

static int build(struct pv_work *work, struct complaint *complaint)
{
	int error = pv_place(work, complaint);

	if (!error)
		error = pv_take_memory(work, complaint);
	if (error)
		return error;
	end_phase(work, "memory");
	pv_tell_rings(work);
	error = pv_write(work, PV_FILES | PV_STATE, complaint);
	if (error)
		return error;
	end_phase(work, "contents");
	error = pv_start(work, complaint);
	if (!error)
		error = pv_seed_grants(work->domain, complaint);
	end_phase(work, "start state");
	return error;
}

int pv_build(struct pv_domain *domain, struct complaint *complaint)
{
	struct pv_work work = { .domain = domain };
	int error = build(&work, complaint);

	pv_forget(&work);
	return error;
}
