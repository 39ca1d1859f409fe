/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls in tests, on the machine of tests/fuzz/hyper_machine.h: a test whose head says "as: test_core_calls.c"
 * links the core's files; CASE() makes three domains before it and destroys them behind it, leaks checked.
 */
#ifndef CORE_CALLS_H
#define CORE_CALLS_H

#include <string.h>
#include <hv/hypercall.h>
#include <asm/page_info.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include "../fuzz/hyper_machine.h"

static struct guest __attribute__((unused)) *const control = &hyper_guest[0], *const guest = &hyper_guest[1], *const other = &hyper_guest[2];

/* `data` is in the arena at 0 of vCPU 0; a call that is interrupted goes on. */
static long issue(struct guest *g, unsigned int nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	unsigned long arg[6] = { a, b, c, d };
	long rc = hyper_call(g, 0, (int)nr, arg);

	while (g->in_call[0])
		rc = hyper_call(g, 0, -1, arg);
	return rc;
}

static unsigned long arena(struct guest *g, const void *data, size_t len)
{
	memcpy(g->arena[0], data, len);
	return (unsigned long)g->arena[0];
}

/* A call of form (sub-operation, structure), or one whose structure is all. */
static long on(struct guest *g, unsigned int nr, unsigned long sub, void *data, size_t len)
{
	unsigned long at = arena(g, data, len);
	long rc = nr == __HYPERVISOR_domctl || nr == __HYPERVISOR_sysctl ? issue(g, nr, at, 0, 0, 0)
									: issue(g, nr, sub, at, 1, 0);

	memcpy(data, g->arena[0], len);
	return rc;
}

static __attribute__((unused)) int setup(void **state)
{
	static bool started;

	if (!started)
		hyper_start();
	started = true;
	hyper_make_guests();
	return 0;
}

static int teardown(void **state)
{
	hyper_end_guests();
	return 0;
}

/* A domctl or sysctl of the control domain. */
static __attribute__((unused)) long domctl(uint32_t cmd, domid_t id, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return on(control, __HYPERVISOR_domctl, 0, op, sizeof(*op));
}

static __attribute__((unused)) long sysctl(uint32_t cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return on(control, __HYPERVISOR_sysctl, 0, op, sizeof(*op));
}

/* Where a call's further arguments lie, behind the first structure. */
static inline uint8_t *room(struct guest *g, unsigned int at)
{
	return g->arena[0] + 2048 + at;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
