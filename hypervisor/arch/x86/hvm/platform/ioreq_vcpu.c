/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's accesses to devices that are a device model's.
 *
 * The request goes into the vCPU's slot of the server's page, which passes to and fro by its state: READY is ours,
 * IORESP_READY theirs. The vCPU then sleeps (VPF_IO) until the event comes back. Its instruction has changed nothing
 * yet: its exit is handled once more, and an access that is as the one sent gets the answer. If the guest has changed
 * the instruction meanwhile the answer is dropped.
 *
 * LIMITS: an instruction with a buffered write before an access that waits (only across pages) writes it twice.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/event.h>
#include <hv/softirq.h>
#include <asm/mm.h>
#include "ioreq_internal.h"

#define VGA_START 0xa0000u
#define VGA_END	  0xc0000u

static bool same_access(const struct hvm_io_access *a, const struct hvm_io_access *b)
{
	return a->addr == b->addr && a->count == b->count && a->type == b->type && a->size == b->size &&
	       a->dir == b->dir && a->is_ptr == b->is_ptr && a->df == b->df &&
	       (a->dir == IOREQ_READ && !a->is_ptr ? true : a->data == b->data);
}

/* ---- the ring of writes ---- */

/* Slots run freely in numbers; brought down together now and then, as the number of slots divides no power of two. */
static void fold_pointers(struct buffered_iopage *ring)
{
	union bufioreq_pointers old, new;

	old.full = __atomic_load_n(&ring->ptrs.full, __ATOMIC_RELAXED);
	if (old.read_pointer < IOREQ_BUFFER_SLOT_NUM)
		return;
	new.read_pointer = old.read_pointer % IOREQ_BUFFER_SLOT_NUM;
	new.write_pointer = old.write_pointer - (old.read_pointer - new.read_pointer);
	__atomic_compare_exchange_n(&ring->ptrs.full, &old.full, new.full, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static unsigned int log2_of(unsigned int size)
{
	return (unsigned int)__builtin_ctz(size);
}

static bool put_in_ring(struct ioreq_server *s, const struct hvm_io_access *a)
{
	struct buffered_iopage *ring = s->buf.va;
	struct buf_ioreq slot = { .type = a->type,
				  .dir = a->dir & 1,
				  .size = log2_of(a->size) & 3,
				  .addr = (uint32_t)a->addr & 0xfffff,
				  .data = (uint32_t)a->data };
	uint32_t slots = a->size == 8 ? 2 : 1, read, write;
	bool room;

	spin_lock(&s->buf_lock);
	write = __atomic_load_n(&ring->ptrs.write_pointer, __ATOMIC_RELAXED);
	read = __atomic_load_n(&ring->ptrs.read_pointer, __ATOMIC_ACQUIRE);
	room = write - read <= IOREQ_BUFFER_SLOT_NUM - slots;
	if (room) {
		ring->buf_ioreq[write % IOREQ_BUFFER_SLOT_NUM] = slot;
		slot.data = (uint32_t)(a->data >> 32);
		if (slots == 2)
			ring->buf_ioreq[(write + 1) % IOREQ_BUFFER_SLOT_NUM] = slot;
		/* Ordering: release; the slots are complete before the other side can see them. */
		__atomic_fetch_add(&ring->ptrs.write_pointer, slots, __ATOMIC_RELEASE);
		if (s->handle_bufioreq == HVM_IOREQSRV_BUFIOREQ_ATOMIC)
			fold_pointers(ring);
	}
	spin_unlock(&s->buf_lock);
	if (room)
		evtchn_notify_consumer(s->d, s->buf_port);
	return room;
}

/* Writes to the VGA's memory wait for nobody: there are very many, and a read that follows comes after them. */
static bool may_buffer(const struct ioreq_server *s, const struct hvm_io_access *a)
{
	bool power_of_2 = a->size && !(a->size & (a->size - 1)) && a->size <= 8;

	return s->buf.va && a->type == IOREQ_TYPE_COPY && a->dir == IOREQ_WRITE && !a->is_ptr && power_of_2 &&
	       a->addr >= VGA_START && a->addr + a->size <= VGA_END;
}

void hvm_io_invalidate(struct domain *d)
{
	const struct hvm_io_access a = { .type = IOREQ_TYPE_INVALIDATE, .dir = IOREQ_WRITE, .size = 4, .data = ~0u, .count = 1 };
	struct hvm_platform *p = d->arch.hvm->platform;

	spin_lock(&p->server_lock);
	for (unsigned int id = 0; id < NR_IOREQ_SERVERS; id++)
		if (p->server[id] && p->server[id]->enabled && p->server[id]->buf.va)
			(void)put_in_ring(p->server[id], &a);
	spin_unlock(&p->server_lock);
}

/* ---- requests that wait ---- */

static bool send(struct vcpu *v, struct ioreq_server *s, const struct hvm_io_access *a)
{
	struct ioreq *r = ioreq_of(s, v);
	struct hvm_io *io = &v->arch.hvm->io;
	struct ioreq out = {
		.addr = a->addr, .data = a->data, .count = a->count, .size = a->size, .vp_eport = s->port[v->vcpu_id],
		.state = STATE_IOREQ_NONE, .data_is_ptr = a->is_ptr, .dir = a->dir & 1, .df = a->df, .type = a->type,
	};

	if (!r || !s->port[v->vcpu_id])
		return false;
	*r = out;
	io->now = *a;
	io->server = s;
	io->waiting = true;
	out.state = STATE_IOREQ_READY;
	/* Ordering: release; the request is complete when its state says so. The bit fields share a word with the type. */
	__atomic_store_n((uint32_t *)(void *)&r->vp_eport + 1, *((uint32_t *)(void *)&out.vp_eport + 1), __ATOMIC_RELEASE);
	evtchn_notify_consumer(s->d, s->port[v->vcpu_id]);
	return true;
}

static void nobody(struct hvm_io_access *a)
{
	if (a->dir == IOREQ_READ && !a->is_ptr)
		a->data = ~0ull;
}

bool hvm_io_forward(struct vcpu *v, struct hvm_io_access *a)
{
	struct hvm_io *io = &v->arch.hvm->io;
	struct ioreq_server *s;

	if (io->waiting) /* a second access of an instruction that waits for its first */
		return false;
	s = ioreq_select(v->domain, a);
	if (io->cursor < io->nr_done) {
		if (same_access(a, &io->done[io->cursor])) {
			a->data = io->done[io->cursor++].data;
			return true;
		}
		io->nr_done = io->cursor; /* another instruction by now */
	}
	if (s && may_buffer(s, a) && put_in_ring(s, a))
		return true;
	if (s && io->nr_done < HVM_IO_STEPS && send(v, s, a))
		return false;
	nobody(a);
	return true;
}

/* ---- answers ---- */

void ioreq_answered(struct vcpu *v)
{
	if (__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_IO), __ATOMIC_SEQ_CST) & (1ul << VPF_IO))
		vcpu_wake(v);
}

static void take_answer(struct vcpu *v, uint64_t data)
{
	struct hvm_io *io = &v->arch.hvm->io;

	io->waiting = false;
	io->server = NULL;
	if (!io->abandoned) {
		io->now.data = io->now.is_ptr || io->now.dir == IOREQ_WRITE ? io->now.data : data;
		io->done[io->nr_done++] = io->now;
		io->resume = true;
	}
	io->abandoned = false;
}

/* One look at the slot. True: there is an answer, and it is taken. */
static bool look(struct vcpu *v)
{
	struct ioreq *r = ioreq_of(v->arch.hvm->io.server, v);
	struct ioreq now;
	uint32_t word;

	/* Ordering: acquire; the answer is read after the state that says it is there. */
	word = __atomic_load_n((uint32_t *)(void *)&r->vp_eport + 1, __ATOMIC_ACQUIRE);
	__builtin_memcpy((char *)&now + offsetof(struct ioreq, vp_eport) + 4, &word, sizeof(word));
	switch (now.state) {
	case STATE_IOREQ_READY:
	case STATE_IOREQ_INPROCESS:
		return false;
	case STATE_IORESP_READY:
		take_answer(v, READ_ONCE(r->data));
		r->state = STATE_IOREQ_NONE;
		return true;
	case STATE_IOREQ_NONE: /* it has forgotten us */
		take_answer(v, ~0ull);
		return true;
	default:
		domain_crash(v->domain, "its device model put a request into state %u", now.state);
		take_answer(v, ~0ull);
		return true;
	}
}

bool hvm_io_finish(struct vcpu *v)
{
	if (look(v))
		return true;
	__atomic_fetch_or(&v->pause_flags, 1ul << VPF_IO, __ATOMIC_SEQ_CST);
	/* An answer between the look and now cleared nothing: look again. */
	if (look(v)) {
		__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_IO), __ATOMIC_SEQ_CST);
		return true;
	}
	raise_softirq(SOFTIRQ_SCHEDULE);
	return false;
}

void hvm_io_reset(struct vcpu *v)
{
	struct hvm_io *io = &v->arch.hvm->io;

	io->nr_done = 0;
	io->resume = false;
	io->abandoned = io->waiting;
}

void ioreq_release_waiters(struct ioreq_server *s)
{
	struct vcpu *v;

	for_each_vcpu(s->d, v) {
		if (!v->arch.hvm->io.waiting || v->arch.hvm->io.server != s)
			continue;
		take_answer(v, ~0ull);
		ioreq_answered(v);
	}
}
