/* SPDX-License-Identifier: MIT */
/*
 * dm_op: what a device model asks about the guest it serves. The first buffer is the operation, copied in once and, where
 * it has results, back; further buffers are the operation's own.
 *
 * A control domain may do so to any HVM guest with devices, nobody to itself.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>
#include <public/sched.h>
#include "dm_op.h"

static int op_create(struct dm_call *c)
{
	struct xen_dm_op_create_ioreq_server *u = &c->op.u.create_ioreq_server;

	if (u->pad[0] || u->pad[1] || u->pad[2])
		return trace_err(-EINVAL);
	return ioreq_create(c->d, u->handle_bufioreq, &u->id);
}

static int op_info(struct dm_call *c)
{
	struct xen_dm_op_get_ioreq_server_info *u = &c->op.u.get_ioreq_server_info;

	if (u->flags & ~XEN_DMOP_no_gfns)
		return trace_err(-EINVAL);
	return ioreq_info(c->d, u->id, !(u->flags & XEN_DMOP_no_gfns), &u->ioreq_gfn, &u->bufioreq_gfn, &u->bufioreq_port);
}

static int op_range(struct dm_call *c)
{
	const struct xen_dm_op_ioreq_server_range *u = &c->op.u.map_io_range_to_ioreq_server;

	if (u->pad)
		return trace_err(-EINVAL);
	return ioreq_range(c->d, u->id, c->op.op == XEN_DMOP_map_io_range_to_ioreq_server, u->type, u->start, u->end);
}

static int op_state(struct dm_call *c)
{
	const struct xen_dm_op_set_ioreq_server_state *u = &c->op.u.set_ioreq_server_state;

	return u->pad ? trace_err(-EINVAL) : ioreq_set_state(c->d, u->id, u->enabled);
}

static int op_destroy(struct dm_call *c)
{
	const struct xen_dm_op_destroy_ioreq_server *u = &c->op.u.destroy_ioreq_server;

	return u->pad ? trace_err(-EINVAL) : ioreq_destroy(c->d, u->id);
}

static int op_claim(struct dm_call *c)
{
	const struct xen_dm_op_map_mem_type_to_ioreq_server *u = &c->op.u.map_mem_type_to_ioreq_server;

	if (u->type != HVMMEM_ioreq_server || u->opaque)
		return trace_err(-EINVAL);
	return ioreq_claim_writes(c->d, u->id, u->flags);
}

static int op_pci_intx(struct dm_call *c)
{
	const struct xen_dm_op_set_pci_intx_level *u = &c->op.u.set_pci_intx_level;

	if (u->domain || u->bus || u->device > 31 || u->intx > 3 || u->level > 1)
		return trace_err(-EINVAL);
	hvm_pci_intx_set(c->d, u->device, u->intx, u->level);
	return 0;
}

static int op_isa_irq(struct dm_call *c)
{
	const struct xen_dm_op_set_isa_irq_level *u = &c->op.u.set_isa_irq_level;

	if (u->isa_irq >= NR_ISA_IRQS || u->level > 1)
		return trace_err(-EINVAL);
	hvm_isa_irq_set(c->d, u->isa_irq, u->level);
	return 0;
}

static int op_link_route(struct dm_call *c)
{
	const struct xen_dm_op_set_pci_link_route *u = &c->op.u.set_pci_link_route;

	return hvm_pci_link_route(c->d, u->link, u->isa_irq);
}

static int op_msi(struct dm_call *c)
{
	const struct xen_dm_op_inject_msi *u = &c->op.u.inject_msi;

	return u->pad ? trace_err(-EINVAL) : hvm_msi(c->d, u->addr, u->data);
}

static int op_event(struct dm_call *c)
{
	const struct xen_dm_op_inject_event *u = &c->op.u.inject_event;

	if (u->pad0 || u->pad1)
		return trace_err(-EINVAL);
	if (u->vcpuid >= c->d->max_vcpus || !c->d->vcpu[u->vcpuid])
		return trace_err(-EINVAL);
	return hvm_inject_from_outside(c->d->vcpu[u->vcpuid], u);
}

static int op_shutdown(struct dm_call *c)
{
	uint32_t reason = c->op.u.remote_shutdown.reason;

	if (reason > SHUTDOWN_MAX)
		return trace_err(-EINVAL);
	domain_shutdown(c->d, (int)reason);
	return 0;
}

static int op_nr_vcpus(struct dm_call *c)
{
	c->op.u.nr_vcpus.vcpus = c->d->max_vcpus;
	return 0;
}

#define OP(name, fn, out) [XEN_DMOP_##name] = { fn, sizeof(struct xen_dm_op_##name), out }
#define RANGE sizeof(struct xen_dm_op_ioreq_server_range)
static const struct {
	int (*fn)(struct dm_call *c);
	uint8_t size;
	bool out; /* the structure carries results */
} ops[] = {
	OP(create_ioreq_server, op_create, true),
	OP(get_ioreq_server_info, op_info, true),
	[XEN_DMOP_map_io_range_to_ioreq_server] = { op_range, RANGE, false },
	[XEN_DMOP_unmap_io_range_from_ioreq_server] = { op_range, RANGE, false },
	OP(set_ioreq_server_state, op_state, false),
	OP(destroy_ioreq_server, op_destroy, false),
	OP(track_dirty_vram, dm_track_dirty, false),
	OP(set_pci_intx_level, op_pci_intx, false),
	OP(set_isa_irq_level, op_isa_irq, false),
	OP(set_pci_link_route, op_link_route, false),
	OP(modified_memory, dm_modified_memory, true),
	OP(set_mem_type, dm_set_mem_type, true),
	OP(inject_event, op_event, false),
	OP(inject_msi, op_msi, false),
	OP(map_mem_type_to_ioreq_server, op_claim, false),
	OP(remote_shutdown, op_shutdown, false),
	OP(relocate_memory, dm_relocate, true),
	OP(pin_memory_cacheattr, dm_pin_cacheattr, false),
	OP(nr_vcpus, op_nr_vcpus, true),
};

#define HEAD offsetof(struct xen_dm_op, u)

static int copy_in(struct dm_call *c, uint64_t bufs)
{
	if (raw_copy_from_guest(c->buf, bufs, c->nr_bufs * sizeof(c->buf[0])))
		return trace_err(-EFAULT);
	memset(&c->op, 0, sizeof(c->op));
	if (c->buf[0].size < HEAD || raw_copy_from_guest(&c->op, guest_handle_addr(c->buf[0].h), HEAD))
		return trace_err(-EFAULT);
	if (c->op.pad)
		return trace_err(-EINVAL);
	if (c->op.op >= ARRAY_SIZE(ops) || !ops[c->op.op].fn)
		return trace_err(-EOPNOTSUPP);
	if (c->buf[0].size < HEAD + ops[c->op.op].size ||
	    raw_copy_from_guest(&c->op.u, guest_handle_addr(c->buf[0].h) + HEAD, ops[c->op.op].size))
		return trace_err(-EFAULT);
	return 0;
}

static int carry_out(struct dm_call *c, uint64_t bufs)
{
	uint32_t op;
	int rc = copy_in(c, bufs);

	if (rc)
		return rc;
	op = c->op.op;
	rc = ops[op].fn(c);
	/* What stopped half-way says how far it came. */
	if ((ops[op].out || rc == -ERESTART) &&
	    raw_copy_to_guest(guest_handle_addr(c->buf[0].h) + HEAD, &c->op.u, ops[op].size))
		rc = -EFAULT;
	return rc;
}

/* The domain with a reference, or NULL. */
static struct domain *target(domid_t id, int *err)
{
	struct domain *d = domain_get_for_caller(id, err);

	if (!d)
		return NULL;
	*err = d == current->domain || !current->domain->is_privileged ? -EPERM :
	       !is_hvm_domain(d) || !d->arch.hvm->platform	     ? -EINVAL :
								       0;
	if (!*err)
		return d;
	domain_put(d);
	return NULL;
}

long do_dm_op(unsigned long domid, unsigned long nr_bufs, unsigned long bufs)
{
	struct dm_call c = { .nr_bufs = (uint32_t)nr_bufs };
	int rc;

	c.d = target((domid_t)domid, &rc);
	if (!c.d)
		return trace_err(rc);
	if (!c.nr_bufs || c.nr_bufs > ARRAY_SIZE(c.buf))
		rc = c.nr_bufs ? -E2BIG : -EFAULT;
	else
		rc = carry_out(&c, bufs);
	domain_put(c.d);
	if (rc == -ERESTART)
		return hypercall_create_continuation(__HYPERVISOR_dm_op, 3, domid, nr_bufs, bufs);
	return rc;
}
