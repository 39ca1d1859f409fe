/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU variables: DEFINE_PER_CPU(int, x) in one .c file, this_cpu(x) or per_cpu(x, cpu) anywhere.
 * The section is a template that is copied, zeroed, for each CPU before the CPU runs C code.
 */
#ifndef HV_PERCPU_H
#define HV_PERCPU_H

#include <hv/cpumask.h>
#include <asm/current.h>

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) per_cpu__##name
#define DEFINE_PER_CPU(type, name)                                                                 \
	__attribute__((section(".bss.percpu"))) __typeof__(type) per_cpu__##name

extern unsigned long per_cpu_offset[NR_CPUS];

#define per_cpu(name, cpu)                                                                         \
	(*(__typeof__(per_cpu__##name) *)((char *)&per_cpu__##name + per_cpu_offset[cpu]))
#define this_cpu(name)                                                                             \
	(*(__typeof__(per_cpu__##name) *)((char *)&per_cpu__##name +                               \
					  get_cpu_info()->per_cpu_offset))

#endif
