/* SPDX-License-Identifier: MIT */
/*
 * The real-time clock, MC146818 as in PCs: ports 0x70 and 0x71. Registers 0 to 13 are here; the rest of the CMOS memory
 * is the device model's, who is told its index too.
 *
 * The time is not kept, but how far it is from the machine's. While the guest sets it (SET in register B) the date is
 * what it wrote. Interrupts: periodic, alarm and once a second, all ISA 8, held up until register C is read.
 */
#include <hv/time.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>
#include <asm/time.h>

enum { SECONDS_REG, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR, REG_A, REG_B,
       REG_C, REG_D };

#define A_UIP	0x80 /* update in progress: the last part of each second */
#define A_RATE	0x0f
#define A_BASE	0x70
#define A_BASE_ON 0x20
#define B_SET	0x80
#define B_PIE	0x40
#define B_AIE	0x20
#define B_UIE	0x10
#define B_BINARY 0x04
#define B_24H	0x02
#define C_IRQF	0x80 /* and PF, AF, UF at the bits of their enables in B */
#define D_VALID	0x80
#define UPDATE_NS 244000u
#define ANY	0xc0 /* an alarm's field that matches everything */

static uint8_t *regs(struct vrtc *r)
{
	return r->hw.cmos_data;
}

static uint8_t coded(const struct vrtc *r, unsigned int n)
{
	return (uint8_t)(r->hw.cmos_data[REG_B] & B_BINARY ? n : n / 10 << 4 | n % 10);
}

static unsigned int decoded(const struct vrtc *r, uint8_t n)
{
	return r->hw.cmos_data[REG_B] & B_BINARY ? n : (n >> 4) * 10u + (n & 15);
}

/* ---- the calendar ---- */

/* Days since 1 March 0000, by which the leap day is a year's last. */
static int64_t days_of(int64_t year, unsigned int month, unsigned int day)
{
	year -= month <= 2;
	month = (month + 9) % 12;
	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
}
#define DAYS_1970 719468

static void date_of(int64_t days, unsigned int *year, unsigned int *month, unsigned int *day)
{
	int64_t z = days + DAYS_1970, era = z / 146097, of_era = z % 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	*day = (unsigned int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned int)(m < 10 ? m + 3 : m - 9);
	*year = (unsigned int)(y + era * 400 + (*month <= 2));
}

static uint8_t coded_hour(const struct vrtc *r, unsigned int hour)
{
	if (r->hw.cmos_data[REG_B] & B_24H)
		return coded(r, hour);
	return (uint8_t)(coded(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0));
}

static unsigned int decoded_hour(const struct vrtc *r, uint8_t n)
{
	unsigned int hour = decoded(r, n & 0x7f);

	if (r->hw.cmos_data[REG_B] & B_24H)
		return decoded(r, n);
	return hour % 12 + (n & 0x80 ? 12 : 0);
}

/* Now, as seconds since 1970. */
static uint64_t time_now(const struct vrtc *r, uint32_t *nsec)
{
	return wallclock_now(nsec) + (uint64_t)(r->domain->time_offset_seconds + r->hw.rtc_offset);
}

static void show_time(struct vrtc *r, uint64_t now)
{
	unsigned int year, month, day, second = (unsigned int)(now % 86400);
	int64_t days = (int64_t)(now / 86400);
	uint8_t *c = regs(r);

	date_of(days, &year, &month, &day);
	c[SECONDS_REG] = coded(r, second % 60);
	c[MINUTES] = coded(r, second / 60 % 60);
	c[HOURS] = coded_hour(r, second / 3600);
	c[WEEKDAY] = coded(r, (unsigned int)((days + 4) % 7) + 1);
	c[DAY] = coded(r, day);
	c[MONTH] = coded(r, month);
	c[YEAR] = coded(r, year % 100);
}

/* The guest has set the clock: how far is that from the machine's? Years are of 1970 to 2069. */
static void take_time(struct vrtc *r)
{
	const uint8_t *c = regs(r);
	unsigned int year = decoded(r, c[YEAR]), month = decoded(r, c[MONTH]), day = decoded(r, c[DAY]);
	uint32_t nsec;
	int64_t set;

	if (month < 1 || month > 12 || !day || day > 31 || year > 99)
		return;
	set = (days_of(year + (year >= 70 ? 1900 : 2000), month, day) - DAYS_1970) * 86400;
	set += decoded_hour(r, c[HOURS]) * 3600 + decoded(r, c[MINUTES]) * 60 + decoded(r, c[SECONDS_REG]);
	r->hw.rtc_offset = set - r->domain->time_offset_seconds - (int64_t)wallclock_now(&nsec);
	r->seen_second = (uint64_t)set;
}

/* ---- interrupts. lock held ---- */

static void raise_flag(struct vrtc *r, uint8_t flag)
{
	uint8_t *c = regs(r);

	c[REG_C] |= flag;
	if (!(c[REG_C] & c[REG_B] & (B_PIE | B_AIE | B_UIE)) || c[REG_C] & C_IRQF)
		return;
	c[REG_C] |= C_IRQF;
	if (!vhpet_legacy(r->domain))
		hvm_isa_irq_pulse(r->domain, ISA_IRQ_RTC);
}

static bool alarm_field(const struct vrtc *r, unsigned int reg)
{
	uint8_t want = r->hw.cmos_data[reg + 1];

	return (want & ANY) == ANY || want == r->hw.cmos_data[reg];
}

static bool alarm_now(const struct vrtc *r)
{
	return alarm_field(r, SECONDS_REG) && alarm_field(r, MINUTES) && alarm_field(r, HOURS);
}

/* A second is over: the update-ended flag, and the alarm's. */
static void look_at_time(struct vrtc *r)
{
	uint32_t nsec;
	uint64_t now = time_now(r, &nsec);

	if (regs(r)[REG_B] & B_SET || now == r->seen_second)
		return;
	r->seen_second = now;
	show_time(r, now);
	raise_flag(r, (uint8_t)(B_UIE | (alarm_now(r) ? B_AIE : 0)));
}

static void arm_second(struct vrtc *r)
{
	uint32_t nsec;

	if (!(regs(r)[REG_B] & (B_UIE | B_AIE)) || regs(r)[REG_B] & B_SET) {
		stop_timer(&r->second);
		return;
	}
	time_now(r, &nsec);
	set_timer(&r->second, NOW() + 1000000000 - nsec);
}

/* Rates 1 and 2 are those of 8 and 9. */
static void arm_periodic(struct vrtc *r)
{
	unsigned int rate = regs(r)[REG_A] & A_RATE;
	s_time_t period;

	if (!rate || (regs(r)[REG_A] & A_BASE) != A_BASE_ON || !(regs(r)[REG_B] & B_PIE)) {
		r->period = 0;
		stop_timer(&r->periodic);
		return;
	}
	rate += rate < 3 ? 7 : 0;
	period = (s_time_t)ticks_to_ns(1ull << (rate - 1), 32768);
	if (r->period == period)
		return;
	r->period = period;
	r->periodic_start = NOW();
	set_timer(&r->periodic, r->periodic_start + period);
}

static void second_over(void *data)
{
	struct vrtc *r = &hvm_platform_of(data)->rtc;

	spin_lock(&r->lock);
	look_at_time(r);
	arm_second(r);
	spin_unlock(&r->lock);
}

static void period_over(void *data)
{
	struct vrtc *r = &hvm_platform_of(data)->rtc;

	spin_lock(&r->lock);
	if (r->period) {
		s_time_t passed = NOW() - r->periodic_start;

		raise_flag(r, B_PIE);
		set_timer(&r->periodic, r->periodic_start + (passed / r->period + 1) * r->period);
	}
	spin_unlock(&r->lock);
}

/* ---- registers ---- */

static void write_b(struct vrtc *r, uint8_t val)
{
	uint8_t old = regs(r)[REG_B];
	uint32_t nsec;

	if (val & B_SET) {
		if (!(old & B_SET))
			show_time(r, time_now(r, &nsec));
		val &= (uint8_t)~B_UIE;
	} else if (old & B_SET) {
		take_time(r);
	}
	regs(r)[REG_B] = val;
	raise_flag(r, 0);
	arm_second(r);
	arm_periodic(r);
}

static void write_reg(struct vrtc *r, uint8_t val)
{
	unsigned int reg = r->hw.cmos_index;
	uint32_t nsec;

	switch (reg) {
	case REG_A:
		regs(r)[REG_A] = val & (uint8_t)~A_UIP;
		arm_periodic(r);
		break;
	case REG_B:
		write_b(r, val);
		break;
	case REG_C:
	case REG_D:
		break;
	case SECONDS_ALARM:
	case MINUTES_ALARM:
	case HOURS_ALARM:
		regs(r)[reg] = val;
		break;
	default: /* one field, without SET: the others are those of now */
		if (!(regs(r)[REG_B] & B_SET))
			show_time(r, time_now(r, &nsec));
		regs(r)[reg] = val;
		if (!(regs(r)[REG_B] & B_SET))
			take_time(r);
	}
}

static uint8_t read_reg(struct vrtc *r)
{
	unsigned int reg = r->hw.cmos_index;
	uint32_t nsec;
	uint64_t now = time_now(r, &nsec);
	uint8_t val = regs(r)[reg];

	switch (reg) {
	case REG_A:
		return (uint8_t)(val | (nsec >= 1000000000 - UPDATE_NS && !(regs(r)[REG_B] & B_SET) ? A_UIP : 0));
	case REG_C:
		look_at_time(r);
		val = regs(r)[REG_C];
		regs(r)[REG_C] = 0;
		hvm_isa_irq_set(r->domain, ISA_IRQ_RTC, false);
		return val;
	case REG_D:
		return D_VALID;
	}
	if (!(regs(r)[REG_B] & B_SET)) {
		show_time(r, now);
		val = regs(r)[reg];
	}
	return val;
}

bool vrtc_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct vrtc *r = &hvm_platform_of(v->domain)->rtc;
	bool mine = true;

	if (size != 1)
		return false;
	spin_lock(&r->lock);
	if (port & 1) {
		mine = r->hw.cmos_index < RTC_CMOS_SIZE;
		if (mine && write)
			write_reg(r, (uint8_t)*val);
		else if (mine)
			*val = read_reg(r);
	} else if (write) {
		r->hw.cmos_index = *val & 0x7f; /* bit 7 masks NMI, of which there are none */
		mine = r->hw.cmos_index < RTC_CMOS_SIZE;
	} else {
		*val = 0xff;
	}
	spin_unlock(&r->lock);
	return mine;
}

/* ---- life ---- */

void vrtc_init(struct domain *d)
{
	struct vrtc *r = &hvm_platform_of(d)->rtc;
	uint32_t nsec;

	spin_lock_init(&r->lock);
	init_timer(&r->periodic, period_over, d, 0);
	init_timer(&r->second, second_over, d, 0);
	regs(r)[REG_A] = A_BASE_ON | 6;
	regs(r)[REG_B] = B_24H;
	regs(r)[REG_D] = D_VALID;
	r->domain = d;
	r->seen_second = time_now(r, &nsec);
}

void vrtc_stop(struct domain *d)
{
	kill_timer(&hvm_platform_of(d)->rtc.periodic);
	kill_timer(&hvm_platform_of(d)->rtc.second);
}

void vrtc_save(struct domain *d, struct hvm_hw_rtc *out)
{
	struct vrtc *r = &hvm_platform_of(d)->rtc;

	spin_lock(&r->lock);
	*out = r->hw;
	out->rtc_offset += d->time_offset_seconds;
	spin_unlock(&r->lock);
}

int vrtc_load(struct domain *d, const struct hvm_hw_rtc *in)
{
	struct vrtc *r = &hvm_platform_of(d)->rtc;
	uint32_t nsec;

	if (in->cmos_index > 0x7f || in->rtc_offset > 1ll << 40 || in->rtc_offset < -(1ll << 40))
		return trace_err(-EINVAL);
	spin_lock(&r->lock);
	r->hw = *in;
	r->hw.rtc_offset -= d->time_offset_seconds;
	r->period = 0;
	r->seen_second = time_now(r, &nsec);
	arm_second(r);
	arm_periodic(r);
	spin_unlock(&r->lock);
	return 0;
}
