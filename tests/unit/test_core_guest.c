// as: test_core_calls.c
/* SPDX-License-Identifier: MIT */
/* What a guest may ask for itself: its vCPUs, sleep and wake-up, what we are, event channels' status, grants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <hv/console_options.h>
#include <hv/grant.h>
#include <asm/boot.h>
#include <public/event_channel.h>
#include <public/features.h>
#include <public/grant_table.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#include "core_calls.h"

static long vcpu_op(unsigned long cmd, unsigned long id, const void *data, size_t len)
{
	return issue(guest, __HYPERVISOR_vcpu_op, cmd, id, len ? arena(guest, data, len) : 64, 0);
}

static long sched_op(unsigned long cmd, const void *data, size_t len)
{
	return issue(guest, __HYPERVISOR_sched_op, cmd, len ? arena(guest, data, len) : 64, 0, 0);
}

static struct vcpu_info *info(unsigned int id)
{
	return guest->d->vcpu[id]->vcpu_info;
}

/* ---- vCPUs ---- */

static void vcpus_go_down_and_up(void **state)
{
	assert_int_equal(vcpu_op(VCPUOP_is_up, 0, NULL, 0), 1);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 2, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_up, 2, NULL, 0), -EINVAL); /* it has no registers yet */
	assert_int_equal(vcpu_op(VCPUOP_down, 1, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL, 0), 0);
	assert_false(hyper_can_run(guest, 1));
	assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL, 0), 0);
	assert_true(hyper_can_run(guest, 1));
	assert_int_equal(vcpu_op(VCPUOP_is_up, 3, NULL, 0), -ENOENT);
	assert_int_equal(vcpu_op(VCPUOP_is_up, ~0ul, NULL, 0), -ENOENT);
	assert_int_equal(vcpu_op(99, 0, NULL, 0), -ENOSYS);
	/* A guest whose last vCPU goes down has shut down. */
	assert_int_equal(vcpu_op(VCPUOP_down, 1, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_down, 0, NULL, 0), 0);
	assert_int_equal(guest->d->state, DOMAIN_SHUT_DOWN);
	assert_int_equal(guest->d->shutdown_code, SHUTDOWN_poweroff);
}

static void a_context_is_given_once(void **state)
{
	static struct vcpu_guest_context c;

	c = (struct vcpu_guest_context){ .ctrlreg[3] = guest->pool[0] << PAGE_SHIFT, .kernel_ss = FLAT_KERNEL_SS,
					 .flags = VGCF_in_kernel };
	assert_int_equal(vcpu_op(VCPUOP_initialise, 2, NULL, 0), -EFAULT);
	assert_int_equal(vcpu_op(VCPUOP_initialise, 2, &c, sizeof(c)), 0);
	assert_int_equal(vcpu_op(VCPUOP_initialise, 2, &c, sizeof(c)), -EEXIST);
	assert_int_equal(vcpu_op(VCPUOP_up, 2, NULL, 0), 0);
	assert_true(hyper_can_run(guest, 2));
}

static void timers_send_the_timers_event(void **state)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = (uint64_t)hyper_clock + 1000, .flags = VCPU_SSHOTTMR_future };
	struct vcpu_set_periodic_timer p = { .period_ns = 1000000 };
	struct shared_info *shared = guest->d->shared_info;
	unsigned int seen = 0;

	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &b, sizeof(b)), 0);
	shared->evtchn_pending[0] = 0; /* as it was bound, so it was raised */
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), 0);
	hyper_settle();
	assert_true(shared->evtchn_pending[0] & 1ul << b.port);
	shared->evtchn_pending[0] = 0;
	s.timeout_abs_ns = (uint64_t)hyper_clock - 1;
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), -ETIME);
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 1, &s, sizeof(s)), -EINVAL); /* not the caller's */
	assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL, 0), -EINVAL);
	s.timeout_abs_ns = (uint64_t)hyper_clock + 1000;
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), 0);
	assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, NULL, 0), -EFAULT);
	assert_int_equal(issue(guest, __HYPERVISOR_set_timer_op, (unsigned long)hyper_clock + 1000, 0, 0, 0), 0);
	assert_int_equal(issue(guest, __HYPERVISOR_set_timer_op, 0, 0, 0, 0), 0); /* never mind */
	hyper_settle();
	assert_int_equal(shared->evtchn_pending[0], 0);
	assert_int_equal(issue(guest, __HYPERVISOR_set_timer_op, (unsigned long)hyper_clock + 1000, 0, 0, 0), 0);
	hyper_settle();
	assert_true(shared->evtchn_pending[0] & 1ul << b.port);

	assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p, sizeof(p)), 0);
	for (unsigned int i = 0; i < 20; i++) { /* of 0.7 ms */
		shared->evtchn_pending[0] = 0;
		hyper_settle();
		seen += shared->evtchn_pending[0] != 0;
	}
	assert_in_range(seen, 9, 15);
	assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL, 0), 0);
	shared->evtchn_pending[0] = 0;
	hyper_settle();
	hyper_settle();
	hyper_settle();
	assert_int_equal(shared->evtchn_pending[0], 0);
}

static void its_time_and_state_are_written_where_it_says(void **state)
{
	struct vcpu_register_runstate_memory_area area = { 0 };
	struct vcpu_register_time_memory_area time = { 0 };
	struct vcpu_runstate_info *rs = (void *)room(guest, 0);

	area.addr.p = (uint64_t)rs;
	memset(rs, 0xff, sizeof(*rs));
	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area, sizeof(area)), 0);
	assert_in_range(rs->state, RUNSTATE_running, RUNSTATE_offline);
	assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 1, guest->arena[0], sizeof(*rs)), 0);
	assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 1, NULL, 0), -EFAULT);
	area.addr.p = HV_VIRT_START;
	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area, sizeof(area)), -EINVAL);
	area.addr.p = HV_VIRT_START - 8; /* reaches into the hypervisor */
	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area, sizeof(area)), -EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, NULL, 0), -EFAULT);
	time.addr.p = (void *)room(guest, 256);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time, sizeof(time)), 0);
	time.addr.p = (void *)HV_VIRT_START;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time, sizeof(time)), -EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, NULL, 0), -EFAULT);
	assert_int_equal(vcpu_op(VCPUOP_send_nmi, 1, NULL, 0), 0);
}

/* The place where events are told moves with all that was told in the old one. */
static void vcpu_info_moves_once(void **state)
{
	struct vcpu_register_vcpu_info r = { .mfn = guest->pool[14], .offset = 64 };
	struct vcpu_info *to = (struct vcpu_info *)((char *)frame_virt(guest->pool[14]) + 64);

	r.offset = 4;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), -EINVAL); /* not aligned */
	r.offset = PAGE_SIZE - 8;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), -EINVAL); /* leaves the page */
	r.offset = 64;
	r.mfn = other->pool[14];
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), -EINVAL); /* another's */
	r.mfn = guest->pool[3];
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), -EINVAL); /* a page table */
	r.mfn = guest->pool[14];
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 1, &r, sizeof(r)), -EINVAL); /* up, and not the caller */
	info(0)->evtchn_upcall_mask = 1;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), 0);
	assert_ptr_equal(info(0), to);
	assert_int_equal(to->evtchn_upcall_mask, 1);
	assert_int_equal(to->evtchn_upcall_pending, 1);
	assert_true(to->evtchn_pending_sel == ~0ul);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &r, sizeof(r)), -EINVAL); /* once */
	r.offset = 1024;
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 2, &r, sizeof(r)), 0); /* down */
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, NULL, 0), -EFAULT);
	/* The frame stays writable, and no page table, as long as it is in use. */
	assert_int_equal(get_page_type(frame_page(guest->pool[14]), PGT_l1, false), -EINVAL);
}

/* ---- sleeping ---- */

static bool sleeps(unsigned int bit)
{
	return guest->d->vcpu[0]->pause_flags & 1ul << bit;
}

static void polling_ends_by_event_or_time(void **state)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 1 };
	struct evtchn_bind_interdomain b = { .remote_dom = 2 };
	struct sched_poll p = { .nr_ports = 1 };
	evtchn_port_t *port = (void *)room(guest, 0);

	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a)), 0);
	b.remote_port = a.port;
	assert_int_equal(on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b)), 0);
	guest->d->shared_info->evtchn_pending[0] = 0;
	info(0)->evtchn_upcall_pending = 0;
	p.ports.p = port;
	*port = a.port;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_true(sleeps(VPF_POLLING));
	assert_int_equal(on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &b.local_port, 4), 0);
	assert_false(sleeps(VPF_POLLING));
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), 0); /* it is pending: no sleep */
	assert_false(sleeps(VPF_POLLING));
	guest->d->shared_info->evtchn_pending[0] = 0;
	info(0)->evtchn_upcall_pending = 0;
	p.timeout = (uint64_t)hyper_clock + 1000;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_true(sleeps(VPF_POLLING));
	hyper_settle();
	assert_false(sleeps(VPF_POLLING));
	info(0)->evtchn_upcall_pending = 1; /* any event will do */
	p.timeout = 0;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_false(sleeps(VPF_POLLING));
	*port = 5000;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), -EINVAL);
	assert_false(sleeps(VPF_POLLING));
	p.ports.p = (void *)64;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), -EFAULT);
	p.nr_ports = 2;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), -EFAULT);
	assert_false(sleeps(VPF_POLLING));
	p.nr_ports = 129;
	assert_int_equal(sched_op(SCHEDOP_poll, &p, sizeof(p)), -EINVAL);
	assert_int_equal(sched_op(SCHEDOP_poll, NULL, 0), -EFAULT);
}

static void blocking_opens_for_events(void **state)
{
	info(0)->evtchn_upcall_mask = 1;
	info(0)->evtchn_upcall_pending = 0;
	assert_int_equal(sched_op(SCHEDOP_block, NULL, 0), 0);
	assert_int_equal(info(0)->evtchn_upcall_mask, 0);
	assert_true(sleeps(VPF_BLOCKED));
	assert_true(hyper_can_run(guest, 0)); /* wakes it */
	info(0)->evtchn_upcall_pending = 1;
	assert_int_equal(issue(guest, __HYPERVISOR_sched_op_compat, SCHEDOP_block, 0, 0, 0), 0);
	assert_false(sleeps(VPF_BLOCKED)); /* there is one already */
	assert_int_equal(sched_op(SCHEDOP_yield, NULL, 0), 0);
	assert_int_equal(sched_op(77, NULL, 0), -ENOSYS);
	assert_int_equal(issue(guest, __HYPERVISOR_sched_op_compat, 77, 0, 0, 0), -ENOSYS);
}

static void a_guest_ends_itself(void **state)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_MAX + 1 };

	assert_int_equal(sched_op(SCHEDOP_shutdown, NULL, 0), -EFAULT);
	assert_int_equal(sched_op(SCHEDOP_shutdown, &s, sizeof(s)), -EINVAL);
	assert_int_equal(guest->d->state, DOMAIN_ALIVE);
	s.reason = SHUTDOWN_reboot;
	assert_int_equal(sched_op(SCHEDOP_shutdown, &s, sizeof(s)), 0);
	assert_int_equal(guest->d->state, DOMAIN_SHUT_DOWN);
	assert_int_equal(guest->d->shutdown_code, SHUTDOWN_reboot);
	assert_int_equal(issue(other, __HYPERVISOR_sched_op_compat, SCHEDOP_shutdown, SHUTDOWN_crash, 0, 0), 0);
	assert_int_equal(other->d->shutdown_code, SHUTDOWN_crash);
}

static void a_watchdog_bites_who_forgets_it(void **state)
{
	struct sched_watchdog w = { .id = 0, .timeout = 1 };

	assert_int_equal(sched_op(SCHEDOP_watchdog, NULL, 0), -EFAULT);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), 1);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), 2);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), -ENOSPC);
	w.id = 3;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), -EINVAL);
	w = (struct sched_watchdog){ .id = 2, .timeout = 0 }; /* called off */
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), 0);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), -EINVAL);
	w = (struct sched_watchdog){ .id = 1, .timeout = 10 }; /* fed */
	hyper_clock += 900000000;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w, sizeof(w)), 0);
	hyper_clock += 9000000000;
	hyper_settle();
	assert_int_equal(guest->d->state, DOMAIN_ALIVE);
	hyper_clock += 1100000000;
	hyper_settle();
	assert_int_equal(guest->d->state, DOMAIN_SHUT_DOWN);
	assert_int_equal(guest->d->shutdown_code, SHUTDOWN_watchdog);
}

/* ---- what we are ---- */

static void we_say_what_we_are(void **state)
{
	struct xen_feature_info f = { .submap_idx = 0 };
	struct xen_platform_parameters p;
	char *text = (char *)guest->arena[0];
	const unsigned int call = __HYPERVISOR_xen_version;

	assert_int_equal(issue(guest, call, XENVER_version, 0, 0, 0), 4 << 16 | 17);
	assert_int_equal(issue(guest, call, XENVER_extraversion, (unsigned long)text, 0, 0), 0);
	assert_string_equal(text, ".0-serai");
	assert_int_equal(issue(guest, call, XENVER_compile_info, (unsigned long)text, 0, 0), 0);
	assert_int_equal(strncmp(text, "gcc ", 4), 0);
	assert_int_equal(issue(guest, call, XENVER_capabilities, (unsigned long)text, 0, 0), 0);
	assert_non_null(strstr(text, "xen-3.0-x86_64"));
	assert_int_equal(issue(guest, call, XENVER_changeset, (unsigned long)text, 0, 0), 0);
	assert_int_equal(issue(guest, call, XENVER_commandline, (unsigned long)text, 0, 0), 0);
	assert_int_equal(issue(guest, call, XENVER_pagesize, 0, 0, 0), PAGE_SIZE);
	assert_int_equal(issue(guest, call, XENVER_pagesize, 1, 0, 0), -EINVAL);
	assert_int_equal(issue(guest, call, XENVER_platform_parameters, (unsigned long)text, 0, 0), 0);
	memcpy(&p, text, sizeof(p));
	assert_int_equal(p.virt_start, HV_VIRT_START);
	assert_int_equal(on(guest, call, XENVER_get_features, &f, sizeof(f)), 0);
	assert_true(f.submap & 1u << XENFEAT_mmu_pt_update_preserve_ad);
	assert_false(f.submap & (1u << XENFEAT_dom0 | 1u << XENFEAT_auto_translated_physmap));
	f.submap_idx = 1;
	assert_int_equal(on(guest, call, XENVER_get_features, &f, sizeof(f)), -EINVAL);
	assert_int_equal(issue(guest, call, 99, 0, 0, 0), -ENOSYS);
	for (unsigned int cmd = XENVER_extraversion; cmd <= XENVER_commandline; cmd++)
		if (cmd != XENVER_pagesize)
			assert_int_equal(issue(guest, call, cmd, 64, 0, 0), -EFAULT);
}

static void assists_are_switched_one_by_one(void **state)
{
	const unsigned int call = __HYPERVISOR_vm_assist;
	unsigned long before = guest->d->vm_assist;

	assert_int_equal(issue(guest, call, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables, 0, 0), 0);
	assert_int_equal(guest->d->vm_assist, before | 1ul << VMASST_TYPE_writable_pagetables);
	assert_int_equal(issue(guest, call, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables, 0, 0), 0);
	assert_int_equal(guest->d->vm_assist, before);
	assert_int_equal(issue(guest, call, 7, VMASST_TYPE_writable_pagetables, 0, 0), -ENOSYS);
	assert_int_equal(issue(guest, call, VMASST_CMD_enable, 63, 0, 0), -EINVAL);
	assert_int_equal(issue(guest, call, VMASST_CMD_enable, 64, 0, 0), -EINVAL);
}

static void the_machines_console_is_not_a_guests_to_read(void **state)
{
	const unsigned int call = __HYPERVISOR_console_io;

	assert_int_equal(issue(guest, call, CONSOLEIO_read, 16, (unsigned long)guest->arena[0], 0), -EPERM);
	assert_int_equal(issue(guest, call, 9, 16, (unsigned long)guest->arena[0], 0), -ENOSYS);
}

/* ---- event channels ---- */

static uint32_t status_of(evtchn_port_t port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_status, &s, sizeof(s)), 0);
	return s.status;
}

static void each_binding_is_told(void **state)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 3 };
	struct evtchn_bind_interdomain b = { .remote_dom = 2 };
	struct evtchn_bind_virq v = { .virq = VIRQ_TIMER };
	struct evtchn_bind_ipi i = { .vcpu = 1 };
	struct evtchn_bind_pirq p = { .pirq = 16 };

	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a)), 0);
	assert_int_equal(status_of(a.port), EVTCHNSTAT_unbound);
	b.remote_port = a.port;
	assert_int_equal(on(other, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b)), 0);
	assert_int_equal(status_of(a.port), EVTCHNSTAT_interdomain);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &v, sizeof(v)), 0);
	assert_int_equal(status_of(v.port), EVTCHNSTAT_virq);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &i, sizeof(i)), 0);
	assert_int_equal(status_of(i.port), EVTCHNSTAT_ipi);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &p, sizeof(p)), 0);
	assert_int_equal(status_of(p.port), EVTCHNSTAT_pirq);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_close, &i.port, 4), 0);
	assert_int_equal(status_of(i.port), EVTCHNSTAT_closed);
}

static unsigned int consumed;

static void consume(struct vcpu *v)
{
	assert_int_equal(v->domain->domain_id, 2);
	consumed++;
}

/* A port the hypervisor listens at on a guest's behalf: the guest can do nothing with it, its peer uses it as any. */
static void the_hypervisors_ports_are_not_the_guests(void **state)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 2 };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	uint32_t port;

	assert_int_equal(evtchn_open_consumer(guest->d, 1, 1, consume, &port), 0);
	assert_true(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_close, &port, 4) < 0);
	assert_true(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &port, 4) < 0);
	evtchn_notify_consumer(guest->d, port); /* nobody there yet */
	b.remote_port = port;
	assert_true(on(other, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b)) < 0); /* not his */
	assert_int_equal(on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b)), 0);
	consumed = 0;
	assert_int_equal(on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &b.local_port, 4), 0);
	assert_int_equal(consumed, 1);
	control->d->shared_info->evtchn_pending[0] = 0;
	evtchn_notify_consumer(guest->d, port);
	assert_true(control->d->shared_info->evtchn_pending[0] & 1ul << b.local_port);
	assert_int_equal(on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_reset, &reset, sizeof(reset)), 0);
	assert_int_equal(on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &b.local_port, 4), 0);
	assert_int_equal(consumed, 2); /* still there */
	evtchn_close_consumer(guest->d, port);
	(void)on(control, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &b.local_port, 4);
	assert_int_equal(consumed, 2);
	evtchn_notify_consumer(guest->d, 900); /* no such port */
}

/* ---- grants ---- */

static void only_version_one_of_grants_is_had(void **state)
{
	struct gnttab_set_version set = { .version = 2 };
	struct gnttab_get_version get = { .dom = DOMID_SELF };
	struct gnttab_get_status_frames frames = { .dom = DOMID_SELF, .nr_frames = 1 };

	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, &set, sizeof(set)), -ENOSYS);
	assert_int_equal(set.version, 1);
	set.version = 9;
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, &set, sizeof(set)), -EINVAL);
	set.version = 1;
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, &set, sizeof(set)), 0);
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_get_version, &get, sizeof(get)), 0);
	assert_int_equal(get.version, 1);
	get.dom = 3;
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_get_version, &get, sizeof(get)), -EPERM);
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_get_status_frames, &frames, sizeof(frames)), 0);
	assert_int_equal(frames.status, GNTST_general_error);
	assert_int_equal(issue(guest, __HYPERVISOR_grant_table_op, GNTTABOP_get_version, 64, 1, 0), -EFAULT);
	assert_int_equal(issue(guest, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, 64, 1, 0), -EFAULT);
	assert_int_equal(issue(guest, __HYPERVISOR_grant_table_op, GNTTABOP_get_status_frames, 64, 1, 0), -EFAULT);
}

static void replacing_a_mapping_needs_both_places(void **state)
{
	struct gnttab_unmap_and_replace u = { .host_addr = 0x5000, .new_addr = 0, .handle = 0 };

	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_and_replace, &u, sizeof(u)), 0);
	assert_int_equal(u.status, GNTST_bad_virt_addr);
	u.new_addr = 0x6000;
	assert_int_equal(on(guest, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_and_replace, &u, sizeof(u)), 0);
	assert_int_equal(u.status, GNTST_bad_handle); /* nothing is mapped */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(vcpus_go_down_and_up),
		CASE(a_context_is_given_once),
		CASE(timers_send_the_timers_event),
		CASE(its_time_and_state_are_written_where_it_says),
		CASE(vcpu_info_moves_once),
		CASE(polling_ends_by_event_or_time),
		CASE(blocking_opens_for_events),
		CASE(a_guest_ends_itself),
		CASE(a_watchdog_bites_who_forgets_it),
		CASE(we_say_what_we_are),
		CASE(assists_are_switched_one_by_one),
		CASE(the_machines_console_is_not_a_guests_to_read),
		CASE(each_binding_is_told),
		CASE(the_hypervisors_ports_are_not_the_guests),
		CASE(only_version_one_of_grants_is_had),
		CASE(replacing_a_mapping_needs_both_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
