/* SPDX-License-Identifier: MIT */
/*
 * A small machine behind the emulator's operations, for the emulator's unit tests: one page of
 * memory, arrays of registers, and a record of what was asked.
 */
#ifndef EMUL_MACHINE_H
#define EMUL_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <asm/emul.h>

#define RIP	 0x1000UL
#define MEM_BASE 0x5000UL
#define MEM_SIZE 4096

static struct machine {
	uint8_t code[32];
	unsigned int code_len; /* bytes that can be fetched */
	uint8_t mem[MEM_SIZE];
	bool read_only;
	unsigned int lost_races; /* cmpxchg fails that often */
	uint64_t cr[16], dr[16], msr, xcr, invlpg;
	uint32_t msr_nr, port, port_size, port_val;
	unsigned int port_reads, events;
	enum emul_seg seg;
	struct emul_segment segment;
} m;

static struct emul_ctx ctx;

/* ---- The machine ----------------------------------------------------------------------------- */

static int op_fetch(struct emul_ctx *c, uint64_t linear, void *buf, unsigned int len)
{
	uint64_t at = linear - RIP;

	if (at + len > m.code_len)
		return emul_raise_page_fault(c, 0x14, RIP + m.code_len);
	memcpy(buf, m.code + at, len);
	return EMUL_OKAY;
}

static int op_segment(struct emul_ctx *c, enum emul_seg seg, struct emul_segment *out)
{
	(void)c;
	if (seg == EMUL_SEG_CS)
		out->base = 0;
	else
		*out = m.segment;
	return EMUL_OKAY;
}

static bool in_memory(uint64_t linear, unsigned int size)
{
	return linear >= MEM_BASE && linear - MEM_BASE <= MEM_SIZE - size;
}

static int op_read(struct emul_ctx *c, enum emul_seg seg, uint64_t linear, void *buf,
		   unsigned int size)
{
	m.seg = seg;
	if (!in_memory(linear, size))
		return emul_raise_page_fault(c, 0, linear);
	memcpy(buf, m.mem + (linear - MEM_BASE), size);
	return EMUL_OKAY;
}

static int op_probe_write(struct emul_ctx *c, enum emul_seg seg, uint64_t linear, unsigned int size)
{
	m.seg = seg;
	if (!in_memory(linear, size) || m.read_only)
		return emul_raise_page_fault(c, 2, linear);
	return EMUL_OKAY;
}

static int op_write(struct emul_ctx *c, enum emul_seg seg, uint64_t linear, const void *buf,
		    unsigned int size)
{
	int rc = op_probe_write(c, seg, linear, size);

	if (rc == EMUL_OKAY)
		memcpy(m.mem + (linear - MEM_BASE), buf, size);
	return rc;
}

static int op_cmpxchg(struct emul_ctx *c, enum emul_seg seg, uint64_t linear, void *old,
		      const void *new, unsigned int size)
{
	uint8_t *mem = m.mem + (linear - MEM_BASE), now[16];
	int rc = op_probe_write(c, seg, linear, size);

	if (rc != EMUL_OKAY)
		return rc;
	if (m.lost_races) {
		m.lost_races--;
		mem[0]++; /* somebody else was here */
	}
	memcpy(now, mem, size);
	if (memcmp(now, old, size) == 0)
		memcpy(mem, new, size);
	memcpy(old, now, size);
	return EMUL_OKAY;
}

static int op_read_io(struct emul_ctx *c, uint16_t port, unsigned int size, uint32_t *val)
{
	m.port = port;
	m.port_size = size;
	m.port_reads++;
	if (port == 0x666)
		return emul_raise_error(c, 13, 0);
	*val = 0xa1b2c3d4 + m.port_reads - 1;
	return EMUL_OKAY;
}

static int op_write_io(struct emul_ctx *c, uint16_t port, unsigned int size, uint32_t val)
{
	(void)c;
	m.port = port;
	m.port_size = size;
	m.port_val = val;
	m.events++;
	return EMUL_OKAY;
}

static int op_read_cr(struct emul_ctx *c, unsigned int nr, uint64_t *val)
{
	(void)c;
	*val = m.cr[nr];
	return EMUL_OKAY;
}

static int op_write_cr(struct emul_ctx *c, unsigned int nr, uint64_t val)
{
	if (nr == 1)
		return emul_raise(c, 6);
	m.cr[nr] = val;
	return EMUL_OKAY;
}

static int op_read_dr(struct emul_ctx *c, unsigned int nr, uint64_t *val)
{
	(void)c;
	*val = m.dr[nr];
	return EMUL_OKAY;
}

static int op_write_dr(struct emul_ctx *c, unsigned int nr, uint64_t val)
{
	(void)c;
	m.dr[nr] = val;
	return EMUL_OKAY;
}

static int op_read_msr(struct emul_ctx *c, uint32_t msr, uint64_t *val)
{
	(void)c;
	m.msr_nr = msr;
	*val = m.msr;
	return EMUL_OKAY;
}

static int op_write_msr(struct emul_ctx *c, uint32_t msr, uint64_t val)
{
	m.msr_nr = msr;
	m.msr = val;
	return msr == 0xbad ? emul_raise_error(c, 13, 0) : EMUL_OKAY;
}

static int op_cpuid(struct emul_ctx *c, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	(void)c;
	regs[0] = leaf + 1;
	regs[1] = subleaf + 2;
	regs[2] = 3;
	regs[3] = 4;
	return EMUL_OKAY;
}

static int op_rdtsc(struct emul_ctx *c, uint64_t *val)
{
	(void)c;
	*val = 0x1122334455667788;
	return EMUL_OKAY;
}

static int op_read_xcr(struct emul_ctx *c, uint32_t nr, uint64_t *val)
{
	(void)c;
	*val = nr == 0 ? m.xcr : 0;
	return EMUL_OKAY;
}

static int op_write_xcr(struct emul_ctx *c, uint32_t nr, uint64_t val)
{
	if (nr)
		return emul_raise_error(c, 13, 0);
	m.xcr = val;
	return EMUL_OKAY;
}

static int op_invlpg(struct emul_ctx *c, uint64_t linear)
{
	(void)c;
	m.invlpg = linear;
	return EMUL_OKAY;
}

static int op_flush_cache(struct emul_ctx *c, bool writeback)
{
	(void)c;
	m.events += writeback ? 1 : 100;
	return EMUL_OKAY;
}

static int op_hlt(struct emul_ctx *c)
{
	(void)c;
	m.events++;
	return EMUL_OKAY;
}

static int op_set_if(struct emul_ctx *c, bool enable, uint64_t *rflags)
{
	(void)c;
	*rflags = enable ? *rflags | 0x200 : *rflags & ~0x200UL;
	return EMUL_OKAY;
}

static const struct emul_ops full_ops = {
	.fetch = op_fetch,
	.segment = op_segment,
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
	.probe_write = op_probe_write,
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
	.rdpmc = op_read_msr,
	.read_xcr = op_read_xcr,
	.write_xcr = op_write_xcr,
	.invlpg = op_invlpg,
	.flush_cache = op_flush_cache,
	.hlt = op_hlt,
	.set_if = op_set_if,
};

static int set_up(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.code_len = sizeof(m.code);
	m.segment = (struct emul_segment){ .base = MEM_BASE,
					   .limit = 0xfff,
					   .usable = true,
					   .readable = true,
					   .writable = true,
					   .big = true };
	memset(&ctx, 0, sizeof(ctx));
	ctx.ops = &full_ops;
	ctx.mode = 64;
	ctx.regs.rip = RIP;
	ctx.regs.rflags = 0x202;
	return 0;
}

static int run(const char *bytes, size_t len)
{
	ctx.regs.rip = RIP;
	memset(m.code, 0x90, sizeof(m.code));
	memcpy(m.code, bytes, len);
	return x86_emulate(&ctx);
}

#define RUN(str) run(str, sizeof(str) - 1)
#define RUN_OKAY(str)                                                                              \
	do {                                                                                       \
		assert_int_equal(RUN(str), EMUL_OKAY);                                             \
		assert_int_equal(ctx.regs.rip, RIP + sizeof(str) - 1);                             \
	} while (0)
#define GPR(name) ctx.regs.gpr[EMUL_##name]

static void assert_fault(int rc, unsigned int vector)
{
	assert_int_equal(rc, EMUL_EXCEPTION);
	assert_int_equal(ctx.exception.vector, vector);
	assert_int_equal(ctx.regs.rip, RIP);
}

#endif /* EMUL_MACHINE_H */
