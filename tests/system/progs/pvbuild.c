// libraries: xenguest xenctrl
/* SPDX-License-Identifier: MIT */
/*
 * The smallest toolstack: makes a PV domain with the calls of xenguest.h. Written for Xen 4.17's header;
 * compiles with that one and with Serai's.
 *
 *     pvbuild KERNEL RAMDISK MIB COMMAND-LINE TEXT
 *
 * Starts the domain, prints its console until TEXT has been on it, and destroys the domain. Status 0 if
 * the text came within a minute. The domain has no xenstore.
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

/* Prints what the ring holds, and keeps it in `seen` up to its room. */
static void drain(struct xencons_interface *ring, char *seen, size_t room)
{
	XENCONS_RING_IDX end = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	size_t have = strlen(seen);

	for (; ring->out_cons != end; ring->out_cons++) {
		char byte = ring->out[MASK_XENCONS_IDX(ring->out_cons, ring->out)];

		putchar(byte);
		if (byte && have < room - 1)
			seen[have++] = byte;
	}
	seen[have] = '\0';
	fflush(stdout);
}

static int wait_text(struct xencons_interface *ring, const char *text)
{
	static char seen[256 << 10];

	for (int i = 0; i < SECONDS * 50; i++) {
		drain(ring, seen, sizeof(seen));
		if (strstr(seen, text))
			return 0;
		usleep(20000);
	}
	return 1;
}

static int run(struct xc_dom_image *dom, uint32_t domid, const char *text)
{
	struct xencons_interface *ring = xc_map_foreign_range(xc, domid, XC_PAGE_SIZE, PROT_READ | PROT_WRITE,
							      xc_dom_p2m(dom, dom->console_pfn));
	int failed;

	if (!ring)
		return 1;
	printf("domain %u built: console at PFN %" PRIpfn ", xenstore at PFN %" PRIpfn "\n", domid, dom->console_pfn,
	       dom->xenstore_pfn);
	failed = xc_domain_unpause(xc, domid) || wait_text(ring, text);
	printf("\n%s\n", failed ? "the text did not come" : "the text came");
	munmap(ring, XC_PAGE_SIZE);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned int mib = argc == 6 ? strtoul(argv[3], NULL, 10) : 0;
	struct xc_dom_image *dom;
	uint32_t domid = 0;
	int failed = 1;

	if (!mib) {
		fprintf(stderr, "usage: pvbuild KERNEL RAMDISK MIB COMMAND-LINE TEXT\n");
		return 2;
	}
	xc = xc_interface_open(NULL, NULL, 0);
	if (!xc || create(&domid, mib)) {
		fprintf(stderr, "there is no domain: %s\n", strerror(errno));
		return 1;
	}
	xc_dom_loginit(xc);
	dom = xc_dom_allocate(xc, argv[4], NULL);
	if (dom && !prepare(dom, argv, domid) && !build(dom, domid, mib))
		failed = run(dom, domid, argv[5]);
	else
		fprintf(stderr, "domain %u cannot be built: %s\n", domid, strerror(errno));
	if (dom)
		xc_dom_release(dom);
	failed |= xc_domain_destroy(xc, domid) != 0;
	xc_interface_close(xc);
	return failed;
}
