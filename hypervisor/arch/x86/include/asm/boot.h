/* SPDX-License-Identifier: MIT */
/* What the boot loader handed over, in one form for multiboot 1 and 2. Code: arch/x86/boot. */
#ifndef ASM_BOOT_H
#define ASM_BOOT_H

#include <hv/types.h>

#define BOOT_MAX_MODULES 8
#define BOOT_MAX_E820	 128
#define BOOT_CMDLINE_MAX 1024

struct boot_module {
	uint64_t start, end; /* machine addresses, [start, end) */
	char cmdline[BOOT_CMDLINE_MAX];
};

struct boot_e820 {
	uint64_t addr, size;
	uint32_t type; /* 1: RAM */
};

struct boot_info {
	char loader[64];
	char cmdline[BOOT_CMDLINE_MAX];
	unsigned int nr_modules;
	struct boot_module module[BOOT_MAX_MODULES];
	unsigned int nr_e820;
	struct boot_e820 e820[BOOT_MAX_E820];
	uint64_t rsdp; /* 0: search for it */
};
extern struct boot_info boot_info;

/* Fills boot_info; returns NULL, or a sentence saying why the loader's data cannot be used. */
const char *multiboot_parse(uint32_t magic, uint64_t info);

/* Builds the control domain from modules 0 (kernel) and 1 (initrd); panics with the reason. */
struct domain *dom0_build(void);
extern uint64_t opt_dom0_mem, opt_dom0_mem_max; /* bytes, 0: default */
extern uint64_t opt_dom0_max_vcpus;

#endif
