/* SPDX-License-Identifier: MIT */
/*
 * FLASK: the hypervisor's security policy. Hypervisors without it answer ENOSYS.
 */
#include "private.h"

static long flask_bounced(xc_interface *xch, xen_flask_op_t *op, struct bounce *bounces,
			  unsigned int nr)
{
	const struct request request = {
		.op = __HYPERVISOR_xsm_op,
		.nr_args = 1,
		.structure = op,
		.bytes = sizeof(*op),
	};

	op->interface_version = XEN_FLASK_INTERFACE_VERSION;
	return call_hypervisor(xch, &request, bounces, nr);
}

int xc_flask_op(xc_interface *xch, xen_flask_op_t *op)
{
	return (int)flask_bounced(xch, op, NULL, 0);
}

int xc_flask_load(xc_interface *xc_handle, char *buf, uint32_t size)
{
	xen_flask_op_t op = { .cmd = FLASK_LOAD };
	struct bounce bounce = BOUNCE(op.u.load.buffer, buf, size, IN);

	op.u.load.size = size;
	return (int)flask_bounced(xc_handle, &op, &bounce, 1);
}

int xc_flask_context_to_sid(xc_interface *xc_handle, char *buf, uint32_t size, uint32_t *sid)
{
	xen_flask_op_t op = { .cmd = FLASK_CONTEXT_TO_SID };
	struct bounce bounce = BOUNCE(op.u.sid_context.context, buf, size, IN);
	long rc;

	op.u.sid_context.size = size;
	rc = flask_bounced(xc_handle, &op, &bounce, 1);
	if (rc >= 0)
		*sid = op.u.sid_context.sid;
	return (int)rc;
}

int xc_flask_sid_to_context(xc_interface *xc_handle, int sid, char *buf, uint32_t size)
{
	xen_flask_op_t op = { .cmd = FLASK_SID_TO_CONTEXT };
	struct bounce bounce = BOUNCE(op.u.sid_context.context, buf, size, OUT);

	op.u.sid_context.sid = (uint32_t)sid;
	op.u.sid_context.size = size;
	return (int)flask_bounced(xc_handle, &op, &bounce, 1);
}

int xc_flask_getenforce(xc_interface *xc_handle)
{
	xen_flask_op_t op = { .cmd = FLASK_GETENFORCE };

	return xc_flask_op(xc_handle, &op);
}

int xc_flask_setenforce(xc_interface *xc_handle, int mode)
{
	xen_flask_op_t op = { .cmd = FLASK_SETENFORCE };

	op.u.enforce.enforcing = (uint32_t)mode;
	return xc_flask_op(xc_handle, &op);
}

int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid, uint32_t sid)
{
	xen_flask_op_t op = { .cmd = FLASK_RELABEL_DOMAIN };

	op.u.relabel.domid = domid;
	op.u.relabel.sid = sid;
	return xc_flask_op(xch, &op);
}
