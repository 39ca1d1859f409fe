// as: test_core_calls.c
/* SPDX-License-Identifier: MIT */
/* The debug keys: each says of a machine whose state is known what docs/debug-keys.md promises. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <hv/console.h>
#include <hv/grant.h>
#include <hv/keyhandler.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/sched.h>
#include <public/memory.h>
#include <public/vcpu.h>
#include "core_calls.h"
#include "../../hypervisor/common/grant/internal.h"

static char said[1 << 16];
static int errors_of_the_test = -1;

/* Presses keys as `xl debug-keys` does, and collects what is printed. */
static const char *press(const char *keys)
{
	struct xen_sysctl op = { 0 };
	FILE *to = tmpfile();
	size_t n;

	assert_non_null(to);
	fflush(stderr);
	errors_of_the_test = dup(2);
	dup2(fileno(to), 2);
	memcpy(room(control, 0), keys, strlen(keys));
	op.u.debug_keys.keys.p = (char *)room(control, 0);
	op.u.debug_keys.nr_keys = (uint32_t)strlen(keys);
	assert_int_equal(sysctl(XEN_SYSCTL_debug_keys, &op), 0);
	hyper_settle();
	fflush(stderr);
	dup2(errors_of_the_test, 2);
	close(errors_of_the_test);
	rewind(to);
	n = fread(said, 1, sizeof(said) - 1, to);
	said[n] = '\0';
	fclose(to);
	return said;
}

static void says(const char *words)
{
	if (!strstr(said, words)) {
		fprintf(stderr, "%s", said);
		fail_msg("\"%s\" is not said", words);
	}
}

static void says_not(const char *words)
{
	assert_null(strstr(said, words));
}

static void help_names_every_key(void **state)
{
	static const char keys[] = "hRtdqemgEHOar";
	char line[20];

	press("h");
	says("'h' pressed: show this list");
	for (unsigned int i = 0; keys[i]; i++) {
		snprintf(line, sizeof(line), " key '%c' => ", keys[i]);
		says(line);
	}
	assert_string_equal(press("\x01~"), ""); /* nobody's keys */
}

static void too_many_keys_are_dropped(void **state)
{
	const char *at = press("tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt");
	unsigned int n = 0;

	while ((at = strstr(at, "'t' pressed")) != NULL)
		at++, n++;
	assert_int_equal(n, 32);
	says("CPU0 answered after");
}

static void domains_are_shown(void **state)
{
	struct sched_remote_shutdown s = { .domain_id = 3, .reason = SHUTDOWN_crash };

	press("q");
	says("Domain 1: privileged refs");
	says("Domain 2: refs");
	says("vcpu 2: CPU0 pause_flags");
	(void)on(control, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s, sizeof(s));
	press("q");
	says("Domain 3: shut down refs");
	says("shutdown code 3");
	press("d"); /* registers are the machine's to print */
	says("'d' pressed");
}

static void event_channels_are_shown(void **state)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 3 };
	struct evtchn_bind_interdomain b = { .remote_dom = 2 };
	struct evtchn_bind_virq v = { .virq = VIRQ_TIMER };
	struct evtchn_bind_ipi i = { .vcpu = 1 };
	struct evtchn_bind_pirq p = { .pirq = 17 };

	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));
	b.remote_port = a.port;
	(void)on(other, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b, sizeof(b));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a, sizeof(a));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &v, sizeof(v));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &i, sizeof(i));
	(void)on(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &p, sizeof(p));
	press("e");
	says("Domain 2: 5 ports in use (2-level)");
	says("unbound for d3");
	says("d3 port 1");
	says("d2 port 1");
	says("virq 0");
	says("ipi");
	says("pirq 17");
}

static void grants_in_use_are_shown(void **state)
{
	struct grant_entry_v1 *entry = grant_shared_entry(guest->d->grant_table, 20);
	struct gnttab_map_grant_ref m = { .dom = 2, .ref = 20, .host_addr = 20ul << PAGE_SHIFT,
					  .flags = GNTMAP_device_map | GNTMAP_readonly };

	press("g");
	says("Domain 2: 2 of 4 frames, holds 0 mappings");
	*entry = (struct grant_entry_v1){ GTF_permit_access | GTF_readonly, 1, (uint32_t)guest->pool[20] };
	assert_int_equal(on(control, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, sizeof(m)), 0);
	assert_int_equal(m.status, GNTST_okay);
	press("g");
	says("Domain 1: 2 of 4 frames, holds 1 mappings");
	says("   20: by d1, 1 reading, 0 writing");
}

static void run_queues_and_timers_are_shown(void **state)
{
	struct vcpu_set_periodic_timer p = { .period_ns = 5000000 };

	(void)issue(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, arena(guest, &p, sizeof(p)), 0);
	press("r");
	says("Pool 0: CPUs 0x1, 4 domains");
	says("CPU 0: pool 0 (credit2)");
	says("runs idle");
	press("a");
	says("now ");
	says("  CPU 0: ");
	says("    at ");
}

static void hypercalls_are_counted_with_their_last_error(void **state)
{
	struct vcpu *v = guest->d->vcpu[0];

	/* As the entry path does behind each call. */
	v->hypercall_calls[__HYPERVISOR_memory_op] = 7;
	hyper_cpu.current_vcpu = v;
	assert_int_equal(hypercall_note_error(__HYPERVISOR_memory_op, XENMEM_exchange | 5 << 6, -ENOMEM), -ENOMEM);
	assert_int_equal(hypercall_note_error(__HYPERVISOR_mmu_update, 0x1234, -EINVAL), -EINVAL);
	assert_int_equal(hypercall_note_error(__HYPERVISOR_vcpu_op, 5, -ENOENT), -ENOENT);
	memcpy(guest->arena[0], &(uint32_t){ 42 }, 4);
	assert_int_equal(hypercall_note_error(__HYPERVISOR_domctl, (unsigned long)guest->arena[0], -EPERM), -EPERM);
	assert_int_equal(hypercall_note_error(__HYPERVISOR_iret, 0, -1), -1); /* RAX, not an error */
	assert_int_equal(hypercall_note_error(5000, 0, -ENOSYS), -ENOSYS);
	hyper_cpu.current_vcpu = idle_vcpu[0];
	press("H");
	says("memory_op                               7 calls        1 errors, last -12 of 11");
	says("last -22 of 0");
	says("last -2 of 5");
	says("last -1 of 42");
	says_not("iret");
}

static void the_audit_finds_nothing(void **state)
{
	press("O");
	says("Page-type audit: 0 breaches");
}

static int start(void **state)
{
	setenv("HYPER_LOUD", "1", 1);
	hyper_start();
	console_init();
	keyhandlers_init();
	return 0;
}

static int make(void **state)
{
	hyper_make_guests();
	return 0;
}

#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, make, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(help_names_every_key),
		CASE(too_many_keys_are_dropped),
		CASE(domains_are_shown),
		CASE(event_channels_are_shown),
		CASE(grants_in_use_are_shown),
		CASE(run_queues_and_timers_are_shown),
		CASE(hypercalls_are_counted_with_their_last_error),
		CASE(the_audit_finds_nothing),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
