/* SPDX-License-Identifier: MIT */
/*
 * bootdisk FILE: a disk whose first sector is a program in 16-bit real mode. It tells by port 0xe9 how far it comes:
 * timer interrupts (PIT, PIC), reading and writing by the firmware (a device model's disk, its interrupt), the clock; then
 * it switches the machine off by ACPI's control register.
 */
#include <stdio.h>
#include <string.h>

/* At 0x7c00. The firmware's count of ticks is at 0x46c; the disk's number comes in DL. */
__asm__(".pushsection .rodata\n"
	".code16\n"
	"first: cli\n"
	"	xorw %ax, %ax\n"
	"	movw %ax, %ds\n"
	"	movw %ax, %es\n"
	"	movw %ax, %ss\n"
	"	movw $0x7c00, %sp\n"
	"	cld\n"
	"	sti\n"
	"	movb %dl, (disk - first + 0x7c00)\n"
	"	movw $(runs - first + 0x7c00), %si\n"
	"	call puts\n"
	"	movw $3, %cx\n"
	"1:	movw 0x46c, %bx\n"
	"2:	hlt\n"
	"	cmpw %bx, 0x46c\n"
	"	je 2b\n"
	"	loop 1b\n"
	"	movw $(ticks - first + 0x7c00), %si\n"
	"	call puts\n"
	"	movb $2, %ah\n" /* read */
	"	movw $2, %cx\n"
	"	call sector\n"
	"	movw $0x7e00, %si\n"
	"	call puts\n"
	"	movb $3, %ah\n" /* write the same elsewhere */
	"	movw $9, %cx\n"
	"	call sector\n"
	"	movw $(wrote - first + 0x7c00), %si\n"
	"	call puts\n"
	"	movb $2, %ah\n" /* the clock */
	"	int $0x1a\n"
	"	jc failed\n"
	"	movw $(clock - first + 0x7c00), %si\n"
	"	call puts\n"
	"	movw $0xb004, %dx\n"
	"	movw $0x2000, %ax\n"
	"	outw %ax, %dx\n"
	"3:	hlt\n"
	"	jmp 3b\n"
	"sector: movb $1, %al\n"
	"	movb $0, %dh\n"
	"	movb (disk - first + 0x7c00), %dl\n"
	"	movw $0x7e00, %bx\n"
	"	int $0x13\n"
	"	jc failed\n"
	"	ret\n"
	"failed: movw $(fails - first + 0x7c00), %si\n"
	"	call puts\n"
	"	jmp 3b\n"
	"puts:	lodsb\n"
	"	testb %al, %al\n"
	"	jz 4f\n"
	"	outb %al, $0xe9\n"
	"	jmp puts\n"
	"4:	ret\n"
	"disk:	.byte 0\n"
	"runs:	.asciz \"BOOT sector runs\\n\"\n"
	"ticks:	.asciz \"BOOT timer ticks\\n\"\n"
	"wrote:	.asciz \"BOOT disk written\\n\"\n"
	"clock:	.asciz \"BOOT clock read\\n\"\n"
	"fails:	.asciz \"BOOT firmware fails\\n\"\n"
	"last:\n"
	".code64\n"
	".popsection\n");
extern const char first[], last[];

int main(int argc, char **argv)
{
	static char disk[1 << 20];
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;

	if (!f) {
		fprintf(stderr, "usage: bootdisk FILE\n");
		return 1;
	}
	memcpy(disk, first, (size_t)(last - first));
	memcpy(disk + 510, "\x55\xaa", 2);
	strcpy(disk + 512, "BOOT second sector\n");
	if (fwrite(disk, sizeof(disk), 1, f) != 1 || fclose(f)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
