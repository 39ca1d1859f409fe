/* SPDX-License-Identifier: MIT */
/*
 * The only way to guest memory through guest addresses. Addresses are checked against the
 * hypervisor's range; faults are recovered and reported as bytes not copied. Each input is copied
 * once: never read the same guest bytes twice and believe they agree. May fault in nothing: PV guest
 * memory is either mapped or an error. Callable with interrupts on; not from interrupt context; the
 * guest of `current` must be loaded (always so in a hypercall).
 */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <hv/lib.h>
#include <hv/hypercall.h>

/* Return the number of bytes NOT copied: 0 is success. */
unsigned long raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len) __must_check;
unsigned long raw_copy_to_guest(guest_ptr_t to, const void *from, unsigned long len) __must_check;
unsigned long raw_clear_guest(guest_ptr_t to, unsigned long len) __must_check;
/* 16 bytes of a PV guest's kernel, in few instructions. False: not all there, or not above the hypervisor's range. */
bool read_guest_pair(void *to, guest_ptr_t from) __must_check;
/* Is [p, p+nr*size) outside the hypervisor's range, without overflow? */
bool guest_range_ok(guest_ptr_t p, unsigned long nr, unsigned long size);

/* Element-wise forms: `dst`/`src` point to objects of the array's element type. 0 or non-zero. */
#define copy_from_guest_at(dst, gptr, idx) \
	raw_copy_from_guest((dst), (gptr) + (idx) * sizeof(*(dst)), sizeof(*(dst)))
#define copy_to_guest_at(gptr, idx, src) \
	raw_copy_to_guest((gptr) + (idx) * sizeof(*(src)), (src), sizeof(*(src)))
#define copy_struct_from_guest(dst, gptr) raw_copy_from_guest((dst), (gptr), sizeof(*(dst)))
#define copy_struct_to_guest(gptr, src)	  raw_copy_to_guest((gptr), (src), sizeof(*(src)))

/* ABI structs carry XEN_GUEST_HANDLE fields: their raw address. */
#define guest_handle_addr(h) ((guest_ptr_t)(h).p)

#endif
