/* SPDX-License-Identifier: MIT */
/*
 * Two 8259 interrupt controllers, the second on input 2 of the first. Source: Intel 8259A data sheet.
 *
 * An input's bit in IRR is set when its line goes up. Edge-triggered ones lose it when they are taken, level-triggered
 * ones (ELCR) when the line goes down. ISR keeps what is being served; nothing of the same or lower priority gets
 * through until an end-of-interrupt command.
 */
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>

#define CASCADE 2u
#define INIT_IDLE 0u /* init_state: which word of the initialisation is next - 1; bits 2, 3: ICW4 comes, ICW3 does not */
#define INIT_NEXT 3u
#define INIT_ICW4 4u
#define INIT_SINGLE 8u

/* Of these inputs, how many places from the top the highest is; 8: none. */
static unsigned int rank_of(const struct hvm_hw_vpic *c, uint8_t inputs)
{
	unsigned int rank = 0;

	if (!inputs)
		return 8;
	while (!(inputs >> ((rank + c->priority_add) & 7) & 1))
		rank++;
	return rank;
}

/* The input to be taken next; -1: none. */
static int next_input(const struct hvm_hw_vpic *c)
{
	unsigned int rank = rank_of(c, c->irr & (uint8_t)~c->imr);
	uint8_t served = c->isr;

	if (rank == 8)
		return -1;
	if (c->special_mask_mode)
		served &= (uint8_t)~c->imr;
	/* In this mode the slave may interrupt its own service on the master. */
	if (c->is_master && c->special_fully_nested_mode)
		served &= (uint8_t)~(1u << CASCADE);
	return rank < rank_of(c, served) ? (int)((rank + c->priority_add) & 7) : -1;
}

static void set_irr(struct hvm_hw_vpic *c, unsigned int input, bool level)
{
	if (level)
		c->irr |= (uint8_t)(1u << input);
	else if (c->elcr >> input & 1)
		c->irr &= (uint8_t)~(1u << input);
}

static void update(struct domain *d)
{
	struct hvm_hw_vpic *pic = hvm_platform_of(d)->pic;
	bool was = pic[0].int_output;

	pic[1].int_output = next_input(&pic[1]) >= 0;
	if (pic[1].int_output)
		pic[0].irr |= 1u << CASCADE;
	else
		pic[0].irr &= (uint8_t)~(1u << CASCADE);
	WRITE_ONCE(pic[0].int_output, next_input(&pic[0]) >= 0);
	if (!was && pic[0].int_output && d->vcpu[0]) {
		vcpu_unblock(d->vcpu[0]);
		vcpu_kick(d->vcpu[0]);
	}
}

void vpic_set_locked(struct domain *d, unsigned int irq, bool level)
{
	if (irq != CASCADE)
		set_irr(&hvm_platform_of(d)->pic[irq / 8], irq % 8, level);
	update(d);
}

/* ---- being taken ---- */

bool vpic_pending(const struct vcpu *v)
{
	const struct hvm_platform *p = hvm_platform_of(v->domain);

	return p && !v->vcpu_id && READ_ONCE(p->pic[0].int_output) &&
	       (vlapic_takes_extint(v) || vioapic_wires_pic(p));
}

static unsigned int take(struct hvm_hw_vpic *c, int input)
{
	if (input < 0)
		input = 7; /* spurious: it went away meanwhile */
	else if (!c->auto_eoi)
		c->isr |= (uint8_t)(1u << input);
	else if (c->rotate_on_auto_eoi)
		c->priority_add = (input + 1) & 7;
	if (!(c->elcr >> input & 1))
		c->irr &= (uint8_t)~(1u << input);
	return (unsigned int)input;
}

int vpic_ack(struct vcpu *v)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);
	unsigned int input;
	int vector = -1;

	spin_lock(&p->irq_lock);
	if (p->pic[0].int_output) {
		input = take(&p->pic[0], next_input(&p->pic[0]));
		vector = p->pic[0].irq_base + (int)input;
		if (input == CASCADE)
			vector = p->pic[1].irq_base + (int)take(&p->pic[1], next_input(&p->pic[1]));
		update(v->domain);
	}
	spin_unlock(&p->irq_lock);
	return vector;
}

/* ---- commands ---- */

static void begin_init(struct hvm_hw_vpic *c, uint8_t icw1)
{
	uint8_t elcr = c->elcr, base = c->irq_base, master = c->is_master;

	*c = (struct hvm_hw_vpic){ .elcr = elcr, .irq_base = base };
	c->is_master = master;
	c->init_state = 1 | (icw1 & 1 ? INIT_ICW4 : 0) | (icw1 & 2 ? INIT_SINGLE : 0);
}

static void go_on_init(struct hvm_hw_vpic *c, uint8_t val)
{
	switch (c->init_state & INIT_NEXT) {
	case 1:
		c->irq_base = val & 0xf8;
		c->init_state++;
		if (!(c->init_state & INIT_SINGLE))
			return;
		/* no third word */
		/* fall through */
	case 2:
		c->init_state++;
		if (c->init_state & INIT_ICW4)
			return;
		break;
	default:
		c->special_fully_nested_mode = val >> 4 & 1;
		c->auto_eoi = val >> 1 & 1;
	}
	c->init_state = INIT_IDLE;
}

/* OCW2: ends of interrupts and rotation. */
static void end_of_interrupt(struct hvm_hw_vpic *c, uint8_t val)
{
	unsigned int command = val >> 5, input = val & 7, rank;

	switch (command) {
	case 0: /* rotate in automatic EOI mode, off and on */
	case 4:
		c->rotate_on_auto_eoi = command >> 2 & 1;
		break;
	case 1: /* not specific: the highest in service; 5: it becomes the lowest */
	case 5:
		rank = rank_of(c, c->isr);
		if (rank == 8)
			break;
		input = (rank + c->priority_add) & 7; /* fall through */
	case 3:
	case 7:
		c->isr &= (uint8_t)~(1u << input);
		if (command & 4)
			c->priority_add = (input + 1) & 7;
		break;
	case 6:
		c->priority_add = (input + 1) & 7;
		break;
	}
}

static void write_reg(struct hvm_hw_vpic *c, unsigned int reg, uint8_t val)
{
	if (reg) {
		if (c->init_state)
			go_on_init(c, val);
		else
			c->imr = val;
	} else if (val & 0x10) {
		begin_init(c, val);
	} else if (!(val & 8)) {
		end_of_interrupt(c, val);
	} else {
		if (val & 0x40)
			c->special_mask_mode = val >> 5 & 1;
		c->poll = val >> 2 & 1;
		if (val & 2)
			c->readsel_isr = val & 1;
	}
}

static uint8_t poll(struct hvm_hw_vpic *c)
{
	int input = next_input(c);

	c->poll = 0;
	return input < 0 ? 0 : (uint8_t)(0x80 | take(c, input));
}

static uint8_t read_reg(struct hvm_hw_vpic *c, unsigned int reg)
{
	if (c->poll)
		return poll(c);
	if (reg)
		return c->imr;
	return c->readsel_isr ? c->isr : c->irr;
}

/* Inputs 0, 1, 2, 8 and 13 are wired to devices of the board: always edges. */
static uint8_t access_elcr(struct hvm_hw_vpic *c, bool write, uint8_t val)
{
	if (write)
		c->elcr = val & (c->is_master ? 0xf8 : 0xde);
	return c->elcr;
}

/* 0x20, 0x21; 0xa0, 0xa1; 0x4d0, 0x4d1. */
bool vpic_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct hvm_platform *p = hvm_platform_of(v->domain);
	bool elcr = port >= 0x4d0;
	struct hvm_hw_vpic *c = &p->pic[elcr ? port & 1 : port >= 0xa0];

	if (size != 1) {
		*val = ~0u;
		return true;
	}
	spin_lock(&p->irq_lock);
	if (elcr)
		*val = access_elcr(c, write, (uint8_t)*val);
	else if (write)
		write_reg(c, port & 1, (uint8_t)*val);
	else
		*val = read_reg(c, port & 1);
	update(v->domain);
	spin_unlock(&p->irq_lock);
	return true;
}

/* ---- life ---- */

void vpic_reset(struct hvm_platform *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		p->pic[i] = (struct hvm_hw_vpic){ 0 };
		p->pic[i].is_master = i == 0;
		p->pic[i].elcr = 0;
	}
}

void vpic_save(struct domain *d, unsigned int which, struct hvm_hw_vpic *out)
{
	*out = hvm_platform_of(d)->pic[which];
}

int vpic_load(struct domain *d, unsigned int which, const struct hvm_hw_vpic *in)
{
	struct hvm_platform *p = hvm_platform_of(d);
	struct hvm_hw_vpic *c = &p->pic[which];

	if ((in->init_state & INIT_NEXT) == 0 && in->init_state)
		return trace_err(-EINVAL);
	spin_lock(&p->irq_lock);
	*c = *in;
	c->is_master = which == 0;
	c->elcr &= which ? 0xde : 0xf8;
	c->irq_base &= 0xf8;
	c->priority_add &= 7;
	update(d);
	spin_unlock(&p->irq_lock);
	return 0;
}
