/* SPDX-License-Identifier: MIT */
/* The stream's form. All numbers are little-endian but where it is said. */
#ifndef SERAI_SAVE_FORMAT_H
#define SERAI_SAVE_FORMAT_H

#include <stdint.h>

#define IMAGE_MARKER  UINT64_MAX
#define IMAGE_ID      0x58454e46u /* "XENF" */
#define IMAGE_VERSION 3u
#define IMAGE_BIG     1u /* an option: what follows is big-endian */

struct image_header {
	uint64_t marker;
	uint32_t id, version; /* big-endian */
	uint16_t options;     /* big-endian */
	uint16_t reserved[3];
};

enum { IMAGE_TYPE_PV = 1, IMAGE_TYPE_HVM = 2 }; /* PVH is a kind of HVM */

struct domain_header {
	uint32_t type;
	uint16_t page_shift, reserved;
	uint32_t xen_major, xen_minor;
};

struct record_header {
	uint32_t type, length; /* of the body, which is padded to 8 bytes */
};

#define RECORD_OPTIONAL 0x80000000u /* a reader who does not know it goes on */
#define RECORD_PADDING	(RECORD_OPTIONAL | 0x5e1a0001u) /* Serai's: puts pages at multiples of a page */
#define RECORD_MOST	(128u << 20) /* bytes a body may have */

enum record_type {
	RECORD_END,
	RECORD_PAGE_DATA,
	RECORD_PV_INFO,
	RECORD_PV_P2M_FRAMES,
	RECORD_PV_VCPU_BASIC,
	RECORD_PV_VCPU_EXTENDED,
	RECORD_PV_VCPU_XSAVE,
	RECORD_SHARED_INFO,
	RECORD_TSC_INFO,
	RECORD_HVM_CONTEXT,
	RECORD_HVM_PARAMS,
	RECORD_TOOLSTACK,
	RECORD_PV_VCPU_MSRS,
	RECORD_VERIFY,
	RECORD_CHECKPOINT,
	RECORD_CHECKPOINT_DIRTY,
	RECORD_STATIC_DATA_END,
	RECORD_CPUID_POLICY,
	RECORD_MSR_POLICY,
};

/* Then a number for each page, then the pages that have data. */
struct page_data {
	uint32_t count, reserved;
};
#define PAGE_PFN(number)      ((number) & 0x000fffffffffffffULL)
#define PAGE_TYPE(number)     ((uint32_t)((number) >> 32) & 0xf0000000u) /* XEN_DOMCTL_PFINFO_* */
#define PAGES_IN_RECORD	      1024u
#define PAGE_NUMBER(pfn, type) ((uint64_t)(type) << 32 | (pfn))

struct pv_info {
	uint8_t guest_width, levels;
	uint16_t reserved[3];
};

/* Then the PFN of each page of the list. */
struct pv_p2m_frames {
	uint32_t first_pfn, last_pfn; /* that the list tells of */
};

/* Before each of the vCPU records' own data. */
struct pv_vcpu {
	uint32_t id, reserved;
};

struct tsc_info {
	uint32_t mode, khz;
	uint64_t nsec;
	uint32_t incarnation, reserved;
};

struct hvm_params {
	uint32_t count, reserved;
};
struct hvm_param {
	uint64_t index, value;
};

/* ---- page tables ---- */

#define PTE_PRESENT 1ULL
#define PTE_FRAME   0x000ffffffffff000ULL
#define PTE_COUNT   512
/* Entries of a top-level table that are the hypervisor's. */
#define L4_HYPERVISOR_FIRST 256
#define L4_HYPERVISOR_END   272

/* Types 1 to 4 are tables of that level; others are data, or (from here on) nothing. */
#define TABLE_LEVEL(type) ((type) >> 28 & 7)
#define TYPE_EMPTY	  0xd0000000u /* BROKEN, XALLOC, XTAB: without data */
static inline int is_table(uint32_t type)
{
	return type < TYPE_EMPTY && TABLE_LEVEL(type) >= 1 && TABLE_LEVEL(type) <= 4;
}

#endif
