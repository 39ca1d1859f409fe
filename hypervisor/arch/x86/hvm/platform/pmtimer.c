/* SPDX-License-Identifier: MIT */
/*
 * ACPI's power management timer, 3.579545 MHz, and the event registers beside it: status and enable of the timer's top
 * bit and of the two buttons, told by the SCI. Source: ACPI 2.0 §4.7.3. The control register is the device model's.
 */
#include <hv/time.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>
#include <public/hvm/ioreq.h>

#define HZ	   3579545u
#define STS_TIMER  0x0001u
#define STS_POWER  0x0100u
#define STS_SLEEP  0x0200u
#define STS_ALL	   0x8731u /* timer, bus master, global, both buttons, RTC, PCIe's, wake */
#define TOP_BIT	   0x80000000u

static struct vpmtimer *pm_of(const struct domain *d)
{
	return &hvm_platform_of(d)->pm;
}

static uint32_t count_now(const struct vpmtimer *p)
{
	return p->base + (uint32_t)ns_to_ticks((uint64_t)(NOW() - p->start), HZ);
}

static void update_sci(struct domain *d, const struct vpmtimer *p)
{
	hvm_isa_irq_set(d, ISA_IRQ_SCI, p->sts & p->en & (STS_TIMER | STS_POWER | STS_SLEEP));
}

/* Only who wants to be told of the top bit's change is. */
static void arm(struct vpmtimer *p)
{
	uint32_t left = TOP_BIT - (count_now(p) & (TOP_BIT - 1));

	if (p->en & STS_TIMER)
		set_timer(&p->timer, NOW() + (s_time_t)ticks_to_ns(left, HZ));
	else
		stop_timer(&p->timer);
}

static void expired(void *data)
{
	struct domain *d = data;
	struct vpmtimer *p = pm_of(d);

	spin_lock(&p->lock);
	p->sts |= STS_TIMER;
	update_sci(d, p);
	arm(p);
	spin_unlock(&p->lock);
}

void vpmtimer_button(struct domain *d, bool sleep)
{
	struct vpmtimer *p = pm_of(d);

	spin_lock(&p->lock);
	p->sts |= sleep ? STS_SLEEP : STS_POWER;
	update_sci(d, p);
	spin_unlock(&p->lock);
}

static uint32_t mask_of(unsigned int size)
{
	return size == 4 ? ~0u : (1u << size * 8) - 1;
}

/* Status in the low half, which ones clear; enable in the upper. */
static void access_events(struct domain *d, struct vpmtimer *p, bool write, unsigned int offset, unsigned int size,
			  uint32_t *val)
{
	uint32_t all = p->sts | (uint32_t)p->en << 16, bits = mask_of(size) << offset * 8, in;

	if (!write) {
		*val = all >> offset * 8 & mask_of(size);
		return;
	}
	in = *val << offset * 8 & bits;
	p->sts &= (uint16_t)~in;
	if (bits >> 16)
		p->en = (uint16_t)((all & ~bits) >> 16 | in >> 16);
	update_sci(d, p);
	arm(p);
}

/* Events at the block's start, the timer at 8. */
bool vpmtimer_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct domain *d = v->domain;
	struct vpmtimer *p = pm_of(d);
	unsigned int base = d->arch.hvm->params[HVM_PARAM_ACPI_IOPORTS_LOCATION] ? ACPI_PM1A_EVT_BLK_ADDRESS_V1 :
										   ACPI_PM1A_EVT_BLK_ADDRESS_V0;
	unsigned int offset = port - base;

	if (port < base || offset + size > 12 || (offset < 8 && offset + size > 4))
		return false;
	spin_lock(&p->lock);
	if (offset < 8)
		access_events(d, p, write, offset, size, val);
	else if (!write)
		*val = count_now(p) >> (offset - 8) * 8 & mask_of(size);
	spin_unlock(&p->lock);
	return true;
}

/* ---- life ---- */

void vpmtimer_init(struct domain *d)
{
	struct vpmtimer *p = pm_of(d);

	spin_lock_init(&p->lock);
	init_timer(&p->timer, expired, d, 0);
	p->start = NOW();
}

void vpmtimer_stop(struct domain *d)
{
	kill_timer(&pm_of(d)->timer);
}

void vpmtimer_save(struct domain *d, struct hvm_hw_pmtimer *out)
{
	struct vpmtimer *p = pm_of(d);

	spin_lock(&p->lock);
	*out = (struct hvm_hw_pmtimer){ count_now(p), p->sts, p->en };
	spin_unlock(&p->lock);
}

int vpmtimer_load(struct domain *d, const struct hvm_hw_pmtimer *in)
{
	struct vpmtimer *p = pm_of(d);

	spin_lock(&p->lock);
	p->base = in->tmr_val;
	p->start = NOW();
	p->sts = in->pm1a_sts & STS_ALL;
	p->en = in->pm1a_en;
	update_sci(d, p);
	arm(p);
	spin_unlock(&p->lock);
	return 0;
}
