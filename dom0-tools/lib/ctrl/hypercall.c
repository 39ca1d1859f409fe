/* SPDX-License-Identifier: MIT */
/*
 * How every hypercall of the library is issued.
 *
 * The kernel passes pointers through as they are, so the structure and whatever its handles name
 * must lie in hypercall buffers while the hypervisor works. Buffers that the kernel cannot pin
 * (see libxencall) may be unmapped for a moment: then EFAULT is worth another try.
 */
#include "private.h"

#define EFAULT_TRIES 8

/* Puts a pointer into a guest handle, which is a structure of just that. */
static void set_handle(void *handle, void *pointer)
{
	memcpy(handle, &pointer, sizeof(pointer));
}

static int bounce_in(xc_interface *xch, struct bounce *bounces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct bounce *b = &bounces[i];

		b->safe = NULL;
		if (!b->user)
			continue;
		b->safe = xencall_alloc_buffer(xch->xcall, b->bytes);
		if (!b->safe)
			return -1;
		if (b->dir & IN)
			memcpy(b->safe, (const void *)b->user, b->bytes);
		else /* what the hypervisor leaves unwritten must not leak old data */
			memset(b->safe, 0, b->bytes);
	}
	return 0;
}

static void bounce_out(struct bounce *bounces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (bounces[i].safe && bounces[i].dir & OUT)
			memcpy((void *)bounces[i].user, bounces[i].safe, bounces[i].bytes);
}

static void free_bounces(xc_interface *xch, struct bounce *bounces, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		xencall_free_buffer(xch->xcall, bounces[i].safe);
}

static long issue(xc_interface *xch, const struct request *request, void *safe)
{
	uint64_t arg[4] = { 0 };
	unsigned int i, other = 0, tries = 0;
	long rc;

	for (i = 0; i < request->nr_args; i++)
		arg[i] = i == request->where ? (uintptr_t)safe : request->arg[other++];
	do {
		if (request->nr_args <= 2)
			rc = xencall2L(xch->xcall, request->op, arg[0], arg[1]);
		else
			rc = xencall4(xch->xcall, request->op, arg[0], arg[1], arg[2], arg[3]);
	} while (rc < 0 && errno == EFAULT && !xencall_buffers_never_fault(xch->xcall) &&
		 ++tries < EFAULT_TRIES);
	return rc;
}

long call_hypervisor(xc_interface *xch, const struct request *request, struct bounce *bounces,
		     unsigned int nr)
{
	struct bounce all[MAX_BOUNCES + 1];
	unsigned int i;
	long rc = -1;
	int saved;

	if (!xch->xcall)
		return fail(ENOTCONN); /* opened as a dummy */
	memset(all, 0, sizeof(all));
	if (nr)
		memcpy(all, bounces, nr * sizeof(*bounces));
	if (bounce_in(xch, all, nr))
		goto out;
	for (i = 0; i < nr; i++)
		set_handle(all[i].handle, all[i].safe);
	all[nr] = (struct bounce){
		.user = (uintptr_t)request->structure,
		.bytes = request->bytes,
		.dir = INOUT,
	};
	if (bounce_in(xch, &all[nr], 1))
		goto out;
	rc = issue(xch, request, all[nr].safe);
	saved = errno;
	/* Also after an error: some commands then tell what they lacked. */
	bounce_out(all, nr + 1);
	errno = saved;
out:
	saved = errno;
	free_bounces(xch, all, nr + 1);
	errno = saved;
	return rc;
}

/* EACCES is what a version mismatch looks like, and nothing else common is. */
static void explain_refusal(xc_interface *xch, const char *what, unsigned int cmd)
{
	if (errno == EACCES)
		xc_report(xch, xch->error_handler, XTL_ERROR, XC_INTERNAL_ERROR,
			  "%s %u refused: the hypervisor's control interface is not that of "
			  "Xen 4.17, so these tools do not fit it",
			  what, cmd);
}

long domctl_bounced(xc_interface *xch, struct xen_domctl *domctl, struct bounce *bounces,
		    unsigned int nr)
{
	const struct request request = {
		.op = __HYPERVISOR_domctl,
		.nr_args = 1,
		.structure = domctl,
		.bytes = sizeof(*domctl),
	};
	long rc;

	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	rc = call_hypervisor(xch, &request, bounces, nr);
	if (rc < 0)
		explain_refusal(xch, "domctl", domctl->cmd);
	return rc;
}

long sysctl_bounced(xc_interface *xch, struct xen_sysctl *sysctl, struct bounce *bounces,
		    unsigned int nr)
{
	const struct request request = {
		.op = __HYPERVISOR_sysctl,
		.nr_args = 1,
		.structure = sysctl,
		.bytes = sizeof(*sysctl),
	};
	long rc;

	sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	rc = call_hypervisor(xch, &request, bounces, nr);
	if (rc < 0)
		explain_refusal(xch, "sysctl", sysctl->cmd);
	return rc;
}

long memory_bounced(xc_interface *xch, unsigned int cmd, void *arg, size_t bytes,
		    struct bounce *bounces, unsigned int nr)
{
	const struct request request = {
		.op = __HYPERVISOR_memory_op,
		.arg = { cmd },
		.nr_args = 2,
		.where = 1,
		.structure = arg,
		.bytes = bytes,
	};

	return call_hypervisor(xch, &request, bounces, nr);
}

int do_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
	return (int)domctl_bounced(xch, domctl, NULL, 0);
}

int do_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
	return (int)sysctl_bounced(xch, sysctl, NULL, 0);
}

int do_op(xc_interface *xch, unsigned int hypercall, unsigned int cmd, void *arg, size_t bytes)
{
	const struct request request = {
		.op = hypercall,
		.arg = { cmd },
		.nr_args = 2,
		.where = 1,
		.structure = arg,
		.bytes = bytes,
	};

	return (int)call_hypervisor(xch, &request, NULL, 0);
}

int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
	return do_domctl(xch, domctl);
}

int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
	return do_sysctl(xch, sysctl);
}

long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
	return memory_bounced(xch, cmd, arg, len, NULL, 0);
}
