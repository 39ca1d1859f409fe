/* SPDX-License-Identifier: MIT */
/*
 * xen_version(int cmd, void *arg): what hypervisor this is. For every domain; details may be
 * withheld ("<denied>") from unprivileged ones. Returns 0 unless a command says otherwise.
 */
#ifndef __XEN_PUBLIC_VERSION_H__
#define __XEN_PUBLIC_VERSION_H__

#include "xen.h"

/* Returns major << 16 | minor; no arg. */
#define XENVER_version 0

/* The rest of the version string, such as ".3". */
#define XENVER_extraversion 1
typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))

/* Who built it, when and with what: NUL-terminated strings. */
#define XENVER_compile_info 2
struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;

/* Guest types that can be run, separated by spaces ("xen-3.0-x86_64 hvm-3.0-x86_64"). */
#define XENVER_capabilities 3
typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))

/* Source revision. */
#define XENVER_changeset 4
typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

/* Where the hypervisor's hole starts in the caller's address space. */
#define XENVER_platform_parameters 5
struct xen_platform_parameters {
	xen_ulong_t virt_start;
};
typedef struct xen_platform_parameters xen_platform_parameters_t;

/* XENFEAT_* bits of the caller. */
#define XENVER_get_features 6
struct xen_feature_info {
	unsigned int submap_idx;	/* [in] */
	uint32_t submap;		/* [out] */
};
typedef struct xen_feature_info xen_feature_info_t;

#include "features.h"

/* Returns the page size in bytes; no arg. */
#define XENVER_pagesize 7

/* The caller's UUID, into a xen_domain_handle_t. */
#define XENVER_guest_handle 8

/* The hypervisor's command line. */
#define XENVER_commandline 9
typedef char xen_commandline_t[1024];

/* The linker's build id; returns its length in bytes (only that, if arg is NULL). */
#define XENVER_build_id 10
struct xen_build_id {
	uint32_t len;				/* [in] room in buf */
	unsigned char buf[XEN_FLEX_ARRAY_DIM];	/* [out] */
};
typedef struct xen_build_id xen_build_id_t;

#endif /* __XEN_PUBLIC_VERSION_H__ */
