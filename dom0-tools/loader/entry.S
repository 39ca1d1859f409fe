/* SPDX-License-Identifier: MIT */
/*
 * Where the loader starts (flat 32-bit mode, ebx at the start information), where the other CPUs do
 * (real mode, by a start-up interrupt), and how the firmware does: real mode at f000:fff0, as after
 * power-on. What runs in real mode is copied to a page below 1 MiB first: RP() gives places there.
 */
#define REAL_MODE_AT 0x8000
#define CODE32 0x08
#define DATA32 0x10
#define CODE16 0x18
#define DATA16 0x20
#define RP(label) (REAL_MODE_AT + (label) - real_mode_start)

	.section .text.entry, "ax"
	.code32
	.globl _start
_start:
	cli
	cld
	lgdt gdt_pointer
	ljmp $CODE32, $1f
1:	mov $DATA32, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov %ax, %fs
	mov %ax, %gs
	mov $stack_end, %esp
	push %ebx
	call loader_main
2:	hlt
	jmp 2b

/* All others use one stack: they come one after the other. */
ap_flat:
	mov $DATA32, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $stack_end, %esp
	cld
	call ap_main
3:	cli
	hlt
	jmp 3b

	.globl enter_firmware
enter_firmware:
	mov $DATA16, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov %ax, %fs
	mov %ax, %gs
	ljmp $CODE16, $RP(to_firmware)

	.section .rodata.real_mode, "a"
	.globl real_mode_start, real_mode_end
	.code16
real_mode_start:
/* cs is the page's segment. */
	cli
	lgdtl %cs:gdt_pointer16 - real_mode_start
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $CODE32, $ap_flat
to_firmware:
	lidtl RP(real_idt)
	mov %cr0, %eax
	and $~1, %eax
	mov %eax, %cr0
	ljmp $REAL_MODE_AT >> 4, $4f - real_mode_start
4:	xor %eax, %eax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov %ax, %fs
	mov %ax, %gs
	xor %ebx, %ebx
	xor %ecx, %ecx
	xor %edx, %edx
	xor %esi, %esi
	xor %edi, %edi
	xor %ebp, %ebp
	xor %esp, %esp
	ljmp $0xf000, $0xfff0
	.balign 4
real_idt:
	.word 0x3ff
	.long 0
gdt_pointer16:
	.word gdt_end - gdt - 1
	.long gdt
real_mode_end:

	.section .rodata
	.balign 8
gdt:	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00009b000000ffff
	.quad 0x000093000000ffff
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt

	.section .bss
	.balign 16
	.skip 16384
stack_end:

	.section .note.GNU-stack, "", @progbits
