/* SPDX-License-Identifier: MIT */
/* What the machine has not: devices, other CPUs, hardware virtualization, the way into a guest. */
#include <stdlib.h>
#include <hv/console.h>
#include <hv/grant.h>
#include <hv/guest_access.h>
#include <hv/irq.h>
#include <hv/smp.h>
#include <asm/acpi.h>
#include <asm/boot.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/e820.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/spec_ctrl.h>
#include "../../hypervisor/arch/x86/irq/internal.h"
#include "../../hypervisor/arch/x86/time/internal.h"
#include "hyper_machine.h"

struct acpi_info acpi_info;
struct boot_info boot_info;
struct cpu_features host_cpu = { .max_leaf = 13, .phys_bits = 40 };
unsigned long cpu_khz = 1000000;
bool tsc_reliable = true;
struct e820entry hv_e820[E820_MAX];
unsigned int nr_hv_e820;
static struct irq_desc descs[64];
struct irq_desc *irq_descs = descs;
unsigned int nr_irqs = ARRAY_SIZE(descs), nr_gsis = 24;
__typeof__(per_cpu__cpu_time) per_cpu__cpu_time;
struct spec_plan spec_plan;

void clear_frames(void *va, uint64_t nr)
{
	memset(va, 0, nr << PAGE_SHIFT);
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
#define NEVER(name, ...)                                                                           \
	void name(__VA_ARGS__)                                                                     \
	{                                                                                          \
		hyper_require(false, #name " is reached", 0, 0);                                   \
		abort();                                                                           \
	}

struct page;
NOTHING(arch_reprogram_timer, s_time_t when)
NOTHING(arch_sync_vcpu_state, struct vcpu *v)
NOTHING(arch_context_switch, struct vcpu *prev, struct vcpu *next)
NOTHING(arch_dump_registers, void)
NOTHING(cpu_load_gdt_base, uint64_t base)
NOTHING(cpu_set_ldt, uint64_t base, unsigned int entries)
NOTHING(dump_error_traces, unsigned char key)
NOTHING(dump_memory, unsigned char key)
NOTHING(flush_area_mask, const cpumask_t *m, uint64_t va, unsigned int flags)
NOTHING(flush_mask_since, const cpumask_t *m, uint64_t va, unsigned int flags, uint64_t since)
NOTHING(irq_guest_remove, struct irq_desc *desc, struct domain *d, unsigned int pirq)
NOTHING(msi_teardown, struct irq_desc *desc)
NOTHING(pirq_guest_unbind, struct domain *d, unsigned int pirq)
NOTHING(pirq_guest_eoi, struct domain *d, unsigned int pirq)
NOTHING(pirq_set_affinity, struct domain *d, unsigned int pirq, unsigned int cpu)
ANSWER(pirq >= 16 && pirq < 20 ? 0 : -EINVAL, int, pirq_guest_bind, struct vcpu *v, unsigned int pirq,
       uint32_t port, bool share)
NOTHING(pv_update_cr3, struct vcpu *v, bool load)
NOTHING(pv_update_fast_paths, struct vcpu *v)
NOTHING(pv_raise_nmi, struct vcpu *v)
NOTHING(smp_halt_others, void)
NOTHING(smp_send_event_check_cpu, unsigned int cpu)
NOTHING(on_selected_cpus, const cpumask_t *cpus, void (*fn)(void *), void *data)
NOTHING(watchdog_pause, void)
NOTHING(watchdog_resume, void)
ANSWER(gsi < 24, bool, gsi_valid, unsigned int gsi)
ANSWER(-EINVAL, int, io_apic_guest_read, uint64_t base, uint32_t reg, uint32_t *val)
ANSWER(0, int, irq_set_gsi_mode, unsigned int gsi, bool level, bool low)
ANSWER(-ENODEV, int, msi_restore, uint16_t seg, uint8_t bus, uint8_t devfn)
ANSWER(-ENODEV, int, msi_setup, const struct msi_request *r, unsigned int cpu)
ANSWER(-ENODEV, int, msix_prepare, uint16_t seg, uint8_t bus, uint8_t devfn, bool release)
ANSWER(0, int, pci_add_device, uint16_t seg, uint8_t bus, uint8_t devfn)
ANSWER(0, int, pci_remove_device, uint16_t seg, uint8_t bus, uint8_t devfn)
ANSWER(1700000000, uint64_t, rtc_read_seconds, uint8_t century_index)
ANSWER(-ENOSYS, long, do_hypfs_op, unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e)
ANSWER(-ENOSYS, long, do_iret, void)
ANSWER(-ENOSYS, long, do_kexec_op, unsigned long a, unsigned long b)
ANSWER(-ENOSYS, long, do_mca, unsigned long a)
ANSWER(-ENOSYS, long, do_platform_op, unsigned long a)
ANSWER(-ENOSYS, long, do_xenpmu_op, unsigned long a, unsigned long b)
ANSWER(-ENOSYS, long, do_xsm_op, unsigned long a)

void arch_describe_cpus(uint32_t *threads, uint32_t *cores, uint32_t hw_cap[8]);
void arch_describe_cpus(uint32_t *threads, uint32_t *cores, uint32_t hw_cap[8])
{
	*threads = *cores = 1;
	for (unsigned int i = 0; i < 8; i++)
		hw_cap[i] = i;
}

void *cpu_gdt_page(unsigned int cpu)
{
	return mfn_to_virt(_mfn(1));
}

ANSWER(-EINVAL, long, do_set_segment_base, unsigned long which, unsigned long base) /* loads registers */
NEVER(arch_domain_shutdown_machine, int reason)
NEVER(machine_halt, void)
NEVER(machine_restart, void)
NEVER(reset_stack_to_guest, void)

/* Of the image: a note's head and 20 bytes, its end right behind it. */
__asm__(".section .rodata\n"
	".global __note_build_id_start, __note_build_id_end\n"
	"__note_build_id_start: .zero 16\n"
	"	.ascii \"twenty bytes of buil\"\n"
	"__note_build_id_end: .byte 0\n"
	".previous\n");
