/* SPDX-License-Identifier: MIT */
/*
 * The handle both halves of libxengnttab use: one descriptor, of gntdev or of gntalloc.
 */
#ifndef XENGNTTAB_PRIVATE_H
#define XENGNTTAB_PRIVATE_H

#include <xengnttab.h>
#include <xentoolcore_internal.h>

#define PAGE_SIZE 4096ul

struct xengntdev_handle {
	Xentoolcore__Active_Handle tc;
	int fd;
};

/* Opens a device; NULL with errno after telling logger (or stderr) that it needs `module`. */
struct xengntdev_handle *open_device(struct xentoollog_logger *logger, const char *path,
				     const char *module);
int close_device(struct xengntdev_handle *handle);

#endif
