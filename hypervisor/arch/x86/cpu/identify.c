/* SPDX-License-Identifier: MIT */
/* What CPU this is: the CPUID words the hypervisor itself cares about. */
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/system.h>

struct cpu_features host_cpu;

static enum cpu_vendor vendor_of(uint32_t b, uint32_t c, uint32_t d)
{
	char s[12];

	memcpy(s, &b, 4);
	memcpy(s + 4, &d, 4);
	memcpy(s + 8, &c, 4);
	if (!memcmp(s, "GenuineIntel", 12))
		return CPU_VENDOR_INTEL;
	if (!memcmp(s, "AuthenticAMD", 12))
		return CPU_VENDOR_AMD;
	if (!memcmp(s, "HygonGenuine", 12))
		return CPU_VENDOR_HYGON;
	return CPU_VENDOR_OTHER;
}

void cpu_identify(void)
{
	struct cpu_features *f = &host_cpu;
	uint32_t a, b, c, d;

	cpuid_count(0, 0, &f->max_leaf, &b, &c, &d);
	f->vendor = vendor_of(b, c, d);
	cpuid_count(1, 0, &f->signature, &b, &f->f1c, &f->f1d);
	if (f->max_leaf >= 7)
		cpuid_count(7, 0, &a, &f->f7b, &f->f7c, &f->f7d);
	cpuid_count(0x80000000, 0, &f->max_ext_leaf, &b, &c, &d);
	cpuid_count(0x80000001, 0, &a, &b, &f->e1c, &f->e1d);
	if (f->max_ext_leaf >= 0x80000007)
		cpuid_count(0x80000007, 0, &a, &b, &c, &f->e7d);
	f->phys_bits = 36;
	if (f->max_ext_leaf >= 0x80000008) {
		cpuid_count(0x80000008, 0, &a, &f->e8b, &c, &d);
		f->phys_bits = (uint8_t)a;
	}
	if (f->max_ext_leaf >= 0x80000021)
		cpuid_count(0x80000021, 0, &f->e21a, &b, &c, &d);
}
