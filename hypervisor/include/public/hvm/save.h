/* SPDX-License-Identifier: MIT */
/*
 * The framing of an HVM domain's saved state (XEN_DOMCTL_{get,set}hvmcontext): records, each a
 * descriptor followed by length bytes, the last one being END. The records themselves are the
 * architecture's; their layouts are the same for 32- and 64-bit tools.
 */
#ifndef __XEN_PUBLIC_HVM_SAVE_H__
#define __XEN_PUBLIC_HVM_SAVE_H__

#include "../xen.h"

struct hvm_save_descriptor {
	uint16_t typecode;	/* HVM_SAVE_CODE() of the record's type */
	uint16_t instance;	/* which vCPU or device */
	uint32_t length;	/* bytes that follow */
};

/*
 * DECLARE_HVM_SAVE_TYPE(name, code, type) makes a record type known by name: HVM_SAVE_TYPE(name) is
 * its C type, HVM_SAVE_LENGTH its size, HVM_SAVE_CODE its number, all by way of a structure that
 * is never instantiated. The _COMPAT form adds an older layout and a function that converts a
 * record of it in place; the hypervisor reaches these by the *_COMPAT macros, and a record without
 * an older layout refuses the conversion.
 */
#ifdef __XEN__
#define DECLARE_HVM_SAVE_TYPE_COMPAT(_x, _code, _type, _ctype, _fix)		\
	static inline int __HVM_SAVE_FIX_COMPAT_##_x(void *h, uint32_t size)	\
	{									\
		return _fix(h, size);						\
	}									\
	struct __HVM_SAVE_TYPE_##_x {						\
		_type t;							\
		char c[_code];							\
		char cpt[2];							\
	};									\
	struct __HVM_SAVE_TYPE_COMPAT_##_x {					\
		_ctype t;							\
	}
#define DECLARE_HVM_SAVE_TYPE(_x, _code, _type)					\
	static inline int __HVM_SAVE_FIX_COMPAT_##_x(void *h, uint32_t size)	\
	{									\
		(void)h;							\
		(void)size;							\
		return -1;							\
	}									\
	struct __HVM_SAVE_TYPE_##_x {						\
		_type t;							\
		char c[_code];							\
		char cpt[1];							\
	};									\
	struct __HVM_SAVE_TYPE_COMPAT_##_x {					\
		_type t;							\
	}
#else
#define DECLARE_HVM_SAVE_TYPE_COMPAT(_x, _code, _type, _ctype, _fix)	\
	struct __HVM_SAVE_TYPE_##_x {					\
		_type t;						\
		char c[_code];						\
		char cpt[2];						\
	}
#define DECLARE_HVM_SAVE_TYPE(_x, _code, _type)	\
	struct __HVM_SAVE_TYPE_##_x {		\
		_type t;			\
		char c[_code];			\
		char cpt[1];			\
	}
#endif

#define HVM_SAVE_TYPE(_x) __typeof__(((struct __HVM_SAVE_TYPE_##_x *)0)->t)
#define HVM_SAVE_LENGTH(_x) (sizeof(HVM_SAVE_TYPE(_x)))
#define HVM_SAVE_CODE(_x) (sizeof(((struct __HVM_SAVE_TYPE_##_x *)0)->c))

#ifdef __XEN__
#define HVM_SAVE_TYPE_COMPAT(_x) __typeof__(((struct __HVM_SAVE_TYPE_COMPAT_##_x *)0)->t)
#define HVM_SAVE_LENGTH_COMPAT(_x) (sizeof(HVM_SAVE_TYPE_COMPAT(_x)))
#define HVM_SAVE_HAS_COMPAT(_x) (sizeof(((struct __HVM_SAVE_TYPE_##_x *)0)->cpt) - 1)
#define HVM_SAVE_FIX_COMPAT(_x, _dst, _size) __HVM_SAVE_FIX_COMPAT_##_x(_dst, _size)
#endif

/* Ends the stream; empty. */
struct hvm_save_end {
};
DECLARE_HVM_SAVE_TYPE(END, 0, struct hvm_save_end);

#include "../arch-x86/hvm/save.h"

#endif /* __XEN_PUBLIC_HVM_SAVE_H__ */
