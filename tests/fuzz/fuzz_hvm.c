// sources: tests/fuzz/hvm_machine.c hypervisor/arch/x86/emul/*.c hypervisor/arch/x86/hvm/emulate.c hypervisor/arch/x86/hvm/exit.c hypervisor/arch/x86/hvm/io.c hypervisor/arch/x86/hvm/walk.c hypervisor/arch/x86/hvm/access.c hypervisor/arch/x86/hvm/cr.c hypervisor/arch/x86/hvm/msr.c hypervisor/arch/x86/hvm/viridian.c hypervisor/arch/x86/hvm/viridian_cpuid.c hypervisor/arch/x86/hvm/mtrr.c hypervisor/arch/x86/hvm/event.c hypervisor/arch/x86/hvm/vlapic.c hypervisor/arch/x86/hvm/vlapic_regs.c hypervisor/arch/x86/hvm/vlapic_ipi.c hypervisor/arch/x86/hvm/vlapic_timer.c hypervisor/arch/x86/cpu/policy_level.c
// cflags: -DCONFIG_DEBUG -include tests/fuzz/hyper_arch.h -Ihypervisor/arch/x86/hvm
// runs: 100000
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what the hypervisor does when a hardware-virtualized guest is left: devices in memory and ports, the
 * local APIC, control registers, MSRs, the walk of the guest's tables, copies for hypercalls, delivery of events.
 *
 * Checked beyond "no crash" (hvm_machine.c, machine_check()): references are given back, memory that may not be written
 * is not, the vCPU is always in a state that a CPU enters; and here: who raises an exception has done nothing else.
 */
#include <string.h>
#include "hvm_machine.h"

#define EXITS 6

/* What it is left for; the same when it is handled again. */
struct exit {
	uint8_t kind, a, b;
	uint64_t address;
};

static void copy(const struct exit *e)
{
	uint8_t buf[300];
	unsigned long len = e->a + e->b % 45;
	bool write = e->kind & 0x40, clear = write && e->kind & 0x80;

	memset(buf, e->b, sizeof(buf));
	require(hvm_copy(e->address, clear ? NULL : buf, len, write) <= len);
}

static void handle(const struct exit *e)
{
	static const uint32_t insns[] = { HVM_INSN_CPUID, HVM_INSN_HLT,	    HVM_INSN_RDMSR,   HVM_INSN_WRMSR,
					  HVM_INSN_INVD,  HVM_INSN_WBINVD, HVM_INSN_VMMCALL, HVM_INSN_VMCALL };
	struct vcpu *v = &the_vcpu;

	switch (e->kind % 12) {
	case 0:
	case 1:
	case 2:
		hvm_emulate(v, EMUL_CLASS_DATA);
		break;
	case 3:
		hvm_emulate(v, EMUL_CLASS_IO);
		break;
	case 4:
		hvm_emulate(v, EMUL_CLASS_SYSTEM);
		break;
	case 5:
		(void)hvm_skip(v, insns[e->a % ARRAY_SIZE(insns)], 0);
		break;
	case 6:
		hvm_physmap_fault(v, e->address, e->kind & 0x40, e->kind & 0x80);
		break;
	case 7:
		hvm_exit_io(v, e->a, 1u << e->b % 3, e->kind & 0x40, guest_cpu_regs()->rip + 2);
		break;
	case 8:
		hvm_exit_msr(v, e->kind & 0x40, e->kind & 0x80 ? 0 : guest_cpu_regs()->rip + 2);
		break;
	case 9:
		hvm_exit_cpuid(v, 0);
		break;
	case 10:
		copy(e);
		break;
	case 11:
		vlapic_set_irq(v, e->a, e->kind & 0x40);
		break;
	}
}

/* As the loop of hvm.c: an access that waits is made again with its answer, the same exit. */
static void handle_until_done(const struct exit *e)
{
	struct hvm_io *io = &the_vcpu.arch.hvm->io;

	for (;;) {
		io->resume = false;
		io->cursor = 0;
		handle(e);
		if (!io->waiting)
			break;
		io->waiting = false;
		if (io->nr_done < HVM_IO_STEPS) {
			io->done[io->nr_done] = io->now;
			io->done[io->nr_done++].data = take64(&m.in);
		}
	}
	io->nr_done = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	machine_start(data, size);
	for (unsigned int i = 0; i < EXITS && m.in.left && !m.crashed; i++) {
		uint64_t rip = guest_cpu_regs()->rip;
		struct exit e = { .kind = take8(&m.in), .a = take8(&m.in), .b = take8(&m.in), .address = take64(&m.in) };

		m.injected = false;
		handle_until_done(&e);
		machine_check();
		/* A fault leaves RIP where it is; a trap, #DB alone, does not. */
		require(!m.injected || m.event.type != HVM_EVENT_EXCEPTION || m.event.vector == X86_TRAP_DB ||
			guest_cpu_regs()->rip == rip);
		hvm_deliver_events(&the_vcpu);
	}
	return 0;
}
