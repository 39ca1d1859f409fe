/* SPDX-License-Identifier: MIT */
/*
 * Builds an HVM domain: memory map and memory, contents, parameters, grants, first vCPU.
 *
 * Its device model populates the screen's memory and its option ROMs later, out of what the domain's
 * limit leaves.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/hvm/params.h>
#include <xen/memory.h>

static void end_phase(const struct pv_domain *domain, const char *name)
{
	if (domain->phase)
		domain->phase(domain->phase_data, name);
}

static int set_memory_map(const struct pv_domain *domain, const struct hvm_layout *layout,
			  struct complaint *complaint)
{
	struct e820entry map[HVM_MAX_MEMMAP];

	memcpy(map, layout->memmap, sizeof(map));
	if (!xc_domain_set_memory_map(domain->xc, domain->domid, map, layout->nr_memmap))
		return 0;
	complain(complaint, "the hypervisor refused the guest's memory map: %s", strerror(errno));
	return -errno;
}

static int populate(const struct pv_domain *domain, const struct hvm_layout *layout,
		    struct complaint *complaint)
{
	bool demand = layout->nr_pages > domain->nr_pages;
	unsigned int flags = demand ? XENMEMF_populate_on_demand : 0;
	const struct pfn_span span[] = {
		{ 0, HVM_VGA_PFN },
		{ HVM_VGA_END_PFN, layout->low_pages - HVM_VGA_END_PFN },
		{ PVH_HIGH_PFN, layout->nr_pages - layout->low_pages },
	};
	int error = demand ? pvh_prepare_demand(domain, complaint) : 0;

	if (error)
		return error;
	for (unsigned int i = 0; i < sizeof(span) / sizeof(span[0]) && !error; i++)
		error = pvh_give_span(domain, span[i].pfn, span[i].pfn + span[i].pages, flags);
	if (!error)
		error = pvh_give_span(domain, HVM_SERVER_PFN, PVH_SPECIAL_PFN + PVH_NR_SPECIAL, 0);
	return error ? pvh_out_of_memory(domain, complaint) : 0;
}

struct param {
	uint32_t number;
	uint64_t value;
};

static int set_params(const struct pv_domain *domain, const struct param *param, size_t count,
		      struct complaint *complaint)
{
	for (size_t i = 0; i < count; i++) {
		bool optional = param[i].number == HVM_PARAM_VIRIDIAN ||
				param[i].number == HVM_PARAM_ALTP2M;

		/* A hypervisor without these need not know them to leave them out. */
		if (optional && !param[i].value)
			continue;
		if (!xc_hvm_param_set(domain->xc, domain->domid, param[i].number, param[i].value))
			continue;
		complain(complaint, "the hypervisor refused parameter %u of the domain: %s",
			 param[i].number, strerror(errno));
		return -errno;
	}
	return 0;
}

int hvm_set_board(const struct pv_domain *domain, struct complaint *complaint)
{
	const struct param param[] = {
		{ HVM_PARAM_TIMER_MODE, domain->timer_mode },
		{ HVM_PARAM_HPET_ENABLED, domain->hpet },
		{ HVM_PARAM_VPT_ALIGN, domain->vpt_align },
		{ HVM_PARAM_ALTP2M, domain->altp2m },
	};

	return set_params(domain, param, sizeof(param) / sizeof(param[0]), complaint);
}

static int write_state(struct pv_domain *domain, const struct hvm_layout *layout,
		       struct complaint *complaint)
{
	const struct param param[] = {
		{ HVM_PARAM_IOREQ_SERVER_PFN, HVM_SERVER_PFN },
		{ HVM_PARAM_NR_IOREQ_SERVER_PAGES, HVM_SERVER_PAGES },
		{ HVM_PARAM_VIRIDIAN, domain->viridian },
	};
	int error = pvh_set_params(domain, complaint);

	if (!error)
		error = hvm_set_board(domain, complaint);
	if (!error)
		error = set_params(domain, param, sizeof(param) / sizeof(param[0]), complaint);
	domain->store_mfn = PVH_SPECIAL_PFN + PVH_XENSTORE;
	domain->console_mfn = PVH_SPECIAL_PFN + PVH_CONSOLE;
	domain->acpi_at = layout->acpi.pfn << PAGE_BITS;
	domain->smbios_at = layout->smbios.pfn << PAGE_BITS;
	if (!error)
		error = pvh_start_context(domain, layout->start_info.pfn << PAGE_BITS, complaint);
	return error ? error : pv_seed_grants(domain, complaint);
}

int hvm_build(struct pv_domain *domain, struct complaint *complaint)
{
	struct hvm_layout layout;
	const struct hvm_wishes wishes = { .nr_pages = domain->nr_pages,
					   .max_pages = domain->max_pages,
					   .hole_bytes = domain->hole_bytes,
					   .firmware_bytes = domain->ramdisk_bytes,
					   .acpi_bytes = domain->acpi.bytes,
					   .smbios_bytes = domain->smbios.bytes,
					   .max_vcpus = domain->max_vcpus };
	int error = hvm_layout_compute(&layout, domain->image, &wishes, complaint);

	if (!error)
		error = set_memory_map(domain, &layout, complaint);
	if (!error)
		error = populate(domain, &layout, complaint);
	end_phase(domain, "memory");
	if (!error)
		error = hvm_write(domain, &layout, complaint);
	end_phase(domain, "contents");
	if (!error)
		error = write_state(domain, &layout, complaint);
	end_phase(domain, "start state");
	return error;
}
