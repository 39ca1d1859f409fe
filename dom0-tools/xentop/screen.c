/* SPDX-License-Identifier: MIT */
/*
 * The terminal: reads keys, paints pages. Works on a serial line: eight colours at most, none if
 * the terminal has none, ASCII where the locale is not UTF-8, and only what changed is sent.
 */
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "xentop/page.h"
#include "xentop/screen.h"

#define ESCAPE	  27
#define CONTROL_L 12
#define ESCAPE_MS 250 /* the bytes of an arrow key may trickle in on a slow line */
/* A terminal that is readable but has nothing to read, so often in a row, is gone. */
#define EMPTY_READS 10
#define MAX_WIDTH   1024

struct screen {
	struct ui ui;
	struct model model;
	SCREEN *terminal;
	bool has_colours;
	int empty_reads;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct look {
	short colour; /* -1: the terminal's own */
	attr_t attributes;
} looks[NR_STYLES] = {
	[STYLE_PLAIN] = { -1, A_NORMAL },
	[STYLE_SUMMARY] = { -1, A_BOLD },
	[STYLE_HEADER] = { -1, A_REVERSE },
	[STYLE_RUNNING] = { COLOR_GREEN, A_BOLD },
	[STYLE_STOPPED] = { COLOR_YELLOW, A_NORMAL },
	[STYLE_CRASHED] = { COLOR_RED, A_BOLD },
	[STYLE_DETAIL] = { COLOR_CYAN, A_NORMAL },
	[STYLE_CPU] = { COLOR_GREEN, A_NORMAL },
	[STYLE_NET] = { COLOR_CYAN, A_NORMAL },
	[STYLE_DISK] = { COLOR_YELLOW, A_NORMAL },
};

static void start_colours(struct screen *screen)
{
	screen->has_colours = has_colors() && start_color() != ERR;
	if (!screen->has_colours)
		return;
	use_default_colors();
	for (short style = 0; style < NR_STYLES; style++)
		init_pair((short)(style + 1), looks[style].colour, -1);
}

static int start(struct screen *screen)
{
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fprintf(stderr, "xentop: this is no terminal: use xentop --batch\n");
		return -ENOTTY;
	}
	screen->terminal = newterm(NULL, stdout, stdin);
	if (!screen->terminal) {
		fprintf(stderr,
			"xentop: the terminal type %s is not known: set TERM (to vt100, "
			"say), or use xentop --batch\n",
			type && *type ? type : "(none)");
		return -ENOTTY;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	start_colours(screen);
	return 0;
}

/* A terminal without another screen to go back to keeps this one; what is typed next begins in its last line. */
static void stop(struct screen *screen)
{
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(screen->terminal);
}

/* To characters, bytes that are none in this locale becoming question marks. */
static size_t widen(wchar_t *wide, size_t room, const char *text)
{
	mbstate_t state = { 0 };
	size_t nr = 0, length = strlen(text);

	while (length && nr < room) {
		size_t used = mbrtowc(&wide[nr], text, length, &state);

		if (used == (size_t)-1 || used == (size_t)-2) {
			memset(&state, 0, sizeof(state));
			wide[nr] = L'?';
			used = 1;
		}
		nr++;
		text += used;
		length -= used;
	}
	return nr;
}

static void set_style(const struct screen *screen, enum style style, bool marked)
{
	attr_t attributes = looks[style].attributes;

	if (marked)
		attributes ^= style == STYLE_HEADER ? A_REVERSE | A_BOLD : A_BOLD;
	attrset((int)attributes);
	if (screen->has_colours && screen->ui.colour)
		color_set((short)(style + 1), NULL);
}

static void paint(const struct screen *screen, int row, const struct line *line, size_t left)
{
	wchar_t wide[MAX_WIDTH];
	size_t nr = widen(wide, MAX_WIDTH, line->text);
	size_t mark_end = (size_t)line->mark + (size_t)line->mark_width;

	move(row, 0);
	for (size_t at = left; at < nr && at < left + (size_t)COLS;) {
		bool marked = at >= (size_t)line->mark && at < mark_end;
		size_t end = marked ? mark_end : at < (size_t)line->mark ? (size_t)line->mark : nr;

		if (!line->mark_width)
			end = nr;
		if (end > nr)
			end = nr;
		if (end > left + (size_t)COLS)
			end = left + (size_t)COLS;
		set_style(screen, line->style, marked);
		addnwstr(wide + at, (int)(end - at));
		at = end;
	}
}

static void paint_bottom(struct screen *screen)
{
	char text[256];
	struct line line = { .text = text, .style = STYLE_HEADER };

	ui_bottom(&screen->ui, text, sizeof(text));
	paint(screen, LINES - 1, &line, 0);
}

static int draw(struct screen *screen)
{
	struct ui *ui = &screen->ui;
	struct page page = { 0 };
	int rc = 0;
	size_t room;

	sort_views(&screen->model, &ui->show);
	rc = page_make(&page, &screen->model, ui, COLS);
	room = LINES - 1 > (int)page.fixed ? (size_t)LINES - 1 - page.fixed : 0;
	ui_fit(ui, page.nr_lines - page.fixed, room);
	erase();
	for (size_t row = 0; row < page.fixed && (int)row < LINES - 1; row++)
		paint(screen, (int)row, &page.lines[row],
		      page.lines[row].style == STYLE_SUMMARY ? 0 : ui->left);
	for (size_t row = 0; row < room && page.fixed + ui->top + row < page.nr_lines; row++)
		paint(screen, (int)(page.fixed + row), &page.lines[page.fixed + ui->top + row],
		      ui->left);
	paint_bottom(screen);
	refresh();
	page_free(&page);
	return rc;
}

static int translate(int key)
{
	switch (key) {
	case KEY_UP:
		return KEY_IS_UP;
	case KEY_DOWN:
		return KEY_IS_DOWN;
	case KEY_LEFT:
		return KEY_IS_LEFT;
	case KEY_RIGHT:
		return KEY_IS_RIGHT;
	case KEY_PPAGE:
		return KEY_IS_PAGE_UP;
	case KEY_NPAGE:
		return KEY_IS_PAGE_DOWN;
	case KEY_HOME:
		return KEY_IS_HOME;
	case KEY_END:
		return KEY_IS_END;
	case KEY_BACKSPACE:
	case 0x7f:
	case '\b':
		return KEY_IS_ERASE;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return KEY_IS_ENTER;
	case ESCAPE:
		return KEY_IS_ESCAPE;
	default:
		return key;
	}
}

/* All keys that wait. */
static enum action take_keys(struct screen *screen)
{
	enum action action = ACTION_DRAW;
	int key = getch();

	screen->empty_reads = key == ERR ? screen->empty_reads + 1 : 0;
	for (; key != ERR; key = getch()) {
		enum action asked = ACTION_DRAW;

		/* What else wrote on the terminal goes away. */
		if (key == CONTROL_L)
			clearok(curscr, TRUE);
		else if (key != KEY_RESIZE) /* ncurses has taken the new size over already */
			asked = ui_key(&screen->ui, translate(key));
		if (asked > action)
			action = asked;
		if (action == ACTION_QUIT)
			break;
	}
	return screen->empty_reads > EMPTY_READS ? ACTION_QUIT : action;
}

/* Draw and obey until it is time to read again. */
static int watch(struct screen *screen, enum action *action)
{
	uint64_t started = now_ms();

	*action = ACTION_DRAW;
	while (*action == ACTION_DRAW) {
		struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
		uint64_t end = started + (uint64_t)(screen->ui.delay * 1000), now = now_ms();
		int rc = draw(screen);

		if (rc)
			return rc;
		rc = poll(&keys, 1, now < end ? (int)(end - now) : 0);
		if (rc > 0 || (rc < 0 && errno == EINTR))
			*action = take_keys(screen);
		else
			*action = ACTION_READ;
	}
	return 0;
}

int screen_run(struct collector *collector, struct options *options, read_model read_next)
{
	struct screen screen = { 0 };
	enum action action = ACTION_DRAW;
	int rc;

	ui_start(&screen.ui, options, !strcmp(nl_langinfo(CODESET), "UTF-8"));
	rc = start(&screen);
	if (rc)
		return rc;
	for (unsigned long nr = 1; !rc && action != ACTION_QUIT; nr++) {
		rc = read_next(collector, &screen.model);
		if (!rc)
			rc = watch(&screen, &action);
		if (nr == options->iterations)
			break;
	}
	stop(&screen);
	model_free(&screen.model);
	return rc;
}
