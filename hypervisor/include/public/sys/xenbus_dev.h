/* SPDX-License-Identifier: MIT */
/*
 * Linux's /dev/xen/xenbus_backend: how a xenstored that runs in this domain reaches the kernel that
 * has been waiting for it. mmap() of one page is the kernel's xenstore ring.
 */
#ifndef __LINUX_XEN_XENBUS_DEV_H__
#define __LINUX_XEN_XENBUS_DEV_H__

#include <linux/ioctl.h>

/* Returns the ring's event channel. */
#define IOCTL_XENBUS_BACKEND_EVTCHN	_IOC(_IOC_NONE, 'B', 0, 0)

/* For a xenstored in another domain: grants it the ring, returns an unbound port for it. */
#define IOCTL_XENBUS_BACKEND_SETUP	_IOC(_IOC_NONE, 'B', 1, 0)

#endif
