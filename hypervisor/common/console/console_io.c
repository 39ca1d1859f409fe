/* SPDX-License-Identifier: MIT */
/*
 * console_io: the hypervisor's console as guests see it. Dom0 writes its stream to the devices and
 * reads what is typed. Other domains may write only in debug builds, line by line, prefixed and
 * rate-limited; else they get -EPERM, as from a release build of Xen.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include "internal.h"
#include <hv/console_options.h>

#ifdef CONFIG_DEBUG
#define GUESTS_MAY_WRITE true
#else
#define GUESTS_MAY_WRITE false
#endif

/* The unfinished line of the guest that wrote last; another guest's text ends it. */
static struct {
	spinlock_t lock;
	domid_t owner;
	unsigned int len;
	char text[256];
} guest_line;

static void flush_guest_line(void)
{
	guest_line.text[guest_line.len] = '\0';
	if (guest_line.len)
		console_guest_line(guest_line.owner, guest_line.text);
	guest_line.len = 0;
}

void console_guest_text(domid_t id, const char *s, size_t len)
{
	spin_lock(&guest_line.lock);
	if (guest_line.owner != id)
		flush_guest_line();
	guest_line.owner = id;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n' || guest_line.len == sizeof(guest_line.text) - 1)
			flush_guest_line();
		/* Control bytes could forge other lines or steer a terminal. */
		if (s[i] == '\t' || (s[i] >= ' ' && s[i] != 0x7f))
			guest_line.text[guest_line.len++] = s[i];
	}
	spin_unlock(&guest_line.lock);
}

static void write_dom0_text(const char *s, size_t len)
{
	unsigned long flags = console_lock();

	console_emit_raw(s, len);
	console_unlock(flags);
}

static long console_write(guest_ptr_t from, unsigned int count)
{
	const struct domain *d = current->domain;
	char chunk[128];

	for (unsigned int done = 0; done < count;) {
		unsigned int n = min(count - done, (unsigned int)sizeof(chunk));

		if (done && hypercall_preempt_check())
			return hypercall_create_continuation(__HYPERVISOR_console_io, 3,
							     (unsigned long)CONSOLEIO_write,
							     (unsigned long)(count - done),
							     from + done);
		if (raw_copy_from_guest(chunk, from + done, n))
			return -EFAULT;
		if (is_hardware_domain(d))
			write_dom0_text(chunk, n);
		else
			console_guest_text(d->domain_id, chunk, n);
		done += n;
	}
	return 0;
}

static long console_read(guest_ptr_t to, unsigned int count)
{
	char chunk[128];
	unsigned int done = 0;
	size_t n;

	while (done < count &&
	       (n = console_input_take(chunk, min((size_t)(count - done), sizeof(chunk)))) != 0) {
		if (raw_copy_to_guest(to + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

long do_console_io(unsigned long cmd, unsigned long count, unsigned long buffer)
{
	const struct domain *d = current->domain;

	if ((int)cmd != CONSOLEIO_write && (int)cmd != CONSOLEIO_read)
		return -ENOSYS;
	if (!is_hardware_domain(d) && !((int)cmd == CONSOLEIO_write && GUESTS_MAY_WRITE))
		return -EPERM;
	if ((int)count < 0)
		return -EINVAL;
	if ((int)cmd == CONSOLEIO_write)
		return console_write(buffer, (unsigned int)count);
	return console_read(buffer, (unsigned int)count);
}

static void console_softirq(void)
{
	keyhandlers_run_pending();
	console_send_ring_notice();
}

void console_init(void)
{
	open_softirq(SOFTIRQ_CONSOLE, console_softirq);
	ring_grow();
}
