/* SPDX-License-Identifier: MIT */
/*
 * VGA text mode 3, 80x25, as the loader left it. Only printable characters and newline are shown.
 * A row is moved with 16-bit accesses through a device mapping, so scrolling is slow but needs no copy.
 */
#include <hv/console.h>
#include <asm/serial.h>
#include <asm/system.h>

#define COLS  80
#define ROWS  25
#define BLANK 0x0720 /* light grey on black */

static volatile uint16_t *screen;
static unsigned int row, col;

void vga_init(volatile uint16_t *text)
{
	if (!screen)
		for (unsigned int i = 0; i < ROWS * COLS; i++)
			text[i] = BLANK;
	screen = text;
}

void vga_end_boot(void)
{
	screen = NULL;
}

static void set_cursor(void)
{
	uint16_t pos = (uint16_t)(row * COLS + col);

	outb(0x3d4, 0x0f);
	outb(0x3d5, (uint8_t)pos);
	outb(0x3d4, 0x0e);
	outb(0x3d5, (uint8_t)(pos >> 8));
}

static void new_line(void)
{
	col = 0;
	if (++row < ROWS)
		return;
	row = ROWS - 1;
	for (unsigned int i = 0; i < row * COLS; i++)
		screen[i] = screen[i + COLS];
	for (unsigned int i = row * COLS; i < ROWS * COLS; i++)
		screen[i] = BLANK;
}

static void put_char(char c)
{
	if (c == '\n') {
		new_line();
		return;
	}
	if (c < ' ' || c > '~')
		return;
	screen[row * COLS + col] = (uint16_t)(0x0700 | (uint8_t)c);
	if (++col == COLS)
		new_line();
}

static void vga_write(const char *s, size_t len)
{
	if (!screen)
		return;
	for (size_t i = 0; i < len; i++)
		put_char(s[i]);
	set_cursor();
}

struct console_device vga_console = { .name = "vga", .write = vga_write };
