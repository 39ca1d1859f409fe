/* SPDX-License-Identifier: MIT */
/* The shape of a package by CPUID, as toolstacks want to know it. */
#include <hv/control.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/system.h>

static uint32_t logical_per_package(void)
{
	uint32_t a, b, c, d;

	if (!cpu_has(f1d, 28)) /* HTT */
		return 1;
	cpuid_count(1, 0, &a, &b, &c, &d);
	b = (b >> 16) & 0xff;
	return b ? b : 1;
}

static uint32_t cores_per_package(void)
{
	uint32_t a, b, c, d;

	if (host_cpu.vendor == CPU_VENDOR_INTEL && host_cpu.max_leaf >= 4) {
		cpuid_count(4, 0, &a, &b, &c, &d);
		return (a >> 26) + 1;
	}
	if (host_cpu.max_ext_leaf >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &b, &c, &d);
		return (c & 0xff) + 1;
	}
	return 1;
}

void arch_describe_cpus(uint32_t *threads_per_core, uint32_t *cores_per_socket, uint32_t hw_cap[8])
{
	uint32_t cores = cores_per_package(), logical = logical_per_package();
	uint32_t words[8] = { host_cpu.f1d, host_cpu.f1c, host_cpu.e1d, host_cpu.e1c,
			      0,	    host_cpu.f7b, host_cpu.f7c, host_cpu.e7d };

	*cores_per_socket = cores;
	*threads_per_core = logical > cores ? logical / cores : 1;
	memcpy(hw_cap, words, sizeof(words));
}
