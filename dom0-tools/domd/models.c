/* SPDX-License-Identifier: MIT */
/*
 * Watches the device models of HVM guests. A guest whose device model has ended stands still for ever at
 * its next access to a device, so it counts as crashed and its on_crash= decides.
 *
 * Which process it is stands in the store; whoever ends it on purpose has removed that node before.
 * Processes are held by descriptors in one epoll set, so that their number does not matter, child or
 * not, and a domd that was killed finds them again.
 */
#include "domd/domd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <xen/sched.h>

#include "domain/model.h"

struct watched {
	uint32_t domid;
	int process;
};

static struct watched *list;
static size_t nr;
static int set = -1;

int models_ready(void)
{
	if (set < 0)
		set = epoll_create1(EPOLL_CLOEXEC);
	return set;
}

static bool known(uint32_t domid)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i].domid == domid)
			return true;
	return false;
}

static void add(uint32_t domid, int process)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = domid };
	struct watched *grown = realloc(list, (nr + 1) * sizeof(*list));

	if (grown)
		list = grown;
	if (!grown || epoll_ctl(models_ready(), EPOLL_CTL_ADD, process, &event)) {
		close(process); /* looked at again later */
		return;
	}
	list[nr++] = (struct watched){ domid, process };
}

static void forget(uint32_t domid)
{
	for (size_t i = 0; i < nr; i++) {
		if (list[i].domid != domid)
			continue;
		close(list[i].process);
		list[i] = list[--nr];
		return;
	}
}

static void crash(struct session *session, uint32_t domid)
{
	fprintf(stderr,
		"domd: the device model of domain %u has ended by itself; the domain counts as "
		"crashed (see /var/log/xen/qemu-dm-*.log)\n",
		domid);
	if (xc_domain_shutdown(session->xc, domid, SHUTDOWN_crash))
		fprintf(stderr, "domd: domain %u cannot be ended: %s\n", domid, strerror(errno));
}

void models_look(struct session *session, const xc_domaininfo_t *info)
{
	int process;

	if (!(info->flags & XEN_DOMINF_hvm_guest) || known(info->domain) ||
	    info->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying) ||
	    !model_is_up(session, info->domain))
		return;
	process = model_process(session, info->domain);
	if (process >= 0)
		add(info->domain, process);
	else if (process == -ESRCH)
		crash(session, info->domain);
}

void models_ended(struct session *session)
{
	struct epoll_event event[16];
	int count = epoll_wait(models_ready(), event, 16, 0);

	for (int i = 0; i < count; i++) {
		uint32_t domid = event[i].data.u32;

		forget(domid);
		/* Only if it is still that one: not after a destroy, nor for a successor. */
		if (model_process(session, domid) == -ESRCH)
			crash(session, domid);
	}
}

void models_watch(struct session *session)
{
	xs_watch(session->xs, "/local/domain/0/device-model", "models");
}
