/* SPDX-License-Identifier: MIT */
/*
 * What libxenctrl's files share: the handle, and the one way to issue a hypercall.
 *
 * A wrapper fills a structure and says, in a table of `struct bounce`, which memory of its caller
 * the structure's handles stand for. call_hypervisor() moves all of it into hypercall buffers,
 * calls, and moves back what was [out]; nothing else in the library copies.
 */
#ifndef XENCTRL_PRIVATE_H
#define XENCTRL_PRIVATE_H

#include <errno.h>
#include <string.h>

#include <xencall.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

/*
 * The order of these members is part of the binary interface: Debian's libxenguest uses them. So
 * are the two of them that are of no use here.
 */
struct xc_interface_core {
	int flags;
	xentoollog_logger *error_handler, *error_handler_tofree;
	xentoollog_logger *dombuild_logger, *dombuild_logger_tofree;
	struct xc_error last_error;
	FILE *dombuild_logger_file;	/* libxenguest opens it, closing is ours */
	const char *currently_progress_reporting;
	xencall_handle *xcall;
	xenforeignmemory_handle *fmem;
	void *dmod;			/* a device model library's handle; never set */
};
_Static_assert(offsetof(struct xc_interface_core, xcall) == 0x440, "libxenguest's view");
_Static_assert(offsetof(struct xc_interface_core, fmem) == 0x448, "libxenguest's view");

/* Memory of the caller that a handle inside a hypercall's structure stands for. */
struct bounce {
	void *handle;		/* the handle, in the structure */
	uintptr_t user;		/* 0: the handle becomes NULL */
	size_t bytes;
	unsigned int dir;	/* XC_HYPERCALL_BUFFER_BOUNCE_* */
	void *safe;		/* call_hypervisor()'s own */
};
#define BOUNCE(hnd, pointer, size, how) \
	{ .handle = &(hnd), .user = (uintptr_t)(pointer), .bytes = (size), .dir = (how) }
#define IN    XC_HYPERCALL_BUFFER_BOUNCE_IN
#define OUT   XC_HYPERCALL_BUFFER_BOUNCE_OUT
#define INOUT XC_HYPERCALL_BUFFER_BOUNCE_BOTH
#define MAX_BOUNCES 5

/* A hypercall with a structure. The structure's address is argument number `where` (0 or 1). */
struct request {
	unsigned int op;	/* __HYPERVISOR_* */
	uint64_t arg[3];	/* the others */
	unsigned int nr_args;
	unsigned int where;
	void *structure;	/* [in/out] */
	size_t bytes;
};

/*
 * Issues it. Handles in the structure are meaningless afterwards. Returns the hypervisor's result,
 * or -1 with errno.
 */
long call_hypervisor(xc_interface *xch, const struct request *request, struct bounce *bounces,
		     unsigned int nr);

/* The kinds of request. The variadic ones take the bounces. */
long domctl_bounced(xc_interface *xch, struct xen_domctl *domctl, struct bounce *bounces,
		    unsigned int nr);
long sysctl_bounced(xc_interface *xch, struct xen_sysctl *sysctl, struct bounce *bounces,
		    unsigned int nr);
long memory_bounced(xc_interface *xch, unsigned int cmd, void *arg, size_t bytes,
		    struct bounce *bounces, unsigned int nr);
int do_domctl(xc_interface *xch, struct xen_domctl *domctl);
int do_sysctl(xc_interface *xch, struct xen_sysctl *sysctl);
/* op(cmd, &arg): event_channel_op, sched_op, physdev_op, hvm_op. */
int do_op(xc_interface *xch, unsigned int hypercall, unsigned int cmd, void *arg, size_t bytes);

/* memset() and not an initialiser, which need not reach all of a union. */
static inline struct xen_domctl domctl_for(uint32_t domid, uint32_t cmd)
{
	struct xen_domctl domctl;

	memset(&domctl, 0, sizeof(domctl));
	domctl.cmd = cmd;
	domctl.domain = (domid_t)domid;
	return domctl;
}

static inline struct xen_sysctl sysctl_for(uint32_t cmd)
{
	struct xen_sysctl sysctl;

	memset(&sysctl, 0, sizeof(sysctl));
	sysctl.cmd = cmd;
	return sysctl;
}

/* 0 for what the hypervisor took, -1 otherwise. */
static inline int as_status(long result)
{
	return result < 0 ? -1 : 0;
}

static inline int fail(int error)
{
	errno = error;
	return -1;
}

/* Bits of a map in the caller's memory, cut to what there is; user and bytes go into a bounce. */
static inline void set_bits(struct xenctl_bitmap *bitmap, int bytes)
{
	bitmap->nr_bits = (uint32_t)bytes * 8;
}

/* Messages through the handle's logger; errno is kept. */
void xc_report(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level, int code,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void xc_reportv(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level, int code,
		const char *fmt, va_list args) __attribute__((format(printf, 5, 0)));
/* As an error; with errno explained if code is XC_INTERNAL_ERROR. */
void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define report(xch, ...) xc_report((xch), (xch)->error_handler, XTL_ERROR, XC_INTERNAL_ERROR, \
				   __VA_ARGS__)

/* For libxenguest: progress of a long operation, whose name is set first. */
const char *xc_set_progress_prefix(xc_interface *xch, const char *doing);
void xc_report_progress_single(xc_interface *xch, const char *doing);
void xc_report_progress_step(xc_interface *xch, unsigned long done, unsigned long total);

/* Maps of 64-bit words and of bytes; on a little endian machine the same but for bits past the end. */
void bitmap_64_to_byte(uint8_t *bp, const uint64_t *lp, int nbits);
void bitmap_byte_to_64(uint64_t *lp, const uint8_t *bp, int nbits);

#endif
