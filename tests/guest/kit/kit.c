/* SPDX-License-Identifier: MIT */
/* The kit: console, hypercalls, traps, pages. See kit.h. */
#include "kit.h"
#include <stdarg.h>
#include <public/callback.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>

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

uint64_t option(const char *name, uint64_t otherwise)
{
	for (const char *p = (const char *)si->cmd_line; *p; p++) {
		const char *n = name;
		uint64_t v = 0;

		while (*n && *p == *n)
			p++, n++;
		if (*n || *p != '=') {
			if (!*p)
				break;
			continue;
		}
		for (p++; *p >= '0' && *p <= '9'; p++)
			v = v * 10 + (uint64_t)(*p - '0');
		return v;
	}
	return otherwise;
}

/* ---- the hypervisor's log ---- */
static bool find(const char *in, unsigned int len, const char *text)
{
	for (unsigned int i = 0; i < len; i++) {
		unsigned int n = 0;

		while (text[n] && i + n < len && in[i + n] == text[n])
			n++;
		if (!text[n])
			return true;
	}
	return false;
}

/* What is new since *index, as much as fits. */
static unsigned int read_log(char *buf, unsigned int room, uint32_t *index)
{
	static struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_readconsole;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op.u.readconsole.incremental = 1;
	op.u.readconsole.index = *index;
	op.u.readconsole.buffer.p = buf;
	op.u.readconsole.count = room;
	if (call1(__HYPERVISOR_sysctl, &op))
		return 0;
	*index = op.u.readconsole.index;
	return op.u.readconsole.count;
}

bool debug_key_says(char key, const char *text)
{
	static struct xen_sysctl op;
	static char log[4096];
	uint32_t index = 0;
	unsigned int had = 0;

	while (read_log(log, sizeof(log), &index))
		;
	op.cmd = XEN_SYSCTL_debug_keys;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op.u.debug_keys.keys.p = &key;
	op.u.debug_keys.nr_keys = 1;
	if (call1(__HYPERVISOR_sysctl, &op))
		return false;
	for (unsigned int tries = 0; tries < 2000000; tries++) {
		unsigned int n = read_log(log + had, sizeof(log) - had, &index);

		had += n;
		if (find(log, had, text))
			return true;
		if (had > sizeof(log) / 2) { /* keep the end: the text may come in two pieces */
			for (unsigned int i = 0; i < 256; i++)
				log[i] = log[had - 256 + i];
			had = 256;
		}
		if (!n)
			call2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
	return false;
}

#define VECTORS(X) X(0) X(1) X(3) X(4) X(5) X(6) X(7) X(10) X(11) X(12) X(13) X(14) X(16) X(17) X(19)
#define DECLARE(n) extern char trap_##n[];
VECTORS(DECLARE)
extern char event_entry[], failsafe_entry[];

#define ENTRY(n) { n, 3 | 4, FLAT_KERNEL_CS, (unsigned long)trap_##n },
static const struct trap_info table[] = { VECTORS(ENTRY) { 0, 0, 0, 0 } };

static void install_traps(void)
{
	call1(__HYPERVISOR_set_trap_table, table);
	call3(__HYPERVISOR_set_callbacks, event_entry, failsafe_entry, failsafe_entry);
}

long start_vcpu(unsigned int id, void (*fn)(void))
{
	static char stacks[4][8192] __attribute__((aligned(16)));
	static struct vcpu_guest_context c;
	long rc;

	if (id >= sizeof(stacks) / sizeof(stacks[0]))
		return -22;
	memset(&c, 0, sizeof(c));
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].address)
			c.trap_ctxt[table[i].vector] = table[i];
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = (uint64_t)fn;
	c.user_regs.rsp = c.kernel_sp = (uint64_t)stacks[id] + sizeof(stacks[id]) - 8;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = c.kernel_ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = virt_to_mfn((void *)si->pt_base) << 12;
	c.event_callback_eip = (uint64_t)event_entry;
	c.failsafe_callback_eip = c.syscall_callback_eip = (uint64_t)failsafe_entry;
	rc = call3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &c);
	return rc ? rc : call3(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0);
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
void *memset(void *p, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i] = (char)c;
	return p;
}
void *memcpy(void *d, const void *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)d)[i] = ((const char *)s)[i];
	return d;
}
