/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer: counts down once or again and again, at 100 MHz over a divisor, or waits for a
 * value of the TSC.
 *
 * The count is not kept: it follows from when counting began. A period shorter than a guest can have sense
 * of would keep the CPU busy with timers, so ticks are at least MIN_PERIOD apart; ticks missed while the
 * vCPU had no CPU are not made up for.
 */
#include <asm/time.h>
#include "vlapic_internal.h"

#define BUS_CYCLE_NS 10u
#define MIN_PERIOD   MICROSECS(100)

static uint32_t mode(const struct vlapic *a)
{
	return vlapic_reg(a, VLAPIC_LVT_TIMER) & LVT_TIMER_MODE;
}

/* Bits 3, 1, 0: 000 divides by 2, 001 by 4 … 110 by 128, 111 by 1. */
unsigned int vlapic_timer_divisor(const struct vlapic *a)
{
	uint32_t reg = vlapic_reg(a, VLAPIC_TIMER_DIV);
	unsigned int code = (reg & 3) | (reg >> 1 & 4);

	return 1u << ((code + 1) & 7);
}

static s_time_t ticks_to_ns(const struct vlapic *a, uint32_t ticks)
{
	return (s_time_t)ticks * vlapic_timer_divisor(a) * BUS_CYCLE_NS;
}

uint32_t vlapic_timer_count(const struct vlapic *a)
{
	uint32_t init = vlapic_reg(a, VLAPIC_TIMER_INIT);
	uint64_t passed;

	if (!init || mode(a) == LVT_TSC_DEADLINE || !a->timer_start)
		return 0;
	passed = (uint64_t)(NOW() - a->timer_start) / (vlapic_timer_divisor(a) * BUS_CYCLE_NS);
	if (mode(a) == LVT_PERIODIC)
		return init - (uint32_t)(passed % init);
	return passed < init ? init - (uint32_t)passed : 0;
}

void vlapic_timer_stop(struct vlapic *a)
{
	stop_timer(&a->timer);
	a->timer_start = 0;
	a->timer_period = 0;
	a->tsc_deadline = 0;
}

/* As if counting from the initial count had begun `passed` ticks ago. */
static void start_count(struct vlapic *a, uint32_t passed)
{
	uint32_t init = vlapic_reg(a, VLAPIC_TIMER_INIT);
	s_time_t length = ticks_to_ns(a, init);

	a->timer_start = NOW() - ticks_to_ns(a, passed);
	a->timer_period = mode(a) == LVT_PERIODIC ? max(length, MIN_PERIOD) : 0;
	set_timer(&a->timer, a->timer_start + (a->timer_period ? a->timer_period : length));
}

void vlapic_timer_set_count(struct vcpu *v, uint32_t count)
{
	struct vlapic *a = vlapic_of(v);

	if (mode(a) == LVT_TSC_DEADLINE)
		return;
	vlapic_timer_stop(a);
	vlapic_set_reg(a, VLAPIC_TIMER_INIT, count);
	if (count)
		start_count(a, 0);
}

/* What is left to count goes on at the new speed. */
static void recount(struct vlapic *a, uint32_t left)
{
	uint32_t init = vlapic_reg(a, VLAPIC_TIMER_INIT);

	if (left && left <= init)
		start_count(a, init - left);
}

void vlapic_timer_set_divide(struct vcpu *v, uint32_t divide)
{
	struct vlapic *a = vlapic_of(v);
	uint32_t left = vlapic_timer_count(a);

	vlapic_set_reg(a, VLAPIC_TIMER_DIV, divide);
	recount(a, left);
}

void vlapic_timer_set_lvt(struct vcpu *v, uint32_t lvt)
{
	struct vlapic *a = vlapic_of(v);
	uint32_t old = mode(a), left = vlapic_timer_count(a);

	vlapic_set_reg(a, VLAPIC_LVT_TIMER, lvt);
	if (mode(a) == old)
		return;
	/* Between the deadline and the other modes everything is disarmed. */
	if (old == LVT_TSC_DEADLINE || mode(a) == LVT_TSC_DEADLINE) {
		vlapic_timer_stop(a);
		vlapic_set_reg(a, VLAPIC_TIMER_INIT, 0);
	} else {
		recount(a, left);
	}
}

/* System time when the guest's TSC will have this value; a past one: now. */
static s_time_t deadline_time(const struct vcpu *v, uint64_t deadline)
{
	uint64_t now = guest_tsc(v), ticks = deadline - now, khz = guest_tsc_khz(v);
	uint64_t ms = ticks / khz;

	if (deadline <= now)
		return NOW();
	if (ms > (uint64_t)(STIME_MAX - NOW()) / 1000000 - 2)
		return STIME_MAX;
	return NOW() + (s_time_t)(ms * 1000000 + ticks % khz * 1000000 / khz);
}

void vlapic_timer_set_deadline(struct vcpu *v, uint64_t deadline)
{
	struct vlapic *a = vlapic_of(v);

	if (mode(a) != LVT_TSC_DEADLINE)
		return;
	vlapic_timer_stop(a);
	a->tsc_deadline = deadline;
	if (deadline)
		set_timer(&a->timer, deadline_time(v, deadline));
}

/* A deadline is a value of the guest's counter, and comes when that is there. */
void vlapic_timer_tsc_moved(struct vcpu *v)
{
	struct vlapic *a = vlapic_of(v);
	uint64_t deadline;

	if (mode(a) != LVT_TSC_DEADLINE)
		return;
	stop_timer(&a->timer);
	deadline = READ_ONCE(a->tsc_deadline); /* 0 if it came before the counter moved */
	if (deadline)
		set_timer(&a->timer, deadline_time(v, deadline));
}

void vlapic_timer_resume(struct vcpu *v, uint32_t left, uint64_t deadline)
{
	struct vlapic *a = vlapic_of(v);

	vlapic_timer_stop(a);
	if ((vlapic_reg(a, VLAPIC_LVT_TIMER) & LVT_TIMER_MODE) == LVT_TIMER_MODE)
		vlapic_set_reg(a, VLAPIC_LVT_TIMER, vlapic_reg(a, VLAPIC_LVT_TIMER) & ~LVT_TIMER_MODE);
	if (mode(a) == LVT_TSC_DEADLINE)
		vlapic_timer_set_deadline(v, deadline);
	else
		recount(a, left);
}

/* On the CPU v is on or was last; v may be in the guest, or trapped out of it, at the same time. */
void vlapic_timer_expired(void *data)
{
	struct vcpu *v = data;
	struct vlapic *a = vlapic_of(v);
	uint32_t lvt = vlapic_reg(a, VLAPIC_LVT_TIMER);
	s_time_t period = READ_ONCE(a->timer_period), next;

	if (mode(a) == LVT_TSC_DEADLINE)
		WRITE_ONCE(a->tsc_deadline, 0);
	if (period) {
		/* The first tick after now, in step with the start. */
		next = NOW() - READ_ONCE(a->timer_start);
		next = READ_ONCE(a->timer_start) + (next / period + 1) * period;
		set_timer(&a->timer, next);
	}
	if (!(lvt & LVT_MASKED))
		vlapic_set_irq(v, (uint8_t)lvt, false);
}
