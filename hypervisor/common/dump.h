/* SPDX-License-Identifier: MIT */
/* What the debug keys print; each next to the data it shows. */
#ifndef COMMON_DUMP_H
#define COMMON_DUMP_H

void dump_domains(unsigned char key);
void dump_event_channels(unsigned char key);
void dump_grant_tables(unsigned char key);
void dump_hypercall_counts(unsigned char key);
void dump_error_traces(unsigned char key);
void dump_memory(unsigned char key);
void arch_dump_registers(void); /* this CPU's, arch/x86/dump.c */

#endif
