/* SPDX-License-Identifier: MIT */
/*
 * What the store needs of the machine below: a page shared with each domain, and event channels.
 *
 * Implementations: io/xen.c (the hypervisor), io/files.c (domains played by files, for tests). A
 * store without a platform serves sockets only.
 */
#ifndef XSD_PLATFORM_H
#define XSD_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

struct store;
struct xenstore_domain_interface;

enum domain_state { DOMAIN_RUNS, DOMAIN_SHUT_DOWN, DOMAIN_GONE };

struct platform {
	/* The domain's page, mapped; NULL with *error = -errno. Domain 0's page is found without
	 * gfn. */
	struct xenstore_domain_interface *(*map)(struct platform *platform, uint32_t domid,
						 uint64_t gfn, int *error);
	void (*unmap)(struct platform *platform, uint32_t domid,
		      struct xenstore_domain_interface *page);
	/* Binds the domain's port to a local one: 0 or -errno. */
	int (*bind)(struct platform *platform, uint32_t domid, uint32_t remote, uint32_t *local);
	void (*unbind)(struct platform *platform, uint32_t domid, uint32_t local);
	void (*notify)(struct platform *platform, uint32_t domid, uint32_t local);
	/* What is known of the domain. */
	enum domain_state (*state)(struct platform *platform, uint32_t domid);
	/* Brackets a round of state(), whose answers may be fetched for all at once. */
	void (*round)(struct platform *platform, bool begins);
	/* A descriptor that is readable when something happened, and what to do then. */
	int (*fd)(struct platform *platform);
	void (*dispatch)(struct platform *platform, struct store *store);
	/* Where domain 0's kernel waits for its store: 0 with *port, or -errno. */
	int (*dom0_port)(struct platform *platform, uint32_t *port);
	void (*close)(struct platform *platform);
};

#endif
