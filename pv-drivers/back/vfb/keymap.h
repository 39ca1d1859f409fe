/* SPDX-License-Identifier: MIT */
/*
 * From the symbols a VNC viewer sends (X11's keysyms) to the keys a guest has (Linux's KEY_
 * numbers): a symbol's key is where the guest's keyboard, the one keymap= names, has it. The shift
 * keys are keys of their own, so "A" and "a" are the same key.
 *
 * LIMITS: symbols that keyboard does not have are lost; so is what needs a dead key and a second
 * one, unless the viewer sends the two.
 */
#ifndef KEYMAP_H
#define KEYMAP_H

#include <stdint.h>
#include <uchar.h>

#define KEYMAP_NAME_MAX 15
#define KEYMAP_KEYS	49

/* Which of the signs on a key a viewer means, as far as its shift keys tell. */
enum keymap_level { KEYMAP_PLAIN, KEYMAP_SHIFT, KEYMAP_ALTGR };

/*
 * What stands on the keys of the typing area, blank for nothing: the row of digits from the key
 * left of 1 on, the row of Q, that of A, the key beside Return or before it (code 43), the one left
 * of Z (86), the row of Z, and the one only Brazil has (89).
 */
struct keymap {
	char name[KEYMAP_NAME_MAX + 1];
	char16_t signs[3][KEYMAP_KEYS + 1]; /* by enum keymap_level */
};

/* The keyboard of this name, a US one for ""; NULL: there is none. */
const struct keymap *keymap_find(const char *name);
/* All names, for a message: "da, de, …". */
extern const char keymap_names[];

/* The key with this symbol, best at this level. 0: there is none. */
uint32_t keymap_code(const struct keymap *map, uint32_t keysym, enum keymap_level level);

#endif
