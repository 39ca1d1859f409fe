/* SPDX-License-Identifier: MIT */
/*
 * Linux's /dev/xen/evtchn: event channels for a process. An open file has its own set of ports;
 * read() fetches ports (uint32_t each) whose events have come, which are masked until write() gives
 * them back, poll() waits for one, close() closes them all. Ioctls return -1 and errno on failure.
 */
#ifndef __LINUX_PUBLIC_EVTCHN_H__
#define __LINUX_PUBLIC_EVTCHN_H__

#include <linux/ioctl.h>
#include "../xen.h"

/* The first three make a port and return its number. */
#define IOCTL_EVTCHN_BIND_VIRQ	_IOC(_IOC_NONE, 'E', 0, sizeof(struct ioctl_evtchn_bind_virq))
struct ioctl_evtchn_bind_virq {
	unsigned int virq;		/* VIRQ_*; a per-vCPU one is bound on vCPU 0 */
};

#define IOCTL_EVTCHN_BIND_INTERDOMAIN \
	_IOC(_IOC_NONE, 'E', 1, sizeof(struct ioctl_evtchn_bind_interdomain))
struct ioctl_evtchn_bind_interdomain {
	unsigned int remote_domain, remote_port;	/* that port is bound to us, unbound */
};

#define IOCTL_EVTCHN_BIND_UNBOUND_PORT \
	_IOC(_IOC_NONE, 'E', 2, sizeof(struct ioctl_evtchn_bind_unbound_port))
struct ioctl_evtchn_bind_unbound_port {
	unsigned int remote_domain;	/* who may bind to the new port */
};

/* Closes one port of this file. */
#define IOCTL_EVTCHN_UNBIND	_IOC(_IOC_NONE, 'E', 3, sizeof(struct ioctl_evtchn_unbind))
struct ioctl_evtchn_unbind {
	unsigned int port;
};

/* Sends an event. */
#define IOCTL_EVTCHN_NOTIFY	_IOC(_IOC_NONE, 'E', 4, sizeof(struct ioctl_evtchn_notify))
struct ioctl_evtchn_notify {
	unsigned int port;
};

/* Empties the queue that read() serves, also after it has overflown. */
#define IOCTL_EVTCHN_RESET	_IOC(_IOC_NONE, 'E', 5, 0)

/*
 * From now on and until it is closed the file binds with this domain only. Ports it has already
 * stay usable.
 */
#define IOCTL_EVTCHN_RESTRICT_DOMID \
	_IOC(_IOC_NONE, 'E', 6, sizeof(struct ioctl_evtchn_restrict_domid))
struct ioctl_evtchn_restrict_domid {
	domid_t domid;
};

#endif
