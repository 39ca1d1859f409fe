/* SPDX-License-Identifier: MIT */
/* Builds a PVH domain: memory map and memory, contents, parameters, grants, first vCPU. */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/hvm/params.h>

static void end_phase(const struct pv_domain *domain, const char *name)
{
	if (domain->phase)
		domain->phase(domain->phase_data, name);
}

static int set_memory_map(const struct pv_domain *domain, const struct pvh_layout *layout,
			  struct complaint *complaint)
{
	struct e820entry map[PVH_MAX_MEMMAP];

	memcpy(map, layout->memmap, sizeof(map));
	if (!xc_domain_set_memory_map(domain->xc, domain->domid, map, layout->nr_memmap))
		return 0;
	complain(complaint, "the hypervisor refused the guest's memory map: %s", strerror(errno));
	return -errno;
}

int pvh_set_params(const struct pv_domain *domain, struct complaint *complaint)
{
	const struct {
		uint32_t number;
		uint64_t value;
	} param[] = {
		{ HVM_PARAM_STORE_PFN, PVH_SPECIAL_PFN + PVH_XENSTORE },
		{ HVM_PARAM_STORE_EVTCHN, domain->store_port },
		{ HVM_PARAM_CONSOLE_PFN, PVH_SPECIAL_PFN + PVH_CONSOLE },
		{ HVM_PARAM_CONSOLE_EVTCHN, domain->console_port },
		{ HVM_PARAM_IOREQ_PFN, PVH_SPECIAL_PFN + PVH_IOREQ },
		{ HVM_PARAM_BUFIOREQ_PFN, PVH_SPECIAL_PFN + PVH_BUFIOREQ },
		{ HVM_PARAM_IDENT_PT, (PVH_SPECIAL_PFN + PVH_IDENT_PT) << PAGE_BITS },
		{ HVM_PARAM_PAGING_RING_PFN, PVH_SPECIAL_PFN + PVH_PAGING_RING },
		{ HVM_PARAM_MONITOR_RING_PFN, PVH_SPECIAL_PFN + PVH_MONITOR_RING },
		{ HVM_PARAM_SHARING_RING_PFN, PVH_SPECIAL_PFN + PVH_SHARING_RING },
		{ HVM_PARAM_TIMER_MODE, domain->timer_mode },
	};

	for (unsigned int i = 0; i < sizeof(param) / sizeof(param[0]); i++) {
		if (!xc_hvm_param_set(domain->xc, domain->domid, param[i].number, param[i].value))
			continue;
		complain(complaint, "the hypervisor refused parameter %u of the domain: %s",
			 param[i].number, strerror(errno));
		return -errno;
	}
	return 0;
}

static int write_state(struct pv_domain *domain, const struct pvh_layout *layout,
		       struct complaint *complaint)
{
	int error = pvh_set_params(domain, complaint);

	domain->store_mfn = PVH_SPECIAL_PFN + PVH_XENSTORE;
	domain->console_mfn = PVH_SPECIAL_PFN + PVH_CONSOLE;
	if (!error)
		error = pvh_start_context(domain, layout->start_info.pfn << PAGE_BITS,
					  complaint);
	return error ? error : pv_seed_grants(domain, complaint);
}

int pvh_build(struct pv_domain *domain, struct complaint *complaint)
{
	struct pvh_layout layout;
	int error;

	domain->timer_mode = HVMPTM_no_delay_for_missed_ticks;
	error = pvh_layout_compute(&layout, domain->image, domain->nr_pages, domain->max_pages,
				   domain->ramdisk_bytes, domain->cmdline, domain->max_vcpus,
				   complaint);
	if (!error)
		error = set_memory_map(domain, &layout, complaint);
	if (!error)
		error = pvh_populate(domain, &layout, complaint);
	end_phase(domain, "memory");
	if (!error)
		error = pvh_write(domain, &layout, complaint);
	end_phase(domain, "contents");
	if (!error)
		error = write_state(domain, &layout, complaint);
	end_phase(domain, "start state");
	return error;
}
