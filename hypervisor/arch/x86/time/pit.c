/* SPDX-License-Identifier: MIT */
/*
 * The 8254's channel 2, gated by port 0x61: measures the TSC where there is no better timer, and is
 * Dom0's to calibrate with. Channel 0 ticks for the watchdog, if there is one; 1 is nobody's.
 */
#include <hv/domain.h>
#include <asm/pit.h>
#include <asm/system.h>

#define PIT_HZ	  1193182ull
#define COUNT	  59659u /* 50 ms */
#define MAX_READS 10000000u

static spinlock_t pit_lock = SPIN_LOCK_UNLOCKED;

uint64_t pit_measure_tsc_hz(void)
{
	unsigned long flags;
	uint64_t start, end;
	unsigned int reads = 0;

	spin_lock_irqsave(&pit_lock, flags);
	outb(0x61, (uint8_t)((inb(0x61) & ~0x02) | 0x01)); /* gate on, speaker off */
	outb(0x43, 0xb0);				   /* channel 2, mode 0: OUT rises at zero */
	outb(0x42, COUNT & 0xff);
	outb(0x42, COUNT >> 8);
	start = rdtsc_ordered();
	while (!(inb(0x61) & 0x20) && reads < MAX_READS)
		reads++;
	end = rdtsc_ordered();
	spin_unlock_irqrestore(&pit_lock, flags);
	if (reads < 10 || reads == MAX_READS)
		return 0;
	return (end - start) * PIT_HZ / COUNT;
}

/* As slowly as it can, in rate generator mode. */
void pit_start_ticks(void)
{
	unsigned long flags;

	spin_lock_irqsave(&pit_lock, flags);
	outb(0x43, 0x34);
	outb(0x40, 0);
	outb(0x40, 0);
	spin_unlock_irqrestore(&pit_lock, flags);
}

/* 0x43: commands for channel 2, or read-backs of it alone. */
static bool command_allowed(uint32_t val)
{
	return (val & 0xc0) == 0x80 || ((val & 0xc0) == 0xc0 && (val & 0x0e) == 0x08);
}

static bool gate_io(bool write, uint32_t *val)
{
	if (write)
		outb(0x61, (uint8_t)((inb(0x61) & ~3u) | (*val & 3)));
	else
		*val = inb(0x61);
	return true;
}

bool pit_guest_io(struct vcpu *v, uint16_t port, bool write, uint32_t *val)
{
	unsigned long flags;
	bool served = false;

	if (!is_hardware_domain(v->domain))
		return false;
	spin_lock_irqsave(&pit_lock, flags);
	if (port == 0x61) {
		served = gate_io(write, val);
	} else if (port == 0x42) {
		served = true;
		if (write)
			outb(port, (uint8_t)*val);
		else
			*val = inb(port);
	} else if (port == 0x43 && write && command_allowed(*val)) {
		served = true;
		outb(port, (uint8_t)*val);
	}
	spin_unlock_irqrestore(&pit_lock, flags);
	return served;
}
