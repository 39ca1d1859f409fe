/* SPDX-License-Identifier: MIT */
/* Port access of PV guests: who may touch which port, and what is behind the shared ones. */
#ifndef ASM_IO_PERM_H
#define ASM_IO_PERM_H

#include <hv/domain.h>

/* May v, at `cpl` (0 its kernel, 3 its user mode), use the ports? By IOPL or by its I/O bitmap; whether
 * the domain owns the ports is decided on access. */
bool pv_io_allowed(struct vcpu *v, uint16_t port, unsigned int size, unsigned int cpl);
/* Ports the domain does not own read as all-ones and swallow writes. */
uint32_t pv_io_read(struct vcpu *v, uint16_t port, unsigned int size);
void pv_io_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val);

#endif
