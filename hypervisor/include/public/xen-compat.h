/* SPDX-License-Identifier: MIT */
/*
 * Interface versioning.
 *
 * A consumer states the ABI generation it was written for by defining __XEN_INTERFACE_VERSION__
 * (0xMMmmpp style, e.g. 0x00040e00); older generations keep older names and layouts. The
 * hypervisor (__XEN__) and the tools (__XEN_TOOLS__) always take the newest. A guest that says
 * nothing is assumed to be ancient.
 */
#ifndef __XEN_PUBLIC_XEN_COMPAT_H__
#define __XEN_PUBLIC_XEN_COMPAT_H__

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

#if defined(__XEN__) || defined(__XEN_TOOLS__)
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif !defined(__XEN_INTERFACE_VERSION__)
#define __XEN_INTERFACE_VERSION__ 0x00000000
#endif

#if __XEN_INTERFACE_VERSION__ > __XEN_LATEST_INTERFACE_VERSION__
#error "__XEN_INTERFACE_VERSION__ is newer than these headers"
#endif

#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

#endif /* __XEN_PUBLIC_XEN_COMPAT_H__ */
