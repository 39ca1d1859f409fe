/* SPDX-License-Identifier: MIT */
/* Small helpers everybody uses: assertions, min/max, containers, logging, panic. */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <hv/types.h>
#include <hv/errno.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define ROUNDUP(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ROUNDDOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))

#define __packed     __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __noreturn   __attribute__((noreturn))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __must_check __attribute__((warn_unused_result))
#define __unused     __attribute__((unused))
#define __init	     __attribute__((section(".init.text"), cold))
#define __initdata   __attribute__((section(".init.data")))
#define __ro_after_init __attribute__((section(".data.ro_after_init")))

#define READ_ONCE(x)	 __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define barrier()	 __asm__ volatile("" ::: "memory")

/*
 * Stop the machine with a message: boot cannot go on, or the hypervisor's own state is wrong.
 * Never reachable from anything a guest controls.
 */
void panic(const char *fmt, ...) __noreturn __printf(1, 2);
void bug(const char *file, int line, const char *what) __noreturn;

/* Always on: a false condition is the hypervisor's own fault. */
#define BUG_ON(c)                                                                                  \
	do {                                                                                       \
		if (unlikely(c))                                                                   \
			bug(__FILE__, __LINE__, #c);                                               \
	} while (0)
#define BUG() bug(__FILE__, __LINE__, "reached")

/* Debug builds only; the condition must have no side effects. */
#ifdef CONFIG_DEBUG
#define ASSERT(c) BUG_ON(!(c))
#else
#define ASSERT(c) ((void)sizeof(c))
#endif

/*
 * Log levels as in Xen: a message below the level set by loglvl= (hypervisor) or guest_loglvl=
 * (messages caused by guests, rate-limited) is dropped.
 */
enum log_level { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
void printk(const char *fmt, ...) __printf(1, 2);		      /* always printed */
void log_at(enum log_level lvl, const char *fmt, ...) __printf(2, 3); /* subject to loglvl= */
void gprintk(enum log_level lvl, const char *fmt, ...) __printf(2, 3); /* about current's guest */

#define IS_ERR_VALUE(x) ((unsigned long)(x) >= -4095ul)

/*
 * trace_err(-EINVAL) notes where an error is born in a ring of this CPU, for debug key 'E', and evaluates
 * to it. Any context. Unit tests and fuzzers do without the ring.
 */
struct error_site {
	const char *file;
	int line;
};
int error_trace(const struct error_site *site, int error);
#ifdef HOST_BUILD
#define trace_err(e) (e)
#else
#define trace_err(e)                                                                               \
	({                                                                                         \
		static const struct error_site site_ = { __FILE__, __LINE__ };                     \
		error_trace(&site_, (e));                                                          \
	})
#endif

#endif
