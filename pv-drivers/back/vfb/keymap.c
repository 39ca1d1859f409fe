/* SPDX-License-Identifier: MIT */
/* Symbols to keys: see keymap.h. The table of the others is in ascending order. */
#include "keymap.h"

#include <stdlib.h>

/* Codes of the keys of struct keymap. */
static const uint8_t codes[KEYMAP_KEYS] = {
	41, 2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13, /* the row of digits */
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,	    /* of Q */
	30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 43,	    /* of A, and one more */
	86, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 89,	    /* of Z, with what is around */
};

struct entry {
	uint16_t keysym;
	uint8_t code;
};

static const struct entry others[] = {
	{ 0x0020, 57 },	 /* space */
	{ 0xfe03, 100 }, /* ISO_Level3_Shift */
	{ 0xfe20, 15 },	 /* ISO_Left_Tab */
	{ 0xff08, 14 },	 /* BackSpace */
	{ 0xff09, 15 },	 /* Tab */
	{ 0xff0d, 28 },	 /* Return */
	{ 0xff13, 119 }, /* Pause */
	{ 0xff14, 70 },	 /* Scroll_Lock */
	{ 0xff15, 99 },	 /* Sys_Req */
	{ 0xff1b, 1 },	 /* Escape */
	{ 0xff50, 102 }, /* Home */
	{ 0xff51, 105 }, /* Left */
	{ 0xff52, 103 }, /* Up */
	{ 0xff53, 106 }, /* Right */
	{ 0xff54, 108 }, /* Down */
	{ 0xff55, 104 }, /* Page_Up */
	{ 0xff56, 109 }, /* Page_Down */
	{ 0xff57, 107 }, /* End */
	{ 0xff61, 99 },	 /* Print */
	{ 0xff63, 110 }, /* Insert */
	{ 0xff67, 127 }, /* Menu */
	{ 0xff6b, 119 }, /* Break */
	{ 0xff7f, 69 },	 /* Num_Lock */
	{ 0xff8d, 96 },	 /* KP_Enter */
	{ 0xff95, 71 },	 /* KP_Home */
	{ 0xff96, 75 },	 /* KP_Left */
	{ 0xff97, 72 },	 /* KP_Up */
	{ 0xff98, 77 },	 /* KP_Right */
	{ 0xff99, 80 },	 /* KP_Down */
	{ 0xff9a, 73 },	 /* KP_Prior */
	{ 0xff9b, 81 },	 /* KP_Next */
	{ 0xff9c, 79 },	 /* KP_End */
	{ 0xff9d, 76 },	 /* KP_Begin */
	{ 0xff9e, 82 },	 /* KP_Insert */
	{ 0xff9f, 83 },	 /* KP_Delete */
	{ 0xffaa, 55 },	 /* KP_Multiply */
	{ 0xffab, 78 },	 /* KP_Add */
	{ 0xffac, 83 },	 /* KP_Separator */
	{ 0xffad, 74 },	 /* KP_Subtract */
	{ 0xffae, 83 },	 /* KP_Decimal */
	{ 0xffaf, 98 },	 /* KP_Divide */
	{ 0xffb0, 82 },	 /* KP_0 */
	{ 0xffb1, 79 },	 /* KP_1 */
	{ 0xffb2, 80 },	 /* KP_2 */
	{ 0xffb3, 81 },	 /* KP_3 */
	{ 0xffb4, 75 },	 /* KP_4 */
	{ 0xffb5, 76 },	 /* KP_5 */
	{ 0xffb6, 77 },	 /* KP_6 */
	{ 0xffb7, 71 },	 /* KP_7 */
	{ 0xffb8, 72 },	 /* KP_8 */
	{ 0xffb9, 73 },	 /* KP_9 */
	{ 0xffbd, 117 }, /* KP_Equal */
	{ 0xffbe, 59 },	 /* F1 */
	{ 0xffbf, 60 },	 /* F2 */
	{ 0xffc0, 61 },	 /* F3 */
	{ 0xffc1, 62 },	 /* F4 */
	{ 0xffc2, 63 },	 /* F5 */
	{ 0xffc3, 64 },	 /* F6 */
	{ 0xffc4, 65 },	 /* F7 */
	{ 0xffc5, 66 },	 /* F8 */
	{ 0xffc6, 67 },	 /* F9 */
	{ 0xffc7, 68 },	 /* F10 */
	{ 0xffc8, 87 },	 /* F11 */
	{ 0xffc9, 88 },	 /* F12 */
	{ 0xffe1, 42 },	 /* Shift_L */
	{ 0xffe2, 54 },	 /* Shift_R */
	{ 0xffe3, 29 },	 /* Control_L */
	{ 0xffe4, 97 },	 /* Control_R */
	{ 0xffe5, 58 },	 /* Caps_Lock */
	{ 0xffe7, 56 },	 /* Meta_L */
	{ 0xffe8, 100 }, /* Meta_R */
	{ 0xffe9, 56 },	 /* Alt_L */
	{ 0xffea, 100 }, /* Alt_R */
	{ 0xffeb, 125 }, /* Super_L */
	{ 0xffec, 126 }, /* Super_R */
	{ 0xffff, 111 }, /* Delete */
};

static int compare(const void *key, const void *item)
{
	uint32_t keysym = *(const uint32_t *)key;
	const struct entry *entry = item;

	return keysym < entry->keysym ? -1 : keysym > entry->keysym;
}

/* Keys that wait for another symbol are named by the sign they would put on it. */
static uint32_t dead_sign(uint32_t keysym)
{
	static const char16_t signs[] = u"`´^~¯˘˙¨°˝ˇ¸";

	return keysym - 0xfe50 < sizeof(signs) / sizeof(signs[0]) - 1 ? signs[keysym - 0xfe50] : 0;
}

/* What is printed on the key; 0: nothing. */
static uint32_t sign_of(uint32_t keysym)
{
	if ((keysym > 0x20 && keysym < 0x7f) || (keysym > 0xa0 && keysym <= 0xff))
		return keysym;
	if (keysym == 0x20ac || (keysym > 0x1000020 && keysym <= 0x100ffff))
		return keysym & 0xffff;
	return dead_sign(keysym);
}

static uint32_t find_sign(const char16_t *signs, uint32_t sign)
{
	for (unsigned int i = 0; i < KEYMAP_KEYS; i++)
		if (signs[i] == sign)
			return codes[i];
	return 0;
}

uint32_t keymap_code(const struct keymap *map, uint32_t keysym, enum keymap_level level)
{
	const struct entry *entry;
	uint32_t sign = sign_of(keysym), code;

	if (sign) {
		code = find_sign(map->signs[level], sign);
		for (unsigned int i = KEYMAP_PLAIN; i <= KEYMAP_ALTGR && !code; i++)
			code = find_sign(map->signs[i], sign);
		return code;
	}
	if (keysym == 0xffac && find_sign(map->signs[KEYMAP_PLAIN], '/') == 89)
		return 121; /* Brazil's pad has both */
	entry = bsearch(&keysym, others, sizeof(others) / sizeof(others[0]), sizeof(others[0]),
			compare);
	return entry ? entry->code : 0;
}
