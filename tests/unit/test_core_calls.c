// sources: tests/fuzz/hyper_*.c hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/rangeset.c hypervisor/common/domain.c hypervisor/common/domain_state.c hypervisor/common/domain_watchdog.c hypervisor/common/vcpu.c hypervisor/common/vcpu_op.c hypervisor/common/sched_op.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/version.c hypervisor/common/hypercall_stats.c hypervisor/common/keyhandler.c hypervisor/common/dump_domains.c hypervisor/arch/x86/mm/audit.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/foreign.c hypervisor/arch/x86/mm/grant.c hypervisor/arch/x86/mm/guest_table.c hypervisor/arch/x86/mm/mmu_update.c hypervisor/arch/x86/mm/mmuext.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/relinquish.c hypervisor/arch/x86/mm/tlb.c hypervisor/arch/x86/mm/update_descriptor.c hypervisor/arch/x86/mm/update_va.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/domain.c hypervisor/arch/x86/hypercall.c hypervisor/arch/x86/pv/domain.c hypervisor/arch/x86/pv/descriptor.c hypervisor/arch/x86/pv/vcpu_context.c hypervisor/arch/x86/pv/callback.c hypervisor/arch/x86/pv/debugreg.c hypervisor/arch/x86/pv/context.c hypervisor/arch/x86/pv/hypercall_page.c hypervisor/arch/x86/cpu/policy.c hypervisor/arch/x86/hvm/viridian_cpuid.c hypervisor/arch/x86/cpu/policy_level.c hypervisor/arch/x86/cpu/fpu.c hypervisor/arch/x86/irq/pirq.c hypervisor/arch/x86/irq/physdev.c hypervisor/arch/x86/time/guest_time.c hypervisor/arch/x86/time/guest_tsc.c hypervisor/common/console/*.c hypervisor/common/memory/*.c hypervisor/common/grant/*.c hypervisor/common/event/*.c hypervisor/common/domctl/*.c hypervisor/common/sysctl/*.c hypervisor/common/sched/*.c hypervisor/arch/x86/domctl/*.c hypervisor/lib/strlcpy.c hypervisor/lib/vsnprintf.c hypervisor/lib/parse.c
// cflags: -DUNIT_TEST -DSECTION_SHIFT=11 -DCONFIG_DEBUG -include tests/fuzz/hyper_arch.h
// libs: -Wl,--wrap=hypercall_preempt_check -Wl,--wrap=printk -Wl,--wrap=panic -Wl,--wrap=bug -Wl,--wrap=alloc_xen_pages -Wl,--wrap=alloc_domain_pages -Wl,--wrap=alloc_anon_pages
/* SPDX-License-Identifier: MIT */
/*
 * The core through its hypercalls, on the machine of tests/fuzz/hyper_machine.h: what an unprivileged guest
 * is refused, and what remains when memory runs out at any one of the allocations of a long scenario.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <hv/hypercall.h>
#include <asm/page_info.h>
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include "../../hypervisor/common/grant/internal.h"
#include "core_calls.h"

/* ---- what an unprivileged guest is refused ---- */

static void no_domctl_and_no_sysctl(void **state)
{
	struct xen_domctl op;
	struct xen_sysctl sys;

	for (uint32_t cmd = 0; cmd < 100; cmd++) {
		for (domid_t id = 0; id < 5; id++) {
			memset(&op, 0, sizeof(op));
			op.cmd = cmd;
			op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			op.domain = id;
			assert_int_equal(on(guest, __HYPERVISOR_domctl, 0, &op, sizeof(op)), -EPERM);
		}
		memset(&sys, 0, sizeof(sys));
		sys.cmd = cmd;
		sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		assert_int_equal(on(guest, __HYPERVISOR_sysctl, 0, &sys, sizeof(sys)), -EPERM);
	}
	for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++)
		if (nr == __HYPERVISOR_platform_op || nr == __HYPERVISOR_arch_0 /* mca */ || nr == __HYPERVISOR_kexec_op ||
		    nr == __HYPERVISOR_hypfs_op)
			assert_int_equal(issue(guest, nr, 0, 0, 0, 0), -EPERM);
}

static void not_another_domains_memory(void **state)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = 3 };
	struct xen_foreign_memory_map map = { .domid = 3 };
	struct xen_mem_acquire_resource res = { .domid = 3, .type = XENMEM_resource_grant_table };
	struct xen_memory_domain m = { .domid = 3 };
	struct mmu_update u = { guest->pool[3] << PAGE_SHIFT | 100 * 8,
				other->pool[20] << PAGE_SHIFT | PTE_PRESENT | PTE_USER };
	uint64_t before = other->d->tot_pages;

	assert_int_equal(on(guest, __HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 0);
	assert_int_equal(on(guest, __HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_memory_op, XENMEM_set_memory_map, &map, sizeof(map)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_memory_op, XENMEM_acquire_resource, &res, sizeof(res)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_memory_op, XENMEM_current_reservation, &m, sizeof(m)), -EPERM);
	assert_int_equal(other->d->tot_pages, before);
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, 3), -EPERM);
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, DOMID_SELF), -EINVAL);
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, 4u << 16 | DOMID_SELF),
			 -EPERM);
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, DOMID_XEN), -EPERM);
	u.val = 0x100000ul << PAGE_SHIFT | PTE_PRESENT; /* device memory */
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, DOMID_IO), -EPERM);
	hyper_audit();
}

static void not_another_domains_life(void **state)
{
	struct sched_remote_shutdown s = { .domain_id = 3 };
	struct evtchn_status status = { .dom = 3, .port = 1 };
	struct evtchn_alloc_unbound alloc = { .dom = 3, .remote_dom = 2 };
	struct evtchn_reset reset = { .dom = 3 };
	struct gnttab_setup_table table = { .dom = 3 };
	struct gnttab_query_size size = { .dom = 3 };
	struct physdev_map_pirq pirq = { .domid = 3, .type = MAP_PIRQ_TYPE_GSI, .index = 4, .pirq = -1 };

	assert_int_equal(on(guest, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s)), -EPERM);
	assert_int_equal(other->d->state, DOMAIN_ALIVE);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_status, &status, sizeof(status)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &alloc, sizeof(alloc)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_reset, &reset, sizeof(reset)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &table, sizeof(table)), 0);
	assert_int_equal(table.status, GNTST_permission_denied);
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_query_size, &size, sizeof(size)), 0);
	assert_int_equal(size.status, GNTST_permission_denied);
	assert_true(on(guest, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &pirq, sizeof(pirq)) < 0);
}

/* ---- time without end ---- */

static void a_period_leads_forward(void **state)
{
	static const uint64_t bad[] = { 0, 999999, 1ull << 62, 1ull << 63, ~0ull };
	struct vcpu_set_periodic_timer p;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		p.period_ns = bad[i];
		assert_int_equal(issue(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0,
				       arena(guest, &p, sizeof(p)), 0), -EINVAL);
	}
	p.period_ns = 1000000;
	assert_int_equal(issue(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, arena(guest, &p, sizeof(p)), 0),
			 0);
	hyper_settle();
}

/* ---- memory runs out ---- */

static void make_and_fill_domain(void)
{
	struct xen_domctl op = { .u.createdomain = { .max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 4,
						    .max_maptrack_frames = 2, .grant_opts = 1 } };
	struct xen_memory_reservation r = { .nr_extents = 4, .extent_order = 1, .domid = 9 };
	xen_pfn_t list[4] = { 0, 2, 4, 6 };

	(void)domctl(XEN_DOMCTL_createdomain, 9, &op);
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_vcpus.max = 2;
	(void)domctl(XEN_DOMCTL_max_vcpus, 9, &op);
	op.u.max_mem.max_memkb = 1024;
	(void)domctl(XEN_DOMCTL_max_mem, 9, &op);
	memset(&op.u, 0, sizeof(op.u));
	op.u.iomem_permission.first_mfn = 0x100010;
	op.u.iomem_permission.nr_mfns = 4;
	op.u.iomem_permission.allow_access = 1;
	(void)domctl(XEN_DOMCTL_iomem_permission, 9, &op);
	memcpy(control->arena[0] + 1024, list, sizeof(list));
	r.extent_start.p = (void *)(control->arena[0] + 1024);
	(void)on(control, __HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r));
}

/* Two makers of one id: the one that comes late takes nothing of the other's. */
static void an_id_that_is_taken_stays_its_owners(void **state)
{
	struct domain_create_args a = { .id = 2, .max_vcpus = 1, .max_evtchn_port = 63, .max_grant_frames = 1,
					.max_maptrack_frames = 1 };
	struct domain *d = NULL;

	assert_int_equal(domain_create(&a, &d), -EEXIST);
	hyper_settle();
	assert_ptr_equal(page_get_owner(frame_page(guest->pool[5])), guest->d);
	hyper_audit();
}

static void use_events(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 2 };
	struct evtchn_bind_interdomain b = { .remote_dom = 1 };
	struct evtchn_init_control c = { .control_gfn = guest->pool[12] };
	struct evtchn_expand_array e = { .array_gfn = guest->pool[13] };

	for (unsigned int i = 0; i < 70; i++) /* more than one group of ports */
		(void)on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));
	b.remote_port = a.port;
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_init_control, &c, sizeof(c));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, &e, sizeof(e));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &b.local_port, 4);
}

static void use_grants(void)
{
	struct grant_entry_v1 *entry = grant_shared_entry(guest->d->grant_table, 20);
	struct gnttab_map_grant_ref m = { .dom = 2, .ref = 20, .host_addr = 20ul << PAGE_SHIFT, .flags = GNTMAP_host_map };
	struct gnttab_unmap_grant_ref u = { .host_addr = m.host_addr };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 4 };

	s.frame_list.p = (void *)(guest->arena[0] + 1024);
	(void)on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, sizeof(s));
	*entry = (struct grant_entry_v1){ GTF_permit_access, 1, (uint32_t)guest->pool[20] };
	for (unsigned int i = 0; i < 3; i++) {
		(void)on(control, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, sizeof(m));
		u.handle = m.handle;
		if (i < 2)
			(void)on(control, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &u, sizeof(u));
	}
}

static void use_memory(void)
{
	struct xen_foreign_memory_map map = { .domid = 2, .map = { .nr_entries = 1 } };
	struct xen_memory_exchange x = { .in = { .nr_extents = 2, .domid = DOMID_SELF },
					 .out = { .nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF } };
	xen_pfn_t in[2] = { guest->pool[21], guest->pool[22] };
	struct xen_mem_acquire_resource res = { .domid = 2, .type = XENMEM_resource_grant_table, .nr_frames = 4 };
	struct sched_watchdog dog = { .timeout = 100 };

	map.map.buffer.p = control->arena[0] + 1024;
	(void)on(control, __HYPERVISOR_memory_op, XENMEM_set_memory_map, &map, sizeof(map));
	memcpy(guest->arena[0] + 1024, in, sizeof(in));
	x.in.extent_start.p = (void *)(guest->arena[0] + 1024);
	x.out.extent_start.p = (void *)(guest->arena[0] + 2048);
	(void)on(guest, __HYPERVISOR_memory_op, XENMEM_exchange, &x, sizeof(x));
	res.frame_list.p = (void *)(control->arena[0] + 1024);
	(void)on(control, __HYPERVISOR_memory_op, XENMEM_acquire_resource, &res, sizeof(res));
	(void)on(guest, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &dog, sizeof(dog));
}

static void use_context(void)
{
	static struct vcpu_guest_context c;

	c = (struct vcpu_guest_context){ .ctrlreg[3] = guest->pool[0] << PAGE_SHIFT, .kernel_ss = FLAT_KERNEL_SS,
					 .flags = VGCF_in_kernel };
	(void)issue(guest, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 2, arena(guest, &c, sizeof(c)), 0);
}

static void scenario(void)
{
	make_and_fill_domain();
	use_events();
	use_grants();
	use_memory();
	use_context();
}

/* With the n-th allocation failing, and those behind it if `on`. False: there are not so many. */
static bool run_without(unsigned int n, bool on, void (*what)(void))
{
	bool reached;

	hyper_make_guests();
	hyper_fail_on = on;
	hyper_fail_in = (int)n;
	what();
	reached = hyper_has_failed;
	hyper_fail_in = -1;
	hyper_fail_on = false;
	hyper_audit();
	hyper_end_guests();
	return reached;
}

static void every_allocation_may_fail(void **state)
{
	unsigned int n = 0;

	while (run_without(n, false, scenario))
		n++;
	assert_in_range(n, 40, 400);
	for (unsigned int i = 0; i < n; i++)
		(void)run_without(i, true, scenario);
}

/* What a call answers that is alone at fault: nothing but that, and done again with memory it works. */
static long last_answer;

static void create_alone(void)
{
	struct xen_domctl op = { .u.createdomain = { .max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 4,
						    .max_maptrack_frames = 2, .grant_opts = 1 } };

	last_answer = domctl(XEN_DOMCTL_createdomain, 9, &op);
	if (last_answer) {
		hyper_fail_in = -1;
		memset(&op.u, 0, sizeof(op.u));
		assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 9, &op), -ESRCH);
		hyper_fail_in = 0;
	}
}

static void vcpus_alone(void)
{
	struct xen_domctl op = { .u.createdomain = { .max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 4,
						    .max_maptrack_frames = 2, .grant_opts = 1 } };
	int fail_in = hyper_fail_in;

	hyper_fail_in = -1;
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 9, &op), 0);
	hyper_fail_in = fail_in;
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_vcpus.max = 2;
	last_answer = domctl(XEN_DOMCTL_max_vcpus, 9, &op);
}

static void ports_alone(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 1 };

	for (unsigned int i = 0; i < 200; i++) {
		last_answer = on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));
		if (last_answer)
			break;
	}
}

static void table_alone(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 4 };

	s.frame_list.p = (void *)(guest->arena[0] + 1024);
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, sizeof(s)), 0);
	last_answer = s.status == GNTST_okay ? 0 : s.status == GNTST_general_error || s.status == GNTST_no_space ? -ENOMEM : s.status;
}

static void timer_alone(void)
{
	struct sched_watchdog dog = { .timeout = 100 };

	last_answer = on(guest, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &dog, sizeof(dog));
	last_answer = last_answer > 0 ? 0 : last_answer;
}

static void rights_alone(void)
{
	struct xen_domctl op = { .u.iomem_permission = { .first_mfn = 0x100010, .nr_mfns = 4, .allow_access = 1 } };

	last_answer = domctl(XEN_DOMCTL_iomem_permission, 2, &op);
}

static void each_call_says_that_memory_ran_out(void **state)
{
	static void (*const calls[])(void) = { create_alone, vcpus_alone, ports_alone, table_alone, timer_alone, rights_alone };

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		for (unsigned int n = 0; run_without(n, true, calls[i]); n++)
			assert_int_equal(last_answer, -ENOMEM);
}

static int start(void **state)
{
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_domctl_and_no_sysctl),
		CASE(not_another_domains_memory),
		CASE(not_another_domains_life),
		CASE(a_period_leads_forward),
		CASE(an_id_that_is_taken_stays_its_owners),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(each_call_says_that_memory_ran_out),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
