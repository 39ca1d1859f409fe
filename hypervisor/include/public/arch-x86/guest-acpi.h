/* SPDX-License-Identifier: MIT */
/*
 * How vCPU hotplug appears in an HVM guest's ACPI: a bitmap of online vCPUs in I/O space, and the
 * general-purpose event that says it has changed.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_GUEST_ACPI_H__
#define __XEN_PUBLIC_ARCH_X86_GUEST_ACPI_H__

#ifdef __XEN_TOOLS__

#define XEN_ACPI_CPU_MAP	0xaf00				/* first port */
#define XEN_ACPI_CPU_MAP_LEN	((HVM_MAX_VCPUS + 7) / 8)	/* ports */

#define XEN_ACPI_GPE0_CPUHP_BIT	2

#endif

#endif /* __XEN_PUBLIC_ARCH_X86_GUEST_ACPI_H__ */
