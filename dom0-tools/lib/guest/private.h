/* SPDX-License-Identifier: MIT */
/*
 * What libxenguest's files share. The work is done by dom0-tools/build; here its steps get the
 * names and the errors of the library.
 */
#ifndef XENGUEST_PRIVATE_H
#define XENGUEST_PRIVATE_H

#include <errno.h>
#include <stdarg.h>

#include "build/build.h"

#include <xenguest.h>

enum step { STEP_NONE, STEP_XEN, STEP_PARSED, STEP_SIZED, STEP_MEMORY, STEP_BUILT, STEP_BOOTED };

struct builder {
	struct xc_dom_image dom; /* what the caller sees; first */
	struct image image;
	bool has_kernel, module_is_mapped;
	bool done[STEP_BOOTED + 1];
	char *cmdline; /* our copy, whatever the caller makes of dom.cmdline */
	struct pv_domain domain;
	struct pv_work work;
};

static inline struct builder *builder_of(struct xc_dom_image *dom)
{
	return (struct builder *)dom;
}

/* libxenctrl's, as for Debian's libxenguest. */
void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Tells about a failure: -1 with errno `error`, which is negative. */
int guest_fail(xc_interface *xch, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for what the builder complained of; 0 if error is. */
int guest_result(struct builder *builder, int error, const struct complaint *why);
/* Is the step before this one done? Otherwise -1 with EINVAL. */
int guest_need(struct builder *builder, enum step step, const char *now, const char *before);

#endif
