/* SPDX-License-Identifier: MIT */
/* Traps of a PV guest: the hypervisor has their table. */
#include "kernel.h"
#include "pv.h"

#define DECLARE(n) extern char trap_##n[];
TRAP_VECTORS(DECLARE)

void pv_catch_traps(void)
{
#define ENTRY(n) { n, 4, FLAT_KERNEL_CS, (unsigned long)trap_##n },
	static const struct trap_info table[] = { TRAP_VECTORS(ENTRY){ 0, 0, 0, 0 } };

	CALL1(__HYPERVISOR_set_trap_table, table);
}
