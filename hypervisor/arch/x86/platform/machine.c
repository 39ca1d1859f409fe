/* SPDX-License-Identifier: MIT */
/*
 * Turning the machine off or restarting it. Each way is tried for a moment and the next one follows;
 * nothing here takes a lock, since the machine may be going down because one is stuck.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/hvm/hvm.h>
#include <asm/options.h>
#include <asm/platform.h>
#include <asm/system.h>
#include <asm/time.h>
#include <public/sched.h>

#define SLP_EN	       (1u << 13)
#define SLP_TYP_SHIFT  10
#define SLP_TYP_MASK   (7u << SLP_TYP_SHIFT)

/* A while, even when time is not running (a port read takes about a microsecond). */
static void settle(unsigned int ms)
{
	for (unsigned int i = 0; i < ms * 1000; i++)
		(void)inb(0x80);
}

static void write_register(const struct acpi_address *a, uint32_t val, unsigned int size)
{
	uint16_t port = (uint16_t)a->address;

	if (!a->address)
		return;
	if (a->space == ACPI_SPACE_IO && size == 1)
		outb(port, (uint8_t)val);
	else if (a->space == ACPI_SPACE_IO)
		outw(port, (uint16_t)val);
	else if (a->space == ACPI_SPACE_MEM && size == 1)
		*(volatile uint8_t *)ioremap(a->address, 1) = (uint8_t)val;
	else if (a->space == ACPI_SPACE_MEM)
		*(volatile uint16_t *)ioremap(a->address, 2) = (uint16_t)val;
}

static void stop_cpus(void)
{
	local_irq_disable();
	smp_halt_others();
}

void machine_halt(void)
{
	stop_cpus();
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed none = { 0, 0 };

	__asm__ volatile("lidt %0; int3" ::"m"(none));
}

static void keyboard_reset(void)
{
	for (unsigned int i = 0; i < 10000 && (inb(0x64) & 2); i++)
		;
	outb(0x64, 0xfe);
}

void machine_restart(void)
{
	stop_cpus();
	hvm_cpu_stop();
	apic_shutdown();
	for (unsigned int attempt = 0; attempt < 2; attempt++) {
		write_register(&acpi_info.reset, acpi_info.reset_value, 1);
		settle(20);
		outb(0xcf9, 0x02);
		settle(1);
		outb(0xcf9, 0x06);
		settle(20);
		keyboard_reset();
		settle(50);
	}
	triple_fault();
	machine_halt();
}

/* Two writes: some chipsets want the sleep type to be there before the enable bit rises. */
void acpi_enter_s5(uint16_t val_a, uint16_t val_b)
{
	write_register(&acpi_info.pm1a_control, val_a & ~SLP_EN, 2);
	write_register(&acpi_info.pm1b_control, val_b & ~SLP_EN, 2);
	write_register(&acpi_info.pm1a_control, val_a | SLP_EN, 2);
	write_register(&acpi_info.pm1b_control, val_b | SLP_EN, 2);
	settle(100);
}

void machine_power_off(void)
{
	stop_cpus();
	if (acpi_info.sleep_control.address && acpi_info.has_s5)
		write_register(&acpi_info.sleep_control, (acpi_info.s5_type_a << 2) | (1u << 5), 1);
	if (acpi_info.has_s5)
		acpi_enter_s5((uint16_t)(acpi_info.s5_type_a << SLP_TYP_SHIFT),
			      (uint16_t)(acpi_info.s5_type_b << SLP_TYP_SHIFT));
	printk("The machine does not turn itself off: you may cut its power now.\n");
	machine_halt();
}

void arch_domain_shutdown_machine(int reason)
{
	latency_report();
	if (reason == SHUTDOWN_poweroff) {
		printk("Dom0 powered off: powering off the machine.\n");
		machine_power_off();
	}
	printk("Dom0 %s: %s the machine.\n",
	       reason == SHUTDOWN_reboot   ? "rebooted"
	       : reason == SHUTDOWN_crash  ? "crashed"
	       : reason == SHUTDOWN_watchdog ? "was stopped by its watchdog"
					   : "is gone",
	       opt_noreboot ? "halting" : "restarting");
	if (opt_noreboot)
		machine_halt();
	machine_restart();
}
