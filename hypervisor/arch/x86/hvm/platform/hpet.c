/* SPDX-License-Identifier: MIT */
/*
 * The high precision event timer: a counter of 16 ns ticks and three comparators. Source: IA-PC HPET specification 1.0a.
 *
 * A comparator's interrupt goes to a pin of the I/O APIC between 20 and 23, or, in legacy mode, the first two take the
 * place of the PIT's and the RTC's. An edge is a pulse; a level stays until its bit in the status register is cleared.
 *
 * LIMITS: no messages (FSB); periods below 100 µs are stretched.
 */
#include <hv/time.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

#define BASE		0xfed00000ull
#define TICK_NS		16u
#define MISSED_TICKS	0x100000u
#define CAPABILITIES	(0x80860001ull | (HPET_TIMER_NUM - 1) << 8 | 1u << 13 | 1u << 15 | (uint64_t)TICK_NS * 1000000 << 32)
#define REG_ID		0x000u
#define REG_CONFIG	0x010u
#define REG_STATUS	0x020u
#define REG_COUNTER	0x0f0u
#define REG_TIMERS	0x100u /* 0x20 apart: configuration, comparator, message */
#define CONFIG_ON	1ull
#define CONFIG_LEGACY	2ull

#define T_LEVEL		(1u << 1)
#define T_ON		(1u << 2)
#define T_PERIODIC	(1u << 3)
#define T_SET_VALUE	(1u << 6)
#define T_32BIT		(1u << 8)
#define T_ROUTE_SHIFT	9
#define T_WRITABLE	0x3f4eull /* level, on, periodic, set value, 32 bit, route */
#define T_FIXED		(1ull << 4 | 1ull << 5 | 0x00f00000ull << 32) /* can be periodic, 64 bits, pins 20 to 23 */

static struct vhpet *hpet_of(const struct domain *d)
{
	return &hvm_platform_of(d)->hpet;
}

static bool is_on(const struct vhpet *h)
{
	return h->config & CONFIG_ON;
}

bool vhpet_legacy(const struct domain *d)
{
	return (READ_ONCE(hpet_of(d)->config) & (CONFIG_ON | CONFIG_LEGACY)) == (CONFIG_ON | CONFIG_LEGACY);
}

static uint64_t counter(const struct vhpet *h)
{
	return is_on(h) ? (uint64_t)(NOW() + h->offset) / TICK_NS : h->stopped_at;
}

static bool is_periodic(const struct vhpet *h, unsigned int i)
{
	return h->t[i].config & T_PERIODIC && h->t[i].period;
}

/* ---- interrupts ---- */

static void wire(struct domain *d, unsigned int i, bool level)
{
	const struct vhpet *h = hpet_of(d);
	unsigned int route = (unsigned int)(h->t[i].config >> T_ROUTE_SHIFT) & 31;

	if (h->config & CONFIG_LEGACY && i < 2)
		hvm_isa_irq_set(d, i ? ISA_IRQ_RTC : ISA_IRQ_TIMER, level);
	else if (route >= 20 && route < 24)
		hvm_gsi_set(d, route, level);
}

static void fire(struct domain *d, unsigned int i)
{
	struct vhpet *h = hpet_of(d);

	if (!(h->t[i].config & T_ON))
		return;
	if (h->t[i].config & T_LEVEL) {
		if (!(h->isr >> i & 1)) {
			h->isr |= 1ull << i;
			wire(d, i, true);
		}
	} else {
		wire(d, i, true);
		wire(d, i, false);
	}
}

static void clear_status(struct domain *d, uint64_t bits)
{
	struct vhpet *h = hpet_of(d);

	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++) {
		if (!(bits & h->isr & 1ull << i))
			continue;
		h->isr &= ~(1ull << i);
		wire(d, i, false);
	}
}

/* Ticks until the comparator matches. One that was set just now and just missed matches at once, not after a turn. */
static uint64_t ticks_left(const struct vhpet *h, unsigned int i, bool fresh)
{
	uint64_t left = h->t[i].cmp - counter(h), most = ~0ull;

	if (h->t[i].config & T_32BIT) {
		left = (uint32_t)left;
		most = 0xffffffff;
	}
	return fresh && left > most - MISSED_TICKS ? 0 : left;
}

static void arm_comparator(struct vhpet *h, unsigned int i, bool fresh)
{
	uint64_t left;

	if (!is_on(h) || !(h->t[i].config & T_ON)) {
		stop_timer(&h->t[i].timer);
		return;
	}
	left = ticks_left(h, i, fresh);
	if (left < (uint64_t)SECONDS(1000000000) / TICK_NS)
		set_timer(&h->t[i].timer, NOW() + (s_time_t)(left * TICK_NS));
	else
		stop_timer(&h->t[i].timer);
}

static void arm(struct vhpet *h, unsigned int i)
{
	arm_comparator(h, i, false);
}

static void arm_all(struct vhpet *h)
{
	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++)
		arm(h, i);
}

/* The next match of a periodic comparator that lies ahead. */
static void advance(struct vhpet *h, unsigned int i)
{
	uint64_t period = max(h->t[i].period, (uint64_t)PLATFORM_MIN_PERIOD / TICK_NS), late = counter(h) - h->t[i].cmp;

	if (h->t[i].config & T_32BIT)
		late = (uint32_t)late;
	h->t[i].cmp += (late / period + 1) * period;
	if (h->t[i].config & T_32BIT)
		h->t[i].cmp = (uint32_t)h->t[i].cmp;
}

static void expired(void *data)
{
	struct vhpet_timer *t = data;
	struct domain *d = t->domain;
	struct vhpet *h = hpet_of(d);
	unsigned int i = t->index;

	spin_lock(&h->lock);
	if (is_on(h) && h->t[i].config & T_ON) {
		fire(d, i);
		if (is_periodic(h, i)) {
			advance(h, i);
			arm(h, i);
		}
	}
	spin_unlock(&h->lock);
}

/* ---- registers ---- */

static uint64_t read_timer(const struct vhpet *h, unsigned int i, unsigned int reg)
{
	return reg == 0 ? h->t[i].config : reg == 8 ? h->t[i].cmp : 0;
}

static uint64_t read_reg(const struct vhpet *h, unsigned int reg)
{
	unsigned int i = (reg - REG_TIMERS) / 0x20;

	switch (reg) {
	case REG_ID:
		return CAPABILITIES;
	case REG_CONFIG:
		return h->config;
	case REG_STATUS:
		return h->isr;
	case REG_COUNTER:
		return counter(h);
	}
	return reg >= REG_TIMERS && i < HPET_TIMER_NUM ? read_timer(h, i, reg & 0x1f) : 0;
}

static void write_config(struct domain *d, struct vhpet *h, uint64_t val)
{
	uint64_t old = h->config, now = counter(h);

	val &= CONFIG_ON | CONFIG_LEGACY;
	if ((old ^ val) & CONFIG_LEGACY)
		clear_status(d, ~0ull);
	if (val & ~old & CONFIG_ON)
		h->offset = (s_time_t)(now * TICK_NS) - NOW();
	h->stopped_at = now;
	WRITE_ONCE(h->config, val);
	arm_all(h);
}

static void write_timer_config(struct domain *d, struct vhpet *h, unsigned int i, uint64_t val)
{
	val = (val & T_WRITABLE) | T_FIXED;
	if ((val ^ h->t[i].config) & (T_LEVEL | 31u << T_ROUTE_SHIFT))
		clear_status(d, 1ull << i);
	h->t[i].config = val;
	if (val & T_32BIT) {
		h->t[i].cmp = (uint32_t)h->t[i].cmp;
		h->t[i].period = (uint32_t)h->t[i].period;
	}
	arm(h, i);
}

/* In periodic mode a value is the period, except once after "set value": then it is the comparator. */
static void write_comparator(struct vhpet *h, unsigned int i, uint64_t val)
{
	uint32_t config = (uint32_t)h->t[i].config;

	if (config & T_32BIT)
		val = (uint32_t)val;
	if (!(config & T_PERIODIC) || config & T_SET_VALUE)
		h->t[i].cmp = val;
	if (config & T_PERIODIC && !(config & T_SET_VALUE))
		h->t[i].period = val & ~0ull >> 1;
	h->t[i].config &= ~(uint64_t)T_SET_VALUE;
	arm_comparator(h, i, true);
}

static void write_reg(struct domain *d, struct vhpet *h, unsigned int reg, uint64_t val)
{
	unsigned int i = (reg - REG_TIMERS) / 0x20;

	switch (reg) {
	case REG_CONFIG:
		write_config(d, h, val);
		return;
	case REG_STATUS:
		clear_status(d, val);
		return;
	case REG_COUNTER: /* while it stands still */
		if (!is_on(h))
			h->stopped_at = val;
		return;
	}
	if (reg < REG_TIMERS || i >= HPET_TIMER_NUM)
		return;
	if ((reg & 0x1f) == 0)
		write_timer_config(d, h, i, val);
	else if ((reg & 0x1f) == 8)
		write_comparator(h, i, val);
}

/* Aligned accesses of 4 and 8 bytes. */
bool vhpet_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val)
{
	struct domain *d = v->domain;
	struct vhpet *h = hpet_of(d);
	unsigned int offset = gpa & 0x3ff, shift = (offset & 4) * 8, reg = offset & ~7u;
	uint64_t old;

	if (gpa < BASE || gpa >= BASE + 0x400 || !d->arch.hvm->params[HVM_PARAM_HPET_ENABLED])
		return false;
	if ((size != 4 && size != 8) || offset & (size - 1)) {
		*val = ~0ull;
		return true;
	}
	spin_lock(&h->lock);
	old = read_reg(h, reg);
	if (!write) {
		*val = old >> shift;
	} else if (size == 8) {
		write_reg(d, h, reg, *val);
	} else {
		if (reg == REG_STATUS) /* ones clear: the other half is to stay */
			old = 0;
		write_reg(d, h, reg, (old & ~(0xffffffffull << shift)) | (*val & 0xffffffff) << shift);
	}
	spin_unlock(&h->lock);
	return true;
}

/* ---- life ---- */

void vhpet_init(struct domain *d)
{
	struct vhpet *h = hpet_of(d);

	spin_lock_init(&h->lock);
	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++) {
		h->t[i].config = T_FIXED;
		h->t[i].cmp = ~0ull;
		h->t[i].domain = d;
		h->t[i].index = (uint8_t)i;
		init_timer(&h->t[i].timer, expired, &h->t[i], 0);
	}
}

void vhpet_stop(struct domain *d)
{
	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++)
		kill_timer(&hpet_of(d)->t[i].timer);
}

void vhpet_save(struct domain *d, struct hvm_hw_hpet *out)
{
	struct vhpet *h = hpet_of(d);

	spin_lock(&h->lock);
	*out = (struct hvm_hw_hpet){ .capability = CAPABILITIES, .config = h->config, .isr = h->isr, .mc64 = counter(h) };
	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++) {
		out->timers[i].config = h->t[i].config;
		out->timers[i].cmp = h->t[i].cmp;
		out->period[i] = h->t[i].period;
	}
	spin_unlock(&h->lock);
}

int vhpet_load(struct domain *d, const struct hvm_hw_hpet *in)
{
	struct vhpet *h = hpet_of(d);

	spin_lock(&h->lock);
	h->config = in->config & (CONFIG_ON | CONFIG_LEGACY);
	h->isr = in->isr & ((1u << HPET_TIMER_NUM) - 1);
	h->stopped_at = in->mc64;
	h->offset = (s_time_t)(in->mc64 * TICK_NS) - NOW();
	for (unsigned int i = 0; i < HPET_TIMER_NUM; i++) {
		h->t[i].config = (in->timers[i].config & T_WRITABLE) | T_FIXED;
		h->t[i].cmp = in->timers[i].cmp;
		h->t[i].period = in->period[i] & ~0ull >> 1;
		/* A level that was up when it was saved is up again; legacy lines come with the ISA record. */
		if (h->isr >> i & 1 && !(h->config & CONFIG_LEGACY && i < 2))
			wire(d, i, true);
	}
	arm_all(h);
	spin_unlock(&h->lock);
	return 0;
}
