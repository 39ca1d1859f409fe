/* SPDX-License-Identifier: MIT */
/* The x86 branch filter of xz. */
#ifndef DECOMPRESS_BCJ_X86_H
#define DECOMPRESS_BCJ_X86_H

#include "internal.h"

/* Undoes the filter in place on one whole block, whose first byte counts as address start_ip. */
void bcj_x86_decode(uint8_t *buf, size_t len, uint32_t start_ip);

#endif
