/* SPDX-License-Identifier: MIT */
/* What a message-signalled interrupt writes where: physical destination, fixed delivery, edge.
 * Source: SDM vol. 3 §10.11. */
#ifndef IRQ_MSI_MSG_H
#define IRQ_MSI_MSG_H

#include <hv/types.h>

static inline uint32_t msi_address_low(uint32_t apic_id)
{
	return 0xfee00000u | ((apic_id & 0xff) << 12);
}
static inline uint32_t msi_data(uint8_t vector)
{
	return vector;
}

#endif
