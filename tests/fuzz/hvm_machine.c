/* SPDX-License-Identifier: MIT */
/* The machine behind fuzz_hvm.c: hvm_machine.h. */
#include <stdlib.h>
#include <string.h>
#include <hv/console.h>
#include <hv/timer.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/hvm/compat.h>
#include <asm/hvm/platform.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/page_info.h>
#include <asm/pv.h>
#include <public/hvm/ioreq.h>
#include "hvm_machine.h"

struct machine m;
struct domain the_domain;
struct vcpu the_vcpu;
struct cpu_info hyper_cpu;
bool hyper_irqs_off;
struct cpu_features host_cpu = { .max_leaf = 13, .phys_bits = 40, .vendor = CPU_VENDOR_AMD };
unsigned long cpu_khz = 1000000;

static struct vcpu *vcpu_list[1] = { &the_vcpu };
static struct hvm_vcpu the_hvm;
#define VIRIDIAN (HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_reference_tsc | HVMPV_apic_assist | HVMPV_crash_ctl)
static struct hvm_domain the_hvm_domain;
static struct hvm_platform the_platform;
static struct vcpu_info the_vcpu_info;
static struct cpu_policy the_policy;
static uint32_t apic_page[1024];
static struct page pages[NR_GFNS];
static s_time_t the_time;

void require(bool condition)
{
	if (!condition)
		abort();
}

uint8_t take8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

uint64_t take64(struct input *in)
{
	uint8_t kind = take8(in), low = take8(in);
	uint64_t v = 0;

	if (kind < 0xa0) /* somewhere in the map */
		return (uint64_t)(kind % NR_GFNS) << PAGE_SHIFT | (kind & 0x80 ? 0xff0u | (low & 15) : low);
	if (kind < 0xc0)
		return 0xfee00000 | (uint64_t)low << 4;
	if (kind < 0xe0)
		return (uint64_t)(int64_t)(int8_t)low << (kind & 0x1f);
	for (unsigned int i = 0; i < 8; i++)
		v = v << 8 | take8(in);
	return v;
}

/* ---- the vendor ---- */

static void get_segment(struct vcpu *v, enum hvm_seg seg, struct hvm_segment *out)
{
	*out = m.seg[seg];
}

static void set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *in)
{
	m.seg[seg] = *in;
}

static uint64_t get_cr(struct vcpu *v, unsigned int nr)
{
	require(nr <= 4 && nr != 1);
	return m.cr[nr];
}

static void set_cr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	require(nr <= 4 && nr != 1);
	m.cr[nr] = val;
}

static void get_msrs(struct vcpu *v, struct hvm_msrs *out)
{
	*out = m.msrs;
}

static void set_msrs(struct vcpu *v, const struct hvm_msrs *in)
{
	m.msrs = *in;
}

static uint64_t get_dr(struct vcpu *v, unsigned int nr)
{
	return m.dr[nr];
}

static void set_dr(struct vcpu *v, unsigned int nr, uint64_t val)
{
	require(nr == 6 || nr == 7);
	m.dr[nr] = val;
}

static void inject(struct vcpu *v, const struct hvm_event *e)
{
	require(e->type != HVM_EVENT_EXCEPTION || (e->vector < 32 && e->vector != 2));
	require(e->has_error || !e->error_code);
	m.event = *e;
	m.injected = true;
}

static bool event_waiting(const struct vcpu *v)
{
	return m.injected;
}

static bool irq_open(const struct vcpu *v)
{
	return !m.shadow && guest_cpu_regs()->rflags & X86_EFLAGS_IF;
}

static void want_irq_window(struct vcpu *v)
{
	m.window = true;
}

static void set_irq_shadow(struct vcpu *v, bool on)
{
	m.shadow = on;
}

static void nothing(struct vcpu *v)
{
}

static const struct hvm_vendor vendor = {
	.call_insn = { 0x0f, 0x01, 0xd9 },
	.inject = inject,
	.event_waiting = event_waiting,
	.irq_open = irq_open,
	.want_irq_window = want_irq_window,
	.get_segment = get_segment,
	.set_segment = set_segment,
	.get_cr = get_cr,
	.set_cr = set_cr,
	.get_msrs = get_msrs,
	.set_msrs = set_msrs,
	.get_dr = get_dr,
	.set_dr = set_dr,
	.set_irq_shadow = set_irq_shadow,
	.update_tsc = nothing,
	.flush_tlb = nothing,
};
const struct hvm_vendor *hvm_vendor = &vendor;

/* ---- the physical map: gfn and mfn are the same number ---- */

static enum p2m_type type_at(uint64_t gfn)
{
	static const enum p2m_type of[] = { P2M_ram_ro, P2M_grant_rw, P2M_grant_ro, P2M_foreign, P2M_ioreq_server };

	if (gfn < RAM_GFNS)
		return P2M_ram_rw;
	if (gfn == GFN_PROMISED)
		return m.promised ? P2M_on_demand : P2M_ram_rw;
	return gfn - RAM_GFNS < ARRAY_SIZE(of) ? of[gfn - RAM_GFNS] : P2M_invalid;
}

mfn_t p2m_get(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order)
{
	enum p2m_type type = type_at(gfn_x(gfn));

	if (t)
		*t = type;
	if (order)
		*order = 0;
	return type == P2M_invalid || type == P2M_on_demand ? INVALID_MFN : _mfn(gfn_x(gfn));
}

int p2m_keep_promise(struct domain *d, gfn_t gfn)
{
	if (take8(&m.in) & 1)
		return -ENOMEM;
	m.promised = false;
	return 0;
}

int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t)
{
	return 0;
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write, enum p2m_type *t)
{
	*t = type_at(gfn_x(gfn));
	if (*t == P2M_on_demand && !p2m_keep_promise(d, gfn))
		*t = type_at(gfn_x(gfn));
	if (*t == P2M_invalid || *t == P2M_on_demand)
		return NULL;
	if (write && (*t == P2M_ram_ro || *t == P2M_grant_ro || *t == P2M_ioreq_server))
		return NULL;
	m.references++;
	return &pages[gfn_x(gfn)];
}

void put_page(struct page *pg)
{
	require(m.references-- > 0);
}

mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn((uint64_t)(pg - pages));
}

void *mfn_to_virt(mfn_t mfn)
{
	require(mfn_x(mfn) < NR_GFNS);
	return m.frame[mfn_x(mfn)];
}

/* ---- devices and their model ---- */

static bool waits(struct vcpu *v)
{
	v->arch.hvm->io.waiting = m.io_budget && (take8(&m.in) & 3) == 0;
	m.io_budget -= v->arch.hvm->io.waiting;
	return v->arch.hvm->io.waiting;
}

/* All that a string's elements are is in one page, of a type that a device model may be sent to. */
static void check_string(const struct hvm_io_access *a, uint64_t at, enum p2m_type type)
{
	uint64_t span = (uint64_t)(a->count - 1) * a->size, first = a->df ? at - span : at;

	require(a->count && type_at(at >> PAGE_SHIFT) == type);
	require(first >> PAGE_SHIFT == (first + span + a->size - 1) >> PAGE_SHIFT && first >> PAGE_SHIFT == at >> PAGE_SHIFT);
}

bool hvm_io_forward(struct vcpu *v, struct hvm_io_access *a)
{
	struct hvm_io *io = &v->arch.hvm->io;

	require(!io->waiting);
	if (a->is_ptr)
		check_string(a, a->data, P2M_ram_rw);
	if (a->type == IOREQ_TYPE_COPY && !a->claimed)
		check_string(a, a->addr, P2M_invalid);
	require(a->size >= 1 && a->size <= 8 && (a->type != IOREQ_TYPE_PIO || a->size == 1 || a->size == 2 || a->size == 4));
	if (io->cursor < io->nr_done) {
		a->data = io->done[io->cursor++].data;
		return true;
	}
	if (io->nr_done < HVM_IO_STEPS && waits(v)) {
		io->now = *a;
		return false;
	}
	a->data = take64(&m.in);
	return true;
}

struct ioreq_server *ioreq_select(struct domain *d, struct hvm_io_access *a)
{
	return take8(&m.in) & 1 ? (void *)&the_platform : NULL;
}

bool hvm_platform_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	if (port & 1)
		return false;
	*val = take8(&m.in);
	return true;
}

bool hvm_platform_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val)
{
	require(type_at(gpa >> PAGE_SHIFT) == P2M_invalid);
	return false;
}

bool hvm_platform_has_port(uint16_t port)
{
	return !(port & 1);
}

/* ---- what else the code asks for ---- */

void emul_regs_from_frame(struct emul_regs *r, const struct cpu_user_regs *f)
{
	const uint64_t gpr[EMUL_NR_GPR] = { f->rax, f->rcx, f->rdx, f->rbx, f->rsp, f->rbp, f->rsi, f->rdi,
					    f->r8,  f->r9,  f->r10, f->r11, f->r12, f->r13, f->r14, f->r15 };

	memcpy(r->gpr, gpr, sizeof(gpr));
	r->rip = f->rip;
	r->rflags = f->rflags;
}

void emul_regs_to_frame(struct cpu_user_regs *f, const struct emul_regs *r)
{
	uint64_t *const to[EMUL_NR_GPR] = { &f->rax, &f->rcx, &f->rdx, &f->rbx, &f->rsp, &f->rbp, &f->rsi, &f->rdi,
					    &f->r8,  &f->r9,  &f->r10, &f->r11, &f->r12, &f->r13, &f->r14, &f->r15 };

	for (unsigned int i = 0; i < EMUL_NR_GPR; i++)
		*to[i] = r->gpr[i];
	f->rip = r->rip;
	f->rflags = r->rflags;
}

s_time_t NOW(void)
{
	return the_time += 1000;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	m.crashed = true;
}

int fpu_set_guest_xcr0(struct vcpu *v, uint64_t xcr0)
{
	return xcr0 == 1 || xcr0 == 3 || xcr0 == 7 ? 0 : -EINVAL;
}

void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
	r[0] = leaf;
	r[1] = r[2] = r[3] = ~0u;
}

long do_vcpu_op(unsigned long cmd, unsigned long vcpu, unsigned long arg)
{
	return 0;
}

long do_sched_op(unsigned long cmd, unsigned long arg)
{
	return 0;
}

#define NOTHING(name, ...)                                                                         \
	void name(__VA_ARGS__);                                                                    \
	void name(__VA_ARGS__)                                                                     \
	{                                                                                          \
	}
#define ANSWER(rc, type, name, ...)                                                                \
	type name(__VA_ARGS__);                                                                    \
	type name(__VA_ARGS__)                                                                     \
	{                                                                                          \
		return rc;                                                                         \
	}
NOTHING(init_timer, struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
NOTHING(set_timer, struct timer *t, s_time_t expires)
NOTHING(stop_timer, struct timer *t)
NOTHING(kill_timer, struct timer *t)
NOTHING(migrate_timer, struct timer *t, unsigned int cpu)
NOTHING(vcpu_unblock, struct vcpu *v)
NOTHING(vcpu_kick, struct vcpu *v)
NOTHING(vcpu_block_current, void)
NOTHING(domain_shutdown, struct domain *d, int reason)
NOTHING(console_guest_text, domid_t id, const char *text, size_t len)
NOTHING(gprintk, enum log_level level, const char *fmt, ...)
NOTHING(hvm_vcpu_init_ipi, struct vcpu *v)
NOTHING(hvm_vcpu_sipi, struct vcpu *v, uint8_t vector)
NOTHING(vioapic_eoi, struct domain *d, uint8_t vector)
NOTHING(hvm_callback_update, struct vcpu *v)
NOTHING(free_xen_pages, void *p, unsigned int order)
ANSWER(false, bool, hvm_callback_stale, const struct vcpu *v)
ANSWER(0, int, hvm_callback_line, struct domain *d, unsigned int via, uint64_t where)
ANSWER(false, bool, vpic_pending, const struct vcpu *v)
ANSWER(-1, int, vpic_ack, struct vcpu *v)
ANSWER(false, bool, hvm_compat_copy, const struct vcpu *v, uint64_t linear, void *buf, unsigned long len, bool write,
       unsigned long *left)
ANSWER(apic_page, void *, alloc_xen_pages, unsigned int order, unsigned int flags)
ANSWER(1000, uint64_t, guest_tsc, const struct vcpu *v)
ANSWER(1000000, uint64_t, guest_tsc_khz, const struct vcpu *v)
ANSWER(500, uint64_t, guest_tsc_scaled, const struct domain *d, uint64_t host_tsc)
NOTHING(update_vcpu_system_time, struct vcpu *v)

/* ---- the beginning, and what must always hold ---- */

static void fill_policy(void)
{
	static const uint32_t leaves[] = { 1, 7, 0x80000001 };

	the_policy.nr = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(leaves); i++)
		the_policy.entry[the_policy.nr++] =
			(struct cpuid_entry){ leaves[i], CPUID_NO_SUBLEAF, { ~0u, ~0u, ~0u, ~0u } };
}

/* Tables that map the first pages one to one, with rights as the input says; beyond them the local APIC. */
static void make_tables(void)
{
	uint64_t *pml4 = (void *)m.frame[12], *pdpt = (void *)m.frame[13], *pd = (void *)m.frame[14], *pt = (void *)m.frame[15];

	pml4[0] = (13ull << PAGE_SHIFT) | 7;
	pdpt[0] = (14ull << PAGE_SHIFT) | 7;
	pd[0] = (15ull << PAGE_SHIFT) | 7;
	for (unsigned int i = 0; i < NR_GFNS; i++) {
		uint8_t rights = take8(&m.in);

		pt[i] = (uint64_t)i << PAGE_SHIFT | (rights < 0xc0 ? 7 : rights & 7) | (uint64_t)(rights >> 3 == 31) << 63;
	}
	for (unsigned int i = 0; i < 8; i++)
		pt[NR_GFNS + i] = 0xfee00000 | 3;
}

static void set_segments(uint8_t kind, uint16_t code)
{
	for (unsigned int i = 0; i < NR_HVM_SEGS; i++)
		m.seg[i] = (struct hvm_segment){ .sel = (uint16_t)(i * 8), .attr = 0xc93, .limit = ~0u };
	m.seg[HVM_CS].attr = code;
	m.seg[HVM_SS].attr = (uint16_t)(0xc93 | (kind & 0x10 ? 0x60 : 0)); /* the privilege level is the stack's */
	if (kind & 0x20) {
		m.seg[HVM_DS].base = take64(&m.in);
		m.seg[HVM_ES].attr = (uint16_t)take64(&m.in);
		m.seg[HVM_FS].limit = (uint32_t)take64(&m.in);
	}
}

static void set_mode(uint8_t kind)
{
	static const struct {
		uint64_t cr0, cr4, efer;
		uint16_t code;
	} modes[] = {
		{ 0x80010031, 0x620, EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE, 0xa9b },
		{ 0x80010031, 0x300620, EFER_LME | EFER_LMA | EFER_NXE, 0xc9b }, /* 32-bit code; SMEP, SMAP */
		{ 0x80000031, 0x20, 0, 0xc9b },
		{ 0x80000031, 0x10, 0, 0xc9b },
		{ 0x31, 0, 0, 0xc9b },
		{ 0x30, 0, 0, 0x93 },
	};
	unsigned int i = (kind & 15) % ARRAY_SIZE(modes);

	m.cr[0] = modes[i].cr0;
	m.cr[3] = (modes[i].efer & EFER_LMA ? 12ull : modes[i].cr4 & X86_CR4_PAE ? 13ull : 14ull) << PAGE_SHIFT;
	m.cr[4] = modes[i].cr4;
	m.msrs = (struct hvm_msrs){ .efer = modes[i].efer, .pat = 0x0007040600070406ull };
	set_segments(kind, modes[i].code);
	if (modes[i].cr4 == 0x10) /* two levels: 4 MiB at once */
		((uint32_t *)m.frame[14])[0] = 0x87 | 0x18;
}

/* Instructions that make exits; blind bytes seldom are one. */
static uint8_t code_byte(uint8_t choice, unsigned int i)
{
	static const char menu[][8] = {
		"\x48\x89\x07", "\x48\x8b\x06", "\x88\x07", "\x01\x07", "\xf3\x48\xa5", "\xf3\xab", "\xf3\xad", "\x48\x87\x07",
		"\xf0\x48\x0f\xb1\x0f", "\x0f\xc7\x0f", "\x0f\xb6\x06", "\xc7\x07\x78\x56\x34\x12", "\x0f\xab\x07", "\xff\x37",
		"\x0f\x22\xc0", "\x0f\x22\xd8", "\x0f\x22\xe0", "\x44\x0f\x22\xc0", "\x0f\x20\xe0", "\x0f\x06", "\x0f\x01\xf0",
		"\x0f\x01\xd1", "\xf3\x6c", "\xf3\x6f", "\xef", "\xec", "\x0f\x30", "\x0f\x32", "\x0f\x31", "\x0f\xa2",
	};

	return choice < 0xc0 && i < 6 ? (uint8_t)menu[choice % ARRAY_SIZE(menu)][i] : take8(&m.in);
}

static void set_registers(void)
{
	struct cpu_user_regs *r = guest_cpu_regs();
	uint64_t *const all[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi, &r->r8, &r->r15 };
	uint8_t choice;

	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		*all[i] = take64(&m.in);
	r->rip = 0x1ff0 + (take8(&m.in) & 0x1f); /* instructions lie across two pages, or past them */
	r->rflags = X86_EFLAGS_MBS | (uint64_t)take8(&m.in) << 4;
	choice = take8(&m.in);
	for (uint64_t i = 0; i < 16; i++)
		m.frame[(r->rip + i) >> PAGE_SHIFT][(r->rip + i) & ~PAGE_MASK] = code_byte(choice, (unsigned int)i);
}

void machine_start(const uint8_t *data, size_t size)
{
	uint8_t *frames[NR_GFNS];
	uint8_t kind;

	memcpy(frames, m.frame, sizeof(frames));
	m = (struct machine){ .in = { data, size }, .io_budget = 8 };
	for (unsigned int i = 0; i < NR_GFNS; i++) {
		m.frame[i] = frames[i] ? frames[i] : aligned_alloc(PAGE_SIZE, PAGE_SIZE);
		memset(m.frame[i], (int)i, PAGE_SIZE);
	}
	fill_policy();
	the_hvm = (struct hvm_vcpu){ 0 };
	the_hvm_domain = (struct hvm_domain){ .callback_vector = 0 };
	memset(apic_page, 0, sizeof(apic_page));
	the_domain.arch.hvm = &the_hvm_domain;
	the_domain.arch.cpuid = &the_policy;
	the_domain.vcpu = vcpu_list;
	the_domain.max_vcpus = 1;
	the_vcpu.domain = &the_domain;
	the_vcpu.arch.hvm = &the_hvm;
	the_vcpu.vcpu_info = &the_vcpu_info;
	hyper_cpu.current_vcpu = &the_vcpu;
	require(vlapic_create(&the_vcpu) == 0);
	kind = take8(&m.in);
	the_hvm_domain.platform = kind & 0x40 ? &the_platform : NULL;
	m.promised = kind & 0x80;
	the_platform.write_server = (void *)&the_platform; /* somebody claims writes */
	the_vcpu_info.evtchn_upcall_pending = kind & 1;
	the_hvm_domain.callback_vector = kind & 2 ? 0xf3 : 0;
	the_hvm_domain.params[HVM_PARAM_VIRIDIAN] = kind & 4 ? VIRIDIAN : 0;
	make_tables();
	set_mode(kind);
	set_registers();
	require(hvm_state_ok(&the_vcpu, m.cr[0], m.cr[4], m.msrs.efer));
}

void machine_check(void)
{
	require(!m.references);
	require(!the_hvm.io.waiting);
	/* No CPU may refuse to enter. */
	require(hvm_state_ok(&the_vcpu, m.cr[0], m.cr[4], m.msrs.efer));
	require(vlapic_get_cr8(&the_vcpu) < 16);
	/* Nobody may write there, whatever it is that writes. */
	for (unsigned int i = 0; i < PAGE_SIZE; i += 8) {
		require(*(uint64_t *)(m.frame[GFN_RO] + i) == 0x0101010101010101ull * GFN_RO);
		require(*(uint64_t *)(m.frame[GFN_GRANT_RO] + i) == 0x0101010101010101ull * GFN_GRANT_RO);
		require(*(uint64_t *)(m.frame[GFN_CLAIMED] + i) == 0x0101010101010101ull * GFN_CLAIMED);
	}
}
