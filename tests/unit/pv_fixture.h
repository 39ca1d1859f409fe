/* SPDX-License-Identifier: MIT */
/*
 * For the tests of pv-drivers/ring: what cmocka needs, a pv_bug() that expect_assert_failure() can
 * catch, a generator of numbers that are the same in each run, and a bell that stands for an event
 * channel: it keeps one ring, and waiting for it has an end.
 */
#ifndef PV_FIXTURE_H
#define PV_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>

#include <xen/errno.h>

#include "pv_shared.h"

_Noreturn void pv_bug(const char *what, const char *file, int line)
{
	mock_assert(0, what, file, line);
	abort();
}

static inline uint32_t pv_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16);
}

static inline void pv_ring_bell(sem_t *bell)
{
	sem_post(bell);
}

/* False: nobody rang for ten seconds, the wake-up was lost. */
static inline bool pv_wait_bell(sem_t *bell)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	return !sem_timedwait(bell, &end);
}

#endif
