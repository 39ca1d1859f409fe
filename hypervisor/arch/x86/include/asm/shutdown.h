/* SPDX-License-Identifier: MIT */
/* Ending the machine's run. Both work from any context, with other CPUs in any state. */
#ifndef ASM_SHUTDOWN_H
#define ASM_SHUTDOWN_H

#include <hv/lib.h>

void machine_restart(void) __noreturn;
void machine_halt(void) __noreturn; /* CPUs halted, power stays on */

#endif
