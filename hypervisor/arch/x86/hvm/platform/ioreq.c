/* SPDX-License-Identifier: MIT */
/*
 * Ioreq servers: their life, their ranges, who gets an access.
 *
 * A domain has a few, in slots. They change under server_lock with the domain paused, so that its vCPUs look at them
 * without a lock; each change asked for by a control domain is checked here as if it were an enemy's.
 */
#include <hv/domain.h>
#include <hv/event.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <asm/mm.h>
#include "ioreq_internal.h"

#define MAX_RANGES 256u /* of a type: bounds the memory a device model can make us use */
#define CF8_ENABLED 0x80000000u

static struct ioreq_server *find(struct domain *d, uint32_t id)
{
	return id < NR_IOREQ_SERVERS ? d->arch.hvm->platform->server[id] : NULL;
}

/* ---- life ---- */

/* Anything half made. server_lock held; nobody uses it any more. */
static void teardown(struct ioreq_server *s)
{
	for (unsigned int i = 0; s->port && i < s->d->max_vcpus; i++)
		if (s->port[i])
			evtchn_close_consumer(s->d, s->port[i]);
	if (s->buf_port)
		evtchn_close_consumer(s->d, s->buf_port);
	ioreq_page_drop(s, &s->ioreq);
	ioreq_page_drop(s, &s->buf);
	for (unsigned int i = 0; i < NR_RANGE_TYPES; i++)
		if (s->ranges[i])
			rangeset_free(s->ranges[i]);
	xfree(s->port);
	xfree(s);
}

static void nobody_waits(struct vcpu *v)
{
}

static int open_ports(struct ioreq_server *s)
{
	struct vcpu *v;
	int rc = 0;

	for_each_vcpu(s->d, v)
		if (!rc)
			rc = evtchn_open_consumer(s->d, v->vcpu_id, s->emulator, ioreq_answered, &s->port[v->vcpu_id]);
	if (!rc && s->handle_bufioreq != HVM_IOREQSRV_BUFIOREQ_OFF)
		rc = evtchn_open_consumer(s->d, 0, s->emulator, nobody_waits, &s->buf_port);
	return rc;
}

static struct ioreq_server *new_server(struct domain *d, uint16_t id, uint8_t handle_bufioreq)
{
	struct ioreq_server *s = xzalloc(struct ioreq_server);
	bool made;

	if (!s)
		return NULL;
	s->d = d;
	s->id = id;
	s->emulator = current->domain->domain_id;
	s->handle_bufioreq = handle_bufioreq;
	spin_lock_init(&s->buf_lock);
	s->port = xzalloc_array(uint32_t, d->max_vcpus);
	made = s->port;
	for (unsigned int i = 0; i < NR_RANGE_TYPES; i++)
		made = made && (s->ranges[i] = rangeset_new("ioreq"));
	if (made && !open_ports(s))
		return s;
	teardown(s);
	return NULL;
}

int ioreq_create(struct domain *d, uint8_t handle_bufioreq, uint16_t *id)
{
	struct hvm_platform *p = d->arch.hvm->platform;
	int rc = -ENOSPC;

	if (handle_bufioreq > HVM_IOREQSRV_BUFIOREQ_ATOMIC)
		return trace_err(-EINVAL);
	domain_pause(d);
	spin_lock(&p->server_lock);
	for (uint16_t i = 0; i < NR_IOREQ_SERVERS && rc == -ENOSPC; i++) {
		if (p->server[i])
			continue;
		p->server[i] = domain_is_dying(d) ? NULL : new_server(d, i, handle_bufioreq);
		rc = p->server[i] ? 0 : -ENOMEM;
		*id = i;
	}
	spin_unlock(&p->server_lock);
	domain_unpause(d);
	return rc ? trace_err(rc) : 0;
}

static void destroy_slot(struct domain *d, unsigned int id)
{
	struct ioreq_server *s = d->arch.hvm->platform->server[id];

	d->arch.hvm->platform->server[id] = NULL;
	ioreq_release_waiters(s);
	if (d->arch.hvm->platform->write_server == s)
		WRITE_ONCE(d->arch.hvm->platform->write_server, NULL);
	if (s->enabled) { /* a page that has no way back stays the domain's, at no place */
		(void)ioreq_page_hide(s, &s->ioreq, false);
		(void)ioreq_page_hide(s, &s->buf, false);
	}
	teardown(s);
}

int ioreq_destroy(struct domain *d, uint16_t id)
{
	struct hvm_platform *p = d->arch.hvm->platform;
	int rc = 0;

	domain_pause(d);
	spin_lock(&p->server_lock);
	if (find(d, id))
		destroy_slot(d, id);
	else
		rc = -ENOENT;
	spin_unlock(&p->server_lock);
	domain_unpause(d);
	return rc ? trace_err(rc) : 0;
}

void ioreq_destroy_all(struct domain *d)
{
	struct hvm_platform *p = d->arch.hvm->platform;

	spin_lock(&p->server_lock);
	for (unsigned int id = 0; id < NR_IOREQ_SERVERS; id++)
		if (p->server[id])
			destroy_slot(d, id);
	spin_unlock(&p->server_lock);
}

/* ---- what its emulator asks and says; server_lock held by the callers below ---- */

/* The emulator finds each vCPU's event channel in its request. */
static void tell_ports(struct ioreq_server *s)
{
	struct vcpu *v;

	if (!s->ioreq.va)
		return;
	for_each_vcpu(s->d, v)
		WRITE_ONCE(ioreq_of(s, v)->vp_eport, s->port[v->vcpu_id]);
}

static int info(struct ioreq_server *s, bool gfns, uint64_t *ioreq_gfn, uint64_t *buf_gfn, uint32_t *port)
{
	bool buffered = s->handle_bufioreq != HVM_IOREQSRV_BUFIOREQ_OFF;
	int rc = 0;

	*port = s->buf_port;
	if (!gfns)
		return 0;
	rc = ioreq_page_take_gfn(s, &s->ioreq);
	if (!rc && buffered)
		rc = ioreq_page_take_gfn(s, &s->buf);
	if (rc)
		return rc;
	*ioreq_gfn = s->ioreq.gfn;
	*buf_gfn = buffered ? s->buf.gfn : 0;
	tell_ports(s);
	return 0;
}

static int add_range(struct ioreq_server *s, uint32_t type, uint64_t first, uint64_t last)
{
	if (rangeset_overlaps(s->ranges[type], first, last))
		return -EEXIST;
	if (rangeset_count(s->ranges[type]) >= MAX_RANGES)
		return -ENOSPC;
	return rangeset_add(s->ranges[type], first, last);
}

/* What is cut out of the middle of a range leaves two. */
static bool in_the_middle(const struct rangeset *r, uint64_t first, uint64_t last)
{
	return first && last != ~0ull && rangeset_contains(r, first - 1, last + 1);
}

static int remove_range(struct ioreq_server *s, uint32_t type, uint64_t first, uint64_t last)
{
	if (!rangeset_contains(s->ranges[type], first, last))
		return -ENOENT;
	if (in_the_middle(s->ranges[type], first, last) && rangeset_count(s->ranges[type]) >= MAX_RANGES)
		return -ENOSPC;
	return rangeset_remove(s->ranges[type], first, last);
}

static int set_state(struct ioreq_server *s, bool enabled)
{
	int rc;

	if (enabled == s->enabled)
		return 0;
	rc = ioreq_page_hide(s, &s->ioreq, enabled);
	if (!rc)
		rc = ioreq_page_hide(s, &s->buf, enabled);
	if (rc) { /* the first goes back where it was: its table is still there */
		(void)ioreq_page_hide(s, &s->ioreq, s->enabled);
		return rc;
	}
	s->enabled = enabled;
	tell_ports(s);
	if (!enabled)
		ioreq_release_waiters(s);
	return 0;
}

static int claim_writes(struct ioreq_server *s, uint32_t flags)
{
	struct ioreq_server **owner = &s->d->arch.hvm->platform->write_server;

	if (flags & ~(uint32_t)XEN_DMOP_IOREQ_MEM_ACCESS_WRITE)
		return -EINVAL;
	if (*owner && *owner != s)
		return -EBUSY;
	if (flags && *owner)
		return -EBUSY;
	if (!flags && !*owner)
		return -ENOENT;
	WRITE_ONCE(*owner, flags ? s : NULL);
	return 0;
}

static int frame(struct ioreq_server *s, unsigned int nr, uint64_t *mfn)
{
	struct ioreq_page *p = nr == XENMEM_resource_ioreq_server_frame_bufioreq ? &s->buf : &s->ioreq;
	int rc;

	if (p == &s->buf && s->handle_bufioreq == HVM_IOREQSRV_BUFIOREQ_OFF)
		return -ENOENT;
	rc = ioreq_page_make(s, p);
	if (rc)
		return rc;
	*mfn = mfn_x(page_to_mfn(p->pg));
	tell_ports(s);
	return 0;
}

/* ---- the same, for callers. A server is its creator's. ---- */

#define WITH_SERVER(d, id, call)                                                                                       \
	({                                                                                                             \
		struct hvm_platform *p_ = (d)->arch.hvm->platform;                                                     \
		struct ioreq_server *s;                                                                                \
		int rc_ = -ENOENT;                                                                                     \
                                                                                                                       \
		domain_pause(d);                                                                                       \
		spin_lock(&p_->server_lock);                                                                           \
		s = find(d, id);                                                                                       \
		if (s)                                                                                                 \
			rc_ = s->emulator == current->domain->domain_id ? (call) : -EPERM;                             \
		spin_unlock(&p_->server_lock);                                                                         \
		domain_unpause(d);                                                                                     \
		rc_ ? trace_err(rc_) : 0;                                                                              \
	})

int ioreq_info(struct domain *d, uint16_t id, bool gfns, uint64_t *ioreq_gfn, uint64_t *buf_gfn, uint32_t *port)
{
	return WITH_SERVER(d, id, info(s, gfns, ioreq_gfn, buf_gfn, port));
}

int ioreq_range(struct domain *d, uint16_t id, bool add, uint32_t type, uint64_t first, uint64_t last)
{
	if (type >= NR_RANGE_TYPES || first > last)
		return trace_err(-EINVAL);
	return WITH_SERVER(d, id, (add ? add_range : remove_range)(s, type, first, last));
}

int ioreq_set_state(struct domain *d, uint16_t id, bool enabled)
{
	return WITH_SERVER(d, id, set_state(s, enabled));
}

int ioreq_claim_writes(struct domain *d, uint16_t id, uint32_t flags)
{
	return WITH_SERVER(d, id, claim_writes(s, flags));
}

int ioreq_frame(struct domain *d, uint32_t id, unsigned int nr, uint64_t *mfn)
{
	if (!is_hvm_domain(d) || !d->arch.hvm->platform || nr > XENMEM_resource_ioreq_server_frame_ioreq(0) ||
	    id >= NR_IOREQ_SERVERS)
		return trace_err(-EINVAL);
	return WITH_SERVER(d, (uint16_t)id, frame(s, nr, mfn));
}

/* ---- whose is it ---- */

/* PCI's configuration window is not a port's owner's but the addressed function's. */
static uint32_t range_of(const struct hvm_platform *p, struct hvm_io_access *a, uint64_t *first, uint64_t *last)
{
	uint64_t bytes = (uint64_t)a->count * a->size;

	*first = a->addr;
	*last = a->addr + a->size - 1;
	if (a->type == IOREQ_TYPE_COPY) {
		if (a->df)
			*first = a->addr - (bytes - a->size);
		else
			*last = a->addr + bytes - 1;
		return XEN_DMOP_IO_RANGE_MEMORY;
	}
	if ((a->addr & ~3ull) != 0xcfc || !(p->cf8 & CF8_ENABLED))
		return XEN_DMOP_IO_RANGE_PORT;
	*first = *last = p->cf8 >> 8 & 0xffff;
	a->type = IOREQ_TYPE_PCI_CONFIG;
	a->addr = *first << 32 | (p->cf8 & 0xfc) | (a->addr & 3);
	return XEN_DMOP_IO_RANGE_PCI;
}

struct ioreq_server *ioreq_select(struct domain *d, struct hvm_io_access *a)
{
	struct hvm_platform *p = d->arch.hvm->platform;
	uint64_t first, last;
	uint32_t type;

	if (unlikely(a->claimed))
		return p->write_server && p->write_server->enabled ? p->write_server : NULL;
	type = range_of(p, a, &first, &last);
	for (unsigned int id = NR_IOREQ_SERVERS; id-- > 0;) {
		struct ioreq_server *s = p->server[id];

		if (s && s->enabled && rangeset_contains(s->ranges[type], first, last))
			return s;
	}
	return NULL;
}
