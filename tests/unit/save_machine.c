/* SPDX-License-Identifier: MIT */
#include "save_machine.h"

#include <xen/memory.h>

#define FIRST_SINGLE 8000 /* NEW's frames, downwards */
#define FIRST_SUPER  4096

struct machine machine;

static struct machine_domain *domain(uint32_t domid)
{
	assert_true(domid == OLD || domid == NEW);
	return domid == OLD ? &machine.old : &machine.new;
}

static struct machine_vcpu *vcpu_of(uint32_t domid, uint32_t vcpu)
{
	errno = EINVAL;
	return vcpu < NR_MACHINE_VCPUS ? &domain(domid)->vcpu[vcpu] : NULL;
}

static int with_errno(int error)
{
	errno = error;
	return -1;
}

int machine_start(void **state)
{
	memset(&machine, 0, sizeof(machine));
	machine.frame = mmap(NULL, NR_FRAMES * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	machine.owner[OTHERS_MFN] = 3;
	machine_renew(false);
	return machine.frame == MAP_FAILED;
}

int machine_end(void **state)
{
	assert_int_equal(machine.maps, 0);
	return munmap(machine.frame, NR_FRAMES * PAGE_BYTES);
}

void machine_renew(bool is_hvm)
{
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		if (machine.owner[i] == NEW) {
			machine.owner[i] = 0;
			machine.use[i] = 0;
		}
	memset(&machine.new, 0, sizeof(machine.new));
	machine.new.is_hvm = is_hvm;
	machine.owner[SHARED_MFN + 1] = NEW;
	memset(machine.frame[SHARED_MFN + 1], 0, PAGE_BYTES);
	machine.given = machine.super_given = machine.bad_maps = machine.bad_numbers = 0;
	machine.to_give = 2000;
}

/* ---- memory ---- */

static bool give(struct machine_domain *to, uint64_t pfn, xen_pfn_t mfn)
{
	machine.bad_numbers += pfn >= MOST_PFNS;
	if (to->is_hvm && pfn >= NR_PFNS)
		return false;
	if (pfn < NR_PFNS) {
		assert_int_equal(to->mfn_of[pfn], 0); /* twice: the first frame would be lost */
		to->mfn_of[pfn] = mfn;
	}
	assert_int_equal(machine.owner[mfn], 0);
	machine.owner[mfn] = NEW;
	memset(machine.frame[mfn], machine.is_serai ? 0 : 0xaa, PAGE_BYTES); /* Xen does not promise zeros */
	return true;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned int order,
			       unsigned int flags, xen_pfn_t *extents)
{
	unsigned long i;

	assert_int_equal(domid, NEW);
	for (i = 0; i < nr && machine.given + (1u << order) <= machine.to_give; i++) {
		xen_pfn_t pfn = extents[i];
		xen_pfn_t mfn = order ? FIRST_SUPER + (machine.super_given++ << 9) : FIRST_SINGLE - machine.given;

		for (uint64_t j = 0; j < 1u << order; j++)
			if (!give(&machine.new, pfn + j, mfn + j))
				return (int)i;
		machine.given += 1u << order;
		if (!machine.new.is_hvm)
			extents[i] = mfn;
	}
	return (int)i;
}

static void *handle_map[1];

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned flags)
{
	return (void *)handle_map;
}

int xenforeignmemory_close(xenforeignmemory_handle *handle)
{
	return 0;
}

/* Before what is mapped: where it is from. One page, so that the rest is aligned. */
struct mapping {
	bool writable;
	size_t pages;
	xen_pfn_t mfn[];
};

void *xenforeignmemory_map(xenforeignmemory_handle *handle, uint32_t dom, int prot, size_t pages, const xen_pfn_t arr[],
			   int err[])
{
	size_t head = (sizeof(struct mapping) + pages * sizeof(xen_pfn_t) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint8_t *block = aligned_alloc(PAGE_BYTES, head + pages * PAGE_BYTES);
	struct mapping *map = (struct mapping *)block;

	map->writable = prot & PROT_WRITE;
	map->pages = pages;
	for (size_t i = 0; i < pages; i++) {
		xen_pfn_t mfn = arr[i];

		if (domain(dom)->is_hvm)
			mfn = mfn < NR_PFNS ? domain(dom)->mfn_of[mfn] : 0;
		map->mfn[i] = mfn;
		if (err)
			err[i] = 0;
		if (!mfn || mfn >= NR_FRAMES || machine.owner[mfn] != dom) {
			machine.bad_maps++;
			if (err) {
				err[i] = -EINVAL;
				map->mfn[i] = 0;
				continue;
			}
			free(block);
			errno = EINVAL;
			return NULL;
		}
		memcpy(block + head + i * PAGE_BYTES, machine.frame[mfn], PAGE_BYTES);
	}
	machine.maps++;
	machine.pages_mapped += dom == NEW && map->writable ? (unsigned int)pages : 0;
	return block + head;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *handle, void *addr, size_t pages)
{
	size_t head = (sizeof(struct mapping) + pages * sizeof(xen_pfn_t) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	struct mapping *map = (struct mapping *)((uint8_t *)addr - head);

	assert_int_equal(map->pages, pages);
	for (size_t i = 0; i < pages && map->writable; i++)
		if (map->mfn[i])
			memcpy(machine.frame[map->mfn[i]], (uint8_t *)addr + i * PAGE_BYTES, PAGE_BYTES);
	machine.maps--;
	free(map);
	return 0;
}

xenforeignmemory_resource_handle *xenforeignmemory_map_resource(xenforeignmemory_handle *handle, domid_t domid,
								unsigned int type, unsigned int id, unsigned long at,
								unsigned long nr, void **paddr, int prot, int flags)
{
	assert_int_equal(type, XENMEM_resource_grant_table);
	machine.maps++;
	*paddr = domain(domid)->grants;
	return (void *)domain(domid)->grants;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *handle, xenforeignmemory_resource_handle *resource)
{
	machine.maps--;
	return 0;
}

int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num, xen_pfn_t *arr)
{
	for (unsigned int i = 0; i < num; i++) {
		xen_pfn_t mfn = arr[i];

		if (domain(dom)->is_hvm)
			mfn = mfn < NR_PFNS ? domain(dom)->mfn_of[mfn] : 0;
		arr[i] = mfn && mfn < NR_FRAMES && machine.owner[mfn] == dom ? machine.use[mfn]
									    : XEN_DOMCTL_PFINFO_XTAB;
	}
	return 0;
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
	*gpfns = domain(domid)->nr_pfns - 1;
	return 0;
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
	*max_mfn = NR_FRAMES - 1;
	return 0;
}

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom)
{
	for (unsigned int i = 0; i < nr_ops; i++) {
		xen_pfn_t mfn = op[i].arg1.mfn;

		assert_in_range(op[i].cmd, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L4_TABLE);
		if (mfn >= NR_FRAMES || machine.owner[mfn] != dom)
			return with_errno(EINVAL);
		domain(dom)->pinned[mfn] = (uint8_t)(op[i].cmd + 1);
	}
	return 0;
}

/* ---- domains ---- */

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	if (cmd == XENVER_extraversion) {
		strcpy(arg, machine.is_serai ? ".0-serai" : ".4");
		return 0;
	}
	return cmd == XENVER_version ? 4 << 16 | 17 : -1;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max, xc_domaininfo_t *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = (domid_t)first;
	info->flags = domain(first)->is_hvm ? XEN_DOMINF_hvm_guest : 0;
	info->tot_pages = info->max_pages = domain(first)->nr_pfns;
	info->max_vcpu_id = NR_MACHINE_VCPUS - 1;
	info->shared_info_frame = first == OLD ? SHARED_MFN : SHARED_MFN + 1;
	return 1;
}

int xc_get_cpu_policy_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs)
{
	*nr_leaves = *nr_msrs = 4;
	return 0;
}

int xc_get_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves,
			     uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
	const struct machine_domain *of = domain(domid);

	memcpy(leaves, of->leaf, of->nr_leaves * sizeof(*leaves));
	memcpy(msrs, of->msr, of->nr_msrs * sizeof(*msrs));
	*nr_leaves = of->nr_leaves;
	*nr_msrs = of->nr_msrs;
	return 0;
}

int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t nr_leaves, xen_cpuid_leaf_t *leaves,
			     uint32_t nr_msrs, xen_msr_entry_t *msrs, uint32_t *err_leaf_p, uint32_t *err_subleaf_p,
			     uint32_t *err_msr_p)
{
	struct machine_domain *of = domain(domid);

	if (nr_leaves > 4 || nr_msrs > 4)
		return with_errno(E2BIG);
	for (uint32_t i = 0; i < nr_leaves; i++)
		if (leaves[i].leaf > 0x100) {
			*err_leaf_p = leaves[i].leaf;
			return with_errno(EINVAL);
		}
	for (uint32_t i = 0; i < nr_leaves; i++)
		of->leaf[i] = leaves[i];
	for (uint32_t i = 0; i < nr_msrs; i++)
		of->msr[i] = msrs[i];
	of->nr_leaves = nr_leaves;
	of->nr_msrs = nr_msrs;
	return 0;
}

int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid, uint32_t *mode, uint64_t *nsec, uint32_t *khz,
			   uint32_t *incarnation)
{
	*mode = domain(domid)->tsc.mode;
	*nsec = domain(domid)->tsc.nsec;
	*khz = domain(domid)->tsc.khz;
	*incarnation = domain(domid)->tsc.incarnation;
	return 0;
}

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t mode, uint64_t nsec, uint32_t khz,
			   uint32_t incarnation)
{
	domain(domid)->tsc = (struct tsc_info){ mode, khz, nsec, incarnation, 0 };
	return 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[], uint32_t nr)
{
	assert_int_equal(nr, 1);
	domain(domid)->map_bytes = entries->size;
	return 0;
}

/* ---- vCPUs ---- */

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	memset(info, 0, sizeof(*info));
	info->online = vcpu < NR_MACHINE_VCPUS - 1;
	return 0;
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu, vcpu_guest_context_any_t *any)
{
	any->x64 = vcpu_of(domid, vcpu)->context;
	return 0;
}

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu, vcpu_guest_context_any_t *any)
{
	struct machine_vcpu *to = vcpu_of(domid, vcpu);

	if (!to)
		return -1;
	to->context = any->x64;
	to->is_set = true;
	return 0;
}

int xc_vcpu_get_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu, struct xen_domctl_ext_vcpucontext *ext)
{
	*ext = vcpu_of(domid, vcpu)->extended;
	return 0;
}

int xc_vcpu_set_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			    const struct xen_domctl_ext_vcpucontext *ext)
{
	struct machine_vcpu *to = vcpu_of(domid, vcpu);

	if (!to)
		return -1;
	to->extended = *ext;
	return 0;
}

int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpu_extstate_t *state)
{
	const struct machine_vcpu *of = vcpu_of(domid, vcpu);

	if (state->buffer)
		memcpy(state->buffer, of->xsave, of->xsave_bytes);
	state->size = of->xsave_bytes;
	return 0;
}

int xc_vcpu_set_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu, const xc_vcpu_extstate_t *state)
{
	struct machine_vcpu *to = vcpu_of(domid, vcpu);

	if (!to || state->size > XSAVE_BYTES)
		return with_errno(EINVAL);
	memcpy(to->xsave, state->buffer, state->size);
	to->xsave_bytes = (uint32_t)state->size;
	return 0;
}

int xc_vcpu_get_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t *count, xen_domctl_vcpu_msr_t *msrs)
{
	const struct machine_vcpu *of = vcpu_of(domid, vcpu);

	if (msrs)
		memcpy(msrs, of->msr, of->nr_msrs * sizeof(*msrs));
	*count = of->nr_msrs;
	return 0;
}

int xc_vcpu_set_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t count, const xen_domctl_vcpu_msr_t *msrs)
{
	struct machine_vcpu *to = vcpu_of(domid, vcpu);

	if (!to || count > 2)
		return with_errno(EINVAL);
	memcpy(to->msr, msrs, count * sizeof(*msrs));
	to->nr_msrs = count;
	return 0;
}

/* ---- hardware virtualization ---- */

int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t *value)
{
	if (param >= 64 || !domain(dom)->is_hvm)
		return with_errno(EINVAL);
	*value = domain(dom)->param[param];
	return 0;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
	if (param >= 64 || !domain(dom)->is_hvm)
		return with_errno(EINVAL);
	domain(dom)->param[param] = value;
	return 0;
}

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *buffer, uint32_t size)
{
	if (buffer)
		memcpy(buffer, domain(domid)->context, domain(domid)->context_bytes);
	return (int)domain(domid)->context_bytes;
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *context, uint32_t size)
{
	if (size > sizeof(domain(domid)->context))
		return with_errno(EINVAL);
	memcpy(domain(domid)->context, context, size);
	domain(domid)->context_bytes = size;
	return 0;
}

/* ---- a process apart: scenario save has it ---- */

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger, unsigned int open_flags)
{
	fail_msg("the tests have but one handle");
	return NULL;
}

int write_in_child(int (*run)(void *data, struct complaint *complaint), void *data, struct complaint *complaint)
{
	fail_msg("mappings of another process would not be seen here");
	return -ENOSYS;
}
