/* SPDX-License-Identifier: MIT */
/*
 * x86 memory management beyond hv/mm.h: boot, machine-to-phys table, guests' page tables, TLB.
 */
#ifndef ASM_MM_H
#define ASM_MM_H

#include <hv/mm.h>
#include <hv/cpumask.h>
#include <asm/page.h>
#include <asm/layout.h>

struct domain;
struct vcpu;
struct cpu_user_regs;

/* ---- boot ---- */
struct ram_range {
	uint64_t start, end; /* bytes, page aligned */
};
/*
 * Builds everything: direct map, frame table, machine-to-phys table, heap. Needs the direct map of
 * the first 4 GiB in idle_pg_table, hv_e820 filled, and CR3 loaded with idle_pg_table. `ram` is
 * what may be used: RAM less hypervisor image, boot modules, and what must stay; sorted or not.
 */
void mm_init(const struct ram_range *ram, unsigned int nr);
/* Where memory is, to which no entry of a PV table may lead that is not present, and how many bits of it count: mm/l1tf.c. */
struct e820entry;
void l1tf_set_limits(const struct e820entry *map, unsigned int nr, unsigned int address_bits);
/* Pages below 4 GiB before the heap exists, 2^n-aligned for sizes of 2^n; panics when out. */
uint64_t early_alloc_pages(unsigned int nr); /* returns the first mfn */

/* ---- machine-to-phys table ---- */
#define INVALID_M2P_ENTRY (~0ULL)
#define SHARED_M2P_ENTRY  (~0ULL - 1)
void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn);
/* The same of `nr` neighbouring frames of the heap: numbers from `pfn` on, or INVALID_M2P_ENTRY. */
void set_gpfn_run(mfn_t first, uint64_t pfn, uint64_t nr);
void clear_gpfn_run(mfn_t first, uint64_t nr);
uint64_t get_gpfn_from_mfn(mfn_t mfn); /* INVALID_M2P_ENTRY if none */
/* mfn of the 2 MiB piece `i` of the table, 0 for a hole; false past the end. */
bool m2p_extent(unsigned int i, uint64_t *mfn);
extern uint64_t max_page;
extern uint64_t total_ram_pages;

/* ---- domains ---- */
/* Makes d known as an owner of frames; before any frame is given to it. 0, -ENOMEM, or -EEXIST: another
 * domain has its id. Also for
 * dom_io and dom_xen. */
int mm_domain_init(struct domain *d);
void mm_domain_destroy(struct domain *d); /* last reference gone */
/* Next frame owned by d at or after *mfn and before `end`; *mfn then is the one after it, or `end` if there is none:
 * NULL. Races allowed. */
struct page *domain_next_page_before(struct domain *d, uint64_t *mfn, uint64_t end);
/* Drops pins, half-made tables and allocations of a dying domain: 0 or -ERESTART. All vCPUs are
 * down for good and have dropped their tables. */
int relinquish_memory(struct domain *d);

/* ---- a vCPU's page tables ---- */
/* Loads `mfn` as v's kernel (or user) table; v is current, or paused. Takes and drops type
 * references. 0, -EINVAL, or -ERESTART. */
int new_guest_cr3(struct vcpu *v, mfn_t mfn);
int new_guest_user_cr3(struct vcpu *v, mfn_t mfn); /* mfn 0: none */
/* For a vCPU that does not run yet (its first context): user INVALID_MFN: none. */
int pv_install_guest_tables(struct vcpu *v, mfn_t kernel, mfn_t user);
/* Pins v's kernel table as the guest's first: start-of-day hands it over pinned. 0 or -EINVAL. */
int pv_pin_guest_table(struct vcpu *v);
/* Drops all its tables; 0 or -ERESTART. v is not running and its tables are loaded nowhere. */
int drop_guest_tables(struct vcpu *v);
/* arch/x86/pv: recomputes the CR3 values after guest_table or guest_table_user changed. */
void pv_update_cr3(struct vcpu *v, bool load);
/* Finishes dropping a table that an earlier call had to leave; 0 or -ERESTART. */
int put_old_guest_table(struct vcpu *v);
/* arch/x86/pv: MMUEXT_SET_LDT. */
int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned int ents);
/* The guest's own L1 entry for a linear address, in v's current tables; -EFAULT if none. */
int guest_read_l1e(struct vcpu *v, uint64_t va, pte_t *out);

/* ---- faults and descriptors ---- */
/* A guest's write fault on one of its page-table pages: 1 done (regs advanced), 0 not ours. */
int ptwr_emulate(uint64_t cr2, struct cpu_user_regs *regs);
/* Makes a descriptor fit for a guest (privilege 3) or refuses it. */
bool check_descriptor(uint64_t *desc);

/* ---- TLB ---- */
/* Loads CR3 and drops every TLB entry of this CPU, global ones included. */
void switch_cr3_flush(uint64_t cr3);
/* Flushes those CPUs of `mask` that have not flushed since `stamp` (the value of tlb_clock() when
 * the last mapping went away). */
void flush_stale_tlb(const cpumask_t *mask, uint16_t stamp);
uint16_t tlb_clock(void);
/* The time of whole-TLB flushes, to be read after page tables have changed; whether a CPU has begun one
 * later than `time`; and flush_area_mask() that spares CPUs which have. */
uint64_t tlb_time(void);
bool tlb_flushed_since(unsigned int cpu, uint64_t time);
void flush_mask_since(const cpumask_t *cpus, uint64_t va, unsigned int flags, uint64_t since);

/* ---- small ---- */
static inline void clear_page(void *p)
{
	uint64_t n = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(p), "+c"(n) : "a"(0) : "memory");
}
/* `nr` frames in the direct map, by the widest stores there are. */
void clear_frames(void *va, uint64_t nr);
static inline void copy_page(void *to, const void *from)
{
	uint64_t n = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

#endif
