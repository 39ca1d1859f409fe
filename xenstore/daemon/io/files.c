/* SPDX-License-Identifier: MIT */
/*
 * Domains played by files, so that rings can be tested on any Linux: in one directory, for domain
 * N, ring-N   its page (a domain exists while this file does; shutdown-N says it has shut down),
 *   event-N  a FIFO it writes to for each event it sends, kick-N one it reads for those sent to it,
 *   deaths   a FIFO written to when domains have changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"
#include "../core/log.h"
#include "../core/ring.h"

#define PAGE_BYTES 4096
#define DEATHS	   0xffffffffu

struct files {
	struct platform platform; /* first */
	int epoll, deaths;
	char directory[];
};

static struct files *of(struct platform *platform)
{
	return (struct files *)platform;
}

static int open_file(struct platform *platform, const char *name, uint32_t domid, int flags)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s-%u", of(platform)->directory, name, domid);
	return open(path, flags | O_CLOEXEC);
}

static struct xenstore_domain_interface *files_map(struct platform *platform, uint32_t domid,
						   uint64_t gfn, int *error)
{
	int fd = open_file(platform, "ring", domid, O_RDWR);
	void *page =
	    fd < 0 ? MAP_FAILED : mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*error = -errno;
	if (fd >= 0)
		close(fd);
	return page == MAP_FAILED ? NULL : page;
}

static void files_unmap(struct platform *platform, uint32_t domid,
			struct xenstore_domain_interface *page)
{
	munmap(page, PAGE_BYTES);
}

/* The local port is the descriptor of its event FIFO. */
static int files_bind(struct platform *platform, uint32_t domid, uint32_t remote, uint32_t *local)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = open_file(platform, "event", domid, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	event.data.u64 = (uint64_t)domid << 32 | (uint32_t)fd;
	if (epoll_ctl(of(platform)->epoll, EPOLL_CTL_ADD, fd, &event)) {
		close(fd);
		return -EINVAL;
	}
	*local = (uint32_t)fd;
	return 0;
}

static void files_unbind(struct platform *platform, uint32_t domid, uint32_t local)
{
	close((int)local);
}

static void files_notify(struct platform *platform, uint32_t domid, uint32_t local)
{
	int fd = open_file(platform, "kick", domid, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		return;
	/* A full FIFO holds an event already. */
	if (write(fd, "", 1) < 0 && errno != EAGAIN)
		log_error("domain %u cannot be notified: %s", domid, strerror(errno));
	close(fd);
}

static enum domain_state files_state(struct platform *platform, uint32_t domid)
{
	int fd = open_file(platform, "ring", domid, O_RDONLY);

	if (fd < 0)
		return DOMAIN_GONE;
	close(fd);
	fd = open_file(platform, "shutdown", domid, O_RDONLY);
	if (fd < 0)
		return DOMAIN_RUNS;
	close(fd);
	return DOMAIN_SHUT_DOWN;
}

static void files_round(struct platform *platform, bool begins)
{
}

static int files_fd(struct platform *platform)
{
	return of(platform)->epoll;
}

static void files_dispatch(struct platform *platform, struct store *store)
{
	struct epoll_event events[16];
	int n = epoll_wait(of(platform)->epoll, events, 16, 0);
	char drained[256];

	for (int i = 0; i < n; i++) {
		uint32_t domid = (uint32_t)(events[i].data.u64 >> 32);
		struct domain *domain = domid == DEATHS ? NULL : domain_find(store, domid);

		while (read((int)(uint32_t)events[i].data.u64, drained, sizeof(drained)) > 0)
			;
		if (domid == DEATHS)
			domains_check(store);
		else if (domain && domain->conn)
			ring_service(domain->conn);
	}
}

static int files_dom0_port(struct platform *platform, uint32_t *port)
{
	*port = 1;
	return files_state(platform, 0) == DOMAIN_GONE ? -ENODEV : 0;
}

static void files_close(struct platform *platform)
{
	close(of(platform)->epoll);
	close(of(platform)->deaths);
	free(platform);
}

static const struct platform files_ops = {
	.map = files_map,
	.unmap = files_unmap,
	.bind = files_bind,
	.unbind = files_unbind,
	.notify = files_notify,
	.state = files_state,
	.round = files_round,
	.fd = files_fd,
	.dispatch = files_dispatch,
	.dom0_port = files_dom0_port,
	.close = files_close,
};

struct platform *files_platform(const char *directory)
{
	struct files *files = xzalloc(sizeof(*files) + strlen(directory) + 1);
	struct epoll_event event = { .events = EPOLLIN };
	char path[4200];

	files->platform = files_ops;
	strcpy(files->directory, directory);
	snprintf(path, sizeof(path), "%s/deaths", directory);
	files->epoll = epoll_create1(EPOLL_CLOEXEC);
	files->deaths = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	event.data.u64 = (uint64_t)DEATHS << 32 | (uint32_t)files->deaths;
	if (files->epoll < 0 || files->deaths < 0 ||
	    epoll_ctl(files->epoll, EPOLL_CTL_ADD, files->deaths, &event)) {
		log_error("%s: no FIFO of deaths: %s", path, strerror(errno));
		free(files);
		return NULL;
	}
	return &files->platform;
}
