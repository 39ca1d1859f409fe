/* SPDX-License-Identifier: MIT */
/*
 * sched_op(int cmd, void *arg): what a guest may ask of the scheduler, and how it says that it is
 * done. The compat call before interface 0x00030101, sched_op_compat(int cmd, unsigned long arg),
 * knows yield, block and shutdown only, the latter with the reason itself as arg.
 */
#ifndef __XEN_PUBLIC_SCHED_H__
#define __XEN_PUBLIC_SCHED_H__

#include "event_channel.h"

/* Lets others run first; no arg. */
#define SCHEDOP_yield		0

/* Unmasks upcalls and sleeps until one is due, atomically; no arg. */
#define SCHEDOP_block		1

/*
 * Stops all vCPUs of the caller with a reason (sched_shutdown). For SHUTDOWN_suspend a PV guest
 * passes the MFN of its start info page as third argument, and the call returns when the domain
 * runs again: 0 in a new domain, 1 if the suspend was cancelled or only a checkpoint.
 */
#define SCHEDOP_shutdown	2

/* Sleeps until one of the ports (sched_poll) is pending, masked or not, or the timeout passes. */
#define SCHEDOP_poll		3

/* As shutdown, for a domain the caller controls (sched_remote_shutdown). */
#define SCHEDOP_remote_shutdown	4

/* Sets the reason (sched_shutdown) that a later shutdown will report, whatever it gives. */
#define SCHEDOP_shutdown_code	5

/*
 * Watchdog timers (sched_watchdog) whose expiry shuts the domain down. id 0 starts one and returns
 * its id; otherwise the timeout is renewed, or with timeout 0 the timer is removed.
 */
#define SCHEDOP_watchdog	6

/* Pins the calling vCPU to a physical CPU, or ends that (sched_pin_override); hardware domain. */
#define SCHEDOP_pin_override	7

struct sched_shutdown {
	unsigned int reason;			/* [in] SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);

struct sched_poll {
	XEN_GUEST_HANDLE(evtchn_port_t) ports;	/* [in] */
	unsigned int nr_ports;			/* [in] at most 128 */
	uint64_t timeout;			/* [in] absolute system time in ns, 0: forever */
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);

struct sched_remote_shutdown {
	domid_t domain_id;			/* [in] */
	unsigned int reason;			/* [in] SHUTDOWN_* */
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);

struct sched_watchdog {
	uint32_t id;				/* [in] 1-based, 0: new */
	uint32_t timeout;			/* [in] seconds from now */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);

struct sched_pin_override {
	int32_t pcpu;				/* [in] negative: back to normal */
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);

/* Reasons for shutdown. They are for the toolstack; the hypervisor mostly passes them on. */
#define SHUTDOWN_poweroff	0
#define SHUTDOWN_reboot		1
#define SHUTDOWN_suspend	2
#define SHUTDOWN_crash		3
#define SHUTDOWN_watchdog	4
/* Start over with the same memory and vCPU state, but all hypervisor interfaces reset. */
#define SHUTDOWN_soft_reset	5
#define SHUTDOWN_MAX		5

#endif /* __XEN_PUBLIC_SCHED_H__ */
