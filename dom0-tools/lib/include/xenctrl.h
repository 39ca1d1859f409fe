/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: the hypervisor's control interface for tools. For programs that include this file:
 *
 * - Unless told otherwise a function returns 0 or a non-NULL pointer, and on failure -1 or NULL
 *   with errno: the hypervisor's own (see the contracts in <xen/domctl.h> and its neighbours), or
 *   ENOMEM from the library. Common to all: EACCES not the control domain, or a hypervisor of
 *   another interface version; EPERM forbidden for this domain; ESRCH no such domain; ENOSYS or
 *   EOPNOTSUPP not offered by this hypervisor; EINVAL.
 * - Functions that only carry a request do not log; those that do more say what went wrong through
 *   the handle's logger.
 * - A handle may be used by several threads. After fork() the child opens its own.
 * - "domid" is a domain's number or DOMID_SELF where the hypervisor takes it. Memory sizes are in
 *   KiB where the name says kb, else in pages of 4096 bytes; frame numbers are GFNs (of PV domains:
 *   MFNs) unless called PFN.
 *
 * The rest is in xenctrl_*.h by subject, all included here.
 */
#ifndef XENCTRL_H
#define XENCTRL_H

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>
#include <xen/grant_table.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/params.h>
#include <xen/kexec.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/xsm/flask_op.h>

#include "xentoollog.h"

#define XENCTRL_HAS_XC_INTERFACE 1

#define XC_PAGE_SHIFT 12
#define XC_PAGE_SIZE  (1UL << XC_PAGE_SHIFT)
#define XC_PAGE_MASK  (~(XC_PAGE_SIZE - 1))

#define INVALID_MFN (~0UL)

/* Barriers for memory shared with other domains. x86 keeps loads in order, and stores. */
#define xen_barrier() __asm__ volatile("" : : : "memory")
#define xen_mb()      __asm__ volatile("lock addl $0, -32(%%rsp)" : : : "memory")
#define xen_rmb()     xen_barrier()
#define xen_wmb()     xen_barrier()

typedef struct xc_interface_core xc_interface;

enum xc_open_flags {
	XC_OPENFLAG_DUMMY = 1 << 0,	    /* no connection: only what needs no hypervisor works */
	XC_OPENFLAG_NON_REENTRANT = 1 << 1, /* used by one thread at a time */
};

/*
 * Opens the control interface. logger NULL: warnings and worse go to stderr. dombuild_logger: for
 * what builds domains, NULL for none. NULL with errno, and a message, if this is no Dom0.
 */
xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned open_flags);
/* NULL is allowed. */
int xc_interface_close(xc_interface *xch);

/* The handles it works through, for use with their own libraries while it is open. */
struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch);
struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch);

/* What kind of failure a message of level ERROR or worse told. */
enum xc_error_code {
	XC_ERROR_NONE = 0,
	XC_INTERNAL_ERROR = 1,
	XC_INVALID_KERNEL = 2,
	XC_INVALID_PARAM = 3,
	XC_OUT_OF_MEMORY = 4,
};
typedef enum xc_error_code xc_error_code;

#define XC_MAX_ERROR_MSG_LEN 1024
typedef struct xc_error {
	enum xc_error_code code;
	char message[XC_MAX_ERROR_MSG_LEN];
} xc_error;

/* The last error logged through the handle; valid until the next. Never NULL. */
const xc_error *xc_get_last_error(xc_interface *handle);
void xc_clear_last_error(xc_interface *xch);
const char *xc_error_code_to_desc(int code);
/* strerror(), safe among threads: the text lives until this thread's next call. */
const char *xc_strerror(xc_interface *xch, int errcode);

#include "xenctrl_buffer.h"
#include "xenctrl_domain.h"
#include "xenctrl_vcpu.h"
#include "xenctrl_memory.h"
#include "xenctrl_sched.h"
#include "xenctrl_host.h"
#include "xenctrl_device.h"

#endif
