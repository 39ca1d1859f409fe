/* SPDX-License-Identifier: MIT */
/* Keys. Letters mean the same in both cases, as xentop's users expect. */
#include <ctype.h>
#include <string.h>

#include "xentop/ui.h"

#define STEP_ASIDE 8

void ui_start(struct ui *ui, const struct options *options, bool unicode)
{
	*ui = (struct ui){ .show = options->show,
			   .delay = options->delay,
			   .colour = options->colour,
			   .unicode = unicode,
			   .room = 1 };
}

bool ui_wants(const struct ui *ui, const struct view *view)
{
	const char *filter = ui->prompt == PROMPT_SEARCH ? ui->input : ui->filter;

	return !*filter || strcasestr(view->now->name, filter);
}

static void next_column(struct show *show, int step)
{
	show->sort += step;
	if (show->sort >= NR_COLUMNS)
		show->sort = SORT_DOMID;
	else if (show->sort < SORT_DOMID)
		show->sort = NR_COLUMNS - 1;
}

static void turn_to(struct ui *ui, enum page_kind kind)
{
	ui->kind = kind;
	ui->help = false;
	ui->top = ui->left = 0;
}

static void ask(struct ui *ui, enum prompt prompt)
{
	ui->prompt = prompt;
	strcpy(ui->input, prompt == PROMPT_SEARCH ? ui->filter : "");
}

static enum action accept_input(struct ui *ui)
{
	enum prompt prompt = ui->prompt;

	ui->prompt = PROMPT_NONE;
	if (prompt == PROMPT_SEARCH) {
		strcpy(ui->filter, ui->input);
		ui->top = 0;
		return ACTION_DRAW;
	}
	if (*ui->input && !parse_delay(ui->input, &ui->delay))
		ui->complaint = "The delay must be seconds from 0 to 3600";
	return ACTION_READ;
}

static enum action prompt_key(struct ui *ui, int key)
{
	size_t length = strlen(ui->input);

	switch (key) {
	case KEY_IS_ENTER:
		return accept_input(ui);
	case KEY_IS_ESCAPE:
		ui->prompt = PROMPT_NONE;
		break;
	case KEY_IS_ERASE:
		/* All bytes of a character. */
		while (length && (ui->input[--length] & 0xc0) == 0x80)
			;
		ui->input[length] = '\0';
		break;
	default:
		if (key >= ' ' && key < 0x100 && key != 0x7f && length + 1 < INPUT_SIZE) {
			ui->input[length] = (char)key;
			ui->input[length + 1] = '\0';
		}
	}
	return ACTION_DRAW;
}

static bool scroll_key(struct ui *ui, int key)
{
	size_t page = ui->room > 1 ? ui->room - 1 : 1;

	switch (key) {
	case KEY_IS_UP:
		ui->top -= !!ui->top;
		break;
	case KEY_IS_DOWN:
		ui->top++;
		break;
	case KEY_IS_PAGE_UP:
		ui->top -= ui->top < page ? ui->top : page;
		break;
	case KEY_IS_PAGE_DOWN:
		ui->top += page;
		break;
	case KEY_IS_HOME:
		ui->top = ui->left = 0;
		break;
	case KEY_IS_END:
		ui->top = ui->nr_lines;
		break;
	case KEY_IS_LEFT:
		ui->left -= ui->left < STEP_ASIDE ? ui->left : STEP_ASIDE;
		break;
	case KEY_IS_RIGHT:
		ui->left += STEP_ASIDE;
		break;
	default:
		return false;
	}
	ui_fit(ui, ui->nr_lines, ui->room);
	return true;
}

/* Letters that turn something on or off; NULL for others. */
static bool *toggle(struct ui *ui, int key)
{
	switch (key) {
	case 'n':
		return &ui->show.networks;
	case 'b':
	case 'x':
		return &ui->show.vbds;
	case 'v':
		return &ui->show.vcpus;
	case 'r':
		return &ui->show.repeat_header;
	case 'f':
		return &ui->show.full_name;
	case 'z':
		return &ui->show.dom0_first;
	case 'i':
		return &ui->show.reverse;
	case 'c':
		return &ui->colour;
	case 'h':
	case '?':
		return &ui->help;
	default:
		return NULL;
	}
}

static enum action letter_key(struct ui *ui, int key)
{
	bool *flag = toggle(ui, key);

	if (flag) {
		*flag = !*flag;
		return ACTION_DRAW;
	}
	switch (key) {
	case 'q':
		return ACTION_QUIT;
	case ' ':
		return ACTION_READ;
	case 'd':
		ask(ui, PROMPT_DELAY);
		break;
	case '/':
		ask(ui, PROMPT_SEARCH);
		break;
	case 's':
	case '>':
		next_column(&ui->show, 1);
		break;
	case '<':
		next_column(&ui->show, -1);
		break;
	case '\t':
		turn_to(ui, (ui->kind + 1) % NR_PAGE_KINDS);
		break;
	default:
		if (key >= '1' && key < '1' + NR_PAGE_KINDS)
			turn_to(ui, (enum page_kind)(key - '1'));
	}
	return ACTION_DRAW;
}

enum action ui_key(struct ui *ui, int key)
{
	ui->complaint = NULL;
	if (ui->prompt != PROMPT_NONE)
		return prompt_key(ui, key);
	if (scroll_key(ui, key))
		return ACTION_DRAW;
	if (key == KEY_IS_ESCAPE && !ui->help)
		return ACTION_QUIT;
	if (key == KEY_IS_ESCAPE)
		ui->help = false;
	return key > 0 && key < 0x80 ? letter_key(ui, tolower(key)) : ACTION_DRAW;
}

void ui_fit(struct ui *ui, size_t nr_lines, size_t room)
{
	size_t last = nr_lines > room ? nr_lines - room : 0;

	ui->nr_lines = nr_lines;
	ui->room = room;
	if (ui->top > last)
		ui->top = last;
}

void ui_bottom(const struct ui *ui, char *text, size_t size)
{
	static const char *const kinds[] = { "table", "graphs", "vcpus", "devices",
					     "hypercalls" };

	if (ui->prompt == PROMPT_DELAY)
		snprintf(text, size, "Delay in seconds (now %g): %s", ui->delay, ui->input);
	else if (ui->prompt == PROMPT_SEARCH)
		snprintf(text, size, "Names with: %s", ui->input);
	else if (ui->complaint)
		snprintf(text, size, "%s", ui->complaint);
	else
		snprintf(text, size,
			 "Delay  Networks  vBds  VCPUs  Repeat header  Sort: %s%s  "
			 "Tab: %s  /%s  ? help  Quit",
			 column_title(ui->show.sort), ui->show.reverse ? " reversed" : "",
			 kinds[ui->kind], ui->filter);
}
