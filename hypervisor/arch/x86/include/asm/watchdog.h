/* SPDX-License-Identifier: MIT */
/* Finds CPUs that are stuck (cpu/watchdog.c). Off unless the option `watchdog` turns it on. */
#ifndef ASM_WATCHDOG_H
#define ASM_WATCHDOG_H

#include <hv/types.h>
#include <public/xen.h>

void watchdog_init(void);   /* boot, once all CPUs run and the first is no longer busy */
void watchdog_pause(void);  /* around long work that is no hang; nests */
void watchdog_resume(void);
/* On each NMI; returns if no CPU is stuck: may it have been a tick of the watchdog's own? */
bool watchdog_nmi(struct cpu_user_regs *regs);

#endif
