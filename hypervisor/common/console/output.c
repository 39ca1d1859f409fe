/* SPDX-License-Identifier: MIT */
/*
 * Console output: printk and its kin, levels, rate limit, devices.
 *
 * Every line of the hypervisor's own starts with "(XEN) ", the prefix that tools and eyes look for.
 * Dom0's stream passes unchanged; a message that finds it in mid-line starts a new one.
 *
 * A level has two thresholds: below `lower` a message is always printed, from `upper` on never, and
 * between the two at a limited rate. What guests can provoke is in that middle by default.
 *
 * LIMITS: devices are written synchronously with interrupts off, so a slow serial line slows
 * whoever prints.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/percpu.h>
#include <hv/printf.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include "internal.h"
#include <hv/console_options.h>

struct threshold {
	unsigned int lower, upper; /* in enum log_level, exclusive */
};

#ifdef CONFIG_DEBUG
static struct threshold hv_level = { LOG_DEBUG + 1, LOG_DEBUG + 1 };
static struct threshold guest_level = { LOG_ERR, LOG_DEBUG + 1 };
#else
static struct threshold hv_level = { LOG_INFO, LOG_INFO };
static struct threshold guest_level = { LOG_ERR, LOG_INFO };
#endif

static spinlock_t lock = SPIN_LOCK_UNLOCKED;
static bool lock_broken; /* panic: this CPU speaks, whoever held the lock does not matter */

static struct console_device *devices;	   /* guarded by: lock */
static bool at_line_start = true;	   /* hypervisor text; guarded by: lock */
static bool stream_mid_line;		   /* Dom0's last byte was not a newline; guarded by: lock */
static char format_buffer[1024];	   /* guarded by: lock */
static bool dom0_to_ring;		   /* console_to_ring */
static bool ring_notice_due;		   /* atomic: a CON_RING notice is on its way */

unsigned long console_lock(void)
{
	unsigned long flags = local_irq_save();

	if (!READ_ONCE(lock_broken))
		spin_lock(&lock);
	return flags;
}

void console_unlock(unsigned long flags)
{
	if (!READ_ONCE(lock_broken))
		spin_unlock(&lock);
	local_irq_restore(flags);
}

void console_force_unlock(void)
{
	WRITE_ONCE(lock_broken, true);
}

void console_start_sync(void)
{
	console_force_unlock();
	hv_level = guest_level = (struct threshold){ LOG_DEBUG + 1, LOG_DEBUG + 1 };
	at_line_start = true;
}

static void to_devices(const char *s, size_t len)
{
	for (struct console_device *d = devices; d; d = d->next)
		d->write(s, len);
}

void console_emit(const char *s, size_t len)
{
	if (stream_mid_line) {
		to_devices("\n", 1);
		stream_mid_line = false;
	}
	ring_put(s, len);
	to_devices(s, len);
}

void console_emit_raw(const char *s, size_t len)
{
	if (!len)
		return;
	to_devices(s, len);
	if (dom0_to_ring)
		ring_put(s, len);
	stream_mid_line = s[len - 1] != '\n';
}

void console_register(struct console_device *dev)
{
	unsigned long flags = console_lock();
	uint32_t index = ring_first();
	char chunk[128];
	size_t n;

	while ((n = ring_get(&index, chunk, sizeof(chunk))) != 0)
		dev->write(chunk, n);
	dev->next = devices;
	devices = dev;
	console_unlock(flags);
}

/* Dom0 learns of new text by VIRQ_CON_RING, from a softirq: printk runs under any lock. */
void console_notify_ring(void)
{
	if (hardware_domain && !lock_broken &&
	    !__atomic_exchange_n(&ring_notice_due, true, __ATOMIC_RELAXED))
		raise_softirq(SOFTIRQ_CONSOLE);
}

void console_send_ring_notice(void)
{
	if (__atomic_exchange_n(&ring_notice_due, false, __ATOMIC_RELAXED))
		send_global_virq(VIRQ_CON_RING);
}

/* The text in format_buffer, each line that starts here behind the prefix and `who`. */
static void emit_lines(const char *who)
{
	const char *line = format_buffer;

	while (*line) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) + 1 : strlen(line);

		if (at_line_start) {
			console_emit("(XEN) ", 6);
			console_emit(who, strlen(who));
		}
		console_emit(line, len);
		at_line_start = end != NULL;
		line += len;
	}
}

/* Lock held. A message with another origin never continues somebody's unfinished line. */
static void emit_message(const char *who, const char *fmt, va_list ap)
{
	hv_vsnprintf(format_buffer, sizeof(format_buffer), fmt, ap);
	if (*who && !at_line_start) {
		console_emit("\n", 1);
		at_line_start = true;
	}
	emit_lines(who);
}

static __printf(1, 2) void emit_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit_message("", fmt, ap);
	va_end(ap);
}

/* At most BURST messages at once and one more each INTERVAL. Lock held. */
static bool rate_allows(void)
{
	enum { BURST = 10 };
	static const s_time_t interval = MILLISECS(500);
	static s_time_t credit_time;
	static unsigned int suppressed;
	s_time_t now;

	if (!hardware_domain) /* booting: no guest can flood, and time may not run yet */
		return true;
	now = NOW();
	if (credit_time < now - BURST * interval)
		credit_time = now - BURST * interval;
	if (credit_time + interval > now) {
		suppressed++;
		return false;
	}
	credit_time += interval;
	if (suppressed)
		emit_note("%u messages suppressed\n", suppressed);
	suppressed = 0;
	return true;
}

static void log_message(const struct threshold *t, enum log_level lvl, const char *who,
			const char *fmt, va_list ap)
{
	unsigned long flags;
	bool printed;

	if (lvl >= t->upper)
		return;
	flags = console_lock();
	printed = lvl < t->lower || rate_allows();
	if (printed)
		emit_message(who, fmt, ap);
	console_unlock(flags);
	if (printed)
		console_notify_ring();
}

void printk(const char *fmt, ...)
{
	static const struct threshold always = { LOG_DEBUG + 1, LOG_DEBUG + 1 };
	va_list ap;

	va_start(ap, fmt);
	log_message(&always, LOG_ERR, "", fmt, ap);
	va_end(ap);
}

void log_at(enum log_level lvl, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_message(&hv_level, lvl, "", fmt, ap);
	va_end(ap);
}

void gprintk(enum log_level lvl, const char *fmt, ...)
{
	const struct vcpu *v = current;
	char who[24] = "";
	va_list ap;

	if (v)
		hv_snprintf(who, sizeof(who), "d%uv%u ", v->domain->domain_id, v->vcpu_id);
	va_start(ap, fmt);
	log_message(&guest_level, lvl, who, fmt, ap);
	va_end(ap);
}

static __printf(2, 3) void guest_message(const char *who, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_message(&guest_level, LOG_DEBUG, who, fmt, ap);
	va_end(ap);
}

void console_guest_line(domid_t id, const char *line)
{
	char who[16];

	hv_snprintf(who, sizeof(who), "(d%u) ", id);
	guest_message(who, "%s\n", line);
}

static int parse_level(const char **s)
{
	static const struct {
		const char *name;
		int threshold;
	} names[] = {
		{ "none", 0 },		      { "error", LOG_ERR + 1 }, { "warning", LOG_WARNING + 1 },
		{ "info", LOG_INFO + 1 },     { "debug", LOG_DEBUG + 1 }, { "all", LOG_DEBUG + 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i].name);

		if (strncmp(*s, names[i].name, len) == 0) {
			*s += len;
			return names[i].threshold;
		}
	}
	return -EINVAL;
}

/* "<level>" or "<always below>/<rate-limited below>". */
static int parse_threshold(const char *s, struct threshold *t)
{
	int lower = parse_level(&s), upper = lower;

	if (lower < 0)
		return -EINVAL;
	if (*s == '/') {
		s++;
		upper = parse_level(&s);
	}
	if (upper < 0 || *s)
		return -EINVAL;
	t->lower = lower;
	t->upper = max(lower, upper);
	return 0;
}

int console_opt_loglvl(const char *value)
{
	return parse_threshold(value, &hv_level);
}

int console_opt_guest_loglvl(const char *value)
{
	return parse_threshold(value, &guest_level);
}

void console_set_dom0_to_ring(bool yes)
{
	dom0_to_ring = yes;
}
