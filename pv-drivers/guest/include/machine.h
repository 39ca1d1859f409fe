/* SPDX-License-Identifier: MIT */
/*
 * What the kit asks of the way it was started. PV has an implementation (arch/pv*.c, arch/start.S);
 * PVH would be another, chosen when linking: hypercalls by vmcall, frames that are their own
 * addresses, all memory mapped, shared pages placed by add_to_physmap.
 */
#ifndef KIT_MACHINE_H
#define KIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/xen.h>

#define MACHINE_BASE 0xffffffff80000000ul /* page n of the guest is at MACHINE_BASE + n * 4096 */
#define MACHINE_MOST 0x40000ul		  /* pages that can be used: 1 GiB */

struct machine {
	uint64_t nr_pages;   /* of the guest, at most MACHINE_MOST */
	uint64_t mapped;     /* pages [0, mapped) can be touched */
	uint64_t first_free; /* pages below hold the image, page tables, rings */
	bool initial_domain; /* no rings: the hypervisor's own console */
	const char *command_line;
	struct shared_info *shared_info;
	struct xencons_interface *console;	 /* NULL: none */
	struct xenstore_domain_interface *store; /* NULL: none */
	uint32_t console_port, store_port;
};
extern struct machine machine;

/* Fills machine; nothing else works before. start is what the entry found. */
void machine_init(const void *start);

long hypercall(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d);
#define CALL1(number, a)    hypercall(number, (unsigned long)(a), 0, 0, 0)
#define CALL2(number, a, b) hypercall(number, (unsigned long)(a), (unsigned long)(b), 0, 0)
#define CALL3(number, a, b, c)                                                                     \
	hypercall(number, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0)
#define CALL4(number, a, b, c, d)                                                                  \
	hypercall(number, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c),              \
		  (unsigned long)(d))

/*
 * The frame of a guest's page as the hypervisor and peers know it, and back (UINT64_MAX: not ours).
 */
uint64_t machine_frame(uint64_t page);
uint64_t machine_page(uint64_t frame);

/* The grant table's first page, 512 entries of version 1. NULL: refused. */
struct grant_entry_v1 *machine_grant_table(void);

/*
 * Maps more memory: machine.mapped grows. False: all is mapped. take_page gives a zeroed page for a
 * page table, or UINT64_MAX; it is never given back.
 */
bool machine_grow(uint64_t (*take_page)(void));

/* Traps end the guest with a report instead of silently. */
void machine_catch_traps(void);

static inline void *page_address(uint64_t page)
{
	return (void *)(MACHINE_BASE + (page << 12));
}

static inline uint64_t page_number(const void *address)
{
	return ((uint64_t)address - MACHINE_BASE) >> 12;
}

#endif
