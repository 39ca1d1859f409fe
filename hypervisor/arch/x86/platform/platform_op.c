/* SPDX-License-Identifier: MIT */
/*
 * The platform_op hypercall: Dom0's say over the machine. What Serai does not do (MTRRs, microcode,
 * frequency scaling, CPU and memory hot-plug) answers with an error Dom0's drivers understand.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/smp.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/platform.h>
#include <asm/system.h>
#include <public/platform.h>

static unsigned int max_present_cpu(void)
{
	unsigned int cpu, last = 0;

	for_each_cpu(cpu, &cpu_present_map)
		last = cpu;
	return last;
}

static bool cpu_present(uint32_t cpu)
{
	return cpu < NR_CPUS && cpumask_test(&cpu_present_map, cpu);
}

static int op_settime32(struct xen_platform_op *op)
{
	const struct xenpf_settime32 *s = &op->u.settime32;

	return do_settime(s->secs, s->nsecs, s->system_time);
}

static int op_settime64(struct xen_platform_op *op)
{
	const struct xenpf_settime64 *s = &op->u.settime64;

	return s->mbz ? trace_err(-EINVAL) : do_settime(s->secs, s->nsecs, s->system_time);
}

/* The loader left no real-mode answers about disks and displays: "no such entry". */
static int op_firmware_info(struct xen_platform_op *op)
{
	struct xenpf_firmware_info *f = &op->u.firmware_info;

	switch (f->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	case XEN_FW_KBD_SHIFT_FLAGS:
		f->u.kbd_shift_flags = 0;
		return f->index ? -ESRCH : 0;
	default:
		return trace_err(-EINVAL);
	}
}

/* S5 is for good. A machine that survives it goes on, and Dom0 is told. */
static int op_acpi_sleep(struct xen_platform_op *op)
{
	const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

	if (s->flags & ~XENPF_ACPI_SLEEP_EXTENDED)
		return trace_err(-EINVAL);
	if (s->sleep_state != 5)
		return trace_err(-EOPNOTSUPP);
	if (s->flags & XENPF_ACPI_SLEEP_EXTENDED) {
		if (!acpi_info.sleep_control.address || s->val_a > 7)
			return trace_err(-EINVAL);
		machine_power_off();
	}
	printk("Dom0 enters ACPI state S5: powering off the machine.\n");
	latency_report();
	acpi_enter_s5(s->val_a, s->val_b);
	return trace_err(-EIO);
}

static uint64_t idle_time(unsigned int cpu)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_get(idle_vcpu[cpu], &r);
	return r.time[RUNSTATE_running];
}

/* One byte of the bitmap and its CPUs' times at a time. */
static int op_getidletime(struct xen_platform_op *op)
{
	struct xenpf_getidletime *g = &op->u.getidletime;
	guest_ptr_t map = guest_handle_addr(g->cpumap_bitmap), out = guest_handle_addr(g->idletime);
	uint32_t nr = min(g->cpumap_nr_cpus, (uint32_t)NR_CPUS);

	for (uint32_t first = 0; first < nr; first += 8) {
		uint8_t bits;

		if (raw_copy_from_guest(&bits, map + first / 8, 1))
			return trace_err(-EFAULT);
		for (uint32_t i = 0; i < 8 && first + i < nr; i++) {
			uint32_t cpu = first + i;
			bool online = cpumask_test(&cpu_online_map, cpu);
			uint64_t t = online ? idle_time(cpu) : 0;

			if (!(bits & (1u << i)))
				continue;
			if (!online)
				bits &= (uint8_t) ~(1u << i);
			if (copy_to_guest_at(out, cpu, &t))
				return trace_err(-EFAULT);
		}
		if (raw_copy_to_guest(map + first / 8, &bits, 1))
			return trace_err(-EFAULT);
	}
	g->now = (uint64_t)NOW();
	return 0;
}

static int op_get_cpuinfo(struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *i = &op->u.pcpu_info;

	i->max_present = max_present_cpu();
	if (!cpu_present(i->xen_cpuid)) {
		i->flags = XEN_PCPU_FLAGS_INVALID;
		i->apic_id = i->acpi_id = ~0u;
		return 0;
	}
	i->flags = cpumask_test(&cpu_online_map, i->xen_cpuid) ? XEN_PCPU_FLAGS_ONLINE : 0;
	i->apic_id = cpu_apic_id[i->xen_cpuid];
	i->acpi_id = cpu_acpi_id[i->xen_cpuid];
	return 0;
}

/* All CPUs of a machine Serai runs on are of one kind: the caller's answers for any. */
static int op_get_cpu_version(struct xen_platform_op *op)
{
	struct xenpf_pcpu_version *i = &op->u.pcpu_version;
	uint32_t a, v[3], unused;

	if (i->xen_cpuid >= NR_CPUS)
		return trace_err(-EINVAL);
	i->max_present = max_present_cpu();
	if (!cpu_present(i->xen_cpuid))
		return trace_err(-EINVAL);
	cpuid_count(0, 0, &a, &v[0], &v[2], &v[1]);
	for (unsigned int k = 0; k < 12; k++)
		i->vendor_id[k] = (char)(v[k / 4] >> (8 * (k % 4)));
	cpuid_count(1, 0, &a, &unused, &unused, &unused);
	i->stepping = a & 15;
	i->family = (a >> 8) & 15;
	i->model = (a >> 4) & 15;
	if (i->family == 6 || i->family == 15)
		i->model |= (a >> 12) & 0xf0;
	if (i->family == 15)
		i->family += (a >> 20) & 0xff;
	return 0;
}

/* CPUs stay as they are: asking for what is so already succeeds. */
static int op_cpu_online(struct xen_platform_op *op)
{
	uint32_t cpu = op->u.cpu_ol.cpuid;

	if (!cpu_present(cpu))
		return trace_err(-EINVAL);
	return cpumask_test(&cpu_online_map, cpu) ? 0 : trace_err(-EOPNOTSUPP);
}

static int op_cpu_offline(struct xen_platform_op *op)
{
	uint32_t cpu = op->u.cpu_ol.cpuid;

	if (cpu == 0)
		return trace_err(-EOPNOTSUPP);
	if (!cpu_present(cpu) || !cpumask_test(&cpu_online_map, cpu))
		return trace_err(-EINVAL);
	return trace_err(-EOPNOTSUPP);
}

static int op_not_supported(struct xen_platform_op *op)
{
	return trace_err(-EOPNOTSUPP);
}

static int (*const ops[])(struct xen_platform_op *op) = {
	[XENPF_settime32] = op_settime32,
	[XENPF_settime64] = op_settime64,
	[XENPF_add_memtype] = op_not_supported,
	[XENPF_del_memtype] = op_not_supported,
	[XENPF_read_memtype] = op_not_supported,
	[XENPF_microcode_update] = op_not_supported,
	[XENPF_firmware_info] = op_firmware_info,
	[XENPF_enter_acpi_sleep] = op_acpi_sleep,
	[XENPF_change_freq] = op_not_supported,
	[XENPF_getidletime] = op_getidletime,
	[XENPF_set_processor_pminfo] = op_not_supported,
	[XENPF_get_cpuinfo] = op_get_cpuinfo,
	[XENPF_get_cpu_version] = op_get_cpu_version,
	[XENPF_cpu_online] = op_cpu_online,
	[XENPF_cpu_offline] = op_cpu_offline,
	[XENPF_cpu_hotadd] = op_not_supported,
	[XENPF_mem_hotadd] = op_not_supported,
	[XENPF_core_parking] = op_not_supported,
	[XENPF_resource_op] = op_not_supported,
};

long do_platform_op(unsigned long arg)
{
	struct xen_platform_op op;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return trace_err(-EFAULT);
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return trace_err(-EACCES);
	if (op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd])
		return trace_err(-ENOSYS);
	rc = ops[op.cmd](&op);
	if (!rc && copy_struct_to_guest(arg, &op))
		rc = -EFAULT;
	return rc;
}
