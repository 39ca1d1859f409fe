/* SPDX-License-Identifier: MIT */
/*
 * kexec_op(unsigned long cmd, void *arg): replaces hypervisor and domains by another kernel, on
 * request or after a crash. Control domain only.
 */
#ifndef _XEN_PUBLIC_KEXEC_H
#define _XEN_PUBLIC_KEXEC_H

#include "xen.h"

#if defined(__i386__) || defined(__x86_64__)
#define KEXEC_XEN_NO_PAGES 17
#endif

/* The two images that can be held ready: for a reboot, and for a crash. */
#define KEXEC_TYPE_DEFAULT	0
#define KEXEC_TYPE_CRASH	1

/* An image in the old form: pages prepared by the caller. */
typedef struct xen_kexec_image {
#if defined(__i386__) || defined(__x86_64__)
	unsigned long page_list[KEXEC_XEN_NO_PAGES];
#endif
	unsigned long indirection_page;
	unsigned long start_address;
} xen_kexec_image_t;

/*
 * Starts an image; does not return. It begins on any one CPU, the others stopped, interrupts off,
 * its segments mapped 1:1 and writable; registers and page tables are otherwise arbitrary.
 */
#define KEXEC_CMD_kexec 0
typedef struct xen_kexec_exec {
	int type;			/* [in] KEXEC_TYPE_* */
} xen_kexec_exec_t;

/* Before interface 0x00040400. */
#define KEXEC_CMD_kexec_load_v1		1
#define KEXEC_CMD_kexec_unload_v1	2
typedef struct xen_kexec_load_v1 {
	int type;			/* [in] KEXEC_TYPE_* */
	xen_kexec_image_t image;	/* [in] of load */
} xen_kexec_load_v1_t;

/* Areas of machine memory that crash dump tools ask for. */
#define KEXEC_RANGE_MA_CRASH		0	/* reserved for the crash image */
#define KEXEC_RANGE_MA_XEN		1	/* the hypervisor's image */
#define KEXEC_RANGE_MA_CPU		2	/* crash notes of CPU nr */
#define KEXEC_RANGE_MA_XENHEAP		3
#define KEXEC_RANGE_MA_BOOT_PARAM	4	/* retired */
#define KEXEC_RANGE_MA_EFI_MEMMAP	5
#define KEXEC_RANGE_MA_VMCOREINFO	6

#define KEXEC_CMD_kexec_get_range 3
typedef struct xen_kexec_range {
	int range;			/* [in] KEXEC_RANGE_* */
	int nr;				/* [in] */
	unsigned long size;		/* [out] bytes */
	unsigned long start;		/* [out] maddr */
} xen_kexec_range_t;

#if __XEN_INTERFACE_VERSION__ >= 0x00040400

/* A part of an image: buf is copied to dest_maddr and the rest up to dest_size zeroed. */
typedef struct xen_kexec_segment {
	union {
		XEN_GUEST_HANDLE(const_void) h;	/* NULL: just make it reachable */
		uint64_t _pad;
	} buf;
	uint64_t buf_size;
	uint64_t dest_maddr;
	uint64_t dest_size;
} xen_kexec_segment_t;
DEFINE_XEN_GUEST_HANDLE(xen_kexec_segment_t);

/*
 * Loads an image. The segments of a crash image, which must include its entry point, lie in
 * KEXEC_RANGE_MA_CRASH; those of the other anywhere in RAM, moved into place when it is started.
 */
#define KEXEC_CMD_kexec_load 4
typedef struct xen_kexec_load {
	uint8_t type;			/* [in] KEXEC_TYPE_* */
	uint8_t _pad;
	uint16_t arch;			/* [in] ELF machine, EM_* */
	uint32_t nr_segments;		/* [in] */
	union {
		XEN_GUEST_HANDLE(xen_kexec_segment_t) h;
		uint64_t _pad;
	} segments;			/* [in] */
	uint64_t entry_maddr;		/* [in] */
} xen_kexec_load_t;
DEFINE_XEN_GUEST_HANDLE(xen_kexec_load_t);

#define KEXEC_CMD_kexec_unload 5
typedef struct xen_kexec_unload {
	uint8_t type;			/* [in] KEXEC_TYPE_* */
} xen_kexec_unload_t;
DEFINE_XEN_GUEST_HANDLE(xen_kexec_unload_t);

/* Returns 1 if such an image is loaded, 0 if not. */
#define KEXEC_CMD_kexec_status 6
typedef struct xen_kexec_status {
	uint8_t type;			/* [in] KEXEC_TYPE_* */
} xen_kexec_status_t;
DEFINE_XEN_GUEST_HANDLE(xen_kexec_status_t);

#else

#define KEXEC_CMD_kexec_load KEXEC_CMD_kexec_load_v1
#define KEXEC_CMD_kexec_unload KEXEC_CMD_kexec_unload_v1
#define xen_kexec_load xen_kexec_load_v1
#define xen_kexec_load_t xen_kexec_load_v1_t

#endif

#endif /* _XEN_PUBLIC_KEXEC_H */
