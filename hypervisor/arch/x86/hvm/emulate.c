/* SPDX-License-Identifier: MIT */
/*
 * Instructions carried out for a hardware-virtualized guest: accesses to devices, control registers, and finding
 * out how long an instruction is where the CPU does not say.
 *
 * The instruction is fetched again after the exit, and the guest may have changed it meanwhile. So each use names
 * what it expects, anything else is executed again by the CPU, and every check of the CPU's that matters is
 * repeated: page permissions by the walk, privilege by the emulator.
 *
 * LIMITS: INS and OUTS go by IOPL alone, not by the permission bitmap of the TSS.
 */
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/hvm/emulate.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>

struct emulation {
	struct vcpu *v;
	enum emul_class class;
};

unsigned int hvm_code_mode(struct vcpu *v)
{
	struct hvm_segment cs;
	struct hvm_msrs m;

	hvm_vendor->get_segment(v, HVM_CS, &cs);
	hvm_vendor->get_msrs(v, &m);
	if ((m.efer & EFER_LMA) && (cs.attr & HVM_ATTR_L))
		return 64;
	return cs.attr & HVM_ATTR_DB ? 32 : 16;
}

static int fault(struct emul_ctx *ctx, uint64_t linear, uint32_t pfec)
{
	return emul_raise_page_fault(ctx, pfec, linear);
}

static uint32_t as_user(const struct emul_ctx *ctx)
{
	return ctx->cpl == 3 ? PFEC_USER : 0;
}

/* ---- memory ---- */

/* Bytes up to the next page's start. */
static unsigned int in_page(uint64_t linear, unsigned int len)
{
	return (unsigned int)min((uint64_t)len, PAGE_SIZE - (linear & ~PAGE_MASK));
}

/* All of an access within one page. `buf` is read or written. */
static int access_piece(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len, uint32_t access)
{
	struct emulation *em = ctx->data;
	enum p2m_type t;
	struct page *pg;
	uint64_t gpa, val = 0;
	uint32_t pfec = 0;

	if (!hvm_translate(em->v, linear, access | as_user(ctx), &gpa, &pfec))
		return fault(ctx, linear, pfec);
	pg = p2m_get_page(em->v->domain, _gfn(gpa >> PAGE_SHIFT), access & PFEC_WRITE, &t);
	if (pg) {
		char *p = (char *)page_to_virt(pg) + (gpa & ~PAGE_MASK);

		memcpy(access & PFEC_WRITE ? p : buf, access & PFEC_WRITE ? buf : p, len);
		put_page(pg);
		return EMUL_OKAY;
	}
	if (t == P2M_ioreq_server) {
		memcpy(&val, buf, min(len, 8u));
		return hvm_claimed_write(em->v, gpa, len, val) ? EMUL_OKAY : EMUL_RETRY;
	}
	if (t != P2M_invalid) /* read-only memory: the write is lost; a grant's: its owner said no */
		return t == P2M_ram_ro ? EMUL_OKAY : emul_raise_error(ctx, X86_TRAP_GP, 0);
	if (access & PFEC_INSN || len > 8)
		return EMUL_UNHANDLEABLE;
	if (access & PFEC_WRITE) {
		memcpy(&val, buf, len);
		hvm_mmio_write(em->v, gpa, len, val);
	} else {
		val = hvm_mmio_read(em->v, gpa, len);
		memcpy(buf, &val, len);
	}
	return hvm_io_waiting(em->v) ? EMUL_RETRY : EMUL_OKAY;
}

/* Where an access crosses pages, both must be allowed before the first is touched. */
static int access_memory(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len, uint32_t access)
{
	struct emulation *em = ctx->data;
	unsigned int first = in_page(linear, len);
	uint32_t pfec = 0;
	uint64_t gpa;
	int rc;

	if (first < len && !hvm_translate(em->v, linear + first, access | as_user(ctx), &gpa, &pfec) &&
	    hvm_translate(em->v, linear, access | as_user(ctx), &gpa, &(uint32_t){ 0 }))
		return fault(ctx, linear + first, pfec);
	rc = access_piece(ctx, linear, buf, first, access);
	if (rc == EMUL_OKAY && first < len)
		rc = access_piece(ctx, linear + first, (char *)buf + first, len - first, access);
	return rc;
}

static int op_fetch(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len)
{
	return access_memory(ctx, linear, buf, len, PFEC_INSN);
}

static int op_read(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf, unsigned int size)
{
	return access_memory(ctx, linear, buf, size, 0);
}

static int op_write(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf, unsigned int size)
{
	return access_memory(ctx, linear, (void *)(uintptr_t)buf, size, PFEC_WRITE);
}

/* Only device registers are changed this way here, by one vCPU at a time: not atomic towards RAM. */
static int op_cmpxchg(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *old, const void *new,
		      unsigned int size)
{
	uint8_t now[16];
	int rc;

	if (size > 8)
		return EMUL_UNHANDLEABLE;
	rc = op_read(ctx, seg, linear, now, size);
	if (rc == EMUL_OKAY && !memcmp(now, old, size))
		rc = op_write(ctx, seg, linear, new, size);
	if (rc == EMUL_OKAY)
		memcpy(old, now, size);
	return rc;
}

static int op_segment(struct emul_ctx *ctx, enum emul_seg seg, struct emul_segment *out)
{
	static const enum hvm_seg by_encoding[] = { HVM_ES, HVM_CS, HVM_SS, HVM_DS, HVM_FS, HVM_GS };
	struct emulation *em = ctx->data;
	struct hvm_segment s;
	bool code;

	hvm_vendor->get_segment(em->v, by_encoding[seg], &s);
	code = s.attr & 8;
	*out = (struct emul_segment){
		.base = s.base,
		.limit = s.limit,
		.usable = s.attr & HVM_ATTR_P,
		.readable = !code || (s.attr & 2),
		.writable = !code && (s.attr & 2),
		.expand_down = !code && (s.attr & 4),
		.big = s.attr & HVM_ATTR_DB,
	};
	return EMUL_OKAY;
}

/* ---- what the guest was left for ---- */

static int op_validate(struct emul_ctx *ctx, const struct emul_insn *insn)
{
	const struct emulation *em = ctx->data;
	enum emul_class c = x86_insn_class(insn);

	if (c == em->class || (em->class == EMUL_CLASS_DATA && c == EMUL_CLASS_STRING))
		return EMUL_OKAY;
	return c == EMUL_CLASS_NONE ? EMUL_UNHANDLEABLE : EMUL_RETRY;
}

static bool io_allowed(const struct emul_ctx *ctx)
{
	return ctx->cpl <= (ctx->regs.rflags & X86_EFLAGS_IOPL) >> 12;
}

static int op_read_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t *val)
{
	struct emulation *em = ctx->data;

	if (!io_allowed(ctx))
		return emul_raise_error(ctx, X86_TRAP_GP, 0);
	*val = hvm_port_read(em->v, port, size);
	return hvm_io_waiting(em->v) ? EMUL_RETRY : EMUL_OKAY;
}

static int op_write_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t val)
{
	struct emulation *em = ctx->data;

	if (!io_allowed(ctx))
		return emul_raise_error(ctx, X86_TRAP_GP, 0);
	hvm_port_write(em->v, port, size, val);
	return hvm_io_waiting(em->v) ? EMUL_RETRY : EMUL_OKAY;
}

/* ---- strings: what lies in one page goes to the device model in one piece ---- */

struct string_place {
	uint64_t gpa, room; /* elements up to the page's end */
	enum p2m_type type;
};

static bool find_string(struct emul_ctx *ctx, uint64_t linear, unsigned int size, uint32_t access, struct string_place *out)
{
	struct emulation *em = ctx->data;
	uint64_t offset = linear & ~PAGE_MASK;
	uint32_t pfec;

	if (offset + size > PAGE_SIZE || !hvm_translate(em->v, linear, access | as_user(ctx), &out->gpa, &pfec))
		return false;
	out->room = ctx->regs.rflags & X86_EFLAGS_DF ? offset / size + 1 : (PAGE_SIZE - offset) / size;
	p2m_get(em->v->domain, _gfn(out->gpa >> PAGE_SHIFT), &out->type, NULL);
	return true;
}

static int string_outcome(struct emul_ctx *ctx, bool done)
{
	struct emulation *em = ctx->data;

	return done ? EMUL_OKAY : hvm_io_waiting(em->v) ? EMUL_RETRY : EMUL_UNHANDLEABLE;
}

static int op_string_io(struct emul_ctx *ctx, bool write, uint16_t port, enum emul_seg seg, uint64_t linear,
			unsigned int size, uint64_t *reps)
{
	struct emulation *em = ctx->data;
	struct string_place mem;

	if (!io_allowed(ctx) || !find_string(ctx, linear, size, write ? 0 : PFEC_WRITE, &mem) || mem.type != P2M_ram_rw)
		return EMUL_UNHANDLEABLE;
	*reps = min(*reps, mem.room);
	return string_outcome(ctx, hvm_port_string(em->v, write, port, size, mem.gpa, ctx->regs.rflags & X86_EFLAGS_DF,
						   (uint32_t)*reps));
}

/* Between memory and a device, either way. */
static int op_string_copy(struct emul_ctx *ctx, uint64_t src, uint64_t dst, unsigned int size, uint64_t *reps)
{
	struct emulation *em = ctx->data;
	struct string_place from, to;
	bool write;

	if (!find_string(ctx, src, size, 0, &from) || !find_string(ctx, dst, size, PFEC_WRITE, &to))
		return EMUL_UNHANDLEABLE;
	write = to.type == P2M_invalid;
	if ((write ? from.type : to.type) != P2M_ram_rw || (write ? to.type : from.type) != P2M_invalid)
		return EMUL_UNHANDLEABLE;
	*reps = min(*reps, from.room);
	*reps = min(*reps, to.room);
	return string_outcome(ctx, hvm_mmio_string(em->v, write, write ? to.gpa : from.gpa, size, true,
						   write ? from.gpa : to.gpa, ctx->regs.rflags & X86_EFLAGS_DF,
						   (uint32_t)*reps));
}

static int op_string_fill(struct emul_ctx *ctx, uint64_t dst, uint64_t val, unsigned int size, uint64_t *reps)
{
	struct emulation *em = ctx->data;
	struct string_place to;

	if (!find_string(ctx, dst, size, PFEC_WRITE, &to) || to.type != P2M_invalid)
		return EMUL_UNHANDLEABLE;
	*reps = min(*reps, to.room);
	return string_outcome(ctx, hvm_mmio_string(em->v, true, to.gpa, size, false, val,
						   ctx->regs.rflags & X86_EFLAGS_DF, (uint32_t)*reps));
}

static int op_read_cr(struct emul_ctx *ctx, unsigned int nr, uint64_t *val)
{
	struct emulation *em = ctx->data;

	if (nr == 8)
		*val = vlapic_get_cr8(em->v);
	else if (nr > 4 || nr == 1)
		return emul_raise(ctx, X86_TRAP_UD);
	else
		*val = hvm_vendor->get_cr(em->v, nr);
	return EMUL_OKAY;
}

static int op_write_cr(struct emul_ctx *ctx, unsigned int nr, uint64_t val)
{
	struct emulation *em = ctx->data;

	if (nr > 8 || nr == 1 || (nr > 4 && nr < 8))
		return emul_raise(ctx, X86_TRAP_UD);
	return hvm_write_cr(em->v, nr, val) ? emul_raise_error(ctx, X86_TRAP_GP, 0) : EMUL_OKAY;
}

static int op_write_xcr(struct emul_ctx *ctx, uint32_t nr, uint64_t val)
{
	struct emulation *em = ctx->data;

	if (!(hvm_vendor->get_cr(em->v, 4) & X86_CR4_OSXSAVE))
		return emul_raise(ctx, X86_TRAP_UD);
	return nr || fpu_set_guest_xcr0(em->v, val) ? emul_raise_error(ctx, X86_TRAP_GP, 0) : EMUL_OKAY;
}

static int op_read_msr(struct emul_ctx *ctx, uint32_t msr, uint64_t *val)
{
	struct emulation *em = ctx->data;

	return hvm_rdmsr(em->v, msr, val) ? emul_raise_error(ctx, X86_TRAP_GP, 0) : EMUL_OKAY;
}

static int op_rdtsc(struct emul_ctx *ctx, uint64_t *val)
{
	struct emulation *em = ctx->data;

	if (ctx->cpl && (hvm_vendor->get_cr(em->v, 4) & X86_CR4_TSD))
		return emul_raise_error(ctx, X86_TRAP_GP, 0);
	return hvm_rdmsr(em->v, MSR_TSC, val) ? EMUL_UNHANDLEABLE : EMUL_OKAY;
}

static const struct emul_ops hvm_ops = {
	.fetch = op_fetch,
	.validate = op_validate,
	.segment = op_segment,
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
	.read_io = op_read_io,
	.write_io = op_write_io,
	.string_io = op_string_io,
	.string_copy = op_string_copy,
	.string_fill = op_string_fill,
	.read_cr = op_read_cr,
	.write_cr = op_write_cr,
	.write_xcr = op_write_xcr,
	.read_msr = op_read_msr,
	.rdtsc = op_rdtsc,
};

static void begin(struct emul_ctx *ctx, struct emulation *em)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->ops = &hvm_ops;
	ctx->data = em;
	ctx->mode = (uint8_t)hvm_code_mode(em->v);
	ctx->cpl = (uint8_t)hvm_cpl(em->v);
	emul_regs_from_frame(&ctx->regs, guest_cpu_regs());
}

static void inject(struct vcpu *v, const struct emul_exception *e)
{
	if (e->vector == X86_TRAP_PF)
		hvm_inject_page_fault(v, e->cr2, e->error_code);
	else
		hvm_inject_exception(v, e->vector, e->error_code);
}

void hvm_insn_done(struct vcpu *v, uint64_t next_rip)
{
	struct cpu_user_regs *r = guest_cpu_regs();

	r->rip = next_rip;
	r->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	hvm_vendor->set_irq_shadow(v, false);
	if (r->rflags & X86_EFLAGS_TF) {
		hvm_vendor->set_dr(v, 6, hvm_vendor->get_dr(v, 6) | 1ull << 14); /* BS */
		hvm_inject_exception(v, X86_TRAP_DB, HVM_NO_ERROR_CODE);
	}
}

void hvm_emulate(struct vcpu *v, enum emul_class class)
{
	struct emulation em = { v, class };
	struct cpu_user_regs *r = guest_cpu_regs();
	struct emul_ctx ctx;

	begin(&ctx, &em);
	switch (x86_emulate(&ctx)) {
	case EMUL_OKAY:
		/* A string has come this far: what its next step waits for is that step's first access. */
		v->arch.hvm->io.nr_done = 0;
		emul_regs_to_frame(r, &ctx.regs);
		r->rflags = ctx.regs.rflags & ~(uint64_t)X86_EFLAGS_TF;
		hvm_insn_done(v, ctx.regs.rip);
		r->rflags = ctx.regs.rflags & ~(uint64_t)X86_EFLAGS_RF;
		if (ctx.singlestep)
			hvm_inject_exception(v, X86_TRAP_DB, HVM_NO_ERROR_CODE);
		break;
	case EMUL_EXCEPTION:
		inject(v, &ctx.exception);
		break;
	case EMUL_RETRY:
		break;
	default:
		gprintk(LOG_WARNING, "instruction at %#lx cannot be emulated\n", r->rip);
		hvm_inject_exception(v, X86_TRAP_UD, HVM_NO_ERROR_CODE);
	}
}

/* ---- skipping ---- */

static bool is_insn(const struct emul_insn *i, uint32_t want)
{
	bool modrm = want & 0xff;

	return HVM_INSN(i->map, i->opcode, modrm && i->has_modrm ? i->modrm : 0) == want;
}

/* As many bytes as can be had, up to 15. 0: none; the fault is in ctx. */
static unsigned int fetch_insn(struct emul_ctx *ctx, uint8_t *bytes)
{
	struct emulation *em = ctx->data;
	struct hvm_segment cs;
	uint64_t at = ctx->regs.rip;
	unsigned int first;

	if (ctx->mode != 64) {
		hvm_vendor->get_segment(em->v, HVM_CS, &cs);
		at = (uint32_t)(cs.base + ctx->regs.rip);
	}
	first = in_page(at, X86_INSN_MAX);
	if (access_piece(ctx, at, bytes, first, PFEC_INSN) != EMUL_OKAY)
		return 0;
	if (first < X86_INSN_MAX &&
	    access_piece(ctx, at + first, bytes + first, X86_INSN_MAX - first, PFEC_INSN) == EMUL_OKAY)
		first = X86_INSN_MAX;
	return first;
}

bool hvm_skip(struct vcpu *v, uint32_t want, uint64_t next_rip)
{
	struct emulation em = { v, EMUL_CLASS_SYSTEM };
	uint8_t bytes[X86_INSN_MAX];
	struct emul_insn insn;
	struct emul_ctx ctx;
	unsigned int n;

	if (next_rip) {
		hvm_insn_done(v, next_rip);
		return true;
	}
	begin(&ctx, &em);
	n = fetch_insn(&ctx, bytes);
	if (!n && ctx.exception.vector)
		inject(v, &ctx.exception);
	if (!n || x86_decode(&insn, ctx.mode, bytes, n) != X86_DECODE_OK || !is_insn(&insn, want))
		return false;
	next_rip = ctx.regs.rip + insn.length;
	hvm_insn_done(v, ctx.mode == 64 ? next_rip : (uint32_t)next_rip);
	return true;
}

/* ---- the physical map ---- */

void hvm_physmap_fault(struct vcpu *v, uint64_t gpa, bool write, bool not_data)
{
	enum p2m_type t;

	(void)p2m_get(v->domain, _gfn(gpa >> PAGE_SHIFT), &t, NULL);
	if (t == P2M_on_demand) {
		if (p2m_keep_promise(v->domain, _gfn(gpa >> PAGE_SHIFT)))
			domain_crash(v->domain, "vCPU %u wants memory at %#lx, but the domain has all it may have: its balloon is late",
				     v->vcpu_id, gpa);
	} else if (t == P2M_invalid && not_data)
		domain_crash(v->domain, "vCPU %u runs code or keeps page tables at %#lx, where there is no memory",
			     v->vcpu_id, gpa);
	else if (t == P2M_ioreq_server && write && !not_data && !hvm_writes_claimed(v->domain, gpa))
		return;
	else if (t == P2M_invalid || ((t == P2M_ram_ro || t == P2M_ioreq_server) && write && !not_data))
		hvm_emulate(v, EMUL_CLASS_DATA);
	else if (write ? t == P2M_grant_ro || t == P2M_ram_ro : not_data && !p2m_is_own_ram(t))
		hvm_inject_exception(v, X86_TRAP_GP, 0);
	/* else it is there by now: another vCPU or the toolstack has put it there meanwhile */
}
