/* SPDX-License-Identifier: MIT */
/* Waiting for domains. */
#ifndef SERAI_XL_WAIT_H
#define SERAI_XL_WAIT_H

#include "xl/xl.h"

/* Until each has shut down or is gone, saying so on stderr; an exit code. */
int wait_for_ends(struct xl *xl, const uint32_t *domid, unsigned int count);
/* Until each guest has taken its request from control/shutdown; how many have not after so long. */
unsigned int wait_for_answers(struct xl *xl, const uint32_t *domid, unsigned int count, unsigned int seconds);

#endif
