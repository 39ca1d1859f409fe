/* SPDX-License-Identifier: MIT */
/* Console devices: a 16550 UART and VGA text. Code: arch/x86/platform/serial.c, vga.c. */
#ifndef ASM_SERIAL_H
#define ASM_SERIAL_H

#include <hv/types.h>

struct serial_config {
	uint32_t baud;	    /* 0: leave the UART's rate as it is */
	uint32_t base_baud; /* clock / 16 */
	uint8_t data_bits, stop_bits;
	char parity; /* n, e, o, m, s */
	uint16_t io;
	uint8_t irq; /* ISA interrupt; 0: polled */
};
/* "115200[/base],8n1[,io[,irq]]" or "auto,..." over the defaults already in *c. False: not understood. */
bool serial_parse(const char *s, struct serial_config *c);

/* Sets up the devices console= names (com1, vga) and registers them, output only. First of all. */
void console_early_init(void);
/* Maps VGA memory for good and enables serial input. Part of platform_init(). */
void console_devices_init(void);
/* Port range of the UART in use; false: none. */
bool serial_ports(uint16_t *first, uint16_t *last);
/* Dom0 takes over the screen: no more output to it (unless vga=keep). */
void vga_end_boot(void);

/* vga.c */
struct console_device;
extern struct console_device vga_console;
void vga_init(volatile uint16_t *text);

#endif
