/* SPDX-License-Identifier: MIT */
/*
 * Typed addresses. Each kind of frame number or address is its own one-member struct, so that a
 * guest's idea of a frame cannot be used as the machine's by accident. Crossing from one kind to
 * another is always a named function.
 *
 *   mfn_t    machine frame number: a real 4 KiB frame
 *   gfn_t    what a guest names a frame by in the ABI (PV: an mfn, translated guests: a pfn)
 *   pfn_t    pseudo-physical frame number, the guest's own dense numbering
 *   maddr_t  machine byte address
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s_time_t; /* nanoseconds of system time, or a span of it */

typedef struct {
	uint64_t m;
} mfn_t;
typedef struct {
	uint64_t g;
} gfn_t;
typedef struct {
	uint64_t p;
} pfn_t;
typedef struct {
	uint64_t a;
} maddr_t;

static inline mfn_t _mfn(uint64_t m)
{
	return (mfn_t){ m };
}
static inline uint64_t mfn_x(mfn_t m)
{
	return m.m;
}
static inline gfn_t _gfn(uint64_t g)
{
	return (gfn_t){ g };
}
static inline uint64_t gfn_x(gfn_t g)
{
	return g.g;
}
static inline pfn_t _pfn(uint64_t p)
{
	return (pfn_t){ p };
}
static inline uint64_t pfn_x(pfn_t p)
{
	return p.p;
}
static inline maddr_t _maddr(uint64_t a)
{
	return (maddr_t){ a };
}
static inline uint64_t maddr_x(maddr_t a)
{
	return a.a;
}

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define INVALID_MFN_RAW (~0ULL)
#define INVALID_MFN	_mfn(INVALID_MFN_RAW)
#define INVALID_GFN	_gfn(~0ULL)

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.m == b.m;
}
static inline mfn_t mfn_add(mfn_t m, uint64_t n)
{
	return _mfn(m.m + n);
}
static inline maddr_t mfn_to_maddr(mfn_t m)
{
	return _maddr(m.m << PAGE_SHIFT);
}
static inline mfn_t maddr_to_mfn(maddr_t a)
{
	return _mfn(a.a >> PAGE_SHIFT);
}
#define PFN_UP(x)   (((uint64_t)(x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((uint64_t)(x) >> PAGE_SHIFT)

#endif
