// sources: hypervisor/common/event/*.c tests/unit/fake_hv.c tests/unit/fake_log.c hypervisor/common/rangeset.c
// cflags: -DCONFIG_DEBUG -include tests/unit/fake_arch.h
/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI: a guest that follows the protocol loses nothing, whatever runs beside it; a guest
 * that scribbles over its control words harms only itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sched.h>
#include <cmocka.h>
#include <hv/event.h>
#include <hv/hypercall.h>
#include "fake_hv.h"

#define BIT(n) (1u << (n))
#define PAGES  2
#define NR_PORTS 1100 /* more than one page of words */
#define OFFSET 64

static struct domain *guest;
static uint64_t control_frame[2], word_frame[PAGES];

static long call(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (unsigned long)arg);
}

static struct evtchn_fifo_control_block *control(unsigned int vcpu)
{
	return (void *)((char *)fake_frame_data(control_frame[vcpu]) + OFFSET);
}

static event_word_t *word(uint32_t port)
{
	return (event_word_t *)fake_frame_data(word_frame[port / 1024]) + port % 1024;
}

static void init_control(unsigned int vcpu)
{
	struct evtchn_init_control op = { .vcpu = vcpu, .offset = OFFSET };

	op.control_gfn = control_frame[vcpu] = fake_guest_frame(guest);
	assert_int_equal(call(EVTCHNOP_init_control, &op), 0);
	assert_int_equal(op.link_bits, 17);
	assert_int_equal(call(EVTCHNOP_init_control, &op), -EINVAL); /* once only */
}

static void expand_array(unsigned int page)
{
	struct evtchn_expand_array op;

	op.array_gfn = word_frame[page] = fake_guest_frame(guest);
	assert_int_equal(call(EVTCHNOP_expand_array, &op), 0);
}

static uint32_t bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };

	assert_int_equal(call(EVTCHNOP_bind_ipi, &op), 0);
	return op.port;
}

static int setup(void **state)
{
	guest = fake_domain(0, 2, true);
	fake_run_as(guest->vcpu[0]);
	return 0;
}

static int teardown(void **state)
{
	guest->state = DOMAIN_DYING;
	while (evtchn_destroy(guest) == -ERESTART)
		;
	fake_domain_free(guest); /* checks that all references to frames are gone */
	return fake_live_allocations();
}

static void full_setup(void)
{
	init_control(0);
	init_control(1);
	for (unsigned int i = 0; i < PAGES; i++)
		expand_array(i);
	for (unsigned int i = 1; i <= NR_PORTS; i++)
		assert_int_equal(bind_ipi(i & 1), i);
}

/* ---- the guest's side, as the protocol asks ---- */
static uint32_t queue_head[2][EVTCHN_FIFO_MAX_QUEUES];
static int handled[NR_PORTS + 1];

static uint32_t unlink_word(uint32_t port)
{
	uint32_t old = __atomic_load_n(word(port), __ATOMIC_SEQ_CST), new;

	do
		new = old & ~(BIT(EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);
	while (!__atomic_compare_exchange_n(word(port), &old, new, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	return old & EVTCHN_FIFO_LINK_MASK;
}

static bool take_one(unsigned int vcpu, unsigned int q)
{
	uint32_t *head = &queue_head[vcpu][q], port = *head;

	if (!port)
		port = __atomic_load_n(&control(vcpu)->head[q], __ATOMIC_SEQ_CST);
	if (port < 1 || port > NR_PORTS)
		return false; /* cmocka cannot fail from here; the final check will */
	*head = unlink_word(port);
	if (__atomic_fetch_and(word(port), ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST) &
	    BIT(EVTCHN_FIFO_PENDING))
		__atomic_fetch_add(&handled[port], 1, __ATOMIC_RELAXED);
	return *head != 0;
}

static void upcall(unsigned int vcpu)
{
	uint32_t ready;

	if (!__atomic_exchange_n(&guest->vcpu[vcpu]->vcpu_info->evtchn_upcall_pending, 0,
				 __ATOMIC_SEQ_CST))
		return;
	while ((ready = __atomic_exchange_n(&control(vcpu)->ready, 0, __ATOMIC_SEQ_CST)) != 0)
		while (ready) {
			unsigned int q = (unsigned int)__builtin_ctz(ready);

			if (!take_one(vcpu, q))
				ready &= ~BIT(q);
			ready |= __atomic_exchange_n(&control(vcpu)->ready, 0, __ATOMIC_SEQ_CST);
		}
}

/* ---- cases ---- */
static void events_come_in_order_and_by_priority(void **state)
{
	struct evtchn_set_priority prio = { .port = 3, .priority = 0 };

	full_setup();
	assert_int_equal(call(EVTCHNOP_set_priority, &prio), 0);
	evtchn_send(guest, 5);
	evtchn_send(guest, 7);
	evtchn_send(guest, 3);
	evtchn_send(guest, 5);
	assert_int_equal(control(1)->ready, BIT(7) | BIT(0));
	assert_int_equal(control(1)->head[0], 3);
	assert_int_equal(control(1)->head[7], 5);
	assert_int_equal(*word(5) & EVTCHN_FIFO_LINK_MASK, 7);
	assert_int_equal(*word(7) & EVTCHN_FIFO_LINK_MASK, 0);
	prio.priority = 16;
	assert_int_equal(call(EVTCHNOP_set_priority, &prio), -EINVAL);
}

static void two_level_has_no_priorities_and_no_array(void **state)
{
	struct evtchn_set_priority prio = { .port = bind_ipi(0) };
	struct evtchn_expand_array op = { 0 };

	assert_int_equal(call(EVTCHNOP_set_priority, &prio), -ENOSYS);
	assert_int_equal(call(EVTCHNOP_expand_array, &op), -EOPNOTSUPP);
}

static void events_survive_the_change_of_abi(void **state)
{
	uint32_t before = bind_ipi(0), between = bind_ipi(0);

	evtchn_send(guest, before);
	init_control(0);
	evtchn_send(guest, between);
	assert_true(evtchn_port_is_pending(guest, before));
	assert_true(evtchn_port_is_pending(guest, between));
	expand_array(0);
	assert_true(*word(before) & BIT(EVTCHN_FIFO_PENDING));
	assert_int_equal(control(0)->head[7], before);
	assert_int_equal(*word(before) & EVTCHN_FIFO_LINK_MASK, between);
}

static void masked_events_are_linked_when_unmasked(void **state)
{
	struct evtchn_unmask op = { .port = 2 };

	full_setup();
	*word(2) = BIT(EVTCHN_FIFO_MASKED);
	evtchn_send(guest, 2);
	assert_int_equal(*word(2), BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_PENDING));
	assert_int_equal(control(0)->ready, 0);
	assert_int_equal(call(EVTCHNOP_unmask, &op), 0);
	assert_int_equal(*word(2), BIT(EVTCHN_FIFO_LINKED) | BIT(EVTCHN_FIFO_PENDING));
	assert_int_equal(control(0)->head[7], 2);
}

static void a_linked_port_is_not_given_out_again(void **state)
{
	struct evtchn_close op = { .port = 2 };

	full_setup();
	evtchn_send(guest, 2);
	assert_int_equal(call(EVTCHNOP_close, &op), 0);
	assert_int_equal(*word(2), BIT(EVTCHN_FIFO_LINKED)); /* no longer pending */
	assert_int_equal(bind_ipi(0), NR_PORTS + 1);
	unlink_word(2);
	assert_int_equal(bind_ipi(0), 2);
}

static void the_array_ends_at_the_last_port(void **state)
{
	struct evtchn_expand_array op = { .array_gfn = 0xffffffffff };

	init_control(0);
	assert_int_equal(call(EVTCHNOP_expand_array, &op), -EINVAL);
	op.array_gfn = fake_guest_frame(guest); /* the same frame each time: its own problem */
	for (unsigned int i = 0; i < 128; i++)
		assert_int_equal(call(EVTCHNOP_expand_array, &op), 0);
	assert_int_equal(call(EVTCHNOP_expand_array, &op), -ENOSPC);
}

static void reset_goes_back_to_two_levels(void **state)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };

	full_setup();
	assert_int_equal(call(EVTCHNOP_reset, &op), 0);
	assert_null(guest->evtchn.fifo);
	assert_int_equal(fake_frames[word_frame[0]].refs, 1);
	assert_int_equal(bind_ipi(0), 1);
	evtchn_send(guest, 1);
	assert_int_equal(guest->shared_info->evtchn_pending[0], 2);
	init_control(0);
}

/* ---- concurrency ---- */
static bool stop;
static int senders_left;

static void *sender(void *seed)
{
	unsigned int s = (unsigned int)(uintptr_t)seed;

	fake_run_as(guest->vcpu[0]);
	fake_cpu.processor_id = s;
	for (int i = 0; i < 60000; i++)
		evtchn_send(guest, 1 + (uint32_t)rand_r(&s) % 40);
	__atomic_fetch_sub(&senders_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *consumer(void *vcpu)
{
	fake_run_as(guest->vcpu[(uintptr_t)vcpu]);
	while (__atomic_load_n(&senders_left, __ATOMIC_SEQ_CST))
		upcall((unsigned int)(uintptr_t)vcpu);
	return NULL;
}

/* Moves priorities about, as a guest may. */
static void *mover(void *unused)
{
	unsigned int s = 99;

	fake_run_as(guest->vcpu[0]);
	while (__atomic_load_n(&senders_left, __ATOMIC_SEQ_CST)) {
		struct evtchn_set_priority op = { .port = 1 + (uint32_t)rand_r(&s) % 40,
						  .priority = (uint32_t)rand_r(&s) % 16 };

		call(EVTCHNOP_set_priority, &op);
		sched_yield();
	}
	return NULL;
}

static void a_correct_guest_loses_nothing_under_load(void **state)
{
	pthread_t t[5];

	full_setup();
	senders_left = 2;
	memset(queue_head, 0, sizeof(queue_head));
	pthread_create(&t[0], NULL, sender, (void *)1);
	pthread_create(&t[1], NULL, sender, (void *)2);
	pthread_create(&t[2], NULL, consumer, (void *)0);
	pthread_create(&t[3], NULL, consumer, (void *)1);
	pthread_create(&t[4], NULL, mover, NULL);
	for (unsigned int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	upcall(0);
	upcall(1);
	for (uint32_t port = 1; port <= 40; port++) {
		assert_int_equal(*word(port), 0);
		assert_true(handled[port] > 0);
	}
}

static void *scribbler(void *seed)
{
	unsigned int s = (unsigned int)(uintptr_t)seed;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint32_t r = (uint32_t)rand_r(&s) ^ (uint32_t)rand_r(&s) << 16;

		*(volatile uint32_t *)word((uint32_t)rand_r(&s) % 48) = r;
		((volatile uint32_t *)control((unsigned int)rand_r(&s) & 1))[rand_r(&s) % 18] = r;
	}
	return NULL;
}

static void *meddler(void *seed)
{
	unsigned int s = (unsigned int)(uintptr_t)seed;

	fake_run_as(guest->vcpu[0]);
	for (int i = 0; i < 40000; i++) {
		uint32_t port = 1 + (uint32_t)rand_r(&s) % 40;
		struct evtchn_unmask unmask = { .port = port };
		struct evtchn_set_priority prio = { .port = port,
						    .priority = (uint32_t)rand_r(&s) % 16 };
		struct evtchn_close close = { .port = port };
		struct evtchn_bind_ipi ipi = { .vcpu = port & 1 };

		evtchn_send(guest, port);
		call(EVTCHNOP_unmask, &unmask);
		call(EVTCHNOP_set_priority, &prio);
		evtchn_port_is_pending(guest, port);
		if (i % 64 == 0) {
			call(EVTCHNOP_close, &close);
			call(EVTCHNOP_bind_ipi, &ipi);
		}
	}
	return NULL;
}

static void a_scribbling_guest_harms_only_itself(void **state)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	pthread_t t[4];

	full_setup();
	stop = false;
	for (uintptr_t i = 0; i < 2; i++) {
		pthread_create(&t[i], NULL, scribbler, (void *)(i + 5));
		pthread_create(&t[i + 2], NULL, meddler, (void *)(i + 7));
	}
	pthread_join(t[2], NULL);
	pthread_join(t[3], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	assert_int_equal(call(EVTCHNOP_reset, &op), 0);
	for (unsigned int i = 0; i < PAGES; i++) {
		assert_int_equal(fake_frames[word_frame[i]].refs, 1);
		assert_int_equal(fake_frames[word_frame[i]].type_refs, 0);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(events_come_in_order_and_by_priority),
		CASE(two_level_has_no_priorities_and_no_array),
		CASE(events_survive_the_change_of_abi),
		CASE(masked_events_are_linked_when_unmasked),
		CASE(a_linked_port_is_not_given_out_again),
		CASE(the_array_ends_at_the_last_port),
		CASE(reset_goes_back_to_two_levels),
		CASE(a_correct_guest_loses_nothing_under_load),
		CASE(a_scribbling_guest_harms_only_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
