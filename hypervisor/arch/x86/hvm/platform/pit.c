/* SPDX-License-Identifier: MIT */
/*
 * The 8254 interval timer: three counters at 1.193182 MHz, and port 0x61, which gates the third and reads its output.
 * Source: Intel 82C54 data sheet. A count is not kept: it follows from when it was loaded.
 *
 * LIMITS: binary counting only; ticks that come while the last one still waits are lost.
 */
#include <hv/time.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

#define HZ 1193182u
enum { RW_LATCH, RW_LOW, RW_HIGH, RW_BOTH, RW_BOTH_HIGH }; /* rw_mode; the last: the high byte is next */

static uint64_t ticks_since(const struct vpit *p, unsigned int i)
{
	return ns_to_ticks((uint64_t)(NOW() - p->loaded[i]), HZ);
}

static uint16_t count_now(const struct vpit *p, unsigned int i)
{
	const struct hvm_hw_pit_channel *c = &p->hw.channels[i];
	uint64_t passed = ticks_since(p, i);

	switch (c->mode) {
	case 0:
	case 1:
	case 4:
	case 5:
		return (uint16_t)(c->count - passed);
	case 3: /* counts twice as fast, twice a period */
		return (uint16_t)(c->count - 2 * passed % c->count);
	default:
		return (uint16_t)(c->count - passed % c->count);
	}
}

static bool output_now(const struct vpit *p, unsigned int i)
{
	const struct hvm_hw_pit_channel *c = &p->hw.channels[i];
	uint64_t passed = ticks_since(p, i);

	switch (c->mode) {
	case 0:
		return passed >= c->count;
	case 1:
		return passed < c->count;
	case 2:
		return !passed || passed % c->count;
	case 3:
		return passed % c->count < (c->count + 1) / 2;
	default:
		return passed != c->count;
	}
}

/* ---- channel 0's interrupt ---- */

static void expired(void *data)
{
	struct domain *d = data;
	struct vpit *p = &hvm_platform_of(d)->pit;

	spin_lock(&p->lock);
	if (p->period) {
		s_time_t passed = NOW() - p->loaded[0];

		set_timer(&p->timer, p->loaded[0] + (passed / p->period + 1) * p->period);
	}
	spin_unlock(&p->lock);
	if (!vhpet_legacy(d))
		hvm_isa_irq_pulse(d, ISA_IRQ_TIMER);
}

static void arm(struct vpit *p)
{
	const struct hvm_hw_pit_channel *c = &p->hw.channels[0];
	s_time_t length = (s_time_t)ticks_to_ns(c->count, HZ);
	bool periodic = c->mode == 2 || c->mode == 3;

	p->period = periodic ? max(length, PLATFORM_MIN_PERIOD) : 0;
	if (periodic || c->mode == 0 || c->mode == 4)
		set_timer(&p->timer, p->loaded[0] + (periodic ? p->period : length));
	else
		stop_timer(&p->timer);
}

/* ---- counters ---- */

static void load_count(struct vpit *p, unsigned int i, uint32_t count)
{
	p->hw.channels[i].count = count ? count : 0x10000;
	p->loaded[i] = NOW();
	if (i == 0)
		arm(p);
}

static void latch_count(struct vpit *p, unsigned int i)
{
	struct hvm_hw_pit_channel *c = &p->hw.channels[i];

	if (c->count_latched)
		return;
	c->latched_count = count_now(p, i);
	c->count_latched = c->rw_mode;
}

static void latch_status(struct vpit *p, unsigned int i)
{
	struct hvm_hw_pit_channel *c = &p->hw.channels[i];

	if (c->status_latched)
		return;
	c->status = (uint8_t)(output_now(p, i) << 7 | c->rw_mode << 4 | c->mode << 1);
	c->status_latched = 1;
}

static void read_back(struct vpit *p, uint8_t val)
{
	for (unsigned int i = 0; i < 3; i++) {
		if (!(val & 2u << i))
			continue;
		if (!(val & 0x20))
			latch_count(p, i);
		if (!(val & 0x10))
			latch_status(p, i);
	}
}

static void write_control(struct vpit *p, uint8_t val)
{
	unsigned int i = val >> 6, access = val >> 4 & 3, mode = val >> 1 & 7;
	struct hvm_hw_pit_channel *c = &p->hw.channels[i];

	if (i == 3) {
		read_back(p, val);
	} else if (access == RW_LATCH) {
		latch_count(p, i);
	} else {
		c->rw_mode = c->read_state = c->write_state = (uint8_t)access;
		c->mode = (uint8_t)(mode > 5 ? mode & 3 : mode);
		if (i == 0) /* nothing more until there is a count */
			stop_timer(&p->timer);
	}
}

static void write_counter(struct vpit *p, unsigned int i, uint8_t val)
{
	struct hvm_hw_pit_channel *c = &p->hw.channels[i];

	switch (c->write_state) {
	case RW_HIGH:
		load_count(p, i, (uint32_t)val << 8);
		break;
	case RW_BOTH:
		c->write_latch = val;
		c->write_state = RW_BOTH_HIGH;
		break;
	case RW_BOTH_HIGH:
		load_count(p, i, c->write_latch | (uint32_t)val << 8);
		c->write_state = RW_BOTH;
		break;
	default:
		load_count(p, i, val);
	}
}

static uint8_t read_latched(struct hvm_hw_pit_channel *c)
{
	uint8_t state = c->count_latched;

	c->count_latched = state == RW_BOTH ? RW_BOTH_HIGH : 0;
	return (uint8_t)(state == RW_HIGH || state == RW_BOTH_HIGH ? c->latched_count >> 8 : c->latched_count);
}

static uint8_t read_counter(struct vpit *p, unsigned int i)
{
	struct hvm_hw_pit_channel *c = &p->hw.channels[i];
	uint8_t state = c->read_state;
	uint16_t count;

	if (c->status_latched) {
		c->status_latched = 0;
		return c->status;
	}
	if (c->count_latched)
		return read_latched(c);
	count = count_now(p, i);
	if (state == RW_BOTH || state == RW_BOTH_HIGH)
		c->read_state = state == RW_BOTH ? RW_BOTH_HIGH : RW_BOTH;
	return (uint8_t)(state == RW_HIGH || state == RW_BOTH_HIGH ? count >> 8 : count);
}

/* 0x40 to 0x43 */
bool vpit_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct vpit *p = &hvm_platform_of(v->domain)->pit;

	if (size != 1) {
		*val = ~0u;
		return true;
	}
	spin_lock(&p->lock);
	if (write && (port & 3) == 3)
		write_control(p, (uint8_t)*val);
	else if (write)
		write_counter(p, port & 3, (uint8_t)*val);
	else
		*val = (port & 3) == 3 ? 0xff : read_counter(p, port & 3);
	spin_unlock(&p->lock);
	return true;
}

/* 0x61: bit 0 gate and bit 1 speaker, both ways; bit 4 toggles with each refresh of memory; bit 5 the output. */
bool vpit_speaker(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct vpit *p = &hvm_platform_of(v->domain)->pit;
	struct hvm_hw_pit_channel *c = &p->hw.channels[2];

	if (size != 1) {
		*val = ~0u;
		return true;
	}
	spin_lock(&p->lock);
	if (write) {
		bool gate = *val & 1;

		/* A rising gate starts these modes' count. */
		if (gate && !c->gate && c->mode != 0 && c->mode != 4)
			p->loaded[2] = NOW();
		c->gate = gate;
		p->hw.speaker_data_on = *val >> 1 & 1;
	} else {
		*val = c->gate | p->hw.speaker_data_on << 1 | (NOW() / 15085 & 1) << 4 | (uint32_t)output_now(p, 2) << 5;
	}
	spin_unlock(&p->lock);
	return true;
}

/* ---- life ---- */

void vpit_init(struct domain *d)
{
	struct vpit *p = &hvm_platform_of(d)->pit;

	spin_lock_init(&p->lock);
	init_timer(&p->timer, expired, d, 0);
	for (unsigned int i = 0; i < 3; i++) {
		p->hw.channels[i] = (struct hvm_hw_pit_channel){ .count = 0x10000, .mode = 7, .gate = i != 2 };
		p->loaded[i] = NOW();
	}
}

void vpit_stop(struct domain *d)
{
	kill_timer(&hvm_platform_of(d)->pit.timer);
}

void vpit_save(struct domain *d, struct hvm_hw_pit *out)
{
	struct vpit *p = &hvm_platform_of(d)->pit;

	spin_lock(&p->lock);
	*out = p->hw;
	spin_unlock(&p->lock);
}

/* LIMITS: counters start anew: the record does not say how far they had come. */
int vpit_load(struct domain *d, const struct hvm_hw_pit *in)
{
	struct vpit *p = &hvm_platform_of(d)->pit;

	for (unsigned int i = 0; i < 3; i++) {
		const struct hvm_hw_pit_channel *c = &in->channels[i];

		if (!c->count || c->count > 0x10000 || c->mode > 7 || c->rw_mode > RW_BOTH ||
		    c->read_state > RW_BOTH_HIGH || c->write_state > RW_BOTH_HIGH || c->count_latched > RW_BOTH_HIGH)
			return trace_err(-EINVAL);
	}
	spin_lock(&p->lock);
	p->hw = *in;
	for (unsigned int i = 0; i < 3; i++)
		p->loaded[i] = NOW();
	arm(p);
	spin_unlock(&p->lock);
	return 0;
}
