/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI: raising events.
 *
 * Each port has an event word in guest memory, each vCPU sixteen queues (one per priority). A queue
 * is a list through the words' link fields: the guest knows its head (from the control block), we
 * its tail. Appending makes the tail's link point to the new port, which works only while the tail
 * is still LINKED: the guest clears LINKED and the link together when it takes a port off. If the
 * tail has gone, the queue was empty and the port becomes the head.
 *
 * Who sets LINKED (atomically) owns the right to append the port, so a well-behaved guest has each
 * port on one queue. A hostile one can make itself lose events, no more: we follow no link, tails
 * are our own port numbers, every word is looked up by a checked port, and every loop is bounded.
 */
#include "fifo.h"

#define BIT(n) (1u << (n))

/* More compare-and-swap failures in a row than this are a guest's doing. */
#define LINK_TRIES 64

static bool word_test_and_set(event_word_t *w, uint32_t bits)
{
	return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST) & bits;
}

static bool word_test(const event_word_t *w, uint32_t bits)
{
	return __atomic_load_n(w, __ATOMIC_RELAXED) & bits;
}

/* False: the tail has left its queue (or the guest will not let us at it). */
static bool append_to_tail(event_word_t *tail, uint32_t port)
{
	uint32_t old = __atomic_load_n(tail, __ATOMIC_RELAXED);

	for (unsigned int i = 0; i < LINK_TRIES && (old & BIT(EVTCHN_FIFO_LINKED)); i++) {
		uint32_t new = (old & ~(uint32_t)EVTCHN_FIFO_LINK_MASK) | port;

		if (__atomic_compare_exchange_n(tail, &old, new, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static struct evtchn_fifo_queue *queue_of(const struct domain *d, uint32_t last_queue)
{
	struct vcpu *v = evtchn_vcpu_of(d, last_queue >> 8);
	struct evtchn_fifo_vcpu *fv = v ? __atomic_load_n(&v->evtchn.fifo, __ATOMIC_ACQUIRE) : NULL;

	return fv ? &fv->queue[last_queue & 0xff] : NULL;
}

/*
 * Locks `new` and the queue the port was on last, which may be moving under our feet. NULL: it
 * moved too often (only a guest that juggles vCPUs and priorities meanwhile can cause that).
 */
static struct evtchn_fifo_queue *lock_queues(const struct domain *d, struct evtchn *chn,
					     struct evtchn_fifo_queue *new)
{
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t last = __atomic_load_n(&chn->fifo_last_queue, __ATOMIC_RELAXED);
		struct evtchn_fifo_queue *old = queue_of(d, last);

		if (!old)
			old = new;
		spin_lock_both(&old->lock, &new->lock);
		if (last == __atomic_load_n(&chn->fifo_last_queue, __ATOMIC_RELAXED))
			return old;
		spin_unlock_both(&old->lock, &new->lock);
	}
	return NULL;
}

/* Queue lock held. True: the port is the new head, so the vCPU must be told. */
static bool append(const struct domain *d, struct evtchn_fifo_vcpu *fv, unsigned int priority,
		   uint32_t port, event_word_t *word)
{
	struct evtchn_fifo_queue *q = &fv->queue[priority];
	event_word_t *tail = q->tail ? fifo_word(d, q->tail) : NULL;
	bool is_head;

	__atomic_fetch_and(word, ~(uint32_t)EVTCHN_FIFO_LINK_MASK, __ATOMIC_SEQ_CST);
	is_head = !tail || !append_to_tail(tail, port);
	if (is_head)
		__atomic_store_n(&fv->control->head[priority], port, __ATOMIC_RELEASE);
	q->tail = port;
	return is_head;
}

static void link_event(const struct domain *d, struct vcpu *v, struct evtchn *chn,
		       event_word_t *word)
{
	struct evtchn_fifo_vcpu *fv = v ? __atomic_load_n(&v->evtchn.fifo, __ATOMIC_ACQUIRE) : NULL;
	unsigned int priority = READ_ONCE(chn->priority);
	struct evtchn_fifo_queue *old, *new;
	bool tell = false;

	if (!fv) /* this vCPU has no queues yet: the event stays pending in its word */
		return;
	new = &fv->queue[priority];
	old = lock_queues(d, chn, new);
	if (!old)
		return;
	if (!word_test_and_set(word, BIT(EVTCHN_FIFO_LINKED))) {
		/* As a tail the port would stand for a place it no longer has. */
		if (old->tail == chn->port)
			old->tail = 0;
		__atomic_store_n(&chn->fifo_last_queue, v->vcpu_id << 8 | priority,
				 __ATOMIC_RELAXED);
		tell = append(d, fv, priority, chn->port, word);
	}
	spin_unlock_both(&old->lock, &new->lock);
	if (tell && !word_test_and_set(&fv->control->ready, BIT(priority)))
		vcpu_mark_events_pending(v);
}

static bool set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	event_word_t *word = fifo_word(d, chn->port);
	bool was_pending;

	if (word) {
		was_pending = word_test_and_set(word, BIT(EVTCHN_FIFO_PENDING));
		if (!word_test(word, BIT(EVTCHN_FIFO_MASKED) | BIT(EVTCHN_FIFO_LINKED)))
			link_event(d, v, chn, word);
	} else {
		was_pending = chn->fifo_pending;
		chn->fifo_pending = true;
	}
	if (!was_pending)
		evtchn_wake_pollers(d, chn->port);
	return !was_pending;
}

static void clear_pending(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = fifo_word(d, chn->port);

	if (word)
		__atomic_fetch_and(word, ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
}

static void unmask(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	event_word_t *word = fifo_word(d, chn->port);

	if (!word)
		return;
	__atomic_fetch_and(word, ~BIT(EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST);
	if (word_test(word, BIT(EVTCHN_FIFO_PENDING)) && !word_test(word, BIT(EVTCHN_FIFO_LINKED)))
		link_event(d, v, chn, word);
}

static bool is_pending(struct domain *d, const struct evtchn *chn)
{
	const event_word_t *word = fifo_word(d, chn->port);

	return word ? word_test(word, BIT(EVTCHN_FIFO_PENDING)) : chn->fifo_pending;
}

static bool is_masked(struct domain *d, const struct evtchn *chn)
{
	const event_word_t *word = fifo_word(d, chn->port);

	return !word || word_test(word, BIT(EVTCHN_FIFO_MASKED));
}

static bool is_busy(struct domain *d, const struct evtchn *chn)
{
	const event_word_t *word = fifo_word(d, chn->port);

	return word && word_test(word, BIT(EVTCHN_FIFO_LINKED));
}

static int set_priority(struct domain *d, struct evtchn *chn, uint32_t priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	WRITE_ONCE(chn->priority, priority);
	return 0;
}

const struct evtchn_port_ops evtchn_fifo_ops = {
	.max_ports = EVTCHN_FIFO_NR_CHANNELS,
	.set_pending = set_pending,
	.clear_pending = clear_pending,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_masked = is_masked,
	.is_busy = is_busy,
	.set_priority = set_priority,
};
