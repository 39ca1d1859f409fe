/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader to the first guest, in order. Each step may use what the ones before it made;
 * the comments say which dependency is easy to miss.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/keyhandler.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/acpi.h>
#include <asm/boot.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/image.h>
#include <asm/e820.h>
#include <asm/hvm/hvm.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/options.h>
#include <asm/platform.h>
#include <asm/pv.h>
#include <asm/serial.h>
#include <asm/spec_ctrl.h>
#include <asm/watchdog.h>
#include <asm/xpti.h>

void start_hv(uint32_t magic, uint32_t info) __noreturn;
unsigned long per_cpu_offset[NR_CPUS];
cpumask_t cpu_online_map, cpu_present_map;

/* RAM the heap may have: e820 RAM above 1 MiB less the image and the modules. */
static struct ram_range ram[BOOT_MAX_E820 + BOOT_MAX_MODULES + 2];
static unsigned int nr_ram;

static void take_e820(void)
{
	for (unsigned int i = 0; i < boot_info.nr_e820 && i < ARRAY_SIZE(hv_e820); i++) {
		const struct boot_e820 *e = &boot_info.e820[i];

		hv_e820[nr_hv_e820++] = (struct e820entry){ .addr = e->addr, .size = e->size, .type = e->type };
		printk(" [%016lx, %016lx] %s\n", e->addr, e->addr + e->size - 1,
		       e->type == 1 ? "(usable)" : e->type == 2 ? "(reserved)" : "(other)");
		if (e->type == 1)
			ram[nr_ram++] = (struct ram_range){ ROUNDUP(max(e->addr, 0x100000ul), PAGE_SIZE),
							    ROUNDDOWN(e->addr + e->size, PAGE_SIZE) };
	}
}

/* Cuts [start, end) out of the RAM list; a range may fall into two. */
static void reserve(uint64_t start, uint64_t end)
{
	start = ROUNDDOWN(start, PAGE_SIZE);
	end = ROUNDUP(end, PAGE_SIZE);
	for (unsigned int i = 0; i < nr_ram; i++) {
		struct ram_range *r = &ram[i];
		uint64_t r_end = r->end;

		if (end <= r->start || start >= r->end)
			continue;
		if (start > r->start) {
			r->end = start;
			if (end < r_end && nr_ram < ARRAY_SIZE(ram))
				ram[nr_ram++] = (struct ram_range){ end, r_end };
		} else {
			r->start = min(end, r->end);
		}
	}
}

static void drop_empty_ranges(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_ram; i++)
		if (ram[i].start < ram[i].end)
			ram[n++] = ram[i];
	nr_ram = n;
}

static void find_memory(void)
{
	printk("Serai-e820 RAM map:\n");
	take_e820();
	reserve(HV_LOAD_PHYS, (uint64_t)_end - HV_IMAGE_BASE);
	for (unsigned int i = 0; i < boot_info.nr_modules; i++)
		reserve(boot_info.module[i].start, boot_info.module[i].end);
	drop_empty_ranges();
	if (!nr_ram)
		panic("the memory map has no usable RAM");
}

/* The BSP's per-CPU area is the template itself. */
static void init_boot_cpu_info(void)
{
	struct cpu_info *ci = get_cpu_info();

	memset(ci, 0, sizeof(*ci));
	cpumask_set(&cpu_online_map, 0);
	cpumask_set(&cpu_present_map, 0);
}

static void banner(void)
{
	printk(" Serai 4.17 (Xen 4.17 ABI)%s\n",
#ifdef CONFIG_DEBUG
	       " debug=y"
#else
	       ""
#endif
	);
	printk("Bootloader: %s\n", boot_info.loader[0] ? boot_info.loader : "unknown");
	printk("Command line: %s\n", boot_info.cmdline);
}

/* Runs on the stack the BSP keeps: from here on the C stack means nothing to anyone else. */
static void __noreturn finish_boot(void)
{
	struct domain *d = dom0_build();

	watchdog_init(); /* building Dom0 takes its time, on this CPU alone */
	vga_end_boot();
	console_end_boot();
	(void)!domain_controller_unpause(d);
	local_irq_enable();
	reset_stack_and_call(startup_cpu_idle_loop);
}

void start_hv(uint32_t magic, uint32_t info)
{
	const char *why;

	init_boot_cpu_info();
	why = multiboot_parse(magic, info);
	options_parse(boot_info.cmdline);
	console_early_init();
	banner();
	options_report();
	if (why)
		panic("%s", why);
	if (boot_info.rsdp)
		acpi_set_rsdp(boot_info.rsdp);
	cpu_identify();
	image_patch_smap();
	spec_ctrl_init();
	cpu_init(0);
	find_memory();
	l1tf_set_limits(hv_e820, nr_hv_e820, spec_l1d_address_bits(host_cpu.signature, host_cpu.phys_bits));
	mm_init(ram, nr_ram);
	image_protect();
	xpti_boot_init();
	console_init();
	platform_init();
	timers_init();
	sched_init();
	keyhandlers_init();
	hvm_init();
	smp_boot_all();
	printk("Brought up %u CPUs\n", cpumask_weight(&cpu_online_map));
	finish_boot();
}
