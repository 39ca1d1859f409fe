/* SPDX-License-Identifier: MIT */
/*
 * From the symbols a VNC viewer sends (X11's keysyms) to the keys a guest has (Linux's KEY_
 * numbers), of a US keyboard: a symbol's key is where that keyboard has it. The shift keys are keys
 * of their own, so "A" and "a" are the same key.
 *
 * LIMITS: symbols no US keyboard has are lost; a guest with another layout gets the key of the US
 * position.
 */
#ifndef KEYMAP_H
#define KEYMAP_H

#include <stdint.h>

/* 0: there is no such key. */
uint32_t keymap_code(uint32_t keysym);

#endif
