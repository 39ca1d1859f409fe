/* SPDX-License-Identifier: MIT */
/*
 * The socket from a guest's screen to its keyboard (same device number). serai-backd keeps both
 * ends, so either worker can die and get its end again.
 */
#ifndef INPUT_PAIR_H
#define INPUT_PAIR_H

#include <stdint.h>

enum input_end { INPUT_SCREEN, INPUT_KEYBOARD };

/* A new descriptor of this end, or -errno. */
int input_pair_get(uint32_t domid, uint32_t devid, enum input_end end);
/* Lets go of all keys: who held them on the screen's side is gone. */
void input_pair_release(uint32_t domid, uint32_t devid);
/* This end's device is gone. */
void input_pair_put(uint32_t domid, uint32_t devid, enum input_end end);

#endif
