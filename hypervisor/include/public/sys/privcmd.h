/* SPDX-License-Identifier: MIT */
/*
 * Linux's /dev/xen/privcmd: hypercalls and other domains' memory for the tools of a control domain.
 */
#ifndef __LINUX_PUBLIC_PRIVCMD_H__
#define __LINUX_PUBLIC_PRIVCMD_H__

#include <linux/ioctl.h>
#include <stddef.h>
#include "../xen.h"

/* Marks the pointers to the process's memory for the kernel's own checker. */
#ifndef __user
#define __user
#endif

struct privcmd_hypercall {
	uint64_t op;		/* __HYPERVISOR_* */
	uint64_t arg[5];
};
typedef struct privcmd_hypercall privcmd_hypercall_t;

/* Runs of consecutive frames, each at its address inside one mmap() of this file. */
struct privcmd_mmap_entry {
	uint64_t va;
	uint64_t mfn;
	uint64_t npages;
};
typedef struct privcmd_mmap_entry privcmd_mmap_entry_t;

struct privcmd_mmap {
	int num;		/* entries */
	domid_t dom;		/* whose frames */
	privcmd_mmap_entry_t __user *entry;
};
typedef struct privcmd_mmap privcmd_mmap_t;

/* Single frames, one page each from addr on; those that failed are marked in arr itself. */
struct privcmd_mmapbatch {
	int num;
	domid_t dom;
	uint64_t addr;
	xen_pfn_t __user *arr;
};
typedef struct privcmd_mmapbatch privcmd_mmapbatch_t;

/* The marks, in bits 31:28: no such frame; paged out, try again. */
#define PRIVCMD_MMAPBATCH_MFN_ERROR	0xf0000000U
#define PRIVCMD_MMAPBATCH_PAGED_ERROR	0x80000000U

/* The same with an error per page: 0 or a negative errno; ENOENT for one paged out. */
struct privcmd_mmapbatch_v2 {
	unsigned int num;
	domid_t dom;
	uint64_t addr;
	const xen_pfn_t __user *arr;
	int __user *err;
};
typedef struct privcmd_mmapbatch_v2 privcmd_mmapbatch_v2_t;

/* A dm_op (hvm/dm_op.h) on dom with its buffers. */
struct privcmd_dm_op_buf {
	void __user *uptr;
	size_t size;
};
typedef struct privcmd_dm_op_buf privcmd_dm_op_buf_t;

struct privcmd_dm_op {
	domid_t dom;
	uint16_t num;
	const privcmd_dm_op_buf_t __user *ubufs;
};
typedef struct privcmd_dm_op privcmd_dm_op_t;

/* Maps a resource of dom's, as XENMEM_acquire_resource names it. */
struct privcmd_mmap_resource {
	domid_t dom;
	uint32_t type;		/* XENMEM_resource_* */
	uint32_t id;
	uint32_t idx;		/* the first frame */
	uint64_t num;		/* frames; 0 with addr 0 asks for their number */
	uint64_t addr;
};
typedef struct privcmd_mmap_resource privcmd_mmap_resource_t;

#define IOCTL_PRIVCMD_HYPERCALL		_IOC(_IOC_NONE, 'P', 0, sizeof(privcmd_hypercall_t))
#define IOCTL_PRIVCMD_MMAP		_IOC(_IOC_NONE, 'P', 2, sizeof(privcmd_mmap_t))
#define IOCTL_PRIVCMD_MMAPBATCH		_IOC(_IOC_NONE, 'P', 3, sizeof(privcmd_mmapbatch_t))
#define IOCTL_PRIVCMD_MMAPBATCH_V2	_IOC(_IOC_NONE, 'P', 4, sizeof(privcmd_mmapbatch_v2_t))
#define IOCTL_PRIVCMD_DM_OP		_IOC(_IOC_NONE, 'P', 5, sizeof(privcmd_dm_op_t))
/* From now on this file is for one domain (a domid_t), and no longer for hypercalls. */
#define IOCTL_PRIVCMD_RESTRICT		_IOC(_IOC_NONE, 'P', 6, sizeof(domid_t))
#define IOCTL_PRIVCMD_MMAP_RESOURCE	_IOC(_IOC_NONE, 'P', 7, sizeof(privcmd_mmap_resource_t))
/* For probing: no kernel knows it, so its errno is the one for unknown calls. */
#define IOCTL_PRIVCMD_UNIMPLEMENTED	_IOC(_IOC_NONE, 'P', 0xFF, 0)

#endif
