/* SPDX-License-Identifier: MIT */
/* The hypervisor's own image in memory: section bounds and protection. */
#ifndef ASM_IMAGE_H
#define ASM_IMAGE_H

extern char _start[], _stext[], _etext[], _srodata[], _erodata[], _sdata[], _edata[], _sbss[], _end[];
extern char __percpu_start[], __percpu_end[];

/* Puts CLAC and STAC into the entry code if the CPU has SMAP and smap= allows. Before image_protect. */
void image_patch_smap(void);
/* W^X: text read-execute, read-only data read-only, the rest no-execute; the direct map's view of text
 * and read-only data becomes read-only too; the boot identity map goes away. */
void image_protect(void);

#endif
