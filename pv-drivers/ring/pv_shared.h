/* SPDX-License-Identifier: MIT */
/*
 * How memory shared with a peer is touched, and what happens when our own half is wrong.
 *
 * The peer may write any shared byte at any moment. So an index is loaded once, by one instruction,
 * and a message is copied once to private memory; after that nobody looks at the shared bytes
 * again. The compiler may not undo this by reading shared memory afresh: hence the barrier after
 * each copy.
 */
#ifndef PV_SHARED_H
#define PV_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PV_PAGE_SIZE  4096u
#define PV_MUST_CHECK __attribute__((warn_unused_result))

/*
 * Why a peer was given up. The first reason is kept; an object with one does nothing any more but
 * return -XEN_EIO, whatever the peer does later.
 */
enum pv_fault {
	PV_FAULT_NONE,
	PV_FAULT_INDEX_AHEAD, /* claims more than fits, or answers to what was not asked */
	PV_FAULT_INDEX_BACK,  /* took back what it had shown */
	PV_FAULT_ID	      /* answers an id that is not in flight */
};

/* Never returns. Brought by the program; for faults of our own half, never reachable by a peer. */
_Noreturn void pv_bug(const char *what, const char *file, int line);

#define PV_ASSERT(condition)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			pv_bug(#condition, __FILE__, __LINE__);                                    \
	} while (0)

/* Ordering: acquire. What the peer wrote before it published this index is read after it. */
static inline uint32_t pv_load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Ordering: release. What was written, or read, before is so for whoever sees this index. */
static inline void pv_store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* Ordering: full. Between writing our index and reading the peer's: one of the two sees the other.
 */
static inline void pv_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void pv_copy(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	__asm__ volatile("" ::: "memory");
}

#endif
