// sources: hypervisor/common/event/*.c tests/unit/fake_hv.c tests/unit/fake_log.c hypervisor/common/rangeset.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/* Event channels through the hypercall: binding, delivery by the 2-level ABI, permissions, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/event.h>
#include <hv/hypercall.h>
#include "fake_hv.h"

static struct domain *dom0, *domu;

static int setup(void **state)
{
	dom0 = fake_domain(0, 2, true);
	domu = fake_domain(1, 4, false);
	fake_run_as(dom0->vcpu[0]);
	memset(&fake_counts, 0, sizeof(fake_counts));
	return 0;
}

static void kill(struct domain *d)
{
	d->state = DOMAIN_DYING;
	while (evtchn_destroy(d) == -ERESTART)
		;
	fake_domain_free(d);
}

static int teardown(void **state)
{
	kill(domu);
	kill(dom0);
	return fake_live_allocations();
}

static long call(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg);
}

static uint32_t alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };

	assert_int_equal(call(EVTCHNOP_alloc_unbound, &op), 0);
	return op.port;
}

static uint32_t join(domid_t remote, uint32_t port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = port };

	assert_int_equal(call(EVTCHNOP_bind_interdomain, &op), 0);
	return op.local_port;
}

static long send(uint32_t port)
{
	struct evtchn_send op = { .port = port };

	return call(EVTCHNOP_send, &op);
}

static long close_port(uint32_t port)
{
	struct evtchn_close op = { .port = port };

	return call(EVTCHNOP_close, &op);
}

static struct evtchn_status status(domid_t dom, uint32_t port)
{
	struct evtchn_status op = { .dom = dom, .port = port };

	assert_int_equal(call(EVTCHNOP_status, &op), 0);
	return op;
}

static bool pending(struct domain *d, uint32_t port)
{
	return d->shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void consume(struct domain *d, struct vcpu *v)
{
	v->vcpu_info->evtchn_upcall_pending = 0;
	v->vcpu_info->evtchn_pending_sel = 0;
	memset(d->shared_info->evtchn_pending, 0, sizeof(d->shared_info->evtchn_pending));
}

static void interdomain_send_reaches_the_other_side(void **state)
{
	uint32_t remote, local = alloc_unbound(DOMID_SELF, 1);

	assert_int_equal(local, 1); /* the lowest port there is */
	assert_int_equal(send(local), 0);
	fake_run_as(domu->vcpu[0]);
	remote = join(0, local);
	assert_true(pending(domu, remote)); /* what may have been sent before */
	consume(domu, domu->vcpu[0]);
	fake_run_as(dom0->vcpu[0]);
	assert_int_equal(status(DOMID_SELF, local).status, EVTCHNSTAT_interdomain);
	fake_counts.kicks = 0;
	assert_int_equal(send(local), 0);
	assert_int_equal(send(local), 0); /* absorbed */
	assert_true(pending(domu, remote));
	assert_int_equal(domu->vcpu[0]->vcpu_info->evtchn_upcall_pending, 1);
	assert_int_equal(domu->vcpu[0]->vcpu_info->evtchn_pending_sel, 1);
	assert_int_equal(fake_counts.kicks, 1);
	assert_false(pending(dom0, local));
}

static void masked_ports_wait_for_unmask(void **state)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 1 };
	struct evtchn_unmask unmask;

	assert_int_equal(call(EVTCHNOP_bind_ipi, &ipi), 0);
	unmask.port = ipi.port;
	dom0->shared_info->evtchn_mask[0] = ~0ul;
	assert_int_equal(send(ipi.port), 0);
	assert_true(pending(dom0, ipi.port));
	assert_int_equal(dom0->vcpu[1]->vcpu_info->evtchn_upcall_pending, 0);
	assert_int_equal(call(EVTCHNOP_unmask, &unmask), 0);
	assert_int_equal(dom0->vcpu[1]->vcpu_info->evtchn_upcall_pending, 1);
	assert_int_equal(fake_counts.kicks, 1);
}

static void bind_vcpu_redirects_what_may_move(void **state)
{
	struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct evtchn_bind_virq console = { .virq = VIRQ_CONSOLE, .vcpu = 0 };
	struct evtchn_bind_vcpu move = { .vcpu = 1 };

	assert_int_equal(call(EVTCHNOP_bind_virq, &timer), 0);
	assert_int_equal(call(EVTCHNOP_bind_virq, &console), 0);
	move.port = timer.port;
	assert_int_equal(call(EVTCHNOP_bind_vcpu, &move), -EINVAL);
	move.port = console.port;
	assert_int_equal(call(EVTCHNOP_bind_vcpu, &move), 0);
	send_global_virq(VIRQ_CONSOLE);
	assert_int_equal(dom0->vcpu[0]->vcpu_info->evtchn_upcall_pending, 0);
	assert_int_equal(dom0->vcpu[1]->vcpu_info->evtchn_upcall_pending, 1);
	move.vcpu = 2;
	assert_int_equal(call(EVTCHNOP_bind_vcpu, &move), -ENOENT);
	assert_int_equal(close_port(console.port), 0);
	send_global_virq(VIRQ_CONSOLE); /* nobody listens: lost without harm */
}

static void virqs_are_bound_once_and_globals_on_vcpu_0(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER, .vcpu = 1 };

	assert_int_equal(call(EVTCHNOP_bind_virq, &op), 0);
	assert_int_equal(call(EVTCHNOP_bind_virq, &op), -EEXIST);
	op = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	assert_int_equal(call(EVTCHNOP_bind_virq, &op), -EINVAL);
	op = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
	assert_int_equal(call(EVTCHNOP_bind_virq, &op), -EINVAL);
	op = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 7 };
	assert_int_equal(call(EVTCHNOP_bind_virq, &op), -ENOENT);
}

static void a_global_virq_goes_to_the_domain_set_for_it(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_DOM_EXC };

	fake_run_as(domu->vcpu[0]);
	assert_int_equal(call(EVTCHNOP_bind_virq, &op), 0);
	send_global_virq(VIRQ_DOM_EXC);
	assert_false(pending(domu, op.port));
	assert_int_equal(set_global_virq_handler(domu, VIRQ_TIMER), -EINVAL);
	assert_int_equal(set_global_virq_handler(domu, VIRQ_DOM_EXC), 0);
	assert_int_equal(set_global_virq_handler(domu, VIRQ_DOM_EXC), 0);
	send_global_virq(VIRQ_DOM_EXC);
	assert_true(pending(domu, op.port));
}

static void closing_one_end_leaves_the_other_unbound(void **state)
{
	uint32_t local = alloc_unbound(DOMID_SELF, 1), remote;

	fake_run_as(domu->vcpu[0]);
	remote = join(0, local);
	assert_int_equal(close_port(remote), 0);
	assert_int_equal(close_port(remote), -EINVAL);
	assert_int_equal(status(DOMID_SELF, remote).status, EVTCHNSTAT_closed);
	fake_run_as(dom0->vcpu[0]);
	assert_int_equal(status(DOMID_SELF, local).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(DOMID_SELF, local).u.unbound.dom, 1);
	fake_run_as(domu->vcpu[0]);
	assert_int_equal(join(0, local), remote); /* the lowest free one again */
}

static void a_port_may_be_joined_to_its_own_domain(void **state)
{
	uint32_t a = alloc_unbound(DOMID_SELF, DOMID_SELF), b = join(DOMID_SELF, a);

	consume(dom0, dom0->vcpu[0]);
	assert_int_equal(send(a), 0);
	assert_true(pending(dom0, b));
	assert_int_equal(close_port(a), 0);
	assert_int_equal(status(DOMID_SELF, b).status, EVTCHNSTAT_unbound);
}

static void bad_arguments_get_the_error_that_fits(void **state)
{
	struct evtchn_bind_interdomain join_op = { .remote_dom = 9 };
	struct evtchn_alloc_unbound alloc = { .dom = 0, .remote_dom = 0 };
	struct evtchn_init_control control = { .vcpu = 9 };
	struct evtchn_status st = { .dom = 0 };
	uint32_t for_other = alloc_unbound(DOMID_SELF, 7);

	assert_int_equal(call(99, &join_op), -ENOSYS);
	assert_int_equal(call(EVTCHNOP_send, NULL), -EFAULT);
	assert_int_equal(send(0), -EINVAL);
	assert_int_equal(send(for_other + 1), -EINVAL);
	assert_int_equal(send(0xffffffff), -EINVAL);
	assert_int_equal(close_port(0), -EINVAL);
	assert_int_equal(call(EVTCHNOP_bind_interdomain, &join_op), -ESRCH);
	assert_int_equal(call(EVTCHNOP_init_control, &control), -ENOENT);
	fake_run_as(domu->vcpu[0]);
	join_op = (struct evtchn_bind_interdomain){ .remote_dom = 0, .remote_port = for_other };
	assert_int_equal(call(EVTCHNOP_bind_interdomain, &join_op), -EINVAL);
	join_op.remote_port = 12345678;
	assert_int_equal(call(EVTCHNOP_bind_interdomain, &join_op), -EINVAL);
	assert_int_equal(call(EVTCHNOP_alloc_unbound, &alloc), -EPERM);
	assert_int_equal(call(EVTCHNOP_status, &st), -EPERM);
	control = (struct evtchn_init_control){ .offset = 4 };
	assert_int_equal(call(EVTCHNOP_init_control, &control), -EINVAL);
	control = (struct evtchn_init_control){ .offset = PAGE_SIZE - 64 };
	assert_int_equal(call(EVTCHNOP_init_control, &control), -EINVAL);
	control = (struct evtchn_init_control){ .control_gfn = ~0ull };
	assert_int_equal(call(EVTCHNOP_init_control, &control), -EINVAL);
}

static void pirqs_need_the_right_and_bind_once(void **state)
{
	struct evtchn_bind_pirq op = { .pirq = 16 };
	struct evtchn_bind_vcpu move = { .vcpu = 1 };

	fake_run_as(domu->vcpu[0]);
	assert_int_equal(call(EVTCHNOP_bind_pirq, &op), -EPERM);
	fake_run_as(dom0->vcpu[0]);
	assert_int_equal(call(EVTCHNOP_bind_pirq, &op), 0);
	assert_int_equal(call(EVTCHNOP_bind_pirq, &op), -EEXIST);
	assert_true(send_guest_pirq(dom0, op.port));
	assert_false(send_guest_pirq(dom0, op.port));
	move.port = op.port;
	assert_int_equal(call(EVTCHNOP_bind_vcpu, &move), 0);
	assert_int_equal(dom0->vcpu[0]->evtchn.pirq_evtchn_head, 0);
	assert_int_equal(dom0->vcpu[1]->evtchn.pirq_evtchn_head, op.port);
	evtchn_move_pirqs(dom0->vcpu[1]);
	assert_int_equal(close_port(op.port), 0);
	assert_int_equal(dom0->vcpu[1]->evtchn.pirq_evtchn_head, 0);
	op.pirq = 17;
	assert_int_equal(call(EVTCHNOP_bind_pirq, &op), -EINVAL);
}

static void pollers_wake_even_for_masked_ports(void **state)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct vcpu *poller = dom0->vcpu[1];

	assert_int_equal(call(EVTCHNOP_bind_ipi, &ipi), 0);
	dom0->shared_info->evtchn_mask[0] = ~0ul;
	poller->pause_flags = 1ul << VPF_POLLING;
	poller->poll_evtchn = (int)ipi.port + 1;
	assert_int_equal(send(ipi.port), 0);
	assert_int_equal(poller->pause_flags, 1ul << VPF_POLLING);
	consume(dom0, poller);
	poller->poll_evtchn = (int)ipi.port;
	assert_int_equal(send(ipi.port), 0);
	assert_int_equal(poller->pause_flags, 0);
	assert_true(evtchn_port_is_pending(dom0, ipi.port));
}

static void the_port_limit_and_the_abi_limit_hold(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = 1 };

	for (unsigned int i = 1; i < EVTCHN_2L_NR_CHANNELS; i++)
		assert_int_equal(alloc_unbound(DOMID_SELF, 1), i);
	assert_int_equal(call(EVTCHNOP_alloc_unbound, &op), -ENOSPC);
	assert_int_equal(close_port(77), 0);
	assert_int_equal(alloc_unbound(DOMID_SELF, 1), 77);
	domu->evtchn.max_port = 3;
	fake_run_as(domu->vcpu[0]);
	for (unsigned int i = 1; i <= 3; i++)
		assert_int_equal(alloc_unbound(DOMID_SELF, 0), i);
	assert_int_equal(call(EVTCHNOP_alloc_unbound, &op), -ENOSPC);
}

static void lack_of_memory_is_reported_and_harmless(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = 1 };

	for (unsigned int i = 1; i < 64; i++)
		alloc_unbound(DOMID_SELF, 1);
	fake_fail_allocation_at = 0;
	assert_int_equal(call(EVTCHNOP_alloc_unbound, &op), -ENOMEM);
	fake_fail_allocation_at = -1;
	assert_int_equal(alloc_unbound(DOMID_SELF, 1), 64);
}

static void reset_closes_all_and_restarts_where_it_stopped(void **state)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	int restarts = 0;

	for (unsigned int i = 1; i < 300; i++)
		alloc_unbound(DOMID_SELF, 1);
	for (;;) {
		long rc;

		fake_preempt_after = 0;
		rc = call(EVTCHNOP_reset, &op);
		if (!rc)
			break;
		assert_int_equal(rc, -ERESTART);
		assert_true(++restarts < 10);
	}
	fake_preempt_after = -1;
	assert_true(restarts > 2);
	assert_int_equal(dom0->evtchn.active_evtchns, 0);
	assert_int_equal(alloc_unbound(DOMID_SELF, 1), 1);
	op.dom = 1; /* another domain, running */
	assert_int_equal(call(EVTCHNOP_reset, &op), -EINVAL);
}

static void a_dying_domain_gets_no_ports_and_its_peers_are_told(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = 1, .remote_dom = 0 };
	uint32_t local = alloc_unbound(DOMID_SELF, 1);

	fake_run_as(domu->vcpu[0]);
	join(0, local);
	fake_run_as(dom0->vcpu[0]);
	domu->state = DOMAIN_DYING;
	assert_int_equal(evtchn_destroy(domu), 0);
	assert_int_equal(status(DOMID_SELF, local).status, EVTCHNSTAT_unbound);
	assert_int_equal(call(EVTCHNOP_alloc_unbound, &op), -EINVAL);
	assert_int_equal(send(local), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(interdomain_send_reaches_the_other_side),
		CASE(masked_ports_wait_for_unmask),
		CASE(bind_vcpu_redirects_what_may_move),
		CASE(virqs_are_bound_once_and_globals_on_vcpu_0),
		CASE(a_global_virq_goes_to_the_domain_set_for_it),
		CASE(closing_one_end_leaves_the_other_unbound),
		CASE(a_port_may_be_joined_to_its_own_domain),
		CASE(bad_arguments_get_the_error_that_fits),
		CASE(pirqs_need_the_right_and_bind_once),
		CASE(pollers_wake_even_for_masked_ports),
		CASE(the_port_limit_and_the_abi_limit_hold),
		CASE(lack_of_memory_is_reported_and_harmless),
		CASE(reset_closes_all_and_restarts_where_it_stopped),
		CASE(a_dying_domain_gets_no_ports_and_its_peers_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
