/* SPDX-License-Identifier: MIT */
/* What connecting has in common among the services, over the frame's own functions. */
#include "back_worker.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int back_refuse(struct back_link *link, const struct back_message *message, const int *fds)
{
	back_why(link, "the message of serai-backd does not fit this worker");
	for (uint32_t i = 0; i < message->nr_fds; i++)
		close(fds[i]);
	return -EINVAL;
}

void *back_map_page(struct back_link *link, uint32_t ref)
{
	void *page = back_map(link, &ref, 1, PROT_READ | PROT_WRITE);

	if (!page)
		back_why(link, "cannot map the page of grant %u", ref);
	return page;
}

int back_join(struct back_link *link, uint32_t remote_port)
{
	int port = back_bind(link, remote_port);

	if (port < 0)
		back_why(link, "cannot bind event channel %u", remote_port);
	return port;
}
