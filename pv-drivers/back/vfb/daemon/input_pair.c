/* SPDX-License-Identifier: MIT */
/* The socket from a screen to its keyboard: see input_pair.h. */
#include "input_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../vfb_connect.h"

struct pair {
	LIST_ENTRY(pair) next;
	uint32_t domid, devid;
	int fds[2];
	unsigned int users; /* bits 1 << end */
};

static LIST_HEAD(, pair) pairs = LIST_HEAD_INITIALIZER(pairs);

static struct pair *find(uint32_t domid, uint32_t devid)
{
	struct pair *p;

	LIST_FOREACH (p, &pairs, next) {
		if (p->domid == domid && p->devid == devid)
			return p;
	}
	return NULL;
}

static struct pair *make(uint32_t domid, uint32_t devid)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p->fds)) {
		free(p);
		return NULL;
	}
	p->domid = domid;
	p->devid = devid;
	LIST_INSERT_HEAD(&pairs, p, next);
	return p;
}

int input_pair_get(uint32_t domid, uint32_t devid, enum input_end end)
{
	struct pair *p = find(domid, devid);
	int fd;

	if (!p)
		p = make(domid, devid);
	if (!p)
		return errno ? -errno : -ENOMEM;
	p->users |= 1u << end;
	fd = fcntl(p->fds[end], F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

void input_pair_release(uint32_t domid, uint32_t devid)
{
	const struct vfb_input input = { .type = VFB_INPUT_RELEASE };
	struct pair *p = find(domid, devid);

	if (p)
		(void)!send(p->fds[INPUT_SCREEN], &input, sizeof(input),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
}

void input_pair_put(uint32_t domid, uint32_t devid, enum input_end end)
{
	struct pair *p = find(domid, devid);

	if (!p)
		return;
	p->users &= ~(1u << end);
	if (p->users)
		return;
	LIST_REMOVE(p, next);
	close(p->fds[0]);
	close(p->fds[1]);
	free(p);
}
