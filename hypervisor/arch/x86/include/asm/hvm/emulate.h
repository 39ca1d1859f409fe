/* SPDX-License-Identifier: MIT */
/* What exits have in common, whatever the vendor: current's instruction skipped, carried out or refused. */
#ifndef ASM_HVM_EMULATE_H
#define ASM_HVM_EMULATE_H

#include <asm/hvm/hvm.h>

#define X86_TRAP_DB 1
#define X86_TRAP_BP 3
#define X86_TRAP_UD 6
#define X86_TRAP_DF 8
#define X86_TRAP_SS 12
#define X86_TRAP_GP 13
#define X86_TRAP_PF 14
#define X86_TRAP_AC 17
#define X86_TRAP_MC 18

/* Instructions that make exits: opcode map, opcode, and ModRM where it belongs to the opcode. */
#define HVM_INSN(map, opcode, modrm) ((uint32_t)(map) << 16 | (opcode) << 8 | (modrm))
#define HVM_INSN_CPUID	 HVM_INSN(EMUL_MAP_0F, 0xa2, 0)
#define HVM_INSN_HLT	 HVM_INSN(EMUL_MAP_ONE, 0xf4, 0)
#define HVM_INSN_RDMSR	 HVM_INSN(EMUL_MAP_0F, 0x32, 0)
#define HVM_INSN_WRMSR	 HVM_INSN(EMUL_MAP_0F, 0x30, 0)
#define HVM_INSN_INVD	 HVM_INSN(EMUL_MAP_0F, 0x08, 0)
#define HVM_INSN_WBINVD	 HVM_INSN(EMUL_MAP_0F, 0x09, 0)
#define HVM_INSN_VMMCALL HVM_INSN(EMUL_MAP_0F, 0x01, 0xd9)
#define HVM_INSN_VMCALL	 HVM_INSN(EMUL_MAP_0F, 0x01, 0xc1)

/* RIP past the instruction that made the exit; next_rip 0: the CPU does not say where that is, it is decoded.
 * False: it is another one by now, or cannot be fetched (a fault is injected): nothing is to be done. */
bool hvm_skip(struct vcpu *v, uint32_t insn, uint64_t next_rip);
/* It has been carried out: RIP, and what goes with it (interrupt shadow, RF, single step). */
void hvm_insn_done(struct vcpu *v, uint64_t next_rip);
/* Carries out the instruction at RIP if it is of this class (DATA: string moves too); else nothing, or #UD. */
void hvm_emulate(struct vcpu *v, enum emul_class class);
/* An access that the physical map does not allow. `not_data`: a fetch, or of a page table. */
void hvm_physmap_fault(struct vcpu *v, uint64_t gpa, bool write, bool not_data);
void hvm_halt(struct vcpu *v);
void hvm_hypercall(struct vcpu *v);

/* exit.c: current's exits that are alike. next_rip as in hvm_skip(). */
void hvm_exit_cpuid(struct vcpu *v, uint64_t next_rip);
void hvm_exit_msr(struct vcpu *v, bool write, uint64_t next_rip);
/* IN and OUT of 1, 2, 4 bytes, not of strings; next_rip is known. */
void hvm_exit_io(struct vcpu *v, uint16_t port, unsigned int size, bool in, uint64_t next_rip);
void hvm_exit_triple_fault(struct vcpu *v);

/* io.c: ports and memory that are devices; what nobody has reads as all ones. Sizes 1, 2, 4 (memory: up to 8). After each,
 * look at hvm_io_waiting(): if so the access is not done, and neither may the instruction be. */
/* Up to *nr accesses at once, from or to guest memory at gpa and on (down, with `df`); *nr: done. False: the port is not a
 * device model's, or it has to wait. */
bool hvm_port_string(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint64_t gpa, bool df, uint32_t nr);
uint32_t hvm_port_read(struct vcpu *v, uint16_t port, unsigned int size);
void hvm_port_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val);
/* Memory whose writes a device model has claimed. False: they are not claimed any more, and it is common memory now. */
bool hvm_writes_claimed(struct domain *d, uint64_t gpa);
bool hvm_claimed_write(struct vcpu *v, uint64_t gpa, unsigned int size, uint64_t val); /* false: it has to wait */
/* The same for device memory at gpa; `data` is where in guest memory (is_ptr), or what each element is to be. */
bool hvm_mmio_string(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, bool is_ptr, uint64_t data, bool df,
		     uint32_t nr);
uint64_t hvm_mmio_read(struct vcpu *v, uint64_t gpa, unsigned int size);
void hvm_mmio_write(struct vcpu *v, uint64_t gpa, unsigned int size, uint64_t val);

static inline unsigned int hvm_cpl(struct vcpu *v)
{
	struct hvm_segment ss;

	hvm_vendor->get_segment(v, HVM_SS, &ss);
	return HVM_ATTR_DPL(ss.attr);
}
unsigned int hvm_code_mode(struct vcpu *v); /* 64, 32 or 16 */

#endif
