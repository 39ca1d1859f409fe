/* SPDX-License-Identifier: MIT */
/*
 * The 2-level ABI: pending and mask bit arrays in shared_info, and per vCPU a selector word whose
 * bit n says "look at word n". All bits are set and cleared atomically, as the guest does.
 *
 * Ordering: each step is a full barrier, so the guest that sees the upcall flag sees the selector,
 * and from there the pending bit.
 */
#include "internal.h"

#define WORD_BITS 64u

static bool test_and_set(uint64_t *words, uint32_t bit)
{
	uint64_t m = 1ull << (bit % WORD_BITS);

	return __atomic_fetch_or(&words[bit / WORD_BITS], m, __ATOMIC_SEQ_CST) & m;
}

static bool test_and_clear(uint64_t *words, uint32_t bit)
{
	uint64_t m = 1ull << (bit % WORD_BITS);

	return __atomic_fetch_and(&words[bit / WORD_BITS], ~m, __ATOMIC_SEQ_CST) & m;
}

static bool test(const uint64_t *words, uint32_t bit)
{
	return __atomic_load_n(&words[bit / WORD_BITS], __ATOMIC_RELAXED) >> (bit % WORD_BITS) & 1;
}

static uint64_t *pending_words(const struct domain *d)
{
	return (uint64_t *)d->shared_info->evtchn_pending;
}

static uint64_t *mask_words(const struct domain *d)
{
	return (uint64_t *)d->shared_info->evtchn_mask;
}

static void select_word(struct vcpu *v, uint32_t port)
{
	if (v && !test_and_set((uint64_t *)&v->vcpu_info->evtchn_pending_sel, port / WORD_BITS))
		vcpu_mark_events_pending(v);
}

static bool set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	if (test_and_set(pending_words(d), chn->port))
		return false;
	if (!test(mask_words(d), chn->port))
		select_word(v, chn->port);
	evtchn_wake_pollers(d, chn->port);
	return true;
}

static void clear_pending(struct domain *d, struct evtchn *chn)
{
	test_and_clear(pending_words(d), chn->port);
}

static void unmask(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	if (test_and_clear(mask_words(d), chn->port) && test(pending_words(d), chn->port))
		select_word(v, chn->port);
}

static bool is_pending(struct domain *d, const struct evtchn *chn)
{
	return test(pending_words(d), chn->port);
}

static bool is_masked(struct domain *d, const struct evtchn *chn)
{
	return test(mask_words(d), chn->port);
}

static bool is_busy(struct domain *d, const struct evtchn *chn)
{
	return false;
}

const struct evtchn_port_ops evtchn_2l_ops = {
	.max_ports = EVTCHN_2L_NR_CHANNELS,
	.set_pending = set_pending,
	.clear_pending = clear_pending,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_masked = is_masked,
	.is_busy = is_busy,
};
