/* SPDX-License-Identifier: MIT */
/* The CMOS clock, read once at boot; afterwards it is Dom0's. Source: MC146818 data sheet. */
#include <hv/lib.h>
#include <asm/system.h>
#include <asm/time.h>

#include "calendar.h"

#define UPDATE_READS 100000 /* an update takes 2 ms at most */

static uint8_t cmos_read(uint8_t reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

static void read_fields(uint8_t f[7], uint8_t century_index)
{
	static const uint8_t reg[6] = { 0, 2, 4, 7, 8, 9 };

	for (unsigned int i = 0; i < UPDATE_READS && (cmos_read(0x0a) & 0x80); i++)
		cpu_relax();
	for (unsigned int i = 0; i < 6; i++)
		f[i] = cmos_read(reg[i]);
	f[6] = century_index && century_index < 128 ? cmos_read(century_index) : 0;
}

uint64_t rtc_read_seconds(uint8_t century_index)
{
	uint8_t a[7], b[7];
	bool same = false;

	read_fields(b, century_index);
	for (unsigned int i = 0; i < 5 && !same; i++) {
		same = true;
		read_fields(a, century_index);
		for (unsigned int k = 0; k < 7; k++) {
			same &= a[k] == b[k];
			b[k] = a[k];
		}
	}
	return rtc_fields_to_seconds(a, cmos_read(0x0b));
}
