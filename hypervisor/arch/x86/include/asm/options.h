/* SPDX-License-Identifier: MIT */
/* Command line options of the hypervisor, by the names Xen gives them. Table: boot/options.c. */
#ifndef ASM_OPTIONS_H
#define ASM_OPTIONS_H

#include <hv/types.h>

extern bool opt_smap, opt_smep, opt_noreboot;
extern char opt_com1[64], opt_console[64];
extern uint64_t opt_maxcpus;
extern bool opt_watchdog;
extern uint64_t opt_watchdog_timeout; /* seconds */

void options_parse(const char *cmdline);
/* Says which options were not understood, once there is a console to say it on. */
void options_report(void);

#endif
