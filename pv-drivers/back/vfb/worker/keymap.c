/* SPDX-License-Identifier: MIT */
/* Symbols to keys: see keymap.h. The table of the others is in ascending order. */
#include "keymap.h"

#include <stdlib.h>

#define FIRST_ASCII 0x20u
#define LAST_ASCII  0x7eu

static const uint8_t ascii[LAST_ASCII - FIRST_ASCII + 1] = {
	57, 2,	40, 4,	5,  6,	8,  40, 10, 11, 9,  13, 51, 12, 52, 53, /* space to / */
	11, 2,	3,  4,	5,  6,	7,  8,	9,  10, 39, 39, 51, 13, 52, 53, /* 0 to ? */
	3,  30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, /* @ to O */
	25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44, 26, 43, 27, 7,  12, /* P to _ */
	41, 30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, /* ` to o */
	25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44, 26, 43, 27, 41,	/* p to ~ */
};

struct entry {
	uint16_t keysym;
	uint8_t code;
};

static const struct entry others[] = {
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
	{ 0xffac, 121 }, /* KP_Separator */
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

uint32_t keymap_code(uint32_t keysym)
{
	const struct entry *entry;

	if (keysym >= FIRST_ASCII && keysym <= LAST_ASCII)
		return ascii[keysym - FIRST_ASCII];
	entry = bsearch(&keysym, others, sizeof(others) / sizeof(others[0]), sizeof(others[0]),
			compare);
	return entry ? entry->code : 0;
}
