/* SPDX-License-Identifier: MIT */
/*
 * 16550 UART. Output is polled, a FIFO at a time, with a bound on each wait: a UART that takes nothing
 * for that long, as one behind a terminal that is held up, is waited for no more, and used again when
 * it is ready. Input comes by interrupt and goes to the console.
 */
#include <hv/console.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <asm/io_apic.h>
#include <asm/layout.h>
#include <asm/options.h>
#include <asm/serial.h>
#include <asm/system.h>

#define UART_DATA 0
#define UART_IER  1
#define UART_FCR  2
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_SCR  7

#define LSR_DATA_READY 0x01
#define LSR_TX_EMPTY   0x20
#define LCR_DLAB       0x80

#define TX_FIFO	    16
#define TX_SPINS    1000000 /* at 300 baud a FIFO takes half a second; a port read about 1 us */
#define RX_PER_IRQ  256

static struct serial_config uart = {
	.base_baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'n', .io = 0x3f8, .irq = 4,
};
static bool uart_present;
static bool stalled; /* it took nothing for too long; guarded by: the console lock */

static uint8_t uart_in(unsigned int reg)
{
	return inb((uint16_t)(uart.io + reg));
}
static void uart_out(unsigned int reg, uint8_t v)
{
	outb((uint16_t)(uart.io + reg), v);
}

static uint8_t line_control(void)
{
	static const struct {
		char name;
		uint8_t bits;
	} parity[] = { { 'n', 0 }, { 'o', 0x08 }, { 'e', 0x18 }, { 'm', 0x28 }, { 's', 0x38 } };
	uint8_t lcr = (uint8_t)((uart.data_bits - 5) | ((uart.stop_bits - 1) << 2));

	for (unsigned int i = 0; i < ARRAY_SIZE(parity); i++)
		if (parity[i].name == uart.parity)
			lcr |= parity[i].bits;
	return lcr;
}

static bool uart_setup(void)
{
	uint16_t divisor;

	uart_out(UART_SCR, 0x5a);
	if (uart_in(UART_SCR) != 0x5a)
		return false;
	uart_out(UART_IER, 0);
	if (uart.baud) {
		divisor = (uint16_t)max(uart.base_baud / uart.baud, 1u);
		uart_out(UART_LCR, LCR_DLAB);
		uart_out(UART_DATA, (uint8_t)divisor);
		uart_out(UART_IER, (uint8_t)(divisor >> 8));
	}
	uart_out(UART_LCR, line_control());
	uart_out(UART_FCR, 0x07); /* enable and clear both FIFOs, interrupt at one byte */
	uart_out(UART_MCR, 0x0b); /* DTR, RTS, OUT2 (gates the interrupt line) */
	return true;
}

static bool tx_empty(void)
{
	return uart_in(UART_LSR) & LSR_TX_EMPTY;
}

static bool wait_tx(void)
{
	for (unsigned int i = 0; i < TX_SPINS; i++) {
		if (tx_empty())
			return true;
		cpu_relax();
	}
	stalled = true;
	return false;
}

static void transmit(const char *s, size_t len)
{
	static char last;
	unsigned int room = 0;

	for (size_t i = 0; i < len && !stalled; last = s[i], i++) {
		if (room < 2) {
			if (!wait_tx())
				return;
			room = TX_FIFO;
		}
		if (s[i] == '\n' && last != '\r') {
			uart_out(UART_DATA, '\r');
			room--;
		}
		uart_out(UART_DATA, (uint8_t)s[i]);
		room--;
	}
}

static void serial_write(const char *s, size_t len)
{
	static const char gap[] = "\n(com1 stood still: text is missing here)\n";

	if (stalled) {
		if (!tx_empty())
			return;
		stalled = false;
		transmit(gap, sizeof(gap) - 1);
	}
	transmit(s, len);
}

static struct console_device serial_console = { .name = "com1", .write = serial_write };

static void serial_interrupt(unsigned int irq, void *data)
{
	for (unsigned int i = 0; i < RX_PER_IRQ && (uart_in(UART_LSR) & LSR_DATA_READY); i++)
		console_receive((char)uart_in(UART_DATA));
}

bool serial_ports(uint16_t *first, uint16_t *last)
{
	*first = uart.io;
	*last = (uint16_t)(uart.io + 7);
	return uart_present;
}

/* Is `name` in the comma-separated list? */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

void console_early_init(void)
{
	bool understood = serial_parse(opt_com1, &uart);

	if (listed(opt_console, "com1")) {
		uart_present = uart_setup();
		if (uart_present)
			console_register(&serial_console);
	}
	if (listed(opt_console, "vga")) {
		vga_init((volatile uint16_t *)(DIRECTMAP_START + 0xb8000));
		console_register(&vga_console);
	}
	if (!understood)
		printk("com1=%s: not understood, using the defaults\n", opt_com1);
}

void console_devices_init(void)
{
	if (!uart_present || !uart.irq)
		return;
	if (request_irq(isa_irq_to_gsi(uart.irq), serial_interrupt, NULL, "com1")) {
		printk("com1: interrupt %u is not available, no input\n", uart.irq);
		return;
	}
	(void)uart_in(UART_DATA);
	uart_out(UART_IER, 0x01); /* received data */
}
