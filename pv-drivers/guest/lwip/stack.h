/* SPDX-License-Identifier: MIT */
/*
 * A network stack over the guest's first card. lwIP's raw interface can then be used from any
 * thread, without a lock, as long as nothing waits between two of its calls; its callbacks run in
 * the stack's thread and must not wait.
 */
#ifndef KIT_STACK_H
#define KIT_STACK_H

#include "net.h"

/*
 * Returns once the card is connected and has an address: that of the options ip=A.B.C.D/BITS and
 * gw=A.B.C.D, or one by DHCP. Prints it.
 * -XEN_ENOENT: no card. -XEN_EINVAL: ip= makes no sense. -XEN_ETIMEDOUT.
 */
int stack_start(uint64_t deadline);

/* The card, for its counters. */
const struct net_front *stack_card(void);

#endif
