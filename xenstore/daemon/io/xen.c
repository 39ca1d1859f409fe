/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor as the store's platform: pages by grant, event channels by /dev/xen/evtchn, domain
 * 0's own ring as its kernel offers it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "io.h"
#include "../core/log.h"
#include "../core/ring.h"

/* The backend device's request for the port, where xenfs is not mounted. */
#define BACKEND_EVTCHN	_IOC(_IOC_NONE, 'B', 0, 0)
#define PORTS_PER_ROUND 64
#define PAGE_BYTES	4096

struct xen {
	struct platform platform; /* first */
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	xc_interface *xc;
	evtchn_port_t virq;
	/* The domain behind each local port, plus one. */
	uint32_t *owner;
	uint32_t nr_owners;
	/* All domains, during a round of checks. */
	xc_domaininfo_t *info;
	int nr_info; /* -1: ask one by one */
};

static struct xen *of(struct platform *platform)
{
	return (struct xen *)platform;
}

static void *map_dom0(int *error)
{
	static const char *const files[] = { "/proc/xen/xsd_kva", "/dev/xen/xenbus_backend" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_RDWR | O_CLOEXEC);
		void *page;

		if (fd < 0) {
			*error = -errno;
			continue;
		}
		page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		*error = -errno;
		close(fd);
		if (page != MAP_FAILED)
			return page;
	}
	return NULL;
}

static struct xenstore_domain_interface *xen_map(struct platform *platform, uint32_t domid,
						 uint64_t gfn, int *error)
{
	void *page;

	if (!domid)
		return map_dom0(error);
	page = xengnttab_map_grant_ref(of(platform)->gnttab, domid, GNTTAB_RESERVED_XENSTORE,
				       PROT_READ | PROT_WRITE);
	if (!page)
		*error = errno ? -errno : -EINVAL;
	return page;
}

static void xen_unmap(struct platform *platform, uint32_t domid,
		      struct xenstore_domain_interface *page)
{
	if (domid)
		xengnttab_unmap(of(platform)->gnttab, page, 1);
	else
		munmap(page, PAGE_BYTES);
}

static void set_owner(struct xen *xen, uint32_t port, uint32_t owner)
{
	if (port >= xen->nr_owners) {
		uint32_t nr = port + 64;

		xen->owner = xrealloc(xen->owner, nr * sizeof(*xen->owner));
		memset(xen->owner + xen->nr_owners, 0, (nr - xen->nr_owners) * sizeof(*xen->owner));
		xen->nr_owners = nr;
	}
	xen->owner[port] = owner;
}

static int xen_bind(struct platform *platform, uint32_t domid, uint32_t remote, uint32_t *local)
{
	xenevtchn_port_or_error_t port =
	    xenevtchn_bind_interdomain(of(platform)->evtchn, domid, remote);

	if (port < 0)
		return errno ? -errno : -EINVAL;
	*local = (uint32_t)port;
	set_owner(of(platform), *local, domid + 1);
	return 0;
}

static void xen_unbind(struct platform *platform, uint32_t domid, uint32_t local)
{
	set_owner(of(platform), local, 0);
	xenevtchn_unbind(of(platform)->evtchn, local);
}

static void xen_notify(struct platform *platform, uint32_t domid, uint32_t local)
{
	xenevtchn_notify(of(platform)->evtchn, local);
}

static enum domain_state judge(const xc_domaininfo_t *info)
{
	if (info->flags & XEN_DOMINF_dying)
		return DOMAIN_GONE;
	return info->flags & XEN_DOMINF_shutdown ? DOMAIN_SHUT_DOWN : DOMAIN_RUNS;
}

static int by_domid(const void *key, const void *element)
{
	uint32_t domid = *(const uint32_t *)key;
	const xc_domaininfo_t *info = element;

	return (domid > info->domain) - (domid < info->domain);
}

static enum domain_state xen_state(struct platform *platform, uint32_t domid)
{
	struct xen *xen = of(platform);
	const xc_domaininfo_t *found;
	xc_domaininfo_t one;

	if (xen->nr_info >= 0) {
		found = bsearch(&domid, xen->info, (size_t)xen->nr_info, sizeof(*found), by_domid);
		return found ? judge(found) : DOMAIN_GONE;
	}
	/* The call gives the first domain from this number on. When it fails, nobody is declared
	 * dead. */
	switch (xc_domain_getinfolist(xen->xc, domid, 1, &one)) {
	case 1:
		return one.domain == domid ? judge(&one) : DOMAIN_GONE;
	case 0:
		return DOMAIN_GONE;
	default:
		return DOMAIN_RUNS;
	}
}

/* As many as one page holds: for more each call would have to map memory. */
#define BATCH (4096 / (int)sizeof(xc_domaininfo_t))

static void xen_round(struct platform *platform, bool begins)
{
	struct xen *xen = of(platform);
	uint32_t first = 0;
	int n;

	xen->nr_info = begins ? 0 : -1;
	while (begins) {
		xen->info =
		    xrealloc(xen->info, (size_t)(xen->nr_info + BATCH) * sizeof(*xen->info));
		n = xc_domain_getinfolist(xen->xc, first, BATCH, xen->info + xen->nr_info);
		if (n < 0) {
			log_error("the hypervisor does not list its domains: %s", strerror(errno));
			xen->nr_info = -1;
			return;
		}
		xen->nr_info += n;
		if (n < BATCH)
			return;
		first = xen->info[xen->nr_info - 1].domain + 1u;
	}
}

static int xen_fd(struct platform *platform)
{
	return xenevtchn_fd(of(platform)->evtchn);
}

static void xen_event(struct xen *xen, struct store *store, uint32_t port)
{
	uint32_t owner = port < xen->nr_owners ? xen->owner[port] : 0;
	struct domain *domain = owner ? domain_find(store, owner - 1) : NULL;

	if (port == xen->virq)
		domains_check(store);
	else if (domain && domain->conn)
		ring_service(domain->conn);
}

static void xen_dispatch(struct platform *platform, struct store *store)
{
	struct xen *xen = of(platform);

	for (int i = 0; i < PORTS_PER_ROUND; i++) {
		xenevtchn_port_or_error_t port = xenevtchn_pending(xen->evtchn);

		if (port < 0)
			return;
		/* Before it is served: what comes meanwhile fires it again. */
		xenevtchn_unmask(xen->evtchn, (evtchn_port_t)port);
		xen_event(xen, store, (uint32_t)port);
	}
}

static int xen_dom0_port(struct platform *platform, uint32_t *port)
{
	char text[32] = "";
	int fd = open("/proc/xen/xsd_port", O_RDONLY | O_CLOEXEC);
	int number = -1;

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			number = atoi(text);
	} else {
		fd = open("/dev/xen/xenbus_backend", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		number = ioctl(fd, BACKEND_EVTCHN);
	}
	close(fd);
	*port = (uint32_t)number;
	return number > 0 ? 0 : -ENODEV;
}

static void xen_close(struct platform *platform)
{
	struct xen *xen = of(platform);

	if (xen->evtchn)
		xenevtchn_close(xen->evtchn);
	if (xen->gnttab)
		xengnttab_close(xen->gnttab);
	if (xen->xc)
		xc_interface_close(xen->xc);
	free(xen->owner);
	free(xen->info);
	free(xen);
}

static const struct platform xen_ops = {
	.map = xen_map,
	.unmap = xen_unmap,
	.bind = xen_bind,
	.unbind = xen_unbind,
	.notify = xen_notify,
	.state = xen_state,
	.round = xen_round,
	.fd = xen_fd,
	.dispatch = xen_dispatch,
	.dom0_port = xen_dom0_port,
	.close = xen_close,
};

static bool open_all(struct xen *xen)
{
	xenevtchn_port_or_error_t virq;
	int fd;

	xen->evtchn = xenevtchn_open(NULL, 0);
	if (!xen->evtchn) {
		log_error("event channels cannot be opened: %s; is this domain 0, with module "
			  "xen-evtchn loaded?",
			  strerror(errno));
		return false;
	}
	fd = xenevtchn_fd(xen->evtchn);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	xen->xc = xc_interface_open(NULL, NULL, 0);
	if (!xen->xc) {
		log_error("the hypervisor does not answer: %s; is this domain 0, with module "
			  "xen-privcmd loaded?",
			  strerror(errno));
		return false;
	}
	xen->gnttab = xengnttab_open(NULL, 0);
	if (!xen->gnttab) {
		log_error("grants cannot be mapped: %s; load module xen-gntdev", strerror(errno));
		return false;
	}
	virq = xenevtchn_bind_virq(xen->evtchn, VIRQ_DOM_EXC);
	if (virq < 0) {
		log_error("deaths of domains are not told to us: %s; does another xenstored run?",
			  strerror(errno));
		return false;
	}
	xen->virq = (evtchn_port_t)virq;
	return true;
}

struct platform *xen_platform(void)
{
	struct xen *xen = xzalloc(sizeof(*xen));

	xen->platform = xen_ops;
	xen->nr_info = -1;
	if (open_all(xen))
		return &xen->platform;
	xen_close(&xen->platform);
	return NULL;
}
