/* SPDX-License-Identifier: MIT */
/*
 * What the kit asks of the way it was started. One image serves two: as a PV guest (arch/pv*.c), with
 * frames by a list and page tables the hypervisor checks, and as a PVH guest (arch/pvh*), with frames
 * that are its own page numbers and all memory mapped from the start. The entry that was taken sets
 * machine.kind.
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

/* See the functions of the same names below. */
struct machine_kind {
	long (*call)(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
		     unsigned long d);
	uint64_t (*frame)(uint64_t page);
	uint64_t (*page)(uint64_t frame);
	struct grant_entry_v1 *(*grant_table)(void);
	bool (*grow)(uint64_t (*take_page)(void));
	void (*catch_traps)(void);
	uint64_t (*fault_address)(void); /* of the last page fault */
};

struct machine {
	const struct machine_kind *kind;
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

static inline long hypercall(unsigned int number, unsigned long a, unsigned long b, unsigned long c,
			     unsigned long d)
{
	return machine.kind->call(number, a, b, c, d);
}
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
static inline uint64_t machine_frame(uint64_t page)
{
	return machine.kind->frame(page);
}

static inline uint64_t machine_page(uint64_t frame)
{
	return machine.kind->page(frame);
}

/* The grant table's first page, 512 entries of version 1. NULL: refused. */
static inline struct grant_entry_v1 *machine_grant_table(void)
{
	return machine.kind->grant_table();
}

/*
 * Maps more memory: machine.mapped grows. False: all is mapped. take_page gives a zeroed page for a
 * page table, or UINT64_MAX; it is never given back.
 */
static inline bool machine_grow(uint64_t (*take_page)(void))
{
	return machine.kind->grow(take_page);
}

/* Traps end the guest with a report instead of silently. */
static inline void machine_catch_traps(void)
{
	machine.kind->catch_traps();
}

static inline void *page_address(uint64_t page)
{
	return (void *)(MACHINE_BASE + (page << 12));
}

static inline uint64_t page_number(const void *address)
{
	return ((uint64_t)address - MACHINE_BASE) >> 12;
}

#endif
