// SPDX-License-Identifier: MIT
// sources: tests/unit/fake_xen_devices.c dom0-tools/lib/ctrl/*.c dom0-tools/lib/call/*.c dom0-tools/lib/foreignmemory/*.c dom0-tools/lib/toolcore/*.c dom0-tools/lib/toollog/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools/lib/include
// libs: -Wl,--wrap=open,--wrap=close,--wrap=mmap,--wrap=munmap,--wrap=ioctl,--wrap=syscall,--wrap=read,--wrap=write
//
// libxenctrl over a fake hypervisor: what wrappers send, what they give back, and what errors leave behind.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xen/sys/privcmd.h>

#include "fake_xen_devices.h"

#define DOMID 7
#define NR_CPUS 12
#define NR_NODES 2

/* ---- the hypervisor ---- */

static struct xen_domctl domctl;	/* the last one, as it was sent */
static struct xen_sysctl sysctl;
static struct {
	uint64_t op, arg[5];
	uint8_t bytes[512];
} other;				/* the last of another kind, with the structure argument `where` */
static int nr_calls;
static long result;			/* what calls return */
static int fail_first;			/* so many calls fail first, with this error */
static int fail_errno;
static bool check_memory;
static void (*on_domctl)(struct xen_domctl *d);
static void (*on_sysctl)(struct xen_sysctl *s);
static long (*on_other)(uint64_t op, const uint64_t *arg);

static void *structure(uint64_t address, size_t bytes)
{
	void *p = (void *)(uintptr_t)address;

	if (check_memory)
		assert_true(fake_is_hypercall_memory(p, bytes));
	return p;
}

static void answer_physinfo(struct xen_sysctl *s)
{
	s->u.physinfo.max_cpu_id = NR_CPUS - 1;
	s->u.physinfo.max_node_id = NR_NODES - 1;
	s->u.physinfo.nr_cpus = 5;
}

static long answer_domctl(struct xen_domctl *d)
{
	domctl = *d;
	assert_int_equal(d->interface_version, XEN_DOMCTL_INTERFACE_VERSION);
	if (result >= 0 && on_domctl)
		on_domctl(d);
	return result;
}

static long answer_sysctl(struct xen_sysctl *s)
{
	sysctl = *s;
	assert_int_equal(s->interface_version, XEN_SYSCTL_INTERFACE_VERSION);
	if (result >= 0 && s->cmd == XEN_SYSCTL_physinfo)
		answer_physinfo(s);
	if (result >= 0 && on_sysctl)
		on_sysctl(s);
	return result;
}

static long hypervisor(uint64_t op, const uint64_t *arg)
{
	nr_calls++;
	if (fail_first && fail_first--)
		return -fail_errno;
	if (op == __HYPERVISOR_domctl)
		return answer_domctl(structure(arg[0], sizeof(struct xen_domctl)));
	if (op == __HYPERVISOR_sysctl)
		return answer_sysctl(structure(arg[0], sizeof(struct xen_sysctl)));
	other.op = op;
	memcpy(other.arg, arg, sizeof(other.arg));
	return result >= 0 && on_other ? on_other(op, arg) : result;
}

static void forget(void)
{
	memset(&domctl, 0, sizeof(domctl));
	memset(&sysctl, 0, sizeof(sysctl));
	memset(&other, 0, sizeof(other));
	nr_calls = 0;
	result = 0;
	fail_first = 0;
	on_domctl = NULL;
	on_sysctl = NULL;
	on_other = NULL;
}

static char said[256];

static void keep(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
		 const char *format, va_list al)
{
	vsnprintf(said, sizeof(said), format, al);
}

static struct xentoollog_logger quiet = { .vmessage = keep };
static xc_interface *xch;

static int up(void **state)
{
	fake_reset();
	forget();
	said[0] = 0;
	check_memory = true;
	fake.hypercall = hypervisor;
	xch = xc_interface_open(&quiet, NULL, 0);
	return xch ? 0 : -1;
}

/* Whatever happened in a test, nothing may be left. */
static int down(void **state)
{
	fake.map_countdown = -1;
	xc_interface_close(xch);
	return fake.nr_mapped || fake.nr_open[FAKE_PRIVCMD] || fake.nr_open[FAKE_HYPERCALL] ? -1 : 0;
}

/* ---- every wrapper, for what they have in common ---- */

static uint8_t bytes[8192];
static uint64_t words[2048];
static xen_pfn_t frames[2048];
static uint32_t u32[8];
static unsigned int uints[8];
static int ints[8];
static uint64_t u64[4];
static unsigned long longs[4];
static char text[64] = "text";
static vcpu_guest_context_any_t context;
static xc_vcpu_extstate_t extstate = { .size = 64, .buffer = words };
static struct xen_domctl_createdomain config;
static xc_dominfo_t dominfo;
static xc_domaininfo_t domaininfo[4];
static xc_vcpuinfo_t vcpuinfo;
static struct xen_domctl_ext_vcpucontext ext;
static xen_domctl_vcpu_msr_t vcpu_msrs[4];
static xen_cpuid_leaf_t leaves[4];
static xen_msr_entry_t msrs[4];
static struct xen_domctl_sched_credit credit;
static struct xen_domctl_sched_credit2 credit2;
static struct xen_domctl_sched_rtds rtds;
static struct xen_domctl_schedparam_vcpu rtds_vcpus[4];
static struct xen_sysctl_credit_schedule credit_pool;
static struct xen_sysctl_credit2_schedule credit2_pool;
static xc_physinfo_t physinfo;
static xc_cputopo_t cputopo[4];
static xc_meminfo_t meminfo[4];
static physdev_pci_device_t devs[4];
static xc_cpuinfo_t cpuinfo[4];
static struct e820entry e820[4];
static struct xen_reserved_device_memory rdm[4];
static xen_vmemrange_t vmemrange[4];
static struct mmuext_op mmuext;
static struct gnttab_query_size query_size;
static xc_evtchn_status_t evtchn_status;
static xc_psr_hw_info hw_info;

static int sets_of_one(uint32_t *to)
{
	*to = 1;
	return 0;
}
#define ONE(n) (sets_of_one(&u32[n]), &u32[n])
#define UINT(n) (uints[n] = 1, &uints[n])

#define WRAPPERS(X)									\
	X(xc_domain_create(xch, ONE(0), &config))					\
	X(xc_domain_max_vcpus(xch, DOMID, 2))						\
	X(xc_domain_pause(xch, DOMID))							\
	X(xc_domain_unpause(xch, DOMID))						\
	X(xc_domain_destroy(xch, DOMID))						\
	X(xc_domain_shutdown(xch, DOMID, SHUTDOWN_reboot))				\
	X(xc_domain_soft_reset(xch, DOMID))						\
	X(xc_watchdog(xch, 0, 5))							\
	X(xc_domain_getinfo(xch, DOMID, 1, &dominfo))					\
	X(xc_domain_getinfolist(xch, 0, 4, domaininfo))					\
	X(xc_domain_sethandle(xch, DOMID, bytes))					\
	X(xc_domain_send_trigger(xch, DOMID, 1, 2))					\
	X(xc_domain_setdebugging(xch, DOMID, 1))					\
	X(xc_domain_debug_control(xch, DOMID, 1, 2))					\
	X(xc_domain_set_time_offset(xch, DOMID, -5))					\
	X(xc_domain_set_tsc_info(xch, DOMID, 1, 2, 3, 4))				\
	X(xc_domain_get_tsc_info(xch, DOMID, &u32[0], &u64[0], &u32[1], &u32[2]))	\
	X(xc_domain_set_virq_handler(xch, DOMID, 3))					\
	X(xc_domain_set_target(xch, DOMID, 8))						\
	X(xc_domain_subscribe_for_suspend(xch, DOMID, 9))				\
	X(xc_domain_get_guest_width(xch, DOMID, &uints[0]))				\
	X(xc_domain_set_address_size(xch, DOMID, 32))					\
	X(xc_domain_hypercall_init(xch, DOMID, 5))					\
	X(xc_get_cpu_policy_size(xch, &u32[0], &u32[1]))				\
	X(xc_get_system_cpu_policy(xch, 1, ONE(0), leaves, ONE(1), msrs))		\
	X(xc_get_domain_cpu_policy(xch, DOMID, ONE(0), leaves, ONE(1), msrs))		\
	X(xc_set_domain_cpu_policy(xch, DOMID, 1, leaves, 1, msrs, NULL, NULL, NULL))	\
	X(xc_get_cpu_featureset(xch, 1, ONE(0), &u32[1]))				\
	X(xc_evtchn_alloc_unbound(xch, DOMID, 0))					\
	X(xc_evtchn_reset(xch, DOMID))							\
	X(xc_evtchn_status(xch, &evtchn_status))					\
	X(xc_hvm_param_set(xch, DOMID, 1, 2))						\
	X(xc_hvm_param_get(xch, DOMID, 1, &u64[0]))					\
	X(xc_set_hvm_param(xch, DOMID, 1, 2))						\
	X(xc_get_hvm_param(xch, DOMID, 1, &longs[0]))					\
	X(xc_domain_hvm_getcontext(xch, DOMID, bytes, 64))				\
	X(xc_domain_hvm_getcontext_partial(xch, DOMID, 1, 2, bytes, 64))		\
	X(xc_domain_hvm_setcontext(xch, DOMID, bytes, 64))				\
	X(xc_flask_load(xch, text, 4))							\
	X(xc_flask_context_to_sid(xch, text, 4, &u32[0]))				\
	X(xc_flask_sid_to_context(xch, 1, text, 4))					\
	X(xc_flask_getenforce(xch))							\
	X(xc_flask_setenforce(xch, 1))							\
	X(xc_flask_relabel_domain(xch, DOMID, 1))					\
	X(xc_get_online_cpus(xch))							\
	X(xc_vcpu_setcontext(xch, DOMID, 1, &context))					\
	X(xc_vcpu_getcontext(xch, DOMID, 1, &context))					\
	X(xc_vcpu_get_extstate(xch, DOMID, 1, (extstate.size = 64, &extstate)))		\
	X(xc_vcpu_set_extstate(xch, DOMID, 1, (extstate.size = 64, &extstate)))		\
	X(xc_vcpu_get_ext_context(xch, DOMID, 1, &ext))					\
	X(xc_vcpu_set_ext_context(xch, DOMID, 1, &ext))					\
	X(xc_vcpu_get_msrs(xch, DOMID, 1, ONE(0), vcpu_msrs))				\
	X(xc_vcpu_set_msrs(xch, DOMID, 1, 2, vcpu_msrs))				\
	X(xc_vcpu_getinfo(xch, DOMID, 1, &vcpuinfo))					\
	X(xc_domain_get_cpu_usage(xch, DOMID, 1))					\
	X(xc_vcpu_setaffinity(xch, DOMID, 1, bytes, bytes, 3))				\
	X(xc_vcpu_getaffinity(xch, DOMID, 1, bytes, bytes, 3))				\
	X(xc_domain_node_setaffinity(xch, DOMID, bytes))				\
	X(xc_domain_node_getaffinity(xch, DOMID, bytes))				\
	X(xc_domain_setmaxmem(xch, DOMID, 1024))					\
	X(xc_domain_set_memmap_limit(xch, DOMID, 1024))					\
	X(xc_domain_set_memory_map(xch, DOMID, e820, 4))				\
	X(xc_get_machine_memory_map(xch, e820, 4))					\
	X(xc_reserved_device_memory_map(xch, 0, 1, 2, 3, rdm, ONE(0)))			\
	X(xc_domain_increase_reservation(xch, DOMID, 4, 0, 0, frames))			\
	X(xc_domain_decrease_reservation(xch, DOMID, 4, 0, frames))			\
	X(xc_domain_populate_physmap(xch, DOMID, 4, 0, 0, frames))			\
	X(xc_domain_claim_pages(xch, DOMID, 4))						\
	X(xc_domain_set_pod_target(xch, DOMID, 4, NULL, NULL, NULL))			\
	X(xc_domain_get_pod_target(xch, DOMID, u64, u64, u64))				\
	X(xc_domain_add_to_physmap(xch, DOMID, 1, 2, 3))				\
	X(xc_domain_add_to_physmap_batch(xch, DOMID, 0, 1, 2, words, frames, ints))	\
	X(xc_domain_remove_from_physmap(xch, DOMID, 3))					\
	X(xc_domain_maximum_gpfn(xch, DOMID, frames))					\
	X(xc_domain_nr_gpfns(xch, DOMID, frames))					\
	X(xc_maximum_ram_page(xch, longs))						\
	X(xc_machphys_mfn_list(xch, 4, frames))						\
	X(xc_availheap(xch, 0, 0, -1, u64))						\
	X(xc_sharing_freed_pages(xch))							\
	X(xc_sharing_used_frames(xch))							\
	X(xc_domain_setvnuma(xch, DOMID, 2, 2, 2, vmemrange, uints, uints, uints))	\
	X(xc_domain_getvnuma(xch, DOMID, ONE(0), ONE(1), ONE(2), vmemrange, uints, uints)) \
	X(xc_get_pfn_type_batch(xch, DOMID, 4, frames))					\
	X(xc_mmuext_op(xch, &mmuext, 1, DOMID))						\
	X(xc_shadow_control(xch, DOMID, 0, NULL, 0))					\
	X(xc_logdirty_control(xch, DOMID, 0, NULL, 0, 0, NULL))				\
	X(xc_get_paging_mempool_size(xch, DOMID, u64))					\
	X(xc_set_paging_mempool_size(xch, DOMID, 4096))					\
	X(xc_domain_p2m_audit(xch, DOMID, u64, u64, u64))				\
	X(xc_set_broken_page_p2m(xch, DOMID, 5))					\
	X(xc_domain_set_access_required(xch, DOMID, 1))					\
	X(xc_gnttab_query_size(xch, &query_size))					\
	X(xc_gnttab_get_version(xch, DOMID))						\
	X(xc_sched_id(xch, ints))							\
	X(xc_sched_credit_domain_set(xch, DOMID, &credit))				\
	X(xc_sched_credit_domain_get(xch, DOMID, &credit))				\
	X(xc_sched_credit_params_set(xch, 0, &credit_pool))				\
	X(xc_sched_credit_params_get(xch, 0, &credit_pool))				\
	X(xc_sched_credit2_domain_set(xch, DOMID, &credit2))				\
	X(xc_sched_credit2_domain_get(xch, DOMID, &credit2))				\
	X(xc_sched_credit2_params_set(xch, 0, &credit2_pool))				\
	X(xc_sched_credit2_params_get(xch, 0, &credit2_pool))				\
	X(xc_sched_rtds_domain_set(xch, DOMID, &rtds))					\
	X(xc_sched_rtds_domain_get(xch, DOMID, &rtds))					\
	X(xc_sched_rtds_vcpu_set(xch, DOMID, rtds_vcpus, 4))				\
	X(xc_sched_rtds_vcpu_get(xch, DOMID, rtds_vcpus, 4))				\
	X(xc_cpupool_create(xch, ONE(0), 6))						\
	X(xc_cpupool_destroy(xch, 1))							\
	X(xc_cpupool_addcpu(xch, 1, -1))						\
	X(xc_cpupool_removecpu(xch, 1, 3))						\
	X(xc_cpupool_movedomain(xch, 1, DOMID))						\
	X(xc_version(xch, XENVER_version, NULL))					\
	X(xc_version(xch, XENVER_extraversion, text))					\
	X(xc_physinfo(xch, &physinfo))							\
	X(xc_cputopoinfo(xch, UINT(0), cputopo))					\
	X(xc_numainfo(xch, UINT(0), meminfo, u32))					\
	X(xc_pcitopoinfo(xch, 4, devs, u32))						\
	X(xc_getcpuinfo(xch, 4, cpuinfo, ints))						\
	X(xc_readconsolering(xch, text, UINT(0), 0, 0, NULL))				\
	X(xc_send_debug_keys(xch, "h"))							\
	X(xc_perfc_reset(xch))								\
	X(xc_perfc_query_number(xch, ints, ints))					\
	X(xc_lockprof_reset(xch))							\
	X(xc_lockprof_query_number(xch, u32))						\
	X(xc_tbuf_enable(xch, 1, longs, longs))						\
	X(xc_tbuf_disable(xch))								\
	X(xc_tbuf_set_size(xch, 1))							\
	X(xc_tbuf_get_size(xch, longs))							\
	X(xc_tbuf_set_cpu_mask(xch, bytes))						\
	X(xc_tbuf_set_evt_mask(xch, 1))							\
	X(xc_cpu_online(xch, 1))							\
	X(xc_cpu_offline(xch, 1))							\
	X(xc_smt_enable(xch))								\
	X(xc_smt_disable(xch))								\
	X(xc_psr_cmt_attach(xch, DOMID))						\
	X(xc_psr_cmt_detach(xch, DOMID))						\
	X(xc_psr_cmt_get_domain_rmid(xch, DOMID, u32))					\
	X(xc_psr_cmt_get_total_rmid(xch, u32))						\
	X(xc_psr_cmt_get_l3_upscaling_factor(xch, u32))					\
	X(xc_psr_cmt_get_l3_event_mask(xch, u32))					\
	X(xc_psr_cmt_get_l3_cache_size(xch, 0, u32))					\
	X(xc_psr_set_domain_data(xch, DOMID, XC_PSR_CAT_L3_CBM, 0, 1))			\
	X(xc_psr_get_domain_data(xch, DOMID, XC_PSR_CAT_L3_CBM, 0, u64))		\
	X(xc_psr_get_hw_info(xch, 0, XC_PSR_CAT_L3, &hw_info))				\
	X(xc_domain_ioport_permission(xch, DOMID, 1, 2, 1))				\
	X(xc_domain_irq_permission(xch, DOMID, 1, true))				\
	X(xc_domain_iomem_permission(xch, DOMID, 1, 2, 1))				\
	X(xc_domain_memory_mapping(xch, DOMID, 1, 2, 3, DPCI_REMOVE_MAPPING))		\
	X(xc_domain_ioport_mapping(xch, DOMID, 1, 2, 3, 1))				\
	X(xc_physdev_map_pirq(xch, DOMID, 1, ints))					\
	X(xc_physdev_map_pirq_msi(xch, DOMID, 1, ints, 2, 3, 4, 5))			\
	X(xc_physdev_unmap_pirq(xch, DOMID, 1))						\
	X(xc_assign_device(xch, DOMID, 1, 0))						\
	X(xc_test_assign_device(xch, DOMID, 1))						\
	X(xc_deassign_device(xch, DOMID, 1))						\
	X(xc_get_device_group(xch, DOMID, 1, 4, u32, &u32[1]))				\
	X(xc_assign_dt_device(xch, DOMID, text))					\
	X(xc_domain_bind_pt_pci_irq(xch, DOMID, 1, 2, 3, 4))				\
	X(xc_domain_bind_pt_isa_irq(xch, DOMID, 1))					\
	X(xc_domain_unbind_pt_irq(xch, DOMID, 1, PT_IRQ_TYPE_PCI, 1, 2, 3, 4))		\
	X(xc_domain_update_msi_irq(xch, DOMID, 1, 2, 3, 4))				\
	X(xc_domain_unbind_msi_irq(xch, DOMID, 1, 2, 3))				\
	X(xc_cpupool_getinfo(xch, 0) ? 0 : -1)						\
	X(xc_cpupool_freeinfo(xch) ? 0 : -1)

#define NAME(call) #call,
static const char *const wrapper_name[] = { WRAPPERS(NAME) };
#define NR_WRAPPERS ((int)(sizeof(wrapper_name) / sizeof(wrapper_name[0])))
#define LAST_TWO_ALLOCATE 2

enum { FIRST_CASE = __COUNTER__ + 1 };
static long call_wrapper(int number)
{
#define CASE(call) case __COUNTER__ - FIRST_CASE: return (long)(call);
	switch (number) {
	WRAPPERS(CASE)
	}
	return -2;
}

static void every_wrapper_passes_errors_on(void **state)
{
	assert_int_equal(xc_get_max_cpus(xch), NR_CPUS);
	result = -EPERM;
	for (int i = 0; i < NR_WRAPPERS; i++) {
		errno = 0;
		nr_calls = 0;
		if (call_wrapper(i) != -1 || errno != EPERM || !nr_calls)
			fail_msg("%s: errno %d after %d calls", wrapper_name[i], errno, nr_calls);
	}
}

static void every_wrapper_survives_lack_of_memory(void **state)
{
	for (int i = 0; i < NR_WRAPPERS - LAST_TWO_ALLOCATE; i++) {
		for (int n = 0; n < 8; n++) {
			xc_interface *fresh = xc_interface_open(&quiet, NULL, 0), *kept = xch;
			long rc;

			xch = fresh;	/* whose cache of pages is empty */
			fake.map_countdown = n;
			rc = call_wrapper(i);
			if (rc < 0 && errno != ENOMEM)
				fail_msg("%s: errno %d", wrapper_name[i], errno);
			fake.map_countdown = -1;
			xc_interface_close(fresh);
			xch = kept;
			if (fake.nr_mapped > 20)
				fail_msg("%s: leaks", wrapper_name[i]);
		}
	}
}

static void a_dummy_handle_calls_nobody(void **state)
{
	xc_interface *dummy = xc_interface_open(&quiet, NULL, XC_OPENFLAG_DUMMY);

	assert_int_equal(xc_domain_pause(dummy, 1), -1);
	assert_int_equal(errno, ENOTCONN);
	assert_int_equal(xc_interface_close(dummy), 0);
	assert_int_equal(xc_interface_close(NULL), 0);
}

/* ---- domctls without buffers: the whole structure ---- */

#define SENDS(call, command, ...) do {							\
	struct xen_domctl expected_;							\
	forget();									\
	assert_int_equal(call, 0);							\
	memset(&expected_, 0, sizeof(expected_));					\
	expected_ = (struct xen_domctl){ .cmd = command, .domain = DOMID,		\
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION, __VA_ARGS__ };	\
	assert_memory_equal(&domctl, &expected_, sizeof(domctl));			\
} while (0)

static void plain_domctls(void **state)
{
	SENDS(xc_domain_pause(xch, DOMID), XEN_DOMCTL_pausedomain);
	SENDS(xc_domain_unpause(xch, DOMID), XEN_DOMCTL_unpausedomain);
	SENDS(xc_domain_destroy(xch, DOMID), XEN_DOMCTL_destroydomain);
	SENDS(xc_domain_soft_reset(xch, DOMID), XEN_DOMCTL_soft_reset);
	SENDS(xc_domain_max_vcpus(xch, DOMID, 3), XEN_DOMCTL_max_vcpus, .u.max_vcpus.max = 3);
	SENDS(xc_domain_setmaxmem(xch, DOMID, 5ull << 40), XEN_DOMCTL_max_mem, .u.max_mem.max_memkb = 5ull << 40);
	SENDS(xc_domain_send_trigger(xch, DOMID, 3, 1), XEN_DOMCTL_sendtrigger,
	      .u.sendtrigger = { .trigger = 3, .vcpu = 1 });
	SENDS(xc_domain_setdebugging(xch, DOMID, 256), XEN_DOMCTL_setdebugging, .u.setdebugging.enable = 1);
	SENDS(xc_domain_debug_control(xch, DOMID, 1, 4), XEN_DOMCTL_debug_op, .u.debug_op = { .op = 1, .vcpu = 4 });
	SENDS(xc_domain_set_time_offset(xch, DOMID, -3600), XEN_DOMCTL_settimeoffset,
	      .u.settimeoffset.time_offset_seconds = -3600);
	SENDS(xc_domain_set_tsc_info(xch, DOMID, 1, 2, 3, 4), XEN_DOMCTL_settscinfo,
	      .u.tsc_info = { .tsc_mode = 1, .elapsed_nsec = 2, .gtsc_khz = 3, .incarnation = 4 });
	SENDS(xc_domain_set_virq_handler(xch, DOMID, 3), XEN_DOMCTL_set_virq_handler, .u.set_virq_handler.virq = 3);
	SENDS(xc_domain_set_target(xch, DOMID, 9), XEN_DOMCTL_set_target, .u.set_target.target = 9);
	SENDS(xc_domain_subscribe_for_suspend(xch, DOMID, 9), XEN_DOMCTL_subscribe, .u.subscribe.port = 9);
	SENDS(xc_domain_set_address_size(xch, DOMID, 32), XEN_DOMCTL_set_address_size, .u.address_size.size = 32);
	SENDS(xc_domain_hypercall_init(xch, DOMID, 77), XEN_DOMCTL_hypercall_init, .u.hypercall_init.gmfn = 77);
	SENDS(xc_domain_ioport_permission(xch, DOMID, 1, 2, 3), XEN_DOMCTL_ioport_permission,
	      .u.ioport_permission = { .first_port = 1, .nr_ports = 2, .allow_access = 1 });
	SENDS(xc_domain_irq_permission(xch, DOMID, 5, true), XEN_DOMCTL_irq_permission,
	      .u.irq_permission = { .pirq = 5, .allow_access = 1 });
	SENDS(xc_domain_iomem_permission(xch, DOMID, 5, 6, 1), XEN_DOMCTL_iomem_permission,
	      .u.iomem_permission = { .first_mfn = 5, .nr_mfns = 6, .allow_access = 1 });
	SENDS(xc_domain_ioport_mapping(xch, DOMID, 1, 2, 3, 1), XEN_DOMCTL_ioport_mapping,
	      .u.ioport_mapping = { .first_gport = 1, .first_mport = 2, .nr_ports = 3, .add_mapping = 1 });
	SENDS(xc_set_paging_mempool_size(xch, DOMID, 4096), XEN_DOMCTL_set_paging_mempool_size,
	      .u.paging_mempool.size = 4096);
	SENDS(xc_set_broken_page_p2m(xch, DOMID, 4), XEN_DOMCTL_set_broken_page_p2m, .u.set_broken_page_p2m.pfn = 4);
	SENDS(xc_domain_set_access_required(xch, DOMID, 2), XEN_DOMCTL_set_access_required,
	      .u.access_required.access_required = 1);
	SENDS(xc_assign_device(xch, DOMID, 0x123, 1), XEN_DOMCTL_assign_device,
	      .u.assign_device = { .flags = 1, .u.pci.machine_sbdf = 0x123 });
	SENDS(xc_deassign_device(xch, DOMID, 0x123), XEN_DOMCTL_deassign_device,
	      .u.assign_device.u.pci.machine_sbdf = 0x123);
	SENDS(xc_test_assign_device(xch, DOMID, 0x123), XEN_DOMCTL_test_assign_device,
	      .u.assign_device.u.pci.machine_sbdf = 0x123);
	SENDS(xc_psr_cmt_attach(xch, DOMID), XEN_DOMCTL_psr_cmt_op, .u.psr_cmt_op.cmd = 1);
	SENDS(xc_psr_set_domain_data(xch, DOMID, XC_PSR_MBA_THRTL, 2, 9), XEN_DOMCTL_psr_alloc,
	      .u.psr_alloc = { .cmd = XEN_DOMCTL_PSR_SET_MBA_THRTL, .target = 2, .data = 9 });
	SENDS(xc_domain_bind_pt_pci_irq(xch, DOMID, 9, 1, 2, 3), XEN_DOMCTL_bind_pt_irq,
	      .u.bind_pt_irq = { .machine_irq = 9, .irq_type = PT_IRQ_TYPE_PCI,
				 .u.pci = { .bus = 1, .device = 2, .intx = 3 } });
	SENDS(xc_domain_update_msi_irq(xch, DOMID, 0x40, 9, 3, 5), XEN_DOMCTL_bind_pt_irq,
	      .u.bind_pt_irq = { .machine_irq = 9, .irq_type = PT_IRQ_TYPE_MSI,
				 .u.msi = { .gvec = 0x40, .gflags = 3, .gtable = 5 } });
	credit2 = (struct xen_domctl_sched_credit2){ .weight = 512, .cap = 50 };
	SENDS(xc_sched_credit2_domain_set(xch, DOMID, &credit2), XEN_DOMCTL_scheduler_op,
	      .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2, .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
				  .u.credit2 = { .weight = 512, .cap = 50 } });
	assert_int_equal(xc_domain_bind_pt_irq(xch, DOMID, 1, PT_IRQ_TYPE_MSI, 0, 0, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
}

static void new_domain(struct xen_domctl *d)
{
	assert_int_equal(d->u.createdomain.max_vcpus, 4);
	d->domain = 55;
	d->u.createdomain.arch.emulation_flags = 1;
}

static void create_gives_number_and_configuration(void **state)
{
	struct xen_domctl_createdomain wanted = { .max_vcpus = 4 };
	uint32_t domid = 0;

	on_domctl = new_domain;
	assert_int_equal(xc_domain_create(xch, &domid, &wanted), 0);
	assert_int_equal(domid, 55);
	assert_int_equal(wanted.arch.emulation_flags, 1);
	result = -EEXIST;
	assert_int_equal(xc_domain_create(xch, &domid, &wanted), -1);
	assert_int_equal(domid, 55);
}

static void destroy_goes_on_until_done(void **state)
{
	fail_first = 5;
	fail_errno = ERESTART;
	assert_int_equal(xc_domain_destroy(xch, DOMID), 0);
	assert_int_equal(nr_calls, 6);
	fail_first = 1;
	fail_errno = ESRCH;
	assert_int_equal(xc_domain_destroy(xch, DOMID), -1);
	assert_int_equal(errno, ESRCH);
}

/* Domains 3 and 5 exist. */
static void two_domains(struct xen_domctl *d)
{
	if (d->domain > 5) {
		errno = 0;
		result = -ESRCH;
		return;
	}
	d->u.getdomaininfo.domain = d->domain <= 3 ? 3 : 5;
	d->u.getdomaininfo.flags = XEN_DOMINF_shutdown | XEN_DOMINF_xs_domain |
				   SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
	d->u.getdomaininfo.max_pages = 1000;
	d->u.getdomaininfo.tot_pages = 900;
	d->u.getdomaininfo.cpupool = 2;
	d->u.getdomaininfo.handle[15] = 0xab;
}

static void domains_are_listed(void **state)
{
	xc_dominfo_t info[4];

	on_domctl = two_domains;
	assert_int_equal(xc_domain_getinfo(xch, 0, 4, info), 2);
	assert_int_equal(info[0].domid, 3);
	assert_int_equal(info[1].domid, 5);
	assert_int_equal(info[0].shutdown, 0);
	assert_int_equal(info[0].crashed, 1);
	assert_int_equal(info[0].xenstore, 1);
	assert_int_equal(info[0].max_memkb, 4000);
	assert_int_equal(info[0].nr_pages, 900);
	assert_int_equal(info[0].cpupool, 2);
	assert_int_equal(info[0].handle[15], 0xab);
	result = 0;
	assert_int_equal(xc_domain_getinfo(xch, 6, 1, info), -1);
	assert_int_equal(errno, ESRCH);
}

static void fill_list(struct xen_sysctl *s)
{
	struct xen_domctl_getdomaininfo *list =
		structure((uintptr_t)s->u.getdomaininfolist.buffer.p, 3 * sizeof(*list));

	assert_int_equal(s->u.getdomaininfolist.first_domain, 2);
	assert_int_equal(s->u.getdomaininfolist.max_domains, 3);
	list[1].domain = 9;
	s->u.getdomaininfolist.num_domains = 2;
}

static void domains_are_listed_at_once(void **state)
{
	xc_domaininfo_t list[4];

	memset(list, 0x5a, sizeof(list));
	on_sysctl = fill_list;
	assert_int_equal(xc_domain_getinfolist(xch, 2, 3, list), 2);
	assert_int_equal(list[1].domain, 9);
	assert_int_equal(list[3].domain, 0x5a5a);	/* beyond the room */
}

/* ---- buffers ---- */

static void narrow_maps(struct xen_domctl *d)
{
	uint8_t *hard = structure((uintptr_t)d->u.vcpuaffinity.cpumap_hard.bitmap.p, 2);

	assert_int_equal(d->u.vcpuaffinity.cpumap_hard.nr_bits, 16);
	assert_null(d->u.vcpuaffinity.cpumap_soft.bitmap.p);
	assert_int_equal(hard[0], 0xf0);
	hard[0] = 0x30;
}

static void affinity_maps_go_both_ways(void **state)
{
	uint8_t map[3] = { 0xf0, 0x0f, 0x77 };

	assert_int_equal(xc_get_cpumap_size(xch), 2);
	assert_int_equal(xc_get_nodemap_size(xch), 1);
	assert_int_equal(xc_get_online_cpus(xch), 5);
	on_domctl = narrow_maps;
	assert_int_equal(xc_vcpu_setaffinity(xch, DOMID, 1, map, NULL, XEN_VCPUAFFINITY_HARD), 0);
	assert_int_equal(map[0], 0x30);
	assert_int_equal(map[2], 0x77);
	assert_int_equal(xc_vcpu_setaffinity(xch, DOMID, 1, map, NULL, XEN_VCPUAFFINITY_SOFT), -1);
	assert_int_equal(errno, EINVAL);
}

static void cpu_maps(void **state)
{
	xc_cpumap_t map = xc_cpumap_alloc(xch);
	xc_nodemap_t nodes = xc_nodemap_alloc(xch);

	assert_int_equal(xc_cpumap_testcpu(9, map), 0);
	xc_cpumap_setcpu(9, map);
	assert_int_equal(map[1], 2);
	assert_int_equal(xc_cpumap_testcpu(9, map), 1);
	xc_cpumap_clearcpu(9, map);
	assert_int_equal(map[1], 0);
	free(map);
	free(nodes);
}

static void check_context(struct xen_domctl *d)
{
	vcpu_guest_context_any_t *c = structure((uintptr_t)d->u.vcpucontext.ctxt.p, sizeof(*c));

	if (d->cmd == XEN_DOMCTL_getvcpucontext)
		c->c.user_regs.rip = 1234;
	else
		assert_int_equal(c->c.user_regs.rip, 1234);
}

static void registers_travel(void **state)
{
	on_domctl = check_context;
	assert_int_equal(xc_vcpu_getcontext(xch, DOMID, 1, &context), 0);
	assert_int_equal(context.c.user_regs.rip, 1234);
	assert_int_equal(xc_vcpu_setcontext(xch, DOMID, 1, &context), 0);
	assert_int_equal(domctl.u.vcpucontext.vcpu, 1);
	on_domctl = NULL;
	assert_int_equal(xc_vcpu_setcontext(xch, DOMID, 1, NULL), 0);
	assert_null(domctl.u.vcpucontext.ctxt.p);
}

static void suspended(struct xen_domctl *d)
{
	vcpu_guest_context_any_t *c;

	switch (d->cmd) {
	case XEN_DOMCTL_getdomaininfo:
		d->u.getdomaininfo.domain = DOMID;
		d->u.getdomaininfo.flags = XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift;
		break;
	case XEN_DOMCTL_get_address_size:
		d->u.address_size.size = 64;
		break;
	case XEN_DOMCTL_setvcpucontext:
		c = structure((uintptr_t)d->u.vcpucontext.ctxt.p, sizeof(*c));
		assert_int_equal(c->x64.user_regs.rax, 1);
	}
}

static void resume_tells_the_guest(void **state)
{
	on_domctl = suspended;
	assert_int_equal(xc_domain_resume(xch, DOMID, 1), 0);
	assert_int_equal(domctl.cmd, XEN_DOMCTL_resumedomain);
	assert_int_equal(xc_domain_resume(xch, DOMID, 0), -1);
	assert_int_equal(errno, EOPNOTSUPP);
}

/* Capture of memory_op and its kin: argument 1 is the structure. */
static long put_frames(uint64_t op, const uint64_t *arg)
{
	struct xen_memory_reservation *r = structure(arg[1], sizeof(*r));
	xen_pfn_t *list = structure((uintptr_t)r->extent_start.p, r->nr_extents * sizeof(*list));

	assert_int_equal(op, __HYPERVISOR_memory_op);
	assert_int_equal(arg[0], XENMEM_populate_physmap);
	assert_int_equal(r->domid, DOMID);
	assert_int_equal(r->extent_order, 9);
	assert_int_equal(r->mem_flags, XENMEMF_node(1));
	for (unsigned long i = 0; i < r->nr_extents; i++)
		list[i] += 1000;
	return (long)r->nr_extents - (r->nr_extents == 4);
}

static void memory_is_populated(void **state)
{
	xen_pfn_t list[5] = { 1, 2, 3, 4, 5 };

	on_other = put_frames;
	assert_int_equal(xc_domain_populate_physmap_exact(xch, DOMID, 3, 9, XENMEMF_node(1), list), 0);
	assert_int_equal(list[2], 1003);
	assert_int_equal(list[3], 4);
	assert_int_equal(xc_domain_populate_physmap(xch, DOMID, 4, 9, XENMEMF_node(1), list), 3);
	assert_int_equal(xc_domain_populate_physmap_exact(xch, DOMID, 4, 9, XENMEMF_node(1), list), -1);
	assert_int_equal(errno, EBUSY);
	assert_non_null(strstr(said, "only 3 of 4"));
	assert_non_null(strstr(xc_get_last_error(xch)->message, "only 3 of 4"));
	assert_int_equal(xc_domain_populate_physmap(xch, DOMID, 1, 0, 0, NULL), -1);
	assert_int_equal(xc_domain_decrease_reservation(xch, DOMID, 1, 0, NULL), -1);
	assert_int_equal(xc_domain_populate_physmap(xch, DOMID, 1ul << 40, 0, 0, list), -1);
	assert_int_equal(errno, EINVAL);
	xc_clear_last_error(xch);
	assert_int_equal(xc_get_last_error(xch)->code, XC_ERROR_NONE);
}

static long big_number(uint64_t op, const uint64_t *arg)
{
	return 1l << 35;
}

static void large_results_are_whole(void **state)
{
	on_other = big_number;
	assert_int_equal(xc_maximum_ram_page(xch, longs), 0);
	assert_int_equal(longs[0], 1ul << 35);
	assert_int_equal(xc_domain_nr_gpfns(xch, DOMID, frames), 0);
	assert_int_equal(frames[0], (1ul << 35) + 1);
}

static long check_e820(uint64_t op, const uint64_t *arg)
{
	struct xen_foreign_memory_map *map = structure(arg[1], sizeof(*map));
	struct e820entry *entry = structure((uintptr_t)map->map.buffer.p, sizeof(*entry));

	assert_int_equal(arg[0], XENMEM_set_memory_map);
	assert_int_equal(map->map.nr_entries, 1);
	assert_int_equal(entry->size, 2048 * 1024);
	assert_int_equal(entry->type, E820_RAM);
	return 0;
}

static void memory_map_of_one_piece(void **state)
{
	on_other = check_e820;
	assert_int_equal(xc_domain_set_memmap_limit(xch, DOMID, 2048), 0);
}

static void type_frames(struct xen_domctl *d)
{
	xen_pfn_t *list = structure((uintptr_t)d->u.getpageframeinfo3.array.p,
				    d->u.getpageframeinfo3.num * sizeof(*list));

	assert_in_range(d->u.getpageframeinfo3.num, 1, 1024);
	for (unsigned int i = 0; i < d->u.getpageframeinfo3.num; i++)
		list[i] |= XEN_DOMCTL_PFINFO_L1TAB;
}

static void types_come_in_batches(void **state)
{
	memset(frames, 0, sizeof(frames));
	on_domctl = type_frames;
	assert_int_equal(xc_get_pfn_type_batch(xch, DOMID, 2047, frames), 0);
	assert_int_equal(nr_calls, 2);
	assert_int_equal(frames[2046], XEN_DOMCTL_PFINFO_L1TAB);
	assert_int_equal(frames[2047], 0);
	assert_int_equal(xc_get_pfn_type_batch(xch, DOMID, 0, frames), 0);
}

static void dirty_pages(struct xen_domctl *d)
{
	structure((uintptr_t)d->u.shadow_op.dirty_bitmap.p, 8);
	d->u.shadow_op.dirty_bitmap.p[0] = 0x81;
	d->u.shadow_op.pages = 60;
	d->u.shadow_op.stats.dirty_count = 2;
}

static void dirty_bitmap_in_a_callers_buffer(void **state)
{
	DECLARE_HYPERCALL_BUFFER(uint8_t, bitmap);
	xc_shadow_op_stats_t stats;

	bitmap = xc_hypercall_buffer_alloc(xch, bitmap, 8);
	on_domctl = dirty_pages;
	assert_int_equal(xc_logdirty_control(xch, DOMID, XEN_DOMCTL_SHADOW_OP_CLEAN, HYPERCALL_BUFFER(bitmap), 64, 0,
					     &stats), 60);
	assert_int_equal(bitmap[0], 0x81);
	assert_int_equal(stats.dirty_count, 2);
	xc_hypercall_buffer_free(xch, bitmap);
	xc_hypercall_buffer_free(xch, bitmap);	/* nothing happens */
}

static void buffers_bounce(void **state)
{
	char user[100] = "in";
	xc_hypercall_buffer_t b = { .dir = XC_HYPERCALL_BUFFER_BOUNCE_BOTH, .ubuf = user, .sz = sizeof(user) };
	xc_hypercall_buffer_t nothing = { HYPERCALL_BUFFER_INIT_NO_BOUNCE };
	xc_hypercall_buffer_t null = { .dir = XC_HYPERCALL_BUFFER_BOUNCE_IN, .ubuf = NULL, .sz = 5 };
	DECLARE_HYPERCALL_BUFFER(char, pages);

	assert_int_equal(xc__hypercall_bounce_pre(xch, &b), 0);
	assert_string_equal(b.hbuf, "in");
	assert_true(fake_is_hypercall_memory(b.hbuf, sizeof(user)));
	strcpy(b.hbuf, "out");
	xc__hypercall_bounce_post(xch, &b);
	assert_string_equal(user, "out");
	assert_int_equal(xc__hypercall_bounce_pre(xch, &nothing), -1);
	xc__hypercall_bounce_post(xch, &nothing);
	assert_int_equal(xc__hypercall_bounce_pre(xch, &null), 0);
	assert_null(null.hbuf);
	xc__hypercall_bounce_post(xch, &null);
	pages = xc_hypercall_buffer_alloc_pages(xch, pages, 2);
	assert_int_equal((uintptr_t)pages % 4096, 0);
	assert_int_equal(pages[8191], 0);
	xc_hypercall_buffer_free_pages(xch, pages, 2);
	assert_null(xc_hypercall_buffer_alloc_pages(xch, pages, 0));
}

static void ring_text(struct xen_sysctl *s)
{
	assert_int_equal(s->u.readconsole.index, 5);
	assert_int_equal(s->u.readconsole.incremental, 1);
	memcpy(structure((uintptr_t)s->u.readconsole.buffer.p, 32), "hello", 5);
	s->u.readconsole.count = 5;
	s->u.readconsole.index = 10;
}

static void console_is_read_on(void **state)
{
	char buffer[32] = "";
	unsigned int room = sizeof(buffer);
	uint32_t index = 5;

	on_sysctl = ring_text;
	assert_int_equal(xc_readconsolering(xch, buffer, &room, 0, 1, &index), 0);
	assert_int_equal(room, 5);
	assert_int_equal(index, 10);
	assert_string_equal(buffer, "hello");
}

static void host_topology(struct xen_sysctl *s)
{
	if (s->cmd != XEN_SYSCTL_numainfo)
		return;
	if (s->u.numainfo.meminfo.p)
		((xc_meminfo_t *)structure((uintptr_t)s->u.numainfo.meminfo.p, 2 * sizeof(xc_meminfo_t)))[1].memsize = 9;
	if (s->u.numainfo.distance.p)
		((uint32_t *)structure((uintptr_t)s->u.numainfo.distance.p, 16))[3] = 10;
	s->u.numainfo.num_nodes = 2;
}

static void nodes_are_described(void **state)
{
	unsigned int nr = 0;

	on_sysctl = host_topology;
	assert_int_equal(xc_numainfo(xch, &nr, NULL, NULL), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(xc_numainfo(xch, &nr, meminfo, u32), 0);
	assert_int_equal(meminfo[1].memsize, 9);
	assert_int_equal(u32[3], 10);
}

static void pool_of_two(struct xen_sysctl *s)
{
	if (s->cmd != XEN_SYSCTL_cpupool_op)
		return;
	s->u.cpupool_op.cpupool_id = 3;
	s->u.cpupool_op.sched_id = XEN_SCHEDULER_CREDIT2;
	assert_int_equal(s->u.cpupool_op.cpumap.nr_bits, 16);
	((uint8_t *)structure((uintptr_t)s->u.cpupool_op.cpumap.bitmap.p, 2))[1] = 3;
}

static void pools_are_described(void **state)
{
	xc_cpupoolinfo_t *info;
	xc_cpumap_t map;

	on_sysctl = pool_of_two;
	info = xc_cpupool_getinfo(xch, 1);
	assert_non_null(info);
	assert_int_equal(info->cpupool_id, 3);
	assert_int_equal(info->cpumap[1], 3);
	xc_cpupool_infofree(xch, info);
	map = xc_cpupool_freeinfo(xch);
	assert_int_equal(map[1], 3);
	free(map);
	forget();
	fail_first = 1;
	fail_errno = ENOENT;
	assert_null(xc_cpupool_getinfo(xch, 9));
	assert_int_equal(errno, ENOENT);
	fail_first = 2;
	fail_errno = EAGAIN;
	assert_int_equal(xc_cpupool_removecpu(xch, 1, 2), 0);
}

static unsigned long mapped;

/* At most four pages at once, of those the half; nothing from page 100 on. */
static void map_some(struct xen_domctl *d)
{
	result = 0;
	if (d->u.memory_mapping.nr_mfns > 4)
		result = -E2BIG;
	else if (d->u.memory_mapping.add_mapping && d->u.memory_mapping.first_mfn >= 100)
		result = -EPERM;
	else if (d->u.memory_mapping.nr_mfns == 4)
		result = 2;
	if (result >= 0)
		mapped += (d->u.memory_mapping.add_mapping ? 1 : -1) *
			  (result ? (unsigned long)result : d->u.memory_mapping.nr_mfns);
}

static long map_answer(uint64_t op, const uint64_t *arg)
{
	struct xen_domctl *d = structure(arg[0], sizeof(*d));

	map_some(d);
	return result;
}

static void device_memory_is_mapped_in_parts(void **state)
{
	fake.hypercall = map_answer;
	mapped = 0;
	assert_int_equal(xc_domain_memory_mapping(xch, DOMID, 0, 0, 21, DPCI_ADD_MAPPING), 0);
	assert_int_equal(mapped, 21);
	mapped = 0;
	assert_int_equal(xc_domain_memory_mapping(xch, DOMID, 0, 90, 20, DPCI_ADD_MAPPING), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(mapped, 0);
}

static long count_grants(uint64_t op, const uint64_t *arg)
{
	assert_int_equal(op, __HYPERVISOR_grant_table_op);
	assert_int_equal(arg[0], GNTTABOP_query_size);
	assert_int_equal(arg[2], 2);
	((struct gnttab_query_size *)structure(arg[1], 2 * sizeof(query_size)))[1].nr_frames = 6;
	return 0;
}

static grant_entry_v1_t *table_seen;

static long map_grant_table(enum fake_device device, unsigned long request, void *arg)
{
	privcmd_mmap_resource_t *resource = arg;

	if (request != IOCTL_PRIVCMD_MMAP_RESOURCE)
		return -ENOTTY;
	assert_int_equal(resource->dom, DOMID);
	assert_int_equal(resource->type, XENMEM_resource_grant_table);
	assert_int_equal(resource->num, 1);
	/* The mapping goes when the function is done: the same memory under a second address. */
	table_seen = mremap((void *)(uintptr_t)resource->addr, 0, 4096, MREMAP_MAYMOVE);
	return 0;
}

static void grants_are_queried_and_seeded(void **state)
{
	struct gnttab_query_size two[2] = { { 0 } };

	on_other = count_grants;
	assert_int_equal(xc_gnttab_op(xch, GNTTABOP_query_size, two, sizeof(two[0]), 2), 0);
	assert_int_equal(two[1].nr_frames, 6);
	assert_int_equal(xc_gnttab_op(xch, 0, two, -1, 2), -1);
	fake.ioctl = map_grant_table;
	assert_int_equal(xc_dom_gnttab_seed(xch, DOMID, false, 11, 22, 1, 2), 0);
	assert_int_equal(table_seen[GNTTAB_RESERVED_CONSOLE].frame, 11);
	assert_int_equal(table_seen[GNTTAB_RESERVED_CONSOLE].domid, 1);
	assert_int_equal(table_seen[GNTTAB_RESERVED_CONSOLE].flags, GTF_permit_access);
	assert_int_equal(table_seen[GNTTAB_RESERVED_XENSTORE].frame, 22);
	assert_int_equal(table_seen[GNTTAB_RESERVED_XENSTORE].domid, 2);
	munmap(table_seen, 4096);
	assert_int_equal(xc_dom_gnttab_seed(xch, DOMID, false, -1ul, -1ul, 1, 2), 0);
	assert_int_equal(table_seen[GNTTAB_RESERVED_CONSOLE].flags, 0);
	munmap(table_seen, 4096);
	assert_int_equal(xc_dom_gnttab_seed(xch, DOMID, false, 1ul << 40, 22, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	fake.ioctl = NULL;
	assert_int_equal(xc_dom_gnttab_seed(xch, DOMID, false, 11, 22, 0, 0), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_non_null(strstr(xc_get_last_error(xch)->message, "grant table"));
}

static int nr_batches;

static long count_updates(uint64_t op, const uint64_t *arg)
{
	mmu_update_t *updates = structure(arg[0], arg[1] * sizeof(*updates));

	assert_int_equal(op, __HYPERVISOR_mmu_update);
	assert_int_equal(arg[3], DOMID);
	assert_int_equal(updates[0].val, nr_batches ? 1024 : 0);
	nr_batches++;
	return 0;
}

static void table_updates_go_in_batches(void **state)
{
	struct xc_mmu *mmu = xc_alloc_mmu_updates(xch, DOMID);

	nr_batches = 0;
	on_other = count_updates;
	for (unsigned int i = 0; i < 1030; i++)
		assert_int_equal(xc_add_mmu_update(xch, mmu, i * 8, i), 0);
	assert_int_equal(nr_batches, 1);
	assert_int_equal(xc_flush_mmu_updates(xch, mmu), 0);
	assert_int_equal(xc_flush_mmu_updates(xch, mmu), 0);
	assert_int_equal(nr_batches, 2);
	free(mmu);
}

static long tell_version(uint64_t op, const uint64_t *arg)
{
	if (arg[0] == XENVER_version)
		return 4 << 16 | 17;
	if (arg[0] == XENVER_build_id && !arg[1])
		return 20;
	strcpy(structure(arg[1], 16), ".x");
	return 0;
}

static void versions_are_told(void **state)
{
	on_other = tell_version;
	assert_int_equal(xc_version(xch, XENVER_version, NULL), 4 << 16 | 17);
	assert_int_equal(xc_version(xch, XENVER_build_id, NULL), 20);
	assert_int_equal(xc_version(xch, XENVER_extraversion, text), 0);
	assert_string_equal(text, ".x");
	assert_int_equal(xc_version(xch, XENVER_extraversion, NULL), -1);
}

/* Policies of two leaves; the host has hyper-threading and an invariant TSC. */
static void tell_policy(struct xen_sysctl *s)
{
	xen_cpuid_leaf_t *list = s->u.cpu_policy.leaves.p;

	if (s->cmd != XEN_SYSCTL_get_cpu_policy)
		return;
	if (list) {
		structure((uintptr_t)list, 2 * sizeof(*list));
		list[0] = (xen_cpuid_leaf_t){ .leaf = 1 };
		list[1] = (xen_cpuid_leaf_t){ .leaf = 0x80000007, .d = 1u << 8 };
		if (s->u.cpu_policy.index == XEN_SYSCTL_cpu_policy_host)
			list[0].d = 1u << 28;
	}
	s->u.cpu_policy.nr_leaves = 2;
	s->u.cpu_policy.nr_msrs = 0;
}

static int refuse_policy;

static void take_policy(struct xen_domctl *d)
{
	xen_cpuid_leaf_t *list = d->u.cpu_policy.leaves.p;

	if (d->cmd == XEN_DOMCTL_getdomaininfo) {
		d->u.getdomaininfo.domain = DOMID;
		return;
	}
	assert_int_equal(d->cmd, XEN_DOMCTL_set_cpu_policy);
	assert_int_equal(d->u.cpu_policy.nr_leaves, 2);
	assert_int_equal(list[0].d, 1u << 28);
	assert_int_equal(list[1].d, 0);
	if (refuse_policy) {
		d->u.cpu_policy.err_leaf = 0x80000007;
		result = -EINVAL;
	}
}

static void default_policy_is_given(void **state)
{
	on_sysctl = tell_policy;
	on_domctl = take_policy;
	refuse_policy = 0;
	assert_int_equal(xc_cpuid_apply_policy(xch, DOMID, false, NULL, 0, false, false, false, NULL, NULL), 0);
	refuse_policy = 1;
	assert_int_equal(xc_cpuid_apply_policy(xch, DOMID, false, NULL, 0, false, false, false, NULL, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(xc_get_last_error(xch)->message, "80000007"));
	assert_int_equal(xc_cpuid_apply_policy(xch, DOMID, true, NULL, 0, false, false, false, NULL, NULL), -1);
	assert_int_equal(errno, EOPNOTSUPP);
}

static void old_kernels_calls_are_tried_again(void **state)
{
	xc_interface *old;

	fake.open_errno[FAKE_HYPERCALL] = ENOENT;
	check_memory = false;
	old = xc_interface_open(&quiet, NULL, 0);
	fail_first = 3;
	fail_errno = EFAULT;
	assert_int_equal(xc_domain_pause(old, DOMID), 0);
	fail_first = 100;
	assert_int_equal(xc_domain_pause(old, DOMID), -1);
	assert_int_equal(errno, EFAULT);
	xc_interface_close(old);
	/* Where buffers stay, EFAULT is the caller's mistake. */
	fail_first = 1;
	assert_int_equal(xc_domain_pause(xch, DOMID), -1);
}

static void another_interface_version_is_explained(void **state)
{
	result = -EACCES;
	assert_int_equal(xc_domain_pause(xch, DOMID), -1);
	assert_non_null(strstr(xc_get_last_error(xch)->message, "4.17"));
	assert_int_equal(xc_physinfo(xch, &physinfo), -1);
	assert_non_null(strstr(xc_get_last_error(xch)->message, "sysctl 3"));
	assert_string_equal(xc_strerror(xch, ENOENT), "No such file or directory");
	assert_string_equal(xc_error_code_to_desc(99), "unknown error");
}

#define CASE_OF(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_OF(every_wrapper_passes_errors_on),
		CASE_OF(every_wrapper_survives_lack_of_memory),
		CASE_OF(a_dummy_handle_calls_nobody),
		CASE_OF(plain_domctls),
		CASE_OF(create_gives_number_and_configuration),
		CASE_OF(destroy_goes_on_until_done),
		CASE_OF(domains_are_listed),
		CASE_OF(domains_are_listed_at_once),
		CASE_OF(affinity_maps_go_both_ways),
		CASE_OF(cpu_maps),
		CASE_OF(registers_travel),
		CASE_OF(resume_tells_the_guest),
		CASE_OF(memory_is_populated),
		CASE_OF(large_results_are_whole),
		CASE_OF(memory_map_of_one_piece),
		CASE_OF(types_come_in_batches),
		CASE_OF(dirty_bitmap_in_a_callers_buffer),
		CASE_OF(buffers_bounce),
		CASE_OF(console_is_read_on),
		CASE_OF(nodes_are_described),
		CASE_OF(pools_are_described),
		CASE_OF(device_memory_is_mapped_in_parts),
		CASE_OF(grants_are_queried_and_seeded),
		CASE_OF(table_updates_go_in_batches),
		CASE_OF(versions_are_told),
		CASE_OF(default_policy_is_given),
		CASE_OF(old_kernels_calls_are_tried_again),
		CASE_OF(another_interface_version_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
