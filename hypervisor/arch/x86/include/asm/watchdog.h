/* SPDX-License-Identifier: MIT */
/* Finds CPUs that are stuck (cpu/watchdog.c). Off unless the option `watchdog` turns it on. */
#ifndef ASM_WATCHDOG_H
#define ASM_WATCHDOG_H

#include <public/xen.h>

void watchdog_init(void);   /* boot, once all CPUs run and the first is no longer busy */
void watchdog_pause(void);  /* around long work that is no hang; nests */
void watchdog_resume(void);
void watchdog_nmi(struct cpu_user_regs *regs); /* on each NMI; returns if it was not meant */

#endif
