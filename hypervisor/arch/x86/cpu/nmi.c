/* SPDX-License-Identifier: MIT */
/*
 * NMI and machine check. Both may arrive at any instruction of the hypervisor, on stacks of their own:
 * nothing here takes a lock but the console's, and that only when the machine cannot go on anyway.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/smp.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/pv.h>
#include <asm/smp.h>
#include <asm/system.h>
#include <asm/watchdog.h>

#define PORT_NMI_REASON 0x61
#define NMI_PARITY	0x80 /* memory parity, PCI SERR# */
#define NMI_IOCHK	0x40

#define MCG_STATUS_RIPV 1ul
#define MCI_STATUS_VAL	(1ul << 63)
#define MCI_STATUS_UC	(1ul << 61)
#define MCI_STATUS_PCC	(1ul << 57)
#define MSR_MC0_STATUS	0x401

/* The chipset says why. Dom0 is told as it would be on bare metal; who else asked is unknown. */
void do_nmi(struct cpu_user_regs *regs)
{
	uint8_t reason;
	bool tick;

	smp_halt_self(); /* returns unless another CPU is stopping the machine */
	tick = watchdog_nmi(regs);
	if (smp_processor_id() != 0)
		return;
	reason = inb(PORT_NMI_REASON);
	if (reason & (NMI_PARITY | NMI_IOCHK)) {
		console_start_sync();
		printk("NMI: %s error reported by the chipset (reason %#x)\n",
		       reason & NMI_PARITY ? "memory parity or PCI system" : "I/O check", reason);
	} else if (tick) {
		return;
	}
	if (hardware_domain && hardware_domain->vcpu[0])
		pv_raise_nmi(hardware_domain->vcpu[0]);
}

static bool report_banks(void)
{
	uint64_t cap = 0, status;
	bool fatal = false;

	(void)!rdmsr_safe(MSR_MCG_CAP, &cap);
	for (unsigned int i = 0; i < (cap & 0xff); i++) {
		if (rdmsr_safe(MSR_MC0_STATUS + 4 * i, &status) || !(status & MCI_STATUS_VAL))
			continue;
		printk("Machine check: CPU %u bank %u status %#lx\n", smp_processor_id(), i, status);
		if (status & (MCI_STATUS_UC | MCI_STATUS_PCC))
			fatal = true;
		(void)!wrmsr_safe(MSR_MC0_STATUS + 4 * i, 0);
	}
	return fatal;
}

void do_machine_check(struct cpu_user_regs *regs)
{
	uint64_t mcg = 0;
	bool fatal;

	(void)!rdmsr_safe(MSR_MCG_STATUS, &mcg);
	console_start_sync();
	fatal = report_banks();
	if (fatal || !(mcg & MCG_STATUS_RIPV)) {
		show_registers(regs);
		panic("uncorrectable machine check on CPU %u", smp_processor_id());
	}
	(void)!wrmsr_safe(MSR_MCG_STATUS, 0);
}
