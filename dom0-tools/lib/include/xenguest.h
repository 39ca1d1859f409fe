/* SPDX-License-Identifier: MIT */
/*
 * libxenguest, its image part: makes a PV domain ready to run, from a kernel and a ramdisk.
 * Programs written for the Xen 4.17 header of this name compile as long as they need no more than
 * this.
 *
 * The domain exists already, with its vCPUs and its limit of memory, and is destroyed by the caller
 * when a step fails. The order is
 *   xc_dom_allocate, xc_dom_kernel_*, xc_dom_module_*, xc_dom_boot_xen_init, xc_dom_parse_image,
 *   xc_dom_mem_init, xc_dom_boot_mem_init, xc_dom_build_image, xc_dom_boot_image,
 *   xc_dom_gnttab_init, xc_dom_release
 * and a step whose predecessors are missing fails with EINVAL and says which.
 *
 * Functions return 0, or -1 with errno, a message to the handle's logger and in
 * xc_get_last_error(). One struct xc_dom_image is used by one thread at a time. Not here: HVM and
 * PVH, save and restore, CPU policies, direct access to the new domain's memory, loaders of the
 * caller's.
 */
#ifndef XENGUEST_H
#define XENGUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xenctrl.h"

typedef uint64_t xen_vaddr_t;
typedef uint64_t xen_paddr_t;

#define PRIpfn	       PRI_xen_pfn
#define XG_MAX_MODULES 2

/* What lies where in the new domain: PFNs, and the virtual addresses that show them (0: none). */
struct xc_dom_seg {
	xen_vaddr_t vstart;
	xen_vaddr_t vend;
	xen_pfn_t pfn;
	xen_pfn_t pages;
};

struct xc_dom_module {
	void *blob; /* [out] */
	size_t size;
	void *cmdline;	       /* NULL: modules of PV domains have none */
	struct xc_dom_seg seg; /* [out] from xc_dom_build_image() on */
};

/* Made by xc_dom_allocate() only. [in] members may be set by the caller, the others are read. */
struct xc_dom_image {
	unsigned int num_modules;
	struct xc_dom_module modules[XG_MAX_MODULES];
	size_t max_kernel_size, max_module_size; /* by xc_dom_*_max_size() */

	char *cmdline; /* [in] until xc_dom_boot_image(); may be NULL; the caller's if replaced */
	size_t cmdline_size;

	/* From xc_dom_parse_image() on; kernel_seg's PFNs from xc_dom_build_image() on. */
	const char *guest_type;
	struct xc_dom_seg kernel_seg;

	/* From xc_dom_build_image() on. */
	struct xc_dom_seg p2m_seg, pgtables_seg, start_info_seg;
	xen_pfn_t start_info_pfn;
	xen_pfn_t console_pfn, xenstore_pfn;
	xen_pfn_t bootstack_pfn;
	uint64_t initrd_start, initrd_len; /* as the kernel is told: address or PFN, bytes */

	/* MFN of each PFN, from xc_dom_boot_mem_init() to xc_dom_release(). */
	xen_pfn_t *pv_p2m;
	xen_pfn_t p2m_size;
	xen_pfn_t total_pages; /* by xc_dom_mem_init() */

	unsigned long flags; /* [in] SIF_* */
	/* [in] Event channels of the new domain, and who serves its console and xenstore rings. */
	unsigned int console_evtchn, xenstore_evtchn;
	uint32_t console_domid, xenstore_domid;
	xen_pfn_t shared_info_mfn; /* from xc_dom_build_image() on */

	xc_interface *xch;
	uint32_t guest_domid;
	int claim_enabled; /* [in] not 0: memory is claimed before it is taken */

	/* The hypervisor's, from xc_dom_boot_xen_init() on. */
	int xen_version;
	xen_capabilities_info_t xen_caps;

	enum {
		XC_DOM_PV_CONTAINER,
		XC_DOM_HVM_CONTAINER, /* refused by xc_dom_parse_image() */
	} container_type;	      /* [in] */
};

/* The builder's messages go to the handle's logger; there is no log of its own to open. */
int xc_dom_loginit(xc_interface *xch);

/*
 * NULL with errno and a message. EINVAL: a command line longer than the 1023 bytes a kernel takes.
 * EOPNOTSUPP: features; the kernel's own ELF notes decide, pass NULL.
 */
struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features);
/* Memory of the builder alone: the domain stays. */
void xc_dom_release(struct xc_dom_image *dom);

/*
 * The most bytes of an (unpacked) kernel or of a ramdisk taken from then on; 0: no limit, but that
 * kernels are never larger than 1 GiB. The default is XC_DOM_DECOMPRESS_MAX.
 */
#ifndef XC_DOM_DECOMPRESS_MAX
#define XC_DOM_DECOMPRESS_MAX (1024 * 1024 * 1024)
#endif
int xc_dom_kernel_max_size(struct xc_dom_image *dom, size_t sz);
int xc_dom_module_max_size(struct xc_dom_image *dom, size_t sz);
/* Not 0, with a message, if a kernel of sz bytes is too large. */
int xc_dom_kernel_check_size(struct xc_dom_image *dom, size_t sz);

/*
 * The kernel: ELF or a bzImage, compressed in any way Linux knows. Its form is checked here, so
 * what is no PV kernel fails now: ENOEXEC, EOPNOTSUPP. Memory stays the caller's and stays as it is
 * until xc_dom_build_image() returns. Unpacking starts a program of Serai's, found from the
 * library's place.
 */
int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename);
int xc_dom_kernel_mem(struct xc_dom_image *dom, const void *mem, size_t memsize);
/*
 * The ramdisk, given to the kernel as it is, compressed or not. EOPNOTSUPP: a second one, or a
 * command line of its own, for which PV has no place. Memory: as the kernel's.
 */
int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline);
int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
		      const char *cmdline);

/* Which domain, and what the hypervisor offers. */
int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid);
int xc_dom_parse_image(struct xc_dom_image *dom);
/* 1 if the hypervisor runs domains of guest_type, as its capabilities say; else 0 and a message. */
int xc_dom_compat_check(struct xc_dom_image *dom);
/* How much memory; then takes it. ENOMEM: the hypervisor had less. */
int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb);
int xc_dom_boot_mem_init(struct xc_dom_image *dom);
/*
 * Lays the domain out and writes kernel and ramdisk into it. ENOMEM: they do not fit. This and
 * xc_dom_boot_image() write from a child process they wait for.
 */
int xc_dom_build_image(struct xc_dom_image *dom);
/* Writes start information and page tables, and sets vCPU 0. The domain stays paused. */
int xc_dom_boot_image(struct xc_dom_image *dom);
/* Grants console and xenstore rings to console_domid and xenstore_domid. */
int xc_dom_gnttab_init(struct xc_dom_image *dom);

/*
 * All of the above at once, and the rings' MFNs as result. Rings are granted to domain 0; `flags`
 * are SIF_*.
 */
int xc_linux_build(xc_interface *xch, uint32_t domid, unsigned int mem_mb, const char *image_name,
		   const char *ramdisk_name, const char *cmdline, const char *features,
		   unsigned long flags, unsigned int store_evtchn, unsigned long *store_mfn,
		   unsigned int console_evtchn, unsigned long *console_mfn);

/* Of the kernel's notes, from xc_dom_parse_image() on. No hypercall page: 0. */
uint64_t xc_dom_virt_base(struct xc_dom_image *dom);
uint64_t xc_dom_virt_entry(struct xc_dom_image *dom);
uint64_t xc_dom_virt_hypercall(struct xc_dom_image *dom);

/* Is the domain's physical memory translated by the hypervisor? Never of PV domains. */
bool xc_dom_translated(const struct xc_dom_image *dom);

/* INVALID_MFN: the domain has no such page, or no memory yet. */
static inline xen_pfn_t xc_dom_p2m(struct xc_dom_image *dom, xen_pfn_t pfn)
{
	return pfn < dom->p2m_size ? dom->pv_p2m[pfn] : INVALID_MFN;
}

#endif
