/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console: a ring that `xl dmesg` reads, serial and VGA output, input that goes to
 * Dom0 or, after CTRL-a three times, to the debug keys. printk/log_at/gprintk are in hv/lib.h.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <hv/lib.h>
#include <public/xen.h>

/* A device that shows console output. Registered by arch code; write() runs with the console lock
 * held, interrupts off, and must not printk. */
struct console_device {
	const char *name;
	void (*write)(const char *s, size_t len);
	struct console_device *next;
};
void console_register(struct console_device *dev); /* replays the ring so far */
/* A byte arrived (serial interrupt). Interrupt context. */
void console_receive(char c);
void console_init(void);       /* ring of conring_size=, softirq; once the heap works */
void console_end_boot(void);   /* Dom0 is about to run: input goes to it */
void console_force_unlock(void); /* panic: never wait again */
/* Text of a guest, shown by lines, without control bytes, rate-limited. */
void console_guest_text(domid_t id, const char *s, size_t len);
/* XEN_SYSCTL_readconsole. */
struct xen_sysctl_readconsole;
int console_read_ring(struct xen_sysctl_readconsole *op);
/* Drop rate limits and locks: last words are coming. */
void console_start_sync(void);

#endif
