/* SPDX-License-Identifier: MIT */
/*
 * The smallest toolstack: makes a PV domain with the calls of xenguest.h, written for Xen 4.17's header
 * and compiled with either that one or Serai's.
 *
 *     pvbuild KERNEL RAMDISK MIB COMMAND-LINE
 *
 * Prints the domain's id and its rings, starts it, waits until it has ended, and destroys it. Nobody
 * serves its console ring: what is in it at the end is printed, which is the first and the only 2 KiB.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API 1
#include <xenctrl.h>
#include <xenguest.h>

#include <xen/io/console.h>

#define SECONDS 60

static xc_interface *xc;

static int create(uint32_t *domid, unsigned int mib)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = 4,
		.max_maptrack_frames = 16,
		.grant_opts = 1,
	};

	if (xc_domain_create(xc, domid, &config))
		return -1;
	return xc_domain_max_vcpus(xc, *domid, 1) ||
	       xc_domain_setmaxmem(xc, *domid, ((uint64_t)mib << 10) + 1024);
}

static int prepare(struct xc_dom_image *dom, char **argv, uint32_t domid)
{
	dom->container_type = XC_DOM_PV_CONTAINER;
	dom->flags = 0;
	dom->console_domid = 0;
	dom->xenstore_domid = 0;
	dom->claim_enabled = 1;
	dom->xenstore_evtchn = xc_evtchn_alloc_unbound(xc, domid, 0);
	dom->console_evtchn = xc_evtchn_alloc_unbound(xc, domid, 0);
	return xc_dom_kernel_file(dom, argv[1]) || xc_dom_module_file(dom, argv[2], NULL);
}

static int build(struct xc_dom_image *dom, uint32_t domid, unsigned int mib)
{
	return xc_dom_boot_xen_init(dom, xc, domid) || xc_dom_parse_image(dom) ||
	       xc_dom_mem_init(dom, mib) || xc_dom_boot_mem_init(dom) || xc_dom_build_image(dom) ||
	       xc_dom_boot_image(dom) || xc_dom_gnttab_init(dom);
}

static int wait_end(uint32_t domid)
{
	xc_domaininfo_t info;

	for (int i = 0; i < SECONDS * 10; i++) {
		if (xc_domain_getinfolist(xc, domid, 1, &info) != 1 || info.domain != domid)
			return -1;
		if (info.flags & XEN_DOMINF_shutdown)
			return (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
		usleep(100000);
	}
	return -1;
}

static void print_console(uint32_t domid, xen_pfn_t mfn)
{
	struct xencons_interface *ring = xc_map_foreign_range(xc, domid, XC_PAGE_SIZE, PROT_READ, mfn);

	if (!ring)
		return;
	for (uint32_t at = ring->out_cons; at != ring->out_prod && at - ring->out_cons < sizeof(ring->out); at++)
		putchar(ring->out[at & (sizeof(ring->out) - 1)]);
	munmap(ring, XC_PAGE_SIZE);
}

static int run(struct xc_dom_image *dom, uint32_t domid)
{
	xen_pfn_t console = xc_dom_p2m(dom, dom->console_pfn);
	int reason;

	printf("domain %u built: console at PFN %" PRIpfn ", xenstore at PFN %" PRIpfn "\n", domid, dom->console_pfn,
	       dom->xenstore_pfn);
	fflush(stdout);
	if (xc_domain_unpause(xc, domid))
		return 1;
	reason = wait_end(domid);
	print_console(domid, console);
	printf("\ndomain %u ended: reason %d\n", domid, reason);
	return reason < 0;
}

int main(int argc, char **argv)
{
	unsigned int mib = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	struct xc_dom_image *dom;
	uint32_t domid = 0;
	int failed = 1;

	if (!mib) {
		fprintf(stderr, "usage: pvbuild KERNEL RAMDISK MIB COMMAND-LINE\n");
		return 2;
	}
	xc = xc_interface_open(NULL, NULL, 0);
	if (!xc || create(&domid, mib)) {
		perror("no domain");
		return 1;
	}
	xc_dom_loginit(xc);
	dom = xc_dom_allocate(xc, argv[4], NULL);
	if (dom && !prepare(dom, argv, domid) && !build(dom, domid, mib))
		failed = run(dom, domid);
	else
		fprintf(stderr, "domain %u cannot be built: %s\n", domid, strerror(errno));
	if (dom)
		xc_dom_release(dom);
	xc_domain_destroy(xc, domid);
	xc_interface_close(xc);
	return failed;
}
