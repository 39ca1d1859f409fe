/* SPDX-License-Identifier: MIT */
/*
 * The x86 instruction decoder and emulator.
 *
 * One table-driven decoder, three users: privileged instructions of PV kernels, PV writes to
 * read-only page tables, and (HVM) MMIO accesses and instruction lengths.  The emulator knows the
 * machine only through struct emul_ops: it holds no PV or HVM rule of its own, allocates nothing,
 * takes no lock and bounds every loop.  It needs no header but the three below, so that the same
 * source is unit-tested and fuzzed on a host.
 *
 * Sources: SDM vol. 2 (encodings, opcode maps), APM vol. 3 (same, and AMD's answers where the two
 * vendors differ: a 0x66 prefix shortens a near branch in 64-bit mode).
 */
#ifndef ASM_X86_EMUL_H
#define ASM_X86_EMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Results of x86_emulate() and of every operation in struct emul_ops. */
enum emul_rc {
	EMUL_OKAY,	   /* done; ctx->regs holds the new state */
	EMUL_UNHANDLEABLE, /* not an instruction or access served here; nothing happened */
	EMUL_EXCEPTION,	   /* ctx->exception is to be delivered at the old rip */
	EMUL_RETRY,	   /* run the instruction again later; nothing happened */
};

/* Results of x86_decode(). */
enum emul_decode_rc {
	X86_DECODE_OK,
	X86_DECODE_TRUNCATED, /* valid so far, but longer than the bytes given */
	X86_DECODE_INVALID,   /* no instruction has this encoding (#UD) */
	X86_DECODE_TOO_LONG,  /* more than X86_INSN_MAX bytes (#GP) */
};

#define X86_INSN_MAX 15

/* General purpose registers, in the encoding's order. */
enum emul_reg {
	EMUL_RAX,
	EMUL_RCX,
	EMUL_RDX,
	EMUL_RBX,
	EMUL_RSP,
	EMUL_RBP,
	EMUL_RSI,
	EMUL_RDI,
	/* r8 … r15 are 8 … 15 */
	EMUL_NR_GPR = 16,
	EMUL_REG_RIP = 0xfe, /* only as a base register */
	EMUL_REG_NONE = 0xff,
};

/* Segments, in the encoding's order. */
enum emul_seg {
	EMUL_SEG_ES,
	EMUL_SEG_CS,
	EMUL_SEG_SS,
	EMUL_SEG_DS,
	EMUL_SEG_FS,
	EMUL_SEG_GS,
};

enum emul_encoding {
	EMUL_ENC_LEGACY,
	EMUL_ENC_VEX,
	EMUL_ENC_EVEX,
	EMUL_ENC_XOP,
};

/* Opcode maps.  VEX, EVEX and XOP keep the number their prefix gives (5, 6, 8 … 10). */
enum emul_map {
	EMUL_MAP_ONE,
	EMUL_MAP_0F,
	EMUL_MAP_0F38,
	EMUL_MAP_0F3A,
};

/* What an instruction is to the emulator; see x86_insn_class(). */
enum emul_class {
	EMUL_CLASS_NONE,   /* decoded only: x86_emulate() answers EMUL_UNHANDLEABLE */
	EMUL_CLASS_DATA,   /* moves, arithmetic, bit and exchange instructions */
	EMUL_CLASS_STRING, /* movs, stos, lods */
	EMUL_CLASS_IO,	   /* in, out, ins, outs */
	EMUL_CLASS_SYSTEM, /* control registers, MSRs, cpuid, hlt, … */
};

/* One decoded instruction.  Valid as a whole only after X86_DECODE_OK. */
struct emul_insn {
	uint8_t mode;	  /* 64, 32 or 16 */
	uint8_t length;	  /* bytes, prefixes included */
	uint8_t encoding; /* enum emul_encoding */
	uint8_t map;	  /* enum emul_map */
	uint8_t opcode;	  /* last opcode byte */
	uint8_t op;	  /* private: operation number, 0 = decoded only */
	uint8_t form;	  /* private: how the operands are encoded */
	uint16_t attr;	  /* private: attributes of the opcode */

	bool lock;
	bool opsize;	    /* 0x66 seen */
	uint8_t rep;	    /* 0, 0xf2 or 0xf3: the last one seen */
	uint8_t rex;	    /* REX byte, or what VEX and friends say in REX's layout; 0 = none */
	uint8_t op_bytes;   /* operand size: 1, 2, 4 or 8 */
	uint8_t addr_bytes; /* address size: 2, 4 or 8 */
	uint8_t seg;	    /* enum emul_seg of the memory operand, override applied */

	bool has_modrm;
	uint8_t modrm;
	uint8_t mod;
	uint8_t reg; /* REX.R applied */
	uint8_t rm;  /* REX.B applied; register number when mod == 3 */

	/* Effective address = base + index * scale + disp, cut to addr_bytes. */
	bool has_mem;
	uint8_t base;  /* 0 … 15, EMUL_REG_RIP (the next instruction's) or EMUL_REG_NONE */
	uint8_t index; /* 0 … 15 or EMUL_REG_NONE */
	uint8_t scale; /* 1, 2, 4 or 8 */
	int64_t disp;

	uint8_t imm_bytes;
	uint64_t imm;  /* sign-extended from imm_bytes */
	uint16_t imm2; /* second immediate of enter, far pointers' selector */
};

/*
 * Decode one instruction.
 *
 * @mode: 64, 32 or 16: the code segment's default size.
 * @bytes, @nbytes: the instruction stream; bytes past the instruction are not looked at.
 * Returns enum emul_decode_rc.  Total: any input gives an answer in at most X86_INSN_MAX steps.
 * After X86_DECODE_TRUNCATED the same call with more bytes may succeed.
 */
int x86_decode(struct emul_insn *insn, unsigned int mode, const uint8_t *bytes, size_t nbytes);

enum emul_class x86_insn_class(const struct emul_insn *insn);

struct emul_regs {
	uint64_t gpr[EMUL_NR_GPR];
	uint64_t rip;
	uint64_t rflags;
};

/* A segment, as its descriptor says.  In 64-bit mode only the base (of FS, GS) is used. */
struct emul_segment {
	uint64_t base;
	uint32_t limit; /* in bytes, granularity applied */
	bool usable;	/* present and not a null selector */
	bool readable;
	bool writable;
	bool expand_down;
	bool big; /* D/B: upper bound of an expand-down segment */
};

struct emul_exception {
	uint8_t vector;
	bool has_error;
	uint32_t error_code;
	uint64_t cr2; /* meaningful for #PF */
};

struct emul_ops;

/* One emulation.  Filled by the caller; the "out" part is set by x86_emulate(). */
struct emul_ctx {
	const struct emul_ops *ops;
	void *data;	       /* the caller's own */
	struct emul_regs regs; /* in and out; changed only as x86_emulate() says */
	uint8_t mode;	       /* 64, 32 or 16 */
	uint8_t cpl;	       /* the level the guest believes in: 0 for a PV kernel */
	uint16_t max_reps;     /* iterations of a rep per call; 0 = EMUL_DEFAULT_REPS */

	/* out */
	struct emul_insn insn;		 /* valid once the validate operation was reached */
	struct emul_exception exception; /* valid with EMUL_EXCEPTION */
	bool singlestep;		 /* with EMUL_OKAY: TF was set, the caller delivers #DB */
	bool sti_shadow; /* with EMUL_OKAY: interrupts stay off for one instruction */
};

#define EMUL_DEFAULT_REPS 256

/*
 * What the machine behind the instruction is.  Each operation returns enum emul_rc; with
 * EMUL_EXCEPTION it has called emul_raise() or emul_raise_page_fault().  A NULL slot makes every
 * instruction that needs it EMUL_UNHANDLEABLE, unless its line says otherwise.
 *
 * Addresses are linear.  The emulator has checked segment limits (16/32-bit modes) or that all
 * bytes are canonical (64-bit mode); page permissions, and whether the guest may touch the address
 * at all, are the operation's to check.  An access may cross a page.  Buffers hold little-endian
 * values of `size` bytes.  An operation that changes something is the last one of its instruction
 * (of its iteration, under rep) and so decides whether the instruction happened.
 */
struct emul_ops {
	/* Read len (1 … 15) instruction bytes, never across a page unless the instruction does. */
	int (*fetch)(struct emul_ctx *ctx, uint64_t linear, void *buf, unsigned int len);

	/* See the decoded instruction before anything is done.  Optional: NULL accepts all. */
	int (*validate)(struct emul_ctx *ctx, const struct emul_insn *insn);

	/* Describe a segment.  64-bit mode asks only for FS and GS. */
	int (*segment)(struct emul_ctx *ctx, enum emul_seg seg, struct emul_segment *out);

	/* Data accesses of 1, 2, 4 or 8 bytes. */
	int (*read)(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *buf,
		    unsigned int size);
	int (*write)(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, const void *buf,
		     unsigned int size);

	/*
	 * Atomically: if memory equals *old, store *new.  Always puts what memory held into *old,
	 * from which the emulator sees the outcome.  size 1, 2, 4, 8 or 16 (then aligned).  Must
	 * demand write permission even when the comparison fails.
	 */
	int (*cmpxchg)(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear, void *old,
		       const void *new, unsigned int size);

	/* Would write() succeed?  Asked by ins before the port is read.  Optional. */
	int (*probe_write)(struct emul_ctx *ctx, enum emul_seg seg, uint64_t linear,
			   unsigned int size);

	/* Ports, size 1, 2 or 4.  The operation checks IOPL and the I/O bitmap. */
	int (*read_io)(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t *val);
	int (*write_io)(struct emul_ctx *ctx, uint16_t port, unsigned int size, uint32_t val);

	/*
	 * ins and outs under rep, more than one element at once: *reps (in: wanted, at least 2; out: done) from `linear` on,
	 * downwards if DF is set. All elements are within the segment. Optional; EMUL_UNHANDLEABLE: one by one, please.
	 */
	int (*string_io)(struct emul_ctx *ctx, bool write, uint16_t port, enum emul_seg seg, uint64_t linear,
			 unsigned int size, uint64_t *reps);
	/* The same for movs and stos. */
	int (*string_copy)(struct emul_ctx *ctx, uint64_t src, uint64_t dst, unsigned int size, uint64_t *reps);
	int (*string_fill)(struct emul_ctx *ctx, uint64_t dst, uint64_t val, unsigned int size, uint64_t *reps);

	/*
	 * Control and debug registers 0 … 15; a number that does not exist raises #UD.  Called at
	 * CPL 0 only, save read_cr(0) for smsw.  Reserved bits are the operation's to refuse.
	 */
	int (*read_cr)(struct emul_ctx *ctx, unsigned int nr, uint64_t *val);
	int (*write_cr)(struct emul_ctx *ctx, unsigned int nr, uint64_t val);
	int (*read_dr)(struct emul_ctx *ctx, unsigned int nr, uint64_t *val);
	int (*write_dr)(struct emul_ctx *ctx, unsigned int nr, uint64_t val);

	/* MSRs.  Called at CPL 0, save read_msr(MSR_TSC_AUX) for rdtscp and rdpid. */
	int (*read_msr)(struct emul_ctx *ctx, uint32_t msr, uint64_t *val);
	int (*write_msr)(struct emul_ctx *ctx, uint32_t msr, uint64_t val);

	/* Any CPL: the operation applies CR4.TSD, CR4.PCE, CPUID faulting and CR4.OSXSAVE. */
	int (*cpuid)(struct emul_ctx *ctx, uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
	int (*rdtsc)(struct emul_ctx *ctx, uint64_t *val);
	int (*rdpmc)(struct emul_ctx *ctx, uint32_t counter, uint64_t *val);
	int (*read_xcr)(struct emul_ctx *ctx, uint32_t nr, uint64_t *val);

	/* CPL 0 only. */
	int (*write_xcr)(struct emul_ctx *ctx, uint32_t nr, uint64_t val);
	int (*invlpg)(struct emul_ctx *ctx, uint64_t linear); /* any address, even non-canonical */
	int (*flush_cache)(struct emul_ctx *ctx, bool writeback); /* wbinvd: true, invd: false */
	int (*swapgs)(struct emul_ctx *ctx);
	int (*hlt)(struct emul_ctx *ctx); /* note the wish; block after x86_emulate() returned */

	/* cli, sti at any CPL: check IOPL; change IF in *rflags, or ignore the request. */
	int (*set_if)(struct emul_ctx *ctx, bool enable, uint64_t *rflags);
};

/*
 * Fetch, decode and carry out the instruction at ctx->regs.rip.
 *
 * EMUL_OKAY: the registers are the ones after the instruction.  A rep that has not ended (bound,
 * TF, or a fault after the first iteration) leaves rip on the instruction and the count and index
 * registers at the next iteration: running the guest continues it.
 * Otherwise ctx->regs is unchanged and so is the machine.
 */
int x86_emulate(struct emul_ctx *ctx);

/* For operations: set ctx->exception and give EMUL_EXCEPTION. */
int emul_raise(struct emul_ctx *ctx, uint8_t vector);
int emul_raise_error(struct emul_ctx *ctx, uint8_t vector, uint32_t error_code);
int emul_raise_page_fault(struct emul_ctx *ctx, uint32_t error_code, uint64_t cr2);

#endif /* ASM_X86_EMUL_H */
