/* SPDX-License-Identifier: MIT */
/*
 * Values of a frontend's node "protocol": whose C layout its ring messages have. Without that
 * node it is the backend's own.
 */
#ifndef __XEN_PROTOCOLS_H__
#define __XEN_PROTOCOLS_H__

#define XEN_IO_PROTO_ABI_X86_32	"x86_32-abi"
#define XEN_IO_PROTO_ABI_X86_64	"x86_64-abi"
#define XEN_IO_PROTO_ABI_ARM	"arm-abi"

#ifdef __x86_64__
#define XEN_IO_PROTO_ABI_NATIVE	XEN_IO_PROTO_ABI_X86_64
#elif defined(__i386__)
#define XEN_IO_PROTO_ABI_NATIVE	XEN_IO_PROTO_ABI_X86_32
#elif defined(__aarch64__) || defined(__arm__)
#define XEN_IO_PROTO_ABI_NATIVE	XEN_IO_PROTO_ABI_ARM
#else
#error "no ring layout is named for this processor"
#endif

#endif
