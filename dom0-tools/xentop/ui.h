/* SPDX-License-Identifier: MIT */
/*
 * What the user asked to see, and how keys change it. Knows no terminal: screen.c translates.
 */
#ifndef SERAI_XENTOP_UI_H
#define SERAI_XENTOP_UI_H

#include "xentop/options.h"

enum page_kind { PAGE_TABLE, PAGE_GRAPHS, PAGE_VCPUS, PAGE_DEVICES, PAGE_CALLS, NR_PAGE_KINDS };

/* Keys that are no characters. */
enum key {
	KEY_IS_UP = 0x10000,
	KEY_IS_DOWN,
	KEY_IS_LEFT,
	KEY_IS_RIGHT,
	KEY_IS_PAGE_UP,
	KEY_IS_PAGE_DOWN,
	KEY_IS_HOME,
	KEY_IS_END,
	KEY_IS_ERASE,
	KEY_IS_ENTER,
	KEY_IS_ESCAPE,
};

enum prompt { PROMPT_NONE, PROMPT_DELAY, PROMPT_SEARCH };

#define INPUT_SIZE 40

struct ui {
	struct show show;
	double delay;
	bool colour, unicode;
	enum page_kind kind;
	bool help;
	char filter[INPUT_SIZE]; /* of names; empty: all */
	enum prompt prompt;
	char input[INPUT_SIZE]; /* to the prompt */
	const char *complaint;	/* about the last input, or NULL */
	size_t top, left;	/* scrolled by: lines, characters */
	size_t nr_lines, room;	/* of the page drawn last; what fits */
};

enum action { ACTION_DRAW, ACTION_READ, ACTION_QUIT };

void ui_start(struct ui *ui, const struct options *options, bool unicode);
enum action ui_key(struct ui *ui, int key);
/* Is it to be shown? */
bool ui_wants(const struct ui *ui, const struct view *view);
/* The words of the bottom line. */
void ui_bottom(const struct ui *ui, char *text, size_t size);
/* After a page of nr_lines was made for `room` lines: do not scroll beyond it. */
void ui_fit(struct ui *ui, size_t nr_lines, size_t room);

#endif
