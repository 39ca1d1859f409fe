/* SPDX-License-Identifier: MIT */
/*
 * hypfs_op(unsigned int cmd, path, unsigned long path_len, buffer, unsigned long buffer_len): the
 * hypervisor's settings and facts as a small tree of directories and values, for the control
 * domain. path is absolute; path_len counts its NUL.
 */
#ifndef __XEN_PUBLIC_HYPFS_H__
#define __XEN_PUBLIC_HYPFS_H__

#include "xen.h"

#define XEN_HYPFS_VERSION	1
#define XEN_HYPFS_MAX_PATHLEN	1024

/* What an entry is; its content follows at once. */
struct xen_hypfs_direntry {
	uint8_t type;
#define XEN_HYPFS_TYPE_DIR	0	/* xen_hypfs_dirlistentry, one after the other */
#define XEN_HYPFS_TYPE_BLOB	1
#define XEN_HYPFS_TYPE_STRING	2
#define XEN_HYPFS_TYPE_UINT	3
#define XEN_HYPFS_TYPE_INT	4
#define XEN_HYPFS_TYPE_BOOL	5
	uint8_t encoding;
#define XEN_HYPFS_ENC_PLAIN	0
#define XEN_HYPFS_ENC_GZIP	1
	uint16_t pad;
	uint32_t content_len;		/* bytes */
	uint32_t max_write_len;		/* bytes, 0: read only */
};
typedef struct xen_hypfs_direntry xen_hypfs_direntry_t;

struct xen_hypfs_dirlistentry {
	xen_hypfs_direntry_t e;
	uint16_t off_next;		/* bytes from here to the next, 0: last */
	char name[XEN_FLEX_ARRAY_DIM];	/* NUL-terminated */
};

/* Returns the interface version; all arguments 0. */
#define XEN_HYPFS_OP_get_version	0

/* Reads an entry. -ENOBUFS if the content does not fit; the direntry then tells its size. */
#define XEN_HYPFS_OP_read		1

/* Writes an entry's content, of the same type; only strings and blobs change length. */
#define XEN_HYPFS_OP_write_contents	2

#endif /* __XEN_PUBLIC_HYPFS_H__ */
