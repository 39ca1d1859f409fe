/* SPDX-License-Identifier: MIT */
/* The block frontend's pages, for blk.c alone. */
#ifndef FRONT_BLK_BUFFERS_H
#define FRONT_BLK_BUFFERS_H

#include "blk.h"

/* A connection begins. -XEN_ENOMEM: not even one request could be served; blk_drop_buffers() is
 * due. */
int blk_make_pool(struct blk_front *blk);

/* nr pages for the slot, or none. */
bool blk_get_buffers(struct blk_front *blk, struct blk_slot *slot, uint32_t nr);
void blk_put_buffers(struct blk_front *blk, struct blk_slot *slot);

/* Lets the peer at the slot's pages. On failure some may be granted: blk_ungrant_buffers() is due.
 */
int blk_grant_buffers(struct blk_front *blk, struct blk_slot *slot, bool readonly);
/* The peer has answered. */
void blk_ungrant_buffers(struct blk_front *blk, struct blk_slot *slot);

/* The connection ends; no slot may have any. */
void blk_drop_buffers(struct blk_front *blk);

#endif
