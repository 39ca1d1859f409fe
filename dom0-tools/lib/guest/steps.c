/* SPDX-License-Identifier: MIT */
/*
 * The steps from an empty domain to one that can run, over those of dom0-tools/build. What a step
 * found out is shown in the caller's structure; the builder's own copy stays the truth.
 */
#include "private.h"

#include <string.h>

#include <xen/version.h>

#define GUEST_TYPE "xen-3.0-x86_64"

int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid)
{
	int version = xc_version(xch, XENVER_version, NULL);

	dom->xch = xch;
	if (version < 0 || xc_version(xch, XENVER_capabilities, &dom->xen_caps) < 0)
		return guest_fail(xch, -errno, "the hypervisor does not tell its version: %s",
				  strerror(errno));
	dom->xen_version = version;
	dom->guest_domid = domid;
	builder_of(dom)->done[STEP_XEN] = true;
	return 0;
}

int xc_dom_parse_image(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);

	if (!builder->has_kernel)
		return guest_fail(dom->xch, -EINVAL,
				  "xc_dom_parse_image() comes after xc_dom_kernel_file()");
	if (dom->container_type != XC_DOM_PV_CONTAINER)
		return guest_fail(dom->xch, -EOPNOTSUPP, "only PV domains can be built");
	dom->guest_type = GUEST_TYPE;
	dom->kernel_seg.vstart = builder->image.start;
	dom->kernel_seg.vend = builder->image.end;
	builder->done[STEP_PARSED] = true;
	return 0;
}

/* Is the type one of the words of the capabilities? */
int xc_dom_compat_check(struct xc_dom_image *dom)
{
	const char *type = dom->guest_type ? dom->guest_type : "unknown";
	size_t length = strlen(type);
	const char *at = dom->xen_caps;

	while (*at) {
		size_t word = strcspn(at, " ");

		if (word == length && !memcmp(at, type, length))
			return 1;
		at += word + strspn(at + word, " ");
	}
	guest_fail(dom->xch, -EOPNOTSUPP,
		   "the hypervisor does not run domains of the type %s, but: %s", type,
		   dom->xen_caps);
	return 0;
}

int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb)
{
	struct builder *builder = builder_of(dom);

	if (builder->done[STEP_MEMORY])
		return guest_fail(dom->xch, -EINVAL, "the domain has its memory already");
	if (!mem_mb)
		return guest_fail(dom->xch, -EINVAL, "a domain of no memory cannot run");
	dom->total_pages = (xen_pfn_t)mem_mb << (20 - PAGE_BITS);
	builder->done[STEP_SIZED] = true;
	return 0;
}

/* A hypervisor without claims gives the memory, or does not, all the same. */
static int claim(const struct xc_dom_image *dom, unsigned long pages)
{
	if (!dom->claim_enabled || !xc_domain_claim_pages(dom->xch, dom->guest_domid, pages) ||
	    errno == ENOSYS || errno == EOPNOTSUPP)
		return 0;
	return guest_fail(dom->xch, -errno, "%lu MiB of memory cannot be claimed: %s", pages >> 8,
			  strerror(errno));
}

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };
	int error;

	if (guest_need(builder, STEP_XEN, __func__, "xc_dom_boot_xen_init") ||
	    guest_need(builder, STEP_PARSED, __func__, "xc_dom_parse_image") ||
	    guest_need(builder, STEP_SIZED, __func__, "xc_dom_mem_init"))
		return -1;
	if (builder->work.p2m)
		return guest_fail(dom->xch, -EINVAL, "the domain has its memory already");
	builder->domain.xc = dom->xch;
	builder->domain.domid = dom->guest_domid;
	builder->domain.image = &builder->image;
	builder->domain.nr_pages = dom->total_pages;
	if (claim(dom, dom->total_pages))
		return -1;
	error = pv_take_memory(&builder->work, &why);
	if (error) {
		claim(dom, 0);
		return guest_result(builder, error, &why);
	}
	dom->pv_p2m = builder->work.p2m;
	dom->p2m_size = builder->domain.nr_pages;
	builder->done[STEP_MEMORY] = true;
	return claim(dom, 0);
}

static void show(struct xc_dom_seg *seg, struct pfn_span span, uint64_t virt)
{
	seg->pfn = span.pfn;
	seg->pages = span.pages;
	seg->vstart = virt;
	seg->vend = virt ? virt + (span.pages << PAGE_BITS) : 0;
}

static void show_layout(struct xc_dom_image *dom, const struct pv_layout *layout)
{
	struct xc_dom_module *ramdisk = &dom->modules[0];

	dom->kernel_seg.pfn = layout->kernel.pfn;
	dom->kernel_seg.pages = layout->kernel.pages;
	show(&dom->p2m_seg, layout->p2m, layout->p2m_virt);
	show(&dom->pgtables_seg, layout->tables, pv_layout_virt(layout, layout->tables.pfn));
	show(&dom->start_info_seg, layout->start_info,
	     pv_layout_virt(layout, layout->start_info.pfn));
	dom->start_info_pfn = layout->start_info.pfn;
	dom->console_pfn = layout->console.pfn;
	dom->xenstore_pfn = layout->xenstore.pfn;
	dom->bootstack_pfn = layout->stack.pfn;
	if (!dom->num_modules)
		return;
	show(&ramdisk->seg, layout->ramdisk, layout->ramdisk_virt);
	dom->initrd_start = layout->ramdisk_virt ? layout->ramdisk_virt : layout->ramdisk.pfn;
	dom->initrd_len = ramdisk->size;
}

int xc_dom_build_image(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };
	int error;

	if (guest_need(builder, STEP_MEMORY, __func__, "xc_dom_boot_mem_init"))
		return -1;
	builder->domain.ramdisk = dom->modules[0].blob;
	builder->domain.ramdisk_bytes = dom->modules[0].size;
	error = pv_place(&builder->work, &why);
	if (!error)
		error = pv_write(&builder->work, PV_FILES, &why);
	if (error)
		return guest_result(builder, error, &why);
	pv_tell_rings(&builder->work);
	show_layout(dom, &builder->work.layout);
	dom->shared_info_mfn = builder->work.shared_info_mfn;
	builder->done[STEP_BUILT] = true;
	return 0;
}

/* What the caller may have changed up to now. */
static int take_wishes(struct xc_dom_image *dom, struct pv_domain *domain)
{
	if (dom->cmdline && strlen(dom->cmdline) >= sizeof(((start_info_t *)0)->cmd_line))
		return guest_fail(dom->xch, -EINVAL, "the command line is too long for a kernel");
	domain->cmdline = dom->cmdline;
	domain->start_flags = dom->flags;
	domain->store_port = dom->xenstore_evtchn;
	domain->console_port = dom->console_evtchn;
	return 0;
}

int xc_dom_boot_image(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };
	int error;

	if (guest_need(builder, STEP_BUILT, __func__, "xc_dom_build_image"))
		return -1;
	if (builder->done[STEP_BOOTED])
		return guest_fail(dom->xch, -EINVAL, "the domain has its start state already");
	if (!xc_dom_compat_check(dom) || take_wishes(dom, &builder->domain))
		return -1;
	error = pv_write(&builder->work, PV_STATE, &why);
	if (!error)
		error = pv_start(&builder->work, &why);
	builder->done[STEP_BOOTED] = !error;
	return guest_result(builder, error, &why);
}

int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);
	struct complaint why = { "" };

	if (guest_need(builder, STEP_BUILT, __func__, "xc_dom_build_image"))
		return -1;
	builder->domain.store_domid = dom->xenstore_domid;
	builder->domain.console_domid = dom->console_domid;
	return guest_result(builder, pv_seed_grants(&builder->domain, &why), &why);
}

static int build_linux(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid,
		       unsigned int mem_mb, const char *kernel, const char *ramdisk)
{
	if (xc_dom_kernel_file(dom, kernel) ||
	    (ramdisk && *ramdisk && xc_dom_module_file(dom, ramdisk, NULL)))
		return -1;
	if (xc_dom_boot_xen_init(dom, xch, domid) || xc_dom_parse_image(dom) ||
	    xc_dom_mem_init(dom, mem_mb) || xc_dom_boot_mem_init(dom) || xc_dom_build_image(dom))
		return -1;
	return xc_dom_boot_image(dom) || xc_dom_gnttab_init(dom) ? -1 : 0;
}

int xc_linux_build(xc_interface *xch, uint32_t domid, unsigned int mem_mb, const char *image_name,
		   const char *ramdisk_name, const char *cmdline, const char *features,
		   unsigned long flags, unsigned int store_evtchn, unsigned long *store_mfn,
		   unsigned int console_evtchn, unsigned long *console_mfn)
{
	struct xc_dom_image *dom = xc_dom_allocate(xch, cmdline, features);
	int result, saved;

	if (!dom)
		return -1;
	dom->flags = flags;
	dom->xenstore_evtchn = store_evtchn;
	dom->console_evtchn = console_evtchn;
	result = build_linux(dom, xch, domid, mem_mb, image_name, ramdisk_name);
	if (!result) {
		*store_mfn = xc_dom_p2m(dom, dom->xenstore_pfn);
		*console_mfn = xc_dom_p2m(dom, dom->console_pfn);
	}
	saved = errno;
	xc_dom_release(dom);
	errno = saved;
	return result;
}
