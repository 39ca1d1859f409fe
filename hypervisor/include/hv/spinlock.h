/* SPDX-License-Identifier: MIT */
/*
 * Ticket spin locks. A lock taken anywhere from interrupt context must be taken with the irqsave
 * (or irq) variants everywhere. Order of acquisition: docs/locking.md.
 *
 * Ordering: acquisition is an acquire, release a release; pairs with each other.
 */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <hv/lib.h>
#include <asm/system.h>

typedef struct {
	uint16_t next;	/* ticket handed to the next taker */
	uint16_t owner; /* ticket being served */
#ifdef CONFIG_DEBUG
	uint16_t holder; /* CPU number + 1 of the holder, 0 when free */
#endif
} spinlock_t;

#define SPIN_LOCK_UNLOCKED { 0 }

void spin_lock_init(spinlock_t *l);
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
bool spin_trylock(spinlock_t *l) __must_check;
/* True when somebody holds it (debug builds: when this CPU holds it). For assertions. */
bool spin_is_held(const spinlock_t *l);

#define spin_lock_irqsave(l, flags)                                                                \
	do {                                                                                       \
		(flags) = local_irq_save();                                                        \
		spin_lock(l);                                                                      \
	} while (0)
#define spin_unlock_irqrestore(l, flags)                                                           \
	do {                                                                                       \
		spin_unlock(l);                                                                    \
		local_irq_restore(flags);                                                          \
	} while (0)
#define spin_lock_irq(l)                                                                           \
	do {                                                                                       \
		local_irq_disable();                                                               \
		spin_lock(l);                                                                      \
	} while (0)
#define spin_unlock_irq(l)                                                                         \
	do {                                                                                       \
		spin_unlock(l);                                                                    \
		local_irq_enable();                                                                \
	} while (0)

/* Two locks of the same kind, always in address order. `a` and `b` may be the same lock. */
void spin_lock_both(spinlock_t *a, spinlock_t *b);
void spin_unlock_both(spinlock_t *a, spinlock_t *b);

#endif
