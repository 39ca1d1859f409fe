// sources: hypervisor/arch/x86/hvm/platform/ioreq.c hypervisor/arch/x86/hvm/platform/ioreq_vcpu.c hypervisor/common/rangeset.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h -Ihypervisor/arch/x86/hvm/platform
/* SPDX-License-Identifier: MIT */
/*
 * Device models as servers: whose ranges get an access, how a vCPU waits and takes its answer, and what happens when the
 * other side forgets, lies or goes away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/event.h>
#include <hv/softirq.h>
#include "ioreq_internal.h"

#define VCPUS 2

static struct domain guest, tools;
static struct vcpu vcpus[VCPUS], caller, *slots[VCPUS];
static struct hvm_vcpu hvms[VCPUS];
static struct hvm_domain hvm;
static struct hvm_platform platform;
static evtchn_consumer *consumer[8];
static unsigned int nr_ports, open_ports_left, notified, woken, crashed, pauses, locks;
static bool no_memory;

__thread struct cpu_info fake_cpu;

/* ---- the rest of the hypervisor ---- */

void *xzalloc_bytes(size_t size)
{
	return no_memory ? NULL : calloc(1, size);
}

void *xzalloc_array_bytes(size_t size, size_t n)
{
	return calloc(n, size);
}

void xfree(void *p)
{
	free(p);
}

void spin_lock_init(spinlock_t *l)
{
	*l = (spinlock_t)SPIN_LOCK_UNLOCKED;
}

void spin_lock(spinlock_t *l)
{
	locks++;
}

void spin_unlock(spinlock_t *l)
{
	locks--;
}

void bug(const char *file, int line, const char *what)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

void domain_pause(struct domain *d)
{
	pauses++;
}

void domain_unpause(struct domain *d)
{
	pauses--;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	crashed++;
}

int evtchn_open_consumer(struct domain *d, uint32_t vcpu_id, domid_t remote, evtchn_consumer *fn, uint32_t *port)
{
	if (!open_ports_left)
		return -ENOSPC;
	open_ports_left--;
	*port = ++nr_ports % 8;
	consumer[*port] = fn;
	return 0;
}

void evtchn_close_consumer(struct domain *d, uint32_t port)
{
	open_ports_left++;
}

void evtchn_notify_consumer(struct domain *d, uint32_t port)
{
	notified = port;
}

void vcpu_wake(struct vcpu *v)
{
	woken++;
}

void raise_softirq(unsigned int nr)
{
}

mfn_t page_to_mfn(const struct page *pg)
{
	return _mfn(7);
}

/* Pages: memory of ours. */
int ioreq_page_make(struct ioreq_server *s, struct ioreq_page *p)
{
	if (!p->va)
		p->va = calloc(1, 4096);
	return 0;
}

int ioreq_page_take_gfn(struct ioreq_server *s, struct ioreq_page *p)
{
	return ioreq_page_make(s, p);
}

void ioreq_page_drop(struct ioreq_server *s, struct ioreq_page *p)
{
	free(p->va);
	p->va = NULL;
}

int ioreq_page_hide(struct ioreq_server *s, struct ioreq_page *p, bool hide)
{
	return 0;
}

/* ---- the machine ---- */

static int start(void **state)
{
	memset(&platform, 0, sizeof(platform));
	memset(hvms, 0, sizeof(hvms));
	memset(vcpus, 0, sizeof(vcpus));
	hvm = (struct hvm_domain){ .platform = &platform };
	guest = (struct domain){ .domain_id = 5, .max_vcpus = VCPUS, .vcpu = slots, .arch.hvm = &hvm };
	tools = (struct domain){ .is_privileged = true };
	for (unsigned int i = 0; i < VCPUS; i++) {
		slots[i] = &vcpus[i];
		vcpus[i].vcpu_id = i;
		vcpus[i].domain = &guest;
		vcpus[i].arch.hvm = &hvms[i];
	}
	caller.domain = &tools;
	fake_cpu.current_vcpu = &caller;
	nr_ports = notified = woken = crashed = 0;
	open_ports_left = 7;
	return 0;
}

static int stop(void **state)
{
	ioreq_destroy_all(&guest);
	return locks || pauses || open_ports_left != 7;
}

static struct ioreq *slot(uint16_t id, unsigned int vcpu)
{
	return ioreq_of(platform.server[id], &vcpus[vcpu]);
}

static uint16_t new_server(void)
{
	uint64_t a, b;
	uint16_t id;
	uint32_t port;

	assert_int_equal(ioreq_create(&guest, HVM_IOREQSRV_BUFIOREQ_ATOMIC, &id), 0);
	assert_int_equal(ioreq_info(&guest, id, true, &a, &b, &port), 0);
	assert_int_equal(ioreq_set_state(&guest, id, true), 0);
	return id;
}

static struct hvm_io_access access_of(uint8_t type, uint8_t dir, uint64_t addr, uint8_t size, uint64_t data)
{
	return (struct hvm_io_access){ .addr = addr, .data = data, .count = 1, .type = type, .size = size, .dir = dir };
}

static bool try_once(unsigned int vcpu, struct hvm_io_access *a)
{
	hvms[vcpu].io.cursor = 0;
	return hvm_io_forward(&vcpus[vcpu], a);
}

static void answer(uint16_t id, unsigned int vcpu, uint64_t data)
{
	slot(id, vcpu)->data = data;
	slot(id, vcpu)->state = STATE_IORESP_READY;
	consumer[platform.server[id]->port[vcpu]](&vcpus[vcpu]);
}

/* ---- cases ---- */

static void an_access_waits_and_finds_its_answer(void **state)
{
	struct hvm_io_access a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x1f0, 2, 0);
	uint16_t id = new_server();

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0x1f0, 0x1f7), 0);
	assert_false(try_once(1, &a));
	assert_true(hvms[1].io.waiting);
	assert_int_equal(notified, platform.server[id]->port[1]);
	assert_int_equal(slot(id, 1)->state, STATE_IOREQ_READY);
	assert_int_equal(slot(id, 1)->addr, 0x1f0);
	assert_int_equal(slot(id, 1)->size, 2);
	assert_int_equal(slot(id, 0)->state, STATE_IOREQ_NONE);
	assert_false(hvm_io_finish(&vcpus[1]));
	assert_true(vcpus[1].pause_flags & 1ul << VPF_IO);
	slot(id, 1)->state = STATE_IOREQ_INPROCESS;
	assert_false(hvm_io_finish(&vcpus[1]));
	answer(id, 1, 0xbeef);
	assert_int_equal(woken, 1);
	assert_int_equal(vcpus[1].pause_flags, 0);
	assert_true(hvm_io_finish(&vcpus[1]));
	assert_true(hvms[1].io.resume);
	assert_int_equal(slot(id, 1)->state, STATE_IOREQ_NONE);
	assert_true(try_once(1, &a));
	assert_int_equal(a.data, 0xbeef);
}

static void another_instruction_does_not_get_it(void **state)
{
	struct hvm_io_access a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x1f0, 2, 0), b = a;
	uint16_t id = new_server();

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0, 0xffff), 0);
	assert_false(try_once(0, &a));
	answer(id, 0, 0xbeef);
	assert_true(hvm_io_finish(&vcpus[0]));
	b.addr = 0x170;
	assert_false(try_once(0, &b));
	assert_int_equal(slot(id, 0)->addr, 0x170);
	answer(id, 0, 0x55);
	assert_true(hvm_io_finish(&vcpus[0]));
	assert_true(try_once(0, &b));
	assert_int_equal(b.data, 0x55);
}

static void two_accesses_of_one_instruction(void **state)
{
	struct hvm_io_access r = access_of(IOREQ_TYPE_COPY, IOREQ_READ, 0xf0000000, 4, 0);
	struct hvm_io_access w = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0xf0000008, 4, 0x11);
	uint16_t id = new_server();

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_MEMORY, 0xf0000000, 0xf0000fff), 0);
	assert_false(try_once(0, &r));
	assert_false(hvm_io_forward(&vcpus[0], &w)); /* while it waits nothing else is sent */
	assert_int_equal(slot(id, 0)->dir, IOREQ_READ);
	answer(id, 0, 0x11);
	assert_true(hvm_io_finish(&vcpus[0]));
	assert_true(try_once(0, &r));
	assert_false(hvm_io_forward(&vcpus[0], &w));
	assert_int_equal(slot(id, 0)->data, 0x11);
	answer(id, 0, 0);
	assert_true(hvm_io_finish(&vcpus[0]));
	assert_true(try_once(0, &r));
	assert_true(hvm_io_forward(&vcpus[0], &w));
}

static void ranges_decide(void **state)
{
	struct hvm_io_access a;
	uint16_t one = new_server(), two = new_server();

	assert_int_equal(ioreq_range(&guest, one, true, XEN_DMOP_IO_RANGE_PORT, 0x100, 0x1ff), 0);
	assert_int_equal(ioreq_range(&guest, one, true, XEN_DMOP_IO_RANGE_PORT, 0x1ff, 0x200), -EEXIST);
	assert_int_equal(ioreq_range(&guest, one, true, 3, 0, 1), -EINVAL);
	assert_int_equal(ioreq_range(&guest, one, true, XEN_DMOP_IO_RANGE_PORT, 2, 1), -EINVAL);
	assert_int_equal(ioreq_range(&guest, 7, true, XEN_DMOP_IO_RANGE_PORT, 2, 3), -ENOENT);
	assert_int_equal(ioreq_range(&guest, one, false, XEN_DMOP_IO_RANGE_PORT, 0x10, 0x20), -ENOENT);
	assert_int_equal(ioreq_range(&guest, two, true, XEN_DMOP_IO_RANGE_PCI, 0x10, 0x10), 0);
	a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x1fe, 2, 0);
	assert_ptr_equal(ioreq_select(&guest, &a), platform.server[one]);
	a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x1ff, 2, 0); /* not all of it */
	assert_null(ioreq_select(&guest, &a));
	/* Configuration space: function 2.0, then another. */
	platform.cf8 = 0x80001044;
	a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0xcfe, 1, 0);
	assert_ptr_equal(ioreq_select(&guest, &a), platform.server[two]);
	assert_int_equal(a.type, IOREQ_TYPE_PCI_CONFIG);
	assert_int_equal(a.addr, 0x10ull << 32 | 0x46);
	platform.cf8 = 0x80001144;
	a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0xcfe, 1, 0);
	assert_null(ioreq_select(&guest, &a));
	/* One that is switched off gets nothing; nobody's place reads as ones. */
	assert_int_equal(ioreq_set_state(&guest, one, false), 0);
	a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x1fe, 2, 0);
	assert_true(try_once(0, &a));
	assert_int_equal(a.data, ~0ull);
}

/* What counts is what they take to be kept, however they came to be so many. */
static void ranges_are_bounded(void **state)
{
	uint16_t id = new_server();

	for (unsigned int i = 0; i < 300; i++) {
		no_memory = true;
		assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0, 0), -ENOMEM);
		no_memory = false;
	}
	for (unsigned int i = 0; i < 256; i++)
		assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 8 * i, 8 * i + 2), 0);
	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0x8000, 0x8000), -ENOSPC);
	assert_int_equal(ioreq_range(&guest, id, false, XEN_DMOP_IO_RANGE_PORT, 9, 9), -ENOSPC);
	assert_int_equal(ioreq_range(&guest, id, false, XEN_DMOP_IO_RANGE_PORT, 8, 9), 0);
	assert_int_equal(ioreq_range(&guest, id, false, XEN_DMOP_IO_RANGE_PORT, 10, 10), 0);
	assert_int_equal(ioreq_range(&guest, id, false, XEN_DMOP_IO_RANGE_PORT, 17, 17), 0);
	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0x8000, 0x8000), -ENOSPC);
}

static void servers_are_their_makers(void **state)
{
	uint16_t id = new_server(), other;

	tools.domain_id = 3;
	assert_int_equal(ioreq_set_state(&guest, id, false), -EPERM);
	assert_int_equal(ioreq_create(&guest, 3, &other), -EINVAL);
	open_ports_left = 1; /* not enough */
	assert_int_equal(ioreq_create(&guest, HVM_IOREQSRV_BUFIOREQ_ATOMIC, &other), -ENOMEM);
	assert_int_equal(open_ports_left, 1);
	open_ports_left = 4;
}

static void vga_writes_do_not_wait(void **state)
{
	struct hvm_io_access a;
	uint16_t id = new_server();
	struct buffered_iopage *ring = platform.server[id]->buf.va;

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_MEMORY, 0xa0000, 0xbffff), 0);
	for (unsigned int i = 0; i < IOREQ_BUFFER_SLOT_NUM; i++) {
		a = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0xb8000 + i, 1, i);
		assert_true(try_once(0, &a));
		assert_int_equal(ring->buf_ioreq[i].addr, 0xb8000 + i);
	}
	assert_int_equal(notified, platform.server[id]->buf_port);
	a = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0xb8000, 1, 0);
	assert_false(try_once(0, &a)); /* full: it waits */
	answer(id, 0, 0);
	assert_true(hvm_io_finish(&vcpus[0]));
	hvms[0].io.nr_done = 0;
	ring->ptrs.read_pointer = ring->ptrs.write_pointer;
	a = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0xb8000, 8, 0x1122334455667788);
	assert_true(try_once(0, &a));
	assert_int_equal(ring->ptrs.read_pointer, 0); /* brought down together */
	assert_int_equal(ring->ptrs.write_pointer, 2);
	assert_int_equal(ring->buf_ioreq[0].data, 0x55667788);
	assert_int_equal(ring->buf_ioreq[1].data, 0x11223344);
	/* Pointers that lie. */
	for (uint64_t i = 0; i < 1000; i++) {
		ring->ptrs.full = i * 0x9e3779b97f4a7c15ull;
		a = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0xb8000, i & 1 ? 8 : 4, i);
		if (!try_once(0, &a)) {
			answer(id, 0, 0);
			assert_true(hvm_io_finish(&vcpus[0]));
		}
		hvms[0].io.nr_done = 0;
	}
}

static void a_server_that_goes_leaves_nobody_waiting(void **state)
{
	struct hvm_io_access a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x60, 1, 0);
	uint16_t id = new_server();

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0x60, 0x64), 0);
	assert_false(try_once(0, &a));
	assert_false(hvm_io_finish(&vcpus[0]));
	assert_int_equal(ioreq_destroy(&guest, id), 0);
	assert_int_equal(woken, 1);
	assert_false(hvms[0].io.waiting);
	assert_true(hvms[0].io.resume);
	assert_true(try_once(0, &a));
	assert_int_equal(a.data, ~0ull);
	assert_int_equal(ioreq_destroy(&guest, id), -ENOENT);
}

static void one_that_lies_hurts_only_its_guest(void **state)
{
	struct hvm_io_access a = access_of(IOREQ_TYPE_PIO, IOREQ_READ, 0x60, 1, 0);
	uint16_t id = new_server();

	assert_int_equal(ioreq_range(&guest, id, true, XEN_DMOP_IO_RANGE_PORT, 0x60, 0x64), 0);
	for (unsigned int lie = 0; lie < 16; lie++) {
		hvms[0].io = (struct hvm_io){ 0 };
		assert_false(try_once(0, &a));
		memset(slot(id, 0), 0xff, sizeof(struct ioreq));
		slot(id, 0)->state = lie & 0xf;
		if (!hvm_io_finish(&vcpus[0])) {
			assert_true(lie == STATE_IOREQ_READY || lie == STATE_IOREQ_INPROCESS);
			answer(id, 0, 0);
			assert_true(hvm_io_finish(&vcpus[0]));
		}
		assert_false(hvms[0].io.waiting);
		assert_int_equal(hvms[0].io.nr_done, 1);
	}
	assert_int_equal(crashed, 12);
	/* A vCPU that was reset meanwhile wants no answer. */
	hvms[0].io = (struct hvm_io){ 0 };
	assert_false(try_once(0, &a));
	hvm_io_reset(&vcpus[0]);
	answer(id, 0, 0);
	assert_true(hvm_io_finish(&vcpus[0]));
	assert_false(hvms[0].io.resume);
	assert_int_equal(hvms[0].io.nr_done, 0);
}

static void writes_can_be_claimed_by_one(void **state)
{
	struct hvm_io_access a = access_of(IOREQ_TYPE_COPY, IOREQ_WRITE, 0x1000, 4, 1);
	uint16_t one = new_server(), two = new_server();

	a.claimed = true;
	assert_null(ioreq_select(&guest, &a));
	assert_int_equal(ioreq_claim_writes(&guest, one, XEN_DMOP_IOREQ_MEM_ACCESS_READ), -EINVAL);
	assert_int_equal(ioreq_claim_writes(&guest, one, XEN_DMOP_IOREQ_MEM_ACCESS_WRITE), 0);
	assert_int_equal(ioreq_claim_writes(&guest, two, XEN_DMOP_IOREQ_MEM_ACCESS_WRITE), -EBUSY);
	assert_ptr_equal(ioreq_select(&guest, &a), platform.server[one]);
	assert_int_equal(ioreq_destroy(&guest, one), 0);
	assert_null(ioreq_select(&guest, &a));
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(an_access_waits_and_finds_its_answer), CASE(another_instruction_does_not_get_it),
		CASE(two_accesses_of_one_instruction), CASE(ranges_decide), CASE(ranges_are_bounded), CASE(servers_are_their_makers),
		CASE(vga_writes_do_not_wait), CASE(a_server_that_goes_leaves_nobody_waiting),
		CASE(one_that_lies_hurts_only_its_guest), CASE(writes_can_be_claimed_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
