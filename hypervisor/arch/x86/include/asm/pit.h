/* SPDX-License-Identifier: MIT */
/* The 8254 timer: channel 2 for calibration, here and in Dom0. Code: arch/x86/time/pit.c. */
#ifndef ASM_PIT_H
#define ASM_PIT_H

#include <hv/types.h>

struct vcpu;

/* TSC ticks in one second, by channel 2's count; 0: the channel does not count. */
uint64_t pit_measure_tsc_hz(void);
/* Channel 0 raises ISA interrupt 0 so often, for good. */
#define PIT_TICKS_HZ 18
void pit_start_ticks(void);
/* Byte access of a guest to 0x42, 0x43 or 0x61: channel 2 and its gate only, Dom0 only. False: not
 * served, the access has no effect. */
bool pit_guest_io(struct vcpu *v, uint16_t port, bool write, uint32_t *val);

#endif
