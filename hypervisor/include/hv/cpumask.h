/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs, fixed size, by value or by pointer. The *_atomic variants may race. */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/types.h>

#define NR_CPUS 64

typedef struct {
	uint64_t bits[(NR_CPUS + 63) / 64];
} cpumask_t;

#define CPUMASK_WORDS ((NR_CPUS + 63) / 64)

static inline bool cpumask_test(const cpumask_t *m, unsigned int cpu)
{
	return (__atomic_load_n(&m->bits[cpu / 64], __ATOMIC_RELAXED) >> (cpu % 64)) & 1;
}
static inline void cpumask_set(cpumask_t *m, unsigned int cpu)
{
	m->bits[cpu / 64] |= 1ULL << (cpu % 64);
}
static inline void cpumask_clear(cpumask_t *m, unsigned int cpu)
{
	m->bits[cpu / 64] &= ~(1ULL << (cpu % 64));
}
static inline void cpumask_set_atomic(cpumask_t *m, unsigned int cpu)
{
	__atomic_fetch_or(&m->bits[cpu / 64], 1ULL << (cpu % 64), __ATOMIC_SEQ_CST);
}
static inline void cpumask_clear_atomic(cpumask_t *m, unsigned int cpu)
{
	__atomic_fetch_and(&m->bits[cpu / 64], ~(1ULL << (cpu % 64)), __ATOMIC_SEQ_CST);
}
static inline void cpumask_zero(cpumask_t *m)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		m->bits[i] = 0;
}
static inline void cpumask_setall(cpumask_t *m)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		m->bits[i] = ~0ULL;
}
static inline cpumask_t cpumask_of(unsigned int cpu)
{
	cpumask_t m = { { 0 } };

	cpumask_set(&m, cpu);
	return m;
}
static inline bool cpumask_empty(const cpumask_t *m)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		if (m->bits[i])
			return false;
	return true;
}
static inline cpumask_t cpumask_and(const cpumask_t *a, const cpumask_t *b)
{
	cpumask_t r;

	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		r.bits[i] = a->bits[i] & b->bits[i];
	return r;
}
static inline cpumask_t cpumask_or(const cpumask_t *a, const cpumask_t *b)
{
	cpumask_t r;

	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		r.bits[i] = a->bits[i] | b->bits[i];
	return r;
}
static inline bool cpumask_intersects(const cpumask_t *a, const cpumask_t *b)
{
	cpumask_t r = cpumask_and(a, b);

	return !cpumask_empty(&r);
}
static inline bool cpumask_subset(const cpumask_t *a, const cpumask_t *of)
{
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		if (a->bits[i] & ~of->bits[i])
			return false;
	return true;
}
static inline bool cpumask_equal(const cpumask_t *a, const cpumask_t *b)
{
	return cpumask_subset(a, b) && cpumask_subset(b, a);
}
/* First member at or after `from`, or NR_CPUS. */
static inline unsigned int cpumask_next(const cpumask_t *m, unsigned int from)
{
	uint64_t ignored = (1ULL << (from % 64)) - 1;

	for (unsigned int i = from / 64; i < CPUMASK_WORDS; i++, ignored = 0) {
		uint64_t word = __atomic_load_n(&m->bits[i], __ATOMIC_RELAXED) & ~ignored;

		if (word)
			return i * 64 + (unsigned int)__builtin_ctzll(word);
	}
	return NR_CPUS;
}
static inline unsigned int cpumask_first(const cpumask_t *m)
{
	return cpumask_next(m, 0);
}
static inline unsigned int cpumask_weight(const cpumask_t *m)
{
	unsigned int n = 0;

	/* Bit by bit: the compiler's population count may be a library call. */
	for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
		for (uint64_t left = m->bits[i]; left; left &= left - 1)
			n++;
	return n;
}
#define for_each_cpu(cpu, m) \
	for ((cpu) = cpumask_first(m); (cpu) < NR_CPUS; (cpu) = cpumask_next(m, (cpu) + 1))
#define for_each_online_cpu(cpu) for_each_cpu(cpu, &cpu_online_map)

extern cpumask_t cpu_online_map;  /* running hypervisor code; guarded by: cpu hotplug (boot) */
extern cpumask_t cpu_present_map; /* listed by the firmware and usable */

#endif
