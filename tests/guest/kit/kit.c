/* SPDX-License-Identifier: MIT */
/* The kit: console, hypercalls, traps, pages. See kit.h. */
#include "kit.h"
#include <stdarg.h>
#include <public/callback.h>
#include <public/sched.h>

struct start_info *si;
volatile int trap_vector;
volatile uint64_t trap_error, trap_resume;
static unsigned int passed, failed;
static char pool[64][4096] __attribute__((aligned(4096)));
static unsigned int pool_used;

long hypercall(unsigned int nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	       unsigned long e)
{
	register unsigned long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
			 : "0"((unsigned long)nr)
			 : "rcx", "r11", "memory");
	return ret;
}

static void out(const char *s, unsigned int n)
{
	call3(__HYPERVISOR_console_io, CONSOLEIO_write, n, s);
}

static unsigned int put_num(char *p, uint64_t v, unsigned int base)
{
	char tmp[24];
	unsigned int n = 0;

	do {
		tmp[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	for (unsigned int i = 0; i < n; i++)
		p[i] = tmp[n - 1 - i];
	return n;
}

/* %s %u %d %ld %lu %lx only. */
void say(const char *f, ...)
{
	char line[256];
	unsigned int n = 0;
	va_list ap;

	va_start(ap, f);
	for (; *f && n < 200; f++) {
		if (*f != '%') {
			line[n++] = *f;
			continue;
		}
		f++;
		if (*f == 's') {
			for (const char *s = va_arg(ap, const char *); *s && n < 200; s++)
				line[n++] = *s;
			continue;
		}
		bool is_long = *f == 'l';
		if (is_long)
			f++;
		uint64_t v = is_long ? va_arg(ap, uint64_t) : *f == 'd' ? (uint64_t)va_arg(ap, int) : va_arg(ap, unsigned int);
		if (*f == 'd' && (int64_t)v < 0) {
			line[n++] = '-';
			v = -v;
		}
		n += put_num(line + n, v, *f == 'x' ? 16 : 10);
	}
	va_end(ap);
	line[n++] = '\n';
	out(line, n);
}

void check(const char *name, bool ok)
{
	if (ok) {
		passed++;
		say("PASS %s", name);
	} else {
		failed++;
		say("FAIL %s: the hypervisor let it happen", name);
	}
}

void check_eq(const char *name, long got, long want)
{
	if (got == want) {
		passed++;
		say("PASS %s", name);
	} else {
		failed++;
		say("FAIL %s: got %ld, wanted %ld", name, got, want);
	}
}

static void finish(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

	say("SCENARIO DONE %u passed %u failed 0 skipped", passed, failed);
	call2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
	for (;;)
		;
}

void kit_unexpected_trap(int vector, uint64_t rip);
void kit_unexpected_trap(int vector, uint64_t rip)
{
	failed++;
	say("FAIL unexpected-trap: vector %d at %lx", vector, rip);
	finish();
}

bool read_ok(uint64_t va)
{
	return TRAP_OF("mov (%0), %%rcx", "r"(va)) < 0;
}

bool write_ok(uint64_t va)
{
	return TRAP_OF("lock addq $0, (%0)", "r"(va)) < 0;
}

void *alloc_page(void)
{
	return pool_used < 64 ? pool[pool_used++] : NULL;
}

uint64_t virt_to_pfn(const void *p)
{
	return ((uint64_t)p - VIRT_BASE) >> 12;
}

uint64_t virt_to_mfn(const void *p)
{
	return ((const uint64_t *)si->mfn_list)[virt_to_pfn(p)];
}

uint64_t entry_of(uint64_t va, unsigned int level, uint64_t *where)
{
	uint64_t pfn = (si->pt_base - VIRT_BASE) >> 12;

	for (unsigned int l = 4;; l--) {
		const uint64_t *t = (const uint64_t *)(VIRT_BASE + (pfn << 12));
		unsigned int i = (va >> (12 + 9 * (l - 1))) & 511;

		if (l == level || !(t[i] & PRESENT)) {
			*where = (virt_to_mfn(t) << 12) + i * 8;
			return t[i];
		}
		pfn = M2P[(t[i] & ADDR_MASK) >> 12];
	}
}

long mmu_update(uint64_t where, uint64_t val)
{
	struct mmu_update u = { .ptr = where | MMU_NORMAL_PT_UPDATE, .val = val };

	return call4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

long remap(void *page, uint64_t pte)
{
	return call3(__HYPERVISOR_update_va_mapping, page, pte, UVMF_INVLPG);
}

long mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg1, .arg2.nr_ents = (unsigned int)arg2 };

	return call4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

#define VECTORS(X) X(0) X(1) X(3) X(4) X(5) X(6) X(7) X(10) X(11) X(12) X(13) X(14) X(16) X(17) X(19)
#define DECLARE(n) extern char trap_##n[];
VECTORS(DECLARE)
extern char event_entry[], failsafe_entry[];

static void install_traps(void)
{
#define ENTRY(n) { n, 3 | 4, FLAT_KERNEL_CS, (unsigned long)trap_##n },
	static const struct trap_info table[] = { VECTORS(ENTRY) { 0, 0, 0, 0 } };

	call1(__HYPERVISOR_set_trap_table, table);
	call3(__HYPERVISOR_set_callbacks, event_entry, failsafe_entry, failsafe_entry);
}

void kit_main(struct start_info *start);
void kit_main(struct start_info *start)
{
	si = start;
	install_traps();
	say("SCENARIO USERSPACE 0.0");
	test();
	finish();
}

/* The compiler may call these. */
void *memset(void *p, int c, size_t n);
void *memset(void *p, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i] = (char)c;
	return p;
}
void *memcpy(void *d, const void *s, size_t n);
void *memcpy(void *d, const void *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)d)[i] = ((const char *)s)[i];
	return d;
}
