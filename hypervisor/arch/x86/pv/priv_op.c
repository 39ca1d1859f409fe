/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions of a kernel that runs in ring 3. The decoder and the arithmetic are the
 * emulator's (asm/emul.h); here is what each one means for a PV guest. RDMSR and WRMSR, by far the
 * most frequent, are recognised without it.
 */
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/emul.h>
#include <asm/io_perm.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include <asm/time.h>

static int op_fetch(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len)
{
	if (!guest_range_ok(linear, 1, len) || raw_copy_from_guest(buf, linear, len))
		return emul_raise_page_fault(ctx, 0x14, linear);
	return EMUL_OKAY;
}

static int op_segment(struct emul_ctx *ctx, enum emul_seg seg, struct emul_segment *out)
{
	*out = (struct emul_segment){ .limit = ~0u, .usable = true, .readable = true, .writable = true,
				      .big = true };
	/* The live bases: guests write them by hypercall or selector loads only. */
	if (seg == EMUL_SEG_FS)
		out->base = rdmsr(MSR_FS_BASE);
	else if (seg == EMUL_SEG_GS)
		out->base = rdmsr(MSR_GS_BASE);
	return EMUL_OKAY;
}

static int op_read(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf, unsigned int size)
{
	if (!guest_range_ok(linear, 1, size) || raw_copy_from_guest(buf, linear, size))
		return emul_raise_page_fault(ctx, ctx->cpl == 3 ? 4 : 0, linear);
	return EMUL_OKAY;
}

static int op_write(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf,
		    unsigned int size)
{
	if (!guest_range_ok(linear, 1, size) || raw_copy_to_guest(linear, buf, size))
		return emul_raise_page_fault(ctx, ctx->cpl == 3 ? 6 : 2, linear);
	return EMUL_OKAY;
}

static int op_read_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t *val)
{
	if (!pv_io_allowed(current, port, size, ctx->cpl))
		return emul_raise_error(ctx, 13, 0);
	*val = pv_io_read(current, port, size);
	return EMUL_OKAY;
}

static int op_write_io(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t val)
{
	if (!pv_io_allowed(current, port, size, ctx->cpl))
		return emul_raise_error(ctx, 13, 0);
	pv_io_write(current, port, size, val);
	return EMUL_OKAY;
}

static int op_read_cr(struct emul_ctx *ctx, unsigned int nr, uint64_t *val)
{
	const struct pv_vcpu *pv = &current->arch.pv;

	switch (nr) {
	case 0:
		*val = (pv->ctrlreg[0] & ~X86_CR0_TS) | (current->arch.fpu_ts ? X86_CR0_TS : 0);
		return EMUL_OKAY;
	case 2:
		*val = pv->ctrlreg[2];
		return EMUL_OKAY;
	case 3: /* PV: the guest's frame number is the machine's */
		*val = mfn_x(pv->guest_table) << PAGE_SHIFT;
		return EMUL_OKAY;
	case 4:
		*val = pv->ctrlreg[4];
		return EMUL_OKAY;
	default:
		return emul_raise(ctx, 6);
	}
}

static int write_guest_cr0(struct emul_ctx *ctx, uint64_t val)
{
	if ((val ^ current->arch.pv.ctrlreg[0]) & ~X86_CR0_TS) {
		gprintk(LOG_DEBUG, "attempt to change CR0 to %#lx ignored\n", val);
		return emul_raise_error(ctx, 13, 0);
	}
	pv_set_fpu_ts(current, val & X86_CR0_TS);
	return EMUL_OKAY;
}

static int op_write_cr(struct emul_ctx *ctx, unsigned int nr, uint64_t val)
{
	struct pv_vcpu *pv = &current->arch.pv;

	switch (nr) {
	case 0:
		return write_guest_cr0(ctx, val);
	case 2:
		pv->ctrlreg[2] = val;
		current->vcpu_info->arch.cr2 = val;
		return EMUL_OKAY;
	case 3:
		if (val & (PAGE_SIZE - 1) || new_guest_cr3(current, _mfn(val >> PAGE_SHIFT)))
			return emul_raise_error(ctx, 13, 0);
		return EMUL_OKAY;
	case 4:
		pv->ctrlreg[4] = pv_fix_guest_cr4(current, val);
		pv_load_guest_cr4(current);
		return EMUL_OKAY;
	default:
		return emul_raise(ctx, 6);
	}
}

static int op_read_dr(struct emul_ctx *ctx, unsigned int nr, uint64_t *val)
{
	return pv_get_debugreg(current, nr, val) ? emul_raise(ctx, 6) : EMUL_OKAY;
}

static int op_write_dr(struct emul_ctx *ctx, unsigned int nr, uint64_t val)
{
	return pv_set_debugreg(current, nr, val) ? emul_raise_error(ctx, 13, 0) : EMUL_OKAY;
}

static int op_read_msr(struct emul_ctx *ctx, uint32_t msr, uint64_t *val)
{
	return pv_rdmsr(current, msr, val) ? emul_raise_error(ctx, 13, 0) : EMUL_OKAY;
}

static int op_write_msr(struct emul_ctx *ctx, uint32_t msr, uint64_t val)
{
	return pv_wrmsr(current, msr, val) ? emul_raise_error(ctx, 13, 0) : EMUL_OKAY;
}

static int op_cpuid(struct emul_ctx *ctx, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	guest_cpuid(current, leaf, subleaf, regs);
	return EMUL_OKAY;
}

static int op_rdtsc(struct emul_ctx *ctx, uint64_t *val)
{
	if (ctx->cpl && (current->arch.pv.ctrlreg[4] & X86_CR4_TSD))
		return emul_raise_error(ctx, 13, 0);
	*val = guest_tsc(current);
	return EMUL_OKAY;
}

static int op_read_xcr(struct emul_ctx *ctx, uint32_t nr, uint64_t *val)
{
	if (nr != 0 || !xstate_size)
		return emul_raise_error(ctx, 13, 0);
	*val = current->arch.xcr0;
	return EMUL_OKAY;
}

static int op_write_xcr(struct emul_ctx *ctx, uint32_t nr, uint64_t val)
{
	if (nr != 0 || fpu_set_guest_xcr0(current, val))
		return emul_raise_error(ctx, 13, 0);
	return EMUL_OKAY;
}

static int op_invlpg(struct emul_ctx *ctx, uint64_t linear)
{
	if (guest_addr_ok(linear))
		invlpg(linear);
	return EMUL_OKAY;
}

static int op_flush_cache(struct emul_ctx *ctx, bool writeback)
{
	/* Only who owns devices has a use for it; for others it would be a way to slow the host. */
	if (current->domain->is_privileged)
		wbinvd();
	return EMUL_OKAY;
}

static int op_set_if(struct emul_ctx *ctx, bool enable, uint64_t *rflags)
{
	/* PV kernels mask events instead; as on 4.17 these do nothing where IOPL allows them. */
	if (ctx->cpl > current->arch.pv.iopl)
		return emul_raise_error(ctx, 13, 0);
	return EMUL_OKAY;
}

static int op_hlt(struct emul_ctx *ctx)
{
	return EMUL_UNHANDLEABLE;
}

static const struct emul_ops priv_ops = {
	.fetch = op_fetch,
	.segment = op_segment,
	.read = op_read,
	.write = op_write,
	.read_io = op_read_io,
	.write_io = op_write_io,
	.read_cr = op_read_cr,
	.write_cr = op_write_cr,
	.read_dr = op_read_dr,
	.write_dr = op_write_dr,
	.read_msr = op_read_msr,
	.write_msr = op_write_msr,
	.cpuid = op_cpuid,
	.rdtsc = op_rdtsc,
	.read_xcr = op_read_xcr,
	.write_xcr = op_write_xcr,
	.invlpg = op_invlpg,
	.flush_cache = op_flush_cache,
	.set_if = op_set_if,
	.hlt = op_hlt,
};

void emul_regs_from_frame(struct emul_regs *r, const struct cpu_user_regs *f)
{
	*r = (struct emul_regs){ .gpr = { f->rax, f->rcx, f->rdx, f->rbx, f->rsp, f->rbp, f->rsi, f->rdi,
					  f->r8, f->r9, f->r10, f->r11, f->r12, f->r13, f->r14, f->r15 },
				 .rip = f->rip,
				 .rflags = f->rflags };
}

void emul_regs_to_frame(struct cpu_user_regs *f, const struct emul_regs *r)
{
	f->rax = r->gpr[0];
	f->rcx = r->gpr[1];
	f->rdx = r->gpr[2];
	f->rbx = r->gpr[3];
	f->rsp = r->gpr[4];
	f->rbp = r->gpr[5];
	f->rsi = r->gpr[6];
	f->rdi = r->gpr[7];
	f->r8 = r->gpr[8];
	f->r9 = r->gpr[9];
	f->r10 = r->gpr[10];
	f->r11 = r->gpr[11];
	f->r12 = r->gpr[12];
	f->r13 = r->gpr[13];
	f->r14 = r->gpr[14];
	f->r15 = r->gpr[15];
	f->rip = r->rip;
	f->rflags = (r->rflags & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF;
}

void pv_inject_emul_exception(struct vcpu *v, const struct emul_exception *e)
{
	if (e->vector == 14)
		pv_inject_page_fault(v, e->cr2, e->error_code | (pv_guest_kernel_mode(v) ? 0 : 4));
	else
		pv_inject_trap(v, e->vector, e->has_error ? e->error_code : 0);
}

/* RDMSR and WRMSR without the emulator. True: done. */
static bool fast_msr(struct vcpu *v, struct cpu_user_regs *regs)
{
	uint8_t op[2];
	uint64_t val;
	uint32_t msr = (uint32_t)regs->rcx;
	int rc;

	if (!pv_guest_kernel_mode(v) || regs->cs != RING3_CS64 || raw_copy_from_guest(op, regs->rip, 2) ||
	    op[0] != 0x0f || (op[1] != 0x32 && op[1] != 0x30))
		return false;
	if (op[1] == 0x32) {
		rc = pv_rdmsr(v, msr, &val);
		if (!rc) {
			regs->rax = (uint32_t)val;
			regs->rdx = val >> 32;
		}
	} else {
		rc = pv_wrmsr(v, msr, (regs->rdx << 32) | (uint32_t)regs->rax);
	}
	if (rc)
		pv_inject_trap(v, 13, 0);
	else
		regs->rip += 2;
	return true;
}

int pv_emulate_privileged(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct emul_ctx ctx;

	if (guest_range_ok(regs->rip, 1, 2) && fast_msr(v, regs))
		return 0;
	memset(&ctx, 0, sizeof(ctx));
	ctx.ops = &priv_ops;
	ctx.mode = pv_frame_mode(regs);
	ctx.cpl = pv_guest_kernel_mode(v) ? 0 : 3;
	emul_regs_from_frame(&ctx.regs, regs);

	switch (x86_emulate(&ctx)) {
	case EMUL_OKAY:
		emul_regs_to_frame(regs, &ctx.regs);
		if (ctx.singlestep)
			pv_inject_trap(v, 1, 0);
		return 0;
	case EMUL_EXCEPTION:
		pv_inject_emul_exception(v, &ctx.exception);
		return 0;
	case EMUL_RETRY:
		return 0;
	default:
		return -EINVAL;
	}
}

/* "ud2; .ascii xen; cpuid": the way a PV kernel asks for the CPUID its hypervisor wants it to see. */
bool pv_emulate_forced_invalid_op(struct cpu_user_regs *regs)
{
	static const uint8_t prefix[7] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	uint8_t insn[7];
	uint32_t r[4];

	if (!guest_range_ok(regs->rip, 1, 7) || raw_copy_from_guest(insn, regs->rip, 7) ||
	    memcmp(insn, prefix, 7))
		return false;
	guest_cpuid(current, (uint32_t)regs->rax, (uint32_t)regs->rcx, r);
	regs->rax = r[0];
	regs->rbx = r[1];
	regs->rcx = r[2];
	regs->rdx = r[3];
	regs->rip += 7;
	regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	return true;
}
