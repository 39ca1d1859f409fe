// sources: hypervisor/arch/x86/platform/serial.c hypervisor/arch/x86/platform/serial_parse.c hypervisor/lib/parse.c tests/unit/fake_log.c
// cflags: -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/* The serial console: what a UART gets to send, and what becomes of the console when it takes nothing for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <hv/console.h>
#include <hv/irq.h>
#include <asm/io_apic.h>
#include <asm/options.h>
#include <asm/serial.h>

#define PORT 0x3f8
#define FIFO 16

/* ---- a UART ---- */

static char wire[4096]; /* what it has sent */
static size_t on_wire, in_fifo;
static bool held_up;	/* whoever it sends to reads nothing */
static unsigned long polls;
static uint8_t scratch;

uint8_t inb(uint16_t port)
{
	switch (port - PORT) {
	case 5:
		polls++;
		if (!held_up)
			in_fifo = 0;
		return in_fifo ? 0 : 0x20;
	case 7:
		return scratch;
	default:
		return 0;
	}
}

void outb(uint16_t port, uint8_t v)
{
	if (port == PORT + 7)
		scratch = v;
	if (port != PORT)
		return;
	assert_true(in_fifo < FIFO); /* a byte more would be lost */
	in_fifo++;
	wire[on_wire++] = (char)v;
}

/* ---- what serial.c calls ---- */

char opt_com1[64] = "auto,8n1", opt_console[64] = "com1";
struct console_device vga_console;
static struct console_device *uart;

void vga_init(volatile uint16_t *text)
{
}
void console_register(struct console_device *dev)
{
	uart = dev;
}
void console_receive(char c)
{
}
unsigned int isa_irq_to_gsi(unsigned int irq)
{
	return irq;
}
int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), void *data, const char *name)
{
	return 0;
}

/* ---- tests ---- */

static int start(void **state)
{
	if (!uart)
		console_early_init();
	assert_non_null(uart);
	held_up = false;
	on_wire = in_fifo = 0;
	memset(wire, 0, sizeof(wire));
	return 0;
}

static void say(const char *s)
{
	uart->write(s, strlen(s));
}

static void lines_end_as_terminals_want_and_no_fifo_overflows(void **state)
{
	char many[200];

	say("one\ntwo\r\nthree\n");
	assert_string_equal(wire, "one\r\ntwo\r\nthree\r\n");
	memset(many, '\n', sizeof(many) - 1);
	many[sizeof(many) - 1] = 0;
	on_wire = 0;
	say(many);
	assert_int_equal(on_wire, 2 * (sizeof(many) - 1));
}

static void a_uart_held_up_is_waited_for_once_and_used_again_when_it_is_ready(void **state)
{
	unsigned long once;

	held_up = true;
	say("0123456789abcdefghijklmnopq\n");
	assert_int_equal(on_wire, FIFO - 1); /* the last byte is kept for a line's return */
	once = polls;
	for (int i = 0; i < 1000; i++)
		say("nobody reads this\n");
	assert_true(polls - once <= 1000);
	held_up = false;
	on_wire = 0;
	memset(wire, 0, sizeof(wire));
	say("here again\n");
	assert_string_equal(wire, "\r\n(com1 stood still: text is missing here)\r\nhere again\r\n");
	say("and on\n");
	assert_non_null(strstr(wire, "here again\r\nand on\r\n"));
}

static void held_up_anew_it_is_waited_for_anew_and_no_more_than_once(void **state)
{
	held_up = true;
	say("0123456789abcdefghijklmnopq\n");
	held_up = false;
	say("between\n");
	held_up = true;
	polls = 0;
	say("0123456789abcdefghijklmnopq\n");
	assert_in_range(polls, 1000, 2000000);
	polls = 0;
	say("x");
	assert_int_equal(polls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_end_as_terminals_want_and_no_fifo_overflows, start),
		cmocka_unit_test_setup(a_uart_held_up_is_waited_for_once_and_used_again_when_it_is_ready, start),
		cmocka_unit_test_setup(held_up_anew_it_is_waited_for_anew_and_no_more_than_once, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
