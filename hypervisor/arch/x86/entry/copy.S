/* SPDX-License-Identifier: MIT */
/*
 * Copies that may fault on the guest side. unsigned long fn(to, from, len): bytes not copied.
 * Eight bytes at a time, then the rest; a fault counts what is left.
 */
#include <asm/asm_macros.h>

	.section .text, "ax"
ENTRY(copy_user)
	ASM_STAC
	mov	%rdx, %rcx
	mov	%edx, %eax
	and	$7, %eax
	shr	$3, %rcx
.Lc0:	rep movsq
	mov	%eax, %ecx
	test	%eax, %eax
	jz	1f
.Lc1:	rep movsb
1:	mov	%rcx, %rax
	ASM_CLAC
	ret
2:	lea	(%rax, %rcx, 8), %rax
	ASM_CLAC
	ret
	EXTABLE(.Lc0, 2b)
	EXTABLE(.Lc1, 1b)

/* bool read_guest_pair(to, from): 16 bytes from above the hypervisor's range, where PV kernels are. */
ENTRY(read_guest_pair)
	movabs	$HV_VIRT_END, %rax
	cmp	%rax, %rsi
	jb	6f
	cmp	$-16, %rsi
	ja	6f
	ASM_STAC
.Lc5:	mov	(%rsi), %rax
.Lc6:	mov	8(%rsi), %rdx
	ASM_CLAC
	mov	%rax, (%rdi)
	mov	%rdx, 8(%rdi)
	mov	$1, %eax
	ret
5:	ASM_CLAC
6:	xor	%eax, %eax
	ret
	EXTABLE(.Lc5, 5b)
	EXTABLE(.Lc6, 5b)

/* unsigned long clear_user(to, len) */
ENTRY(clear_user)
	ASM_STAC
	mov	%rsi, %rcx
	mov	%esi, %edx
	and	$7, %edx
	shr	$3, %rcx
	xor	%eax, %eax
.Lc2:	rep stosq
	mov	%edx, %ecx
.Lc3:	rep stosb
1:	mov	%rcx, %rax
	ASM_CLAC
	ret
2:	lea	(%rdx, %rcx, 8), %rax
	ASM_CLAC
	ret
	EXTABLE(.Lc2, 2b)
	EXTABLE(.Lc3, 1b)

/* int cmpxchg_user(p, uint64_t *old, uint64_t new): 8 bytes at guest p, locked. *old gets what was
 * there. 0, or 1 after a fault. */
ENTRY(cmpxchg_user)
	ASM_STAC
	mov	(%rsi), %rax
.Lc4:	lock cmpxchg %rdx, (%rdi)
	ASM_CLAC
	mov	%rax, (%rsi)
	xor	%eax, %eax
	ret
3:	ASM_CLAC
	mov	$1, %eax
	ret
	EXTABLE(.Lc4, 3b)
