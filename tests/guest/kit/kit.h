/* SPDX-License-Identifier: MIT */
/*
 * The kit of test guests: a PV kernel of one page that is booted as Dom0, states what the hypervisor must
 * not allow, and powers off. Each test is a folder with one main.c that defines test().
 *
 * Four outcomes: PASS, FAIL (the hypervisor broke its promise), SKIP, and a guest that does not end
 * (the test broke); the last line, with the counts, rules.
 */
#ifndef KIT_H
#define KIT_H

#define __XEN_TOOLS__ 1
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <public/xen.h>
#include <public/physdev.h>

#define VIRT_BASE 0xffffffff80000000ul
#define M2P	  ((const volatile uint64_t *)0xffff800000000000ul)
#define HOLE	  0xffff800000000000ul
#define PRESENT	  1ul
#define WRITABLE  2ul
#define USER	  4ul
#define LARGE	  0x80ul
#define ADDR_MASK 0x000ffffffffff000ul

extern struct start_info *si;
void test(void); /* by the test */

void *memset(void *p, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);

/* Verdicts. `name` is one word. */
void check(const char *name, bool ok);
void check_eq(const char *name, long got, long want);
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

long hypercall(unsigned int nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	       unsigned long e);
#define call1(nr, a) hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define call2(nr, a, b) hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define call3(nr, a, b, c) hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)
#define call4(nr, a, b, c, d)                                                                      \
	hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), (unsigned long)(d), 0)

/* Runs one asm statement; the vector of the trap it took, or -1. Registers a, c, d, 11 are clobbered. */
extern volatile int trap_vector;
extern volatile uint64_t trap_error, trap_resume;
#define TRAP_OF(insn, ...)                                                                         \
	({                                                                                         \
		trap_vector = -1;                                                                  \
		__asm__ volatile("lea 991f(%%rip), %%rax; mov %%rax, trap_resume(%%rip)\n" insn   \
				 "\n991: movq $0, trap_resume(%%rip)"                              \
				 :                                                                 \
				 : __VA_ARGS__                                                     \
				 : "rax", "rcx", "rdx", "r11", "memory");                                 \
		trap_vector;                                                                       \
	})
bool read_ok(uint64_t va);  /* can a load from there be done */
bool write_ok(uint64_t va); /* can a store of what is there already */

/* A number behind `name=` on the command line, or `otherwise`. */
uint64_t option(const char *name, uint64_t otherwise);
/* Brings up another vCPU of this guest at fn, which never returns and must take no trap. 0 or -errno. */
long start_vcpu(unsigned int id, void (*fn)(void));
/* The hypervisor's log gains `text` after debug key `key`; false: not within a long time. */
bool debug_key_says(char key, const char *text);

/* Pages. */
void *alloc_page(void); /* zeroed, from the kit's own pool */
uint64_t virt_to_pfn(const void *p);
uint64_t virt_to_mfn(const void *p);
/* The entry that maps `va` at `level` (4..1): its value, and its machine address in *where. */
uint64_t entry_of(uint64_t va, unsigned int level, uint64_t *where);
long mmu_update(uint64_t where, uint64_t val);
long remap(void *page, uint64_t pte); /* update_va_mapping */
long mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2);

#endif
