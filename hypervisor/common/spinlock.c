/* SPDX-License-Identifier: MIT */
/* Ticket locks: first come, first served, so no CPU starves. */
#include <hv/latency.h>
#include <hv/smp.h>
#include <hv/spinlock.h>

void spin_lock_init(spinlock_t *l)
{
	*l = (spinlock_t)SPIN_LOCK_UNLOCKED;
}

static void note_holder(spinlock_t *l)
{
#ifdef CONFIG_DEBUG
	l->holder = (uint16_t)(smp_processor_id() + 1);
#endif
}

void spin_lock(spinlock_t *l)
{
	/* Ordering: the acquire load that sees our ticket pairs with the release in spin_unlock(). */
	uint16_t mine = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != mine)
		cpu_relax();
	note_holder(l);
	latency_locked(l, (uint64_t)__builtin_return_address(0));
}

bool spin_trylock(spinlock_t *l)
{
	uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED), expected = owner;

	if (!__atomic_compare_exchange_n(&l->next, &expected, (uint16_t)(owner + 1), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	note_holder(l);
	latency_locked(l, (uint64_t)__builtin_return_address(0));
	return true;
}

void spin_unlock(spinlock_t *l)
{
	latency_unlocking(l);
#ifdef CONFIG_DEBUG
	l->holder = 0;
#endif
	/* Only the holder writes owner: no need for an atomic add. */
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

bool spin_is_held(const spinlock_t *l)
{
#ifdef CONFIG_DEBUG
	return l->holder == smp_processor_id() + 1;
#else
	return __atomic_load_n(&l->owner, __ATOMIC_RELAXED) != __atomic_load_n(&l->next, __ATOMIC_RELAXED);
#endif
}

void spin_lock_both(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a < b ? a : b);
	if (a != b)
		spin_lock(a < b ? b : a);
}

void spin_unlock_both(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}
