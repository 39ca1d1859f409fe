/* SPDX-License-Identifier: MIT */
/* The console's settings, from the command line, and the calls between its files and the keys. */
#ifndef HV_CONSOLE_OPTIONS_H
#define HV_CONSOLE_OPTIONS_H

#include <hv/types.h>

int console_opt_loglvl(const char *value);	 /* loglvl=; 0 or -EINVAL */
int console_opt_guest_loglvl(const char *value); /* guest_loglvl=; 0 or -EINVAL */
void console_set_ring_size(uint64_t bytes);	 /* conring_size=; before console_init() */
void console_set_dom0_to_ring(bool yes);	 /* console_to_ring: keep Dom0's output as well */
void console_set_switch_key(const char *value);	 /* conswitch=<letter>[x]; x: keys stay here */
void panic_set_noreboot(bool yes);		 /* noreboot */

void ring_grow(void);
void console_send_ring_notice(void);
void keyhandlers_run_pending(void);

#endif
