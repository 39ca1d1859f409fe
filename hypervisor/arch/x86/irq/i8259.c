/* SPDX-License-Identifier: MIT */
/*
 * The two legacy interrupt controllers are not used. They are given vectors no exception has, should a
 * spurious one still come through, and all their lines are masked.
 */
#include <asm/io_apic.h>
#include <asm/irq.h>
#include <asm/system.h>

#define PIC1 0x20
#define PIC2 0xa0

void i8259_mask_all(void)
{
	outb(PIC1, 0x11); /* start initialisation, cascaded, four words */
	outb(PIC2, 0x11);
	outb(PIC1 + 1, VECTOR_DEVICE_LAST + 1 - 16);
	outb(PIC2 + 1, VECTOR_DEVICE_LAST + 1 - 8);
	outb(PIC1 + 1, 0x04); /* slave on line 2 */
	outb(PIC2 + 1, 0x02);
	outb(PIC1 + 1, 0x01); /* 8086 mode */
	outb(PIC2 + 1, 0x01);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}
