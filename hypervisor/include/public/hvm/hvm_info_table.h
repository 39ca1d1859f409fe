/* SPDX-License-Identifier: MIT */
/*
 * What the domain builder tells an HVM guest's firmware: a table at HVM_INFO_PADDR, whose bytes sum
 * up to 0. An HVM guest's vCPU number is its processor's ACPI id in the MADT (not its APIC id).
 */
#ifndef __XEN_PUBLIC_HVM_HVM_INFO_TABLE_H__
#define __XEN_PUBLIC_HVM_HVM_INFO_TABLE_H__

#include <stdint.h>

#define HVM_INFO_PFN	0x09F
#define HVM_INFO_OFFSET	0x800
#define HVM_INFO_PADDR	((HVM_INFO_PFN << 12) + HVM_INFO_OFFSET)

#define HVM_MAX_VCPUS	128

/* The frame numbers bound the memory map; 0: there is no such range. */
struct hvm_info_table {
	char signature[8];		/* "HVM INFO" */
	uint32_t length;
	uint8_t checksum;
	uint8_t apic_mode;		/* 1: describe APICs in the firmware's tables */
	uint32_t nr_vcpus;
	uint32_t low_mem_pgend;		/* RAM from 0 to here, but for the VGA hole */
	uint32_t reserved_mem_pgstart;	/* not RAM: from here to 4 GiB */
	uint32_t high_mem_pgend;	/* RAM from 4 GiB to here */
	uint8_t vcpu_online[(HVM_MAX_VCPUS + 7) / 8];	/* bitmap, as of boot */
};

#endif
